"""Frame scores to spots, and the settings of that, chosen on validation videos.

A spotter gives every step a probability for every class. Steps under a low threshold are forgotten, then suppression
leaves one spot for each bump. For the score, only the window of the suppression matters: dropping weak spots never
raises an average precision (the best precision at a recall or more can only lose points of the curve), so the threshold
is a fixed small number that keeps files short. For people, the threshold is all that matters: `display_thresholds`
finds, for each class, the score above which showing spots is right most often without missing too many. Introduced in
notebook 01.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Event, Video, count_labels, frame_steps
from course_lib.files import InputError
from course_lib.scoring.ball import Spots, ball_tables, label_table, score_ball_tables
from course_lib.scoring.matching import match_labels_in_time_order
from course_lib.scoring.rule import Rule
from course_lib.scoring.suppression import SUPPRESSIONS
from course_lib.scoring.tables import SpotTable

__all__ = [
    "HALF_WIDTHS_SEC",
    "DecodeConfig",
    "StepSpots",
    "best_decoding",
    "choose_decoding",
    "decode",
    "decode_steps",
    "display_thresholds",
    "few_labels",
    "few_labels_note",
    "widths_in_steps",
]

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


HALF_WIDTHS_SEC = (0.12, 0.2, 0.32, 0.48, 0.64, 0.8, 1.2)
"""Windows tried in football: actions of one class rarely follow each other within half a second."""


def choose_decoding(
    scores: Sequence[NDArray[np.floating]],
    videos: Sequence[Video],
    rule: Rule,
    *,
    windows_steps: Sequence[int] | None = None,
    suppressions: Sequence[str] = ("symmetric",),
    threshold: float = 0.01,
) -> DecodeConfig:
    """Try every suppression with every window and take what gives the best mAP; the earlier tried where equal.

    Args:
        scores: frame scores of each validation video, (T, K+1) or (T, K).
        videos: the videos, in the same order.
        rule: as for `score_ball_actions`; K classes.
        windows_steps: windows to try; `HALF_WIDTHS_SEC` in steps if not given.
        suppressions: keys of `SUPPRESSIONS` to try.
        threshold: of all candidates; see above why it is not tried out.

    Raises:
        InputError: not one array of scores for each video, or nothing to try.
    """
    if len(scores) != len(videos):
        raise InputError(f"{len(scores)} arrays of frame scores for {len(videos)} videos: expected one for each")
    if windows_steps is None:
        windows_steps = widths_in_steps(HALF_WIDTHS_SEC, rule)
    labels = label_table(videos, rule)

    def quality(decoding: DecodeConfig) -> float:
        return score_ball_tables(labels, _decoded(scores, videos, labels, decoding, rule), rule).map

    return best_decoding(quality, suppressions, windows_steps, threshold)


def best_decoding(
    quality: Callable[[DecodeConfig], float],
    suppressions: Sequence[str],
    windows_steps: Sequence[int],
    threshold: float = 0.01,
) -> DecodeConfig:
    """The first of the best by this quality, every suppression with every window.

    Raises:
        InputError: there is nothing to try.
    """
    tried = [DecodeConfig(name, int(window), threshold) for name in suppressions for window in windows_steps]
    if not tried:
        raise InputError("no suppression or no window to choose from")
    return max(tried, key=quality)


def widths_in_steps(half_widths_sec: Sequence[float], rule: Rule) -> list[int]:
    """Half widths in whole steps, 1 or more, each once, rising."""
    return sorted({max(1, round(width * rule.fps / rule.stride)) for width in half_widths_sec})


def _decoded(
    scores: Sequence[NDArray[np.floating]],
    videos: Sequence[Video],
    labels: SpotTable,
    decoding: DecodeConfig,
    rule: Rule,
) -> SpotTable:
    """Decode all videos straight into columns for scoring."""
    columns: tuple[list[NDArray], ...] = ([], [], [], [])
    for place, (video, video_scores) in enumerate(zip(videos, scores, strict=True)):
        spots = decode_steps(video_scores, labels.num_classes, decoding)
        step = frame_steps(spots.step * rule.stride, rule.stride, rule.fps, video.fps)
        values = (spots.class_index, np.full(len(step), place), np.minimum(step, labels.num_frames - 1), spots.score)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return SpotTable.build(
        *map(np.concatenate, columns),
        num_classes=labels.num_classes,
        num_videos=labels.num_videos,
        num_frames=labels.num_frames,
    )


def display_thresholds(videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[str, float]:
    """For each class the lowest score to show: where F1 (harmonic mean of precision and recall) is best.

    A class without a single hit on these videos gets the median of the others, or 0.5 if all are like that. On fewer
    than `FEW_LABELS` labels the best threshold is an accident of three or four spots, and a low one buries the right
    spots under false ones: there it is at least the median of the classes with more labels (of all, where none has).

    Args:
        videos: the validation videos.
        spots: found in them, decoded with a low threshold.
        rule: as for `score_ball_actions`.
    """
    labels, found = ball_tables(videos, spots, rule)
    (match,) = match_labels_in_time_order(labels, found, np.array([rule.radius_steps]))
    hit = np.zeros(len(found), bool)
    hit[match[match >= 0]] = True
    label_starts, spot_starts = labels.class_starts(), found.class_starts()
    best: dict[str, float] = {}
    for index, label in enumerate(rule.classes):
        mine = slice(spot_starts[index], spot_starts[index + 1])
        if not hit[mine].any():
            continue
        order = np.argsort(-found.value[mine], kind="stable")
        value, hits = found.value[mine][order], np.cumsum(hit[mine][order])
        num_labels = label_starts[index + 1] - label_starts[index]
        f1 = 2 * hits / (np.arange(1, len(hits) + 1) + num_labels)
        # Spots of equal score are shown together or not at all.
        f1[:-1][value[:-1] == value[1:]] = -1
        best[label] = float(value[np.argmax(f1)])
    few = few_labels(videos, rule)
    trusted = [value for label, value in best.items() if label not in few] or list(best.values())
    usual = float(np.median(trusted)) if trusted else 0.5
    floors = dict.fromkeys(few, usual)
    return {label: max(best.get(label, usual), floors.get(label, 0.0)) for label in rule.classes}


FEW_LABELS = 10


def few_labels(videos: Sequence[Video], rule: Rule) -> dict[str, int]:
    """The classes whose thresholds are chosen on fewer than `FEW_LABELS` labels of these videos, and on how many."""
    counts = count_labels(videos)
    return {label: counts[label] for label in rule.classes if counts[label] < FEW_LABELS}


def few_labels_note(few: Mapping[str, int]) -> str:
    """What whoever looks at spots is to be told of it; empty if no class has few."""
    if not few:
        return ""
    classes = ", ".join(f"{label} ({number})" for label, number in few.items())
    return f"which spots are worth showing was chosen on few validation labels, and cautiously, for {classes}"
