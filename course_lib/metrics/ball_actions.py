"""The course's everyday score: mAP-12, mAP-10 and AP per class of spots held as events.

The rule is SoccerNet's at one tolerance, one second wide by default. With stride 1 labels are placed as the server
places them; with a larger stride labels and spots are placed on the steps that a spotter scores, as in the starter
code of the ball-action course. mAP-10 leaves out FREE KICK and GOAL, of which the real test matches hold 2 and 6: one
hit there moves mAP-12 by several points. Introduced in notebook 01.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.classes import MAP10_EXCLUDED
from course_lib.errors import InputError
from course_lib.events import Event, Video
from course_lib.events.steps import event_steps
from course_lib.metrics.average_map import AverageMap, average_map
from course_lib.metrics.average_precision import (
    THRESHOLDS,
    count_at_thresholds,
    precision_and_recall,
    threshold_bins,
)
from course_lib.metrics.matching import match_labels_in_time_order
from course_lib.metrics.official_files import vector_frames
from course_lib.metrics.rule import Rule
from course_lib.metrics.tables import SpotTable

__all__ = [
    "BallScores",
    "EventColumns",
    "Spots",
    "ap_against_tolerance",
    "ball_tables",
    "event_columns",
    "label_table",
    "precision_recall",
    "score_ball_actions",
    "score_ball_tables",
]

Spots = Mapping[str, Sequence[Event]]
"""What a spotter found: video id to events with scores."""


@dataclass(frozen=True)
class BallScores:
    """Scores in [0, 1] at one tolerance.

    Attributes:
        map12: mean over all classes of the list (twelve for ball actions); a class without labels counts 0.
        map10: the mean without FREE KICK and GOAL; None where the list has neither.
        per_class: AP of each class.
        counts: labels of each class, as the metric counts them.
    """

    map12: float
    map10: float | None
    per_class: dict[str, float]
    counts: dict[str, int]


def score_ball_actions(videos: Sequence[Video], spots: Spots, rule: Rule) -> BallScores:
    """Score spots against the events of videos.

    Args:
        videos: where the labels are.
        spots: events with scores for each of the videos (an empty list where nothing was found); others are ignored.
        rule: classes, steps and tolerance.

    Raises:
        InputError: a video has no entry in `spots`, or a spot has no score.
    """
    return score_ball_tables(*ball_tables(videos, spots, rule), rule)


def score_ball_tables(labels: SpotTable, spots: SpotTable, rule: Rule) -> BallScores:
    """`score_ball_actions` for columns made by `ball_tables`."""
    result = average_map(labels, spots, (rule.tolerance_sec,), rule.steps_per_sec)
    per_class = dict(zip(rule.classes, map(float, result.all[0]), strict=True))
    ten = [value for name, value in per_class.items() if name not in MAP10_EXCLUDED]
    map10 = float(np.mean(ten)) if 0 < len(ten) < len(per_class) else None
    counts = dict(zip(rule.classes, map(int, result.num_visible + result.num_unshown), strict=True))
    return BallScores(float(result.all[0].mean()), map10, per_class, counts)


def ap_against_tolerance(
    videos: Sequence[Video], spots: Spots, rule: Rule, tolerances_sec: Sequence[float]
) -> dict[str, list[float]]:
    """AP of each class at each of these tolerances (seconds, full width), whatever the rule's own is."""
    result: AverageMap = average_map(*ball_tables(videos, spots, rule), tuple(tolerances_sec), rule.steps_per_sec)
    return {name: [float(value) for value in result.all[:, index]] for index, name in enumerate(rule.classes)}


def precision_recall(
    videos: Sequence[Video], spots: Spots, rule: Rule, label: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The precision-recall curve of one class at the thresholds of the metric that any spot reaches.

    Returns:
        Recall, precision and threshold, float64 of one length, by falling threshold (so recall rises).

    Raises:
        InputError: the label is none of the rule's classes, or what `score_ball_actions` raises.
    """
    labels, found = ball_tables(videos, spots, rule.only(label))
    (match,) = match_labels_in_time_order(labels, found, np.array([rule.radius_steps]))
    bins = threshold_bins(found.value)
    rows = np.zeros(len(found), np.int64)
    hit = match[match >= 0]
    spots_at = count_at_thresholds(rows, bins, 1)[0]
    hits_at = count_at_thresholds(rows[hit], bins[hit], 1)[0]
    precision, recall = precision_and_recall(hits_at, spots_at, np.array(len(labels)))
    reached = np.flatnonzero(spots_at > 0)[::-1]
    return recall[reached], precision[reached], THRESHOLDS[reached]


def ball_tables(videos: Sequence[Video], spots: Spots, rule: Rule) -> tuple[SpotTable, SpotTable]:
    """Labels and spots of videos as columns, on the steps that are scored.

    Raises:
        InputError: a video has no entry in `spots`, or a spot has no score.
    """
    labels = label_table(videos, rule)
    for video in videos:
        if video.id not in spots:
            raise InputError(f"video {video.id!r} has no spots: give an empty list where nothing was found")
    found = event_columns(videos, (spots[video.id] for video in videos), rule, predicted=True)
    return labels, found.table(found.value).scored()


def label_table(videos: Sequence[Video], rule: Rule) -> SpotTable:
    """The labels of videos as columns: those of `ball_tables`, for use with many sets of spots."""
    columns = event_columns(videos, (video.events for video in videos), rule, predicted=False)
    return columns.table(columns.value)


class EventColumns(NamedTuple):
    """Events of known labels, video by video in the order given, before any is replaced by a later one.

    Attributes:
        class_index, video_index, step: int64 (N,); the step is the one that is scored.
        value: float64 (N,), scores of predictions; 1 or -1 (not shown) for labels.
        frame: int64 (N,), of the event itself, at the video's own rate.
        num_steps: length that all videos share: that of the longest, with stride 1 the official two hours.
        num_classes, num_videos: of the rule, and as many as were given.
    """

    class_index: NDArray[np.int64]
    video_index: NDArray[np.int64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]
    frame: NDArray[np.int64]
    num_steps: int
    num_classes: int
    num_videos: int

    def table(self, value: NDArray) -> SpotTable:
        """As a table, with this value (N,) of each event."""
        size = {"num_classes": self.num_classes, "num_videos": self.num_videos, "num_frames": self.num_steps}
        return SpotTable.build(self.class_index, self.video_index, self.step, value, **size)


def event_columns(
    videos: Sequence[Video], events_of: Iterable[Sequence[Event]], rule: Rule, *, predicted: bool
) -> EventColumns:
    """Place the events of each video on the steps that are scored.

    Raises:
        InputError: there is no video; `predicted`, and an event has no score.
    """
    if not videos:
        raise InputError("there is no video to score")
    index_of = {name: index for index, name in enumerate(rule.classes)}
    strided = rule.stride > 1
    # All videos share the length of the longest; with stride 1 that is the two hours of the official evaluator.
    num_steps = max(_num_steps(video, rule) for video in videos) if strided else vector_frames(rule.fps)
    columns: tuple[list[NDArray], ...] = ([], [], [], [], [])
    for place, (video, events) in enumerate(zip(videos, events_of, strict=True)):
        mine = [event for event in events if event.label in index_of]
        value = [event.score if predicted else (1.0 if event.visible else -1.0) for event in mine]
        if None in value:
            event = mine[value.index(None)]
            raise InputError(f"video {video.id!r}: the {event.label} at frame {event.frame} has no score")
        # A spot of a stride is already on its step.
        step = event_steps(mine, rule.stride, rule.fps, video.fps, by_position=not (strided and predicted))
        length = _num_steps(video, rule) if strided else num_steps
        step = np.minimum(step, length - 1)
        columns[0].append(np.array([index_of[event.label] for event in mine], np.int64))
        columns[1].append(np.full(len(mine), place))
        # The official vectors are indexed from their end by a negative frame.
        columns[2].append(np.where(step < 0, np.maximum(step + length, 0), step))
        columns[3].append(np.array(value, np.float64))
        columns[4].append(np.array([event.frame for event in mine], np.int64))
    return EventColumns(*map(np.concatenate, columns), num_steps, len(rule.classes), len(videos))


def _num_steps(video: Video, rule: Rule) -> int:
    frames = video.num_frames if video.fps == rule.fps else math.ceil(video.num_frames * rule.fps / video.fps)
    return max(math.ceil(frames / rule.stride), 1)
