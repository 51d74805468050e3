"""Each test names the mistake that it catches; each mistake was planted once to see the test fail."""

import itertools
import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal

from aigc_course.core.train import Trainer, fit
from aigc_course.vae import conditional
from aigc_course.vae.conditional import ConditionalVAE
from aigc_course.vae.vae import kl_to_standard_normal

GRID = torch.linspace(-12, 12, 4801).unsqueeze(1)
CELL = math.log(24 / 4800)
IMAGES = torch.tensor(list(itertools.product([0.0, 1.0], repeat=2)))


class Fixed(nn.Module):
    """An encoder that gives every image the same posterior."""

    def forward(self, x):
        return torch.tensor([[0.3, 0.2]]).expand(len(x), -1)


class Tiny(nn.Module):
    """Two pixels from one number and two indicators of the class."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(2.0), requires_grad=False)

    def forward(self, h):
        z, first, second = h.unbind(dim=1)
        return torch.stack([self.slope * z - first, 1 - z + 2 * second], dim=1)


def tiny() -> ConditionalVAE:
    return ConditionalVAE(Fixed(), Tiny(), latent_dim=1, classes=2)


def log_evidence(y: int) -> torch.Tensor:
    """Log p(x|y) of ``Tiny`` for all four images, added up over the grid."""
    label = torch.tensor([1.0, 0.0] if y == 0 else [0.0, 1.0]).expand(len(GRID), 2)
    log_pixels = Bernoulli(logits=Tiny()(torch.cat([GRID, label], 1))).log_prob(IMAGES.unsqueeze(1)).sum(-1)
    return torch.logsumexp(log_pixels + Normal(0.0, 1.0).log_prob(GRID).squeeze(1) + CELL, dim=1)


@pytest.mark.equation("vae_variants-conditional")
@pytest.mark.parametrize("y", [0, 1])
def test_bound_and_its_weights_belong_to_the_class(y):
    """Catches a label that is ignored, exchanged or given to the prior, and a KL of the wrong sign.

    The draw's bound stays below log p(x|y) on average; the weight behind it, p(x, z|y) / q(z|x), has the mean p(x|y).
    """
    torch.manual_seed(0)
    n, truth = 40_000, log_evidence(y)
    assert truth.exp().sum().item() == pytest.approx(1, abs=1e-4)
    for x, value in zip(IMAGES, truth, strict=True):
        model, many, labels = tiny(), x.expand(n, 2), torch.full((n,), y)
        q = model.encode(many)
        z = q.sample()
        log_pixels = Bernoulli(logits=model.decode(z, labels)).log_prob(many).sum(-1)
        weights = (log_pixels + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z)).exp()
        assert weights.mean().item() == pytest.approx(value.exp().item(), abs=5 * weights.std().item() / n**0.5)
        bound = model.elbo(many, labels)
        assert bound.mean().item() < value.item() + 5 * bound.std().item() / n**0.5
        expected = (log_pixels - kl_to_standard_normal(q)).mean().item()
        assert bound.mean().item() == pytest.approx(expected, abs=0.03)


def test_loss_is_the_mean_negative_bound():
    """Catches a sum over the batch, a lost minus, labels in the wrong order, a β that does not reach the loss."""
    model, x, y = tiny(), IMAGES, torch.tensor([0, 1, 1, 0])
    for beta in (1.0, 3.0):
        model.beta = beta
        torch.manual_seed(3)
        loss = model.loss((x, y))
        torch.manual_seed(3)
        z = model.encode(x).sample()
        pixels = Bernoulli(logits=model.decode(z, y)).log_prob(x).sum() / 4
        kl = kl_to_standard_normal(model.encode(x)).mean()
        assert loss.item() == pytest.approx((beta * kl - pixels).item(), abs=1e-5)


def test_the_bound_does_not_depend_on_the_weight_of_the_loss():
    """Catches a β inside the bound: at β = 0 it would lie above the evidence log p(x|y)."""
    model, bounds = tiny(), []
    for model.beta in (0.0, 1.0, 5.0):
        torch.manual_seed(0)
        bounds.append(model.elbo(IMAGES, torch.tensor([0, 1, 1, 0])))
    assert torch.equal(bounds[0], bounds[1])
    assert torch.equal(bounds[2], bounds[1])


def test_every_class_of_every_code():
    """Catches codes and classes exchanged in the grid of pictures."""
    torch.manual_seed(0)
    model = conditional.fully_connected((1, 4, 4), latent_dim=3, classes=5, hidden=8)
    z = torch.randn(2, 3)
    pictures = model.decode_every_class(z)
    assert pictures.shape == (2, 5, 1, 4, 4)
    for i, y in itertools.product(range(2), range(5)):
        alone = model.decode(z[i : i + 1], torch.tensor([y])).sigmoid()
        torch.testing.assert_close(pictures[i, y : y + 1], alone)


def test_samples_of_a_class_and_of_all():
    """Catches labels that do not reach the samples, and classes that are never drawn."""
    model = tiny()
    torch.manual_seed(0)
    ones = torch.ones(4000, dtype=torch.long)
    expected = log_evidence(1).exp() @ IMAGES
    torch.testing.assert_close(model.sample(4000, ones).mean(0), expected, atol=0.03, rtol=0)
    both = (log_evidence(0).exp() + log_evidence(1).exp()) / 2 @ IMAGES
    torch.testing.assert_close(model.sample(8000).mean(0), both, atol=0.03, rtol=0)
    with pytest.raises(ValueError, match="one label for each"):
        model.sample(3, ones)


def test_what_the_label_says_the_code_need_not_say():
    """Catches a decoder that the label never reaches: pictures that are their label cost no code at all."""
    torch.manual_seed(0)
    y = torch.arange(128) % 2
    x = y.float().view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous()
    model = conditional.fully_connected((1, 2, 2), latent_dim=2, classes=2, hidden=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    fit(Trainer(model, model.loss, optimizer=optimizer), (x, y), steps=250, batch_size=128)
    with torch.no_grad():
        assert kl_to_standard_normal(model.encode(x)).mean() < 0.1
        assert model.elbo(x, y).mean() > -0.2
        assert model.elbo(x, 1 - y).mean() < -5


def test_networks_for_glyphs():
    """Catches a decoder of the wrong width."""
    torch.manual_seed(0)
    model = conditional.convolutional(latent_dim=4, classes=3, base_channels=4, hidden=16)
    x, y = torch.rand(2, 1, 32, 32), torch.tensor([0, 2])
    assert model.decode(model.encode(x).mean, y).shape == x.shape
    assert model.sample(3).shape == (3, 1, 32, 32)
