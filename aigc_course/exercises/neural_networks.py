"""Exercises of the chapter on neural networks.

Objectives: 0 gradients by hand, 1 automatic differentiation, 2 descent and its relatives, 3 training and measuring,
4 checking gradients and rejecting.
"""

import torch
from torch import Tensor

from aigc_course.core.grading import Exercise, Option, Project, Question, Wrong, number, tensor
from aigc_course.exercises._draws import size
from aigc_course.exercises.answers.neural_networks import (
    adam_change,
    adam_eps_under_root,
    adam_half_corrected,
    adam_mean_one_step_early,
    adam_multiplied,
    adam_one_step_early,
    adam_one_step_late,
    adam_square_one_step_early,
    adam_step,
    adam_swapped,
    adam_uncorrected,
    adam_uphill,
    adam_without_root,
    delta_divided,
    delta_of_activation,
    delta_of_sigmoid,
    delta_of_tangent,
    delta_untransposed,
    delta_without_slope,
    delta_without_square,
    hidden_delta,
    softmax_along_the_batch,
    softmax_gradient,
    softmax_loss,
    softmax_negative,
    softmax_of_softmax,
    softmax_over_all_numbers,
    softmax_summed,
    softmax_twice,
    softmax_without_label,
)


def _layer(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    n = size(generator, 3, 6)
    weights = torch.randn(n, n, generator=generator)
    return weights, torch.randn(n, generator=generator), torch.randn(n, generator=generator)


def _logits(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    n, c = size(generator, 5, 8), size(generator, 3, 5)
    return 2 * torch.randn(n, c, generator=generator), torch.randint(c, (n,), generator=generator)


def _moments(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    n = size(generator, 4, 7)
    theta, m = torch.randn(n, generator=generator), torch.randn(n, generator=generator)
    v = m**2 * 0.1 + torch.rand(n, generator=generator) * 0.1 + 0.01
    m[0], v[0] = 3e-5, 1e-9  # where gradients are tiny, the place of ε shows
    return theta, m, v, size(generator, 2, 8)


EXERCISES = (
    Question(
        "neural_networks.rate",
        objective=2,
        text="You descend on $\\tfrac12 \\lambda \\theta^2$ with $\\lambda = 5$ and a learning rate of 0.3. What does "
        "θ do?",
        options=(
            Option("It changes sign at every step and halves in size.", True, "The factor is 1 − 0.3 · 5 = −0.5."),
            Option("It falls to zero without changing sign.", False, "That needs a rate below 1/λ = 0.2."),
            Option("It diverges.", False, "That needs a rate above 2/λ = 0.4."),
            Option("It jumps to zero at once.", False, "That happens at 1/λ = 0.2 exactly."),
        ),
    ),
    Exercise(
        "neural_networks.delta",
        objective=0,
        text="A tanh layer has the inputs `z`. The next layer has the weight matrix `weights`, with one row for each "
        "of its units, and the deltas `delta`. Return the deltas of the tanh layer.",
        stub="def hidden_delta(weights, delta, z):\n    return ...",
        hints=(
            "How does the loss change with the activation of unit j? Every unit of the next layer passes on a part.",
            "The sum over the next layer's units runs over the rows of the matrix: use its transpose.",
            "The slope of tanh at z is 1 − tanh²(z). Multiply.",
        ),
        solution=hidden_delta,
        inputs=_layer,
        arguments=(
            tensor("weights", "units", "units"),
            tensor("delta", "units"),
            tensor("z", "units"),
        ),
        wrong=(
            Wrong(
                delta_without_slope, "you stopped at the activation: ∂L/∂a; to get to z, multiply by the slope of tanh"
            ),
            Wrong(delta_divided, "you divided by the slope of tanh; the chain rule multiplies by it (row F09)"),
            Wrong(
                delta_untransposed,
                "you used the matrix in the forward direction; on the way back, sum over its rows: transpose it",
            ),
            Wrong(
                delta_of_activation, "1 − z² is the slope only if z were the activation; the slope at z is 1 − tanh²(z)"
            ),
            Wrong(delta_of_tangent, "1 + tan² is the derivative of tan; that of tanh has a minus: 1 − tanh²(z)"),
            Wrong(delta_of_sigmoid, "a (1 − a) is the derivative of the sigmoid; that of tanh is 1 − a²"),
            Wrong(delta_without_square, "the square is missing: the derivative of tanh is 1 − tanh²(z)"),
        ),
    ),
    Exercise(
        "neural_networks.softmax",
        objective=1,
        text="Return the gradient of the mean cross-entropy of a batch with respect to its logits (one row per "
        "example). `classes` holds the right class of each example, as a whole number.",
        stub="def softmax_gradient(logits, classes):\n    return ...",
        hints=(
            "For one example it is p − y, with y a row of zeros and one 1.",
            "`torch.eye(c)[classes]` makes the rows y.",
            "The loss is a mean over the batch, so divide by the number of examples.",
        ),
        solution=softmax_gradient,
        inputs=_logits,
        arguments=(
            tensor("logits", "examples", "classes"),
            tensor("classes", "examples", whole=True),
        ),
        wrong=(
            Wrong(softmax_negative, "the sign is turned: this is the direction in which the loss falls"),
            Wrong(softmax_summed, "this is the gradient of the sum; the loss is the mean over the batch"),
            Wrong(softmax_without_label, "only the term log Σ eᶻ; the right class's own logit has a slope of −1 too"),
            Wrong(
                softmax_along_the_batch,
                "your softmax runs over the examples; probabilities must add up to 1 in each row",
            ),
            Wrong(softmax_twice, "You apply the softmax twice: `F.cross_entropy` expects logits and applies its own"),
            Wrong(softmax_of_softmax, "You apply the softmax twice; once gives the probabilities"),
            Wrong(
                softmax_over_all_numbers, "You divide by all numbers of the batch; the loss is a mean over its examples"
            ),
            Wrong(softmax_loss, "that is the loss itself; return its gradient, one number for each logit"),
        ),
    ),
    Exercise(
        "neural_networks.adam",
        objective=2,
        text="`m` and `v` are Adam's running means of the gradient and of its square after step `t` (1, 2, 3, …), with "
        "β₁ = 0.9 and β₂ = 0.999, both started at zero. Return the parameters after the step, with a rate of 0.1 "
        "and ε = 10⁻⁸.",
        stub="def adam_step(theta, m, v, t):\n    return ...",
        hints=(
            "Both means started at zero, so both are too small. By which factor?",
            "Divide m by 1 − β₁ᵗ and v by 1 − β₂ᵗ.",
            "Then go back by 0.1 times the corrected m over (root of the corrected v, plus ε).",
        ),
        solution=adam_step,
        inputs=_moments,
        arguments=(
            tensor("theta", "parameters"),
            tensor("m", "parameters"),
            tensor("v", "parameters"),
            number("t", whole=True),
        ),
        wrong=(
            Wrong(adam_uncorrected, "the running means are used as they are; both start at zero and need correction"),
            Wrong(
                adam_half_corrected, "the mean is corrected, the mean square is not; the first steps come out too big"
            ),
            Wrong(adam_without_root, "you divided by the mean square; its root has the unit of a gradient"),
            Wrong(adam_uphill, "the step has the right size and climbs; subtract it"),
            Wrong(adam_swapped, "the two corrections are swapped: β₁ belongs to m, β₂ to v"),
            Wrong(adam_eps_under_root, "ε stands under your root; add it to the root"),
            Wrong(
                adam_one_step_early, "your t is one too small in the corrections: t counts from 1, so the powers are βᵗ"
            ),
            Wrong(adam_one_step_late, "your t is one too large in the corrections: t counts from 1 already"),
            Wrong(adam_mean_one_step_early, "your t is one too small in the correction of m: the power is β₁ᵗ"),
            Wrong(adam_square_one_step_early, "your t is one too small in the correction of v: the power is β₂ᵗ"),
            Wrong(adam_multiplied, "you multiply by the corrections; both means are too small, so divide"),
            Wrong(adam_change, "that is the change alone; add it to theta"),
        ),
    ),
    Question(
        "neural_networks.error_bar",
        objective=3,
        text="On the same 297 test digits, network A reads 291 right and network B 293. What may you say?",
        options=(
            Option(
                "Nothing yet: the difference is smaller than the error bar of either.",
                True,
                "At 98% the standard error of 297 answers is 0.8 percentage points; the difference is 0.7.",
            ),
            Option(
                "B is better, since it was tested on the same digits.",
                False,
                "Then only the digits count that one reads and the other does not. Here as few as two, and two can "
                "fall to the same side by chance.",
            ),
            Option("B is better by 0.7 percentage points.", False, "Without an error bar the number says too much."),
            Option(
                "Repeating A with other seeds would settle it.",
                False,
                "Seeds show how training scatters; they do not make the test set larger.",
            ),
        ),
    ),
    Question(
        "neural_networks.check",
        objective=4,
        text="A colleague's network learns: its loss falls. A gradient check finds that the gradient of the first "
        "layer's weights is exactly half of the difference quotient, everywhere; all others agree. What is it?",
        options=(
            Option(
                "A mistake in the first layer's formula, for instance a factor of 2 forgotten.",
                True,
                "A gradient of half the size still descends. Only a check finds such a mistake.",
            ),
            Option("Rounding.", False, "Rounding is not an exact factor of one half."),
            Option("The step of the difference quotient is too large.", False, "Then the error would vary with place."),
            Option(
                "Nothing: the loss falls, so the gradient is right.",
                False,
                "A small step in any direction within 90° of steepest descent makes the loss fall.",
            ),
        ),
    ),
    Project(
        "neural_networks.project",
        objective=4,
        text="Write fifty digits by hand, photograph them and bring them to 8×8 pixels in the way the data set was "
        "made. Let the reader of this chapter read them, with the threshold chosen in the chapter. Find out why it "
        "does worse, improve it without retraining on your own digits, and choose a threshold again.",
        rubric=(
            "The preparation of the pictures is described exactly, and its effect on a test digit is shown.",
            "Accuracy and the share passed on to a person come with error bars, before and after.",
            "At least one cause of the errors is isolated by an experiment (place, size, weight of the pen, greys).",
            "The new threshold was chosen on digits other than those on which it is reported.",
        ),
    ),
)
