"""The variational family.

gaussian (the VAE with a diagonal Gaussian code), convolutional (its networks for images), linear (a model whose
evidence is known), restoration (damaged scans repaired by a trained VAE), compression (what a code costs
and loses), mistakes (wrong on purpose: F03 to F07).
Theory: linear_vae (one matrix each way), ppca (its exact answer), square (a toy with two humps), normals (divergences),
bounds (weighted bounds beside a known evidence), estimators (two gradients of an average).
Variants: disentanglement (single numbers scored against known factors), conditional (a label for the decoder),
quantized (codes of whole numbers), code_prior (a prior over grids of such codes).
Sentences: text (the sentence VAE), annealing (the weight of the KL term), collapse (its detector), two_topics (a toy
with a known bit), mistakes_text (wrong on purpose: P14).
"""
