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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kl_is_never_negative_and_keeps_its_digits_near_collapse(dtype):
    """Catches exp(v) − 1 − v, which is as often below 0 as above where v is small."""
    small = torch.logspace(-9, -2, 2001, dtype=dtype)
    logvar = torch.cat([-small, small]).unsqueeze(1)
    found = vae.kl_to_standard_normal(vae.Gaussian(torch.zeros_like(logvar), logvar))
    assert found.min() >= 0
    v = logvar.double().squeeze(1)
    series = v.square() / 4 + v**3 / 12 + v**4 / 48 + v**5 / 240
    torch.testing.assert_close(found.double(), series, rtol=1e-6, atol=float(torch.finfo(dtype).eps) * 1e-2)
