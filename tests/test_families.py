"""What every family promises: samples of the data's shape, determinism, resuming, and that learning learns."""

import pytest
import torch
from torch import nn

from aigc_course.core import data
from aigc_course.core.train import Algorithm, Trainer, fit
from aigc_course.gan.dcgan import dcgan
from aigc_course.gan.gan import GAN, mlp_discriminator, mlp_generator
from aigc_course.gan.style import style_gan
from aigc_course.gan.wasserstein import WassersteinGAN
from aigc_course.layers.pixelcnn import PixelCNN
from aigc_course.vae import conditional, convolutional, vqvae
from aigc_course.vae.annealing import AnnealedTrainer, annealed
from aigc_course.vae.linear_vae import LinearVAE
from aigc_course.vae.text import TextVAE
from aigc_course.vae.vae import fully_connected
from aigc_course.vae.vqvae import TwoStageVQVAE


def descending(model):
    return model, Trainer(model, model.loss)


def playing(model):
    return model, model


class TellingClasses:
    """Gives a model that learns from pairs the classes that a bare batch lacks; drawn from the step's own noise."""

    def __init__(self, model):
        self.model, self.state_dict, self.load_state_dict = model, model.state_dict, model.load_state_dict

    def step(self, batch):
        return self.model.step((batch, torch.randint(10, (len(batch),), device=batch.device)))


def critic(**options):
    """A critic's last bias cancels in a difference of means, so it would never learn."""
    network = mlp_discriminator(**options)
    network[-2].bias = None
    return network


def telling(model):
    return model, TellingClasses(model)


def labelled(model):
    """Images come without labels here; any labels will do."""
    return model, Trainer(model, lambda x: model.loss((x, torch.arange(len(x), device=x.device) % 10)))


def annealing(model):
    return model, AnnealedTrainer(model, weight=annealed(5))


def with_prior(autoencoder):
    entries, _ = autoencoder.codebook.shape
    return TwoStageVQVAE(autoencoder, PixelCNN(codebook_size=entries, grid=autoencoder.grid, channels=16))


FAMILIES = {
    "linear vae": lambda: descending(LinearVAE((1, 32, 32), latent_dim=4)),
    "vae": lambda: descending(fully_connected((1, 32, 32), latent_dim=4, hidden=32)),
    "convolutional vae": lambda: descending(convolutional.vae(latent_dim=4, base_channels=4)),
    "conditional vae": lambda: labelled(conditional.convolutional(latent_dim=4, base_channels=4)),
    "vq-vae": lambda: descending(vqvae.convolutional(codebook_size=16, embedding_dim=4, base_channels=4)),
    "vq-vae with prior": lambda: descending(
        with_prior(vqvae.convolutional(codebook_size=16, embedding_dim=4, base_channels=4))
    ),
    "gan": lambda: playing(
        GAN(
            mlp_generator(latent_dim=4, shape=(1, 32, 32), hidden=32, output=nn.Sigmoid()),
            mlp_discriminator(shape=(1, 32, 32), hidden=32),
            latent_dim=4,
        )
    ),
    "dcgan": lambda: playing(dcgan(latent_dim=4, base_channels=4)),
    "dcgan without average": lambda: playing(dcgan(latent_dim=4, base_channels=4, ema_decay=None)),
    "wasserstein gan": lambda: playing(
        WassersteinGAN(
            mlp_generator(latent_dim=4, shape=(1, 32, 32), hidden=32, output=nn.Sigmoid()),
            critic(shape=(1, 32, 32), hidden=32),
            latent_dim=4,
            critic_steps=3,
        )
    ),
    "style gan": lambda: telling(style_gan(latent_dim=4, base_channels=4)),
    "style gan without average": lambda: telling(style_gan(latent_dim=4, base_channels=4, ema_decay=None)),
}
# Those whose examples are rows of words.
TEXTS = {
    "sentence vae": lambda: annealing(TextVAE(20, latent_dim=4, word_dropout=0.5, longest=6, hidden=16)),
}
ALL = FAMILIES | TEXTS
family = pytest.mark.parametrize("make", ALL.values(), ids=ALL.keys())


@pytest.fixture(scope="module")
def glyphs():
    return data.load("glyphs", n=200).x


@pytest.fixture
def examples(make, glyphs):
    """What this family learns from."""
    if make not in TEXTS.values():
        return glyphs
    return torch.randint(3, 20, (200, 6), generator=torch.Generator().manual_seed(0))


def made(make):
    torch.manual_seed(0)
    return make()


@family
def test_it_is_an_algorithm(make):
    assert isinstance(made(make)[1], Algorithm)


@family
def test_it_samples_the_shape_and_type_of_the_data(make, examples):
    samples = made(make)[0].sample(5)
    assert samples.shape == (5, *examples.shape[1:])
    assert samples.dtype == examples.dtype
    assert not samples.requires_grad


@family
def test_samples_follow_the_seed(make):
    model, _ = made(make)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(model.sample(3))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@family
def test_sampling_changes_nothing(make):
    model, _ = made(make)
    before = {name: value.clone() for name, value in model.state_dict().items() if isinstance(value, torch.Tensor)}
    model.sample(7)
    after = model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert model.training


@family
def test_looking_between_updates_changes_no_update(make, examples):
    """Drawing samples may leave a network in evaluation mode; an update must not take place there."""
    models = []
    for looks in (False, True):
        model, algorithm = made(make)
        for seed in (1, 2):
            if looks:
                model.sample(3)
            torch.manual_seed(seed)
            algorithm.step(examples[:24])
        models.append(model)
    for (name, p), q in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        assert torch.equal(p, q), name
    for (name, p), q in zip(models[0].named_buffers(), models[1].buffers(), strict=True):
        assert torch.equal(p, q), name


@family
def test_resuming_equals_never_stopping(make, examples, tmp_path):
    whole_model, whole = made(make)
    expected = fit(whole, examples, steps=8, batch_size=16)
    fit(made(make)[1], examples, steps=3, batch_size=16, checkpoint=tmp_path / "c.pt")
    resumed_model, resumed = made(make)
    assert fit(resumed, examples, steps=8, batch_size=16, checkpoint=tmp_path / "c.pt") == expected
    for p, q in zip(whole_model.parameters(), resumed_model.parameters(), strict=True):
        assert torch.equal(p, q)


@family
def test_every_weight_learns(make, examples):
    """A detached, frozen or forgotten part keeps its first weights."""
    model, algorithm = made(make)
    before = {name: p.clone() for name, p in model.named_parameters() if p.requires_grad}
    fit(algorithm, examples, steps=3, batch_size=32)
    still = [name for name, p in model.named_parameters() if name in before and torch.equal(p, before[name])]
    assert still == []


@pytest.mark.parametrize("name", ["vae", "convolutional vae", "conditional vae", "vq-vae"])
def test_it_overfits_one_batch(name, glyphs):
    _, algorithm = made(FAMILIES[name])
    history = fit(algorithm, glyphs[:16], steps=200, batch_size=16)
    first, last = (sum(row["loss"] for row in rows) / len(rows) for rows in (history[:5], history[-5:]))
    assert last < 0.5 * first


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
@pytest.mark.parametrize("bf16", [False, True])
@family
def test_it_trains_and_samples_on_a_gpu(make, bf16, examples):
    torch.manual_seed(0)
    with torch.device("cuda"):
        model, algorithm = make()
    history = fit(algorithm, examples, steps=5, batch_size=32, device="cuda", bf16=bf16)
    assert all(torch.isfinite(torch.tensor(list(row.values()))).all() for row in history)
    assert model.sample(3).device.type == "cuda"
