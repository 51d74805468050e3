import io
import statistics
import sys
import threading
import time
import warnings
from _thread import interrupt_main

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from aigc_course.core import trying
from aigc_course.core.comparing import Tolerance
from tests.core.conftest import long


def draw(generator):
    return torch.randn(3, generator=generator), 1.0 + torch.rand((), generator=generator).item()


def attempt(function, plain=("y",)):
    return trying.attempt(draw, function, ("x", "y"), plain)


def test_a_function_is_tried_on_fresh_inputs():
    seen = []
    tried = attempt(lambda x, y: seen.append(x) or x * y)
    assert len(tried.results) == trying.TRIALS
    assert len({float(x[0]) for x in seen}) == trying.TRIALS
    assert (tried.trouble, tried.notes, tried.slow) == ("", (), False)


def test_one_buffer_filled_and_returned_each_time():
    buffer = [0.0]

    def function(x, y):
        buffer[0] = y
        return buffer

    assert len({result[0].item() for result in attempt(function).results}) == trying.TRIALS


def test_an_answer_that_spoils_its_inputs_spoils_nothing_else():
    first = attempt(lambda x, y: x.zero_()).results
    assert all((result == 0).all() for result in first)
    assert all((result != 0).any() for result in attempt(lambda x, y: x).results)


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def fail(error):
    raise error


def again(x, y):
    return again(x, y)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, y: 1 / 0, "your function raised ZeroDivisionError: division by zero"),
        (lambda x, y: sys.exit(), "your function ends Python"),
        (lambda x, y: exit(3), "your function ends Python"),
        (lambda x, y: fail(Mute()), "your function raised Mute: (its message cannot be read)"),
        (lambda x, y: fail(BaseException("odd")), "your function raised BaseException: odd"),
        (lambda x, y: fail(ValueError("a" * 100_000)), "aaa…"),
        (lambda x, y: fail(ValueError("one\ntwo")), "raised ValueError: one (at"),
        (again, "calls itself again and again"),
        (lambda x: x, "your function takes (x); it is called with (x, y)"),
        (lambda x, y, z: x, "your function takes (x, y, z); it is called with (x, y)"),
        (
            lambda x, y: torch.log(y),
            "`y` is a plain number, not a tensor, and `log` wants a tensor: use math.log, or torch.tensor(y)",
        ),
        (lambda x, y: y.log(), "`y` is a plain number, not a tensor, and `log` wants a tensor: use math.log"),
        (lambda x, y: torch.clamp(y, min=0), "`y` is a plain number"),
        (lambda x, y: y.mean(), "compute with it as it is, or torch.tensor(y)"),
        (lambda x, y: torch.sqrt(np.float64(y)), "use math.sqrt"),
        (lambda x, y: float(x), "take one number and got a whole tensor"),
        (lambda x, y: y.strip(), "`strip` wants"),
    ],
)
def test_an_error_is_one_short_sentence(function, words):
    said = attempt(function).trouble
    assert words in said
    assert len(said) < 400
    assert "\n" not in said


def test_plain_numbers_are_named_together():
    said = attempt(lambda x, y: torch.log(y), ("value", "floor", "noise")).trouble
    assert said.startswith("`value`, `floor` and `noise` are plain numbers, not tensors")
    assert "`log` wants a tensor and got a plain number: use math.log" in attempt(lambda x, y: torch.log(y), ()).trouble


def test_an_error_names_its_line():
    assert "(at `return 1 / 0`)" in attempt(divides).trouble

    assert "(at `return statistics.mean([])`)" in attempt(averages).trouble


def divides(x, y):
    return 1 / 0


def averages(x, y):
    return statistics.mean([])


def test_a_builtin_that_does_not_tell_its_arguments_is_tried():
    assert attempt(max).trouble == attempt(lambda x, y: max(x, y)).trouble.partition(" (at")[0]
    assert attempt(torch.mul).trouble == ""


def test_a_fault_of_the_draw_is_no_trouble_of_the_learner():
    with pytest.raises(ZeroDivisionError):
        trying.attempt(lambda generator: (1 / 0,), lambda x: x, ("x",))


@pytest.mark.usefixtures("listening")
def test_an_interrupt_goes_through_at_once():
    threading.Timer(0.1, interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        attempt(long)


def noisy(x, y):
    print("hello", y)
    print("beware", file=sys.stderr)
    return x


def test_output_is_shown_once(capsys):
    attempt(noisy)
    out, err = capsys.readouterr()
    assert out.count("hello") == 1
    assert err.count("beware") == 1


def test_output_is_shortened(capsys):
    attempt(lambda x, y: print("flood" * 100_000))
    out = capsys.readouterr().out
    assert out.startswith("floodflood")
    assert out.count("is left out") == 1
    assert "\\n" not in out, "a line break, not its two characters"
    assert len(out) < trying.OUTPUT + 100


@pytest.mark.parametrize(("texts", "said"), [(("a", "b"), True), (("ab",), True), (("", "a", ""), False)])
def test_the_last_character_that_has_room_is_passed_on_and_what_follows_is_told(texts, said):
    to = io.StringIO()
    limited = trying._Limited(to, 1)
    for text in texts:
        limited.write(text)
    assert to.getvalue().startswith("a")
    assert ("is left out" in to.getvalue()) is said


def test_what_a_function_displays_is_shown_once(monkeypatch, capsys):
    from IPython.display import display

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    try:
        attempt(lambda x, y: display("seen"))
    finally:
        shell.clear_instance()
    assert capsys.readouterr().out.count("seen") == 1


def test_warnings_are_the_learners_to_see():
    with pytest.warns(UserWarning, match="careful"):
        attempt(lambda x, y: warnings.warn("careful", stacklevel=1))


def test_a_slow_function_is_announced_and_tried_on_fewer_inputs(monkeypatch, capsys):
    monkeypatch.setattr(trying, "SLOW", 0.05)
    tried = attempt(lambda x, y: time.sleep(0.2) or x)
    assert len(tried.results) == trying.FEWEST
    assert tried.slow
    assert capsys.readouterr().out.count("has been running for 0.05 seconds") == 1


def test_a_quick_function_is_not_announced(capsys):
    attempt(lambda x, y: x)
    assert capsys.readouterr().out == ""


@pytest.fixture
def usual():
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


def dtype_and_device(x, y):
    assert torch.zeros(1).dtype == torch.float32
    assert torch.zeros(1).device.type == "cpu"
    return torch.zeros(1) + x


@pytest.mark.usefixtures("usual")
def test_a_default_device_of_the_learners_does_not_matter_and_is_put_back():
    torch.set_default_device("meta")
    tried = attempt(dtype_and_device)
    assert torch.get_default_device().type == "meta"
    assert not tried.trouble
    assert tried.notes == ("torch's default device is “meta”; the grader computes on the CPU and leaves it as it was",)
    torch.set_default_device(None)
    with torch.device("meta"):
        assert len(attempt(dtype_and_device).notes) == 1
        assert torch.zeros(1).is_meta
    assert torch.zeros(1).device.type == "cpu"


@pytest.mark.usefixtures("usual")
def test_a_default_precision_of_the_learners_does_not_matter_and_is_put_back():
    torch.set_default_dtype(torch.float64)
    tried = attempt(dtype_and_device)
    assert torch.get_default_dtype() == torch.float64
    assert not tried.trouble
    assert "default precision is torch.float64" in tried.notes[0]


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    "change", [lambda: torch.set_default_device("meta"), lambda: torch.set_default_dtype(torch.float64)]
)
def test_a_function_that_changes_a_default_is_told_and_it_is_put_back(change):
    tried = attempt(lambda x, y: dtype_and_device(x, y) + (change() or 0))
    assert not tried.trouble
    assert tried.notes == (trying.CHANGES,)
    assert torch.zeros(1).device.type == "cpu"
    assert torch.get_default_dtype() == torch.float32


def test_gradients_are_on_whatever_surrounds_the_call():
    def slope(x, y):
        x.requires_grad_()
        return torch.autograd.grad((y * x**2).sum(), x)[0]

    for surrounding in (torch.inference_mode(), torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16)):
        with surrounding:
            assert attempt(slope).trouble == ""


def test_random_numbers_of_the_learners_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    attempt(lambda x, y: torch.rand(7))
    assert torch.equal(torch.rand(2), expected)


def test_functions_with_noise_see_the_same_noise():
    given, expected = (attempt(f).results for f in (lambda x, y: x + torch.randn(3), lambda x, y: torch.randn(3) + x))
    assert all(torch.equal(a, b) for a, b in zip(given, expected, strict=True))


def test_an_argument_that_is_held_keeps_its_first_value_in_the_present_shape():
    def growing(generator):
        n = 2 + generator.initial_seed()
        return n * torch.ones(n), n, torch.arange(n * 2).reshape(2, n)

    for index in range(3):
        given = trying.arguments(trying.held(growing, index), 3)
        first, now = trying.arguments(growing, 0)[index], trying.arguments(growing, 3)
        for i in {0, 1, 2} - {index}:
            assert torch.equal(torch.as_tensor(given[i]), torch.as_tensor(now[i]))
        assert torch.as_tensor(given[index]).shape == torch.as_tensor(now[index]).shape
        assert set(torch.as_tensor(given[index]).flatten().tolist()) == set(torch.as_tensor(first).flatten().tolist())


def test_what_an_answer_ignores():
    near = Tolerance()
    for function, index in ((lambda x, y: x, [1]), (lambda x, y: y, [0]), (lambda x, y: x * y, [])):
        assert trying.ignored(draw, function, attempt(function).results, near) == index
    assert trying.ignored(draw, sometimes, attempt(lambda x, y: x).results, near) == []


def sometimes(x, y):
    sys.exit()


def test_exchanged_arguments():
    assert trying.arguments(trying.exchanged(draw, 0, 1), 2)[0] == trying.arguments(draw, 2)[1]
