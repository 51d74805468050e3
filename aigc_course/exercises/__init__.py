"""The exercises of each chapter, as data: one module per chapter, named by its slug; their code is in ``answers``."""
