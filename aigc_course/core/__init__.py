"""What every chapter uses.

train (the loop), data (name to tensors), procedural (data drawn on the spot), profile (CPU or GPU sizes),
show (figures, tables, source), grading (exercises).
"""
