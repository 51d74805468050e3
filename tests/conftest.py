"""Every test starts from the same seed and one thread, whichever tests ran before it."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _seed():
    # tests of the machinery and of the site never load torch, and must not pay for it
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
        torch.set_num_threads(1)
