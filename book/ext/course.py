"""The course's Sphinx extension.

Registered in ``_config.yml`` (the path is the root, relative to that file, and goes to ``sys.path``)::

    sphinx:
      local_extensions:
        book.ext.course: .

It draws described outputs as figures and tables, puts exercises on the page, writes the line under a chapter's title,
links equations to their tests, rows of the folklore to the appendix (the role ``{row}``) and chapters to each other by
slug (``{chapter}``), keeps formulas with the signs that touch them, makes neighbouring folds one, and offers the
directives ``{checks}``, ``{folklore}``, ``{folklore-tests}``, ``{course-map}``, ``{chapter-table}``, ``{datasets}``
and ``{my-answers}``. Every chapter gets a permanent address of its slug. Warnings have the type ``course``; with
``-W`` they stop the build.
"""

from typing import Any

from sphinx.application import Sphinx

from book.ext import (
    chapter_role,
    course_map,
    docstrings,
    equations,
    exercise_pages,
    figures,
    folds,
    folklore,
    glue,
    head,
    labels,
    permalinks,
    render,
    search,
    site,
    state,
    tables,
    templates,
    zoom,
)
from book.ext.phrases import phrase


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything."""
    for name in ("myst_nb", "sphinx_design"):
        app.setup_extension(name)
    render.install()
    app.add_node(phrase)
    app.add_transform(equations.ChapterPage)
    app.add_transform(folklore.RowLinks)
    app.add_transform(chapter_role.ChapterLinks)
    app.add_post_transform(templates.Fill)
    app.add_post_transform(glue.Glue)
    app.add_post_transform(folds.Merge)
    labels.setup(app)
    zoom.setup(app)
    exercise_pages.setup(app)
    app.add_search_language(search.CourseWords)
    app.add_role("row", folklore.RowRole())
    app.add_role("chapter", chapter_role.ChapterRole())
    app.add_directive("checks", equations.Checks)
    app.add_directive("folklore", folklore.Folklore)
    app.add_directive("folklore-tests", folklore.FolkloreTests)
    app.add_directive("course-map", course_map.CourseMap)
    app.add_directive("chapter-table", course_map.ChapterTable)
    app.add_directive("datasets", tables.Datasets)
    _connect(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _connect(app: Sphinx) -> None:
    app.connect("config-inited", site.repository_once)
    app.connect("config-inited", site.known_elsewhere)
    app.connect("env-get-outdated", state.read_again_when_changed)
    app.connect("doctree-read", figures.check_alternative_texts)
    app.connect("env-get-updated", equations.number_headings, priority=900)  # the numbers come at 500
    app.connect("html-page-context", head.describe)
    app.connect("html-collect-pages", permalinks.pages)
    if "autodoc-process-docstring" in app.events.events:
        app.connect("autodoc-process-docstring", docstrings.safe_docstring, priority=400)  # napoleon has 500
