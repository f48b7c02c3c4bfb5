"""From hits and misses to an average precision, in the two ways of the field.

SoccerNet samples the precision-recall curve at 200 thresholds and takes the mean of the best precision at 11 recalls
(Everingham et al., The PASCAL Visual Object Classes Challenge, 2010). E2E-Spot (Hong et al., Spotting Temporally
Precise, Fine-Grained Events in Video, 2022) takes every hit as a point of the curve: all it needs is the spots by
falling score with what each found, `RankedHits`.

Matching looks at one video at a time, so drawing videos again changes how often a hit or a miss counts, never which
spot found which label. The precision of a draw is then a quotient of two cumulative sums of weights along the ranking,
which is exact: whole weights give what repeating the videos gives. Introduced in notebook 01.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "RECALL_LEVELS",
    "THRESHOLDS",
    "RankedHits",
    "count_at_thresholds",
    "eleven_point_precision",
    "precision_and_recall",
    "ranked_average_precision",
    "threshold_bins",
]

FloatArray = NDArray[np.float64]

THRESHOLDS = np.linspace(0, 1, 200)
RECALL_LEVELS = np.arange(11) / 10


def threshold_bins(scores: FloatArray) -> NDArray[np.int64]:
    """How many of the 200 thresholds each score reaches.

    Args:
        scores: (N,), 0 or more.

    Returns:
        int64 (N,) in [1, 200]: the same as `searchsorted(THRESHOLDS, scores, side="right")`, several times faster.
    """
    last = len(THRESHOLDS) - 1
    scores = np.minimum(scores, 1.0)
    # Rounding leaves the guess at most one step off, so looking at two thresholds settles it.
    guess = (scores * last).astype(np.int64)
    above = np.append(THRESHOLDS, np.inf)
    return guess + (above[guess] <= scores) + (above[guess + 1] <= scores)


def count_at_thresholds(row: NDArray, bins: NDArray[np.int64], num_rows: int) -> NDArray[np.int64]:
    """Count, for each row and threshold, the entries that reach the threshold.

    Args:
        row: whole numbers (N,) in [0, num_rows): the class, say.
        bins: (N,), from `threshold_bins`.

    Returns:
        int64 (num_rows, 200), never rising along a row.
    """
    width = len(THRESHOLDS) + 1
    histogram = np.bincount(row * width + bins, minlength=num_rows * width).reshape(num_rows, width)
    return np.cumsum(histogram[:, :0:-1], axis=1)[:, ::-1]


def precision_and_recall(hits: NDArray, spots: NDArray, labels: NDArray) -> tuple[FloatArray, FloatArray]:
    """Precision and recall at each threshold; 0/0 is 0.

    Args:
        hits, spots: (..., 200), matched spots and all spots at each threshold.
        labels: (...,), how many labels there are.

    Returns:
        Two float64 arrays (..., 200).
    """
    hits = np.asarray(hits, np.float64)
    labels = np.asarray(labels, np.float64)[..., None]
    precision = np.divide(hits, spots, out=np.zeros_like(hits), where=np.asarray(spots) > 0)
    recall = np.divide(hits, labels, out=np.zeros_like(hits), where=labels > 0)
    return precision, recall


def eleven_point_precision(hits: NDArray, spots: NDArray, labels: NDArray) -> FloatArray:
    """SoccerNet's AP: the mean over recalls 0, 0.1 ... 1 of the best precision at that recall or more.

    Args:
        hits, spots: (..., 200), from `count_at_thresholds`: never rising along the last axis.
        labels: (...,).

    Returns:
        float64 (...,) in [0, 1].
    """
    precision, recall = precision_and_recall(hits, spots, labels)
    # Recall never rises with the threshold: "at that recall or more" is always the first so many thresholds.
    best_so_far = np.maximum.accumulate(precision, axis=-1)
    total = np.zeros(precision.shape[:-1])
    for level in RECALL_LEVELS:
        reached = np.count_nonzero(recall >= level, axis=-1)[..., None]
        best = np.take_along_axis(best_so_far, np.maximum(reached - 1, 0), axis=-1)
        total += np.where(reached > 0, best, 0.0)[..., 0]
    return total / len(RECALL_LEVELS)


def ranked_average_precision(hit: NDArray[np.bool_], num_labels: int) -> float:
    """E2E-Spot's AP: the sum over hits of the best precision at that or a later hit, over the number of labels.

    Args:
        hit: (P,), whether the spot found a label, by falling score.
        num_labels: 1 or more.
    """
    places = np.flatnonzero(hit)
    precision = np.arange(1, len(places) + 1) / (places + 1)
    return float(np.maximum.accumulate(precision[::-1]).sum() / num_labels)


DRAWS_AT_ONCE = 100


@dataclass(frozen=True)
class RankedHits:
    """The spots of one ranking (of a class, say), by falling score.

    Attributes:
        video: int64 (P,), in which video the spot is.
        hit: bool (S, P), whether it found a label, under S settings (tolerances, say).
        labels: int64 (V,), labels in each video.
    """

    video: NDArray[np.int64]
    hit: NDArray[np.bool_]
    labels: NDArray[np.int64]

    def average_precision(self) -> NDArray[np.float64]:
        """(S,); NaN where there are no labels."""
        total = int(self.labels.sum())
        if not total:
            return np.full(len(self.hit), np.nan)
        return np.array([ranked_average_precision(row, total) for row in self.hit])

    def drawn_average_precision(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same with every video counted as often as a draw holds it.

        Args:
            weights: float64 (R, V), 0 or more.

        Returns:
            float64 (R, S); NaN where the draw holds no label. Exact for repeated videos, unless scores are equal: a
            spot's copies count as neighbours in the ranking.
        """
        result = np.full((len(weights), len(self.hit)), np.nan)
        # What comes after the last hit of all changes nothing: with low scores kept, most of the ranking.
        found = np.flatnonzero(self.hit.any(axis=0))
        video = self.video[: found[-1] + 1 if len(found) else 0]
        for start in range(0, len(weights), DRAWS_AT_ONCE):
            part = slice(start, start + DRAWS_AT_ONCE)
            rows, labels = result[part], weights[part] @ self.labels
            present = labels > 0
            weight = weights[part][present][:, video]  # (R', P)
            so_far = np.cumsum(weight, axis=1)
            for setting, row in enumerate(self.hit):
                places = np.flatnonzero(row)
                gain, seen = weight[:, places], so_far[:, places]
                precision = np.divide(np.cumsum(gain, axis=1), seen, out=np.zeros_like(seen), where=seen > 0)
                best_later = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
                # A spot's copies find as many labels each; the last of them has the best precision, and they share it.
                rows[present, setting] = (gain * best_later).sum(axis=1)
            rows /= np.where(present, labels, 1)[:, None]
        return result
