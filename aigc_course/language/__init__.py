"""Language models.

pretrained (a real language model that a package carries, through transformers).
"""
