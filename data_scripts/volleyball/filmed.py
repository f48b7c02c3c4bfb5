"""One simulated volleyball match: every rally played, filmed and written as a clip of its own, with its labels."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from course_lib.data.events import Event, Video
from course_lib.data.formats.common import write_e2e_json
from course_lib.data.video import VideoWriter
from filming.film import ENCODING, Film
from filming.fixtures import Fixture
from filming.hall import VOLLEYBALL
from filming.rally_file import write_rally
from filming.seeds import match_seeds
from filming.tracks import Tracks

from .play import play_volleyball

__all__ = ["FPS", "LABELS", "MatchPlan", "ball_places", "make_match", "play_rallies", "rally_name"]

FPS = 25.0
STOPPABLE_EVERY_FRAMES = 25
LABELS = "labels.json"


@dataclass(frozen=True)
class MatchPlan:
    """Everything that decides what a match and its clips are."""

    index: int
    fixture: Fixture
    num_rallies: int
    size: tuple[int, int]  # width, height in pixels
    camera: str  # a key of VOLLEYBALL.cameras
    seed: int  # of the whole data set

    @property
    def length(self) -> int:
        """How much `make_match` will report."""
        return self.num_rallies

    @property
    def seeds(self) -> tuple[int, int]:
        """One seed for the game and one for the film, different for every match."""
        return match_seeds(self.seed, self.index, 6)

    def is_finished(self, places: Mapping[str, Path]) -> bool:
        """Whether all files of the match are in its two folders, "videos" and "tracks"."""
        names = [rally_name(number) for number in range(1, self.num_rallies + 1)]
        files = [places["videos"] / f"{name}.mp4" for name in names]
        files += [places["tracks"] / f"{name}.npz" for name in names] + [places["tracks"] / LABELS]
        return all(path.is_file() for path in files)


def rally_name(number: int) -> str:
    """What rally `number`, counted from 1, is called in its match."""
    return f"rally_{number:03d}"


def play_rallies(plan: MatchPlan) -> Iterator[Tracks]:
    """Play without filming."""
    return play_volleyball(plan.seeds[0], plan.num_rallies, FPS)


def ball_places(film: Film) -> list[tuple[float, float] | None]:
    """Where the ball is at each action, as fractions of width and height; None outside the picture.

    To six decimals, thousandths of a pixel: the digits after those differ between processors.
    """
    frames = [action.frame for action in film.tracks.actions]
    places: list[tuple[float, float] | None] = []
    for matrix, ball in zip(film.camera.matrices()[frames], film.tracks.ball_m[frames].astype(np.float64), strict=True):
        x, y, depth = matrix @ [*ball, 1.0]
        place = round(float(x / depth / film.size[0]), 6), round(float(y / depth / film.size[1]), 6)
        places.append(place if all(0 <= value <= 1 for value in place) else None)
    return places


def make_match(plan: MatchPlan, folder: Path, report: Callable[[int], None]) -> None:
    """Play and film a match.

    Args:
        plan: the match.
        folder: holds the folders "videos" and "tracks" to write into.
        report: called with 1 every time that a rally is done, and with 0 in between.
    """
    cv2.setNumThreads(1)  # the matches run side by side, one core each
    planes, videos = None, []
    period, points = 1, 0
    for number, tracks in enumerate(play_rallies(plan), start=1):
        total = int(tracks.score[0].sum())
        period, points = period + (total < points), total  # the score begins anew with every set
        venue = replace(VOLLEYBALL, clock=lambda seconds, period=period: f"SET {period}")
        film = Film(
            tracks, venue.cameras[plan.camera], plan.size, plan.seeds[1], plan.fixture.short_names, venue, take=number
        )
        if planes is None:
            planes = film.planes
        film.planes = planes  # the same hall for the whole match, drawn once
        videos.append(_film_rally(plan, film, folder, rally_name(number), report))
        report(1)
    write_e2e_json(folder / "tracks" / LABELS, videos)


def _film_rally(plan: MatchPlan, film: Film, folder: Path, name: str, report: Callable[[int], None]) -> Video:
    write_rally(folder / "tracks" / f"{name}.npz", film)
    path = folder / "videos" / f"{name}.mp4"
    with VideoWriter(path, FPS, plan.size, **ENCODING) as writer:
        for picture in film.pictures():
            writer.write(picture)
            if writer.num_frames % STOPPABLE_EVERY_FRAMES == 0:
                report(0)
    events = tuple(
        Event(label=action.label, frame=action.frame, xy=place, visible=place is not None)
        for action, place in zip(film.tracks.actions, ball_places(film), strict=True)
    )
    match_id = plan.fixture.match_id
    return Video(f"{match_id}/{name}", path, writer.num_frames, FPS, *plan.size, events=events, game=match_id)
