"""Exercises of the chapter on variants of the VAE.

Objectives: 0 score a code, 1 condition on a label, 2 quantise, 3 fit a prior over codes, 4 find failures and risks.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.vae_variants import (
    bits_below_zero,
    bits_in_nats,
    bits_of_logits,
    bits_of_softmax_twice,
    bits_of_the_mean_entry,
    bits_over_cells,
    bits_per_cell,
    encoder_gradient,
    farthest,
    gap,
    gap_best_alone,
    gap_by_unit,
    gap_to_the_worst,
    gradient_away,
    gradient_of_both_distances,
    gradient_of_the_mean,
    gradient_of_the_mean_number,
    gradient_of_the_mean_vector,
    gradient_with_weight_at_the_pixels,
    gradient_with_weight_elsewhere,
    gradient_without_bridge,
    gradient_without_commitment,
    gradient_without_two,
    grid_bits,
    nearest_by_angle,
    nearest_by_product,
    nearest_code,
    nearest_without_two,
)


def _table(generator: torch.Generator) -> tuple[Tensor]:
    return (torch.rand(size(generator, 3, 6), size(generator, 4, 6), generator=generator),)


def _points(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n, d = size(generator, 8, 11), size(generator, 3, 5)
    sizes = torch.linspace(0.3, 3, n).unsqueeze(1)
    z = torch.randn(size(generator, 38, 43), d, generator=generator)
    return z, torch.randn(n, d, generator=generator) * sizes


def _gradients(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    z, entries, at_entry = torch.randn(3, size(generator, 5, 8), size(generator, 3, 5), generator=generator)
    return z, entries, at_entry, 0.1 + 0.3 * torch.rand((), generator=generator).item()


def _grid(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    cells, entries = size(generator, 5, 8), size(generator, 4, 6)
    logits = 2 * torch.randn(cells, entries, generator=generator)
    return logits, torch.randint(entries, (cells,), generator=generator)


EXERCISES = (
    Question(
        id="vae_variants.rotation",
        objective=0,
        text="Two VAEs reach the same bound on the same data. The mutual information gap of the first code is 0.6, of "
        "the second 0.1. What do you conclude?",
        options=(
            Option(
                "The second code lost most of the information about the factors.",
                False,
                "The gap compares two numbers of the code. A code that is turned by 45° keeps all information, and its "
                "gap is zero.",
            ),
            Option(
                "The first code lies along the factors, the second mixes them; the likelihood cannot tell.",
                True,
                "A standard normal prior looks the same after every rotation, and a decoder can turn back.",
            ),
            Option(
                "The second was trained with a smaller β.",
                False,
                "It may, or with a larger one, or another seed: the gap is a hump over β and scatters between seeds.",
            ),
        ),
    ),
    Exercise(
        id="vae_variants.gap",
        objective=0,
        text="Given a table with one row per number of the code and one column per factor, return each factor's gap: "
        "the best row's information minus the second best's.",
        stub="def gap(table):\n    return ...",
        hints=(
            "Every column is one factor; compare the rows within it, along dimension 0.",
            "`table.topk(2, dim=0).values` has the largest value of each column in row 0 and the second in row 1.",
        ),
        solution=gap,
        inputs=_table,
        arguments=(tensor("table", "latents", "factors"),),
        wrong=(
            Wrong(gap_best_alone, "You return the best number's information; subtract the second best's."),
            Wrong(gap_by_unit, "You compare factors within a number of the code; compare numbers within a factor."),
            Wrong(gap_to_the_worst, "You subtract the smallest value; the rival is the second largest."),
        ),
    ),
    Question(
        id="vae_variants.label",
        objective=1,
        text="A conditional VAE was trained on pairs of picture and label. Its samples look perfect; asked for a 3, it "
        "draws each digit equally often. What happened?",
        options=(
            Option(
                "The posterior collapsed.",
                False,
                "Then all samples of a class would look alike. Here the code carries everything, the class included.",
            ),
            Option(
                "The label told the decoder nothing, because it was not the label of its picture; the code had to "
                "carry the class.",
                True,
                "That is what shuffled labels do, for example when pictures and labels are shuffled apart from each "
                "other. Only the class accuracy shows it.",
            ),
            Option(
                "The prior of the codes should depend on the label.",
                False,
                "It may, but it need not: with the same prior for all classes the chapter's model obeys.",
            ),
        ),
    ),
    Exercise(
        id="vae_variants.nearest",
        objective=2,
        text="For each row of `z` return the number of the nearest row of `codebook`, by Euclidean distance.",
        stub="def nearest(z, codebook):\n    return ...",
        hints=(
            "You need all distances between rows of `z` and rows of `codebook`, then the smallest of each row.",
            "`torch.cdist(z, codebook)` has a row for each vector; or expand |z − e|² = |z|² − 2 z·e + |e|².",
        ),
        solution=nearest_code,
        inputs=_points,
        arguments=(
            tensor("z", "vectors", "dimensions"),
            tensor("codebook", "entries", "dimensions"),
        ),
        wrong=(
            Wrong(farthest, "You return the farthest entry; take the smallest distance, `argmin`."),
            Wrong(nearest_by_product, "You take the largest product, which long entries win; take the distance."),
            Wrong(nearest_by_angle, "You take the smallest angle; length counts as well, so take the distance."),
            Wrong(nearest_without_two, "You expanded the square without its factor: |e|² − 2 z·e."),
        ),
    ),
    Exercise(
        id="vae_variants.gradient",
        objective=2,
        text="`at_entry` is the gradient of the pixel term where the decoder reads it. Return the gradient that "
        "reaches the encoder's output `z`, given the entries chosen for it, for the loss with a commitment of weight "
        "`commit`.",
        stub="def encoder_gradient(z, entries, at_entry, commit):\n    return ...",
        hints=(
            "The pixels' gradient is handed on unchanged; the codebook's part is stopped at z.",
            "The commitment is commit · |z − e|² with the entry held fixed; differentiate it.",
        ),
        solution=encoder_gradient,
        inputs=_gradients,
        arguments=(
            tensor("z", "vectors", "dimensions"),
            tensor("entries", "vectors", "dimensions"),
            tensor("at_entry", "vectors", "dimensions"),
            number("commit"),
        ),
        wrong=(
            Wrong(gradient_without_commitment, "You forgot the commitment, which pulls z to its entry."),
            Wrong(
                gradient_without_bridge, "You forgot the straight-through gradient: the pixels must reach the encoder."
            ),
            Wrong(gradient_away, "Your commitment pushes z away from its entry; its gradient is +2·commit·(z − e)."),
            Wrong(gradient_without_two, "The derivative of a square has a factor 2: 2·commit·(z − e)."),
            Wrong(
                gradient_of_both_distances, "The codebook's distance is stopped at z; only the commitment reaches it."
            ),
            Wrong(
                gradient_with_weight_elsewhere,
                "Your weight is at the other term: `commit` multiplies the commitment, the pull of z to its entry.",
            ),
            Wrong(
                gradient_with_weight_at_the_pixels,
                "Your weight is at the pixel term; `commit` multiplies the pull of z to its entry.",
            ),
            Wrong(
                gradient_of_the_mean,
                "You average the squared distance over all numbers (as `F.mse_loss` does); the commitment is a sum.",
            ),
            Wrong(
                gradient_of_the_mean_vector,
                "You average the squared distance over the vectors; the commitment is a sum.",
            ),
            Wrong(
                gradient_of_the_mean_number,
                "You average the squared distance over the numbers of a vector; the commitment is a sum.",
            ),
        ),
    ),
    Exercise(
        id="vae_variants.bits",
        objective=3,
        text="The price of one grid: `logits` has a row for each cell and a column for each entry, `codes` the entry "
        "of each cell. Return the bits that an ideal coder needs for all cells together.",
        stub="def grid_bits(logits, codes):\n    return ...",
        hints=(
            "Turn each row of logits into log-probabilities with `log_softmax`, then pick the one of its code.",
            "By the chain rule the cells' log-probabilities add up; one bit is log 2 nats.",
        ),
        solution=grid_bits,
        inputs=_grid,
        arguments=(
            tensor("logits", "cells", "entries"),
            tensor("codes", "cells", whole=True),
        ),
        wrong=(
            Wrong(bits_in_nats, "Your result is in nats; divide by log 2."),
            Wrong(bits_below_zero, "Your sign is turned over: log-probabilities are negative, a price is positive."),
            Wrong(bits_per_cell, "You average over the cells; a file has to hold all of them, so add up."),
            Wrong(bits_of_logits, "Logits are not log-probabilities until you subtract their logsumexp."),
            Wrong(bits_over_cells, "Your softmax runs over the cells; each cell's entries add up to one."),
            Wrong(
                bits_of_the_mean_entry,
                "That is the entropy of the prediction; the price depends on the entries that came: look up `codes`.",
            ),
            Wrong(bits_of_softmax_twice, "You apply the softmax twice; `log_softmax` expects logits."),
        ),
    ),
    Question(
        id="vae_variants.dead",
        objective=4,
        text="A codebook of 512 entries has a perplexity of 9 after an hour of training, and the loss still falls "
        "slowly. What is the first thing to do?",
        options=(
            Option(
                "Wait: unused entries are drawn in when the others are full.",
                False,
                "An entry that is nearest to no vector has no gradient from any part of the loss. It does not move; "
                "only a vector that happens to come near can bring it back.",
            ),
            Option(
                "Move unused entries to vectors of the encoder, and watch the perplexity.",
                True,
                "They are used at once, and from then on they have a gradient.",
            ),
            Option(
                "Make the codebook smaller; nine entries are evidently enough.",
                False,
                "That nine are used says how training began, not what the pictures need: revived codebooks reach a "
                "better loss.",
            ),
        ),
    ),
    Project(
        id="vae_variants.project",
        objective=4,
        text="Build a codec for pictures of the course's sprites or patches: choose grid and codebook, fit the prior, "
        "send real bits through the arithmetic coder, and compare with PNG and JPEG of the same size.",
        rubric=(
            "A curve of bits against distortion with at least four points, each with an error bar, beside the rivals.",
            "The bits are those of strings that were decoded again; their length is compared with the likelihood.",
            "What happens to pictures unlike the training set is shown, with numbers.",
            "A check at the sender that keeps originals, with the share kept and the errors left.",
            "One paragraph: for which archive you would forbid this codec, and who has to keep the weights.",
        ),
    ),
)
