"""The score that a SoccerNet server gives: files in, the official numbers out.

Equal to the evaluator of the SoccerNet package 0.2.0 to 1e-9 (Giancola et al., SoccerNet: A Scalable Dataset for
Action Spotting in Soccer Videos, 2018), and some fifty times faster. For spots that are not files yet, see
`score_ball_actions`. Introduced in notebook 01.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from course_lib.errors import InputError
from course_lib.metrics.average_map import UNSHOWN_FACTOR, average_map, mean_over_tolerances, metric_tolerances
from course_lib.metrics.official_files import OfficialGame, official_tables
from course_lib.metrics.tables import SpotTable

__all__ = ["SoccerNetScores", "score_soccernet", "score_tables"]


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
