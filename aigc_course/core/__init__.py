"""What every chapter uses.

train (the loop), data (name to tensors), procedural (data drawn on the spot), profile (CPU or GPU sizes),
show (figures, tables, source). Exercises: tasks (as data), grading (what a notebook calls), assessing (the verdict),
trying (a learner's function, safely), comparing (results), diagnosing (mistakes known by their form).
"""
