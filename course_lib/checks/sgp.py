"""Checks of notebook 05: how far stacked SGP layers see, and folding the slides' windows into one convolution.

Introduced in notebook 05.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks.report import answered, close_to, run_cases

__all__ = ["fold_windows", "window_reach"]


def window_reach(student_function: Callable[..., Any]) -> None:
    """`window_reach(kernel, k, layers) -> int`: steps either side that the windows of so many SGP layers can see.

    A layer has windows of `kernel` steps (odd) and of `round((kernel + 1) * k)` steps, plus one if that is even. The
    longer of the two counts. The gate for the whole clip and the norms are left out.
    """
    odd = "round((kernel + 1) * k) may be even: a window has a middle, so add one"
    settings = [
        ("the layer of this notebook", (9, 4, 1), 20, "windows of 9 and 41 steps; 20 of the 41 lie on each side"),
        ("two of them", (9, 4, 2), 40, "each layer adds its own reach"),
        ("the layer of TriDet", (3, 1.5, 1), 3, odd),
        ("no layer", (9, 4, 0), 0, "without a layer a step sees only itself"),
        ("a longer window that is odd already", (5, 1.5, 1), 4, "round(6 * 1.5) is 9, which stays 9"),
        ("a product that ends in one half", (1, 1.25, 3), 3, "Python's round(2.5) is 2, which makes 3 steps"),
        ("a k below 1", (9, 0.5, 1), 4, "the window of 9 steps is then the longer one"),
        ("five layers", (5, 2, 5), 30, odd),
    ]
    run_cases(student_function, settings)


def fold_windows(student_function: Callable[..., Any]) -> None:
    """`fold_windows(kernels, mix) -> array (C, C, 7)`: the one convolution that the slides' window branch is.

    `kernels` are three arrays (C, C, 3), of output channel, input channel and tap, with dilations 1, 2 and 3; `mix` is
    the 1x1 convolution behind them, (C, 3 C): its first C columns take what the first convolution gave. No biases.
    Tap 3 of the answer is the middle one.
    """
    one, zero = np.ones((1, 1, 3)), np.zeros((1, 1, 3))
    left = np.array([[[1.0, 0.0, 0.0]]])
    settings = [
        ("one channel, only dilation 1", ([one, zero, zero], [[1, 1, 1]]), "its taps are the steps -1, 0 and 1"),
        ("one channel, only dilation 3", ([zero, zero, one], [[1, 1, 1]]), "its taps are the steps -3, 0 and 3"),
        ("one channel, the left taps only", ([left, 2 * left, 3 * left], [[1, 1, 1]]), "step -d is tap 3 - d"),
        ("one channel, all three", ([one, one, one], [[1, 1, 1]]), "the middle taps fall on the same step: add them"),
        ("a 1x1 that weighs them", ([one, one, one], [[1, 10, 100]]), "column d - 1 of `mix` takes dilation d"),
        (
            "two channels",
            _random_windows(2, seed=1),
            "a matrix product over the channel between: mix @ kernel, per tap",
        ),
        ("three channels", _random_windows(3, seed=2), "output channel first, input channel second"),
    ]
    cases = [(what, (kernels, np.asarray(mix, dtype=float)), hint) for what, (kernels, mix), hint in settings]
    run_cases(student_function, answered(_fold, cases), close_to())


def _random_windows(dim: int, seed: int) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(dim, dim, 3)).round(1) for _ in range(3)], generator.normal(
        size=(dim, 3 * dim)
    ).round(1)


def _fold(kernels: list[NDArray[np.float64]], mix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The expected answer, a tap at a time; the tests hold it against the layer itself."""
    dim = len(mix)
    folded = np.zeros((dim, dim, 7))
    for dilation, kernel in enumerate(kernels, 1):
        part = mix[:, (dilation - 1) * dim : dilation * dim]  # what the 1x1 does to this convolution's answer
        for tap in range(3):
            folded[:, :, 3 + (tap - 1) * dilation] += part @ kernel[:, :, tap]
    return folded
