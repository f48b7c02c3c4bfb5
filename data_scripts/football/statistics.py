"""Is the simulated game like the real one? Shares, intervals and transitions of labelled actions, side by side.

The real numbers in `real_statistics.json` are aggregates over seven professional matches annotated for SoccerNet ball
action spotting; no single label is kept there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.files import read_json
from filming.tracks import Tracks

from .labels import CLASSES

__all__ = [
    "CLASSES",
    "PERCENTILES",
    "GameStatistics",
    "compare",
    "compare_statistics",
    "from_events",
    "from_tracks",
    "real",
]

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
LONG_GAP_MS = 10_000


@dataclass(frozen=True)
class GameStatistics:
    """What a game looks like from its labels.

    Attributes:
        minutes: playing time, dead time included.
        counts: int [12], actions of each class in the order of `CLASSES`.
        interval_ms: float [7], percentiles (`PERCENTILES`) of the time between consecutive actions, milliseconds.
        class_interval_ms: float [12, 7], the same from an action of each class to the next; NaN if there is none.
        transitions: int [12, 12], how often the row's class is followed by the column's.
        same_team: float [12], how often the next action is by the same team; NaN if there is none.
        long_gap_share: share of the time that lies between actions more than 10 s apart.
    """

    minutes: float
    counts: np.ndarray
    interval_ms: np.ndarray
    class_interval_ms: np.ndarray
    transitions: np.ndarray
    same_team: np.ndarray
    long_gap_share: float

    @property
    def shares(self) -> np.ndarray:
        """Float [12], summing to 1."""
        return self.counts / max(self.counts.sum(), 1)

    @property
    def per_minute(self) -> float:
        """Actions a minute."""
        return float(self.counts.sum() / self.minutes)

    @property
    def transition_probabilities(self) -> np.ndarray:
        """Float [12, 12], rows sum to 1 (or 0 for a class that is never followed by anything)."""
        return self.transitions / np.maximum(self.transitions.sum(1, keepdims=True), 1)


def from_events(games: Iterable[Sequence[tuple[int, str, int]]], minutes: float) -> GameStatistics:
    """Statistics of several games.

    Args:
        games: for each game its (milliseconds, class, team) in order of time.
        minutes: their length together.
    """
    index = {label: i for i, label in enumerate(CLASSES)}
    counts = np.zeros(len(CLASSES), int)
    transitions = np.zeros((len(CLASSES), len(CLASSES)), int)
    same = np.zeros(len(CLASSES))
    waits: list[list[int]] = [[] for _ in CLASSES]
    for game in games:
        for _, label, _ in game:
            counts[index[label]] += 1
        for (ms, label, team), (next_ms, next_label, next_team) in zip(game, game[1:], strict=False):
            transitions[index[label], index[next_label]] += 1
            same[index[label]] += team == next_team
            waits[index[label]].append(next_ms - ms)
    everything = np.concatenate([np.array(wait, float) for wait in waits])
    nothing = np.full(len(PERCENTILES), np.nan)
    followed = transitions.sum(1)
    return GameStatistics(
        minutes=minutes,
        counts=counts,
        interval_ms=np.percentile(everything, PERCENTILES) if len(everything) else nothing,
        class_interval_ms=np.array([np.percentile(wait, PERCENTILES) if wait else nothing for wait in waits]),
        transitions=transitions,
        same_team=np.where(followed > 0, same / np.maximum(followed, 1), np.nan),
        long_gap_share=float(everything[everything > LONG_GAP_MS].sum() / (minutes * 60_000)),
    )


def from_tracks(tracks: Iterable[Tracks]) -> GameStatistics:
    """Statistics of simulated matches."""
    games, minutes = [], 0.0
    for match in tracks:
        games.append([(round(1000 * a.frame / match.fps), a.label, a.team) for a in match.actions])
        minutes += match.num_frames / match.fps / 60
    return from_events(games, minutes)


def real() -> GameStatistics:
    """Statistics of the real matches."""
    stored = read_json(Path(__file__).parent / "real_statistics.json")
    return GameStatistics(
        minutes=stored["minutes"],
        counts=np.array([stored["counts"][label] for label in CLASSES]),
        interval_ms=np.array(stored["interval_ms"]),
        class_interval_ms=np.array([stored["class_interval_ms"][label] for label in CLASSES]),
        transitions=np.array(stored["transitions"]),
        same_team=np.array([stored["same_team"][label] for label in CLASSES]),
        long_gap_share=stored["long_gap_share"],
    )


def compare(tracks: Iterable[Tracks], least_transition: float = 0.02) -> str:
    """A printable comparison of simulated matches with real ones.

    Args:
        tracks: the simulated matches.
        least_transition: transitions rarer than this among real ones (of their row) are left out.
    """
    return compare_statistics(from_tracks(tracks), real(), least_transition)


def compare_statistics(simulated: GameStatistics, truth: GameStatistics, least_transition: float = 0.02) -> str:
    """As `compare`, of statistics already computed."""
    lines = [
        f"{simulated.minutes:.0f} simulated minutes, {truth.minutes:.0f} real ones",
        "",
        f"{'':26s}{'simulated':>10s}{'real':>8s}",
        f"{'actions a minute':26s}{simulated.per_minute:10.2f}{truth.per_minute:8.2f}",
        f"{'time in gaps over 10 s':26s}{simulated.long_gap_share:10.1%}{truth.long_gap_share:8.1%}",
        "",
        f"{'class':26s}{'simulated':>10s}{'real':>8s}{'ratio':>7s}   "
        "time to the next action, s: 10 %, 50 %, 90 % (real)   same team next (real)",
    ]
    ten, half, ninety = (PERCENTILES.index(p) for p in (10, 50, 90))
    for i, label in enumerate(CLASSES):
        mine, theirs = simulated.class_interval_ms[i] / 1000, truth.class_interval_ms[i] / 1000
        ratio = simulated.shares[i] / truth.shares[i]
        lines.append(
            f"{label:26s}{simulated.shares[i]:10.2%}{truth.shares[i]:8.2%}{ratio:7.2f}   "
            + " ".join(f"{mine[k]:6.2f} ({theirs[k]:5.2f})" for k in (ten, half, ninety))
            + f"   {simulated.same_team[i]:8.0%} ({truth.same_team[i]:.0%})"
        )
    intervals = ((simulated.interval_ms[k] / 1000, truth.interval_ms[k] / 1000) for k in (ten, half, ninety))
    lines.append(f"{'any':26s}{'':25s}   " + " ".join(f"{mine:6.2f} ({theirs:5.2f})" for mine, theirs in intervals))
    lines += ["", "what follows what: simulated % (real %)"]
    mine, theirs = 100 * simulated.transition_probabilities, 100 * truth.transition_probabilities
    for i, label in enumerate(CLASSES):
        shown = [j for j in np.argsort(-theirs[i]) if max(mine[i, j], theirs[i, j]) >= 100 * least_transition]
        cells = ", ".join(f"{CLASSES[j]} {mine[i, j]:.0f} ({theirs[i, j]:.0f})" for j in shown)
        lines.append(f"{label:25s} {cells}")
    return "\n".join(lines)
