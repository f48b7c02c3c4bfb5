"""Is one system better than another, and at which classes? Paired differences with an answer that can be "not shown".

Both sides are scored on the same draws of matches (or stretches, or rallies) and each on its own draws of seeds, so
that what makes a match hard for both cancels. With twelve classes at 95 % more than every second comparison of equal
systems shows a "difference" somewhere; the probabilities of all classes together are therefore adjusted (Holm, A
Simple Sequentially Rejective Multiple Test Procedure, 1979). Introduced in notebook 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.events import Video
from course_lib.metrics.ball_actions import Spots
from course_lib.metrics.frames import frame_hits
from course_lib.metrics.intervals import Interval, count_by_unit, draw_units, drawn_precision

__all__ = ["ClassDraws", "Difference", "differences", "draw_ball", "draw_frames", "holm"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """The second side against the first, in fractions.

    Attributes:
        first, second: the score of each with its own interval; NaN where there is no label.
        difference: second minus first, paired.
        p: how rare a difference as far from 0 is if there is none: twice the share of draws on the other side of 0
            (Efron and Tibshirani, An Introduction to the Bootstrap, 1993), but no less than a sign test over the units
            that hold labels could give, since draws of two labels say nothing about a third.
        adjusted_p: the same for all that were compared together, by Holm; equal to `p` where it stands alone. Both are
            None where only the interval is known, which then decides.
        units: matches (or stretches, or rallies) that hold labels.
    """

    first: Interval
    second: Interval
    difference: Interval
    p: float | None
    adjusted_p: float | None
    units: int

    @property
    def verdict(self) -> str:
        """ "shown"; "alone", if it would only count had nothing else been compared; or "not shown"."""
        if self.p is None or self.adjusted_p is None:
            return "shown" if self.difference.differs_from_zero else "not shown"
        wrong = 1 - self.difference.level + 1e-12
        return "shown" if self.adjusted_p <= wrong else "alone" if self.p <= wrong else "not shown"


@dataclass(frozen=True)
class ClassDraws:
    """AP of K classes of N runs of one side.

    Attributes:
        value: (N, K), of all test videos.
        drawn: (N, R, K), of each draw, NaN where it holds no label of the class.
        picks: int64 (N, R), which runs are in each draw.
        units: int64 (K,), units that hold labels of the class.
        absent_counts: whether a class without any label counts 0 in a mean (SoccerNet) or not at all (frame mAP).
    """

    value: FloatArray
    drawn: FloatArray
    picks: NDArray[np.int64]
    units: NDArray[np.int64]
    absent_counts: bool

    def mean(self, columns: Sequence[int]) -> tuple[float, FloatArray]:
        """Mean over these classes: of all test videos, and (R,) of each draw of units and runs."""
        present = self.units[list(columns)] > 0
        if not present.any():
            return float("nan"), np.full(self.drawn.shape[1], np.nan)
        kept = np.asarray(columns)[present]
        factor = len(kept) / len(columns) if self.absent_counts else 1.0
        drawn = self.drawn[:, :, kept]
        held = np.count_nonzero(~np.isnan(drawn), axis=2)
        with np.errstate(invalid="ignore"):
            means = factor * np.nan_to_num(drawn).sum(axis=2) / held  # (N, R)
        return factor * float(self.value[:, kept].mean()), np.take_along_axis(means, self.picks, axis=0).mean(axis=0)


def draw_ball(
    videos: Sequence[Video],
    sides: Sequence[Sequence[Spots]],
    classes: Sequence[str],
    *,
    tolerance_sec: float = 1.0,
    stride: int = 1,
    fps: float = 25.0,
    block_sec: float | None = None,
    repeats: int = 2000,
    seed: int = 0,
) -> list[ClassDraws]:
    """Draws of each side, of SoccerNet's AP. Arguments as for `bootstrap_interval`; the same seed draws the same.

    Raises:
        InputError: fewer than two units to draw from, or what `score_ball_actions` raises.
    """
    tallies = [
        [count_by_unit(videos, run, classes, tolerance_sec, stride, fps, block_sec) for run in side] for side in sides
    ]
    generator = np.random.default_rng(seed)
    labels = tallies[0][0].labels
    weights = draw_units(len(labels), repeats, generator)
    units = np.count_nonzero(labels, axis=0)
    draws = []
    for side in tallies:
        value = np.stack([drawn_precision(counts, np.ones((1, len(labels))))[0] for counts in side])
        drawn = np.stack([drawn_precision(counts, weights) for counts in side])
        picks = generator.integers(len(side), size=(len(side), repeats))
        draws.append(ClassDraws(value, drawn, picks, units, absent_counts=True))
    return draws


def draw_frames(
    videos: Sequence[Video],
    sides: Sequence[Sequence[Spots]],
    classes: Sequence[str],
    *,
    tolerances: Sequence[int] = (0, 1, 2, 4),
    stride: int = 1,
    by_game: bool = False,
    repeats: int = 2000,
    seed: int = 0,
) -> list[ClassDraws]:
    """Draws of each side, of frame AP averaged over the tolerances.

    Args:
        videos, classes, tolerances, stride: as for `frame_map`.
        sides: of each side the spots of its runs.
        by_game: draw whole games, not videos (rallies).
        repeats, seed: of the draws.

    Raises:
        InputError: fewer than two units to draw from, or what `frame_map` raises.
    """
    names = [video.game if by_game else video.id for video in videos]
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    unit_of_video, num_units = np.array([number[name] for name in names], np.int64), len(number)
    generator = np.random.default_rng(seed)
    weights = draw_units(num_units, repeats, generator)[:, unit_of_video]
    draws = []
    for side in sides:
        ranked = [frame_hits(videos, run, classes, tolerances, stride=stride) for run in side]
        value = np.array([[hits[label].average_precision().mean() for label in classes] for hits in ranked])
        drawn = np.stack(
            [
                np.stack([hits[label].drawn_average_precision(weights).mean(axis=1) for label in classes], axis=1)
                for hits in ranked
            ]
        )
        labels = np.stack([ranked[0][label].labels for label in classes])  # (K, V)
        units = np.array([len(np.unique(unit_of_video[row > 0])) for row in labels])
        picks = generator.integers(len(side), size=(len(side), repeats))
        draws.append(ClassDraws(value, drawn, picks, units, absent_counts=False))
    return draws


def differences(
    first: ClassDraws,
    second: ClassDraws,
    groups: Mapping[str, Sequence[int]],
    *,
    together: bool = False,
    level: float = 0.95,
) -> dict[str, Difference]:
    """Differences of means over groups of classes.

    Args:
        first, second: sides of one call of `draw_ball` or `draw_frames`, so that their draws belong together.
        groups: name to the places of its classes: one place for a class's own AP.
        together: adjust the probabilities for as many comparisons as there are groups with labels.
        level: share of draws inside the intervals.
    """
    found = {}
    for name, columns in groups.items():
        (value_1, drawn_1), (value_2, drawn_2) = (side.mean(columns) for side in (first, second))
        units = int(max(first.units[list(columns)], default=0))
        drawn = drawn_2 - drawn_1
        found[name] = (
            _interval(value_1, drawn_1, level),
            _interval(value_2, drawn_2, level),
            _interval(value_2 - value_1, drawn, level),
            _probability(drawn, units),
            units,
        )
    p = [entry[3] for entry in found.values()]
    judged = [place for place, entry in enumerate(found.values()) if entry[4]]
    adjusted = list(p)
    if together:
        for place, value in zip(judged, holm([p[place] for place in judged]), strict=True):
            adjusted[place] = float(value)
    return {
        name: Difference(*entry[:4], adjusted_p=changed, units=entry[4])
        for (name, entry), changed in zip(found.items(), adjusted, strict=True)
    }


def holm(probabilities: ArrayLike) -> FloatArray:
    """Holm's adjustment of (N,) probabilities: the smallest times N, the next times N - 1 and no less, and so on."""
    p = np.asarray(probabilities, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def _interval(value: float, drawn: FloatArray, level: float) -> Interval:
    held = drawn[~np.isnan(drawn)]
    if not len(held):
        return Interval(float("nan"), float("nan"), float("nan"), level)
    low, high = np.quantile(held, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high), level)


def _probability(drawn: FloatArray, units: int) -> float:
    held = drawn[~np.isnan(drawn)]
    fewer = min(np.count_nonzero(held <= 0), np.count_nonzero(held >= 0))
    # The draw that happened counts as one, so that no finite number of draws gives a probability of 0.
    return float(min(1.0, max(2 * (fewer + 1) / (len(held) + 1), 2.0 ** (1 - units))))
