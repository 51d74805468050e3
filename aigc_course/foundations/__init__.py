"""Background.

markov (chains and texts written by them), corpus (the text they learn from), vocabulary (its words as numbers),
gaussian_images (digits from one normal distribution), pipeline (seven stages from data to use), facts (questions with
known answers), timeline (what, when, and its source), information (entropy and divergences), estimate (averages with
error bars, transformed densities), mixture (digits from coins, fitted by EM), coding (probabilities as files), autograd
(derivatives of programs), optimizers (descent to AdamW), mlp (dense networks), drawing (digits to order), backprop (the
recursion by hand, and two wrong relatives).
"""
