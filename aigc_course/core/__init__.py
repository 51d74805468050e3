"""What every chapter uses.

train (the loop, and the trainer of one loss), optimisation (an update with schedule, clipping and precision; an
average of weights), modes (evaluation and frozen weights, for a moment), precision (objectives in single precision at
least), checkpoint (what a run saves and refuses), files (written whole), random (independent seeds), data (name to
tensors), synthetic (data generated from a seed), downloads and manifest (files fetched whole), profile (CPU or GPU
sizes), show (figures, tables, source), columns (numbers in tables), plots (what chapters plot again and again), inks
and lettering (colours and names in a figure), checks (what must hold, in words), marks and captions (what a caption
may hold). Exercises: tasks (as data), catalogue (read from their files), grading (what a notebook calls), assessing
(the verdict), trying (a learner's function, safely), comparing (results), diagnosing (mistakes known by their form).
"""
