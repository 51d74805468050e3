"""Generators that fail on purpose, each beside the one change that repairs it.

detectors (six numbers that say in which way a generator or its training has gone wrong), exhibits (the six pairs of
settings as data, and one function that runs any of them), evidence (all of them over ten seeds, by ``make museum``,
into the table beside it), toys (failures with closed-form answers).
"""
