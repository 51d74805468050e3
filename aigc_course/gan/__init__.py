"""The adversarial family.

game (objectives and the original GAN), dcgan (its networks and recipe for images), broken (thirteen wrong programs
that circulate, each beside its repair), wasserstein (an exact distance, its critic, WGAN-GP), spectral (bounded
slopes, hinge), conditional (a game about a class), style (mapping network), divergence (a discriminator read as a
density ratio and a bound), slopes (the generator's gradients), dynamics (games of two numbers), misread (three wrong
readings of the game).
Against too few images: augmentation (random changes in front of the discriminator).
"""
