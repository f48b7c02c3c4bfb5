"""A score with the range within which as much other play would have put it.

The score is in the middle, and the ends are 1.96 standard deviations of the draws away. That is not what bootstrap
intervals usually are, the range that holds 95 % of the draws (percentile intervals, Efron and Tibshirani, An
Introduction to the Bootstrap, 1993). Average precision takes best precisions, and a maximum of few rough numbers is too
high: a draw, which holds some minutes twice and others not at all, has fewer different labels than the test, and scores
higher. The draws lie above the score, as the score lies above the one of endless play, so their percentiles are off to
the wrong side twice over. Their spread is right.

What such an interval is about is part of it: the score to be expected of as many other minutes *of these matches*
(rallies, or matches, if those are drawn). It knows nothing of other matches, of another training, or of the score of
endless play, which lies lower: `course_lib.scoring.emulation` shows by how much. Introduced in notebooks 02 and 10.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "score_interval"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A score, or a difference of two, with its ends; in fractions.

    Attributes:
        value: in the middle of the ends, unless one of them would lie where no score (from 0 to 1) and no difference
            (from -1 to 1) can be: there it is cut, which takes nothing that could be true.
        low, high: the ends.
        level: how often the range holds what it is about.
    """

    value: float
    low: float
    high: float
    level: float

    @property
    def differs_from_zero(self) -> bool:
        """Whether 0 lies outside: only then is a difference called one."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        if math.isnan(self.value):  # of a class without labels
            return "–"
        return f"{100 * self.value:.1f} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def score_interval(value: float, drawn: FloatArray, level: float = 0.95) -> Interval:
    """The interval of one score; NaN where there is no draw to go by.

    Args:
        value: the score of all test videos.
        drawn: (R,), of each draw; NaN, of a draw without any label, says nothing about a spotter and is left out.
        level: how often the interval is to hold the score to be expected of as much other play.
    """
    held = drawn[~np.isnan(drawn)]
    if len(held) < 2:
        return Interval(float("nan"), float("nan"), float("nan"), level)
    reach = NormalDist().inv_cdf((1 + level) / 2) * float(held.std(ddof=1))
    return Interval(float(value), max(0.0, float(value) - reach), min(1.0, float(value) + reach), level)
