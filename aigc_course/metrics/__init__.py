"""Evaluation of samples: Fréchet distance, mode and class coverage, distance to the data.

frechet (Fréchet distance between two sets of features), features (of digits, from a classifier trained on the course's
data), modes (which modes and classes a generator covers, and how far its samples are from the data).
"""
