"""Exercises of the chapter "What is AIGC?".

Objectives: 0 say what it is and date it, 1 chains, 2 text from counts, 3 compare generators, 4 the pipeline.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.what_is_aigc import (
    cost,
    cost_entropy,
    cost_entropy_averaged,
    cost_in_bits,
    cost_negative,
    cost_of_mean,
    cost_perplexity,
    cost_total,
    share,
    share_averaged,
    share_normalised,
    share_of_consonants,
    smooth,
    smooth_leaking,
    smooth_not,
    smooth_one_each,
    transitions,
    transitions_broadcast,
    transitions_by_column,
    transitions_of_pairs,
)


def _two_chances(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n = size(generator, 3, 6)
    return torch.rand(n, generator=generator) * 0.8 + 0.1, torch.rand(n, generator=generator) * 0.8 + 0.1


def _counts(generator: torch.Generator) -> tuple[Tensor]:
    n = size(generator, 3, 5)
    return (torch.randint(1, 50, (n, n), generator=generator).float(),)


def _chances(generator: torch.Generator) -> tuple[Tensor]:
    return (torch.rand(size(generator, 7, 11), generator=generator) * 0.9 + 0.05,)


def _context(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    n = size(generator, 4, 7)
    shorter = torch.rand(n, generator=generator) + 0.1
    strength = 1 + 9 * torch.rand((), generator=generator).item()
    return torch.randint(1, 9, (n,), generator=generator).float(), shorter / shorter.sum(), strength


EXERCISES = (
    Question(
        id="what_is_aigc.history",
        objective=0,
        text="A web page says that generative adversarial networks come from the 1980s. What settles the question?",
        options=(
            Option(
                "Many other pages say the same.",
                False,
                "Pages copy from each other, and nowadays from language models. A count of copies is not evidence.",
            ),
            Option(
                "The first publication, and the date on which it was deposited.",
                True,
                "arXiv:1406.2661 carries its own date: the first four digits are June 2014. What came before has "
                "other names, such as the Boltzmann machine of 1985.",
            ),
            Option(
                "Asking a language model, which has read the literature.",
                False,
                "It writes what is likely to follow your question, which you have measured in this chapter. It may "
                "be right, but then you need the source to know.",
            ),
            Option(
                "Nothing: ideas have no date.",
                False,
                "An idea has roots, and they are worth naming. A name and a method have a first publication.",
            ),
        ),
    ),
    Exercise(
        id="what_is_aigc.share",
        objective=1,
        text="From the probability of a vowel after a vowel and of a vowel after a consonant, find the share of "
        "vowels in a long text.",
        stub="def share(after_vowel, after_consonant):\n    return ...",
        hints=(
            "In the long run as many letters leave the vowels as enter them.",
            "With share v: v · (1 − after_vowel) leave, (1 − v) · after_consonant enter. Solve for v.",
            "Check yourself: Markov's 0.128 and 0.663 give 0.432.",
        ),
        solution=share,
        inputs=_two_chances,
        arguments=(
            tensor("after_vowel", "texts"),
            tensor("after_consonant", "texts"),
        ),
        wrong=(
            Wrong(share_of_consonants, "That is the share of consonants; the vowels have the rest."),
            Wrong(share_averaged, "You weigh both contexts equally; a context counts as often as it occurs."),
            Wrong(share_normalised, "You compare two ways in; compare the way in with the way out, 1 − after_vowel."),
        ),
    ),
    Exercise(
        id="what_is_aigc.transitions",
        objective=2,
        text="`counts[i, j]` says how often symbol j followed symbol i. Return the transition matrix that makes the "
        "text most probable.",
        stub="def transitions(counts):\n    return ...",
        hints=(
            "Every row is a distribution of its own: what follows symbol i.",
            "Divide each row by its sum; `keepdim=True` keeps the sums standing in a column.",
        ),
        solution=transitions,
        inputs=_counts,
        arguments=(tensor("counts", "symbols", "symbols"),),
        wrong=(
            Wrong(transitions_by_column, "Your columns add up to 1; that tells where a symbol came from. Use rows."),
            Wrong(transitions_of_pairs, "You divide by all counts; that is the probability of the pair."),
            Wrong(transitions_broadcast, "Your row sums were laid along the columns; use `keepdim=True`."),
        ),
    ),
    Exercise(
        id="what_is_aigc.cost",
        objective=2,
        text="`chances` holds the probability that a model gave to each character of a text before reading it. Return "
        "the cross-entropy in nats per character.",
        stub="def cost(chances):\n    return ...",
        hints=(
            "The surprise at one character is minus the logarithm of its probability.",
            "Per character means the average over the text; nats means the natural logarithm.",
        ),
        solution=cost,
        inputs=_chances,
        arguments=(tensor("chances", "characters"),),
        wrong=(
            Wrong(cost_total, "You add the surprises up; divide by the number of characters."),
            Wrong(cost_in_bits, "Your unit is the bit; nats use the natural logarithm."),
            Wrong(cost_of_mean, "You average probabilities and take the logarithm after; take the logarithms first."),
            Wrong(cost_negative, "Your sign is turned over: a surprise is never negative."),
            Wrong(cost_perplexity, "That is the perplexity, e to the power of the cross-entropy."),
            Wrong(
                cost_entropy,
                "That is the formula of an entropy; every character of the text counts once, whatever its probability.",
            ),
            Wrong(
                cost_entropy_averaged,
                "You weight each surprise with its probability; every character of the text counts once.",
            ),
        ),
    ),
    Exercise(
        id="what_is_aigc.smooth",
        objective=2,
        text="`counts` says what followed a context, `shorter` is the distribution that the shorter context predicts. "
        "Mix `strength` made-up observations in.",
        stub="def smooth(counts, shorter, strength):\n    return ...",
        hints=(
            "The made-up observations are `strength` in all, spread as `shorter` says.",
            "A probability is counted plus made up, over the sum of both.",
        ),
        solution=smooth,
        inputs=_context,
        arguments=(
            tensor("counts", "symbols"),
            tensor("shorter", "symbols"),
            number("strength"),
        ),
        wrong=(
            Wrong(smooth_one_each, "You give every symbol the same; spread what is made up as `shorter` says."),
            Wrong(smooth_leaking, "Your probabilities add up to more than 1; divide by the made-up observations too."),
            Wrong(smooth_not, "You left the made-up observations out; what was never counted is still impossible."),
        ),
    ),
    Question(
        id="what_is_aigc.fluent",
        objective=3,
        text="A language model answers “17 + 25 = 32.” in a perfect sentence. Which explanation fits your measurement?",
        options=(
            Option(
                "It was trained to continue texts plausibly, and nothing checks a sum before it is written.",
                True,
                "A likely continuation is often true, because true sentences are frequent. Where they are rare, as "
                "with sums nobody wrote down, likely and true part company.",
            ),
            Option(
                "It knows the answer and makes a slip, as people do.",
                False,
                "Its errors grow with the size of the numbers and return at every run with greedy decoding. A slip "
                "would go away when asked again.",
            ),
            Option(
                "It was not trained long enough; fluent models do not make false statements.",
                False,
                "Longer training lowers the rate of errors. Fluency and truth stay different properties, so the check "
                "stays necessary.",
            ),
            Option(
                "It copied a false page.",
                False,
                "Possible for one sum, but hardly for all the sums that it gets wrong.",
            ),
        ),
    ),
    Question(
        id="what_is_aigc.copying",
        objective=4,
        text="A Markov chain that looks back ten characters needs 0.34 nats per character on its training text and "
        "1.30 on new text. It writes by drawing from its counts. What will you see?",
        options=(
            Option(
                "Excellent new text: 0.34 nats is close to perfect.",
                False,
                "It is perfect where it has the text already. On new text it is worse than a model that looks back "
                "half as far.",
            ),
            Option(
                "Long passages copied from the training text.",
                True,
                "Little surprise means little choice: after most runs of ten characters one continuation is left, the "
                "one that stands there. Check every output for long copies.",
            ),
            Option(
                "Nonsense, because it overfits.",
                False,
                "An overfitted text model writes well, in the words of others. That is what makes it risky.",
            ),
            Option(
                "Nothing special; training text always scores better.",
                False,
                "A small gap is usual. Here the model pays nearly four times as much on new text.",
            ),
        ),
    ),
    Project(
        id="what_is_aigc.project",
        objective=4,
        text="Run the seven stages on a text of your own (at least 100,000 characters that you may use). Decide what a "
        "sentence must pass before anybody sees it, and report how many pass.",
        rubric=(
            "Where the text comes from and its licence stand at the top of the report.",
            "A part that the model never sees, and the cross-entropy on it for at least five orders.",
            "At least three rules of verification, each with a sentence that it rejects and one that it lets pass.",
            "The longest run copied from the training text, for the chosen order and for a higher one.",
            "One paragraph: who would use the output, what could go wrong, and who answers for it.",
        ),
    ),
)
