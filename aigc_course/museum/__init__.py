"""Generators that fail on purpose, each beside the one change that cures it.

exhibits (the six pairs of settings as data, and one function that runs any of them), evidence (all of them over ten
seeds, by ``make museum``, into the table beside it). The detectors live in ``metrics.failures``, for everybody.
"""
