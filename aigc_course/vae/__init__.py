"""Variational autoencoders.

vae (the VAE with a diagonal Gaussian posterior), convolutional (its networks for images), restoration (damaged scans
repaired by a trained VAE), compression (rate and distortion, and a coder).
Theory: linear_gaussian (a model whose evidence is known), linear_vae (one matrix each way), ppca (its exact answer),
bimodal (a posterior with two modes), gaussian_divergences (KL and χ²), bounds (importance-weighted bounds),
estimators (reparameterised and score-function gradients).
Variants: disentanglement (latent dimensions scored against known factors), conditional (class-conditional VAE), vqvae
(vector quantisation, and the two-stage model with a prior from ``layers.pixelcnn``).
Sentences: text (the sentence VAE), annealing (the weight of the KL term), collapse (posterior collapse measured),
two_topics (a toy with a known bit). Wrong on purpose: pitfalls (F03 to F07, P14).
"""
