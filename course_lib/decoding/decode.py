"""Frame scores to spots.

A spotter gives every step a probability for every class. Steps under a low threshold are forgotten, then suppression
leaves one spot for each bump. The threshold should stay low: average precision looks at spots by score and never
suffers from weak ones at the end of the list. What to show to a viewer is another question, which
`display_thresholds` answers. Introduced in notebook 01.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.decoding.suppression import RULES
from course_lib.errors import InputError
from course_lib.events import Event

__all__ = ["StepSpots", "decode", "decode_steps"]


class StepSpots(NamedTuple):
    """Spots as columns of one length: class and step (int64), score (float64)."""

    class_index: NDArray[np.int64]
    step: NDArray[np.int64]
    score: NDArray[np.float64]


def decode(
    scores: NDArray[np.floating],
    classes: Sequence[str],
    *,
    stride: int,
    window_steps: int,
    threshold: float,
    rule: str = "symmetric",
    xy: NDArray[np.floating] | None = None,
) -> list[Event]:
    """Turn the frame scores of one video into spots.

    Args:
        scores: (T, K+1) with background first, or (T, K): probabilities of each step.
        classes: K names.
        stride: frames a step; step i is frame i * stride.
        window_steps: width of the suppression to either side, in steps (its meaning is the rule's).
        threshold: steps with a lower probability are no candidates.
        rule: a key of `RULES`.
        xy: (T, 2) in [0, 1], where in the picture it would be at each step; a spot gets that of its step.

    Returns:
        Events with scores, by frame, then in the order of classes.

    Raises:
        InputError: the shape does not fit the classes, the places are not one a step, or there is no such rule.
    """
    spots = decode_steps(scores, len(classes), window_steps=window_steps, threshold=threshold, rule=rule)
    if xy is not None and np.shape(xy) != (len(scores), 2):
        raise InputError(f"places of shape {np.shape(xy)}: expected ({len(scores)}, 2), one a step")
    places = [None] * len(spots.step) if xy is None else map(tuple, np.asarray(xy)[spots.step].tolist())
    columns = zip(spots.class_index.tolist(), spots.step.tolist(), spots.score.tolist(), places, strict=True)
    return [Event(classes[index], step * stride, score, place) for index, step, score, place in columns]


def decode_steps(
    scores: NDArray[np.floating], num_classes: int, *, window_steps: int, threshold: float, rule: str = "symmetric"
) -> StepSpots:
    """`decode` without making events: columns by step, then class."""
    scores = np.asarray(scores)
    if scores.ndim != 2 or scores.shape[1] - num_classes not in (0, 1):
        raise InputError(
            f"frame scores of shape {scores.shape}: expected (steps, {num_classes}) or (steps, {num_classes + 1})"
        )
    if rule not in RULES:
        raise InputError(f"rule {rule!r}: expected one of {', '.join(RULES)}")
    foreground = scores[:, scores.shape[1] - num_classes :]
    indices, steps, values = [], [], []
    for index in range(num_classes):
        column = foreground[:, index]
        candidates = np.flatnonzero(column >= threshold)
        kept, kept_scores = RULES[rule](candidates, column[candidates].astype(np.float64), window_steps, threshold)
        indices.append(np.full(len(kept), index))
        steps.append(candidates[kept])
        values.append(kept_scores)
    class_index, step, value = np.concatenate(indices), np.concatenate(steps), np.concatenate(values)
    order = np.lexsort((class_index, step))
    return StepSpots(class_index[order], step[order], value[order])
