"""What is wrong with a spot: which kind of error each false positive is, and what is left if one kind is repaired.

The columns behind `course_lib.metrics.diagnosis`, which says what the kinds mean. Kinds and repairs follow Bolya et
al. (TIDE: A General Toolbox for Identifying Object Detection Errors, 2020) and Alwassel et al. (Diagnosing Error in
Temporal Action Detectors, 2018), with time in place of overlap. Introduced in notebook 10.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.metrics.average_map import average_map
from course_lib.metrics.average_precision import ranked_average_precision
from course_lib.metrics.matching import assign_spots_by_score, match_labels_in_time_order
from course_lib.metrics.tables import SpotTable

__all__ = ["KINDS", "MATCH_AND_SCORE", "SpotErrors", "find_errors", "repair"]

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
            of its class within `radius` without a label; both rules of `course_lib.metrics.matching` see to that.
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
    """The spots with one kind of error repaired; `course_lib.metrics.diagnosis` says how."""
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
