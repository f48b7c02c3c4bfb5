"""The settings of decoding, chosen on validation videos.

For the score, only the window matters: dropping weak spots never raises an average precision (the best precision at a
recall or more can only lose points of the curve), so the threshold is a fixed small number that keeps files short.
For people, the threshold is all that matters: `display_thresholds` finds, for each class, the score above which
showing spots is right most often without missing too many. Introduced in notebook 01.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.decoding.decode import DecodeConfig, decode_steps
from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.events.steps import frame_steps
from course_lib.metrics.ball_actions import Spots, ball_tables, label_table, score_ball_tables
from course_lib.metrics.matching import match_labels_in_time_order
from course_lib.metrics.rule import Rule
from course_lib.metrics.tables import SpotTable

__all__ = ["HALF_WIDTHS_SEC", "best_decoding", "choose_decoding", "display_thresholds", "widths_in_steps"]

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
        return score_ball_tables(labels, _decoded(scores, videos, labels, decoding, rule), rule).map12

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

    A class without a single hit on these videos gets the median of the others, or 0.5 if all are like that.

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
    usual = float(np.median(list(best.values()))) if best else 0.5
    return {label: best.get(label, usual) for label in rule.classes}
