"""How far a score could have come out otherwise: bootstrap intervals over matches and seeds.

Two matches are a small sample of football and one seed a small sample of trainings. Drawing matches (and seeds) again
with replacement, and scoring each draw, shows how much the score owes to which ones they were (Efron, Bootstrap
Methods: Another Look at the Jackknife, 1979). Two runs are compared on the same draws. Hits and spots are counted
once per match, so a draw is only a weighted sum of counts. Introduced in notebook 02.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Event, Video
from course_lib.metrics.average_precision import count_at_thresholds, eleven_point_precision, threshold_bins
from course_lib.metrics.ball_actions import Spots, ball_tables
from course_lib.metrics.matching import match_labels_in_time_order

__all__ = ["Interval", "UnitCounts", "bootstrap_interval", "count_by_unit", "draw_units", "drawn_precision"]

# Draws scored at a time: a few tens of megabytes, whatever the number of draws.
DRAWS_AT_ONCE = 50


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
class UnitCounts:
    """What a draw needs: hits and spots (U, K, 200) and labels (U, K) of each unit that can be drawn."""

    hits: NDArray[np.float64]
    spots: NDArray[np.float64]
    labels: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)


def bootstrap_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    classes: Sequence[str],
    *,
    other: Spots | Sequence[Spots] | None = None,
    tolerance_sec: float = 1.0,
    stride: int = 1,
    fps: float = 25.0,
    block_sec: float | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the mAP over `classes` (of one class's AP, if there is one), or of a paired difference.

    A class of which a draw holds no label is left out of that draw's mean, since it says nothing about the spotter.

    Args:
        videos: where the labels are. What is drawn are games: videos of one game are drawn together.
        spots: what was found, as for `score_ball_actions`; or a list of such, one for each seed, drawn as well.
        classes: the classes to average over: leave out FREE KICK and GOAL for mAP-10.
        other: spots (of each seed) to subtract, scored on the same draws of games.
        tolerance_sec, stride, fps: as for `score_ball_actions`.
        block_sec: draw stretches of so many seconds instead of games. For test sets of two or three games, of which
            there are too few draws; the interval then says nothing about how matches differ.
        repeats: number of draws.
        level: share of draws inside the interval.
        seed: of the draws.

    Raises:
        InputError: fewer than two units to draw from, or what `score_ball_actions` raises.
    """
    sides = [_as_runs(side) for side in (spots, other) if side is not None]
    settings = (tolerance_sec, stride, fps, block_sec)
    tallies = [[count_by_unit(videos, run, classes, *settings) for run in side] for side in sides]
    generator = np.random.default_rng(seed)
    num_units = len(tallies[0][0])
    everything = np.ones((1, num_units))
    weights = draw_units(num_units, repeats, generator)
    value, drawn = 0.0, np.zeros(repeats)
    for sign, side in zip((1, -1), tallies, strict=False):
        value += sign * float(np.mean([_score(counts, everything)[0] for counts in side]))
        scores = np.stack([_score(counts, weights) for counts in side])  # (runs, repeats)
        picks = generator.integers(len(side), size=(len(side), repeats))
        drawn += sign * np.take_along_axis(scores, picks, axis=0).mean(axis=0)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level)


def draw_units(num_units: int, repeats: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """How often each unit is in each draw: float64 (repeats, num_units).

    Raises:
        InputError: there are fewer than two units.
    """
    if num_units < 2:
        raise InputError(f"{num_units} game: an interval needs two or more (or block_sec, to draw stretches of play)")
    return generator.multinomial(num_units, np.full(num_units, 1 / num_units), size=repeats).astype(np.float64)


def _as_runs(spots: Mapping[str, Sequence[Event]] | Sequence[Spots]) -> list[Spots]:
    return [spots] if isinstance(spots, Mapping) else list(spots)


def count_by_unit(
    videos: Sequence[Video],
    spots: Spots,
    classes: Sequence[str],
    tolerance_sec: float,
    stride: int,
    fps: float,
    block_sec: float | None,
) -> UnitCounts:
    """Match once, then count by unit; a matched spot belongs to the unit of its label.

    The arguments are those of `bootstrap_interval`.
    """
    labels, found = ball_tables(videos, spots, classes, stride=stride, fps=fps)
    rate = fps / stride
    (match,) = match_labels_in_time_order(labels, found, np.array([tolerance_sec * rate / 2]))
    games = list(dict.fromkeys(video.game for video in videos))
    if block_sec is None:
        unit_of_video, blocks = np.array([games.index(video.game) for video in videos]), np.ones(len(videos), np.int64)
        num_units, block_steps = len(games), float("inf")
    else:
        block_steps = block_sec * rate
        steps = np.array([max(video.num_frames / video.fps * rate, 1) for video in videos])
        # A last stretch shorter than half joins the one before it.
        blocks = np.maximum(np.round(steps / block_steps), 1).astype(np.int64)
        unit_of_video, num_units = np.cumsum(blocks) - blocks, int(blocks.sum())

    def unit(video: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.int64]:
        return unit_of_video[video] + np.minimum((frame / block_steps).astype(np.int64), blocks[video] - 1)

    label_unit = unit(labels.video_index, labels.frame)
    spot_unit = unit(found.video_index, found.frame)
    matched = match >= 0
    spot_unit[match[matched]] = label_unit[matched]
    num_classes = len(classes)
    bins = threshold_bins(found.value)
    row = spot_unit * num_classes + found.class_index
    hit = match[matched]
    shape = (num_units, num_classes, -1)
    num_rows = num_units * num_classes
    return UnitCounts(
        count_at_thresholds(row[hit], bins[hit], num_rows).reshape(shape).astype(np.float64),
        count_at_thresholds(row, bins, num_rows).reshape(shape).astype(np.float64),
        np.bincount(label_unit * num_classes + labels.class_index, minlength=num_rows).reshape(shape[:2]).astype(float),
    )


def drawn_precision(counts: UnitCounts, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """AP of each class in each draw: float64 (R, K), NaN where the draw holds no label of the class.

    Args:
        counts: of `count_by_unit`.
        weights: (R, U), how often each unit is in each draw.
    """
    precision = np.empty((len(weights), counts.labels.shape[1]))
    for start in range(0, len(weights), DRAWS_AT_ONCE):
        part = weights[start : start + DRAWS_AT_ONCE]
        hits = np.tensordot(part, counts.hits, axes=1)  # (R, K, 200)
        spots = np.tensordot(part, counts.spots, axes=1)
        labels = part @ counts.labels  # (R, K)
        precision[start : start + DRAWS_AT_ONCE] = np.where(
            labels > 0, eleven_point_precision(hits, spots, labels), np.nan
        )
    return precision


def _score(counts: UnitCounts, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """mAP of each draw: weights (R, U), how often each unit is in it. Returns (R,)."""
    precision = drawn_precision(counts, weights)
    present = np.count_nonzero(counts.labels.sum(axis=0))
    drawn = np.maximum(np.count_nonzero(~np.isnan(precision), axis=1), 1)
    # Classes without any label count 0, as in the score itself; those a draw merely missed are left out.
    return np.nan_to_num(precision).sum(axis=1) / drawn * present / precision.shape[1]
