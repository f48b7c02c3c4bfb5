"""What a submission scores on a half of the matches, with what it would on draws of its minutes.

All submissions are scored on the same draws, so that two of them can be compared minute by minute: what makes a minute
hard for both cancels. Draws are kept beside the submission; made again they are the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.challenge.sealed import HALVES, Challenge
from course_lib.files import atomic_path
from course_lib.scoring.ball import Spots
from course_lib.scoring.draws import Draws
from course_lib.scoring.intervals import score_interval

__all__ = ["DRAWS", "Scored", "keep_draws", "kept_draws", "score_runs"]

DRAWS = 1000

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Scores of one half, in fractions.

    Attributes:
        numbers: as JSON keeps them: "means", by name, the first of which decides; "interval", of that one; and
            "per_class", None where a class has no label.
        drawn: (R,), the first mean in each draw; NaN in one that holds no label.
    """

    numbers: Mapping[str, Any]
    drawn: FloatArray

    @property
    def value(self) -> float:
        """The score that decides."""
        return next(iter(self.numbers["means"].values()))


def score_runs(challenge: Challenge, half: str, runs: Sequence[Spots], *, draws: int = DRAWS) -> Scored:
    """Score spots; several runs count by their mean.

    Args:
        half: "public" or "private".
        runs: spots of each run, by video id.
        draws: of the minutes, rallies or videos; the same for all that are compared.
    """
    task, rule, videos = challenge.scoring, challenge.rule, challenge.half(half)
    runs = [task.scored({video.id: run[video.id] for video in videos}, rule) for run in runs]
    (drawn,), means = task.draw(videos, [runs], rule, repeats=draws, seed=HALVES.index(half))
    value, of_draws = drawn.mean(next(iter(means.values())))
    interval = score_interval(value, of_draws)
    per_class = {label: _number(drawn, [place]) for place, label in enumerate(rule.classes)}
    numbers = {
        "means": {name: _number(drawn, columns) for name, columns in means.items()},
        "interval": [interval.low, interval.high],
        "per_class": per_class,
    }
    return Scored(numbers, of_draws)


def keep_draws(path: Path, drawn: FloatArray) -> None:
    """Write draws (atomically), exactly."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, drawn)


def kept_draws(path: Path) -> FloatArray | None:
    """Draws that were kept; None if there are none, or others."""
    try:
        drawn = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return drawn if drawn.shape == (DRAWS,) and drawn.dtype == np.float64 else None


def _number(drawn: Draws, columns: Sequence[int]) -> float | None:
    value = drawn.mean(columns)[0]
    return None if np.isnan(value) else value
