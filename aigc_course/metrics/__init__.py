"""Numbers that say how good samples are.

frechet (distance between two sets of features), features (of digits, from a classifier trained on the course's data),
failures (six detectors that say in which way a generator or its training has gone wrong).
"""
