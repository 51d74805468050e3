r"""Wrong on purpose: objectives and programs that circulate in tutorials, runnable, each beside what is right.

Never import this module for work. F01: the discriminator is taken for a density. F02: both losses are added and
minimised together. F15: the discriminator's loss sums over real examples only, and D is taken for the share of real
examples that pass. P01 to P13: thirteen short programs, each of which takes a generator, a discriminator and a batch of
real images in [-1, 1], and returns what its first docstring sentence names, or raises what torch raises; ``report``
runs a row on freshly initialised networks.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader

from aigc_course.core import data
from aigc_course.core.optimisation import Metrics
from aigc_course.foundations.information import kl
from aigc_course.gan.dcgan import Discriminator, Generator, to_pixels, to_tanh_range
from aigc_course.gan.dynamics import Players
from aigc_course.gan.gan import discriminator_loss, non_saturating_loss
from aigc_course.gan.trainer import GANTrainer

K = 8  # latent dimension of the small networks
Images = Float[Tensor, "b c h w"]


def density_as_discriminator(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """F01, wrong: D(x) = p(x), whatever the generator does; at n points, from both densities there."""
    return p.clone()


def real_only_loss(real: Float[Tensor, " b"], fake: Float[Tensor, " c"]) -> Float[Tensor, ""]:
    """F15, wrong: cross-entropy of real examples alone, -E log D(x) in nats; ``fake`` is not used."""
    return -F.logsigmoid(real).mean()


def pass_rate(real: Float[Tensor, " b"]) -> float:
    """F15, the other half: the share of real examples that are called real, P(D > ½ | real); no function of x."""
    return (real > 0).float().mean().item()


def summed_optimum(p: Float[Tensor, " n"], q: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """F02: the D that minimises L_D + L_G (non-saturating) at n points: (p + q) / (p + 2q), never below one half."""
    return (p + q) / (p + 2 * q)


def summed_divergence(p: Float[Tensor, " n"], q: Float[Tensor, " n"], *, cell: float = 1.0) -> Float[Tensor, ""]:
    """F02: the divergence in nats that descent on L_D + L_G *increases*, 2 KL(m ‖ M) + KL(q ‖ M).

    m = (p + q)/2 and M = (p + 2q)/3; densities are given at the n cells of a grid, each of size ``cell``.
    """
    m, mixed = (p + q) / 2, (p + 2 * q) / 3
    return 2 * kl(m, mixed, cell=cell) + kl(q, mixed, cell=cell)


class SummedTrainer(GANTrainer):
    """F02, wrong: one loss, L_D + L_G, one backward pass, and an update of both networks."""

    def step(self, batch: Tensor | tuple[Tensor, ...], /) -> Metrics:
        """One update of all weights of both networks along the gradient of ``summed_loss``."""
        assert isinstance(batch, Tensor)
        loss = summed_loss(self, batch)
        optimizers = self.g_update.optimizer, self.d_update.optimizer
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        return {"loss": loss.item()}


def summed_loss(trainer: GANTrainer, batch: Float[Tensor, "b *s"]) -> Float[Tensor, ""]:
    """F02: L_D + L_G in nats, on a batch and as many generated examples, with its graph."""
    of_real, of_fake = trainer.logits(batch), trainer.logits(trainer.generate(len(batch)))
    return discriminator_loss(of_real, of_fake) + trainer.g_loss(of_fake)


def generator_gradient_of_the_sum(trainer: GANTrainer, batch: Float[Tensor, "b *s"]) -> float:
    """F02: largest absolute entry of the generator's gradient of L_D + L_G; exactly 0 for the saturating loss."""
    gradients = torch.autograd.grad(summed_loss(trainer, batch), list(trainer.gan.generator.parameters()))
    return max(g.abs().max().item() for g in gradients)


def summed_field(state: Players) -> Players:
    """F02, wrong: the vector field of two players that both descend L_D + L_G of the Dirac-GAN (non-saturating)."""
    theta, phi = state.unbind(dim=-1)
    derivative = 2 * (phi * theta).sigmoid() - 1  # of L_D + L_G by the logit phi theta
    return torch.stack([-derivative * phi, -derivative * theta], dim=-1)


def players(*, channels: int = 1) -> tuple[Generator, Discriminator, Images]:
    """A small generator, a small discriminator and 16 real images in [-1, 1], the same at every call.

    Seeds torch's global generator with 0.
    """
    torch.manual_seed(0)
    x = to_tanh_range(data.load("glyphs", n=16).x).expand(-1, channels, -1, -1)
    return (
        Generator(latent_dim=K, base_channels=4, channels=channels),
        Discriminator(base_channels=4, channels=channels),
        x,
    )


def gradient_norm(network: nn.Module) -> float | None:
    """Norm of the gradient that the weights of a network hold; ``None`` when no backward pass has reached any."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return nn.utils.get_total_norm(gradients).item() if gradients else None


def p01_wrong(g: nn.Module, d: nn.Module, x: Images) -> float | None:
    """Generator's gradient after its step on a detached batch."""
    fake = g(torch.randn(len(x), K)).detach()
    non_saturating_loss(d(fake)).backward()
    return gradient_norm(g)


def p01_right(g: nn.Module, d: nn.Module, x: Images) -> float | None:
    """Generator's gradient after its step on a batch that is still attached."""
    fake = g(torch.randn(len(x), K))
    non_saturating_loss(d(fake)).backward()
    return gradient_norm(g)


def p02_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with labels made from the whole number 1."""
    return nn.BCELoss()(d(x).sigmoid(), torch.full((len(x),), 1)).item()


def p02_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with labels made from the decimal number 1.0."""
    return nn.BCELoss()(d(x).sigmoid(), torch.full((len(x),), 1.0)).item()


def p03_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with one label for the whole batch."""
    return nn.BCELoss()(d(x).sigmoid(), torch.tensor(1.0)).item()


def p03_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with one label for each probability."""
    probabilities = d(x).sigmoid()
    return nn.BCELoss()(probabilities, torch.ones_like(probabilities)).item()


def p04_undefined(g: nn.Module, d: nn.Module, x: Images) -> int:
    """Different images in three batches, when no noise was sampled."""
    batches = [g(z) for _ in range(3)]  # pyright: ignore[reportUndefinedVariable] - the mistake on show
    return _different(batches)


def p04_wrong(g: nn.Module, d: nn.Module, x: Images) -> int:
    """Different images in three batches, when the noise is sampled before the loop."""
    z = torch.randn(len(x), K)
    return _different([g(z) for _ in range(3)])


def p04_right(g: nn.Module, d: nn.Module, x: Images) -> int:
    """Different images in three batches, when noise is sampled for every batch."""
    return _different([g(torch.randn(len(x), K)) for _ in range(3)])


def _different(batches: list[Tensor]) -> int:
    return len(torch.cat(batches).flatten(1).unique(dim=0))


def p05_wrong(g: nn.Module, d: nn.Module, x: Images) -> float | None:
    """Generator's gradient after three steps of the discriminator without ``detach``."""
    for _ in range(3):
        discriminator_loss(d(x), d(g(torch.randn(len(x), K)))).backward()
    return gradient_norm(g)


def p05_right(g: nn.Module, d: nn.Module, x: Images) -> float | None:
    """Generator's gradient after three steps of the discriminator with ``detach``."""
    for _ in range(3):
        discriminator_loss(d(x), d(g(torch.randn(len(x), K)).detach())).backward()
    return gradient_norm(g)


def _first_batch(*, resize: bool) -> str:
    """Shape of the first batch from a folder that holds a 40×30 and a 64×48 image."""
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    steps = [v2.Grayscale(), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    transform = v2.Compose([*steps, v2.Resize((32, 32))] if resize else steps)
    with tempfile.TemporaryDirectory() as folder:
        for name, size in (("a", (40, 30)), ("b", (64, 48))):
            (Path(folder) / "digits").mkdir(exist_ok=True)
            Image.new("L", size).save(Path(folder) / "digits" / f"{name}.png")
        images, _ = next(iter(DataLoader(ImageFolder(folder, transform), batch_size=2)))
    return "×".join(str(n) for n in images.shape)


def p06_wrong(g: nn.Module, d: nn.Module, x: Images) -> str:
    """First batch from a folder of images of two sizes."""
    return _first_batch(resize=False)


def p06_right(g: nn.Module, d: nn.Module, x: Images) -> str:
    """First batch from the same folder, every image resized."""
    return _first_batch(resize=True)


def p07_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Share of pixel values that ``imshow`` changes in a colour image in [-1, 1]."""
    return _changed_by_imshow(x[0])


def p07_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Share of pixel values that ``imshow`` changes after the map to [0, 1]."""
    return _changed_by_imshow(to_pixels(x)[0])


def _changed_by_imshow(image: Float[Tensor, "c h w"]) -> float:
    colour = image.expand(3, -1, -1).permute(1, 2, 0)
    fig, ax = plt.subplots()
    shown = torch.as_tensor(ax.imshow(colour.numpy()).get_array())
    plt.close(fig)
    return (shown != colour).float().mean().item()


def p08_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss when the generator's images have three channels and the discriminator expects one."""
    g = Generator(latent_dim=K, base_channels=4, channels=3)
    return discriminator_loss(d(x), d(g(torch.randn(len(x), K)))).item()


def p08_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss when the generator takes its number of channels from the data."""
    g = Generator(latent_dim=K, base_channels=4, channels=x.shape[1])
    return discriminator_loss(d(x), d(g(torch.randn(len(x), K)))).item()


def p09_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss for probabilities, given logits."""
    return nn.BCELoss()(d(x), torch.ones(len(x))).item()


def p09_clipped(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Share of examples without a gradient, when a framework silently clips those logits into [0, 1]."""
    logits = d(x)
    logits.retain_grad()
    F.binary_cross_entropy(logits.clamp(1e-7, 1 - 1e-7), torch.ones(len(x))).backward()
    return _share_of_zeros(logits.grad)


def p09_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Share of examples without a gradient, with the loss that is made for logits."""
    logits = d(x)
    logits.retain_grad()
    F.binary_cross_entropy_with_logits(logits, torch.ones(len(x))).backward()
    return _share_of_zeros(logits.grad)


def _share_of_zeros(gradient: Tensor | None) -> float:
    assert gradient is not None
    return (gradient == 0).float().mean().item()


def _rise(g: nn.Module, d: nn.Module, x: Images, parameters: list[nn.Parameter]) -> float:
    """Change of D's mean probability for one fixed batch of fakes in fifty generator steps."""
    fixed = g(torch.randn(len(x), K)).detach()
    before = d(fixed).sigmoid().mean()
    optimizer = torch.optim.Adam(parameters, lr=2e-3)
    for _ in range(50):
        optimizer.zero_grad()
        non_saturating_loss(d(g(torch.randn(len(x), K)))).backward()
        optimizer.step()
    return (d(fixed).sigmoid().mean() - before).item()


def p10_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Rise of D's probability for fixed fakes when the generator's optimiser also holds D."""
    return _rise(g, d.eval(), x, [*g.parameters(), *d.parameters()])


def p10_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Rise of D's probability for fixed fakes when the generator's optimiser holds G alone."""
    return _rise(g, d.eval(), x, [*g.parameters()])


def p11_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with two labels for each noise vector."""
    return nn.BCELoss()(d(g(torch.randn(len(x), K))).sigmoid(), torch.ones(2 * len(x))).item()


def p11_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Loss with as many labels as probabilities."""
    probabilities = d(g(torch.randn(len(x), K))).sigmoid()
    return nn.BCELoss()(probabilities, torch.ones_like(probabilities)).item()


def p12_wrong(g: nn.Module, d: nn.Module, x: Images) -> str:
    """Shape after a dense layer, ``Flatten`` and a transposed convolution."""
    return _shape(nn.Sequential(nn.Linear(K, 16 * 4 * 4), nn.Flatten(), nn.ConvTranspose2d(16, 1, 4, 2, 1)))


def p12_right(g: nn.Module, d: nn.Module, x: Images) -> str:
    """Shape after a dense layer, ``Unflatten`` and a transposed convolution."""
    return _shape(
        nn.Sequential(nn.Linear(K, 16 * 4 * 4), nn.Unflatten(1, (16, 4, 4)), nn.ConvTranspose2d(16, 1, 4, 2, 1))
    )


def _shape(network: nn.Module) -> str:
    return "×".join(str(n) for n in network(torch.randn(2, K)).shape)


def p13_wrong(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Change of the generator's gradient when the discriminator is replaced, with the loss against label 0."""
    return _change_with_discriminator(
        g, d, lambda fake, discriminator: F.binary_cross_entropy(to_pixels(fake), torch.zeros_like(fake))
    )


def p13_right(g: nn.Module, d: nn.Module, x: Images) -> float:
    """Change of the generator's gradient when the discriminator is replaced, with the loss through it."""
    return _change_with_discriminator(g, d, lambda fake, discriminator: non_saturating_loss(discriminator(fake)))


def _change_with_discriminator(g: nn.Module, d: nn.Module, loss: Callable[[Tensor, nn.Module], Tensor]) -> float:
    """Relative change of G's gradient between ``d`` and a discriminator with other weights."""
    fake, weights = g(torch.randn(16, K)), list(g.parameters())
    one, other = (
        torch.cat([v.flatten() for v in torch.autograd.grad(loss(fake, discriminator), weights, retain_graph=True)])
        for discriminator in (d, Discriminator(base_channels=4))
    )
    return ((one - other).norm() / one.norm()).item()


Program = Callable[[nn.Module, nn.Module, Tensor], float | str | None]
ROWS: dict[str, tuple[Program, ...]] = {
    "P01": (p01_wrong, p01_right),
    "P02": (p02_wrong, p02_right),
    "P03": (p03_wrong, p03_right),
    "P04": (p04_undefined, p04_wrong, p04_right),
    "P05": (p05_wrong, p05_right),
    "P06": (p06_wrong, p06_right),
    "P07": (p07_wrong, p07_right),
    "P08": (p08_wrong, p08_right),
    "P09": (p09_wrong, p09_clipped, p09_right),
    "P10": (p10_wrong, p10_right),
    "P11": (p11_wrong, p11_right),
    "P12": (p12_wrong, p12_right),
    "P13": (p13_wrong, p13_right),
}


def seen(program: Program) -> str:
    """Result of a program on fresh ``players`` as text, or the type and first line of the error that it raised."""
    with torch.random.fork_rng():
        try:
            result = program(*players())
        except (RuntimeError, ValueError, NameError) as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return f"{result:.3g}" if isinstance(result, float) else str(result)


def report(*rows: str) -> list[dict[str, str]]:
    """A table of the programs of some rows of ``ROWS``, one dict each: its row, what it measures, what was ``seen``."""
    programs = [(row, program) for row in rows for program in ROWS[row]]
    return [{"row": row, "looked at": _title(program), "seen": seen(program)} for row, program in programs]


def _title(program: Program) -> str:
    return (program.__doc__ or "").rstrip(".").replace("``", "`")
