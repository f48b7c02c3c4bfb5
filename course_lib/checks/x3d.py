"""Checks of notebook 03: what a convolution costs, and a squeeze that stays within its step.

Introduced in notebook 03.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks.report import answered, close_to, run_cases

__all__ = ["conv_multiplications", "gate_each_step"]


def conv_multiplications(student_function: Callable[..., Any]) -> None:
    """`conv_multiplications(in_channels, out_channels, kernel, groups, output) -> int`: multiplications of a 3D layer.

    `kernel` is (time, height, width) in taps, `output` (T, H, W), the places at which answers stand. With groups, every
    output channel sees only in_channels / groups of the input channels: 1 group is a full convolution, as many groups
    as channels a depthwise one. What padding multiplies by zero counts too.
    """
    settings = [
        ("one channel, one tap, one place", (1, 1, (1, 1, 1), 1, (1, 1, 1)), 1, ""),
        ("a 1x1x1 layer, one place", (24, 54, (1, 1, 1), 1, (1, 1, 1)), 1_296, "every channel in, for each out"),
        ("three taps over time, one channel", (1, 1, (3, 1, 1), 1, (10, 1, 1)), 30, "three for each of ten answers"),
        ("a full 3x3x3 layer, one place", (54, 54, (3, 3, 3), 1, (1, 1, 1)), 78_732, "27 taps a pair of channels"),
        ("a depthwise 3x3x3 layer, one place", (54, 54, (3, 3, 3), 54, (1, 1, 1)), 1_458, "each sees itself alone"),
        ("two groups", (8, 4, (1, 3, 3), 2, (1, 1, 1)), 144, "each of the 4 channels out sees 4 of the 8 in"),
        ("a depthwise layer over a clip", (54, 54, (3, 3, 3), 54, (32, 16, 28)), 20_901_888, "times the places"),
        ("places that are not cubes", (3, 24, (1, 3, 3), 1, (32, 32, 56)), 37_158_912, ""),
    ]  # fmt: skip
    run_cases(student_function, settings)


def gate_each_step(student_function: Callable[..., Any]) -> None:
    """`gate_each_step(x, w1, b1, w2, b2) -> array (C, T, H, W)`: squeeze-and-excitation that squeezes space alone.

    `x` (C, T, H, W); `w1` (R, C), `b1` (R,), `w2` (C, R), `b2` (C,). For each step t the mean over the picture gives C
    numbers m; its gates are sigmoid(w2 · relu(w1 · m + b1) + b2), and the step's channels are multiplied with them. The
    input stays as it is.
    """
    draw = np.random.default_rng(0)
    one, pair = np.ones((1, 1)), np.array([[1.0, -1.0]])
    still = np.repeat(draw.normal(size=(3, 1, 2, 4)), 5, axis=1)
    w1, b1, w2, b2 = (draw.normal(size=shape) for shape in ((2, 3), (2,), (3, 2), (3,)))
    flash = still.copy()
    flash[:, 2] += 5
    rest = (w1, b1, w2, b2)
    settings = [
        ("weights of 0", (np.ones((2, 3, 2, 2)), 0 * pair, np.zeros(1), 0 * pair.T, np.zeros(2)), "sigmoid(0) is 0.5"),
        ("one channel, one step", (np.full((1, 1, 2, 2), 2.0), one, np.zeros(1), one, np.zeros(1)), "2 · sigmoid(2)"),
        ("a negative sum before the ReLU", (-np.ones((1, 2, 1, 1)), one, np.zeros(1), one, np.zeros(1)),
         "relu between the two layers: a half again"),
        ("biases", (np.zeros((1, 2, 1, 1)) + 1, 0 * one, np.array([2.0]), one, np.array([-1.0])), "add b1 and b2"),
        ("a clip that stands still", (still, *rest), "the mean runs over height and width"),
        ("a clip in which one step flashes", (flash, *rest),
         "the other steps must not notice: each has gates of its own, from the mean over its picture"),
        ("as many steps as channels", (draw.normal(size=(3, 3, 4, 2)), *rest), "mind which axis is time"),
    ]  # fmt: skip
    run_cases(student_function, answered(_gate_each_step, settings), close_to(1e-8))


def _gate_each_step(
    x: NDArray[Any], w1: NDArray[Any], b1: NDArray[Any], w2: NDArray[Any], b2: NDArray[Any]
) -> NDArray[Any]:
    gated = x.copy()
    for step in range(x.shape[1]):
        squeezed = np.maximum(w1 @ x[:, step].mean(axis=(1, 2)) + b1, 0)
        gated[:, step] *= (1 / (1 + np.exp(-(w2 @ squeezed + b2))))[:, None, None]
    return gated
