"""The variational family.

gaussian (the VAE with a diagonal Gaussian code), convolutional (its networks for images).
"""
