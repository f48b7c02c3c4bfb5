"""Is the simulated game like the real one? Events a rally, their shares and the length of rallies, side by side.

The real numbers are the totals that the authors of VNL-STES state for its 1,028 rallies of eight matches; more is not
known here. The real data have 1.04 serves a rally, since a few clips show more than one; a simulated rally has one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from filming.tracks import Tracks

from .labels import CLASSES

__all__ = [
    "PERCENTILES",
    "REAL_COUNTS",
    "REAL_FRAMES",
    "REAL_RALLIES",
    "RallyStatistics",
    "compare",
    "from_tracks",
    "real_shares",
]

REAL_RALLIES = 1028
REAL_FRAMES = 251_110  # at 25 frames a second
REAL_FPS = 25.0
REAL_COUNTS: Mapping[str, int] = {
    "serve": 1071,
    "receive": 1558,
    "set": 1393,
    "spike": 1321,
    "block": 550,
    "score": 244,
}
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class RallyStatistics:
    """What rallies look like from their labels.

    Attributes:
        rallies: how many.
        counts: int [6], events of each class in the order of `CLASSES`.
        length_sec: float [rallies], how long each clip is.
        transitions: int [7, 7], how often the row's class is followed by the column's; the last row is the beginning of
            a rally and the last column its end.
    """

    rallies: int
    counts: np.ndarray
    length_sec: np.ndarray
    transitions: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Float [6], summing to 1."""
        return self.counts / max(self.counts.sum(), 1)

    @property
    def per_rally(self) -> np.ndarray:
        """Float [6], events of each class in a rally."""
        return self.counts / max(self.rallies, 1)


def real_shares() -> np.ndarray:
    """Float [6], the shares of the classes in VNL-STES."""
    counts = np.array([REAL_COUNTS[label] for label in CLASSES], float)
    return counts / counts.sum()


def from_tracks(tracks: Iterable[Tracks]) -> RallyStatistics:
    """Statistics of simulated rallies."""
    index = {label: i for i, label in enumerate(CLASSES)}
    counts = np.zeros(len(CLASSES), int)
    transitions = np.zeros((len(CLASSES) + 1, len(CLASSES) + 1), int)
    lengths = []
    for rally in tracks:
        order = [index[action.label] for action in rally.actions]
        np.add.at(counts, order, 1)
        np.add.at(transitions, ([len(CLASSES), *order], [*order, len(CLASSES)]), 1)
        lengths.append(rally.num_frames / rally.fps)
    return RallyStatistics(len(lengths), counts, np.array(lengths), transitions)


def compare(tracks: Iterable[Tracks]) -> str:
    """A printable comparison of simulated rallies with VNL-STES."""
    mine = from_tracks(tracks)
    real_sec = REAL_FRAMES / REAL_RALLIES / REAL_FPS
    lines = [
        f"{mine.rallies} simulated rallies, {REAL_RALLIES} real ones",
        "",
        f"{'':18s}{'simulated':>10s}{'real':>8s}",
        f"{'seconds a rally':18s}{mine.length_sec.mean():10.2f}{real_sec:8.2f}",
        f"{'events a rally':18s}{mine.per_rally.sum():10.2f}{sum(REAL_COUNTS.values()) / REAL_RALLIES:8.2f}",
        "",
        f"{'class':18s}{'a rally':>10s}{'real':>8s}{'share':>10s}{'real':>8s}{'ratio':>7s}   followed by, %",
    ]
    names = (*CLASSES, "end")
    following = 100 * mine.transitions / np.maximum(mine.transitions.sum(1, keepdims=True), 1)
    for i, (label, share) in enumerate(zip(CLASSES, real_shares(), strict=True)):
        cells = ", ".join(
            f"{names[j]} {following[i, j]:.0f}" for j in np.argsort(-following[i]) if following[i, j] >= 1
        )
        lines.append(
            f"{label:18s}{mine.per_rally[i]:10.2f}{REAL_COUNTS[label] / REAL_RALLIES:8.2f}"
            f"{mine.shares[i]:10.2%}{share:8.2%}{mine.shares[i] / share:7.2f}   {cells}"
        )
    percentiles = np.percentile(mine.length_sec, PERCENTILES)
    lines += [
        "",
        "length of rallies, s: " + ", ".join(f"{p} % {v:.1f}" for p, v in zip(PERCENTILES, percentiles, strict=True)),
    ]
    return "\n".join(lines)
