"""Spots by falling score with what each found: all that a ranked average precision needs, whole or of drawn videos.

Matching looks at one video at a time, so drawing videos again changes how often a hit or a miss counts, never which
spot found which label. The precision of a draw is then a quotient of two cumulative sums of weights along the ranking,
which is exact: whole weights give what repeating the videos gives. Introduced in notebook 01.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.metrics.average_precision import ranked_average_precision

__all__ = ["RankedHits"]

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
