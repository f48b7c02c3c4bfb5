"""The three nouns of the course: an event, the video it happens in, and a data set of such videos.

Whatever file labels or predictions come from, they become these. A label and a prediction are the same thing, an
`Event`; a prediction has a score. Introduced in notebook 00.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.errors import InputError

__all__ = ["Event", "SpottingDataset", "Video"]


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
        position_ms: the milliseconds that a SoccerNet file states, kept so that official scoring stays exact.
        comment: free text of the E2E-Spot format.
    """

    label: str
    frame: int
    score: float | None = None
    xy: tuple[float, float] | None = None
    team: str | None = None
    visible: bool = True
    position_ms: int | None = None
    comment: str = ""


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

    def __post_init__(self) -> None:
        if not self.game:
            object.__setattr__(self, "game", self.id)

    @property
    def duration_sec(self) -> float:
        """Length in seconds."""
        return self.num_frames / self.fps


@dataclass(frozen=True)
class SpottingDataset:
    """Videos in splits, with the class list that their labels use.

    Raises:
        InputError: a match is in two splits, or a video is listed twice.
    """

    name: str
    root: Path
    classes: tuple[str, ...]
    splits: Mapping[str, tuple[Video, ...]] = field(default_factory=dict)

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

    @property
    def videos(self) -> tuple[Video, ...]:
        """All videos, split by split."""
        return tuple(video for videos in self.splits.values() for video in videos)
