"""The adversarial family.

game (objectives and the original GAN), dcgan (its networks and recipe for images).
"""
