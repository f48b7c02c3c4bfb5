"""The two tasks of the course, and all that differs between them once a spotter has answered.

`ball`: what happened when, in football; SoccerNet's mAP at one second. `volleyball`: also where in the picture; frame
mAP for the time, spatial mAP for the place, and both combined. Training, decoding and run folders ask the task how to
score, by which score validation chooses, and how spots are written. Introduced in notebook 09.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course_lib.classes import MAP10_EXCLUDED, VOLLEYBALL_6
from course_lib.decoding import DecodeConfig, choose_decoding, decode
from course_lib.events import Video
from course_lib.metrics.ball_actions import Spots, score_ball_actions
from course_lib.metrics.chance import score_chance
from course_lib.metrics.frame_intervals import bootstrap_volleyball_interval
from course_lib.metrics.intervals import bootstrap_interval
from course_lib.metrics.spatial import score_volleyball
from course_lib.metrics.spatial_chance import score_volleyball_chance

if TYPE_CHECKING:
    from course_lib.config import DataConfig
    from course_lib.events import SpottingDataset

__all__ = ["BLOCK_SEC", "TASKS", "Scores", "Task", "task_of"]

Scores = dict[str, Any]
"""The scores of some videos, as JSON holds them: those that `Task.names` lists (fractions, None where there is none),
per_class, counts, and more that is the task's own."""

BLOCK_SEC = 60.0  # what football's intervals draw: two test matches are too few to draw from, their minutes are not
WINDOWS_SEC = (0.08, 0.16, 0.24, 0.32, 0.48)  # contacts of one class are a second and more apart


@dataclass(frozen=True)
class Task:
    """What a task asks and how it is scored.

    Attributes:
        names: of its scores and how they are shown; validation chooses by the first.
        metric: what is measured, in words.
        show_tolerance_sec: full width within which a spot counts as right when thresholds for showing are chosen.
        score: (videos, spots, data) → scores.
        choose: (probabilities of each video, the videos, data) → the decoding that scores best.
        intervals: (videos, spots, data) → 95 % interval of some of the scores; without those of too little video.
        chance: (data set, data) → the scores of a guesser who knows the rates and sees nothing.
    """

    names: dict[str, str]
    metric: str
    show_tolerance_sec: float
    score: Callable[[Sequence[Video], Spots, "DataConfig"], Scores]
    choose: Callable[[Sequence[NDArray[np.floating]], Sequence[Video], "DataConfig"], DecodeConfig]
    intervals: Callable[[Sequence[Video], Spots, "DataConfig"], dict[str, list[float]]]
    chance: Callable[["SpottingDataset", "DataConfig"], Scores]

    @property
    def headline(self) -> str:
        """The key of the score that validation chooses by."""
        return next(iter(self.names))


def task_of(classes: Sequence[str]) -> str:
    """The task that a class list stands for: "volleyball" if all of it are classes of volleyball, else "ball"."""
    return "volleyball" if set(classes) <= set(VOLLEYBALL_6) else "ball"


def _score_ball(videos: Sequence[Video], spots: Spots, data: "DataConfig") -> Scores:
    return asdict(score_ball_actions(videos, spots, data.classes, stride=data.stride, fps=data.fps))


def _choose_ball(scores: Sequence[NDArray[np.floating]], videos: Sequence[Video], data: "DataConfig") -> DecodeConfig:
    return choose_decoding(scores, videos, data.classes, stride=data.stride, fps=data.fps)


def _ball_intervals(videos: Sequence[Video], spots: Spots, data: "DataConfig") -> dict[str, list[float]]:
    if sum(video.duration_sec for video in videos) < 2 * BLOCK_SEC:
        return {}
    ten = tuple(label for label in data.classes if label not in MAP10_EXCLUDED)
    lists = {"map12": data.classes} | ({"map10": ten} if 0 < len(ten) < len(data.classes) else {})
    settings = {"stride": data.stride, "fps": data.fps, "block_sec": BLOCK_SEC, "level": 0.95}
    drawn = {name: bootstrap_interval(videos, spots, classes, **settings) for name, classes in lists.items()}
    return {name: [interval.low, interval.high] for name, interval in drawn.items()}


def _ball_chance(dataset: "SpottingDataset", data: "DataConfig") -> Scores:
    return asdict(score_chance(dataset.test, data.classes, dataset.train, stride=data.stride, fps=data.fps))


def _score_volleyball(videos: Sequence[Video], spots: Spots, data: "DataConfig") -> Scores:
    return asdict(score_volleyball(videos, spots, data.classes, stride=data.stride))


def _choose_volleyball(
    scores: Sequence[NDArray[np.floating]], videos: Sequence[Video], data: "DataConfig"
) -> DecodeConfig:
    windows = sorted({max(1, round(window * data.fps / data.stride)) for window in WINDOWS_SEC})

    def quality(decoding: DecodeConfig) -> float:
        spots = {
            video.id: decode(rows, data.classes, stride=data.stride, **asdict(decoding))
            for video, rows in zip(videos, scores, strict=True)
        }
        return score_volleyball(videos, spots, data.classes, stride=data.stride).mtap

    return max((DecodeConfig(window_steps=window) for window in windows), key=quality)


def _volleyball_intervals(videos: Sequence[Video], spots: Spots, data: "DataConfig") -> dict[str, list[float]]:
    if len(videos) < 2:
        return {}
    intervals = {
        name: bootstrap_volleyball_interval(videos, spots, data.classes, score=name, stride=data.stride)
        for name in TASKS["volleyball"].names
    }
    return {name: [interval.low, interval.high] for name, interval in intervals.items()}


def _volleyball_chance(dataset: "SpottingDataset", data: "DataConfig") -> Scores:
    return asdict(score_volleyball_chance(dataset.test, data.classes, dataset.train, stride=data.stride))


TASKS: dict[str, Task] = {
    "ball": Task(
        {"map12": "mAP-12", "map10": "mAP-10"},
        f"mAP@1; intervals: 95 % of 1000 draws of {BLOCK_SEC:g} s of the test videos",
        1.0,
        _score_ball,
        _choose_ball,
        _ball_intervals,
        _ball_chance,
    ),
    "volleyball": Task(
        {"mtap": "mTAP", "msap": "mSAP", "combined": "combined", "clean_msap": "clean mSAP"},
        "mTAP: frame mAP, mean over 0, 1, 2 and 4 steps either side; mSAP: spatial AP, mean over these and 2, 4, 6 px; "
        "intervals: 95 % of 1000 draws of test rallies",
        0.32,  # four frames either side
        _score_volleyball,
        _choose_volleyball,
        _volleyball_intervals,
        _volleyball_chance,
    ),
}
"""Every task by its name, as the configuration has it."""
