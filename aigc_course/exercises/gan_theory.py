"""Exercises of the chapter on the theory of GANs.

Objectives: 0 the best discriminator and the game's only goal, 1 a judge as ratio and bound, 2 what each generator
descends on, 3 eigenvalues of an update, 4 three misreadings.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.gan_theory import (
    bound,
    bound_all_real,
    bound_doubled,
    bound_of_answers,
    bound_pooled,
    bound_swapped,
    bound_with_log_two,
    bound_without_constant,
    slopes,
    slopes_exchanged,
    slopes_in_the_logit,
    slopes_negative,
    slopes_of_the_answer,
    update,
    update_generator_first,
    update_helpful,
    update_non_saturating,
    update_rewarded,
    update_simultaneous,
    update_stale,
    update_unpenalised,
)


def _two_batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    real, fake = (torch.randn(size(generator, *sizes), generator=generator) for sizes in ((8, 11), (5, 7)))
    return 1.5 * real + 1, 1.5 * fake - 1


def _logits_and_shift(generator: torch.Generator) -> tuple[Tensor, float]:
    theta = 0.5 + 2 * float(torch.rand((), generator=generator))
    return -theta * torch.randn(size(generator, 18, 21), generator=generator) - theta**2 / 2, theta


def _place(generator: torch.Generator) -> tuple[float, float, float, float]:
    u = torch.rand(4, generator=generator).tolist()
    return 0.5 + u[0], -0.5 - u[1], 0.1 + 0.3 * u[2], 0.2 + u[3]


EXERCISES = (
    Question(
        id="gan_theory.half",
        objective=0,
        text="A discriminator answers exactly one half to every example, real or generated. What follows?",
        options=(
            Option(
                "The generator draws exactly the data's distribution.",
                False,
                "Only if this discriminator is the best one against it. An untrained network that always answers one "
                "half says nothing: V is then −log 4 for every generator.",
            ),
            Option(
                "The value is −log 4, and nothing more can be said without knowing that this judge is the best one.",
                True,
                "V(q, ½) = −log 4 whatever q is. Only if ½ is also the best answer, D* = ½, does p = q follow.",
            ),
            Option(
                "The generator has collapsed to one mode.",
                False,
                "Against a collapsed generator the best answer is far from one half; this judge may just be untrained.",
            ),
            Option(
                "The value is zero, because nobody wins.",
                False,
                "The value is 2 · log ½ = −log 4. Zero would be a judge that is always right and certain.",
            ),
        ),
    ),
    Exercise(
        id="gan_theory.bound",
        objective=1,
        text="From the logits that a judge gives to fresh real and fresh generated examples, return the bound on the "
        "Jensen–Shannon divergence in nats.",
        stub="def bound(real, fake):\n    return ...",
        hints=(
            "Against the best judge, V = 2 JSD − log 4; against any other, V is smaller. Solve for JSD.",
            "V is the mean of log D over real examples plus the mean of log(1 − D) over generated ones.",
            "`F.logsigmoid(logit)` is log D and `F.logsigmoid(-logit)` is log(1 − D).",
        ),
        solution=bound,
        inputs=_two_batches,
        arguments=(
            tensor("real", "real examples"),
            tensor("fake", "fake examples"),
        ),
        wrong=(
            Wrong(bound_doubled, "Your result is twice the bound: V + log 4 is *two* divergences."),
            Wrong(bound_without_constant, "You left out log 4; a judge that answers ½ must give 0."),
            Wrong(bound_with_log_two, "You added log 2 instead of log 4: there is a −log 2 in each of both means."),
            Wrong(bound_swapped, "You exchanged real and generated; real examples want a high logit."),
            Wrong(bound_pooled, "You averaged over both kinds at once; each has its own mean, however many there are."),
            Wrong(bound_of_answers, "You took the logarithm of the mean answer; the value is the mean of logarithms."),
            Wrong(
                bound_all_real,
                "You label generated examples real; for them the value has log(1 − D), `F.logsigmoid(-fake)`.",
            ),
        ),
    ),
    Question(
        id="gan_theory.audit",
        objective=1,
        text="A colleague trains a judge on 500 real and 500 generated pictures until its loss is almost zero, and "
        "reports a Jensen–Shannon divergence of 0.69 nats, from the same pictures. What do you answer?",
        options=(
            Option(
                "The generator's pictures have nothing in common with the real ones.",
                False,
                "A large network can learn 1,000 pictures by heart, even when both halves come from one distribution.",
            ),
            Option(
                "Every judge gives a lower bound, so the true divergence is at least 0.69.",
                False,
                "The bound holds on average for examples that had no part in choosing the judge. These had.",
            ),
            Option(
                "Ask for the bound on pictures that the judge has not seen, and for that between two real halves.",
                True,
                "Fresh pictures restore the bound, and real against real shows what the judge finds where there is "
                "nothing.",
            ),
            Option(
                "The judge was not trained for long enough.",
                False,
                "Longer training makes the number on its own pictures larger still, up to log 2 = 0.69.",
            ),
        ),
    ),
    Exercise(
        id="gan_theory.slopes",
        objective=2,
        text="Real examples come from N(0, 1), generated ones are theta + z. You get the logits that D* gives to a "
        "batch of generated examples. Return the slopes of the saturating and of the non-saturating loss by theta, "
        "with the judge held still.",
        stub="def slopes(logit, theta):\n    return ...",
        hints=(
            "The chain has three factors: loss by logit, logit by x, x by theta. The last one is 1.",
            "The best logit is theta²/2 − theta · x with theta held still in the judge: its slope in x is −theta.",
            "Loss by logit: −D for log(1 − D), and −(1 − D) for −log D. Multiply, then average over the batch.",
        ),
        solution=slopes,
        inputs=_logits_and_shift,
        arguments=(
            tensor("logit", "examples"),
            number("theta"),
        ),
        wrong=(
            Wrong(slopes_exchanged, "You exchanged the two losses: the saturating one goes with D, the other 1−D."),
            Wrong(slopes_negative, "Your sign is turned over: descending must bring theta towards 0."),
            Wrong(slopes_in_the_logit, "You stopped at the logit; multiply by its slope in x, which is −theta."),
            Wrong(slopes_of_the_answer, "You differentiated by D; by the logit, D(1 − D) comes as another factor."),
        ),
    ),
    Exercise(
        id="gan_theory.update",
        objective=3,
        text="Write one alternating update of the Dirac game, the discriminator first, with the penalty ½ · penalty · "
        "phi² in the discriminator's loss. Both players take the saturating game's own losses. All four arguments are "
        "plain numbers. Return theta, phi.",
        stub="def update(theta, phi, step, penalty):\n    return ...",
        hints=(
            "The value is −log 2 − log(1 + exp(phi · theta)); its slope in phi · theta is −D.",
            "The discriminator climbs: phi changes by step · (−D · theta − penalty · phi).",
            "The generator descends: theta changes by step · D · phi, with the *new* phi, also inside D.",
        ),
        solution=update,
        inputs=_place,
        arguments=(
            number("theta"),
            number("phi"),
            number("step"),
            number("penalty"),
        ),
        wrong=(
            Wrong(update_simultaneous, "Your generator answers to the old discriminator: simultaneous descent."),
            Wrong(update_generator_first, "Your generator moves first; in this book's update the discriminator does."),
            Wrong(update_rewarded, "Your penalty pushes phi away from 0; it is a cost, so it pulls phi back."),
            Wrong(update_unpenalised, "Your penalty has no effect; its slope is penalty · phi."),
            Wrong(update_non_saturating, "Your generator descends on −log D; this game is the saturating one, with D."),
            Wrong(update_stale, "Your generator uses the new phi, but an answer D that was computed with the old one."),
            Wrong(update_helpful, "Your generator lowers its own logit; it wants D to be high."),
        ),
    ),
    Question(
        id="gan_theory.eigen",
        objective=3,
        text="In a game of two numbers each arrow depends on the other player alone, and at the goal the Jacobian has "
        "the eigenvalues ±2i. What do you expect of small steps?",
        options=(
            Option(
                "Convergence, because no eigenvalue has a positive real part.",
                False,
                "None has a negative one either, so nothing pulls the players in. They turn.",
            ),
            Option(
                "Simultaneous steps spiral slowly outwards, alternating ones keep circling.",
                True,
                "1 ± 2iη has a modulus above 1; the matrix of an alternating update has determinant 1.",
            ),
            Option(
                "Both spiral outwards, but smaller steps converge.",
                False,
                "Smaller steps spiral outwards more slowly: the growth is about 1 + 2η² per update, above 1 for all η.",
            ),
            Option(
                "The generator's gradient vanishes.",
                False,
                "Imaginary eigenvalues speak of rotation. Each player has a gradient as long as the other is not at 0.",
            ),
        ),
    ),
    Question(
        id="gan_theory.sum",
        objective=4,
        text="A program adds L_D and the non-saturating L_G, calls `backward` once and lets both networks step. It "
        "runs, and its loss falls. What has it learned to do?",
        options=(
            Option(
                "The same as the game, in half of the time.",
                False,
                "In the game each network follows its own loss. Here the generator also follows L_D, which it should "
                "raise, not lower.",
            ),
            Option(
                "Nothing: the gradients cancel.",
                False,
                "That happens to the generator with the saturating loss. With the non-saturating one something is "
                "left, and it points the wrong way.",
            ),
            Option(
                "To make generated examples easy to tell from real ones.",
                True,
                "Over both networks the sum is a constant minus a divergence: it falls when the distributions part.",
            ),
            Option(
                "To draw the mean of the data.",
                False,
                "Nothing in the sum asks for the mean. Its minimum lies where both distributions have no overlap.",
            ),
        ),
    ),
    Project(
        id="gan_theory.project",
        objective=1,
        text="Audit a generator of this book that is not adversarial: a variational autoencoder, a mixture, or the "
        "Gaussian digits. Bound the divergence between its samples and the data by judges of growing size.",
        rubric=(
            "Real against real, with the same numbers of pictures, as the floor of every judge.",
            "The bound on fresh pictures, with error bars over at least five seeds of judge and split.",
            "A curve of the bound against the judge's size or training time, on seen and on fresh pictures.",
            "A calibration plot of the judge whose bound you report.",
            "The pictures that the judge is surest about, and one sentence on what gives the generator away.",
        ),
    ),
)
