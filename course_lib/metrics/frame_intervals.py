"""How far a frame mAP or a volleyball score could have come out otherwise: rallies, matches and seeds drawn again.

The bootstrap of `intervals`, for scores that rank spots instead of counting them at thresholds. A draw weighs the
videos: `RankedHits` turns weights into an average precision without matching anew. Rallies of one match resemble each
other (same hall, same teams), so drawing rallies gives an interval that is too narrow for a statement about other
matches; drawing matches gives an honest one, if there are enough of them. Introduced in notebook 09.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.metrics.ball_actions import Spots
from course_lib.metrics.frames import frame_hits
from course_lib.metrics.intervals import Interval
from course_lib.metrics.ranked import RankedHits
from course_lib.metrics.spatial import EPSILON, TOLERANCES, combine, volleyball_hits, volleyball_spots

__all__ = ["VOLLEYBALL_SCORES", "bootstrap_frame_interval", "bootstrap_volleyball_interval"]

FloatArray = NDArray[np.float64]
ScoreOfDraws = Callable[[FloatArray], FloatArray]
"""Weights of the videos in each draw (R, V) to scores (R,), NaN where the draw cannot be scored."""

VOLLEYBALL_SCORES = ("mtap", "msap", "combined", "clean_msap", "clean_combined")
"""What `bootstrap_volleyball_interval` can be asked for: fields of `VolleyballScores`."""


def bootstrap_frame_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    classes: Sequence[str],
    *,
    other: Spots | Sequence[Spots] | None = None,
    tolerances: Sequence[int] = TOLERANCES,
    stride: int = 1,
    unit: str = "video",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    label: str | None = None,
) -> Interval:
    """Interval of the frame mAP, averaged over tolerances, or of a paired difference of two.

    A class of which a draw holds no label is left out of that draw's mean, as `frame_map` leaves it out.

    Args:
        videos: where the labels are.
        spots: what was found, as for `frame_map`; or a list of such, one for each seed, drawn as well.
        classes: the classes to average over.
        other: spots (of each seed) to subtract, scored on the same draws of videos.
        tolerances, stride: as for `frame_map`.
        unit: what is drawn: "video" (a rally) or "game" (a match, all its videos together).
        level: share of draws inside the interval.
        draws: how many.
        seed: of the draws.
        label: only this class: its AP averaged over the tolerances. Draws without a label of it are left out.

    Raises:
        InputError: fewer than two units to draw, no label to score, or what `frame_map` raises.
    """
    if label is not None and label not in classes:
        raise InputError(f"label {label!r}: expected one of the classes {', '.join(classes)}")
    wanted = classes if label is None else (label,)

    def scorer(run: Spots) -> ScoreOfDraws:
        ranked = frame_hits(videos, run, wanted, tolerances, stride=stride)
        return lambda weights: _class_mean(ranked, weights).mean(axis=1)

    return _bootstrap(videos, spots, other, scorer, unit, level, draws, seed)


def bootstrap_volleyball_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    classes: Sequence[str],
    *,
    score: str = "combined",
    other: Spots | Sequence[Spots] | None = None,
    stride: int = 1,
    unit: str = "video",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """Interval of one of the scores of `score_volleyball`, or of a paired difference of two.

    Args:
        score: one of `VOLLEYBALL_SCORES`.
        videos, spots, classes, stride: as for `score_volleyball`; `spots` may be a list of such, one for each seed.
        other, unit, level, draws, seed: as for `bootstrap_frame_interval`.

    Raises:
        InputError: no such score, fewer than two units to draw, or what `score_volleyball` raises.
    """
    if score not in VOLLEYBALL_SCORES:
        raise InputError(f"score {score!r}: expected one of {', '.join(VOLLEYBALL_SCORES)}")
    lenient = np.array(TOLERANCES) > 0

    def scorer(run: Spots) -> ScoreOfDraws:
        hits = volleyball_hits(videos, volleyball_spots(run, stride=stride), classes, stride)

        def scores(weights: FloatArray) -> FloatArray:
            if score == "msap":
                return hits.spatial.drawn_average_precision(weights).mean(axis=1)
            if score == "clean_msap":
                return _class_mean(hits.clean, weights).mean(axis=1)
            temporal = _class_mean(hits.temporal, weights)  # (R, tolerances)
            if score == "mtap":
                return temporal.mean(axis=1)
            if score == "clean_combined":
                return combine(temporal.mean(axis=1), _class_mean(hits.clean, weights).mean(axis=1))
            spatial = hits.spatial.drawn_average_precision(weights).mean(axis=1)
            return combine(temporal[:, lenient].mean(axis=1), spatial, EPSILON)

        return scores

    return _bootstrap(videos, spots, other, scorer, unit, level, draws, seed)


def _class_mean(ranked: Mapping[str, RankedHits], weights: FloatArray) -> FloatArray:
    """Mean over the classes of which a draw holds labels: (R, S), NaN where it holds none at all."""
    precision = np.stack([hits.drawn_average_precision(weights) for hits in ranked.values()])  # (K, R, S)
    present = ~np.isnan(precision)
    total, count = np.where(present, precision, 0.0).sum(axis=0), present.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _bootstrap(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    other: Spots | Sequence[Spots] | None,
    scorer: Callable[[Spots], ScoreOfDraws],
    unit: str,
    level: float,
    draws: int,
    seed: int,
) -> Interval:
    """Draw units and, on each side, runs; both sides see the same units."""
    units = _units(videos, unit)
    num_units = int(units.max(initial=-1)) + 1
    if num_units < 2:
        raise InputError(f"{num_units} {unit}: an interval needs two or more to draw from")
    sides = [[side] if isinstance(side, Mapping) else list(side) for side in (spots, other) if side is not None]
    if not all(sides):
        raise InputError("no run to score: expected the spots of one seed or more")
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(num_units, np.full(num_units, 1 / num_units), size=draws)[:, units].astype(float)
    everything = np.ones((1, len(videos)))
    value, drawn = 0.0, np.zeros(draws)
    for sign, runs in zip((1, -1), sides, strict=False):
        scorers = [scorer(run) for run in runs]
        value += sign * float(np.mean([score(everything)[0] for score in scorers]))
        scores = np.stack([score(weights) for score in scorers])  # (runs, draws)
        picks = generator.integers(len(runs), size=scores.shape)
        drawn += sign * np.take_along_axis(scores, picks, axis=0).mean(axis=0)
    if np.isnan(value):
        raise InputError(f"no label to score in these {len(videos)} videos")
    # A draw without any label says nothing about the spotter.
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level)


def _units(videos: Sequence[Video], unit: str) -> NDArray[np.int64]:
    """Which unit each video belongs to."""
    if unit not in ("video", "game"):
        raise InputError(f"unit {unit!r}: expected 'video' or 'game'")
    names = [video.id if unit == "video" else video.game for video in videos]
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return np.array([number[name] for name in names], np.int64)
