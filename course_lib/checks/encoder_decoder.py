"""Checks of notebook 06: lengths on the way down, the maximum over shares of a clip, a gated window.

Introduced in notebook 06.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks.report import answered, close_to, listed, run_cases

__all__ = ["halvings", "max_to", "mixer_window"]


def halvings(student_function: Callable[..., Any]) -> None:
    """`halvings(num_steps, levels) -> list of int`: the number of steps at every level, the first being `num_steps`.

    Level i has num_steps / 2^i steps, rounded up, so that no step is dropped and one step stays one step.
    """
    settings = [
        ("a power of two", (32, 2), [32, 16, 8], "the first length is the clip's own: one more than there are levels"),
        ("no level at all", (50, 0), [50], "nothing is halved"),
        ("a clip of the full recipe", (50, 2), [50, 25, 13], "25 / 2 is rounded up: 13"),
        ("three levels", (50, 3), [50, 25, 13, 7], ""),
        ("a single step", (1, 2), [1, 1, 1], "one step stays one step"),
        ("an odd length", (5, 3), [5, 3, 2, 1], "round up: -(-n // 2), or math.ceil(n / 2)"),
    ]
    run_cases(student_function, settings, listed(int))


def max_to(student_function: Callable[..., Any]) -> None:
    """`max_to(values, num_bins) -> array (num_bins,)`: the maximum over each of `num_bins` even shares of the clip.

    `values` (T,). Share i runs from i·T/num_bins to (i+1)·T/num_bins; its begin is rounded down and its end up to a
    whole step, so that shares may overlap. The end itself is not in the share. The input stays as it is.
    """
    settings = [
        ("two shares of two", [1.0, 3.0, 2.0, 0.0], 2, [3, 2], "steps 0 and 1, then steps 2 and 3"),
        ("one share", [1.0, 5.0, 2.0], 1, [5], "the maximum of all"),
        ("as many shares as steps", [4.0, -1.0, 2.0], 3, [4, -1, 2], "each step is its own share"),
        (
            "negative numbers",
            [-3.0, -1.0, -2.0, -4.0],
            2,
            [-1, -2],
            "the maximum need not be positive: start from none",
        ),
        (
            "shares that overlap",
            [0.0, 0.0, 9.0, 0.0, 0.0],
            2,
            [9, 9],
            "5 / 2 = 2.5: the first share is steps 0 to 2, the second steps 2 to 4",
        ),
        ("three shares of five steps", [1.0, 7.0, 2.0, 5.0, 3.0], 3, [7, 7, 5], "steps 0 and 1; 1, 2 and 3; 3 and 4"),
        ("a single step", [2.0], 1, [2], ""),
    ]
    cases = [
        (what, (np.array(values), n), np.array(expected, float), hint) for what, values, n, expected, hint in settings
    ]
    run_cases(student_function, cases, close_to())


def mixer_window(student_function: Callable[..., Any]) -> None:
    """`mixer_window(values, window, long_window, gate) -> array (T,)`: the gated window term of one channel.

    gate * values, multiplied step by step with (window * values + long_window * values), where * is the convolution of
    deep learning: output t is the sum over i of kernel[i] times values[t + i - len(kernel) // 2], zeros outside the
    clip. `values` (T,), the kernels of odd lengths, no bias. The inputs stay as they are.
    """
    draw = np.random.default_rng(6)
    one = np.array([1.0])
    noise, impulse = draw.normal(size=12), np.eye(9)[4]
    back, ahead = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    settings = [
        ("kernels of one tap", (noise, one, one, one), "the gate times the sum of the two windows: 2 v²"),
        (
            "a kernel that looks one step back",
            (np.arange(1.0, 6.0), back, 0 * one, one),
            "window [1, 0, 0] gives the value of the step before; np.convolve turns kernels around: turn yours first",
        ),
        (
            "a gate that looks one step ahead",
            (np.arange(1.0, 6.0), one, 0 * one, ahead),
            "the gate is a convolution too",
        ),
        (
            "an impulse and three kernels",
            (impulse, np.array([1.0, 2, 3]), np.array([1.0, 0, 0, 0, 1]), np.array([0.0, 1, 1])),
            "",
        ),
        ("noise", (noise, draw.normal(size=3), draw.normal(size=7), draw.normal(size=3)), "both windows count"),
        (
            "a clip shorter than the long window",
            (noise[:4], draw.normal(size=3), draw.normal(size=9), draw.normal(size=3)),
            "the answer has as many steps as the clip: np.convolve(…, 'same') gives as many as the longer of the two",
        ),
        ("a clip of one step", (noise[:1], draw.normal(size=3), draw.normal(size=5), draw.normal(size=3)), ""),
    ]
    run_cases(student_function, answered(_mixer_window, settings), close_to())


def _mixer_window(
    values: NDArray[np.float64],
    window: NDArray[np.float64],
    long_window: NDArray[np.float64],
    gate: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The right answer; equal to the library's mixer (see the tests)."""

    def filtered(kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        padded = np.pad(values, len(kernel) // 2)
        return np.array([padded[t : t + len(kernel)] @ kernel for t in range(len(values))])

    return filtered(gate) * (filtered(window) + filtered(long_window))
