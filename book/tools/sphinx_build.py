"""One Sphinx build with Jupyter Book's configuration: `python -m book.tools.sphinx_build ROOT OUTPUT [NAME=VALUE …]`.

Called by `site.py`, `page.py` and `catalogue.py`. It differs from `jupyter-book build` in where it writes, and in
refusing to execute notebooks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import myst_nb.core.execute.cache
from jupyter_book.sphinx import build_sphinx

from book.tools.chapters import TOC


def refuse(notebook: Any, cwd: str, **options: Any) -> NoReturn:
    """Stand in for jupyter-cache's executor: the site shows what nbval saw, so nothing may run a second time."""
    raise RuntimeError(f"a page in {cwd} would be executed again: its code is not in the cache that nbval's run filled")


def main(root: Path, output: Path, *, builder: str = "html", **settings: Any) -> int:
    """Build `root` into `output`/`builder`; warnings and missing references are errors."""
    myst_nb.core.execute.cache.single_nb_execution = refuse
    overrides = {
        "external_toc_path": (root / TOC).as_posix(),
        "nitpicky": True,
        "nb_execution_mode": "cache",
        "nb_execution_cache_path": str(root / "_build" / ".jupyter_cache"),
        "latex_individualpages": False,
        **settings,
    }
    result = build_sphinx(
        root,
        output / builder,
        builder=builder,
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides=overrides,
        doctreedir=output / "doctrees",
        warningiserror=True,
        keep_going=True,
        freshenv=True,
    )
    return 0 if result == 0 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), **dict(given.split("=", 1) for given in sys.argv[3:])))
