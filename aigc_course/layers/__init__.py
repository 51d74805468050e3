"""What families of different parts share.

pixelcnn (a masked-convolution prior over grids of whole numbers, and its probabilities as bits for a coder).
"""
