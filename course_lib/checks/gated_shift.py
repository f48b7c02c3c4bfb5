"""Checks of notebook x01: moving channels by a step, a gate that says how much moves, one step of a GRU.

Introduced in notebook x01.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checks.report import answered, close_to, run_cases

__all__ = ["gate_and_shift", "gru_step", "shift_halves"]


def shift_halves(student_function: Callable[..., Any]) -> None:
    """`shift_halves(x) -> array (T, C)`: the first half of the channels a step earlier, the second half a step later.

    `x` is (T, C) with C even. What comes in from outside the clip is zero. The input stays as it is.
    """
    rolled = "the channels then read 2, 3, 0 and 0, 4, 5; np.roll alone would bring the first step round to the last"
    by_hand = [
        ("three steps, two channels", [[1, 4], [2, 5], [3, 6]], [[2, 0], [3, 4], [0, 5]], rolled),
        ("four channels", [[1, 2, 5, 6], [3, 4, 7, 8]], [[3, 4, 0, 0], [0, 0, 5, 6]], "half of them go either way"),
        ("one step", [[3, 4]], [[0, 0]], "both neighbours lie outside the clip"),
        ("whole numbers of either sign", [[-1, 1], [2, -2]], [[2, 0], [0, 1]], ""),
    ]
    cases = [
        (what, (np.array(x, dtype=float),), np.array(expected, dtype=float), hint)
        for what, x, expected, hint in by_hand
    ]
    run_cases(student_function, cases, close_to())


def gate_and_shift(student_function: Callable[..., Any]) -> None:
    """`gate_and_shift(values, gates) -> array (T, C)`: of each step the share `gates` moves on, the rest stays.

    `values` is (T, C), `gates` (T,), usually from -1 to 1. Step t ends up with what the gate of t - 1 let through from
    t - 1, and with what the gate of t kept back. The input stays as it is.
    """
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    settings = [
        ("closed gates", [0, 0, 0], [[1, 10], [2, 20], [4, 40]], "nothing moves"),
        ("open gates", [1, 1, 1], [[0, 0], [1, 10], [2, 20]], "all moves one step on; zero comes in"),
        ("half open gates", [0.5, 0.5, 0.5], [[0.5, 5], [1.5, 15], [3, 30]], "half of each step stays"),
        ("one open gate", [0, 1, 0], [[1, 10], [0, 0], [6, 60]], "the gate belongs to the step that the value leaves"),
        ("a negative gate", [-1, 0, 0], [[2, 20], [1, 10], [4, 40]], "tanh goes down to -1: minus the value moves on"),
        ("one step", [0.25], [[0.75, 7.5]], "what moves is lost"),
    ]
    cases = [
        (what, (values[: len(gates)], np.array(gates, dtype=float)), np.array(expected, dtype=float), hint)
        for what, gates, expected, hint in settings
    ]
    run_cases(student_function, cases, close_to())


def gru_step(student_function: Callable[..., Any]) -> None:
    """`gru_step(x, h, W, U, b, c) -> array (D,)`: the memory after one step of a GRU.

    `x` (D_in,), memory `h` (D,); `W` (3D, D_in), `U` (3D, D), `b` and `c` (3D,) hold the rows of r, then z, then n.
    """
    h = np.array([1.0, -2.0])
    zeros = {"W": np.zeros((6, 3)), "U": np.zeros((6, 2)), "b": np.zeros(6), "c": np.zeros(6)}
    x = np.array([0.3, -0.6, 1.0])
    draw = np.random.default_rng(0)
    any_weights = {name: draw.normal(size=value.shape) for name, value in zeros.items()}
    keep = zeros | {"b": np.array([0, 0, 50, 50, 3, 3.0])}
    write = zeros | {"b": np.array([0, 0, -50, -50, 0.5, -0.5])}
    reset = zeros | {"b": np.array([-50, -50, -50, -50, 0.5, 0.5]), "c": np.array([0, 0, 0, 0, 9, 9.0])}
    settings = [
        ("all weights 0", zeros, "r and z are sigmoid(0) = 1/2, n is 0: half of the memory stays"),
        ("z at 1: keep", keep, "the memory stays as it is: h ← (1 - z) n + z h"),
        ("z at 0: write", write, "the memory becomes n = tanh(...)"),
        ("r at 0: forget before writing", reset, "r multiplies all of U_n h + c_n, the bias c_n included"),
        ("any weights", any_weights, "rows of r, then z, then n; r multiplies U_n h + c_n, not h"),
        ("no memory yet", any_weights | {"h": np.zeros(2)}, ""),
    ]
    cases = [(what, (x, each.get("h", h), *(each[name] for name in "WUbc")), hint) for what, each, hint in settings]
    run_cases(student_function, answered(_gru_step, cases), close_to())


def _gru_step(x: NDArray, h: NDArray, w: NDArray, u: NDArray, b: NDArray, c: NDArray) -> NDArray:
    """The same for the expected values; equal to `torch.nn.GRU` (see the tests)."""
    of_x, of_h = (w @ x + b).reshape(3, -1), (u @ h + c).reshape(3, -1)
    r, z = 1 / (1 + np.exp(-(of_x[:2] + of_h[:2])))
    return (1 - z) * np.tanh(of_x[2] + r * of_h[2]) + z * h
