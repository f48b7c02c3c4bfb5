"""A challenge: videos that participants have, labels that they have not, and which half of them is shown.

    FOLDER/participants/   what is handed out
    FOLDER/sealed/         challenge.json: the labels and the two halves; and what scoring keeps

The halves are made of whole matches. The public one is scored while the course runs, and trying often enough
fits a spotter to it. The private one is scored once, at the end. Introduced in notebook 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from course_lib.data.events import Event, Video
from course_lib.files import InputError, read_json, write_json
from course_lib.scoring.rule import Rule
from course_lib.spotting.tasks import TASKS, Task

__all__ = ["CHALLENGE_FILE", "HALVES", "Challenge", "load_challenge", "split_halves"]

HALVES = ("public", "private")
CHALLENGE_FILE = "challenge.json"
FORMAT = 1
MOST_SPLITS = 2000  # ways to halve the matches that are looked at


@dataclass(frozen=True)
class Challenge:
    """Everything that decides scores.

    Attributes:
        folder: of the challenge.
        made: how, for whoever asks: "filmed" or "data", and the settings.
        task: its name, see `course_lib.spotting.tasks`.
        classes: of the labels.
        videos: with their labels and without paths, by name.
        public: the matches of the public half.
        fixed: rows of the table that nobody handed in, by name: {"public": numbers, "private": numbers}.
    """

    folder: Path
    made: Mapping[str, Any]
    task: str
    classes: tuple[str, ...]
    videos: tuple[Video, ...]
    public: tuple[str, ...]
    fixed: Mapping[str, Mapping[str, Any]]

    @property
    def participants(self) -> Path:
        """What is handed out."""
        return self.folder / "participants"

    @property
    def sealed(self) -> Path:
        """What is not."""
        return self.folder / "sealed"

    @property
    def scoring(self) -> Task:
        """What scores it."""
        return TASKS[self.task]

    @property
    def rule(self) -> Rule:
        """By frames, as a server does."""
        rates = {video.fps for video in self.videos}
        return self.scoring.rule(self.classes, stride=1, fps=rates.pop() if len(rates) == 1 else 25.0)

    def half(self, name: str) -> tuple[Video, ...]:
        """The videos of a half, with labels."""
        return tuple(video for video in self.videos if (video.game in self.public) == (name == "public"))

    def save(self) -> None:
        """Write challenge.json (atomically)."""
        data = {"format": FORMAT, "made": self.made, "task": self.task, "classes": self.classes, "public": self.public}
        videos = [asdict(replace(video, path=None)) for video in self.videos]
        write_json(self.sealed / CHALLENGE_FILE, data | {"fixed": self.fixed, "videos": videos})


def load_challenge(folder: str | Path) -> Challenge:
    """The challenge in a folder.

    Raises:
        InputError: there is none, or its file is malformed.
    """
    folder = Path(folder)
    path = folder / "sealed" / CHALLENGE_FILE
    if not path.is_file():
        raise InputError(f"{folder}: holds no challenge (sealed/{CHALLENGE_FILE}); make one with `challenge make`")
    data = read_json(path)
    try:
        if data["format"] != FORMAT:
            raise InputError(f"{path}: format is {data['format']!r}; expected {FORMAT}, made by this version")
        videos = tuple(_video(entry) for entry in data["videos"])
        return Challenge(
            folder, data["made"], data["task"], tuple(data["classes"]), videos, tuple(data["public"]), data["fixed"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{path}: is malformed ({what}); expected it as it was made") from None


def split_halves(videos: Sequence[Video], random: Random) -> tuple[str, ...]:
    """The matches of the public half, drawn from those ways of halving them that leave most classes in both halves.

    Args:
        videos: with labels; with an odd number of matches the private half has one more.
        random: draws; of a challenge the system's own source, so that nobody knows which matches are shown.

    Raises:
        InputError: one match only.
    """
    games = list(dict.fromkeys(video.game for video in videos))
    if len(games) < 2:
        raise InputError(f"{len(games)} match: expected two or more, since a half of them is shown and a half is not")
    labels = {game: {event.label for video in videos if video.game == game for event in video.events} for game in games}
    random.shuffle(games)
    size = len(games) // 2
    if len(games) <= 14:
        ways = [list(way) for way in combinations(games, size)]
    else:
        ways = [random.sample(games, size) for _ in range(MOST_SPLITS)]
    random.shuffle(ways)

    def in_both(way: list[str]) -> int:
        shown = set().union(*(labels[game] for game in way))
        hidden = set().union(*(labels[game] for game in games if game not in way))
        return len(shown & hidden)

    return tuple(sorted(max(ways, key=in_both)))


def _video(entry: Mapping[str, Any]) -> Video:
    events = tuple(
        Event(**(event | {"xy": None if event["xy"] is None else tuple(event["xy"])})) for event in entry["events"]
    )
    return Video(**(dict(entry) | {"path": None, "events": events}))
