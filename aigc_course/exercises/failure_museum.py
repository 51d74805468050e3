"""Exercises of the chapter on failures.

Objectives: 0 explain failures on paper, 1 write detectors, 2 read a report, 3 say what ten seeds show, 4 watch a run.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.failure_museum import (
    chance,
    chance_of_means,
    chance_swapped,
    chance_with_whole_ties,
    chance_without_ties,
    spread,
    spread_absolute,
    spread_inverted,
    spread_of_anchors,
    spread_of_entropies,
    spread_with_log_of_zero,
    weight,
    weight_not_a_number,
    weight_of_deviation,
    weight_squared,
    weight_without_beta,
    weight_without_floor,
)
from aigc_course.museum.detectors import LIMITS

_LIMIT = {name: f"limit {limit.value:g}" for name, limit in LIMITS.items()}


def _two_samples(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    a = torch.randint(1, 7, (size(generator, 28, 31),), generator=generator).float()
    return a, torch.randint(0, 5, (size(generator, 18, 22),), generator=generator).float()


def _votes(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 11, 14)
    samples = torch.randint(0, 30, (n,), generator=generator).float()
    samples[:5] = torch.tensor([0.0, 0.0, 0.0, 1.0, 90.0])
    return samples, torch.randint(10, 40, (n,), generator=generator).float()


def _directions(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    n = size(generator, 7, 10)
    variance = 0.5 + 3 * torch.rand(n, generator=generator)
    noise = 0.4 + 0.5 * torch.rand(n, generator=generator)
    beta = 0.5 + 2 * torch.rand(n, generator=generator)
    variance[0], noise[0], beta[0] = 0.3, 0.9, 2.0
    return variance, noise, beta


EXERCISES = (
    Question(
        id="failure_museum.loss",
        objective=0,
        text="In the run with the vanishing gradient, the judge's loss goes to zero. Why does no loss of an "
        "adversarial game tell you by itself whether the game is well?",
        options=(
            Option(
                "Each loss is measured against an opponent that changes as well, so the same number can mean a good "
                "player or a weak opponent.",
                True,
                "A judge's loss near zero means a perfect judge or a hopeless generator. The detectors ask questions "
                "whose healthy answer is known.",
            ),
            Option(
                "The losses are too noisy; a longer average would tell.",
                False,
                "The average of the judge's loss in that run is very steady. It is steady at the wrong place.",
            ),
            Option(
                "They would tell if both were added into one total loss.",
                False,
                "Two opponents' losses do not add up to a quantity that either of them lowers. That is row F02 of the "
                "folklore.",
            ),
            Option(
                "Losses are computed on batches and not on the whole training set.",
                False,
                "The same loss on all examples would be as silent: the problem is not how it is estimated but what it "
                "compares.",
            ),
        ),
    ),
    Exercise(
        id="failure_museum.chance",
        objective=1,
        text="Given two samples of numbers, return the share of pairs in which the one from `a` is above the one from "
        "`b`; a tie counts half. Two of the six detectors are this function.",
        stub="def chance(a, b):\n    return ...",
        hints=(
            "Subtract in such a way that every number of `a` meets every number of `b`: `a.unsqueeze(1) - b`.",
            "Count positive differences as 1 and differences of exactly 0 as one half, then average over all pairs.",
        ),
        solution=chance,
        inputs=_two_samples,
        arguments=(
            tensor("a", "numbers in a"),
            tensor("b", "numbers in b"),
        ),
        wrong=(
            Wrong(
                chance_without_ties, "Ties count nothing in yours; two equal sets would then get less than one half."
            ),
            Wrong(
                chance_with_whole_ties, "Ties count whole in yours; two equal sets would then get more than one half."
            ),
            Wrong(chance_swapped, "You return the chance that `b` is above `a`."),
            Wrong(
                chance_of_means, "You compare `a` with the mean of `b`; compare all pairs, so that no outlier decides."
            ),
        ),
    ),
    Exercise(
        id="failure_museum.spread",
        objective=1,
        text="Generated and real examples have voted for their nearest anchors. From the two vectors of votes, return "
        "the effective number of anchors of the generated ones divided by that of the real ones.",
        stub="def spread(samples, real):\n    return ...",
        hints=(
            "The effective number is the exponential of the entropy of the shares; `torch.special.entr` is −p log p.",
            "A quotient of exponentials is the exponential of a difference.",
        ),
        solution=spread,
        inputs=_votes,
        arguments=(
            tensor("samples", "anchors"),
            tensor("real", "anchors"),
        ),
        wrong=(
            Wrong(spread_of_entropies, "You divide entropies; take their exponentials first, which count anchors."),
            Wrong(spread_inverted, "Your quotient is turned over: a collapsed generator should get a small number."),
            Wrong(
                spread_of_anchors, "You count anchors with any vote; one stray sample should not count like a full one."
            ),
            Wrong(
                spread_with_log_of_zero,
                "An anchor without a vote gives 0 · log 0, which is not a number; it must count 0, as `entr` does.",
            ),
            Wrong(
                spread_absolute, "You do not compare with real examples, which do not fill all anchors evenly either."
            ),
        ),
    ),
    Exercise(
        id="failure_museum.weight",
        objective=0,
        text="A linear decoder learns directions of the data. From the variance of the data in each direction, the "
        "decoder's noise (a standard deviation) and β, return the size of its best weight, which is zero where the "
        "direction has collapsed.",
        stub="def weight(variance, noise, beta):\n    return ...",
        hints=(
            "A direction is worth its price when the variance of the data exceeds β times the variance of the noise.",
            "Above the threshold the square of the weight is the difference of the two; below it, 0. `clamp(min=0)`.",
        ),
        solution=weight,
        inputs=_directions,
        arguments=(
            tensor("variance", "directions"),
            tensor("noise", "directions"),
            tensor("beta", "directions"),
        ),
        wrong=(
            Wrong(weight_without_beta, "β does not occur in yours; a dearer code collapses earlier."),
            Wrong(weight_of_deviation, "You subtract the standard deviation of the noise; its variance belongs there."),
            Wrong(weight_squared, "You return the square of the weight; take the root."),
            Wrong(
                weight_not_a_number, "Below the threshold you take the root of a negative number; clamp it at 0 first."
            ),
            Wrong(weight_without_floor, "Below the threshold yours grows again; a collapsed direction has weight 0."),
        ),
    ),
    Question(
        id="failure_museum.report",
        objective=2,
        text=f"A report on a GAN: gradient norms grew 2-fold ({_LIMIT['divergence']}), the generator's gradient is at "
        f"0.0001 of its largest value ({_LIMIT['vanishing gradient']}), the judge's advantage is 0.50 "
        f"({_LIMIT['discriminator overfitting']}), nearness 0.01 ({_LIMIT['memorisation']}), spread 0.06 "
        f"({_LIMIT['mode collapse']}). What do you change first?",
        options=(
            Option(
                "Something against mode collapse, because a spread of 0.06 is the furthest from healthy.",
                False,
                "A generator that gets no gradient cannot spread. The spread is a symptom here; cure the cause and "
                "look again.",
            ),
            Option(
                "What starves the generator: limit the judge's steepness, or slow the judge down.",
                True,
                "The first line of the report that rings names the cause. In the museum a gradient penalty cures it, "
                "and the spread recovers with it.",
            ),
            Option(
                "Nothing: the judge's advantage is exactly ½, so judge and generator are in balance.",
                False,
                "The advantage compares training with held-out images. It says that the judge has not learned the "
                "training set by heart, and nothing about the balance of the game.",
            ),
            Option(
                "More training data, because samples are so far from the training set.",
                False,
                "Nearness far below ½ says that samples are far from all data. More data do not give a gradient to a "
                "generator that gets none.",
            ),
        ),
    ),
    Question(
        id="failure_museum.ten",
        objective=3,
        text="A cure worked in ten of ten seeds. What may you write?",
        options=(
            Option(
                "The cure works always.",
                False,
                "A cure that fails once in ten would still show ten of ten in a third of all such experiments.",
            ),
            Option(
                "The cure works in at least three of four seeds or so, with the usual five per cent of doubt.",
                True,
                "0.05 to the power of one tenth is 0.74: with a smaller chance of success, ten of ten would be rarer "
                "than one in twenty.",
            ),
            Option(
                "Nothing, because ten seeds are too few to be tested.",
                False,
                "Ten of ten rule out every chance of success below about 0.74 at the five per cent level. "
                "That is a statement, and often enough for a decision.",
            ),
            Option(
                "The cure works in ten of ten seeds on any data.",
                False,
                "The seeds varied the start, the batches and the noise. They did not vary the data or the networks.",
            ),
        ),
    ),
    Project(
        id="failure_museum.project",
        objective=4,
        text="Open a seventh room. Choose a failure that is not in the museum (a generator that draws all kinds but "
        "with the wrong frequencies, a checkerboard of a transposed convolution, a decoder whose samples are blurred), "
        "and give it a setting that shows it, a detector, a cure, and a table over ten seeds.",
        rubric=(
            "The detector is a pure function with a known truth, and a test on a synthetic case where it is known.",
            "The sick setting rings in at least nine of ten seeds, the cure in at most one; one setting differs.",
            "The six other detectors are run too, and the rows where they ring are explained.",
            "The limit was set on other seeds than those of the table, and its distance from both sides is shown.",
            "One paragraph says how an adversary, or plain bad luck, could keep the detector silent.",
        ),
    ),
)
