"""Schematics, boxes and arrows, from descriptions in `book/diagrams`, drawn into the page as SVG.

`source` reads a description and says what is wrong with it; `text` measures and writes words and small formulas;
`layout` puts boxes on a grid and routes arrows; `check` finds what touches what; `svg` writes the drawing; `directive`
puts it on the page.
"""
