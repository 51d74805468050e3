"""Exercises of the chapter on generative adversarial networks.

Objectives: 0 the best discriminator and the value it leaves, 1 losses and gradients, 2 train and read the curves,
3 judge samples, 4 repair broken programs.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Tolerance, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.gan import (
    losses,
    losses_against_zero,
    losses_all_generated,
    losses_all_real,
    losses_halved,
    losses_of_real,
    losses_saturating,
    losses_summed,
    losses_swapped_labels,
    losses_two_sigmoids,
    progress,
    progress_left,
    progress_linear,
    progress_negative,
    progress_of_ratios,
    progress_upside_down,
    ratio,
    ratio_as_logarithm,
    ratio_as_share,
    ratio_of_sum,
    ratio_upside_down,
)


def _logits(generator: torch.Generator) -> tuple[Tensor]:
    return (2 * torch.randn(size(generator, 10, 13), generator=generator),)


def _two_batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 6, 9)
    return torch.randn(n, generator=generator) + 1, torch.randn(n, generator=generator) - 1


def _three_distances(generator: torch.Generator) -> tuple[float, float, float]:
    u = torch.rand(3, generator=generator).tolist()
    return 1 + 8 * u[0], 0.1 + 0.5 * u[1], 30 + 40 * u[2]


EXERCISES = (
    Question(
        id="gan.reading",
        objective=0,
        text="A discriminator that plays its best says 0.8 for an image. What do you know about this image?",
        options=(
            Option(
                "It is four times as frequent among the real images as among the generated ones.",
                True,
                "D* = p / (p + q) = 0.8 means p / q = 0.8 / 0.2 = 4. A ratio is all that D* knows.",
            ),
            Option(
                "Its density under the data is 0.8.",
                False,
                "A density has a unit and can be far above 1; D has none. If p and q both double, D* stays.",
            ),
            Option(
                "The generator makes such an image in 20 % of its draws.",
                False,
                "D* compares two densities. How large either of them is cannot be read off it.",
            ),
            Option(
                "The image is of good quality.",
                False,
                "If the generator makes this kind of image too seldom, D* is high; if too often, low. Both can look "
                "perfect.",
            ),
        ),
    ),
    Exercise(
        id="gan.ratio",
        objective=0,
        text="Given the logits of a discriminator that plays its best, return p(x)/q(x), the density of real examples "
        "over that of generated ones, for each.",
        stub="def ratio(logit):\n    return ...",
        hints=(
            "Solve D = p / (p + q) for p / q.",
            "p / q = D / (1 − D). Now write D as 1 / (1 + exp(−logit)) and simplify.",
        ),
        solution=ratio,
        inputs=_logits,
        tolerance=Tolerance(1e-3),  # D/(1 − D) in 32 bits is as coarse as that where D is near 1
        arguments=(tensor("logit", "examples"),),
        wrong=(
            Wrong(ratio_upside_down, "You return q/p, generated over real; turn the fraction over."),
            Wrong(ratio_as_share, "You return D itself, which is p/(p + q); the ratio is D/(1 − D)."),
            Wrong(ratio_as_logarithm, "You return the logarithm of the ratio; take its exponential."),
            Wrong(ratio_of_sum, "You divide by 1 + D; solving p/(p + q) = D for p/q gives D/(1 − D)."),
        ),
    ),
    Exercise(
        id="gan.losses",
        objective=1,
        text="From the logits of a real and of a generated batch, return two numbers in nats, as the chapter defines "
        "them: the discriminator's loss, and the non-saturating loss of the generator.",
        stub="def losses(real, fake):\n    return ...",
        hints=(
            "The discriminator's loss is −V: minus the mean of log D(x), minus the mean of log(1 − D(G(z))).",
            "With logits, −log D is `F.softplus(-logit)` and −log(1 − D) is `F.softplus(logit)`.",
            "The generator wants D(G(z)) to be 1: its loss is the mean of −log D(G(z)).",
        ),
        solution=losses,
        inputs=_two_batches,
        arguments=(
            tensor("real", "examples"),
            tensor("fake", "examples"),
        ),
        wrong=(
            Wrong(losses_saturating, "Your generator minimises log(1 − D); that is the saturating loss of the game."),
            Wrong(losses_against_zero, "Your generator is pleased when it is caught; its label is 1, not 0."),
            Wrong(losses_swapped_labels, "Your discriminator has its labels swapped: real is 1, generated is 0."),
            Wrong(losses_halved, "You average the two parts of the discriminator's loss; −V is their sum."),
            Wrong(losses_summed, "You sum over the batch; both losses are means, whatever the batch size."),
            Wrong(losses_two_sigmoids, "You apply the sigmoid twice; softplus already expects logits."),
            Wrong(
                losses_all_real,
                "Your discriminator calls generated examples real as well; their label is 0: `F.softplus(fake)`.",
            ),
            Wrong(
                losses_all_generated,
                "Your discriminator calls real examples generated as well; their label is 1: `F.softplus(-real)`.",
            ),
            Wrong(
                losses_of_real,
                "Your generator is trained on the logits of real examples; its loss looks at the generated ones.",
            ),
        ),
    ),
    Question(
        id="gan.curves",
        objective=2,
        text="After 200 updates D(x) is 0.99, D(G(z)) is 0.01, the accuracy of D is 1.00, and the generator's samples "
        "have not changed for 100 updates. What is the best first thing to try?",
        options=(
            Option(
                "Train longer: a perfect discriminator is what the theory asks for.",
                False,
                "In theory too a generator learns nothing where distributions do not overlap. Here D separates them "
                "completely, and where D is flat its slope, all that the generator learns from, is close to zero.",
            ),
            Option(
                "Restrain the discriminator: a gradient penalty, softer labels or a smaller step for it.",
                True,
                "The generator learns from the slope of D at its samples. All three keep D from running away.",
            ),
            Option(
                "Give the discriminator more layers.",
                False,
                "It already wins every time. A stronger D separates the batches sooner.",
            ),
            Option(
                "Add both losses and minimise the sum.",
                False,
                "The two players want opposite things; one descent on the sum is not the game.",
            ),
        ),
    ),
    Exercise(
        id="gan.progress",
        objective=3,
        text="Return how far a distance has come from the noise ceiling (0) to the floor (1) on a logarithmic scale.",
        stub="def progress(value, floor, noise):\n    return ...",
        hints=(
            "The whole way is log(noise) − log(floor).",
            "The part already covered is log(noise) − log(value). Divide the part by the whole.",
        ),
        solution=progress,
        inputs=_three_distances,
        arguments=(
            number("value"),
            number("floor"),
            number("noise"),
        ),
        wrong=(
            Wrong(progress_linear, "You measure on a linear scale, where nearly everything looks close to the floor."),
            Wrong(progress_left, "You return the part of the way that is left; subtract it from 1."),
            Wrong(progress_upside_down, "Your fraction is turned over: the part covered goes on top."),
            Wrong(progress_negative, "Your sign is turned over: below the noise the progress is positive."),
            Wrong(progress_of_ratios, "You divide floor by value, so the ceiling plays no part in your answer."),
        ),
    ),
    Question(
        id="gan.detach",
        objective=4,
        text="A tutorial writes `fake = G(z).detach()` once and uses it in both steps. What happens?",
        options=(
            Option(
                "Torch raises an error in the generator's step.",
                False,
                "D's own weights still need a gradient, so `backward` runs without a complaint. That is the trap.",
            ),
            Option(
                "The generator never changes, and nothing says so.",
                True,
                "`detach` cuts the graph behind `fake`, so no gradient reaches G: its `.grad` stays `None`. Detach for "
                "the discriminator's step only.",
            ),
            Option(
                "Training is the same but slower.",
                False,
                "It is a little faster, because half of the backward pass is missing: the half that teaches G.",
            ),
            Option(
                "The discriminator stops learning.",
                False,
                "D learns as it should; its step is the one place where `detach` belongs.",
            ),
        ),
    ),
    Project(
        id="gan.project",
        objective=3,
        text="Train the game on `sprites` instead of glyphs. Find out which shapes, sizes and angles your generator "
        "misses: the factors of every real sprite are known.",
        rubric=(
            "A classifier of the three shapes, trained on real sprites, with its error on a test set.",
            "Histograms of shape and size for real and generated sprites, with error bars over three draws.",
            "The Fréchet distance in that classifier's features beside its floor and its noise ceiling.",
            "One change to the recipe, chosen from the curves, with its effect in numbers over three seeds.",
            "A paragraph on what the generator misses and what that would mean for somebody who trains on its output.",
        ),
    ),
)
