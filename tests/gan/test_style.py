"""The style-based generator: modulation against explicit kernels, mixing and truncation against their definitions."""

import pytest
import torch
import torch.nn.functional as F

from aigc_course.gan import style


def generator(**options):
    torch.manual_seed(0)
    return style.StyleGenerator(latent_dim=4, base_channels=4, classes=3, d=8, **options)


@pytest.mark.equation("gan_better-modulate")
def test_modulation_scales_the_input_channels():
    weight, scale = torch.randn(3, 5, 4, 4), torch.rand(2, 3) + 0.5
    kernels = style.modulated_weights(weight, scale, demodulate=False)
    for b in range(2):
        for i in range(3):
            torch.testing.assert_close(kernels[b, i], scale[b, i] * weight[i])


@pytest.mark.equation("gan_better-demodulate")
def test_demodulation_gives_each_output_channel_norm_one():
    weight, scale = torch.randn(3, 5, 4, 4), torch.rand(2, 3) + 0.5
    kernels = style.modulated_weights(weight, scale)
    torch.testing.assert_close(kernels.square().sum(dim=(1, 3, 4)), torch.ones(2, 5))
    torch.testing.assert_close(
        style.modulated_weights(weight, 7 * scale), kernels
    )  # a common factor of the style is lost


@pytest.mark.equation("gan_better-modulate", "gan_better-demodulate")
@pytest.mark.parametrize("demodulate", [True, False])
def test_the_fast_layer_equals_one_kernel_for_each_example(demodulate):
    torch.manual_seed(0)
    layer = style.ModulatedConvolution(6, 5, d=7, demodulate=demodulate)
    x, w = torch.randn(3, 6, 4, 4), torch.randn(3, 7)
    kernels = style.modulated_weights(layer.weight, layer.style(w), demodulate=demodulate)
    slow = torch.cat(
        [F.conv_transpose2d(one[None], kernel, stride=2, padding=1) for one, kernel in zip(x, kernels, strict=True)]
    )
    factor = style.GAIN if demodulate else 1
    torch.testing.assert_close(layer(x, w), factor * slow + layer.bias[:, None, None], atol=1e-5, rtol=1e-5)


def test_the_gain_makes_up_for_the_taps_that_an_output_pixel_does_not_meet():
    """Catches a gain that the kernel does not need: each of the four kinds of output pixel meets 2 × 2 of 4 × 4 taps,
    so that of a demodulated kernel, whose squares add up to 1, a quarter is met on average."""
    taps = torch.arange(16.0).view(1, 1, 4, 4)
    met = [F.conv_transpose2d(torch.ones(1, 1, 6, 6), (taps == i).float(), stride=2, padding=1) for i in range(16)]
    inside = torch.cat(met)[:, 0, 2:-2, 2:-2]
    assert (inside.sum(dim=0) == 4).all()
    assert inside.mean(dim=(1, 2)).tolist() == [0.25] * 16
    assert style.GAIN**2 * 0.25 == 1


def test_demodulation_keeps_the_size_of_the_signal():
    torch.manual_seed(0)
    layer = style.ModulatedConvolution(32, 16, d=8)
    x, w = torch.randn(64, 32, 8, 8), 5 * torch.randn(64, 8)
    assert layer(x, w)[..., 2:-2, 2:-2].std().item() == pytest.approx(1, abs=0.1)


def test_the_mapping_forgets_the_length_of_its_input():
    mapping = style.Mapping(latent_dim=4, d=8, classes=3)
    with torch.no_grad():
        mapping.class_embedding.weight.zero_()
    z, y = torch.randn(5, 4), torch.zeros(5, dtype=torch.long)
    torch.testing.assert_close(mapping(z, y), mapping(10 * z, y), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(mapping(z, y), mapping(-z, y))


@pytest.mark.equation("gan_better-truncation")
def test_truncation_moves_towards_the_mean_style():
    w, mean = torch.randn(6, 8), torch.randn(6, 8)
    assert torch.equal(style.truncate(w, mean, 0.0), mean)
    torch.testing.assert_close(style.truncate(w, mean, 1.0), w)
    torch.testing.assert_close(style.truncate(w, mean, 0.5), (w + mean) / 2)
    spread = (style.truncate(w, mean, 0.3) - mean).norm() / (w - mean).norm()
    assert spread.item() == pytest.approx(0.3, rel=1e-5)


@pytest.mark.equation("gan_better-truncation")
def test_mean_styles_are_means_by_class():
    g = generator()
    means = style.mean_latents(g, num_samples=4000)
    z = torch.randn(4000, 4)
    for c in range(3):
        w = g.mapping(z, torch.full((4000,), c))
        error = 5 * w.std(0) * (2 / 4000) ** 0.5
        assert ((means[c] - w.mean(0)).abs() <= error + 1e-4).all()
    assert (means[0] - means[1]).norm() > 0.01


@pytest.mark.equation("gan_better-mixing")
def test_mixing_takes_the_coarse_places_from_the_first():
    first, second = torch.zeros(4, 8), torch.ones(4, 8)
    ws = style.mix_styles(first, second, torch.tensor([0, 1, 2, 3]))
    assert ws[:, :, 0].tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_each_place_uses_its_own_style():
    g = generator().eval()
    w, other = torch.randn(2, 1, 8)
    plain = g.synthesis(style.broadcast_style(w))
    for place in range(style.LAYERS):
        ws = style.broadcast_style(w).clone()
        ws[:, place] = other
        assert not torch.allclose(g.synthesis(ws), plain)


def test_the_generator_mixes_in_training_only():
    g = generator(mixing=1.0)
    z, y = torch.randn(16, 4), torch.zeros(16, dtype=torch.long)
    plain = g.synthesis(style.broadcast_style(g.mapping(z, y)))
    assert not torch.allclose(g(z, y), plain, atol=1e-6)
    torch.testing.assert_close(g.eval()(z, y), plain)
    torch.testing.assert_close(generator(mixing=0.0).train()(z, y), plain)


def test_about_the_asked_share_is_mixed():
    g = generator(mixing=0.25)
    z, y = torch.randn(2000, 4), torch.zeros(2000, dtype=torch.long)
    plain = g.synthesis(style.broadcast_style(g.mapping(z, y)))
    changed = (g(z, y) - plain).abs().flatten(1).amax(1) > 1e-6
    assert changed.float().mean().item() == pytest.approx(0.25, abs=0.05)


def test_the_class_reaches_the_picture():
    g = generator().eval()
    z = torch.randn(1, 4).expand(3, -1)
    x = g(z, torch.arange(3))
    assert x.shape == (3, 1, 32, 32)
    assert x.abs().max() <= 1
    assert (x[0] - x[1]).abs().max() > 1e-3


def test_a_mixed_picture_keeps_its_class_and_its_first_place():
    """The second style comes from fresh noise but of the same class, and never enters at the coarsest place."""
    g = generator(mixing=1.0)
    asked, places = [], []
    g.mapping.register_forward_pre_hook(lambda _, given: asked.append(given[1]))
    g.synthesis.register_forward_pre_hook(lambda _, given: places.append(given[0]))
    z, y = torch.randn(300, 4), torch.arange(300) % 3
    g(z, y)
    assert all(torch.equal(given, y) for given in asked)
    w, other = g.mapping(z, y), places[0][:, -1]
    torch.testing.assert_close(places[0][:, 0], w)
    second = (places[0][:, 1] - other).abs().amax(1) < 1e-6
    assert 0.4 < second.float().mean() < 0.6  # half of the cuts come after the first place, half after the second


def test_a_layer_starts_with_scales_round_one_and_keeps_the_size_of_its_input():
    layer = style.ModulatedConvolution(8, 6, d=8)
    torch.testing.assert_close(layer.style(torch.zeros(1, 8)), torch.ones(1, 8))
    x = torch.randn(10_000)
    assert style.scaled_leaky_relu()(x).square().mean().sqrt().item() == pytest.approx(1, abs=0.05)


def test_without_demodulation_a_layer_also_starts_by_keeping_the_size_of_its_input():
    """Catches an initial kernel that is not scaled by the four taps and all inputs that an output pixel meets."""
    torch.manual_seed(0)
    layer = style.ModulatedConvolution(64, 16, d=4, demodulate=False)
    with torch.no_grad():
        inside = layer(torch.randn(16, 64, 8, 8), torch.zeros(16, 4))[..., 1:-1, 1:-1]
    assert inside.std().item() == pytest.approx(1, rel=0.1)
