"""Signals, caches and the server: what must not end in a traceback, nor leave anything behind."""

import os
import signal
import threading
import urllib.error
import urllib.request

import pytest

from book.tools import home, interrupts, serve
from book.tools.chapters import BookError


@pytest.fixture
def handlers():
    """The handlers are the test's own, and go back to what they were."""
    before = {name: signal.getsignal(name) for name in interrupts.SIGNALS}
    for name in interrupts.SIGNALS:
        signal.signal(name, signal.SIG_DFL)
    interrupts.interruptible()
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("first", interrupts.SIGNALS)
def test_the_first_signal_ends_the_run_and_the_clean_up_finishes(first):
    cleaned = []

    def run():
        try:
            os.kill(os.getpid(), first)
        finally:
            for later in interrupts.SIGNALS:
                os.kill(os.getpid(), later)
                cleaned.append(later)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert cleaned == list(interrupts.SIGNALS)


@pytest.mark.usefixtures("handlers")
def test_a_child_is_written_down_before_an_interrupt_is_obeyed():
    written = []

    def start():
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGTERM)
            written.append("child")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert written == ["child"]
    with interrupts.held():  # nothing is left of it
        pass


@pytest.mark.usefixtures("handlers")
def test_what_the_caller_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    interrupts.interruptible()
    os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_caches_stay_where_they_are_while_they_can_be_written(tmp_path):
    given = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "not" / "there" / "yet")}
    assert home.caches(tmp_path / "_build", given) == {}


def test_caches_move_below_build_where_home_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("nobody can make a folder in it")
    build, nowhere = tmp_path / "_build", str(file / "home")
    assert home.caches(build, {"HOME": nowhere}) == {"HOME": str(build / "home")}
    assert home.caches(build, {"HOME": str(tmp_path), "MPLCONFIGDIR": nowhere, "AIGC_DATA": str(tmp_path)}) == {
        "MPLCONFIGDIR": str(build / "home" / "mplconfigdir")
    }


def test_the_folders_are_made_and_the_children_told(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("HOME", str(file))
    for name in home.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    home.settle(tmp_path / "_build")
    assert os.environ["HOME"] == str(tmp_path / "_build" / "home")
    assert os.path.isdir(os.environ["HOME"])


@pytest.fixture
def fetch(tmp_path):
    """Ask a server of a small site, beside which lies what is none of its business; returns (status, text)."""
    site = tmp_path / "site"
    (site / "empty").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "index.html").write_text("secret")
    (site / "page.html").write_text("a page")
    (site / "same.html").symlink_to("page.html")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "folder").symlink_to(tmp_path / "outside")
    (site / "empty" / "index.html").symlink_to(tmp_path / "secret.txt")
    (site / "circle").symlink_to("circle")

    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""

    with serve.server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield ask
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("page.html", 200),
        ("same.html", 200),
        ("link.txt", 404),
        ("folder/", 404),
        ("folder/index.html", 404),
        ("empty/", 404),
        ("", 404),
        ("circle", 404),
        ("%00", 404),
        ("a%00b.html", 404),
        ("%ff", 404),
        ("x" * 5000, 404),
        ("..%2fsecret.txt", 404),
        ("../secret.txt", 404),
    ],
)
def test_the_server_shows_the_site_and_nothing_else(fetch, path, status):
    assert fetch(path) == (status, "a page" if status == 200 else "")
    assert fetch("page.html") == (200, "a page")  # and it goes on


@pytest.mark.parametrize("asked", ["abc", "99999", "65536", "-1", "8000.5", "0x10", "²", " "])
def test_a_port_that_is_none_is_one_sentence(asked, monkeypatch, capsys, tmp_path):
    with pytest.raises(BookError, match="is no port; choose a number"):
        serve.port(asked)
    (tmp_path / "_build" / "site").mkdir(parents=True)
    (tmp_path / "_build" / "site" / "index.html").write_text("x")
    monkeypatch.setattr(serve, "ROOT", tmp_path)
    monkeypatch.setenv("PORT", asked)
    assert serve.main() == 1
    said = capsys.readouterr()
    assert said.err == f"PORT={asked} is no port; choose a number from 1024 to 65535: make serve PORT=8080\n"
    assert said.out == ""


def test_the_port_is_the_one_asked_for(monkeypatch):
    assert serve.port("8080") == 8080
    monkeypatch.delenv("PORT", raising=False)
    assert serve.port() == serve.PORT
    monkeypatch.setenv("PORT", "80")
    assert serve.port() == 80
