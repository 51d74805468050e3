import pytest
import torch

from aigc_course.core import data
from aigc_course.core.train import Trainer, fit
from aigc_course.vae import convolutional


@pytest.mark.parametrize("channels", [1, 3])
def test_decoder_gives_back_the_encoders_shape(channels):
    """Catches a layer too many or too few, and a grey network given colour."""
    model = convolutional.vae(latent_dim=5, base_channels=4, channels=channels)
    x = torch.rand(3, channels, 32, 32)
    q = model.encode(x)
    assert q.mean.shape == q.logvar.shape == (3, 5)
    assert model.decode(q.mean).shape == x.shape
    assert model.sample(2).shape == (2, channels, 32, 32)


def test_the_weight_of_the_code_arrives():
    """Catches a β that is lost between the function and the model."""
    assert convolutional.vae(latent_dim=2, base_channels=2, hidden=4, beta=3.0).beta == 3


def test_posterior_depends_on_its_own_image_alone():
    """Catches normalisation over the batch."""
    torch.manual_seed(0)
    model, x = convolutional.vae(latent_dim=5, base_channels=4), torch.rand(6, 1, 32, 32)
    torch.testing.assert_close(model.encode(x[:1]).mean, model.encode(x).mean[:1])


def test_no_checkerboard():
    """Catches kernels that overlap unevenly: with equal weights, the inside of every layer's picture must be flat."""
    grow = [layer for layer in convolutional.decoder(2, base_channels=4) if isinstance(layer, torch.nn.ConvTranspose2d)]
    assert len(grow) == 2
    for layer in grow:
        torch.nn.init.constant_(layer.weight, 0.1)
        inside = layer(torch.ones(1, layer.in_channels, 8, 8))[:, :1, 4:-4, 4:-4]
        torch.testing.assert_close(inside, inside[..., :1, :1].expand_as(inside))


def test_overfits_one_batch():
    """Catches a network through which no signal passes."""
    x = data.load("glyphs", n=16).x
    torch.manual_seed(0)
    model = convolutional.vae(latent_dim=8, base_channels=8)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    history = fit(Trainer(model, model.loss, optimizer=optimizer), x, steps=200, batch_size=16)
    assert history[-1]["loss"] < 0.5 * history[20]["loss"]


def test_same_seed_same_samples():
    """Catches a hidden source of randomness."""
    model = convolutional.vae(latent_dim=4, base_channels=4)
    torch.manual_seed(3)
    first = model.sample(4)
    torch.manual_seed(3)
    assert torch.equal(first, model.sample(4))


def test_resuming_equals_never_stopping(tmp_path):
    """Catches state that a checkpoint forgets."""

    def make():
        torch.manual_seed(0)
        model = convolutional.vae(latent_dim=2, base_channels=2, hidden=8)
        return model, Trainer(model, model.loss)

    x = torch.rand(64, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    whole, algorithm = make()
    history = fit(algorithm, x, steps=8, batch_size=16)
    fit(make()[1], x, steps=3, batch_size=16, checkpoint=tmp_path / "c.pt")
    resumed, algorithm = make()
    assert fit(algorithm, x, steps=8, batch_size=16, checkpoint=tmp_path / "c.pt") == history
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))
