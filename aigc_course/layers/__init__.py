"""Networks that families of different parts share.

pixelcnn (an autoregressive prior over grids of discrete codes by masked convolutions, and its probabilities bit by bit
for an arithmetic coder).
"""
