"""The tested library behind the book: one package per part, one module per idea."""
