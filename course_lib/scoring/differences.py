"""Whether one system is better than another: differences on the same draws, with what other trainings could change.

Two things could have come out otherwise. Other **minutes** of these matches: both systems are scored on the same draws,
so what makes a minute hard for both cancels, and the variance of the difference of their means over trainings is that
of its draws. Other **trainings**: each system's mean over n of them has a variance of s^2 / n, s the standard deviation
of their scores. Trainings of two systems are not paired, though their seeds bear the same numbers: one seed gives the
same order of clips, but other weights to another network, and training soon forgets the order. (Seeds that did have
something in common would make the intervals too wide, never too narrow.) Drawing three or five trainings again would
not do: their draws spread by (n - 1) / n of the variance, and know nothing of how rough s itself is.

The variances are added, v + s1^2 / n1 + s2^2 / n2, and the difference is held against Student's t with the degrees of
freedom of such a sum (Satterthwaite, An Approximate Distribution of Estimates of Variance Components, 1946):

    (v + s1^2 / n1 + s2^2 / n2)^2 / (v^2 / (U - 1) + (s1^2 / n1)^2 / (n1 - 1) + (s2^2 / n2)^2 / (n2 - 1))

with U stretches (matches, rallies) that hold labels: the minutes' part is known from many, the trainings' from few. The
little by which trainings differ from minute to minute is in both parts, so the intervals are rather too wide. Of a
single training no s is known; its part is left out, and the difference is one of *these trainings*.

With twelve classes at 95 % more than every second comparison of equal systems shows a "difference" somewhere; the
probabilities of all classes together are therefore adjusted (Holm, A Simple Sequentially Rejective Multiple Test
Procedure, 1979). Introduced in notebook 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.scoring.draws import Draws
from course_lib.scoring.intervals import Interval, score_interval
from course_lib.scoring.student_t import both_tails, t_quantile

__all__ = ["PairedDifference", "adjusted", "difference_interval", "holm", "paired_differences"]

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12
"""Scores that lie closer are equal, and a spread below is none."""


@dataclass(frozen=True)
class PairedDifference:
    """The second side against the first, in fractions.

    Attributes:
        first, second: the score of each, mean over its trainings, with its own interval; NaN where there is no label.
        difference: second minus first, paired.
        p: how rare a difference as far from 0 is if there is none, by Student's t; but no less than a sign test over
            the units that hold labels could give, since draws of two labels say nothing about a third.
        adjusted_p: the same for all that were compared together, by Holm; equal to `p` where it stands alone.
        units: matches (or stretches, or rallies) that hold labels.
    """

    first: Interval
    second: Interval
    difference: Interval
    p: float
    adjusted_p: float
    units: int

    @property
    def verdict(self) -> str:
        """ "shown"; "alone", if it would only count had nothing else been compared; or "not shown"."""
        wrong = 1 - self.difference.level + 1e-12
        return "shown" if self.adjusted_p <= wrong else "alone" if self.p <= wrong else "not shown"


def paired_differences(
    first: Draws,
    second: Draws,
    groups: Mapping[str, Sequence[int]],
    *,
    together: bool = False,
    level: float = 0.95,
) -> dict[str, PairedDifference]:
    """Differences of means over groups of columns.

    Args:
        first, second: sides of one call of `draw_ball`, `draw_frames` or `draw_volleyball`, so that their draws belong
            together.
        groups: name to its columns: one place for a class's own AP.
        together: adjust the probabilities for as many comparisons as there are groups with labels.
        level: of the intervals.
    """
    entries = {}
    for name, columns in groups.items():
        sides = [score_interval(*side.mean(columns), level) for side in (first, second)]
        gap, p = difference_interval(first, second, columns, level)
        entries[name] = PairedDifference(*sides, gap, p, p, first.units_of(columns))
    if not together:
        return entries
    judged = {name: entry for name, entry in entries.items() if entry.units}
    return entries | dict(zip(judged, adjusted(judged.values()), strict=True))


def difference_interval(
    first: Draws, second: Draws, columns: Sequence[int], level: float = 0.95
) -> tuple[Interval, float]:
    """The second's mean less the first's, and how rare one as far from 0 is if there is none.

    Args:
        first, second, level: as for `paired_differences`.
        columns: whose mean is meant.

    Returns:
        The interval (NaN where there is no label) and the probability, as `PairedDifference` describes it.
    """
    (of_first, first_drawn), (of_second, second_drawn) = (side.of_runs(columns) for side in (first, second))
    value = float(of_second.mean() - of_first.mean())
    drawn = second_drawn.mean(axis=0) - first_drawn.mean(axis=0)
    drawn, units = drawn[~np.isnan(drawn)], first.units_of(columns)
    if len(drawn) < 2:
        return Interval(float("nan"), float("nan"), float("nan"), level), 1.0
    parts = [(float(drawn.var(ddof=1)), max(units - 1, 1))]
    parts += [(float(of.var(ddof=1)) / len(of), len(of) - 1) for of in (of_first, of_second) if len(of) > 1]
    variance = sum(part for part, _ in parts)
    if variance <= ROUNDING**2:
        p, reach = float(abs(value) <= ROUNDING), 0.0
    else:
        freedom = variance**2 / sum(part**2 / of_part for part, of_part in parts)
        p = both_tails(value / variance**0.5, freedom)
        reach = t_quantile(level, freedom) * variance**0.5
    interval = Interval(value, max(-1.0, value - reach), min(1.0, value + reach), level)
    return interval, min(1.0, max(p, 2.0 ** (1 - units)))


def adjusted(entries: Sequence[PairedDifference]) -> list[PairedDifference]:
    """The same, judged together: their `adjusted_p` by Holm for as many as there are."""
    entries = list(entries)
    return [
        replace(entry, adjusted_p=p)
        for entry, p in zip(entries, holm([entry.p for entry in entries]).tolist(), strict=True)
    ]


def holm(probabilities: ArrayLike) -> FloatArray:
    """Holm's adjustment of (N,) probabilities: the smallest times N, the next times N - 1 and no less, and so on."""
    p = np.asarray(probabilities, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted
