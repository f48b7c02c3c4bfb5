"""How far a score could have come out otherwise, and whether one system is better than another.

Two matches are a small sample of football and one seed a small sample of trainings. Drawing matches (or rallies, or
minutes) and seeds again with replacement, and scoring each draw, shows how much a score owes to which ones they were
(Efron, Bootstrap Methods: Another Look at the Jackknife, 1979). Two systems are scored on the same draws of matches and
each on its own draws of seeds, so that what makes a match hard for both cancels. With twelve classes at 95 % more than
every second comparison of equal systems shows a "difference" somewhere; the probabilities of all classes together are
therefore adjusted (Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979).

Nothing is matched anew: SoccerNet's AP of a draw is a weighted sum of counts of hits and spots, a ranked AP one of
weights along the ranking (`RankedHits`). Rallies of one match resemble each other (same hall, same teams), so drawing
rallies gives an interval that is too narrow for a statement about other matches; drawing matches gives an honest one,
if there are enough of them. Introduced in notebooks 02 (intervals), 09 (rallies) and 10 (differences).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.average_precision import RankedHits, count_at_thresholds, eleven_point_precision, threshold_bins
from course_lib.scoring.ball import Spots, ball_tables
from course_lib.scoring.frames import TOLERANCES_STEPS, frame_hits
from course_lib.scoring.matching import match_labels_in_time_order
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import EPSILON, combine, volleyball_hits, volleyball_spots

__all__ = [
    "VOLLEYBALL_SCORES",
    "Draws",
    "Interval",
    "PairedDifference",
    "bootstrap_frame_interval",
    "bootstrap_interval",
    "bootstrap_volleyball_interval",
    "draw_ball",
    "draw_frames",
    "draw_volleyball",
    "holm",
    "paired_differences",
]

FloatArray = NDArray[np.float64]
Scorer = Callable[[FloatArray], FloatArray]
"""How often each unit is in each draw (R, U) to K scores of each draw (R, K), NaN where it cannot be scored."""

VOLLEYBALL_SCORES = ("mtap", "msap", "combined", "clean_msap", "clean_combined")
"""What of `VolleyballScores` can be drawn."""

# Draws scored at a time: a few tens of megabytes, whatever the number of draws.
COUNTED_AT_ONCE = 50


@dataclass(frozen=True)
class Interval:
    """A score, or a difference of two, with the range that holds `level` of the bootstrap draws."""

    value: float
    low: float
    high: float
    level: float

    @property
    def differs_from_zero(self) -> bool:
        """Whether 0 lies outside: only then is a difference called one."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


@dataclass(frozen=True)
class PairedDifference:
    """The second side against the first, in fractions.

    Attributes:
        first, second: the score of each with its own interval; NaN where there is no label.
        difference: second minus first, paired.
        p: how rare a difference as far from 0 is if there is none: twice the share of draws on the other side of 0
            (Efron and Tibshirani, An Introduction to the Bootstrap, 1993), but no less than a sign test over the units
            that hold labels could give, since draws of two labels say nothing about a third.
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


@dataclass(frozen=True)
class Draws:
    """Scores of N runs of one side in R draws: K columns, a class each or a score of all classes.

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
        """Mean over these columns: of all test videos, and (R,) of each draw of units and runs."""
        kept, factor = self._labelled(columns)
        value = factor * float(self.value[:, kept].mean()) if len(kept) else float("nan")
        return value, np.take_along_axis(self.of_runs(columns)[1], self.picks, axis=0).mean(axis=0)

    def of_runs(self, columns: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """The same of each run by itself: (N,) of all test videos, and (N, R) of each draw of units. A class of which a
        draw holds no label is left out of that draw's mean, since it says nothing about the spotter."""
        kept, factor = self._labelled(columns)
        if not len(kept):
            return np.full(len(self.value), np.nan), np.full(self.drawn.shape[:2], np.nan)
        drawn = self.drawn[:, :, kept]
        held = np.count_nonzero(~np.isnan(drawn), axis=2)
        with np.errstate(invalid="ignore"):
            means = factor * np.nan_to_num(drawn).sum(axis=2) / held
        return factor * self.value[:, kept].mean(axis=1), means

    def _labelled(self, columns: Sequence[int]) -> tuple[NDArray[np.int64], float]:
        """Those of the columns that have labels, and by what their mean counts in a mean of all."""
        kept = np.asarray(columns, np.int64)[self.units[list(columns)] > 0]
        return kept, len(kept) / len(columns) if self.absent_counts else 1.0

    def beside(self, other: "Draws") -> "Draws":
        """The columns of this and, after them, those of another of the same runs, units and seed."""
        value, units = np.hstack([self.value, other.value]), np.hstack([self.units, other.units])
        return Draws(value, np.dstack([self.drawn, other.drawn]), self.picks, units, self.absent_counts)


def bootstrap_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the mAP over the rule's classes (of one class's AP, if there is one), or of a paired difference.

    Args:
        videos: where the labels are.
        spots: what was found, as for `score_ball_actions`; or a list of such, one for each seed, drawn as well.
        rule: what is drawn, and the classes to average over: `rule.without(MAP10_EXCLUDED)` for mAP-10.
        other: spots (of each seed) to subtract, scored on the same draws.
        repeats: number of draws.
        level: share of draws inside the interval.
        seed: of the draws.

    Raises:
        InputError: fewer than two units to draw from, or what `score_ball_actions` raises.
    """
    sides = draw_ball(videos, _sides(spots, other), rule, repeats=repeats, seed=seed)
    # A draw without any label counts 0, as in the score itself.
    means = [tuple(map(np.nan_to_num, side.mean(range(len(rule.classes))))) for side in sides]
    return _interval(*_minus(means), level)


def bootstrap_frame_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    tolerances: Sequence[int] = TOLERANCES_STEPS,
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the frame mAP, averaged over tolerances, or of a paired difference of two.

    Args:
        tolerances: as for `frame_map`.
        videos, spots, rule, other, repeats, level, seed: as for `bootstrap_interval`. Draws without any label are left
            out. For a class alone give `rule.only(label)`.

    Raises:
        InputError: fewer than two units to draw, no label to score, or what `frame_map` raises.
    """
    sides = draw_frames(videos, _sides(spots, other), rule, tolerances=tolerances, repeats=repeats, seed=seed)
    return _interval_with_labels(videos, sides, range(len(rule.classes)), level)


def bootstrap_volleyball_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    score: str = "combined",
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of one of the scores of `score_volleyball`, or of a paired difference of two.

    Args:
        score: one of `VOLLEYBALL_SCORES`.
        videos, spots, rule, other, repeats, level, seed: as for `bootstrap_frame_interval`.

    Raises:
        InputError: no such score, fewer than two units to draw, or what `score_volleyball` raises.
    """
    sides = draw_volleyball(videos, _sides(spots, other), rule, (score,), repeats=repeats, seed=seed)
    return _interval_with_labels(videos, sides, (0,), level)


def draw_ball(
    videos: Sequence[Video], sides: Sequence[Sequence[Spots]], rule: Rule, *, repeats: int = 2000, seed: int = 0
) -> list[Draws]:
    """Draws of each side, of SoccerNet's AP: a column a class.

    Args:
        videos, rule: as for `score_ball_actions`.
        sides: of each side the spots of its runs.
        repeats: number of draws.
        seed: of the draws; the same seed draws the same.

    Raises:
        InputError: fewer than two units to draw from, or what `score_ball_actions` raises.
    """
    counts = [[_count_by_unit(videos, run, rule) for run in side] for side in sides]
    scorers = [[partial(_drawn_precision, of_run) for of_run in side] for side in counts]
    labels = counts[0][0].labels
    return _draw(scorers, len(labels), np.count_nonzero(labels, axis=0), rule, repeats, seed, absent_counts=True)


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
    unit_of_video = _unit_of_video(videos, rule)
    ranked = [[frame_hits(videos, run, rule, tolerances) for run in side] for side in sides]

    def scorer(hits: Mapping[str, RankedHits]) -> Scorer:
        return lambda weights: np.stack(
            [one.drawn_average_precision(weights[:, unit_of_video]).mean(axis=1) for one in hits.values()], axis=1
        )

    labels = np.stack([of_class.labels for of_class in ranked[0][0].values()])  # (K, V)
    units = np.array([len(np.unique(unit_of_video[row > 0])) for row in labels])
    num_units = int(unit_of_video.max(initial=-1)) + 1
    scorers = [[scorer(hits) for hits in side] for side in ranked]
    return _draw(scorers, num_units, units, rule, repeats, seed, absent_counts=False)


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
    unit_of_video = _unit_of_video(videos, rule)
    num_units = int(unit_of_video.max(initial=-1)) + 1
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

        return lambda weights: np.stack([score_of(name, weights[:, unit_of_video]) for name in scores], axis=1)

    labelled = [any(event.label in rule.classes for event in video.events) for video in videos]
    units = np.full(len(scores), len(np.unique(unit_of_video[labelled])))
    scorers = [[scorer(run) for run in side] for side in sides]
    return _draw(scorers, num_units, units, rule, repeats, seed, absent_counts=False)


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
        level: share of draws inside the intervals.
    """
    units = {name: int(max(first.units[list(columns)], default=0)) for name, columns in groups.items()}
    means = {name: (first.mean(columns), second.mean(columns)) for name, columns in groups.items()}
    gaps = {name: _minus([of_second, of_first]) for name, (of_first, of_second) in means.items()}
    p = {name: _probability(gaps[name][1], units[name]) for name in groups}
    adjusted = dict(p)
    if together:
        judged = [name for name in groups if units[name]]
        adjusted |= zip(judged, holm([p[name] for name in judged]).tolist(), strict=True)
    return {
        name: PairedDifference(
            *(_interval(*mean, level) for mean in (*means[name], gaps[name])), p[name], adjusted[name], units[name]
        )
        for name in groups
    }


def holm(probabilities: ArrayLike) -> FloatArray:
    """Holm's adjustment of (N,) probabilities: the smallest times N, the next times N - 1 and no less, and so on."""
    p = np.asarray(probabilities, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def _draw(
    sides: Sequence[Sequence[Scorer]],
    num_units: int,
    units: NDArray[np.int64],
    rule: Rule,
    repeats: int,
    seed: int,
    *,
    absent_counts: bool,
) -> list[Draws]:
    """Draw units, the same for all sides, and then runs for one side after the other."""
    if num_units < 2:
        hint = ' (or unit="block", to draw stretches of play)' if absent_counts and rule.unit == "game" else ""
        raise InputError(f"{num_units} {rule.unit}: an interval needs two or more{hint}")
    if not all(sides):
        raise InputError("no run to score: expected the spots of one seed or more")
    generator = np.random.default_rng(seed)
    everything = np.ones((1, num_units))
    weights = generator.multinomial(num_units, np.full(num_units, 1 / num_units), size=repeats).astype(np.float64)
    draws = []
    for side in sides:
        value = np.stack([scores(everything)[0] for scores in side])
        drawn = np.stack([scores(weights) for scores in side])
        picks = generator.integers(len(side), size=(len(side), repeats))
        draws.append(Draws(value, drawn, picks, units, absent_counts))
    return draws


def _sides(spots: Spots | Sequence[Spots], other: Spots | Sequence[Spots] | None) -> list[list[Spots]]:
    return [[side] if isinstance(side, Mapping) else list(side) for side in (spots, other) if side is not None]


def _minus(means: Sequence[tuple[float, FloatArray]]) -> tuple[float, FloatArray]:
    """The first without the second, if there is one: its value and its draws."""
    value, drawn = means[0]
    for subtracted, of_draws in means[1:]:
        value, drawn = value - subtracted, drawn - of_draws
    return float(value), drawn


def _interval_with_labels(
    videos: Sequence[Video], sides: Sequence[Draws], columns: Sequence[int], level: float
) -> Interval:
    value, drawn = _minus([side.mean(columns) for side in sides])
    if np.isnan(value):
        raise InputError(f"no label to score in these {len(videos)} videos")
    return _interval(value, drawn, level)


def _interval(value: float, drawn: FloatArray, level: float) -> Interval:
    """Draws without any label (NaN) say nothing about a spotter and are left out."""
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


def _unit_of_video(videos: Sequence[Video], rule: Rule) -> NDArray[np.int64]:
    """Which unit each video belongs to, int64 (V,).

    Raises:
        InputError: the rule draws stretches, which hold parts of videos.
    """
    if rule.unit == "block":
        raise InputError("unit 'block': expected 'video' or 'game', since this score ranks the spots of whole videos")
    names = [video.id if rule.unit == "video" else video.game for video in videos]
    number = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return np.array([number[name] for name in names], np.int64)


def _class_mean(ranked: Mapping[str, RankedHits], weights: FloatArray) -> FloatArray:
    """Mean over the classes of which a draw holds labels: (R, S), NaN where it holds none at all."""
    precision = np.stack([hits.drawn_average_precision(weights) for hits in ranked.values()])  # (K, R, S)
    present = ~np.isnan(precision)
    total, count = np.where(present, precision, 0.0).sum(axis=0), present.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class _UnitCounts:
    """What a draw needs: hits and spots (U, K, 200) and labels (U, K) of each unit that can be drawn."""

    hits: FloatArray
    spots: FloatArray
    labels: FloatArray


def _count_by_unit(videos: Sequence[Video], spots: Spots, rule: Rule) -> _UnitCounts:
    """Match once, then count by unit; a matched spot belongs to the unit of its label."""
    labels, found = ball_tables(videos, spots, rule)
    (match,) = match_labels_in_time_order(labels, found, np.array([rule.radius_steps]))
    if rule.unit == "block":
        block_steps = rule.block_sec * rule.steps_per_sec
        steps = np.array([max(video.num_frames / video.fps * rule.steps_per_sec, 1) for video in videos])
        # A last stretch shorter than half joins the one before it.
        blocks = np.maximum(np.round(steps / block_steps), 1).astype(np.int64)
        unit_of_video, num_units = np.cumsum(blocks) - blocks, int(blocks.sum())
    else:
        unit_of_video = _unit_of_video(videos, rule)
        blocks, num_units, block_steps = np.ones(len(videos), np.int64), int(unit_of_video.max()) + 1, float("inf")

    def unit(video: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.int64]:
        return unit_of_video[video] + np.minimum((frame / block_steps).astype(np.int64), blocks[video] - 1)

    label_unit = unit(labels.video_index, labels.frame)
    spot_unit = unit(found.video_index, found.frame)
    matched = match >= 0
    spot_unit[match[matched]] = label_unit[matched]
    num_classes = len(rule.classes)
    bins = threshold_bins(found.value)
    row = spot_unit * num_classes + found.class_index
    hit = match[matched]
    shape = (num_units, num_classes, -1)
    num_rows = num_units * num_classes
    return _UnitCounts(
        count_at_thresholds(row[hit], bins[hit], num_rows).reshape(shape).astype(np.float64),
        count_at_thresholds(row, bins, num_rows).reshape(shape).astype(np.float64),
        np.bincount(label_unit * num_classes + labels.class_index, minlength=num_rows).reshape(shape[:2]).astype(float),
    )


def _drawn_precision(counts: _UnitCounts, weights: FloatArray) -> FloatArray:
    """AP of each class in each draw: float64 (R, K), NaN where the draw holds no label of the class."""
    precision = np.full((len(weights), counts.labels.shape[1]), np.nan)
    known = counts.labels.any(axis=0)  # of a class without labels there is nothing to score in any draw
    known_hits, known_spots, known_labels = counts.hits[:, known], counts.spots[:, known], counts.labels[:, known]
    for start in range(0, len(weights), COUNTED_AT_ONCE):
        part = weights[start : start + COUNTED_AT_ONCE]
        hits = np.tensordot(part, known_hits, axes=1)  # (R, K', 200)
        spots = np.tensordot(part, known_spots, axes=1)
        labels = part @ known_labels  # (R, K')
        precision[start : start + COUNTED_AT_ONCE, known] = np.where(
            labels > 0, eleven_point_precision(hits, spots, labels), np.nan
        )
    return precision
