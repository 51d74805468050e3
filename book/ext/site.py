"""The repository's address and the reference to the library: what the theme and Sphinx must be told."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

# Jupyter Book fills an unset address with its own repository; buttons would lead a reader there.
JUPYTER_BOOKS_OWN = "https://github.com/executablebooks/jupyter-book"
BUTTONS = ("use_repository_button", "use_issues_button", "use_edit_page_button")

# Names in signatures that have no page here: shapes ("Float[Tensor, 'b k']"), other libraries, the standard library.
ELSEWHERE = (
    r"jaxtyping|torch|torchvision|numpy|np|matplotlib|PIL|collections|pathlib|typing|types|fractions|nn|Module|F",
    r"Float|Int|Int64|UInt8|Bool|Num|Shaped|Real|Complex|Integer|Tensor|Array|ndarray|Path|Figure|Axes|Generator",
    r"Any|Callable|Iterable|Iterator|Sequence|Mapping|Literal|Self|Protocol|NamedTuple|Optional|Union|optional",
    r"aigc_course\.[\w.]+\.[A-Z]",  # type variables
)


def repository_once(app: Sphinx, config: Config) -> None:
    """Take buttons away until ``repository: url`` is set in _config.yml, and put all of them there once it is."""
    if config.html_theme != "sphinx_book_theme":
        return
    options: dict[str, Any] = config.html_theme_options
    url = options.get("repository_url") or ""
    if url.rstrip("/") in ("", JUPYTER_BOOKS_OWN):
        options.pop("repository_url", None)
        options["launch_buttons"] = {}
        options.update(dict.fromkeys(BUTTONS, False))
    else:
        options.update(dict.fromkeys(BUTTONS, True))


def known_elsewhere(app: Sphinx, config: Config) -> None:
    """Let nitpicky builds pass over names that other projects document; our own must resolve."""
    config.nitpick_ignore_regex = [*config.nitpick_ignore_regex, (r"py:.*", rf"({'|'.join(ELSEWHERE)})(\..*)?")]
