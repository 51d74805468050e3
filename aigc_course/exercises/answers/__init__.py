"""The code of the exercises, a module for each chapter: solutions, and the wrong answers that have a diagnosis."""
