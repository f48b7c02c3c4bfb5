"""Which rank a system holds, as far as that is known: ranges that are right for all systems at once.

Twenty systems are 190 pairs, and a p-value for each, corrected for so many, can never be small enough with a few
thousand draws. What can be asked of the draws is how far the largest of all differences strays from its mean: whatever
lies beyond that in the scores themselves is shown, for all pairs together. Pairs that are shown leave the maximum of
the rest smaller, so it is asked again without them, until nothing more is shown (Romano and Wolf, Exact and Approximate
Stepdown Methods for Multiple Hypothesis Testing, 2005). Each difference counts in its own standard deviations, since
systems that resemble each other differ less by chance. They are those of `course_lib.scoring.differences`: of the draws
of minutes and, where a system has several trainings, of the mean over them; what strays with them is a variable of
Student's t a system, so that the largest of all differences is asked, of one pair, what a pair by itself is asked.
A system's best possible rank is then 1 and those shown to be better, its worst one N without those shown to be worse
(Mogstad and others, Inference for Ranks, 2024). Introduced in notebook 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.files import InputError

__all__ = ["RankRange", "rank_ranges", "seed_noise", "shown_better"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RankRange:
    """From the best to the worst rank, from 1, that what was found allows."""

    best: int
    worst: int

    def __str__(self) -> str:
        return f"{self.best}" if self.best == self.worst else f"{self.best} to {self.worst}"


def rank_ranges(
    values: ArrayLike,
    drawn: ArrayLike,
    level: float = 0.95,
    *,
    trainings: Sequence[ArrayLike] | None = None,
    seed: int = 0,
) -> list[RankRange]:
    """The range of ranks of each of N systems; with probability `level` all of them hold their true rank.

    Args:
        values, drawn, level, trainings, seed: as for `shown_better`.

    Raises:
        InputError: as `shown_better`.
    """
    better = shown_better(values, drawn, level, trainings=trainings, seed=seed)
    above, below = better.sum(axis=0).tolist(), better.sum(axis=1).tolist()
    return [RankRange(1 + ours, len(better) - theirs) for ours, theirs in zip(above, below, strict=True)]


def shown_better(
    values: ArrayLike,
    drawn: ArrayLike,
    level: float = 0.95,
    *,
    trainings: Sequence[ArrayLike] | None = None,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Which systems are shown to be better than which: bool (N, N), row better than column.

    Args:
        values: (N,) scores.
        drawn: (N, R) the same scores in R draws of the test's matches, minutes or rallies: draw r is the same for all.
        level: probability that not one of the pairs that are shown is wrong.
        trainings: of each system the scores of its trainings, whose mean is its score: what is shown then holds for
            other seeds, too. By default it is a matter of these trainings.
        seed: of what other seeds could have made of them.

    Raises:
        InputError: shapes that do not fit, fewer than two draws, or a score that is no number.
    """
    values, drawn = np.asarray(values, np.float64), np.asarray(drawn, np.float64)
    if drawn.ndim != 2 or values.shape != drawn.shape[:1] or drawn.shape[1] < 2:
        raise InputError(f"ranks: {values.shape} scores and {drawn.shape} draws; expected (N,) and (N, R), R 2 or more")
    if not (np.isfinite(values).all() and np.isfinite(drawn).all()):
        raise InputError("ranks: a score is no number; expected one of every system in every draw")
    first, second = np.triu_indices(len(values), k=1)
    gaps = values[first] - values[second]  # (P,), a pair each
    centred = drawn - drawn.mean(axis=1, keepdims=True)
    strays = centred[first] - centred[second]  # (P, R)
    variance = strays.var(axis=1, ddof=1)
    if trainings is not None:
        # Never centred: one or two degrees of freedom have far outliers, and a mean of draws would follow them.
        noise = seed_noise(trainings, drawn.shape[1], np.random.default_rng(seed))
        strays += noise[first] - noise[second]
        of_mean = np.array([np.var(of, ddof=1) / len(of) if len(of) > 1 else 0.0 for of in trainings])
        variance += of_mean[first] + of_mean[second]
    spread = np.sqrt(variance)
    # Two systems that no draw tells apart are either equal or apart in every draw alike; rounding is neither.
    spread = np.maximum(spread, 1e-12)
    size, strays = np.abs(gaps) / spread, np.abs(strays) / spread[:, None]
    shown = np.zeros(len(gaps), bool)
    while not shown.all():
        limit = np.quantile(strays[~shown].max(axis=0), level)
        more = ~shown & (size > limit)
        if not more.any():
            break
        shown |= more
    better = np.zeros((len(values),) * 2, bool)
    better[first, second] = shown & (gaps > 0)
    better[second, first] = shown & (gaps < 0)
    return better


def seed_noise(trainings: Sequence[ArrayLike], draws: int, generator: np.random.Generator) -> FloatArray:
    """What other seeds could have made of each system's mean score: (N, R), to be added to what draws stray.

    The mean of n trainings strays from what the system would reach over all seeds as s / sqrt(n) times a variable of
    Student's t with n - 1 degrees of freedom, s their standard deviation. Of a single training nothing is known: zeros.

    Args:
        trainings: of each system the scores of its trainings.
        draws: R.
        generator: what is drawn comes from it.
    """
    noise = np.zeros((len(trainings), draws))
    for row, scores in enumerate(trainings):
        scores = np.asarray(scores, np.float64)
        if len(scores) > 1:
            scale = scores.std(ddof=1) / np.sqrt(len(scores))
            noise[row] = scale * generator.standard_t(len(scores) - 1, size=draws)
    return noise
