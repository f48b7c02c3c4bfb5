"""SoccerNet's average-mAP, exactly, from sorted columns.

Spots are matched to labels within half a tolerance either side, the precision-recall curve is sampled at 200
thresholds, and one mAP for each tolerance is averaged over tolerances by the trapezoid rule (Giancola et al.,
SoccerNet: A Scalable Dataset for Action Spotting in Soccer Videos, 2018; the evaluator of the SoccerNet package
0.2.0). Matching knows no threshold and counting knows no tolerance, so each is done once. Introduced in notebook 01.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.files import InputError
from course_lib.scoring.average_precision import count_at_thresholds, eleven_point_precision, threshold_bins
from course_lib.scoring.matching import match_labels_in_time_order
from course_lib.scoring.tables import SpotTable

__all__ = [
    "METRICS",
    "UNSHOWN_FACTOR",
    "AverageMap",
    "average_map",
    "mean_over_tolerances",
    "metric_tolerances",
    "counted_as_shown",
]

FloatArray = NDArray[np.float64]

METRICS = {
    "loose": tuple(float(5 * n) for n in range(1, 13)),
    "tight": (1.0, 2.0, 3.0, 4.0, 5.0),
    **{f"at{n}": (float(n),) for n in range(1, 6)},
}
"""The challenge's metrics: full widths of the tolerance, in seconds."""

# Four of SoccerNet-v2's 17 classes are always shown; the official evaluator makes up for their zeros.
UNSHOWN_FACTOR = 17 / 13


def metric_tolerances(name: str) -> tuple[float, ...]:
    """Tolerances of a metric in seconds, full width: `loose`, `tight`, `at1` ... `at5`, or any `at<seconds>`.

    Raises:
        InputError: no such metric.
    """
    if name in METRICS:
        return METRICS[name]
    if re.fullmatch(r"at\d+(\.\d+)?", name) and float(name[2:]) > 0:
        return (float(name[2:]),)
    raise InputError(f"metric {name!r}: expected {', '.join(METRICS)}, or at<seconds>")


@dataclass(frozen=True)
class AverageMap:
    """AP of every tolerance and class.

    Attributes:
        all, visible, unshown: float64 (D, K), AP against all labels, the shown ones, those not shown.
        num_visible, num_unshown: int64 (K,), labels.
    """

    all: FloatArray
    visible: FloatArray
    unshown: FloatArray
    num_visible: NDArray[np.int64]
    num_unshown: NDArray[np.int64]


def average_map(labels: SpotTable, spots: SpotTable, tolerances_sec: tuple[float, ...], fps: float) -> AverageMap:
    """AP per tolerance and class, pooled over all videos.

    Args:
        labels: value 1, or -1 for an action that is not shown.
        spots: only those that count (`SpotTable.scored`), of the same classes and videos.
        tolerances_sec: full widths; a match needs `|frames apart| <= tolerance * fps / 2`.
        fps: frames a second of both tables.
    """
    classes = labels.num_classes
    shown = labels.value > 0
    num_visible = np.bincount(labels.class_index[shown], minlength=classes)
    num_labels = np.bincount(labels.class_index, minlength=classes)
    totals = np.stack([num_labels, num_visible, num_labels - num_visible])  # (3, K)

    bins = threshold_bins(spots.value)
    # Entries are sorted by class, so the class column is a few long runs: cheaper to lay out than to divide for.
    spot_class = np.repeat(np.arange(classes), np.diff(spots.class_starts()))
    spot_shown = counted_as_shown(labels, spots)
    counts = np.empty((3, classes, 200), np.int64)
    counts[0] = count_at_thresholds(spot_class, bins, classes)
    counts[1] = (
        counts[0] if spot_shown.all() else count_at_thresholds(spot_class[spot_shown], bins[spot_shown], classes)
    )
    counts[2] = counts[0] - counts[1]

    radii = np.asarray(tolerances_sec, np.float64) * fps / 2
    hits = np.empty((len(radii), *counts.shape), np.int64)  # (D, 3, K, 200)
    for index, match in enumerate(match_labels_in_time_order(labels, spots, radii)):
        hit = match[match >= 0]
        hits[index, 0] = count_at_thresholds(spot_class[hit], bins[hit], classes)
        hit = hit[spot_shown[hit]]
        hits[index, 1] = count_at_thresholds(spot_class[hit], bins[hit], classes)
        hits[index, 2] = hits[index, 0] - hits[index, 1]
    precision = eleven_point_precision(hits, np.broadcast_to(counts, hits.shape), totals)  # (D, 3, K)
    return AverageMap(precision[:, 0], precision[:, 1], precision[:, 2], num_visible, num_labels - num_visible)


def counted_as_shown(labels: SpotTable, spots: SpotTable) -> NDArray[np.bool_]:
    """Whether each spot counts as shown: as the label of its class nearest in time in its video, matched or not.

    Zones meet at `(frame + next frame) // 2`. A video without labels of the class makes its spots not shown, which is
    how the official evaluator treats them.

    Returns:
        bool (len(spots),).
    """
    if not len(labels):
        return np.zeros(len(spots), bool)
    group, frame = labels.group, labels.frame
    base = group * (2 * labels.num_frames)
    first = np.append(True, group[1:] != group[:-1])
    zone_start = base.copy()
    later = np.flatnonzero(~first)
    zone_start[later] += (frame[later - 1] + frame[later]) // 2
    zone_stop = np.append(zone_start[1:], 0)
    last = np.append(first[1:], True)
    zone_stop[last] = base[last] + labels.num_frames
    # Spots are sorted as well: the zones of shown labels are ranges of rows, painted by adding +1 and -1 at their ends.
    shown = labels.value > 0
    paint = np.zeros(len(spots) + 1, np.int8)
    np.add.at(paint, np.searchsorted(spots.key, zone_start[shown]), 1)
    np.add.at(paint, np.searchsorted(spots.key, zone_stop[shown]), -1)
    return np.cumsum(paint[:-1], dtype=np.int8) > 0


def mean_over_tolerances(values: FloatArray) -> FloatArray:
    """The trapezoid rule along the first axis, over the number of steps; a single tolerance stands for itself."""
    if len(values) == 1:
        return values[0]
    return (values[:-1] + values[1:]).sum(axis=0) / 2 / (len(values) - 1)
