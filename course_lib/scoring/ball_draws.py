"""Draws of SoccerNet's average precision: nothing is matched anew, hits and spots are counted once for each unit.

Whatever a draw holds, AP needs how many spots and how many hits reach each threshold, and how many labels there are.
These are sums over units, so those of a draw are weighted sums of those of its units: exactly what copies of the videos
would give, for the price of a product of matrices. Introduced in notebook 02.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Video
from course_lib.scoring.average_precision import count_at_thresholds, eleven_point_precision, threshold_bins
from course_lib.scoring.ball import Spots, ball_tables
from course_lib.scoring.draws import Draws, draw_units, unit_of_video
from course_lib.scoring.matching import match_labels_in_time_order
from course_lib.scoring.rule import Rule

__all__ = ["UnitCounts", "draw_ball", "draw_counts"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Draws scored at a time: a few tens of megabytes, whatever the number of draws.
COUNTED_AT_ONCE = 50


@dataclass(frozen=True)
class UnitCounts:
    """What a draw needs: hits and spots (U, K, T) at T falling thresholds, labels (U, K), of each unit."""

    hits: FloatArray
    spots: FloatArray
    labels: FloatArray

    @classmethod
    def of_spots(
        cls, unit: IntArray, class_index: IntArray, score: FloatArray, hit: NDArray[np.bool_], labels: FloatArray
    ) -> Self:
        """Count spots whose unit, class and score (P,) are known, and whether they found a label (P,).

        Args:
            labels: (U, K), of each unit and class.
        """
        num_rows, shape = labels.size, (*labels.shape, -1)
        row, bins = unit * labels.shape[1] + class_index, threshold_bins(score)
        hits = count_at_thresholds(row[hit], bins[hit], num_rows).reshape(shape).astype(np.float64)
        return cls(hits, count_at_thresholds(row, bins, num_rows).reshape(shape).astype(np.float64), labels)

    def drawn_precision(self, weights: FloatArray) -> FloatArray:
        """AP of each class with every unit counted as often as a draw holds it.

        Args:
            weights: float64 (R, U), 0 or more.

        Returns:
            float64 (R, K), NaN where the draw holds no label of the class.
        """
        precision = np.full((len(weights), self.labels.shape[1]), np.nan)
        known = self.labels.any(axis=0)  # of a class without labels there is nothing to score in any draw
        known_hits, known_spots, known_labels = self.hits[:, known], self.spots[:, known], self.labels[:, known]
        for start in range(0, len(weights), COUNTED_AT_ONCE):
            part = weights[start : start + COUNTED_AT_ONCE]
            hits = np.tensordot(part, known_hits, axes=1)  # (R, K', T)
            spots = np.tensordot(part, known_spots, axes=1)
            labels = part @ known_labels  # (R, K')
            precision[start : start + COUNTED_AT_ONCE, known] = np.where(
                labels > 0, eleven_point_precision(hits, spots, labels), np.nan
            )
        return precision


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
    return draw_counts(counts, rule, repeats=repeats, seed=seed)


def draw_counts(
    sides: Sequence[Sequence[UnitCounts]], rule: Rule, *, repeats: int = 2000, seed: int = 0
) -> list[Draws]:
    """`draw_ball` of what was counted already, all of the same labels. Raises as `draw_units`."""
    labels = next((run.labels for side in sides for run in side), np.zeros((0, 0)))
    scorers = [[partial(UnitCounts.drawn_precision, run) for run in side] for side in sides]
    return draw_units(scorers, labels > 0, rule, repeats=repeats, seed=seed, absent_counts=True)


def _count_by_unit(videos: Sequence[Video], spots: Spots, rule: Rule) -> UnitCounts:
    """Match once, then count by unit; a matched spot belongs to the unit of its label."""
    labels, found = ball_tables(videos, spots, rule)
    (match,) = match_labels_in_time_order(labels, found, np.array([rule.radius_steps]))
    if rule.unit == "block":
        block_steps = rule.block_sec * rule.steps_per_sec
        steps = np.array([max(video.num_frames / video.fps * rule.steps_per_sec, 1) for video in videos])
        # A last stretch shorter than half joins the one before it.
        blocks = np.maximum(np.round(steps / block_steps), 1).astype(np.int64)
        first_unit, num_units = np.cumsum(blocks) - blocks, int(blocks.sum())
    else:
        first_unit = unit_of_video(videos, rule)
        blocks, num_units, block_steps = np.ones(len(videos), np.int64), int(first_unit.max()) + 1, float("inf")

    def unit(video: IntArray, frame: IntArray) -> IntArray:
        return first_unit[video] + np.minimum((frame / block_steps).astype(np.int64), blocks[video] - 1)

    label_unit = unit(labels.video_index, labels.frame)
    spot_unit = unit(found.video_index, found.frame)
    matched, hit = match >= 0, np.zeros(len(found), bool)
    spot_unit[match[matched]], hit[match[matched]] = label_unit[matched], True
    num_classes = len(rule.classes)
    label_row = label_unit * num_classes + labels.class_index
    of_unit = np.bincount(label_row, minlength=num_units * num_classes).reshape(num_units, num_classes).astype(float)
    return UnitCounts.of_spots(spot_unit, found.class_index, found.value, hit, of_unit)
