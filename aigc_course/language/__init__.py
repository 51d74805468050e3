"""Sequence models and language.

pretrained (a real language model that a package carries, through transformers).
"""
