"""The DCGAN's shapes, start, ranges and resuming."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from aigc_course.core import data
from aigc_course.core.train import fit
from aigc_course.gan import dcgan
from aigc_course.gan.trainer import GANTrainer


def small(**options):
    torch.manual_seed(0)
    return GANTrainer(dcgan.dcgan(latent_dim=8, base_channels=8), **(dcgan.RECIPE | options))


@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 32), (3, 64), (1, 8)])
def test_both_networks_agree_on_the_image(channels, size):
    options = {"base_channels": 4, "channels": channels, "size": size}
    g, d = dcgan.Generator(latent_dim=5, **options), dcgan.Discriminator(**options)
    x = g(torch.randn(6, 5))
    assert x.shape == (6, channels, size, size)
    assert x.abs().max() <= 1
    assert d(x).shape == (6,)


def test_every_halving_of_the_side_doubles_the_channels():
    """The paper's networks for 64×64 have 1,024 channels at 4×4, and 128 at 32×32."""
    g = dcgan.Generator(latent_dim=100, base_channels=128, size=64)
    channels = [m.out_channels for m in g.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert channels == [1024, 512, 256, 128, 1]


@pytest.mark.parametrize("size", [4, 48])
def test_a_side_that_cannot_be_halved_down_to_four_is_refused(size):
    with pytest.raises(ValueError, match=f"size={size}"):
        dcgan.Discriminator(base_channels=4, size=size)


def test_weights_start_as_the_paper_says():
    torch.manual_seed(0)
    networks = [dcgan.Generator(latent_dim=64, base_channels=32), dcgan.Discriminator(base_channels=32)]
    modules = [m for network in networks for m in network.modules()]
    convolutions = torch.cat([m.weight.flatten() for m in modules if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)])
    scales = torch.cat([m.weight for m in modules if isinstance(m, nn.BatchNorm2d)])
    assert (convolutions.mean().item(), convolutions.std().item()) == pytest.approx((0, 0.02), abs=5e-4)
    assert (scales.mean().item(), scales.std().item()) == pytest.approx((1, 0.02), abs=5e-3)
    assert all((m.bias == 0).all() for m in modules if getattr(m, "bias", None) is not None)


def test_a_convolution_has_a_bias_where_no_batch_norm_follows():
    """Batch norm subtracts a bias again; without it a layer that has none can only turn about zero."""
    convolutions = nn.Conv2d, nn.ConvTranspose2d
    for network in (
        dcgan.Generator(latent_dim=4, base_channels=4),
        dcgan.Discriminator(base_channels=4, batch_norm=True),
        dcgan.Discriminator(base_channels=4, batch_norm=False),
    ):
        layers = list(network.layers)
        for layer, following in pairwise(layers):
            if isinstance(layer, convolutions):
                assert (layer.bias is None) == isinstance(following, nn.BatchNorm2d)


def test_images_end_in_tanh():
    """Clipping at ±1 would keep the range too, but pass no gradient beyond it."""
    g, z = dcgan.Generator(latent_dim=4, base_channels=4), torch.randn(3, 4)
    with torch.no_grad():
        for w in g.parameters():
            w.mul_(10)  # first weights are so small that tanh bends nothing
    assert g.layers[:-1](z).abs().max() > 1
    torch.testing.assert_close(g(z), torch.tanh(g.layers[:-1](z)))


def test_the_discriminator_judges_each_image_by_the_whole_of_it():
    """Every pixel reaches the logit; a crop or a stride too many would leave some out."""
    d = dcgan.Discriminator(base_channels=4).eval()
    x = torch.randn(1, 1, 32, 32, requires_grad=True)
    d(x).sum().backward()
    assert (x.grad != 0).all()


def test_ranges_are_each_others_inverse():
    x = torch.rand(4, 1, 8, 8)
    assert dcgan.to_tanh_range(x).min() < -0.5
    torch.testing.assert_close(dcgan.to_pixels(dcgan.to_tanh_range(x)), x)
    assert dcgan.to_pixels(torch.tensor([[[[-1.0, 0.0, 1.0]]]])).flatten().tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("bf16", [False, True])
def test_resuming_equals_never_stopping(bf16, tmp_path):
    x = dcgan.to_tanh_range(data.load("glyphs", n=64).x)
    whole, stopped, resumed = (small(bf16=bf16) for _ in range(3))
    history = fit(whole, x, steps=5, batch_size=16)
    fit(stopped, x, steps=2, batch_size=16, checkpoint=tmp_path / "c.pt")
    assert fit(resumed, x, steps=5, batch_size=16, checkpoint=tmp_path / "c.pt") == history
    for (name, p), q in zip(whole.gan.state_dict().items(), resumed.gan.state_dict().values(), strict=True):
        assert torch.equal(p, q), name


def test_samples_do_not_depend_on_their_companions():
    """Batch norm in training mode would let the rest of the batch change an image."""
    g = small()
    fit(g, dcgan.to_tanh_range(data.load("glyphs", n=64).x), steps=2, batch_size=16)
    model, z = g.gan, g.gan.noise(6)
    torch.testing.assert_close(model.decode(z)[:2], model.decode(z[:2]))


def test_a_short_game_moves_towards_the_data():
    """A glyph is mostly black; at the start the generator paints everything mid-grey."""
    x = dcgan.to_tanh_range(data.load("glyphs", n=512).x)
    g = small(ema_decay=0.9)
    before = (g.averaged.sample(64).mean() - x.mean()).abs()
    fit(g, x, steps=50, batch_size=32)
    assert (g.averaged.sample(64).mean() - x.mean()).abs() < 0.5 * before


def test_without_batch_norm_a_logit_depends_on_its_own_image_only():
    d = dcgan.Discriminator(base_channels=4, batch_norm=False)
    x = torch.randn(6, 1, 32, 32)
    torch.testing.assert_close(d(x)[:2], d(x[:2]))
