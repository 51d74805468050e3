"""Exercises of the chapter on variational autoencoders.

Objectives: 0 derive the bound, 1 write its pieces, 2 train and read the numbers, 3 judge samples, 4 cure failures.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Tolerance, Wrong, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.vae import (
    draw,
    draw_unscaled,
    draw_with_half_variance,
    draw_with_logarithm,
    draw_with_variance,
    draw_without_noise,
    importance,
    importance_best,
    importance_divided_by_images,
    importance_mean_of_logs,
    importance_of_everything,
    importance_over_images,
    importance_self_normalised,
    importance_underflowing,
    importance_undivided,
    kl,
    kl_averaged,
    kl_negative,
    kl_of_everything,
    kl_of_the_batch,
    kl_of_the_mean_image,
    kl_turned,
    kl_with_logvar_as_log_std,
    kl_without_half,
    kl_without_mean,
)


def _posterior(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    mean, logvar = torch.randn(2, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return mean, logvar


def _posterior_and_noise(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    mean, logvar = _posterior(generator)
    return mean, logvar, torch.randn(mean.shape, generator=generator)


def _log_weights(generator: torch.Generator) -> tuple[Tensor]:
    return (3 * torch.randn(size(generator, 6, 9), size(generator, 3, 5), generator=generator) - 500,)


EXERCISES = (
    Question(
        id="vae.gap",
        objective=0,
        text="For one image the bound is −100 nats, and log p(x) is −97 nats. What are the 3 nats between them?",
        options=(
            Option(
                "The divergence KL(q(z|x) ‖ p(z)): what the code costs.",
                False,
                "That term is inside the bound, so it is already paid. The gap compares q with the exact posterior "
                "p(z|x), not with the prior p(z).",
            ),
            Option(
                "The divergence KL(q(z|x) ‖ p(z|x)): how far the encoder's posterior is from the exact one.",
                True,
                "That is the exact gap, whatever the decoder is. It closes only when q is the exact posterior.",
            ),
            Option(
                "The error of the reconstruction.",
                False,
                "Reconstruction is inside the bound as well. With an exact posterior the gap is zero even when "
                "reconstructions are poor.",
            ),
            Option(
                "Noise from drawing a single z.",
                False,
                "One draw does make the estimate noisy, but noise averages out. The gap stays after any number of "
                "averaged draws.",
            ),
        ),
    ),
    Exercise(
        id="vae.kl",
        objective=1,
        text="Write the divergence of a diagonal normal from the prior N(0, I), in nats, one number per image.",
        stub="def kl(mean, logvar):\n    return ...",
        hints=(
            "Each number of the code gives ½(μ² + σ² − 1 − log σ²), and independent numbers add up.",
            "`logvar` is log σ², so σ² is `logvar.exp()`. Sum over the last dimension.",
            "Check yourself: the result is 0 for mean 0 and logvar 0, and never negative.",
        ),
        solution=kl,
        inputs=_posterior,
        arguments=(
            tensor("mean", "images", "latents"),
            tensor("logvar", "images", "latents"),
        ),
        wrong=(
            Wrong(kl_negative, "Your sign is turned over: a divergence is never negative; the bound subtracts it."),
            Wrong(kl_averaged, "You average over the code; independent numbers add up, so use a sum."),
            Wrong(kl_of_the_batch, "You add up the whole batch; sum over the code only, for one number per image."),
            Wrong(kl_without_mean, "Your result does not change with the mean; the term μ² is missing."),
            Wrong(kl_without_half, "Your result is twice the divergence; the factor ½ is missing."),
            Wrong(
                kl_turned, "You take the divergence of the prior from q; the expectation runs over q, not the prior."
            ),
            Wrong(kl_with_logvar_as_log_std, "You read `logvar` as log σ; it is log σ², so σ² is exp(logvar)."),
            Wrong(
                kl_of_everything, "You average over everything; sum over the latents, and keep one number per image."
            ),
            Wrong(kl_of_the_mean_image, "You average over the images as well; return one number per image."),
        ),
    ),
    Exercise(
        id="vae.draw",
        objective=1,
        text="Turn standard normal noise into a draw from q(z|x). `logvar` is log σ².",
        stub="def draw(mean, logvar, noise):\n    return ...",
        hints=(
            "A normal variable is its mean plus its standard deviation times standard normal noise.",
            "The standard deviation is the square root of the variance, and a root is half of a logarithm.",
        ),
        solution=draw,
        inputs=_posterior_and_noise,
        arguments=(
            tensor("mean", "images", "latents"),
            tensor("logvar", "images", "latents"),
            tensor("noise", "images", "latents"),
        ),
        wrong=(
            Wrong(draw_with_variance, "You stretch by the variance; the standard deviation is exp(½ logvar)."),
            Wrong(
                draw_with_logarithm, "You stretch by the logarithm itself, which can be negative; take exp(½ logvar)."
            ),
            Wrong(draw_with_half_variance, "You halve the variance; a root halves its logarithm: exp(½ logvar)."),
            Wrong(draw_unscaled, "Your noise always has standard deviation 1; multiply it by exp(½ logvar)."),
            Wrong(draw_without_noise, "You return the mean without noise; that is a plain autoencoder."),
        ),
    ),
    Exercise(
        id="vae.importance",
        objective=2,
        text="Given log weights with one row per draw and one column per image, return the importance-weighted "
        "estimate of log p(x) for each image. The weights are as small as e⁻⁵⁰⁰.",
        stub="def importance(log_weights):\n    return ...",
        hints=(
            "You want the logarithm of the mean of the weights, and the mean runs over the draws, dimension 0.",
            "e⁻⁵⁰⁰ is zero in 32-bit numbers. `torch.logsumexp` adds without leaving the logarithms.",
            "A mean is a sum divided by the number of draws; in logarithms the division is a subtraction.",
        ),
        solution=importance,
        inputs=_log_weights,
        tolerance=Tolerance(5e-7),  # of −500 that is 0.0003 nats, a few roundings of 32-bit numbers
        arguments=(tensor("log_weights", "samples", "images"),),
        wrong=(
            Wrong(
                importance_mean_of_logs, "You average logarithms, which gives back the ordinary bound; average weights."
            ),
            Wrong(importance_undivided, "You add the weights; divide by the number of draws: subtract its logarithm."),
            Wrong(
                importance_underflowing, "Your weights become 0 before you add them; stay in logarithms (`logsumexp`)."
            ),
            Wrong(importance_over_images, "Your mean runs over the images; the draws are dimension 0."),
            Wrong(importance_best, "You keep the largest weight only; the estimate is the mean of all of them."),
            Wrong(
                importance_self_normalised,
                "You average log weights with self-normalised weights (softmax); average the weights, all alike.",
            ),
            Wrong(
                importance_of_everything,
                "Your mean runs over all images at once; each image has its own, over dimension 0.",
            ),
            Wrong(
                importance_divided_by_images,
                "You divide by the number of images; the mean runs over the draws, `len(log_weights)`.",
            ),
        ),
    ),
    Question(
        id="vae.distance",
        objective=3,
        text="Samples have a Fréchet distance of 2.0. A second set of real images has 0.2, random pixels have 49. "
        "What may you say?",
        options=(
            Option(
                "The samples are ten times worse than real images.",
                False,
                "Distances of this kind have no such unit: the floor depends on how many images were compared, so a "
                "ratio to it says little by itself.",
            ),
            Option(
                "The model is better than one whose paper reports 3.1 on photographs.",
                False,
                "Other features and other data: the two numbers cannot be compared at all.",
            ),
            Option(
                "On a logarithmic scale the samples have come a good half of the way from noise to real images.",
                True,
                "log(49/2.0) / log(49/0.2) = 0.58. Floor and ceiling give the number its meaning.",
            ),
            Option(
                "The samples lie within 4 % of the real images.",
                False,
                "2.0/49 is 4 % of the distance of noise. Noise is very far away, so nearly everything looks close on "
                "that linear scale.",
            ),
        ),
    ),
    Question(
        id="vae.collapse",
        objective=4,
        text="After training, the KL term is 0.01 nats and every reconstruction looks like the average of the "
        "training images. What happened?",
        options=(
            Option(
                "The posterior collapsed: the code says nothing about the image, and the decoder ignores it.",
                True,
                "KL near zero means q(z|x) is the prior for every x. Lower β, or raise it slowly from zero, so that "
                "using the code pays before the KL term presses.",
            ),
            Option(
                "The model fitted perfectly, because the KL term has reached its minimum.",
                False,
                "Its minimum is zero, but zero means that no information passes. The bound is the sum of both terms, "
                "and the pixels pay for what the KL saves.",
            ),
            Option(
                "It overfits: the decoder learned the training images by heart.",
                False,
                "Then reconstructions of training images would be sharp and different from each other. Here they are "
                "all the same.",
            ),
            Option(
                "The learning rate is too small.",
                False,
                "A slow run has a KL that is still changing and pictures that still improve. A KL of 0.01 that stays "
                "is a fixed point.",
            ),
        ),
    ),
    Project(
        id="vae.project",
        objective=4,
        text="Restore scans with a different damage: a stain that hides a rectangle of pixels, whose place is known. "
        "Write the log-likelihood of what remains visible, reuse the search of this chapter, and decide which scans a "
        "person should look at.",
        rubric=(
            "The likelihood leaves hidden pixels out: what is written there never matters, and a test says so.",
            "Results for at least three sizes of the stain, each beside a baseline that needs no model.",
            "The share of digits that change their reading, with error bars, and a picture of the worst ones.",
            "A rule that sends scans to a person, and the error that is left as a function of the share sent.",
            "One paragraph on who answers for a wrong digit, and what the rule costs in working time.",
        ),
    ),
)
