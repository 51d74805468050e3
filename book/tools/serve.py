"""Show the built site on this machine only: `python -m book.tools.serve`, port from PORT."""

from __future__ import annotations

import io
import os
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from book.tools.chapters import ROOT, BookError

HOST = "127.0.0.1"
PORT = 8000


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the files in `folder` that other machines cannot reach; port 0 takes a free one."""
    return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))


class _Handler(SimpleHTTPRequestHandler):
    def send_head(self) -> Any:
        # the parent would follow a link that leads out of the site, and fail on a name that no file can have
        if not _inside(Path(self.directory), self.translate_path(self.path)):
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such page")
            return None
        return super().send_head()

    def list_directory(self, path: str | os.PathLike[str]) -> io.BytesIO | None:
        """A folder without an index is no page."""
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page")
        return None

    def end_headers(self) -> None:
        # a rebuilt page must show at the next reload
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet; the terminal shows the address."""


def _inside(folder: Path, asked: str) -> bool:
    """Whether `asked`, and the index that it may stand for, lie in `folder` once links are followed."""
    if "\0" in asked:
        return False
    try:
        found = [Path(asked).resolve(), (Path(asked) / "index.html").resolve()]
    except (OSError, ValueError, RuntimeError):  # too long, a circle of links, letters that no file name holds
        return False
    return all(path.is_relative_to(folder.resolve()) for path in found)


def port(asked: str | None = None) -> int:
    """The port in `asked`, by default in the variable PORT, 8000 when that is unset.

    Raises:
        BookError: It is no port.
    """
    asked = asked or os.environ.get("PORT") or str(PORT)
    if asked.isascii() and asked.isdigit() and int(asked) <= 65535:
        return int(asked)
    raise BookError(f"PORT={asked} is no port; choose a number from 1024 to 65535: make serve PORT=8080")


def main() -> int:
    """Serve until Ctrl-C."""
    folder = ROOT / "_build" / "site"
    if not (folder / "index.html").exists():
        print("There is no site yet; run `make book` first.", file=sys.stderr)
        return 1
    try:
        with server(folder, port()) as httpd:
            print(f"The book: http://{HOST}:{httpd.server_port}/   (Ctrl-C ends)", flush=True)
            httpd.serve_forever()
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Port {port()} cannot be used ({error.strerror}); choose another: make serve PORT=8080", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
