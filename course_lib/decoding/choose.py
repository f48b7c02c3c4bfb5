"""The settings of decoding, chosen on validation videos.

For the score, only the window matters: dropping weak spots never raises an average precision (the best precision at a
recall or more can only lose points of the curve), so the threshold is a fixed small number that keeps files short.
For people, the threshold is all that matters: `display_thresholds` finds, for each class, the score above which
showing spots is right most often without missing too many. Introduced in notebook 01.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.decoding.decode import decode_steps
from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.metrics.ball_actions import Spots, ball_tables, frame_steps, label_table, score_ball_tables
from course_lib.metrics.matching import match_labels_in_time_order
from course_lib.metrics.tables import SpotTable

__all__ = ["WINDOWS_SEC", "DecodeConfig", "choose_decoding", "display_thresholds"]

WINDOWS_SEC = (0.12, 0.2, 0.32, 0.48, 0.64, 0.8, 1.2)
"""Half widths tried by `choose_decoding`: actions of one class rarely follow each other within half a second."""


@dataclass(frozen=True)
class DecodeConfig:
    """How `decode` is to be called.

    Attributes:
        rule: a key of `RULES`.
        window_steps: in steps of the stride it was chosen for.
        threshold: lowest probability of a spot.
    """

    rule: str = "symmetric"
    window_steps: int = 6
    threshold: float = 0.01


def choose_decoding(
    scores: Sequence[NDArray[np.floating]],
    videos: Sequence[Video],
    classes: Sequence[str],
    *,
    stride: int,
    windows_steps: Sequence[int] | None = None,
    rules: Sequence[str] = ("symmetric",),
    threshold: float = 0.01,
    tolerance_sec: float = 1.0,
    fps: float = 25.0,
) -> DecodeConfig:
    """Try every rule with every window and take what gives the best mAP; the earlier tried where equal.

    Args:
        scores: frame scores of each validation video, (T, K+1) or (T, K).
        videos: the videos, in the same order.
        classes: K names; the mean goes over those that have labels.
        stride: frames a step.
        windows_steps: windows to try; `WINDOWS_SEC` in steps if not given.
        rules: keys of `RULES` to try.
        threshold: of all candidates; see above why it is not tried out.
        tolerance_sec, fps: of the score, as for `score_ball_actions`.

    Raises:
        InputError: not one array of scores for each video, or nothing to try.
    """
    if len(scores) != len(videos):
        raise InputError(f"{len(scores)} arrays of frame scores for {len(videos)} videos: expected one for each")
    if windows_steps is None:
        windows_steps = sorted({max(1, round(window * fps / stride)) for window in WINDOWS_SEC})
    tried = [DecodeConfig(rule, int(window), threshold) for rule in rules for window in windows_steps]
    if not tried:
        raise InputError("no rule or no window to choose from")
    labels = label_table(videos, classes, stride=stride, fps=fps)

    def quality(config: DecodeConfig) -> float:
        spots = _decoded(scores, videos, labels, config, stride, fps)
        return score_ball_tables(labels, spots, classes, tolerance_sec, fps / stride).map12

    return max(tried, key=quality)


def _decoded(
    scores: Sequence[NDArray[np.floating]],
    videos: Sequence[Video],
    labels: SpotTable,
    config: DecodeConfig,
    stride: int,
    fps: float,
) -> SpotTable:
    """Decode all videos straight into columns for scoring."""
    columns: tuple[list[NDArray], ...] = ([], [], [], [])
    for place, (video, video_scores) in enumerate(zip(videos, scores, strict=True)):
        spots = decode_steps(
            video_scores,
            labels.num_classes,
            window_steps=config.window_steps,
            threshold=config.threshold,
            rule=config.rule,
        )
        step = frame_steps(spots.step * stride, video, stride, fps)
        values = (spots.class_index, np.full(len(step), place), np.minimum(step, labels.num_frames - 1), spots.score)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return SpotTable.build(
        *map(np.concatenate, columns),
        num_classes=labels.num_classes,
        num_videos=labels.num_videos,
        num_frames=labels.num_frames,
    )


def display_thresholds(
    spots: Spots,
    videos: Sequence[Video],
    classes: Sequence[str],
    *,
    tolerance_sec: float = 1.0,
    stride: int = 1,
    fps: float = 25.0,
) -> dict[str, float]:
    """For each class the lowest score to show: where F1 (harmonic mean of precision and recall) is best.

    A class without a single hit on these videos gets the median of the others, or 0.5 if all are like that.

    Args:
        spots: of the validation videos, decoded with a low threshold.
        videos: the validation videos.
        classes, tolerance_sec, stride, fps: as for `score_ball_actions`.
    """
    labels, found = ball_tables(videos, spots, classes, stride=stride, fps=fps)
    (match,) = match_labels_in_time_order(labels, found, np.array([tolerance_sec * fps / stride / 2]))
    hit = np.zeros(len(found), bool)
    hit[match[match >= 0]] = True
    label_starts, spot_starts = labels.class_starts(), found.class_starts()
    best: dict[str, float] = {}
    for index, label in enumerate(classes):
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
    usual = float(np.median(list(best.values()))) if best else 0.5
    return {label: best.get(label, usual) for label in classes}
