"""Generative adversarial networks.

gan (objectives and the pair of networks), trainer (alternating updates of both networks), dcgan (networks and recipe
for images), wasserstein (the Wasserstein-1 distance, its critic, WGAN-GP), spectral (spectral normalisation, hinge
loss), conditional (class-conditional GAN), style (mapping network and modulated convolutions), augmentation
(differentiable augmentation of real and generated images).
Theory: divergence (a discriminator read as a density ratio and a bound), generator_gradients (exact gradients of both
generator losses), dynamics (games with one parameter for each player). Wrong on purpose: pitfalls (F01, F02, F15, P01
to P13).
"""
