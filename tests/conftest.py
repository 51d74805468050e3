"""Every test starts from the same seed and one thread, whichever tests ran before it."""

import pytest


@pytest.fixture(autouse=True)
def _seed(request):
    # tests of the machinery and the site never import torch
    if "tests/tools" in request.node.nodeid or "tests/ext" in request.node.nodeid:
        return
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
