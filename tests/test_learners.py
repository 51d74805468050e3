"""What learners write, tried on the exercises: mistakes that deserve a diagnosis, and right answers in other words."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from aigc_course import exercises
from aigc_course.core import grading, trying
from aigc_course.core.assessing import compare
from aigc_course.core.grading import Exercise

CHAPTERS = sorted(path.stem for path in Path(exercises.__path__[0]).glob("[!_]*.py"))
TASKS = [t for slug in CHAPTERS for t in grading.chapter_exercises(slug).values() if isinstance(t, Exercise)]


def cross_entropy_of_probabilities(z, c):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z.softmax(1), c), z)[0]


def rounded(z, c):
    return (z.softmax(1) - F.one_hot(c, z.shape[1])) / z.numel()


def mse_inside(z, e, at, commit):
    z = z.clone().requires_grad_()
    return torch.autograd.grad((at * z).sum() + commit * F.mse_loss(z, e), z)[0]


def early(theta, m, v, t):
    return theta - 0.1 * m / (1 - 0.9 ** (t - 1)) / ((v / (1 - 0.999 ** (t - 1))).sqrt() + 1e-8)


def early_mean(theta, m, v, t):
    return theta - 0.1 * m / (1 - 0.9 ** (t - 1)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)


sp = F.softplus
MISTAKES = [
    ("vae.kl", lambda m, s: (-0.5 * (1 + s - m * m - s.exp())).mean(), "average over everything"),
    ("vae.kl", lambda m, s: (-0.5 * (1 + s - m * m - s.exp())).sum(1, keepdim=True), "right, but the shape is"),
    ("vae.kl", lambda m, s: -0.5 * (1 + s - m * m - s.exp()), "take the sum over dimension 1"),
    ("vae.kl", lambda m, s: (-0.5 * (1 + s - m * m - s.exp())).sum(0), "on random input"),
    ("vae.importance", lambda w: (w.softmax(0) * w).sum(0), "self-normalised"),
    ("probability.kl", lambda p, q: F.kl_div(q, p, reduction="sum"), "must be a logarithm"),
    ("probability.kl", lambda p, q: F.kl_div(q.log(), p, reduction="batchmean"), "divide by the number of outcomes"),
    ("probability.nll", lambda x, f, v: -torch.distributions.Normal(f, v**0.5).log_prob(x), "the sum over dimension 1"),
    ("probability.nll", lambda x, f, v: -torch.distributions.Normal(f, v).log_prob(x).sum(1), "square the variance"),
    ("probability.nll", lambda x, f, v: ((x - f) ** 2 / v + torch.log(v)).sum(1), "`variance` is a plain number"),
    ("neural_networks.softmax", cross_entropy_of_probabilities, "softmax twice"),
    ("neural_networks.softmax", rounded, "all numbers of the batch"),
    ("neural_networks.delta", lambda w, d, z: (w.T @ d) * (1 + z.tanh() ** 2), "derivative of tan"),
    ("neural_networks.adam", early, "one too small in the corrections"),
    ("neural_networks.adam", early_mean, "one too small in the correction of m"),
    ("gan.losses", lambda r, f: (sp(-r).mean() + sp(-f).mean(), sp(-f).mean()), "calls generated examples real"),
    ("gan.losses", lambda r, f: (sp(-f).mean(), sp(-r).mean() + sp(f).mean()), "in the wrong order"),
    ("gan.losses", lambda r, f: sp(-r).mean() + sp(f).mean(), "yours is the first of them"),
    ("gan.losses", lambda r, f: (sp(-r).mean() + sp(f).mean(), ...), "the second of your results is still `...`"),
    (
        "gan.losses",
        lambda r, f: (sp(-r).mean() + sp(f).mean(), -sp(-f).mean()),
        "the second of your results is the neg",
    ),
    ("gan.progress", lambda v, f, n: torch.log(n / v) / torch.log(n / f), "plain numbers"),
    ("gan.progress", lambda v, f, n: (n / v).log() / (n / f).log(), "plain numbers"),
    ("vae_variants.gradient", lambda z, e, at, commit: at + 2 * (z - e), "at the other term"),
    ("vae_variants.gradient", mse_inside, "average the squared distance"),
    ("vae_text.per-word", lambda c, s: 2 ** (c.sum() / s.sum()), "2 to the power of nats"),
    ("what_is_aigc.cost", lambda q: -(q * q.log()).sum(), "formula of an entropy"),
    (
        "vae_theory.score",
        lambda f, e, s: (f - (f.sum() - f) / (len(f) - 1)) * e / 0.7,
        "does not change with `std`",
    ),
    ("vae_theory.best", lambda v, k: (v[4:].mean(), v[:4] - v[4:].mean()), "does not change with `latent_dim`"),
]


@pytest.mark.parametrize(("id", "answer", "words"), MISTAKES, ids=range(len(MISTAKES)))
@pytest.mark.filterwarnings("ignore:reduction")
def test_a_mistake_of_a_learner_gets_its_diagnosis(id, answer, words):
    verdict = grading.assess(grading.get(id), answer)
    assert verdict.status in ("wrong", "error")
    assert words in verdict.message


def stops(*arguments):
    print(arguments[0])


def yields(*arguments):
    yield arguments[0]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_forms_that_are_wrong_in_every_exercise_are_named(task):
    pair = isinstance(task.solution(*task.inputs(torch.Generator().manual_seed(0))), tuple)
    told = {
        "`return` missing": stops,
        "in place of `yield`": yields,
        "take the comma": lambda *given: (task.solution(*given),),
        "`...`" if pair else "the first of yours is right": lambda *given: half(task.solution(*given), pair),
    }
    for words, answer in told.items():
        assert words in grading.assess(task, answer).message


def half(result, pair):
    return (result[0], ...) if pair else (result, ...)


def gradient_by_hand(values, noise, std):
    rows = []
    for i in range(len(values)):
        others = torch.cat([values[:i], values[i + 1 :]])
        rows.append((values[i] - others.mean()).item() * noise[i].item() / std)
    return rows


def adam_by_torch(theta, m, v, t):
    m, v = np.asarray(m, dtype=np.longdouble), np.asarray(v, dtype=np.longdouble)
    m, v = m / (1 - np.longdouble(0.9) ** t), v / (1 - np.longdouble(0.999) ** t)
    return np.asarray(theta) - 0.1 * m / (np.sqrt(v) + 1e-8)


def importance_by_shift(w):
    top = w.amax(0)
    return top + (w - top).exp().mean(0).log()


def transport(x, y):
    return float(np.mean(np.abs(np.sort(x.numpy())[::-1] - np.sort(y.numpy())[::-1])))


def cross_entropy_gradient(z, c):
    z = z.clone().requires_grad_()
    F.cross_entropy(z, c).backward()
    return z.grad


RIGHT = [
    ("vae.kl", lambda m, s: torch.distributions.kl_divergence(normal(m, s), normal(0 * m, 0 * s)).sum(1)),
    ("vae.kl", lambda m, s: (-0.5 * (1 + s - m.pow(2) - s.exp()).sum(1)).tolist()),
    ("vae.kl", lambda m, s: (-0.5 * (1 + s - m.pow(2) - s.exp()).sum(1)).numpy()[::-1].copy()[::-1]),
    ("vae.draw", lambda m, s, n: torch.stack([a + torch.sqrt(b.exp()) * c for a, b, c in zip(m, s, n, strict=True)])),
    ("vae.draw", lambda m, s, n: [a + b.exp().sqrt() * c for a, b, c in zip(m, s, n, strict=True)]),
    ("vae.draw", lambda m, s, n: (m + (s / 2).exp() * n).to_sparse()),
    ("vae.importance", importance_by_shift),
    ("vae.importance", lambda w: np.logaddexp.reduce(w.numpy(), axis=0) - np.log(w.shape[0])),
    ("probability.kl", lambda p, q: F.kl_div(q.log(), p, reduction="sum")),
    ("probability.kl", lambda p, q: sum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True))),
    ("probability.nll", lambda x, f, v: -torch.distributions.Normal(f, v**0.5).log_prob(x).sum(1)),
    ("probability.error", lambda d: (d.mean(), d.var().sqrt() / math.sqrt(len(d)))),
    ("probability.error", lambda d: torch.stack([d.mean(), d.std() / len(d) ** 0.5])),
    ("probability.error", lambda d: [float(d.mean()), np.std(d.numpy(), ddof=1) / len(d) ** 0.5]),
    ("neural_networks.softmax", cross_entropy_gradient),
    ("neural_networks.adam", adam_by_torch),
    ("neural_networks.delta", lambda w, d, z: torch.einsum("ij,i->j", w, d) / z.cosh() ** 2),
    ("vae_theory.score", gradient_by_hand),
    ("vae_theory.best", lambda v, k: (v[k:].sum() / (len(v) - k), [x - v[k:].mean() for x in v[:k]])),
    ("vae_variants.nearest", lambda z, e: (z[:, None] - e[None]).square().sum(-1).argmin(1).float()),
    ("vae_variants.nearest", lambda z, e: (e.square().sum(1) - 2 * z @ e.T).argmin(1).tolist()),
    ("vae_variants.bits", lambda z, c: F.cross_entropy(z, c, reduction="sum") / math.log(2)),
    ("vae_variants.gap", lambda t: t.sort(0).values.diff(dim=0)[-1]),
    ("vae_text.blind", lambda dropout, n: (1 - dropout**n) / (1 - dropout)),
    ("vae_text.drop", lambda p, u, drop: torch.where((u >= drop) | (torch.arange(p.shape[1]) == 0), p, 2)),
    ("vae_text.loss", lambda w, kl, weight, free: w.mean() + weight * max(kl.mean(), torch.tensor(free))),
    ("gan.ratio", lambda z: z.sigmoid() / (1 - z.sigmoid())),
    ("gan.ratio", lambda z: np.exp(z.numpy().astype(np.longdouble))),
    ("gan.losses", lambda r, f: (-r.sigmoid().log().mean() - (1 - f.sigmoid()).log().mean(), -F.logsigmoid(f).mean())),
    ("gan.progress", lambda v, f, n: torch.log(torch.tensor(n / v)) / torch.log(torch.tensor(n / f))),
    ("gan_theory.bound", lambda r, f: (r.sigmoid().log().mean() + (1 - f.sigmoid()).log().mean()) / 2 + math.log(2)),
    ("gan_better.distance", transport),
    ("gan_better.penalty", lambda g: ((g**2).sum(1) ** 0.5 - 1).pow(2).mean()),
    ("failure_museum.chance", lambda a, b: sum((x > y) + 0.5 * (x == y) for x in a for y in b) / (len(a) * len(b))),
    ("what_is_aigc.transitions", lambda c: [(row / row.sum()).tolist() for row in c]),
    ("what_is_aigc.transitions", lambda c: F.normalize(c, p=1, dim=1)),
]


def normal(mean, logvar):
    return torch.distributions.Normal(mean, (logvar / 2).exp())


@pytest.mark.parametrize(("id", "answer"), RIGHT, ids=[f"{i}-{id}" for i, (id, _) in enumerate(RIGHT)])
def test_a_right_answer_passes_however_it_is_written(id, answer):
    assert str(grading.assess(grading.get(id), answer)) == "passed"


@pytest.mark.parametrize(("error", "status"), [(0.004, "wrong"), (0.001, "wrong"), (0.0001, "passed")])
def test_an_error_of_a_few_thousandths_of_a_nat_at_minus_500_is_seen(error, status):
    task = grading.get("vae.importance")
    assert isinstance(task, Exercise)
    assert grading.assess(task, lambda w: task.solution(w) + error).status == status


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_no_argument_can_be_left_out(task):
    """Catches blind draws: with any one argument as it was in the first draw, an answer must not pass."""
    for index in range(len(task.arguments)):
        first = task.inputs(torch.Generator().manual_seed(0))[index]

        def ignoring(*given, index=index, first=first):
            held = first
            if isinstance(first, torch.Tensor):
                times = math.ceil(given[index].numel() / first.numel())
                held = first.flatten().repeat(times)[: given[index].numel()].reshape(given[index].shape)
            return task.solution(*given[:index], held, *given[index + 1 :])

        assert compare(task, trying.outputs(task.inputs, ignoring), ()).status == "wrong"
