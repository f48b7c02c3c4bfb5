"""Two ways to count a spot as right, behind one face: within seconds as SoccerNet does, or within steps.

A `Measure` gives AP of every class against tolerance and the precision-recall curve of one class; the numbers are those
of `course_lib.metrics`, nothing is scored here. Introduced in notebook 10.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.config import DataConfig
from course_lib.errors import InputError
from course_lib.events import Event, SpottingDataset, Video
from course_lib.metrics import ap_against_tolerance, precision_recall
from course_lib.metrics.frames import frame_hits
from course_lib.runs import Run

__all__ = ["MEASURES", "Measure", "RunSpots", "as_run", "found_by"]

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Recall and precision, one value for each threshold."""


@dataclass(frozen=True)
class RunSpots:
    """What a run found in its test videos, with their labels."""

    videos: tuple[Video, ...]
    spots: dict[str, list[Event]]
    data: DataConfig


@dataclass(frozen=True)
class Measure:
    """A way to score.

    Attributes:
        name: for people.
        axis: what the tolerance is, for the name of an axis.
        tolerances: to choose from, rising.
        official: the tolerance to begin with.
        aps: (found, tolerances) → AP of each class at each tolerance; NaN for a class without labels where the metric
            leaves it out.
        curve: (found, class, tolerance) → recall and precision.
    """

    name: str
    axis: str
    tolerances: tuple[float, ...]
    official: float
    aps: Callable[[RunSpots, Sequence[float]], dict[str, list[float]]]
    curve: Callable[[RunSpots, str, float], Curve]


def as_run(run: Run | str | Path) -> Run:
    """A run, given as itself or as its folder."""
    return run if isinstance(run, Run) else Run(Path(run))


def found_by(run: Run, dataset: SpottingDataset) -> RunSpots:
    """What a run found, joined with the labels of the data set.

    Raises:
        InputError: the run is not finished, or was scored on other videos than the test videos of `dataset`.
    """
    spots = run.spots()
    by_id = {video.id: video for video in dataset.test}
    if strangers := sorted(set(spots) - set(by_id)):
        raise InputError(
            f"{run.path}: was scored on {strangers[0]!r}; expected only test videos of the data set {dataset.name!r}"
        )
    return RunSpots(tuple(by_id[name] for name in spots), spots, run.config.data)


def _aps_sec(found: RunSpots, tolerances: Sequence[float]) -> dict[str, list[float]]:
    return ap_against_tolerance(found.videos, found.spots, found.data.rule, tolerances)


def _curve_sec(found: RunSpots, label: str, tolerance: float) -> Curve:
    rule = replace(found.data.rule, tolerance_sec=tolerance)
    recall, precision, _ = precision_recall(found.videos, found.spots, rule, label)
    return recall, precision


def _aps_steps(found: RunSpots, tolerances: Sequence[float]) -> dict[str, list[float]]:
    ranked = frame_hits(found.videos, found.spots, found.data.rule, [int(t) for t in tolerances])
    return {label: hits.average_precision().tolist() for label, hits in ranked.items()}


def _curve_steps(found: RunSpots, label: str, tolerance: float) -> Curve:
    hits = frame_hits(found.videos, found.spots, found.data.rule.only(label), [int(tolerance)])[label]
    right = np.cumsum(hits.hit[0])
    total = max(int(hits.labels.sum()), 1)
    return right / total, right / np.arange(1, len(right) + 1)


MEASURES = {
    "seconds": Measure(
        "SoccerNet's AP: full width in seconds",
        "tolerance in seconds, full width (1 = half a second either side)",
        (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
        1.0,
        _aps_sec,
        _curve_sec,
    ),
    "steps": Measure(
        "frame AP: steps either side",
        "tolerance in steps, either side",
        (0, 1, 2, 4, 8, 16),
        4,
        _aps_steps,
        _curve_steps,
    ),
}
