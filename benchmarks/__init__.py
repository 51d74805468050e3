"""What the library's speed is worth: every family against the same network in plain PyTorch, written the shortest way.

plain (the references), families (which variants are compared), measure (interleaved timing), __main__ (`make bench`).
"""
