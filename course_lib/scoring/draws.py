"""Matches, rallies or minutes drawn again with replacement, and what every run scores on each draw.

Few matches are a small sample of football. Drawing as many again as there are, and scoring each draw, shows how much a
score owes to which ones they were (Efron, Bootstrap Methods: Another Look at the Jackknife, 1979). All runs are scored
on the same draws, so that what makes a match hard for two systems cancels in their difference. Trainings are never
drawn: of three or five there are too few different draws, `course_lib.scoring.differences` reckons with their variance.

Rallies of one match resemble each other (same hall, same teams), so drawing rallies gives an interval that is too
narrow for a statement about other matches; drawing matches gives an honest one, if there are enough of them.
Introduced in notebooks 02 (minutes), 09 (rallies) and 10 (two systems).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.rule import Rule

__all__ = ["Draws", "Scorer", "draw_units", "unit_of_video"]

FloatArray = NDArray[np.float64]
Scorer = Callable[[FloatArray], FloatArray]
"""How often each unit is in each draw (R, U) to K scores of each draw (R, K), NaN where it cannot be scored."""


@dataclass(frozen=True)
class Draws:
    """Scores of N runs of one side in R draws: K columns, a class each or a score of all classes.

    Attributes:
        value: (N, K), of all test videos.
        drawn: (N, R, K), of each draw, NaN where it holds no label of the class.
        labelled: bool (U, K), which units hold labels of which class.
        absent_counts: whether a class without any label counts 0 in a mean (SoccerNet) or not at all (frame mAP).
    """

    value: FloatArray
    drawn: FloatArray
    labelled: NDArray[np.bool_]
    absent_counts: bool

    def mean(self, columns: Sequence[int]) -> tuple[float, FloatArray]:
        """Mean over these columns and over the runs: of all test videos, and (R,) of each draw of units."""
        value, drawn = self.of_runs(columns)
        return float(value.mean()), drawn.mean(axis=0)

    def of_runs(self, columns: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """The same of each run by itself: (N,) of all test videos, and (N, R) of each draw of units. A class of which a
        draw holds no label is left out of that draw's mean, since it says nothing about the spotter."""
        columns = list(columns)
        kept = np.asarray(columns, np.int64)[self.labelled[:, columns].any(axis=0)]
        if not len(kept):
            return np.full(len(self.value), np.nan), np.full(self.drawn.shape[:2], np.nan)
        factor = len(kept) / len(columns) if self.absent_counts else 1.0
        drawn = self.drawn[:, :, kept]
        held = np.count_nonzero(~np.isnan(drawn), axis=2)
        with np.errstate(invalid="ignore"):
            means = factor * np.nan_to_num(drawn).sum(axis=2) / held
        return factor * self.value[:, kept].mean(axis=1), means

    def units_of(self, columns: Sequence[int]) -> int:
        """How many units hold labels of any of these columns."""
        return int(np.count_nonzero(self.labelled[:, list(columns)].any(axis=1)))

    def beside(self, other: "Draws") -> "Draws":
        """The columns of this and, after them, those of another of the same runs, units and seed."""
        value, labelled = np.hstack([self.value, other.value]), np.hstack([self.labelled, other.labelled])
        return Draws(value, np.dstack([self.drawn, other.drawn]), labelled, self.absent_counts)


def draw_units(
    sides: Sequence[Sequence[Scorer]],
    labelled: NDArray[np.bool_],
    rule: Rule,
    *,
    repeats: int,
    seed: int,
    absent_counts: bool,
) -> list[Draws]:
    """Draw units, the same for all runs of all sides, and score each run on each draw.

    Args:
        sides: of each side a scorer a run.
        labelled: (U, K), which of the units that can be drawn hold labels of which column.
        rule: whose unit is drawn.
        repeats: number of draws.
        seed: of the draws; the same seed draws the same.
        absent_counts: as in `Draws`.

    Raises:
        InputError: fewer than two units, or a side without a run.
    """
    if not all(sides):
        raise InputError("no run to score: expected the spots of one seed or more")
    num_units = len(labelled)
    if num_units < 2:
        hint = ' (or unit="block", to draw stretches of play)' if absent_counts and rule.unit == "game" else ""
        raise InputError(f"{num_units} {rule.unit}: an interval needs two or more{hint}")
    everything = np.ones((1, num_units))
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(num_units, np.full(num_units, 1 / num_units), size=repeats).astype(np.float64)
    draws = []
    for side in sides:
        value = np.stack([scores(everything)[0] for scores in side])
        draws.append(Draws(value, np.stack([scores(weights) for scores in side]), labelled, absent_counts))
    return draws


def unit_of_video(videos: Sequence[Video], rule: Rule) -> NDArray[np.int64]:
    """Which unit each video belongs to, int64 (V,).

    Raises:
        InputError: the rule draws stretches, which hold parts of videos.
    """
    if rule.unit == "block":
        raise InputError("unit 'block': expected 'video' or 'game', since this score ranks the spots of whole videos")
    names = [video.id if rule.unit == "video" else video.game for video in videos]
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return np.array([number[name] for name in names], np.int64)
