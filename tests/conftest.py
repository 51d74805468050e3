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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile` for the site: the tests of a page go to one process, so that one visit serves them all."""
    from xdist.scheduler import LoadFileScheduling

    class Pages(LoadFileScheduling):
        def _split_scope(self, nodeid):
            page = re.search(r"\[.+?\.html", nodeid)
            return page[0] if page else super()._split_scope(nodeid)

    return Pages(config, log) if config.getvalue("dist") == "loadfile" else None
