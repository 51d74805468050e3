"""Show the built site on this machine only: `python -m book.tools.serve`, port from PORT."""

from __future__ import annotations

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from book.tools.chapters import ROOT

HOST = "127.0.0.1"


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the files in `folder` that other machines cannot reach; port 0 takes a free one."""
    return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        # a rebuilt page must show at the next reload
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet; the terminal shows the address."""


def main() -> int:
    """Serve until Ctrl-C."""
    folder, port = ROOT / "_build" / "site", int(os.environ.get("PORT") or 8000)
    if not (folder / "index.html").exists():
        print("There is no site yet; run `make book` first.", file=sys.stderr)
        return 1
    try:
        with server(folder, port) as httpd:
            print(f"The book: http://{HOST}:{port}/   (Ctrl-C ends)", flush=True)
            httpd.serve_forever()
    except OSError as error:
        print(f"Port {port} cannot be used ({error.strerror}); choose another: make serve PORT=8080", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
