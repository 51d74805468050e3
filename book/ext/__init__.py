"""The course's Sphinx extension, one module per feature; ``book.ext.course`` registers them all."""
