"""The nouns of the course: an event, the video it happens in, a data set of such videos, and the lists of classes.

Whatever file labels or predictions come from, they become these. A label and a prediction are the same thing, an
`Event`; a prediction has a score. Class lists stand in the order of their identifiers; identifier 0 is background
everywhere, so the first class of a list is 1.

Step i of a video at stride s stands for frames i*s ... i*s + s - 1, so an event lies on step frame // s, clipped to
the last step. Where a label came as milliseconds and the frame rate is given, it lies where the ball-action metric
looks for it, on step int(fps / s * (ms / 1000)): the same for a label on an exact frame, at most one step earlier
otherwise. Introduced in notebook 00; steps in notebook 01.
"""

import colorsys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.data.times import Times
from course_lib.files import InputError

__all__ = [
    "BALL_12",
    "BALL_2",
    "CLASS_SETS",
    "MAP10_EXCLUDED",
    "SOCCERNET_17",
    "VOLLEYBALL_6",
    "Event",
    "FilmPart",
    "SpottingDataset",
    "Video",
    "class_colours",
    "count_labels",
    "event_step",
    "event_steps",
    "frame_steps",
    "position_steps",
]

BALL_12 = (
    "PASS",
    "DRIVE",
    "HEADER",
    "HIGH PASS",
    "OUT",
    "CROSS",
    "THROW IN",
    "SHOT",
    "BALL PLAYER BLOCK",
    "PLAYER SUCCESSFUL TACKLE",
    "FREE KICK",
    "GOAL",
)
"""SoccerNet ball actions, 2024 and 2025 editions."""

MAP10_EXCLUDED = ("FREE KICK", "GOAL")
"""Left out of mAP-10: the real test matches hold 2 and 6 of them, so one hit moves their AP by tens of points."""

BALL_2 = ("PASS", "DRIVE")
"""SoccerNet ball actions, 2023 edition."""

SOCCERNET_17 = (
    "Penalty",
    "Kick-off",
    "Goal",
    "Substitution",
    "Offside",
    "Shots on target",
    "Shots off target",
    "Clearance",
    "Ball out of play",
    "Throw-in",
    "Foul",
    "Indirect free-kick",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)
"""SoccerNet-v2 action spotting."""

VOLLEYBALL_6 = ("serve", "receive", "set", "spike", "block", "score")
"""VNL-STES."""

CLASS_SETS = {
    "ball-12": BALL_12,
    "ball-2": BALL_2,
    "soccernet-17": SOCCERNET_17,
    "volleyball-6": VOLLEYBALL_6,
}

# Twelve colours whose closest pair stays far apart (CIE Delta E 27) in normal sight and in simulated protanopia and
# deuteranopia; found by random search.
_TWELVE = (
    "#0077aa",
    "#ee9900",
    "#009977",
    "#0000ff",
    "#9966ff",
    "#004444",
    "#440099",
    "#662200",
    "#66dd88",
    "#22cccc",
    "#aa5500",
    "#77bbff",
)


def class_colours(classes: Sequence[str]) -> dict[str, str]:
    """A colour for each class, "#rrggbb", the same at every call: by place in the list."""
    colours = list(_TWELVE[: len(classes)])
    # Longer lists go on round the colour wheel by the golden ratio, which never comes close to an earlier hue soon.
    for index in range(len(colours), len(classes)):
        red, green, blue = colorsys.hls_to_rgb((index * 0.618034) % 1.0, 0.38 + 0.22 * (index % 2), 0.6)
        colours.append(f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
    return dict(zip(classes, colours, strict=True))


@dataclass(frozen=True)
class Event:
    """Something that happens at one frame (a label), or is said to (a spot, with a score).

    Attributes:
        label: the class's name, as in the class list.
        frame: 0-based frame of the video at the video's own rate; for a label given in milliseconds, the nearest one.
        score: confidence of a prediction, None for a label.
        xy: where in the picture, as fractions of width and height, (0, 0) top left; in [0, 1] for a label, perhaps a
            little outside for a spot; None if unknown.
        team: "left", "right", "home" or "away"; None if unknown.
        visible: False for an action that happened but was not shown (SoccerNet's "not shown").
        position_ms: the milliseconds that a SoccerNet file states, kept so that official scoring stays exact; counted
            from the first picture, as frames are.
        comment: free text of the E2E-Spot format.
        source: "model" for a label that a model proposed and a person let stand: it agrees with that model too easily.
    """

    label: str
    frame: int
    score: float | None = None
    xy: tuple[float, float] | None = None
    team: str | None = None
    visible: bool = True
    position_ms: int | None = None
    comment: str = ""
    source: str = ""


@dataclass(frozen=True)
class FilmPart:
    """Where a video was cut from, so that it is known again in the whole film.

    Attributes:
        film: id of the whole film, "match/film" where its match has several.
        key: of its content, as `course_lib.data.store.content_digest` gives it.
        first, stop: frames of the film, the last one not included.
    """

    film: str
    key: str
    first: int
    stop: int


@dataclass(frozen=True)
class Video:
    """One video file and what happens in it.

    Attributes:
        id: name within the data set: "league/season/match", for one half of a two-file match with "/1" or "/2"
            added, or whatever an E2E-Spot file calls it.
        path: the video file, or a folder of frames; None if only labels are at hand.
        num_frames, fps, width, height: as counted and measured, not as a header claims.
        events: in the order of their file, which is nearly always that of time; the order matters to the official
            evaluators, where of two entries at one frame the last (or the first) wins, so nothing sorts it away.
        half: 1 or 2; 1 where a match is one file.
        game: the match; videos of one game never go to different splits. Empty means the id itself.
        start_ms: when a player shows the first picture; 0 in most files. See `course_lib.data.times`.
        part_of: the film that it is a stretch of; None if it is whole.
    """

    id: str
    path: Path | None
    num_frames: int
    fps: float
    width: int
    height: int
    events: tuple[Event, ...] = ()
    half: int = 1
    game: str = ""
    start_ms: int = 0
    part_of: FilmPart | None = None

    def __post_init__(self) -> None:
        if not self.game:
            object.__setattr__(self, "game", self.id)

    @property
    def duration_sec(self) -> float:
        """Length in seconds."""
        return self.num_frames / self.fps

    @property
    def times(self) -> Times:
        """The map between its frames and a player's times."""
        return Times(self.fps, self.start_ms)


@dataclass(frozen=True)
class SpottingDataset:
    """Videos in splits, with the class list that their labels use.

    Attributes:
        name: as `load_dataset` knows it, or that of its folder.
        root: the folder.
        classes: of the labels.
        splits: split to its videos.
        whole: split to the number of its matches where there are more than `splits` holds: of which only some were
            made so far, or asked for.
        task: how to train and score on it, where the data set says so; empty where its classes decide.
        notes: sentences that belong to every score on it, such as how its splits were made.

    Raises:
        InputError: a match is in two splits, or a video is listed twice.
    """

    name: str
    root: Path
    classes: tuple[str, ...]
    splits: Mapping[str, tuple[Video, ...]] = field(default_factory=dict)
    whole: Mapping[str, int] = field(default_factory=dict)
    task: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        split_of: dict[str, str] = {}
        seen: set[str] = set()
        for split, videos in self.splits.items():
            for video in videos:
                if split_of.setdefault(video.game, split) != split:
                    raise InputError(
                        f"{self.root}: match {video.game!r} is in the splits {split_of[video.game]!r} and {split!r}; "
                        "a match must be in one split only"
                    )
                if video.id in seen:
                    raise InputError(f"{self.root}: video {video.id!r} is listed twice in split {split!r}")
                seen.add(video.id)

    @property
    def train(self) -> tuple[Video, ...]:
        """Videos to train on."""
        return self.splits.get("train", ())

    @property
    def val(self) -> tuple[Video, ...]:
        """Videos that choose: early stopping, thresholds, settings."""
        return self.splits.get("val", ())

    @property
    def test(self) -> tuple[Video, ...]:
        """Videos that are only reported on."""
        return self.splits.get("test", ())

    def matches(self, split: str) -> tuple[str, ...]:
        """The matches of a split, in the order of its videos."""
        return tuple(dict.fromkeys(video.game for video in self.splits.get(split, ())))

    def num_matches(self, split: str) -> int:
        """How many matches the split has when all of them are there."""
        return max(len(self.matches(split)), self.whole.get(split, 0))

    @property
    def videos(self) -> tuple[Video, ...]:
        """All videos, split by split."""
        return tuple(video for videos in self.splits.values() for video in videos)


def count_labels(videos: Iterable[Video]) -> Counter[str]:
    """How many labels of each class these videos have."""
    return Counter(event.label for video in videos for event in video.events)


def position_steps(position_ms: ArrayLike, steps_per_sec: float) -> NDArray[np.int64]:
    """Milliseconds to steps as the evaluator does it, in its order: 1160 ms at 25 a second is 28, not 29."""
    return (steps_per_sec * (np.asarray(position_ms, np.float64) / 1000)).astype(np.int64)


def frame_steps(frames: ArrayLike, stride: int, fps: float, video_fps: float) -> NDArray[np.int64]:
    """The step of each frame of a video.

    Args:
        frames: counted at the video's own rate.
        stride: frames a step.
        fps: frames a second that are strided.
        video_fps: the video's own rate; if it is another, time decides.
    """
    frames = np.asarray(frames, np.int64)
    if video_fps == fps:
        return frames // stride
    # The small addition keeps exact multiples from falling one short.
    return np.floor(frames / video_fps * fps / stride + 1e-9).astype(np.int64)


def event_steps(
    events: Sequence[Event], stride: int, fps: float, video_fps: float, *, by_position: bool = True
) -> NDArray[np.int64]:
    """The step of each event, not clipped to the length of the video.

    Args:
        events: of one video.
        stride, fps, video_fps: as for `frame_steps`.
        by_position: go by milliseconds where an event states them.
    """
    steps = frame_steps([event.frame for event in events], stride, fps, video_fps)
    stated = [row for row, event in enumerate(events) if by_position and event.position_ms is not None]
    steps[stated] = position_steps([events[row].position_ms for row in stated], fps / stride)
    return steps


def event_step(event: Event, num_steps: int, stride: int, fps: float | None = None) -> int:
    """The step that an event lies on, at most num_steps - 1; `fps` of the video matters for labels in milliseconds."""
    rate = 1.0 if fps is None else fps
    (step,) = event_steps([event], stride, rate, rate, by_position=fps is not None)
    return min(int(step), num_steps - 1)
