"""Exercises of the chapter on the theory of VAEs.

Objectives: 0 derive the bound, 1 divergences of normals, 2 gradient estimators, 3 the exact linear answer, 4 recognise
what is wrong.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.vae_theory import (
    best_model,
    best_model_kept,
    best_model_long,
    best_model_over_all,
    best_model_rooted,
    best_model_sum,
    divergence,
    divergence_averaged,
    divergence_negative,
    divergence_of_deviations,
    divergence_of_everything,
    divergence_swapped,
    divergence_unscaled,
    divergence_without_half,
    divergence_wrong_volume,
    gradient,
    gradient_averaged,
    gradient_of_variance,
    gradient_times_deviation,
    gradient_with_own_draw,
    gradient_with_small_baseline,
    gradient_without_baseline,
)


def _two_normals(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    shape = (2, size(generator, 5, 8), size(generator, 3, 5))
    means = torch.randn(shape, generator=generator)
    variances = torch.rand(shape, generator=generator) + 0.3
    return means[0], variances[0], means[1], variances[1]


def _draws(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    n = size(generator, 6, 9)
    noise = torch.randn(n, generator=generator)
    std = 0.4 + 0.5 * torch.rand((), generator=generator).item()
    return 5 + noise**2 + torch.rand(n, generator=generator), noise, std


def _eigenvalues(generator: torch.Generator) -> tuple[Tensor, int]:
    n, k = size(generator, 8, 11), size(generator, 2, 6)
    return (torch.rand(n, generator=generator) + 0.1).cumsum(dim=0).flip(0), k


EXERCISES = (
    Question(
        id="vae_theory.ways",
        objective=0,
        text="You want to know by how much a bound of −100 nats misses log p(x), and of the three derivations you may "
        "keep one. Which answers the question?",
        options=(
            Option(
                "Jensen's inequality: the logarithm of an average is at least the average of the logarithms.",
                False,
                "It says that something is lost, and nothing about how much.",
            ),
            Option(
                "The decomposition: log p(x) is the bound plus KL(q ‖ p(z|x)), with an equals sign.",
                True,
                "An equation names the loss exactly. It needs the exact posterior, which is why a model where that is "
                "known makes such a good measuring device.",
            ),
            Option(
                "The split into reconstruction and KL(q ‖ p(z)).",
                False,
                "That is the bound itself, sorted into two terms. Its KL compares q with the prior; what is lost is "
                "the KL from the posterior.",
            ),
            Option(
                "Weighting: the bound with S draws grows with S and never passes log p(x).",
                False,
                "It gives a better bound, and for large S the rest is about χ²/2S. But the curve can look flat long "
                "before it is there, as the toy with two humps shows.",
            ),
        ),
    ),
    Exercise(
        id="vae_theory.kl",
        objective=1,
        text="Write the KL divergence KL(p ‖ q) in nats of two diagonal normals, one number per row, from their means "
        "and variances.",
        stub="def divergence(mean_p, variance_p, mean_q, variance_q):\n    return ...",
        hints=(
            "With diagonal covariances the trace, the distance and the determinants become sums over the numbers.",
            "For one number: ½ (v_p/v_q + (m_q − m_p)²/v_q − 1 + log(v_q/v_p)). Sum over the last dimension.",
            "Check yourself: 0 when both are equal, and with q = N(0, I) it is the formula of the VAE.",
        ),
        solution=divergence,
        inputs=_two_normals,
        arguments=(
            tensor("mean_p", "rows", "dimensions"),
            tensor("variance_p", "rows", "dimensions"),
            tensor("mean_q", "rows", "dimensions"),
            tensor("variance_q", "rows", "dimensions"),
        ),
        wrong=(
            Wrong(divergence_swapped, "You computed KL(q ‖ p); the average runs over p, the first of the two."),
            Wrong(divergence_averaged, "You average over the code; independent numbers add up, so use a sum."),
            Wrong(divergence_unscaled, "Divide the squared distance of the means by q's variance."),
            Wrong(divergence_of_deviations, "You squared the variances; they are squares of deviations already."),
            Wrong(divergence_wrong_volume, "Your logarithm has the other sign: it is log(v_q/v_p)."),
            Wrong(
                divergence_of_everything,
                "You average over everything; sum over the numbers of a row, and keep one result per row.",
            ),
            Wrong(divergence_negative, "Your sign is turned over: a divergence is never negative."),
            Wrong(divergence_without_half, "Your result is twice the divergence; the factor ½ is missing."),
        ),
    ),
    Exercise(
        id="vae_theory.score",
        objective=2,
        text="Write one gradient estimate per draw with respect to the mean of N(mean, std²), by the score "
        "function with a leave-one-out baseline. You get the values f(z) and the noise ε of each draw.",
        stub="def gradient(values, noise, std):\n    return ...",
        hints=(
            "The score of a normal with respect to its mean is (z − mean)/std². In terms of ε: ε/std.",
            "The baseline of a draw is the mean of the other draws: the sum without it, over the number of the others.",
            "Return one number for each draw; whoever wants the gradient averages them.",
        ),
        solution=gradient,
        inputs=_draws,
        arguments=(
            tensor("values", "samples"),
            tensor("noise", "samples"),
            number("std"),
        ),
        wrong=(
            Wrong(gradient_without_baseline, "Your baseline is missing; subtract the mean of the other draws' values."),
            Wrong(
                gradient_with_own_draw,
                "Your baseline contains the draw itself, which shrinks the gradient; leave it out.",
            ),
            Wrong(gradient_of_variance, "You divide by the standard deviation twice; z − mean is std · ε already."),
            Wrong(gradient_times_deviation, "You multiply by the standard deviation; the score is ε divided by it."),
            Wrong(
                gradient_averaged, "You average the draws; return one estimate for each, so that they can be compared."
            ),
            Wrong(
                gradient_with_small_baseline,
                "You divide the others' sum by the number of all; without the draw itself there are n − 1.",
            ),
        ),
    ),
    Exercise(
        id="vae_theory.best",
        objective=3,
        text="From the eigenvalues of the data's covariance, largest first, return the noise variance of the best "
        "linear model with k numbers in its code, and the squared lengths of its k columns.",
        stub="def best_model(eigenvalues, k):\n    return ...",
        hints=(
            "One variance has to serve for all directions that the code cannot describe.",
            "It is the mean of the eigenvalues from the (k+1)-th on; there are d − k of them.",
            "Along a kept direction the data vary by λ; the noise brings σ² of that, and the column the rest.",
        ),
        solution=best_model,
        inputs=_eigenvalues,
        arguments=(
            tensor("eigenvalues", "directions"),
            number("k", whole=True),
        ),
        wrong=(
            Wrong(best_model_sum, "You add up the discarded eigenvalues; the noise is their mean."),
            Wrong(best_model_over_all, "You divide by the number of all directions; only d − k were discarded."),
            Wrong(best_model_long, "Your columns carry the noise as well; subtract σ² from each kept eigenvalue."),
            Wrong(best_model_kept, "You average the kept eigenvalues; the noise comes from the discarded ones."),
            Wrong(best_model_rooted, "You return lengths; the squared lengths were asked for."),
        ),
    ),
    Question(
        id="vae_theory.rotation",
        objective=3,
        text="A trained linear VAE has the right evidence and the right σ², and its columns span the right space. The "
        "variances of its q are the best ones. But its bound is half a nat below the evidence, on every picture. What "
        "is wrong?",
        options=(
            Option(
                "Its encoder has not learned the posterior means.",
                False,
                "Wrong means cost more for some pictures than for others, since the error depends on x.",
            ),
            Option(
                "Its columns are not perpendicular, so the posterior is tilted and no diagonal q fits.",
                True,
                "The gap is ½(Σ log M_jj − log det M), the same for every x, and zero for perpendicular columns.",
            ),
            Option(
                "Its KL term has the wrong sign.",
                False,
                "Then training would not have come near the right evidence at all.",
            ),
            Option(
                "It needs more numbers in its code.",
                False,
                "More numbers would change the space, σ² and the evidence. These are right.",
            ),
        ),
    ),
    Question(
        id="vae_theory.weights",
        objective=4,
        text="The importance-weighted bound is −80.31 nats with 10 draws, −80.30 with 100 and −80.30 with 1,000. What "
        "may you conclude?",
        options=(
            Option(
                "log p(x) is −80.30 nats.",
                False,
                "In the toy with two humps the curve was flat, too, one bit below the truth.",
            ),
            Option(
                "log p(x) is at least about −80.30 nats; whether it is more, a wider proposal may tell.",
                True,
                "It is a lower bound at every S. A proposal that is too narrow looks converged, because it never "
                "draws from what it misses; try one with more variance.",
            ),
            Option(
                "q is the exact posterior.",
                False,
                "Then all weights would be equal and there would be no rise at all, from the first draw on. And a flat "
                "curve alone does not show that nothing is missing.",
            ),
            Option(
                "There is a mistake: the bound must go on rising.",
                False,
                "It never falls on average, but it may stand still where the weights hardly vary.",
            ),
        ),
    ),
    Question(
        id="vae_theory.scale",
        objective=4,
        text="A VAE is trained on pictures between 0 and 1 with `mse_loss` (the mean over all pixels) plus the KL "
        "term. All codes equal the prior. What do you look at first?",
        options=(
            Option(
                "The learning rate.",
                False,
                "The end state is a minimum of this loss, and every learning rate that works will find it.",
            ),
            Option(
                "The noise that the loss implies: a mean over d pixels means σ² = d/2, far above what the data vary.",
                True,
                "In the linear model a direction lives only if its variance exceeds σ². Sum the squares and learn σ², "
                "or set it on purpose.",
            ),
            Option(
                "The number of layers of the decoder.",
                False,
                "A strong decoder is one way to collapse, but here the linear model collapses as well.",
            ),
            Option(
                "The prior, which should be wider.",
                False,
                "The width of the prior can be moved into the decoder's first layer; it changes nothing.",
            ),
        ),
    ),
    Project(
        id="vae_theory.project",
        objective=4,
        text="Build the acceptance test for a VAE with black-or-white pixels. There is no closed form, but for a code "
        "of one or two numbers every integral is a sum over a grid. Choose a small decoder, compute its exact evidence "
        "and posterior, plant at least eight faults in a training program, and find out which of them it catches.",
        rubric=(
            "The grid's evidence is right: it adds up to 1 over all pictures of a few pixels, and a finer grid agrees.",
            "The best possible bound for a diagonal q is found by direct search, and training is compared with it.",
            "Each fault is planted alone; the table shows the loss, the bound, the evidence and the alarm.",
            "The allowed distance comes from right runs with several seeds, and the rate of false alarms is stated.",
            "A paragraph on faults that this test cannot see, and on who decides the allowed distance.",
        ),
    ),
)
