"""How the spots of many videos are kept in a folder: in SoccerNet's files, or in one of the common JSON.

SoccerNet's have a folder for each match, as its server takes them, and no room for places in the picture; the common
one holds all videos, with places. Which is used is up to the task (`course_lib.spotting.tasks`). Introduced in notebook
02.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from course_lib.data.events import Event, Video
from course_lib.data.formats.common import read_e2e_predictions, write_e2e_predictions
from course_lib.data.formats.soccernet import read_soccernet_predictions, write_soccernet_predictions
from course_lib.data.formats.soccernet_entries import RESULTS_FILE
from course_lib.data.times import Times

__all__ = ["CommonSpots", "SoccerNetSpots", "SpotsFiles"]

SPOTS_FILE = "spots.json"


class SpotsFiles(Protocol):
    """What reads and writes the spots of many videos."""

    def write(self, folder: Path, videos: Sequence[Video], spots: Mapping[str, Sequence[Event]]) -> None:
        """Write the spots of these videos, by video id, below a folder (each file atomically)."""

    def write_one(self, folder: Path, video: Video, spots: Sequence[Event]) -> Path:
        """Write the spots of a single video into a folder; returns the file."""

    def read(
        self, folder: Path, videos: Mapping[str, Mapping[str, Any]], classes: Sequence[str]
    ) -> dict[str, list[Event]]:
        """The spots below a folder by video id; `videos` gives game, half and fps of each, and start_ms where the
        picture begins later."""


class SoccerNetSpots:
    """`<game>/results_spotting.json`, both halves in one.

    Of a match of several films that are no halves each has its own, `<video>/results_spotting.json`.
    """

    def write(self, folder: Path, videos: Sequence[Video], spots: Mapping[str, Sequence[Event]]) -> None:
        places = _places({video.id: (video.game, video.half) for video in videos})
        for place in dict.fromkeys(places.values()):
            halves = [video for video in videos if places[video.id] == place]
            by_half = {video.half: spots[video.id] for video in halves}
            times = {video.half: video.times for video in halves}
            write_soccernet_predictions(folder / place / RESULTS_FILE, place, by_half, times)

    def write_one(self, folder: Path, video: Video, spots: Sequence[Event]) -> Path:
        write_soccernet_predictions(folder / RESULTS_FILE, video.game, spots, video.times)
        return folder / RESULTS_FILE

    def read(
        self, folder: Path, videos: Mapping[str, Mapping[str, Any]], classes: Sequence[str]
    ) -> dict[str, list[Event]]:
        places = _places({name: (video["game"], video["half"]) for name, video in videos.items()})
        return {
            name: read_soccernet_predictions(
                folder / places[name] / RESULTS_FILE,
                Times(video["fps"], video.get("start_ms", 0)),
                classes,
                half=video["half"],
            )
            for name, video in videos.items()
        }


def _places(videos: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Where the spots of each video go, given its match and half: to its match, unless one has a half twice."""
    twice = {match for (match, _), number in Counter(videos.values()).items() if number > 1}
    return {name: name if match in twice else match for name, (match, _) in videos.items()}


class CommonSpots:
    """One file of the common JSON, with places."""

    def write(self, folder: Path, videos: Sequence[Video], spots: Mapping[str, Sequence[Event]]) -> None:
        write_e2e_predictions(folder / SPOTS_FILE, videos, spots)

    def write_one(self, folder: Path, video: Video, spots: Sequence[Event]) -> Path:
        self.write(folder, [video], {video.id: spots})
        return folder / SPOTS_FILE

    def read(
        self, folder: Path, videos: Mapping[str, Mapping[str, Any]], classes: Sequence[str]
    ) -> dict[str, list[Event]]:
        return read_e2e_predictions(folder / SPOTS_FILE, classes)
