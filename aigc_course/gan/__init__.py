"""Generative adversarial networks.

gan (objectives and the pair of networks), trainer (the updates that play the game), dcgan (networks and recipe for
images), wasserstein (an exact distance, its
critic, WGAN-GP), spectral (spectral normalisation, hinge loss), conditional (class-conditional GAN), style (mapping
network and modulated convolutions), augmentation (random changes in front of the discriminator).
Theory: divergence (a discriminator read as a density ratio and a bound), generator_gradients (exact gradients of both
generator losses), dynamics (games of two numbers). Wrong on purpose: pitfalls (F01, F02, F15, P01 to P13).
"""
