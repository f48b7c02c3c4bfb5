"""Checks of notebook x02: positions as waves, attention that looks only so far. Introduced in notebook x02."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.checks.report import answered, close_to, run_cases

__all__ = ["local_attention", "wave_positions"]


def wave_positions(student_function: Callable[..., Any]) -> None:
    """`wave_positions(num_steps, dim) -> array (num_steps, dim)`: the position of each step as waves; `dim` is even.

    Column 2i of row t is sin(t / 10000^(2i/dim)), column 2i + 1 the cosine of the same angle.
    """
    settings = [
        ("step 0 alone", (1, 4), "at step 0 every angle is 0: sine 0, cosine 1, in turns"),
        ("two columns", (5, 2), "the first wave turns by 1 a step: sin(t), cos(t)"),
        (
            "four columns",
            (3, 4),
            "the second wave turns by 1 / 10000^(2/4) = 1/100 a step; sines and cosines take turns",
        ),
        ("as many as a layer has", (50, 512), "the exponent is 2i/dim, from 0 up to nearly 1"),
    ]
    run_cases(student_function, answered(_wave_positions, settings), close_to(1e-5))


def local_attention(student_function: Callable[..., Any]) -> None:
    """`local_attention(queries, keys, values, reach) -> array (T, d)`: attention to steps at most `reach` away.

    `queries`, `keys`, `values` are NumPy arrays (T, d). The weights of the steps within reach are the softmax of query
    times key divided by the square root of d; those of all others are 0.
    """
    draw = np.random.default_rng(0)
    queries, keys, values = draw.normal(size=(3, 9, 4))
    equal, ramp = np.zeros((5, 2)), np.arange(5.0)[:, None].repeat(2, axis=1)
    full = len(queries)
    settings = [
        ("equal queries and keys, all within reach", (equal, equal, ramp, 5), "equal shares: the mean of all values"),
        ("equal queries and keys, reach 1", (equal, equal, ramp, 1), "the mean of a step and its neighbours"),
        ("reach 0", (queries, keys, values, 0), "a step that sees only itself gets its own value"),
        ("everything within reach", (queries, keys, values, full), "divide by the square root of d before the softmax"),
        ("reach 2", (queries, keys, values, 2), "leave steps out before the softmax, so that the rest sums to 1"),
        (
            "products of thousands",
            (100 * queries, 100 * keys, values, 2),
            "exp(1000) is infinite: subtract the largest product of each row first",
        ),
    ]
    run_cases(student_function, answered(_local_attention, settings), close_to(1e-5))


def _wave_positions(num_steps: int, dim: int) -> NDArray[np.float64]:
    """Column by column, for the expected values; equal to `course_lib.models.necks.transformer.sinusoids`."""
    table = np.zeros((num_steps, dim))
    for column in range(0, dim, 2):
        angles = np.arange(num_steps) / 10_000 ** (column / dim)
        table[:, column], table[:, column + 1] = np.sin(angles), np.cos(angles)
    return table


def _local_attention(queries: ArrayLike, keys: ArrayLike, values: ArrayLike, reach: int) -> NDArray[np.float64]:
    """Step by step, for the expected values."""
    queries, keys, values = (np.asarray(part, dtype=np.float64) for part in (queries, keys, values))
    rows = []
    for t, query in enumerate(queries):
        near = slice(max(t - reach, 0), t + reach + 1)
        products = keys[near] @ query / np.sqrt(len(query))
        shares = np.exp(products - products.max())
        rows.append(shares @ values[near] / shares.sum())
    return np.stack(rows)
