"""Numbers that say how good samples are.

frechet (distance between two sets of features, and the features).
"""
