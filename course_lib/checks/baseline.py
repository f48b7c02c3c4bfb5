"""Checks of notebook 02: windows over a video, dilated targets, the loss. Introduced in notebook 02."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib.checks.report import answered, run_cases

__all__ = ["clip_starts", "dilate", "weighted_cross_entropy"]


def clip_starts(student_function: Callable[..., Any]) -> None:
    """`clip_starts(num_steps, clip_len, overlap) -> list of int`: where clips begin so that they cover every step.

    The first begins at 0; each next one `round(clip_len * (1 - overlap))` later (at least 1), the last one earlier if
    needed so that it ends with the video. No clip reaches beyond the end, unless the video is shorter than a clip.
    """
    settings = [
        ("a video of exactly one clip", (32, 32, 0.0), "one clip covers it"),
        ("three clips without overlap", (96, 32, 0.0), ""),
        ("a tail", (100, 32, 0.0), "the last clip begins at 68: the last four steps want a score too"),
        ("a video shorter than a clip", (20, 32, 0.0), "one clip at 0, whose end is padded; never a negative start"),
        ("half overlap", (96, 32, 0.5), "the next clip begins 16 steps later"),
        ("90 % overlap", (300, 100, 0.9), "(1 - 0.9) * 100 is 9.999...: round it, int() would cut it down to 9"),
        ("an overlap of nearly 1", (40, 10, 0.99), "the next clip begins at least one step later"),
        ("overlap and a tail", (113, 32, 0.5), "the tail again"),
        ("a video of one step", (1, 32, 0.5), ""),
    ]
    run_cases(student_function, answered(_complain_about_starts, settings))


def _complain_about_starts(num_steps: int, clip_len: int, overlap: float) -> Callable[[Any], str]:
    """A judge of the starts for these settings: returns what is wrong with them, "" if nothing is."""
    hop = max(round(clip_len * (1 - overlap)), 1)

    def complain(answer: Any) -> str:
        with_settings = f"({num_steps} steps, clips of {clip_len}, overlap {overlap:g})"
        starts = [int(start) for start in answer]
        covered = {step for start in starts for step in range(start, start + clip_len)}
        missing = [step for step in range(num_steps) if step not in covered]
        if any(start < 0 for start in starts):
            return f"a clip begins before the video {with_settings}: {starts[:8]}"
        if missing:
            return f"no clip covers step {missing[0]} {with_settings}"
        if any(start > max(num_steps - clip_len, 0) for start in starts):
            return f"the clip from {max(starts)} reaches beyond the end {with_settings}"
        gaps = np.diff(starts).tolist()
        if any(gap != hop for gap in gaps[:-1]) or not all(1 <= gap <= hop for gap in gaps):
            return f"clips should begin {hop} steps apart, the last one at most {with_settings}; got {starts[:8]}"
        return ""

    return complain


def dilate(student_function: Callable[..., Any]) -> None:
    """`dilate(targets, radius) -> array (T,)`: every step at most `radius` from an event gets the event's class.

    `targets` is an int array (T,), 0 for background. Between two events the nearer one wins, the later if both are as
    near. The input stays as it is.
    """
    by_hand = [
        ("one event", [0, 0, 0, 1, 0, 0, 0], 1, [0, 0, 1, 1, 1, 0, 0], ""),
        ("radius 0", [0, 2, 0], 0, [0, 2, 0], "nothing changes"),
        ("no events", [0, 0, 0], 2, [0, 0, 0], ""),
        ("an event at the start", [3, 0, 0, 0], 2, [3, 3, 3, 0], "a negative index counts from the end: cut off at 0"),
        ("an event at the end", [0, 0, 0, 3], 2, [0, 3, 3, 3], ""),
        ("two events in reach of each other", [0, 1, 0, 0, 2, 0], 3, [1, 1, 1, 2, 2, 2], "the nearer event wins"),
        ("a step as near to both", [1, 0, 2], 1, [1, 2, 2], "of two events as near the later wins"),
        ("neighbouring events", [0, 1, 2, 0], 2, [1, 1, 2, 2], "an event's own step keeps its class"),
    ]
    cases = [
        (what, (np.array(targets), radius), np.array(expected), hint)
        for what, targets, radius, expected, hint in by_hand
    ]
    run_cases(student_function, cases, lambda answer, expected: np.array_equal(np.asarray(answer), expected))


def weighted_cross_entropy(student_function: Callable[..., Any]) -> None:
    """`weighted_cross_entropy(logits, targets, weights) -> number`, in PyTorch or NumPy.

    `logits` (T, K+1); `targets` (T, K+1), rows sum to 1; `weights` (K+1,). The mean of -log p over steps and classes,
    weighted with target times class weight, divided by the sum of those weights.
    """
    one_hot = np.eye(3)
    logits = np.array([[2.0, 0.0, -1.0], [0.5, 1.5, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0]])
    soft = np.array([[0.7, 0.3, 0.0], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    hard = one_hot[[0, 1, 2, 0]]
    even, heavy = np.ones(3), np.array([1.0, 5.0, 5.0])
    settings = [
        ("equal logits: any guess is as good", (np.zeros((2, 3)), one_hot[[0, 1]], even), "this must be log(3)"),
        ("hard targets, all weights 1", (logits, hard, even), "softmax along the classes, then -log"),
        ("hard targets, events weigh 5", (logits, hard, heavy),
         "divide by the sum of the weights of the targets, not by the number of steps"),
        ("soft targets, events weigh 5", (logits, soft, heavy), "every class counts with target times weight"),
        ("logits of 1000", (np.array([[1000.0, 0.0, 0.0]]), one_hot[[1]], even),
         "exp(1000) is infinite: subtract the largest logit first, or use log_softmax"),
    ]  # fmt: skip
    cases = answered(_weighted_cross_entropy, settings)

    def in_numpy_or_torch(*arrays: np.ndarray) -> Any:
        try:
            return student_function(*arrays)
        except NotImplementedError:
            raise
        except Exception as numpy_error:  # what is written for PyTorch can fail on arrays in many ways
            import torch

            try:
                return student_function(*(torch.from_numpy(array).float() for array in arrays))
            except Exception as torch_error:
                meant_torch = "Tensor" in str(numpy_error) or "numpy" in str(numpy_error)
                raise (torch_error if meant_torch else numpy_error) from None

    def same(answer: Any, expected: float) -> bool:
        return math.isclose(float(answer), expected, rel_tol=1e-4, abs_tol=1e-6)

    if callable(student_function):
        in_numpy_or_torch.__name__ = getattr(student_function, "__name__", "your function")
        run_cases(in_numpy_or_torch, cases, same)
    else:
        run_cases(student_function, cases, same)


def _weighted_cross_entropy(logits: ArrayLike, targets: ArrayLike, weights: ArrayLike) -> float:
    """The same in NumPy, for the expected values; equal to `course_lib.models.losses` (see the tests)."""
    logits, weight = np.asarray(logits), np.asarray(targets) * np.asarray(weights)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(weight * log_p).sum() / weight.sum())
