"""Exercises of the chapter on better adversarial models.

Objectives: 0 the distance, 1 a critic and its penalty, 2 bounded slopes, 3 a class that is asked for, 4 styles.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.gan_better import (
    distance,
    distance_of_means,
    distance_signed,
    distance_squared,
    distance_summed,
    distance_unsorted,
    overshoot,
    overshoot_doubled,
    overshoot_exact,
    overshoot_objective,
    overshoot_slope,
    overshoot_wrong_way,
    penalty,
    penalty_by_coordinate,
    penalty_of_mean_length,
    penalty_of_the_batch,
    penalty_one_sided,
    penalty_over_points,
    penalty_to_zero,
    penalty_without_root,
    truncate,
    truncate_to_one_mean,
    truncate_to_zero,
    truncate_turned_round,
    truncate_without_mean,
)


def _samples(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 9, 12)
    return torch.randn(n, generator=generator), 2 * torch.randn(n, generator=generator) + 1


def _gradients(generator: torch.Generator) -> tuple[Tensor]:
    return (0.7 * torch.randn(size(generator, 8, 11), size(generator, 3, 5), generator=generator),)


def _distance_and_weight(generator: torch.Generator) -> tuple[float, float]:
    u = torch.rand(2, generator=generator).tolist()
    return 0.5 + 3 * u[0], 5 + 10 * u[1]


def _styles(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    psi = 0.2 + 0.25 * torch.rand((), generator=generator).item()
    b, c, d = size(generator, 6, 9), size(generator, 3, 5), size(generator, 4, 6)
    y = torch.randint(c, (b,), generator=generator)
    return torch.randn(b, d, generator=generator), y, torch.randn(c, d, generator=generator), psi


EXERCISES = (
    Question(
        id="gan_better.flat",
        objective=0,
        text="All real examples lie at 0 and all generated ones at 3. The generator can only move its point. Which of "
        "these measures tells it which way to go?",
        options=(
            Option(
                "The Jensen–Shannon divergence, because it is zero only when both agree.",
                False,
                "It is zero there and log 2 everywhere else, however near. Its slope at 3 is zero.",
            ),
            Option(
                "The Wasserstein-1 distance.",
                True,
                "It is the distance of the two points, 3 here, and falls by as much as the point moves.",
            ),
            Option(
                "The best hinge loss, because the hinge has a slope.",
                False,
                "The judge's loss has a slope in its answer. At its best it is twice the overlap, 0 for any two "
                "different points.",
            ),
            Option(
                "The accuracy of the best discriminator.",
                False,
                "It is 1 for any two different points, so it says nothing about how far they are apart.",
            ),
        ),
    ),
    Exercise(
        id="gan_better.distance",
        objective=0,
        text="Given two samples of equal size, one number to an example, return their Wasserstein-1 distance.",
        stub="def distance(x, y):\n    return ...",
        hints=(
            "On a line the best plan never lets two paths cross.",
            "So the smallest goes to the smallest, the next to the next: sort both.",
        ),
        solution=distance,
        inputs=_samples,
        arguments=(
            tensor("x", "examples"),
            tensor("y", "examples"),
        ),
        wrong=(
            Wrong(distance_unsorted, "You pair the examples as they come; that is a plan, but not the cheapest."),
            Wrong(distance_of_means, "You compare the means; a wide and a narrow sample may share theirs."),
            Wrong(distance_squared, "That is the Wasserstein-2 distance; average the gaps, not their squares."),
            Wrong(distance_signed, "Gaps to the left and to the right cancel; take the absolute value of each."),
            Wrong(distance_summed, "You add the gaps up; each example carries a mass of 1/n."),
        ),
    ),
    Exercise(
        id="gan_better.penalty",
        objective=1,
        text="Given the gradient of the critic at each of b points, shape (b, d), return the penalty of WGAN-GP, "
        "without its weight.",
        stub="def penalty(gradient):\n    return ...",
        hints=(
            "First the length of each gradient, one number to a point.",
            "How far is each length from one? Square that, then average over the points.",
        ),
        solution=penalty,
        inputs=_gradients,
        arguments=(tensor("gradient", "points", "dimensions"),),
        wrong=(
            Wrong(penalty_without_root, "The square root is missing: you compare the squared length with one."),
            Wrong(penalty_one_sided, "Yours is the one-sided form, which lets slopes below one go free."),
            Wrong(penalty_to_zero, "You pull the slope to zero, as the penalty at real examples does; here it is one."),
            Wrong(penalty_of_mean_length, "You average the lengths first; a steep and a flat point then cancel."),
            Wrong(penalty_by_coordinate, "You pull every coordinate to one; the length of the whole gradient counts."),
            Wrong(
                penalty_over_points,
                "Your lengths run over the points; each row is one gradient, so take the norm over dimension 1.",
            ),
            Wrong(
                penalty_of_the_batch,
                "You take one length of all gradients together; each point has its own, over dimension 1.",
            ),
        ),
    ),
    Exercise(
        id="gan_better.overshoot",
        objective=1,
        text="A straight critic is held by a penalty of weight `weight`; the exact distance is `distance`. Return its "
        "estimate of the distance.",
        stub="def overshoot(distance, weight):\n    return ...",
        hints=(
            "With slope a the critic gains a · distance and pays weight · (a − 1)².",
            "Set the derivative in a to zero, then multiply the slope by the distance.",
        ),
        solution=overshoot,
        inputs=_distance_and_weight,
        arguments=(
            number("distance"),
            number("weight"),
        ),
        wrong=(
            Wrong(overshoot_slope, "That is the slope of the critic; its estimate is the slope times the distance."),
            Wrong(overshoot_doubled, "The derivative of (a − 1)² is 2(a − 1); you lost the 2."),
            Wrong(overshoot_wrong_way, "That is the size of the other hilltop, of a critic that points the wrong way."),
            Wrong(overshoot_objective, "You took the penalty off; the estimate is the difference of the means alone."),
            Wrong(overshoot_exact, "A penalty is not a wall: near one it costs little to be a bit steeper."),
        ),
    ),
    Question(
        id="gan_better.spectral",
        objective=2,
        text="Every dense layer of a judge with leaky ReLU is divided by its largest singular value. What is sure?",
        options=(
            Option(
                "Its slope is exactly one everywhere.",
                False,
                "The product of the layers is an upper bound. Usually different layers stretch different directions, "
                "and the slope stays well below it.",
            ),
            Option(
                "Its slope is at most one everywhere, also where there are no data.",
                True,
                "Slopes multiply along the layers, none exceeds one, and no data enter the argument.",
            ),
            Option(
                "Its slope is at most one at the training examples, and nothing is known elsewhere.",
                False,
                "The bound comes from the weights alone, so it holds everywhere. It is a penalty that acts at points.",
            ),
            Option(
                "Its estimate of the Wasserstein distance is exact.",
                False,
                "It is a lower bound. A judge that cannot reach slope one where it should stays below the distance.",
            ),
        ),
    ),
    Question(
        id="gan_better.accuracy",
        objective=3,
        text="A class-conditional generator scores a class accuracy of 1.00 with an independent classifier. What "
        "should be looked at before it is praised?",
        options=(
            Option(
                "The discriminator's loss.",
                False,
                "It is measured against an opponent that moves, and says little about either.",
            ),
            Option(
                "The variety within each class.",
                True,
                "One perfect picture for each class would also score 1.00. Compare the variety with that of real data.",
            ),
            Option(
                "The accuracy by the model's own discriminator.",
                False,
                "The generator was trained to please it. A judge in the game is no independent witness.",
            ),
            Option(
                "Nothing: real glyphs score no higher.",
                False,
                "Truncated samples score as high as real ones, or higher, because they leave the difficult cases out.",
            ),
        ),
    ),
    Exercise(
        id="gan_better.truncate",
        objective=4,
        text="Given styles (b, d), their classes (b,), the mean style of every class (c, d) and the number ψ, return "
        "the truncated styles.",
        stub="def truncate(w, y, means, psi):\n    return ...",
        hints=(
            "`means[y]` has one row for each style: the mean of its own class.",
            "Go from the mean towards the style, but only the share ψ of the way.",
        ),
        solution=truncate,
        inputs=_styles,
        arguments=(
            tensor("w", "styles", "dimensions"),
            tensor("y", "styles", whole=True),
            tensor("means", "classes", "dimensions"),
            number("psi"),
        ),
        wrong=(
            Wrong(truncate_to_zero, "You pull towards the origin, which is nobody's mean style."),
            Wrong(
                truncate_to_one_mean, "You pull towards the mean of all classes, and the digits turn into each other."
            ),
            Wrong(truncate_turned_round, "Yours is turned round: ψ = 1 must return the style itself."),
            Wrong(truncate_without_mean, "You shorten the difference but do not add the mean again."),
        ),
    ),
    Project(
        id="gan_better.project",
        objective=4,
        text="Draw the quality–diversity curve with precision and recall in place of doubt and variety: the share of "
        "generated features near a real one, and of real features near a generated one (Kynkäänniemi et al., 2019).",
        rubric=(
            "Precision and recall from nearest neighbours in `digit_features`, checked on two sets of real glyphs.",
            "Both for at least six values of ψ, with error bars over three draws of noise.",
            "The same curve for a model trained with `mixing=0`, over three seeds.",
            "The accuracy of a student taught at each ψ: which of the two numbers predicts it better?",
            "A paragraph on which ψ you would ship for a specimen sheet, and which for a training set.",
        ),
    ),
)
