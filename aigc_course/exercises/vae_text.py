"""Exercises of the chapter on VAEs for text.

Objectives: 0 derive the bound, 1 explain collapse, 2 write the cures, 3 read the numbers, 4 detect and judge.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.vae_text import (
    blind,
    blind_hidden,
    blind_last_only,
    blind_late,
    blind_seen,
    blind_without_first,
    drop,
    drop_beginning,
    drop_to_end,
    drop_to_padding,
    drop_turned,
    drop_whole,
    loss,
    loss_capped,
    loss_each,
    loss_excess,
    loss_subtracted,
    loss_weighed_first,
    loss_weighted_words,
    loss_without_free,
    per_word,
    per_word_from_bits,
    per_word_in_nats,
    per_word_negative,
    per_word_of_exponentials,
    per_word_of_sentence,
    per_word_of_sentences,
)


def _knob(generator: torch.Generator) -> tuple[float, int]:
    keep = 0.1 + 0.3 * torch.rand(1, generator=generator).item()
    return keep, size(generator, 4, 8)


def _tokens(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    shape = (size(generator, 9, 12), size(generator, 5, 7))
    previous = torch.randint(3, 20, shape, generator=generator)
    keep = 0.2 + 0.25 * size(generator, 0, 2) + 0.1 * torch.rand(1, generator=generator).item()
    return previous, torch.rand(shape, generator=generator), keep


def _costs(generator: torch.Generator) -> tuple[Tensor, Tensor, float, float]:
    n, low = size(generator, 6, 9), size(generator, 0, 1)
    words, kl = 20 + 5 * torch.rand(n, generator=generator), (8 - 3 * low) * torch.rand(n, generator=generator)
    # above and below the mean in turn, so that both sides of the threshold are tried
    free = kl.mean().item() + (-0.7 if low else 0.7)
    return words, kl, 0.2 + 0.5 * torch.rand(1, generator=generator).item(), free


def _lengths(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 7, 10)
    length = torch.randint(2, 10, (n,), generator=generator).float()
    return 2 + 1.2 * length + torch.rand(n, generator=generator), length


EXERCISES = (
    Question(
        id="vae_text.gap",
        objective=0,
        text="The entropy of a toy language is 5.1 nats per sentence. A VAE has a mean of −ℒ of 5.1 nats on it, and "
        "its KL term is 0.00. What follows?",
        options=(
            Option(
                "The model is broken, because the code carries nothing.",
                False,
                "The code carries nothing, but the bound cannot be better: it has reached the entropy.",
            ),
            Option(
                "The decoder models the language perfectly, and the encoder's posterior is exact.",
                True,
                "Two divergences stand between −ℒ and the entropy, and both must be zero. With a decoder that does not "
                "listen, the exact posterior is the prior.",
            ),
            Option(
                "The bound is loose, so that the true likelihood must be better.",
                False,
                "A mean −log p(x) below the entropy is impossible, so nothing is left between the bound and it.",
            ),
            Option(
                "Training should go on, since the KL term will still grow.",
                False,
                "This is the lowest point that the loss has. Nothing pulls the code away from it.",
            ),
        ),
    ),
    Question(
        id="vae_text.strong",
        objective=1,
        text="Which change makes it more likely that the code of a sentence VAE carries information at the end of "
        "training?",
        options=(
            Option(
                "A larger decoder that models the words before even better.",
                False,
                "What the decoder gets from the words before, it need not read in the code: fewer words need it.",
            ),
            Option(
                "More numbers in the code.",
                False,
                "A collapsed code is empty because nobody needs it, and not because it is full. Sixteen unused numbers "
                "are as empty as one.",
            ),
            Option(
                "Hiding words that the decoder has written before, at random.",
                True,
                "More words are then written blind, and each of them would pay for a code: m rises above the price w.",
            ),
            Option(
                "A larger weight on the KL term.",
                False,
                "That is the price. The code speaks when the need is larger than the price.",
            ),
        ),
    ),
    Exercise(
        id="vae_text.blind",
        objective=1,
        text="Given the share `keep` of words that the decoder sees and the number of `words`, how many are written "
        "blind on average?",
        stub="def blind(keep, words):\n    return ...",
        hints=(
            "A word is blind when every word before it is hidden. Nothing stands before the first one.",
            "One word is hidden with probability `1 - keep`, and i words all at once with `(1 - keep) ** i`.",
            "Add the probabilities of all words, from i = 0 to i = words − 1.",
        ),
        solution=blind,
        inputs=_knob,
        arguments=(
            number("keep"),
            number("words", whole=True),
        ),
        wrong=(
            Wrong(blind_seen, "You use the probability that a word is shown; blind means that all are hidden."),
            Wrong(blind_without_first, "You forgot the first word, which is always written blind."),
            Wrong(blind_late, "You count one word too many before each: the first has none, so i begins at 0."),
            Wrong(blind_last_only, "You look at the word just before only; any word in sight tells the subject."),
            Wrong(blind_hidden, "You count the hidden words; count the words that are written with none in sight."),
        ),
    ),
    Exercise(
        id="vae_text.drop",
        objective=2,
        text="Blank words: `previous` holds tokens (2 is the blank), `chance` one uniform number for each. A word "
        "stays if its number is below `keep`; the first column, the mark of the beginning, always stays.",
        stub="def drop(previous, chance, keep):\n    return ...",
        hints=(
            "Make a tensor of true and false first: which positions are hidden?",
            "`hidden = chance >= keep`, then set its first column to False.",
            "`previous.masked_fill(hidden, 2)` leaves the input as it is.",
        ),
        solution=drop,
        inputs=_tokens,
        arguments=(
            tensor("previous", "sentences", "positions", whole=True),
            tensor("chance", "sentences", "positions"),
            number("keep"),
        ),
        wrong=(
            Wrong(drop_turned, "You hide the words that should stay: a word stays if its number is below `keep`."),
            Wrong(drop_beginning, "You blank the mark of the beginning as well; it is no word and always stays."),
            Wrong(drop_to_padding, "You write padding (0) where the blank (2) belongs."),
            Wrong(drop_to_end, "You write the end (1) where the blank (2) belongs."),
            Wrong(drop_whole, "You decide once for each sentence; each word has a number of its own."),
        ),
    ),
    Exercise(
        id="vae_text.loss",
        objective=2,
        text="The loss with a weight and free nats: `words` and `kl` hold nats for each sentence of a batch.",
        stub="def loss(words, kl, weight, free):\n    return ...",
        hints=(
            "Take means over the batch first; the weight multiplies the code's part only.",
            "Of the mean KL and `free`, the larger one counts.",
            "`kl.mean().clamp(min=free)` is that larger one.",
        ),
        solution=loss,
        inputs=_costs,
        arguments=(
            tensor("words", "sentences"),
            tensor("kl", "sentences"),
            number("weight"),
            number("free"),
        ),
        wrong=(
            Wrong(loss_each, "You compare each sentence with the free nats; compare the mean over the batch."),
            Wrong(loss_subtracted, "You pull the KL term towards the free nats; take the larger of the two."),
            Wrong(
                loss_excess,
                "You charge only what goes beyond the free nats. Its gradients are right; its value is not the "
                "equation's: take the larger of the two.",
            ),
            Wrong(loss_weighed_first, "You weigh the KL term before comparing it; compare in full nats, then weigh."),
            Wrong(loss_without_free, "You charge for every nat; below `free` the cost of the code must not change."),
            Wrong(loss_capped, "You take the smaller of the two, so that a costly code has no gradient at all."),
            Wrong(loss_weighted_words, "Your weight stands at the words; it belongs to the code."),
        ),
    ),
    Exercise(
        id="vae_text.per-word",
        objective=3,
        text="A bound on the perplexity of a test set from nats per sentence and symbols per sentence.",
        stub="def per_word(cost, length):\n    return ...",
        hints=(
            "Perplexity is the exponential of nats per symbol, over the whole test set.",
            "Add all nats and all symbols first, then divide.",
        ),
        solution=per_word,
        inputs=_lengths,
        arguments=(
            tensor("cost", "sentences"),
            tensor("length", "sentences"),
        ),
        wrong=(
            Wrong(per_word_of_sentences, "You average over sentences, so that a word in a short one counts more."),
            Wrong(per_word_of_exponentials, "You average perplexities; average nats, then take the exponential."),
            Wrong(per_word_in_nats, "You return nats per symbol; take the exponential."),
            Wrong(per_word_of_sentence, "You take nats per sentence; divide by the symbols before the exponential."),
            Wrong(
                per_word_from_bits,
                "You raise 2 to the power of nats; 2 belongs to bits, and nats want the exponential.",
            ),
            Wrong(per_word_negative, "Your sign is turned over: `cost` is minus a log-probability already."),
        ),
    ),
    Question(
        id="vae_text.detector",
        objective=4,
        text="A sentence VAE has a KL term of 3 nats, no active unit, and the words cost the same with another "
        "sentence's code. What happened?",
        options=(
            Option(
                "The code works: 3 nats pass from the encoder to the decoder.",
                False,
                "What passes is the information I(x; z), and it is at most the KL term. Here the code does not change "
                "with the sentence, so it is zero.",
            ),
            Option(
                "The code is the same for every sentence, away from the prior: all of its cost is mismatch.",
                True,
                "KL = information + mismatch. The means do not follow the sentence and the words do not mind a "
                "stranger's code, so the information is next to nothing, and 3 nats are wasted.",
            ),
            Option(
                "The posterior collapsed to the prior.",
                False,
                "Then the KL term would be near zero as well.",
            ),
            Option(
                "The decoder is too weak to use the code.",
                False,
                "A weak decoder is the one that needs a code most.",
            ),
        ),
    ),
    Project(
        id="vae_text.project",
        objective=4,
        text="Find out what the sixteen numbers say. Choose three properties of a sentence that a program can count "
        "(its length, its first word, whether it speaks of files), and measure how much of each the code carries, "
        "for each cure and for several values of κ.",
        rubric=(
            "Information in nats for each property, beside the property's entropy and an estimate for shuffled labels.",
            "At least three values of κ with two seeds each; differences are judged against the seeds.",
            "A prediction written down before the runs: which property should be told first, and why.",
            "Sentences that show each property changing while the code moves in one direction, good and bad ones.",
            "One paragraph on what the code does not carry, with the number that shows it.",
        ),
    ),
)
