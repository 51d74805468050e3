"""Numbers that say how good samples are.

frechet (distance between two sets of features), features (of digits, from a classifier trained on the course's data),
modes (which modes and classes a generator covers, and how far its samples are from the data).
"""
