"""The variational family.

gaussian (the VAE with a diagonal Gaussian code), convolutional (its networks for images), linear (a model whose
evidence is known), restoration (damaged scans repaired by a trained VAE), compression (what a code costs
and loses), mistakes (wrong on purpose: F04 to F06).
"""
