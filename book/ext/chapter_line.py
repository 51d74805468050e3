"""The quiet line under a chapter's title, and the small facts that maps and tables share with it."""

from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from book.ext.phrases import link, paragraph, phrase, say
from book.ext.sources import exercise_ids
from book.ext.state import Book, book_of
from book.tools.chapters import Chapter

GITHUB = "https://github.com/"
logger = logging.getLogger(__name__)


def chapter_line(env: BuildEnvironment, chapter: Chapter) -> nodes.paragraph:
    """Return minutes · CPU seconds and their budget · data · equations checked · exercises · prerequisites."""
    facts = [minutes(chapter), *measured(book_of(env), chapter), *data(chapter), *counts(book_of(env), chapter)]
    parts = joined([*([fact] for fact in facts), prerequisites(env, chapter.front.get("prerequisites", []))], " · ")
    return paragraph(*parts, classes=("chapter-line",))


def run_line(env: BuildEnvironment, chapter: Chapter) -> nodes.paragraph:
    """Return how to run the chapter: the command, the file, and Colab once the repository has an address there."""
    command = [say("Run it:"), nodes.Text(" "), nodes.literal("", "make lab"), nodes.Text(" · ")]
    file = nodes.literal("", chapter.name.removeprefix("chapters/"))
    options: dict[str, Any] = getattr(env.config, "html_theme_options", {})
    colab = (options.get("launch_buttons") or {}).get("colab_url")
    if colab and (url := options.get("repository_url") or "").startswith(GITHUB):
        branch = options.get("repository_branch") or "main"
        address = f"{colab}/github/{url.removeprefix(GITHUB).strip('/')}/blob/{branch}/{chapter.name}"
        file = nodes.inline(
            "", "", file, nodes.Text(" · "), nodes.reference("", "", say("open in Colab"), refuri=address)
        )
    return paragraph(*command, file, classes=("chapter-run",))


def joined(groups: Iterable[Sequence[nodes.Node]], separator: str) -> list[nodes.Node]:
    """Join groups of inline nodes by a separator."""
    parts: list[nodes.Node] = []
    for i, group in enumerate(groups):
        parts += [nodes.Text(separator), *group] if i else group
    return parts


def minutes(chapter: Chapter) -> phrase:
    """Return the author's estimate of reading and doing."""
    return say("{minutes} min reading and doing", minutes=chapter.front.get("minutes", "?"))


def measured(book: Book, chapter: Chapter) -> list[phrase]:
    """Return the CPU seconds of the run that this page shows and their budget; nothing before a run.

    The time by the clock says more of what else the machine did.
    """
    cpu = reference_s(book, chapter)
    return (
        [] if cpu is None else [say("{cpu} reference CPU seconds (budget {budget})", cpu=cpu, budget=budget(chapter))]
    )


def budget(chapter: Chapter) -> int:
    """Return the CPU seconds of the reference machine that a chapter may take; 0 when it declares none."""
    return chapter.front.get("budget", {}).get("cpu_s", 0)


def reference_s(book: Book, chapter: Chapter) -> int | None:
    """Return the CPU seconds that the run would have taken on the reference machine; None before a run."""
    record = book.record(chapter)
    return round(record["cpu_s"] / record["slower"]) if "cpu_s" in record else None


def data(chapter: Chapter) -> list[phrase]:
    """Return the chapter's data sets, those that need no network apart from those that do."""
    names = chapter.front.get("datasets", [])
    if not names:
        return []
    from aigc_course.core.data import DATASETS  # imports torch

    for name in set(names) - set(DATASETS):
        logger.warning(
            "no data set %r; there are %s", name, ", ".join(DATASETS), type="course", location=chapter.docname
        )
    offline = [name for name in names if name in DATASETS and DATASETS[name].offline]
    online = [name for name in names if name in DATASETS and not DATASETS[name].offline]
    found = [("offline data: {names}", offline), ("data to download: {names}", online)]
    return [say(template, names=", ".join(some)) for template, some in found if some]


def counts(book: Book, chapter: Chapter) -> list[phrase]:
    """Return how many equations are checked and how many exercises there are."""
    (checked, total), exercises = checked_of(book, chapter), len(exercise_ids(chapter))
    facts = [say("{checked}/{total} equations checked", checked=checked, total=total)] if total else []
    if exercises:
        facts.append(say("{count} exercises", count=exercises) if exercises > 1 else say("1 exercise"))
    return facts


def checked_of(book: Book, chapter: Chapter) -> tuple[int, int]:
    """Return how many of a chapter's labelled equations a test names, and how many there are."""
    labels = set(chapter.labels)
    return len(labels & set(book.proofs)), len(labels)


def prerequisites(env: BuildEnvironment, slugs: list[str]) -> list[nodes.Node]:
    """Return "prerequisites: …" with links to written chapters and plain titles of planned ones."""
    if not slugs:
        return [say("no prerequisites")]
    return [say("prerequisites:"), nodes.Text(" "), *joined([[chapter_link(env, slug)] for slug in slugs], ", ")]


def chapter_link(env: BuildEnvironment, slug: str, words: str = "") -> nodes.Node:
    """Return a link to a written chapter, or the plain title of a planned one; ``words`` replace the title."""
    book = book_of(env)
    if slug not in book.titles:
        cure = "write it into book/course.yml or correct the slug"
        logger.warning("no chapter %r in the course; %s", slug, cure, type="course", location=env.docname)
    title = nodes.Text(words) if words else say(book.titles.get(slug, slug))
    chapter = book.by_slug.get(slug)
    if chapter is None or chapter.docname not in env.found_docs:
        return title
    return link(chapter.docname, title, docname=env.docname)
