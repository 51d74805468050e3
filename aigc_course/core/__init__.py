"""What every chapter uses.

train (the loop), data (name to tensors), profile (CPU or GPU sizes), show (figures, tables, source), grading (exercises).
"""
