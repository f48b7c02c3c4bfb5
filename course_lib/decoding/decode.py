"""Frame scores to spots.

A spotter gives every step a probability for every class. Steps under a low threshold are forgotten, then suppression
leaves one spot for each bump. The threshold should stay low: average precision looks at spots by score and never
suffers from weak ones at the end of the list. What to show to a viewer is another question, which
`display_thresholds` answers. Introduced in notebook 01.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.decoding.suppression import SUPPRESSIONS
from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.metrics.rule import Rule

__all__ = ["DecodeConfig", "StepSpots", "decode", "decode_steps"]

# What an event may be told beside what it is, when, and how surely.
FIELDS = tuple(field.name for field in fields(Event) if field.name not in ("label", "frame", "score"))


@dataclass(frozen=True)
class DecodeConfig:
    """How frame scores become spots.

    Attributes:
        suppression: a key of `SUPPRESSIONS`.
        window_steps: its width to either side, in steps of the stride it was chosen for (its meaning is the
            suppression's).
        threshold: steps with a lower probability are no candidates.
    """

    suppression: str = "symmetric"
    window_steps: int = 6
    threshold: float = 0.01


class StepSpots(NamedTuple):
    """Spots as columns of one length: class and step (int64), score (float64)."""

    class_index: NDArray[np.int64]
    step: NDArray[np.int64]
    score: NDArray[np.float64]


def decode(
    scores: NDArray[np.floating],
    rule: Rule,
    decoding: DecodeConfig,
    fields: Mapping[str, NDArray[np.floating]] | None = None,
) -> list[Event]:
    """Turn the frame scores of one video into spots.

    Args:
        scores: (T, K+1) with background first, or (T, K): probabilities of each step.
        rule: K classes; step i is frame i * stride.
        decoding: suppression, window, threshold.
        fields: what else the spotter says of every step, by the name of the field of `Event` that it fills: (T,), or
            (T, n) for a tuple of n. A spot gets what is said of its step: "xy", (T, 2), is where it would be.

    Returns:
        Events with scores, by frame, then in the order of classes.

    Raises:
        InputError: the shape does not fit the classes, a field is none of an event or has not one row a step, or there
            is no such suppression.
    """
    spots = decode_steps(scores, len(rule.classes), decoding)
    said = {}
    for name, rows in (fields or {}).items():
        if name not in FIELDS:
            raise InputError(f"field {name!r}: expected one of {', '.join(FIELDS)}")
        if len(rows) != len(scores):
            raise InputError(f"{name} of shape {np.shape(rows)}: expected {len(scores)} rows, one a step")
        of_spots = np.asarray(rows)[spots.step].tolist()
        said[name] = list(map(tuple, of_spots)) if np.ndim(rows) > 1 else of_spots
    columns = zip(spots.class_index.tolist(), spots.step.tolist(), spots.score.tolist(), strict=True)
    return [
        Event(rule.classes[index], step * rule.stride, score, **{name: values[row] for name, values in said.items()})
        for row, (index, step, score) in enumerate(columns)
    ]


def decode_steps(scores: NDArray[np.floating], num_classes: int, decoding: DecodeConfig) -> StepSpots:
    """`decode` without making events: columns by step, then class."""
    scores = np.asarray(scores)
    if scores.ndim != 2 or scores.shape[1] - num_classes not in (0, 1):
        raise InputError(
            f"frame scores of shape {scores.shape}: expected (steps, {num_classes}) or (steps, {num_classes + 1})"
        )
    if decoding.suppression not in SUPPRESSIONS:
        raise InputError(f"suppression {decoding.suppression!r}: expected one of {', '.join(SUPPRESSIONS)}")
    suppress = SUPPRESSIONS[decoding.suppression]
    foreground = scores[:, scores.shape[1] - num_classes :]
    indices, steps, values = [], [], []
    for index in range(num_classes):
        column = foreground[:, index]
        candidates = np.flatnonzero(column >= decoding.threshold)
        kept, kept_scores = suppress(
            candidates, column[candidates].astype(np.float64), decoding.window_steps, decoding.threshold
        )
        indices.append(np.full(len(kept), index))
        steps.append(candidates[kept])
        values.append(kept_scores)
    class_index, step, value = np.concatenate(indices), np.concatenate(steps), np.concatenate(values)
    order = np.lexsort((class_index, step))
    return StepSpots(class_index[order], step[order], value[order])
