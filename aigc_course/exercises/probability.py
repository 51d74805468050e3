"""Exercises of the chapter on probability.

Objectives: 0 compute information, 1 prove the bounds, 2 losses as likelihoods, 3 error bars and densities, 4 fit and
judge a mixture.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.probability import (
    divergence,
    divergence_averaged,
    divergence_in_bits,
    divergence_of_probabilities,
    divergence_of_probabilities_swapped,
    divergence_of_two_logarithms,
    divergence_swapped,
    divergence_turned_over,
    divergence_without_entropy,
    likelihood,
    nll,
    nll_averaged,
    nll_normaliser_once,
    nll_of_everything,
    nll_of_the_batch,
    nll_with_deviation,
    nll_without_half,
    nll_without_normaliser,
    with_error,
    with_error_of_one_draw,
    with_error_of_the_biased_variance,
    with_error_over_n,
    with_error_squared,
    with_interval,
)


def _two_lists(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    p, q = torch.rand(2, size(generator, 4, 7), generator=generator) + 0.05
    return p / p.sum(), q / q.sum()


def _regression(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    x, f = torch.randn(2, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return x, f, 0.2 + 0.5 * float(torch.rand((), generator=generator))


def _draws(generator: torch.Generator) -> tuple[Tensor]:
    return (2 + 3 * torch.randn(size(generator, 30, 40), generator=generator),)


EXERCISES = (
    Question(
        id="probability.code",
        objective=0,
        text="A source sends one of four words with chances ½, ¼, ⅛, ⅛. Your code was made for the belief that all are "
        "equally likely. What does the divergence KL(truth ‖ belief), a quarter of a bit, tell you?",
        options=(
            Option(
                "Every word costs a quarter of a bit more than it must.",
                False,
                "Only on average. The most frequent word costs a whole bit more than it must, and the two rare ones "
                "cost one bit less.",
            ),
            Option(
                "On average over the source's words, you send a quarter of a bit more than the best code.",
                True,
                "Cross-entropy 2 bits minus entropy 1.75 bits: the divergence is the average surplus, and the average "
                "is over the truth.",
            ),
            Option(
                "A quarter of a bit is the least that any code needs per word.",
                False,
                "That is the entropy, 1.75 bits. The divergence is what your belief adds to it.",
            ),
            Option(
                "If the belief were the truth, the code made for the present truth would lose a quarter of a bit.",
                False,
                "That is the other order, KL(belief ‖ truth). Here it happens to be a quarter of a bit as well (2.25 "
                "against 2 bits), but it is another question, and in general another number.",
            ),
        ),
    ),
    Exercise(
        id="probability.kl",
        objective=0,
        text="Write the KL divergence KL(p ‖ q) in nats of two lists of positive probabilities.",
        stub="def divergence(p, q):\n    return ...",
        hints=(
            "It is an average over p: weight each outcome by p.",
            "What is averaged is the logarithm of p/q; `torch.log` is the natural logarithm, which gives nats.",
            "Check yourself: the result is 0 for q = p, and positive for everything else.",
        ),
        solution=divergence,
        inputs=_two_lists,
        arguments=(
            tensor("p", "outcomes"),
            tensor("q", "outcomes"),
        ),
        wrong=(
            Wrong(
                divergence_turned_over, "Your sign is turned over: your result is never positive, KL never negative."
            ),
            Wrong(divergence_swapped, "You computed KL(q ‖ p); the average must run over p, the first argument."),
            Wrong(divergence_averaged, "You divide by the number of outcomes; the weights p already make an average."),
            Wrong(divergence_without_entropy, "That is the cross-entropy; subtract the entropy of p."),
            Wrong(divergence_in_bits, "Your result is in bits; leave out the division by log 2."),
            Wrong(
                divergence_of_probabilities,
                "The first argument of `F.kl_div` must be a logarithm: `F.kl_div(q.log(), p, …)`.",
            ),
            Wrong(
                divergence_of_two_logarithms,
                "`F.kl_div` takes the logarithm of its first argument only, unless you say `log_target=True`.",
            ),
            Wrong(
                divergence_of_probabilities_swapped,
                "`F.kl_div` wants log q first and p second: `F.kl_div(q.log(), p, …)`.",
            ),
        ),
    ),
    Question(
        id="probability.bound",
        objective=1,
        text="A likelihood is estimated without bias by averaging a few random weights: the mean of the estimate is "
        "p(x). You take the logarithm of the estimate. What is true on average?",
        options=(
            Option(
                "It equals log p(x), because the estimate has no bias.",
                False,
                "The logarithm bends, so the average of logarithms is not the logarithm of the average.",
            ),
            Option(
                "It lies below log p(x), and comes closer with more weights.",
                True,
                "Jensen's inequality: E log t ≤ log E t. With more weights the estimate varies less, and the gap "
                "closes.",
            ),
            Option(
                "It lies above log p(x), because large weights dominate.",
                False,
                "Large weights do dominate the mean, but the logarithm presses them together: the average falls below.",
            ),
            Option(
                "Nothing can be said without knowing the distribution of the weights.",
                False,
                "The size of the gap depends on it, the direction does not: the logarithm is concave everywhere.",
            ),
        ),
    ),
    Exercise(
        id="probability.nll",
        objective=2,
        text="Write the negative log-likelihood in nats, one number per row of x, when each of its numbers is normal "
        "around f with the same variance.",
        stub="def nll(x, f, variance):\n    return ...",
        hints=(
            "The density of one number is exp(−(x − f)² / (2 · variance)) / √(2π · variance).",
            "Minus the logarithm: ½ ((x − f)² / variance + log(2π · variance)).",
            "Independent numbers add up: sum over the last dimension, the normaliser once for each number.",
        ),
        solution=nll,
        inputs=_regression,
        arguments=(
            tensor("x", "examples", "dimensions"),
            tensor("f", "examples", "dimensions"),
            number("variance"),
        ),
        wrong=(
            Wrong(nll_without_normaliser, "The term ½ log(2π · variance) is missing; without it, variance → ∞ wins."),
            Wrong(nll_averaged, "You average over the numbers of a row; independent numbers add up."),
            Wrong(
                nll_with_deviation, "You square the variance again; it is the square of the standard deviation already."
            ),
            Wrong(nll_without_half, "Your squared term is twice too large; the factor ½ belongs to both terms."),
            Wrong(nll_normaliser_once, "You count the normaliser once per row; every number of the row has its own."),
            Wrong(
                nll_of_everything,
                "You average over everything; add up the numbers of a row, and keep one result per row.",
            ),
            Wrong(nll_of_the_batch, "You add up the whole batch; return one number per row."),
            Wrong(likelihood, "That is the log-likelihood; the *negative* one is asked for."),
        ),
    ),
    Exercise(
        id="probability.error",
        objective=3,
        text="Return the mean of independent draws and its standard error, as a pair.",
        stub="def with_error(draws):\n    return ...",
        hints=(
            "Variances of independent draws add; dividing the sum by n divides its variance by n².",
            "So the variance of the mean is that of one draw over n. The error is its root.",
            "The variance of one draw: sum of the squares around the mean, over n - 1; `num_samples.std()` does that.",
        ),
        solution=with_error,
        inputs=_draws,
        arguments=(tensor("draws", "samples"),),
        wrong=(
            Wrong(with_error_of_one_draw, "That is the spread of single draws; their mean varies less, by 1/√n."),
            Wrong(
                with_error_of_the_biased_variance,
                "Your variance is a little small: the mean comes from the same draws, so divide the squares by n - 1.",
            ),
            Wrong(with_error_over_n, "You divide by n; the standard deviation of a mean falls as 1/√n."),
            Wrong(with_error_squared, "That is the variance of the mean; the error is its square root."),
            Wrong(with_interval, "That is half of the 95 % interval; the standard error is without the factor 1.96."),
        ),
    ),
    Question(
        id="probability.heldout",
        objective=4,
        text="A mixture with 320 stencils costs 12 nats per training picture and 17.5 per test picture; one with 80 "
        "costs 15 and 17.5, with an error of 0.3 on each test number. Which may you call better?",
        options=(
            Option(
                "The one with 320: it explains the training pictures better.",
                False,
                "More components always do. With one stencil per picture it would know each by heart.",
            ),
            Option(
                "Neither: on unseen pictures they cannot be told apart, and the smaller one costs less to keep.",
                True,
                "Likelihood is judged on pictures that were not used for fitting, with its error bar. (Sharper still: "
                "compare the two models picture by picture; the error of the differences is smaller.)",
            ),
            Option(
                "The one with 80, because its gap between training and test is smaller.",
                False,
                "The gap says how much was learned by heart, not how good the model is. Fair coins have no gap at all.",
            ),
            Option(
                "Whichever draws sharper samples.",
                False,
                "Sharp samples can be copies of training pictures. Likelihood and looks are two questions.",
            ),
        ),
    ),
    Project(
        id="probability.project",
        objective=4,
        text="Give the coder a better model: fit one mixture to each class of digit, or let each pixel's chance depend "
        "on its neighbours above and to the left, and send the test pictures again.",
        rubric=(
            "The probabilities of all pictures add up to 1; a test checks it on pictures small enough to list.",
            "Test nats with error bars beside those of the chapter, and the number of parameters of both.",
            "The bits really sent and decoded without loss, not only the ideal length.",
            "One setting chosen on a part of the training pictures, never on the test pictures.",
            "One kind of picture for which the new code is worse than none, and what a device should do then.",
        ),
    ),
)
