"""Ball actions: mAP-12, mAP-10 and AP per class of spots held as events, and the score that a SoccerNet server gives.

The rule is SoccerNet's at one tolerance, one second wide by default. With stride 1 labels are placed as the server
places them; with a larger stride labels and spots are placed on the steps that a spotter scores, as in the starter
code of the ball-action course. mAP-10 leaves out FREE KICK and GOAL, of which the real test matches hold 2 and 6: one
hit there moves mAP-12 by several points.

A SoccerNet server has rules of its own for what it reads, which decide scores: milliseconds are truncated to frames in
double precision, a later entry replaces an earlier one of the same class and frame, a negative position counts from the
end, an unknown label is passed over. `score_soccernet` takes files in and gives the official numbers out, equal to the
evaluator of the SoccerNet package 0.2.0 to 1e-9 (Giancola et al., SoccerNet: A Scalable Dataset for Action Spotting in
Soccer Videos, 2018), and some fifty times faster. Introduced in notebook 01.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.data.events import MAP10_EXCLUDED, Event, Video, event_steps, position_steps
from course_lib.data.formats.soccernet_entries import HALVES, Entries, EntryColumns
from course_lib.files import InputError
from course_lib.scoring.average_map import (
    UNSHOWN_FACTOR,
    AverageMap,
    average_map,
    mean_over_tolerances,
    metric_tolerances,
)
from course_lib.scoring.average_precision import THRESHOLDS, count_at_thresholds, precision_and_recall, threshold_bins
from course_lib.scoring.matching import match_labels_in_time_order
from course_lib.scoring.rule import Rule, is_official
from course_lib.scoring.tables import SpotTable

__all__ = [
    "BallScores",
    "EventColumns",
    "OfficialGame",
    "OfficialTables",
    "SoccerNetScores",
    "Spots",
    "ap_against_tolerance",
    "ball_tables",
    "event_columns",
    "label_table",
    "official_frames",
    "official_tables",
    "precision_recall",
    "score_ball_actions",
    "score_ball_tables",
    "score_soccernet",
    "score_tables",
    "vector_frames",
]


@dataclass(frozen=True)
class OfficialGame:
    """One game as its two files state it.

    Attributes:
        id: the game, "league/season/match".
        annotations, predictions: the lists of the same names in the two files, unchanged, or their columns.
        labels_file, predictions_file: what error messages call the files.
    """

    id: str
    annotations: Sequence[Mapping[str, Any]] | EntryColumns
    predictions: Sequence[Mapping[str, Any]] | EntryColumns
    labels_file: str = "labels"
    predictions_file: str = "predictions"


class OfficialTables(NamedTuple):
    """What counts, as columns, and how many entries do not, by reason (only reasons that there are)."""

    labels: SpotTable
    spots: SpotTable
    skipped: dict[str, int]


def vector_frames(fps: float) -> int:
    """Frames of the two hours that the official evaluator gives every half."""
    return int(120 * 60 * fps)


def official_frames(position_ms: ArrayLike, fps: float) -> NDArray[np.int64]:
    """Milliseconds to frames, `int(fps * (ms / 1000))`: at 25 fps 1160 ms is frame 28, not 29.

    Frames past two hours become the last one; a negative frame counts from the end of the two hours, and stays
    negative where it would lie before them.
    """
    frame = np.minimum(position_steps(position_ms, fps), vector_frames(fps) - 1)
    return np.where(frame < 0, frame + vector_frames(fps), frame)


def official_tables(games: Sequence[OfficialGame], classes: Sequence[str], fps: float) -> OfficialTables:
    """Labels and predictions of all games, one video for each half, as the official evaluator sees them.

    Unknown labels, halves other than 1 and 2, and predictions below 0 are skipped, and counted.

    Raises:
        InputError: an entry lacks a field or holds something that is not a number where one is needed.
    """
    index_of = {name: index for index, name in enumerate(classes)}
    size = {"num_classes": len(classes), "num_videos": len(HALVES) * len(games), "num_frames": vector_frames(fps)}
    skipped: Counter[str] = Counter()
    tables = []
    for kind, what in (("annotations", "labels"), ("predictions", "predictions")):
        parts = []
        for game in games:
            columns = getattr(game, kind)
            if not isinstance(columns, EntryColumns):
                file = game.labels_file if kind == "annotations" else game.predictions_file
                columns = Entries(columns, f"{file}: {kind}", scored=kind == "predictions").columns()
            classes_here = np.array([index_of.get(name, -1) for name in columns.names], np.int64)
            parts.append((classes_here[columns.label], *columns[2:]))
        place = np.repeat(np.arange(len(games)), [len(part[0]) for part in parts])
        class_index, half, position_ms, value = (np.concatenate(several) for several in zip(*parts, strict=True))
        known, halved = class_index >= 0, (half == HALVES[0]) | (half == HALVES[1])
        skipped[f"{what} of other classes"] += int((~known).sum())
        skipped[f"{what} of other halves"] += int((known & ~halved).sum())
        kept = slice(None) if (known & halved).all() else known & halved  # a slice copies nothing
        place, position_ms = place[kept], position_ms[kept]
        frame = official_frames(position_ms, fps)
        if len(frame) and frame.min() < 0:
            game = place[frame < 0][0]
            earliest = int(position_ms[place == game].min())
            raise InputError(
                f"{games[game].id}: {kind} hold a position of {earliest} ms, over two hours before the start"
            )
        video = len(HALVES) * place + half[kept] - 1
        tables.append(SpotTable.build(class_index[kept], video, frame, value[kept], **size))
    labels, spots = tables[0], tables[1].scored()
    skipped["predictions without a score of 0 or more"] = len(tables[1]) - len(spots)
    return OfficialTables(labels, spots, {reason: count for reason, count in skipped.items() if count})


Spots = Mapping[str, Sequence[Event]]
"""What a spotter found: video id to events with scores."""


@dataclass(frozen=True)
class BallScores:
    """Scores in [0, 1] at one tolerance.

    Attributes:
        map: mean over the classes: of an official list over all of it, where one without labels counts 0, of another
            over those with labels; see `course_lib.scoring.rule.is_official`.
        map10: the mean without FREE KICK and GOAL; None but for the twelve ball actions.
        per_class: AP of each class.
        counts: labels of each class, as the metric counts them.
    """

    map: float
    map10: float | None
    per_class: dict[str, float]
    counts: dict[str, int]

    @property
    def map12(self) -> float:
        """The same as `map`, by the name that it has for the twelve ball actions."""
        return self.map


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
    map10 = float(np.mean(ten)) if is_official(rule.classes) and 0 < len(ten) < len(per_class) else None
    counts = dict(zip(rule.classes, map(int, result.num_visible + result.num_unshown), strict=True))
    return BallScores(float(result.all[0][rule.mean_over(counts.values())].mean()), map10, per_class, counts)


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


@dataclass(frozen=True)
class SoccerNetScores:
    """One metric of the challenge; every score in [0, 1] but `mAP_unshown`, which can reach 17/13.

    Attributes:
        metric: "loose", "tight", "at1" ...
        mAP: mean over all classes of the list; a class without labels counts 0.
        per_class: AP of each class, averaged over the metric's tolerances.
        mAP_visible, per_class_visible: against the shown labels only.
        mAP_unshown, per_class_unshown: against those not shown; the mean of loose and tight times 17/13.
        num_visible, num_unshown: labels of each class.
        skipped: entries of the files that do not count, by reason.
    """

    metric: str
    mAP: float
    per_class: dict[str, float]
    mAP_visible: float
    per_class_visible: dict[str, float]
    mAP_unshown: float
    per_class_unshown: dict[str, float]
    num_visible: dict[str, int]
    num_unshown: dict[str, int]
    skipped: dict[str, int] = field(default_factory=dict)


def score_tables(
    labels: SpotTable, spots: SpotTable, classes: Sequence[str], fps: float, metrics: Iterable[str]
) -> dict[str, SoccerNetScores]:
    """Score columns that are already read, sharing the work between metrics.

    Args:
        labels, spots: from `official_tables`.
        metrics: names of `METRICS`.
    """
    tolerances = {metric: metric_tolerances(metric) for metric in metrics}
    distinct = sorted({tolerance for several in tolerances.values() for tolerance in several})
    result = average_map(labels, spots, tuple(distinct), fps)
    scores = {}
    for metric, wanted in tolerances.items():
        rows = [distinct.index(tolerance) for tolerance in wanted]
        means = [mean_over_tolerances(part[rows]) for part in (result.all, result.visible, result.unshown)]
        named = [dict(zip(classes, map(float, values), strict=True)) for values in means]
        unshown = float(means[2].mean()) * (UNSHOWN_FACTOR if len(wanted) > 1 else 1.0)
        scores[metric] = SoccerNetScores(
            metric,
            float(means[0].mean()),
            named[0],
            float(means[1].mean()),
            named[1],
            unshown,
            named[2],
            dict(zip(classes, map(int, result.num_visible), strict=True)),
            dict(zip(classes, map(int, result.num_unshown), strict=True)),
        )
    return scores


def score_soccernet(
    games: Sequence[OfficialGame], classes: Sequence[str], *, fps: float, metrics: Iterable[str] = ("at1",)
) -> dict[str, SoccerNetScores]:
    """Score the entries of prediction files against those of label files, as the server does.

    Args:
        games: labels and predictions of each game.
        classes: the class list; the mean goes over all of it.
        fps: 25 for ball actions, 2 for SoccerNet-v2.
        metrics: any of "loose", "tight", "at1" ... "at5".

    Raises:
        InputError: no game, no class, an unknown metric, or a malformed entry.
    """
    if not games:
        raise InputError("there is no game to score")
    if not classes:
        raise InputError("the class list is empty")
    if not (np.isfinite(fps) and fps > 0):
        raise InputError(f"fps {fps}: expected a number above 0")
    labels, spots, skipped = official_tables(games, classes, fps)
    scores = score_tables(labels, spots, classes, fps, metrics)
    return {metric: replace(values, skipped=skipped) for metric, values in scores.items()}
