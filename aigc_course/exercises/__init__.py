"""The exercises of each chapter, by its slug: prose in ``SLUG.yml``, code (``SLUG.py``) beside it."""
