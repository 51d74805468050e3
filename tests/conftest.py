"""Every test starts from the same seed and one thread, whichever tests ran before it; pages are shared out whole."""

import re
import sys

import pytest


@pytest.fixture(autouse=True)
def _seed():
    # tests of the machinery and of the site never load torch, and must not pay for it
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
        torch.set_num_threads(1)


@pytest.fixture(scope="module")  # two browsers of one process cannot run at the same time, and others have their own
def reader():
    """A browser in front of the built site; what it needs is loaded by the site's tests alone."""
    from tests.site import browser

    if not (executable := browser.chromium()):
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    if not (browser.SITE / "index.html").is_file():
        pytest.fail(f"there is no site at {browser.SITE}; run `make book` first")
    with browser.reader(executable) as found:
        yield found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile` for the site: the tests of a page go to one process, so that one visit serves them all."""
    from xdist.scheduler import LoadFileScheduling

    class Pages(LoadFileScheduling):
        def _split_scope(self, nodeid):
            page = re.search(r"\[.+?\.html", nodeid)
            return page[0] if page else super()._split_scope(nodeid)

    return Pages(config, log) if config.getvalue("dist") == "loadfile" else None
