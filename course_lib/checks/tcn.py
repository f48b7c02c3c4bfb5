"""Checks of notebook 04: how many steps a stack of layers sees, and a convolution that knows only the past.

Introduced in notebook 04.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks.report import answered, close_to, run_cases

__all__ = ["causal_convolution", "steps_seen"]


def steps_seen(student_function: Callable[..., Any]) -> None:
    """`steps_seen(dilations, taps=3) -> int`: steps of the input, from first to last, that one answer depends on.

    `dilations` holds one number for each layer: how many steps its taps stand apart. A step counts itself.
    """
    settings = [
        ("no layer", ([],), 1, "without a layer a step sees itself: 1"),
        ("one layer", ([1],), 3, "itself, one before, one after"),
        ("the slides' two layers", ([1, 1],), 5, "the second layer sees 3 answers of the first, which overlap"),
        ("one dilated layer", ([4],), 9, "from the first tap to the last: two gaps of 4 steps, and one"),
        ("dilations 1, 2, 4", ([1, 2, 4],), 15, "each layer adds two gaps; they add up, they do not multiply"),
        ("one tap", ([1, 2, 4], 1), 1, "one tap has no gaps"),
        ("five taps", ([1, 2], 5), 13, "five taps have four gaps"),
        ("ten layers of MS-TCN", ([2**i for i in range(10)],), 2047, ""),
    ]
    run_cases(student_function, settings)


def causal_convolution(student_function: Callable[..., Any]) -> None:
    """`causal_convolution(x, weight, bias, dilation) -> array (T, E)`: a dilated convolution that sees no later step.

    `x` (T, D); `weight` (E, D, taps), whose last tap falls on the step itself and the one before it `dilation` steps
    earlier; `bias` (E,). Before the first step there are zeros. No ReLU. NumPy arrays.
    """
    draw = np.random.default_rng(0)
    ramp, now = np.arange(1.0, 7.0)[:, None], np.array([[[0.0, 0.0, 1.0]]])
    x, weight, bias = draw.normal(size=(9, 4)), draw.normal(size=(2, 4, 3)), draw.normal(size=2)
    none = np.zeros(1)
    settings = [
        ("the last tap alone", (ramp, now, none, 1), "the last tap falls on the step itself: the input comes back"),
        ("the last tap but one alone", (ramp, now[..., [1, 2, 0]], none, 1),
         "the step before: everything one later, a 0 in front"),
        ("a bias", (ramp, 0 * now, np.array([2.0]), 1), "add it to every step, the first ones too"),
        ("the first tap, dilation 2", (ramp, now[..., [2, 0, 1]], none, 2), "two gaps of 2 steps: four steps earlier"),
        ("several numbers a step", (x, weight, bias, 1), "every tap has a matrix (E, D) of its own"),
        ("dilation 3", (x, weight, bias, 3), ""),
        ("two taps", (x, weight[..., :2], bias, 2), "take the number of taps from the weight"),
        ("a clip shorter than the reach", (x[:2], weight, bias, 4), "only the last tap lies inside the clip"),
    ]  # fmt: skip
    run_cases(student_function, answered(_causal, settings), close_to())


def _causal(
    x: NDArray[np.float64], weight: NDArray[np.float64], bias: NDArray[np.float64], dilation: int
) -> NDArray[np.float64]:
    """The expected answers, step by step."""
    answers = np.tile(bias, (len(x), 1))
    taps = weight.shape[2]
    for t in range(len(x)):
        for tap in range(taps):
            step = t - (taps - 1 - tap) * dilation
            if step >= 0:
                answers[t] += weight[:, :, tap] @ x[step]
    return answers
