"""What kinds of errors a spotter makes, which classes it confuses, how late it is, and what each kind costs.

With r half a tolerance, as in the score itself, and the score's own matching, every spot is one of

- correct: matched to a label;
- duplicate: within r of a label of its class, which another spot has;
- confused: not that, but within r of a label of another class;
- mistimed: neither, but within `reach` times r of a label of its class that no spot found;
- background: anything else.

The order matters: what lies within the tolerance explains a spot better than what lies beyond. Every label that no
spot of its class found is missed, also one with a mistimed or confused spot. A kind's cost is what the score gains if
that kind alone is repaired, by the same metric on changed spots; costs do not add up to what is lacking:

- mistimed: for each missed label the best of its mistimed spots moves onto it, the others go;
- confused: for each missed label the best of the spots confused at it is given the label's class and frame, the
  others go;
- duplicate, background: they go;
- missed: each missed label gets a spot, with scores spread like those of the class's correct spots (of all classes,
  where it has none). TIDE takes the label away instead, which leaves nothing to score of a class never found.

Bolya et al., TIDE: A General Toolbox for Identifying Object Detection Errors, 2020; Alwassel et al., Diagnosing Error
in Temporal Action Detectors, 2018. Introduced in notebook 10.
"""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.average_map import average_map
from course_lib.scoring.average_precision import ranked_average_precision
from course_lib.scoring.ball import EventColumns, Spots, event_columns
from course_lib.scoring.calibration import Calibration, calibrate
from course_lib.scoring.matching import assign_spots_by_score, match_labels_in_time_order
from course_lib.scoring.rule import Rule
from course_lib.scoring.tables import SpotTable

__all__ = [
    "ERROR_KINDS",
    "KINDS",
    "MATCH_AND_SCORE",
    "Diagnosis",
    "Finding",
    "SpotErrors",
    "diagnose",
    "find_errors",
    "repair",
]

IntArray = NDArray[np.int64]

KINDS = ("correct", "mistimed", "confused", "duplicate", "background", "missed")
CORRECT, MISTIMED, CONFUSED, DUPLICATE, BACKGROUND, MISSED = range(6)


@dataclass(frozen=True)
class SpotErrors:
    """Rows of a table of labels (L) and one of spots (P), judged.

    Attributes:
        kind: int64 (P,), index in `KINDS`, never that of "missed".
        label: int64 (P,), row of the label that the kind speaks of; -1 for background.
        missed: bool (L,), labels that no spot of their class found.
        claimant: int64 (2, L), row of the best-scored spot that is mistimed for, or confused at, a missed label; -1
            where there is none, and for labels that were found.
    """

    kind: IntArray
    label: IntArray
    missed: NDArray[np.bool_]
    claimant: IntArray


def find_errors(labels: SpotTable, spots: SpotTable, match: IntArray, radius: float, reach: float) -> SpotErrors:
    """Judge every spot.

    Args:
        labels, spots: of the same classes and videos; the spots with scores of 0 or more.
        match: (L,), row of the spot that each label is matched to, -1 for none. A label without a spot leaves no spot
            of its class within `radius` without a label; both rules of `course_lib.scoring.matching` see to that.
        radius: steps either side within which a label counts as found.
        reach: mistimed spots lie at most so many times `radius` away.
    """
    missed = match < 0
    kind = np.full(len(spots), BACKGROUND)
    label = np.full(len(spots), -1)
    near, far = (min(int(np.floor(size)), labels.num_frames) for size in (radius, reach * radius))

    label_rows = np.arange(len(labels))
    kind[match[~missed]], label[match[~missed]] = CORRECT, label_rows[~missed]
    # From here on each kind is looked for among what no earlier one explains. Keys hold the class: nearest of its own.
    _explain(kind, label, DUPLICATE, spots.key, labels.key, label_rows, near)
    # Without the class: rows by video and frame, of equal ones the first class first. A label of the spot's own class
    # is not among the candidates: within `near` it would have made the spot correct or a duplicate.
    period = labels.num_videos * 2 * labels.num_frames
    place_of_spot, place_of_label = spots.key % period, labels.key % period
    by_place = np.argsort(place_of_label, kind="stable")
    for rows in (by_place[missed[by_place]], by_place):
        _explain(kind, label, CONFUSED, place_of_spot, place_of_label[rows], rows, near)
    _explain(kind, label, MISTIMED, spots.key, labels.key[missed], label_rows[missed], far)

    claimant = np.full((2, len(labels)), -1)
    # Written from the worst to the best, and of equal scores from the last to the first, the best remains.
    order = np.argsort(-spots.value, kind="stable")[::-1]
    for place, error in enumerate((MISTIMED, CONFUSED)):
        rows = order[kind[order] == error]
        rows = rows[missed[label[rows]]]
        claimant[place, label[rows]] = rows
    return SpotErrors(kind, label, missed, claimant)


def repair(labels: SpotTable, spots: SpotTable, errors: SpotErrors, kind: str) -> SpotTable:
    """The spots with one kind of error repaired; `course_lib.scoring.diagnosis` says how."""
    number = KINDS.index(kind)
    kept = spots.select(errors.kind != number)
    if number == MISSED:
        rows = np.flatnonzero(errors.missed)
        return _with_spots(kept, labels, rows, _usual_scores(labels, spots, errors, rows))
    if number in (MISTIMED, CONFUSED):
        claimant = errors.claimant[(MISTIMED, CONFUSED).index(number)]
        rows = np.flatnonzero(claimant >= 0)
        return _with_spots(kept, labels, rows, spots.value[claimant[rows]])
    return kept


def _explain(
    kind: IntArray, label: IntArray, error: int, wanted: IntArray, places: IntArray, rows: IntArray, radius: int
) -> None:
    """Give spots that are background so far this kind of error if a label lies within the radius: the nearest.

    Args:
        kind, label: (P,), changed in place.
        error: the kind.
        wanted: (P,), places of all spots.
        places: (N,), rising, places of the labels to look at; of equally near ones the first counts.
        rows: (N,), their rows.
        radius: in steps.
    """
    if not len(places):
        return
    spot = np.flatnonzero(kind == BACKGROUND)
    wanted = wanted[spot]
    after = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    before = np.searchsorted(places, places[np.maximum(np.searchsorted(places, wanted, side="right") - 1, 0)])
    nearest = np.where(np.abs(wanted - places[before]) <= np.abs(places[after] - wanted), before, after)
    found = np.abs(wanted - places[nearest]) <= radius
    kind[spot[found]], label[spot[found]] = error, rows[nearest[found]]


def _with_spots(spots: SpotTable, labels: SpotTable, rows: IntArray, scores: NDArray[np.float64]) -> SpotTable:
    """The spots and one more on each of these labels; where a spot of that class is on the very frame, it stays."""
    size = {name: getattr(spots, name) for name in ("num_classes", "num_videos", "num_frames")}
    added = labels.select(rows)
    columns = [
        np.concatenate([getattr(table, name) for table in (added, spots)])
        for name in ("class_index", "video_index", "frame")
    ]
    return SpotTable.build(*columns, np.concatenate([scores, spots.value]), **size)


def _usual_scores(labels: SpotTable, spots: SpotTable, errors: SpotErrors, rows: IntArray) -> NDArray[np.float64]:
    """Scores for spots on these labels, spread like those of the correct spots of the class.

    Without any of the class like those of all classes, without any at all 1.
    """
    correct = errors.kind == CORRECT
    everything = spots.value[correct] if correct.any() else np.ones(1)
    scores = np.empty(len(rows))
    class_of_row, class_of_spot = labels.class_index[rows], spots.class_index
    for class_index in np.unique(class_of_row):
        mine = np.flatnonzero(class_of_row == class_index)
        usual = spots.value[correct & (class_of_spot == class_index)]
        # The middles of so many equal parts: one is the median.
        middles = (np.arange(len(mine)) + 0.5) / len(mine)
        scores[mine] = np.quantile(usual if len(usual) else everything, middles)
    return scores


def _soccernet_match(labels: SpotTable, spots: SpotTable, *, radius: float) -> NDArray[np.int64]:
    return match_labels_in_time_order(labels, spots, np.array([radius]))[0]


def _soccernet_score(labels: SpotTable, spots: SpotTable, *, radius: float) -> NDArray[np.float64]:
    # A full width of one "second" at a rate of twice the radius: the tolerance reaches the radius either side.
    return average_map(labels, spots, (1.0,), 2 * radius).all[0]


def _frames_match(labels: SpotTable, spots: SpotTable, *, radius: float) -> NDArray[np.int64]:
    by_score = np.argsort(-spots.value, kind="stable")
    label = assign_spots_by_score(labels.key, spots.key[by_score], int(radius))
    match = np.full(len(labels), -1)
    match[label[label >= 0]] = by_score[label >= 0]
    return match


def _frames_score(labels: SpotTable, spots: SpotTable, *, radius: float) -> NDArray[np.float64]:
    hit = np.zeros(len(spots), bool)
    match = _frames_match(labels, spots, radius=radius)
    hit[match[match >= 0]] = True
    of_labels, of_spots = labels.class_starts(), spots.class_starts()
    values = np.full(labels.num_classes, np.nan)
    for index in np.flatnonzero(np.diff(of_labels)):
        mine = slice(of_spots[index], of_spots[index + 1])
        order = np.argsort(-spots.value[mine], kind="stable")
        values[index] = ranked_average_precision(hit[mine][order], of_labels[index + 1] - of_labels[index])
    return values


MATCH_AND_SCORE = {"soccernet": (_soccernet_match, _soccernet_score), "frames": (_frames_match, _frames_score)}
"""Matching to (row of the spot of each label, AP of each class), both of labels, spots and a radius in steps."""


ERROR_KINDS = KINDS[1:]


@dataclass(frozen=True, slots=True)
class Finding:
    """One spot and what it is, or one missed label.

    Attributes:
        kind: one of `KINDS`.
        video: its id.
        frame, label, score: of the spot, frame of the video itself; of a missed label its own, with score None.
        truth_label, truth_frame: the label that the kind speaks of (the one found, taken, confused, or nearly hit);
            None for background; of a missed label its own.
    """

    kind: str
    video: str
    frame: int
    label: str
    score: float | None
    truth_label: str | None
    truth_frame: int | None


@dataclass(frozen=True)
class Diagnosis:
    """What is right and wrong with the spots of one spotter.

    Attributes:
        classes: K names.
        findings: every spot and every missed label, by video and frame.
        score: mAP in [0, 1].
        cost: error kind to the mAP that repairing it would add, as a fraction: 0.03 is three points.
        cost_per_class: error kind to class to the AP that repairing it would add; NaN where a class has no AP.
        confusion: int64 [K+1, K+1], rows what there was, columns what was spotted, last of each: nothing. Each label
            is counted once (with its correct spot, else the best spot confused at it, else as not spotted), and each
            spot once.
        timing_frames: class to int64 (n,), spot minus label in frames of the video: above 0 is late. One value for each
            label with a correct spot, else a mistimed one, the best.
        calibration: of all spots, whatever `thresholds` hide.
    """

    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    score: float
    cost: dict[str, float]
    cost_per_class: dict[str, dict[str, float]]
    confusion: NDArray[np.int64]
    timing_frames: dict[str, NDArray[np.int64]]
    calibration: Calibration

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """Findings of each kind."""
        numbers = Counter(finding.kind for finding in self.findings)
        return {kind: numbers[kind] for kind in KINDS}


def diagnose(
    videos: Sequence[Video],
    spots: Spots,
    rule: Rule,
    *,
    reach: float = 3.0,
    thresholds: Mapping[str, float] | None = None,
) -> Diagnosis:
    """Judge every spot and price every kind of error.

    Args:
        videos, spots: as for `score_ball_actions`; of several spots (or labels) with one class on one step only the
            last one counts, as there.
        rule: classes, steps, tolerance, and how spots and labels are matched and scored: with "frames" as `frame_map`
            does it, with the whole frames that half of the tolerance holds either side and the mean over classes with
            labels.
        reach: a mistimed spot lies at most so many tolerances away; 1 or more.
        thresholds: class to the lowest score to look at. Weaker spots are left out of findings, confusion and timing
            (a label that only such a spot found is then missed), but not of score, cost and calibration, since the
            metric counts them. None looks at everything.

    Raises:
        InputError: reach is below 1, a class has no threshold, or what `score_ball_actions` raises.
    """
    classes = rule.classes
    if not reach >= 1:
        raise InputError(f"reach {reach}: expected 1 tolerance or more")
    for label in classes if thresholds is not None else ():
        if label not in thresholds:
            raise InputError(f"thresholds: no score for class {label!r}; expected one for each class")
    for video in videos:
        if video.id not in spots:
            raise InputError(f"video {video.id!r} has no spots: give an empty list where nothing was found")
    truth = _placed(event_columns(videos, (video.events for video in videos), rule, predicted=False))
    found = _placed(event_columns(videos, (spots[video.id] for video in videos), rule, predicted=True))
    found = found.select(found.table.value >= 0)

    radius = rule.radius_steps
    match, score = (functools.partial(function, radius=radius) for function in MATCH_AND_SCORE[rule.matching])
    errors = find_errors(truth.table, found.table, match(truth.table, found.table), radius, reach)
    before = score(truth.table, found.table)
    cost, cost_per_class = {}, {}
    for kind in ERROR_KINDS:
        gain = score(truth.table, repair(truth.table, found.table, errors, kind)) - before
        cost[kind] = _mean(gain)
        cost_per_class[kind] = dict(zip(classes, map(float, gain), strict=True))
    calibration = calibrate(found.table.value, errors.kind == KINDS.index("correct"))

    if thresholds is not None:
        lowest = np.array([thresholds[label] for label in classes])
        found = found.select(found.table.value >= lowest[found.table.class_index])
        errors = find_errors(truth.table, found.table, match(truth.table, found.table), radius, reach)
    return Diagnosis(
        classes,
        _findings(videos, classes, truth, found, errors),
        _mean(before),
        cost,
        cost_per_class,
        _confusion(truth.table, found.table, errors),
        _timing(classes, truth, found, errors),
        calibration,
    )


def _mean(values: NDArray[np.float64]) -> float:
    """Without classes that have no AP."""
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


class _Placed(NamedTuple):
    """Events as columns, and the frame (N,) that each has in its video, which a step may not tell."""

    table: SpotTable
    frame: NDArray[np.int64]

    def select(self, rows: NDArray) -> "_Placed":
        return _Placed(self.table.select(rows), self.frame[rows])


def _placed(columns: EventColumns) -> _Placed:
    # Built with each event's number for its value, the table says which events are left and where.
    table = columns.table(np.arange(len(columns.step)))
    event = table.value.astype(np.int64)
    return _Placed(replace(table, value=columns.value[event]), columns.frame[event])


def _findings(
    videos: Sequence[Video], classes: Sequence[str], truth: _Placed, found: _Placed, errors: SpotErrors
) -> tuple[Finding, ...]:
    ids, names = [video.id for video in videos], (*classes, None)
    spots, missed = found.table, np.flatnonzero(errors.missed)
    # Spots, then missed labels, as columns: sorted before there are a hundred thousand objects to sort.
    video = np.concatenate([spots.video_index, truth.table.video_index[missed]])
    frame = np.concatenate([found.frame, truth.frame[missed]])
    kind = np.concatenate([errors.kind, np.full(len(missed), MISSED)])
    label = np.concatenate([errors.label, missed])
    class_index = np.concatenate([spots.class_index, truth.table.class_index[missed]])
    # Row -1 stands for no label.
    truth_class, truth_frame = np.append(truth.table.class_index, -1)[label], np.append(truth.frame, -1)[label]
    order = np.lexsort((frame, video))
    columns = (column[order].tolist() for column in (kind, video, frame, class_index, truth_class, truth_frame))
    scores = [*spots.value.tolist(), *[None] * len(missed)]
    return tuple(
        Finding(KINDS[k], ids[v], f, names[c], scores[row], names[tc], None if tc < 0 else tf)
        for row, k, v, f, c, tc, tf in zip(order.tolist(), *columns, strict=True)
    )


def _confusion(labels: SpotTable, spots: SpotTable, errors: SpotErrors) -> NDArray[np.int64]:
    nothing = labels.num_classes
    counts = np.zeros((nothing + 1, nothing + 1), np.int64)
    confused = errors.claimant[1]
    seen_as = np.where(confused >= 0, np.append(spots.class_index, nothing)[confused], nothing)
    counts_of = np.where(errors.missed, seen_as, labels.class_index)
    np.add.at(counts, (labels.class_index, counts_of), 1)
    # What is left are spots that no label was counted with.
    alone = errors.kind != KINDS.index("correct")
    alone[confused[confused >= 0]] = False
    np.add.at(counts, (nothing, spots.class_index[alone]), 1)
    return counts


def _timing(classes: Sequence[str], truth: _Placed, found: _Placed, errors: SpotErrors) -> dict[str, NDArray[np.int64]]:
    spot_of = errors.claimant[0].copy()  # of missed labels
    correct = np.flatnonzero(errors.kind == KINDS.index("correct"))
    spot_of[errors.label[correct]] = correct
    timed = np.flatnonzero(spot_of >= 0)
    offsets = found.frame[spot_of[timed]] - truth.frame[timed]
    class_of = truth.table.class_index[timed]
    return {label: offsets[class_of == index] for index, label in enumerate(classes)}
