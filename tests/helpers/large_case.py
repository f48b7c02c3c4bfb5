"""A large scoring case that is the same on every machine and with every NumPy version.

`make_large_case("v2")` is a hundred games of SoccerNet-v2 (two halves, 17 classes, 340,000 predictions at 2 fps),
`make_large_case("ball")` seven matches of ball actions with the real class counts at 25 fps. Random numbers come from
a counter-based generator written out here, since NumPy's own may change between versions.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.data.events import BALL_12, SOCCERNET_17

__all__ = ["LargeCase", "make_large_case"]

V2_LABELS = (41, 514, 337, 579, 416, 1175, 1058, 1631, 6460, 3809, 2414, 2283, 382, 999, 431, 8, 14)
BALL_LABELS = (4985, 4300, 713, 761, 551, 261, 362, 169, 223, 74, 21, 13)
SEED = 20240607


@dataclass(frozen=True)
class LargeCase:
    """A case in the entries of SoccerNet's files: `games` holds id, annotations and predictions of each game."""

    classes: tuple[str, ...]
    fps: int
    games: list[tuple[str, list[dict], list[dict]]]


class SplitMix:
    """Uniform numbers in [0, 1) by the splitmix64 recipe (Steele, Lea, Flood, 2014)."""

    GAMMA = 0x9E3779B97F4A7C15
    WORD = 1 << 64

    def __init__(self, seed: int) -> None:
        self.state = seed

    def draw(self, count: int) -> np.ndarray:
        # The whole stretch of states at once; unsigned overflow is meant.
        with np.errstate(over="ignore"):
            word = np.uint64(self.state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(self.GAMMA)
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
            word ^= word >> np.uint64(31)
        self.state = (self.state + count * self.GAMMA) % self.WORD
        return (word >> np.uint64(11)) * 2.0**-53


def clock(half: int, position_ms: int) -> str:
    minutes, seconds = divmod(position_ms // 1000, 60)
    return f"{half} - {minutes:02d}:{seconds:02d}"


def make_large_case(kind: str = "v2") -> LargeCase:
    """The case "v2" or "ball"."""
    if kind == "v2":
        classes, totals, num_games, halves, minutes, fps, grid_ms = SOCCERNET_17, V2_LABELS, 100, (1, 2), 47, 2, 1
        jitter_ms, shown_share, stream = 3500.0, 0.83, SplitMix(SEED)
        wanted = [100] * len(classes)
    else:
        classes, totals, num_games, halves, minutes, fps, grid_ms = BALL_12, BALL_LABELS, 7, (1,), 97, 25, 40
        jitter_ms, shown_share, stream = 450.0, 1.1, SplitMix(SEED + 1)
        wanted = [round(1.6 * total / 7) + 60 for total in totals]
    rates = [total / (num_games * len(halves)) for total in totals]
    length_ms = minutes * 60_000
    games = []
    for game in range(num_games):
        labels: list[tuple[int, int, int, bool]] = []
        spots: list[tuple[int, int, int, float]] = []
        for half in halves:
            for index, rate in enumerate(rates):
                count = int(rate) + int(stream.draw(1)[0] < rate - int(rate))
                times = np.sort((stream.draw(count) * (length_ms // grid_ms)).astype(np.int64) * grid_ms)
                shown = stream.draw(count) < shown_share
                found = stream.draw(count) < 0.75
                offset = (stream.draw(4 * count).reshape(count, 4).sum(axis=1) - 2.0) * jitter_ms
                score = 0.25 + 0.75 * stream.draw(count) ** 0.5
                labels += [(half, int(time), index, bool(seen)) for time, seen in zip(times, shown, strict=True)]
                near = np.clip(np.round(times + offset), 0, length_ms - 1).astype(np.int64)
                spots += [(half, int(near[row]), index, round(float(score[row]), 5)) for row in np.flatnonzero(found)]
                extra = max(0, wanted[index] - int(found.sum()))
                elsewhere = (stream.draw(extra) * length_ms).astype(np.int64)
                weak = 0.9 * stream.draw(extra) ** 2
                spots += [
                    (half, int(time), index, round(float(value), 5))
                    for time, value in zip(elsewhere, weak, strict=True)
                ]
        annotations = [
            {
                "gameTime": clock(half, time),
                "label": classes[index],
                "position": str(time),
                "team": "left",
                "visibility": "visible" if seen else "not shown",
            }
            for half, time, index, seen in sorted(labels)
        ]
        predictions = [
            {
                "gameTime": clock(half, time),
                "label": classes[index],
                "position": str(time),
                "half": str(half),
                "confidence": value,
            }
            for half, time, index, value in sorted(spots)
        ]
        games.append((f"league/season/game_{game:03d}", annotations, predictions))
    return LargeCase(classes, fps, games)
