"""The machinery that checks, executes and binds the book; run as `python -m book.tools.<name>` from the root."""
