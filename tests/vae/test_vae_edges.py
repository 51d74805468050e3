"""The edges of ``vae``: one example, double precision."""

import pytest
import torch

from aigc_course.vae import vae


def test_one_mean_cannot_vary():
    """Catches a silent "no unit is active" where there is nothing to compare."""
    with pytest.raises(ValueError, match="1 example"):
        vae.active_units(torch.zeros(1, 3))


def test_double_precision_stays():
    """Catches draws in single precision inside a model of double precision."""
    torch.manual_seed(0)
    model, x = vae.fully_connected((1, 2, 2), latent_dim=2, hidden=4).double(), torch.rand(3, 1, 2, 2).double()
    results = model.sample(3), model.elbo(x), model.log_likelihood(x, num_samples=2)
    assert {result.dtype for result in results} == {torch.float64}
