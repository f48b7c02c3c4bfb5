"""Does a score of 0.8 mean right four times out of five? Reliability bins and the expected calibration error.

An average precision only uses the order of the scores, so a spotter can be good and still say 0.9 where it is right
half the time. Spots are put in bins by score; in each, the mean score is held against the share of hits (Guo et al.,
On Calibration of Modern Neural Networks, 2017). Introduced in notebook 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.files import InputError

__all__ = ["Calibration", "calibrate", "pool"]


@dataclass(frozen=True)
class Calibration:
    """B bins of equal width over scores from 0 to 1.

    Attributes:
        edges: float64 (B + 1,); a bin holds its lower edge, the last one 1.0 as well.
        counts: int64 (B,), spots in each bin.
        mean_score: float64 (B,), NaN in an empty bin.
        hit_share: float64 (B,), share of the bin's spots that are right, NaN in an empty bin.
        error: the expected calibration error: |mean score - share of hits|, averaged over spots; NaN without any.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    mean_score: NDArray[np.float64]
    hit_share: NDArray[np.float64]
    error: float


def calibrate(scores: ArrayLike, hits: ArrayLike, num_bins: int = 10) -> Calibration:
    """Put spots in bins by score.

    Args:
        scores: (N,), from 0; those above 1 count as 1.
        hits: bool (N,), whether the spot is right.
        num_bins: how many bins.

    Raises:
        InputError: not one hit for each score, or no bin.
    """
    scores = np.minimum(np.asarray(scores, np.float64), 1.0)
    hits = np.asarray(hits, bool)
    if scores.shape != hits.shape or num_bins < 1:
        raise InputError(f"{scores.size} scores, {hits.size} hits, {num_bins} bins: expected as many hits as scores")
    edges = np.linspace(0, 1, num_bins + 1)
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, num_bins - 1)
    counts = np.bincount(place, minlength=num_bins)
    return _calibration(edges, counts, np.bincount(place, scores, num_bins), np.bincount(place, hits, num_bins))


def pool(calibrations: Sequence[Calibration]) -> Calibration:
    """All spots of several calibrations with the same bins together: of the seeds of one system, say.

    Raises:
        InputError: there is none, or they have different bins.
    """
    if not calibrations or any(len(other.edges) != len(calibrations[0].edges) for other in calibrations):
        raise InputError(f"{len(calibrations)} calibrations: expected one or more, all with the same bins")
    counts = np.sum([other.counts for other in calibrations], axis=0)
    sums = [
        np.sum([np.nan_to_num(getattr(other, name)) * other.counts for other in calibrations], axis=0)
        for name in ("mean_score", "hit_share")
    ]
    return _calibration(calibrations[0].edges, counts, *sums)


def _calibration(
    edges: NDArray[np.float64], counts: NDArray[np.int64], scores: NDArray[np.float64], hits: NDArray[np.float64]
) -> Calibration:
    """From the sums of scores and of hits in each bin."""
    filled = counts > 0
    mean_score, hit_share = (
        np.divide(total, counts, out=np.full(len(counts), np.nan), where=filled) for total in (scores, hits)
    )
    gap = np.abs(mean_score - hit_share)[filled]
    error = float(gap @ counts[filled] / counts.sum()) if filled.any() else float("nan")
    return Calibration(edges, counts, mean_score, hit_share, error)
