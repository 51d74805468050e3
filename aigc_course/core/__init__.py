"""What every chapter uses.

train (the loop), checkpoint (what it saves and refuses), data (name to tensors), procedural (data drawn on the spot),
downloads and manifest (files fetched whole), profile (CPU or GPU sizes), show (figures, tables, source), marks (what a
caption may hold). Exercises: tasks (as data), grading (what a notebook calls), assessing (the verdict), trying (a
learner's function, safely), comparing (results), diagnosing (mistakes known by their form).
"""
