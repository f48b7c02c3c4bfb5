"""Draws of scores that rank the spots of whole videos: frame mAP, and volleyball's times and places.

Matching looks at one video at a time, so a draw changes how often a hit or a miss counts and never which spot found
which label (`RankedHits`). Introduced in notebook 09.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.average_precision import RankedHits
from course_lib.scoring.ball import Spots
from course_lib.scoring.draws import Draws, Scorer, draw_units, unit_of_video
from course_lib.scoring.frames import TOLERANCES_STEPS, frame_hits
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import EPSILON, combine, volleyball_hits, volleyball_spots

__all__ = ["VOLLEYBALL_SCORES", "draw_frames", "draw_volleyball"]

FloatArray = NDArray[np.float64]

VOLLEYBALL_SCORES = ("mtap", "msap", "combined", "clean_msap", "clean_combined")
"""What of `VolleyballScores` can be drawn."""


def draw_frames(
    videos: Sequence[Video],
    sides: Sequence[Sequence[Spots]],
    rule: Rule,
    *,
    tolerances: Sequence[int] = TOLERANCES_STEPS,
    repeats: int = 2000,
    seed: int = 0,
) -> list[Draws]:
    """Draws of each side, of frame AP averaged over the tolerances: a column a class.

    Args:
        videos, rule, tolerances: as for `frame_map`.
        sides, repeats, seed: as for `draw_ball`.

    Raises:
        InputError: fewer than two units to draw from, or what `frame_map` raises.
    """
    unit = unit_of_video(videos, rule)
    ranked = [[frame_hits(videos, run, rule, tolerances) for run in side] for side in sides]

    def scorer(hits: Mapping[str, RankedHits]) -> Scorer:
        return lambda weights: np.stack(
            [one.drawn_average_precision(weights[:, unit]).mean(axis=1) for one in hits.values()], axis=1
        )

    labels = np.stack([of_class.labels for of_class in ranked[0][0].values()], axis=1)  # (V, K)
    labelled = _of_units(unit, labels > 0)
    scorers = [[scorer(hits) for hits in side] for side in ranked]
    return draw_units(scorers, labelled, rule, repeats=repeats, seed=seed, absent_counts=False)


def draw_volleyball(
    videos: Sequence[Video],
    sides: Sequence[Sequence[Spots]],
    rule: Rule,
    scores: Sequence[str] = VOLLEYBALL_SCORES,
    *,
    repeats: int = 2000,
    seed: int = 0,
) -> list[Draws]:
    """Draws of each side, of volleyball's scores of all classes: a column a score.

    Args:
        videos, rule: as for `score_volleyball`.
        scores: of `VOLLEYBALL_SCORES`.
        sides, repeats, seed: as for `draw_ball`.

    Raises:
        InputError: no such score, fewer than two units to draw from, or what `score_volleyball` raises.
    """
    for score in scores:
        if score not in VOLLEYBALL_SCORES:
            raise InputError(f"score {score!r}: expected one of {', '.join(VOLLEYBALL_SCORES)}")
    unit = unit_of_video(videos, rule)
    lenient = np.array(TOLERANCES_STEPS) > 0

    def scorer(run: Spots) -> Scorer:
        hits = volleyball_hits(videos, volleyball_spots(run, rule), rule)

        def score_of(name: str, weights: FloatArray) -> FloatArray:
            if name == "msap":
                return hits.spatial.drawn_average_precision(weights).mean(axis=1)
            if name == "clean_msap":
                return _class_mean(hits.clean, weights).mean(axis=1)
            temporal = _class_mean(hits.temporal, weights)  # (R, tolerances)
            if name == "mtap":
                return temporal.mean(axis=1)
            if name == "clean_combined":
                return combine(temporal.mean(axis=1), score_of("clean_msap", weights))
            return combine(temporal[:, lenient].mean(axis=1), score_of("msap", weights), EPSILON)

        return lambda weights: np.stack([score_of(name, weights[:, unit]) for name in scores], axis=1)

    labels = np.array([any(event.label in rule.classes for event in video.events) for video in videos], bool)
    labelled = _of_units(unit, np.repeat(labels[:, None], len(scores), axis=1))
    scorers = [[scorer(run) for run in side] for side in sides]
    return draw_units(scorers, labelled, rule, repeats=repeats, seed=seed, absent_counts=False)


def _of_units(unit: NDArray[np.int64], labelled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any video of a unit holds labels: bool (V, K) to (U, K)."""
    of_units = np.zeros((int(unit.max(initial=-1)) + 1, labelled.shape[1]), bool)
    np.logical_or.at(of_units, unit, labelled)
    return of_units


def _class_mean(ranked: Mapping[str, RankedHits], weights: FloatArray) -> FloatArray:
    """Mean over the classes of which a draw holds labels: (R, S), NaN where it holds none at all."""
    precision = np.stack([hits.drawn_average_precision(weights) for hits in ranked.values()])  # (K, R, S)
    present = ~np.isnan(precision)
    total, count = np.where(present, precision, 0.0).sum(axis=0), present.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
