"""One simulated match, played, filmed and written into one folder as SoccerNet would have it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from course_lib.data.events import Event, Video
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.data.video import VideoWriter
from filming.camera import CAMERAS
from filming.film import ENCODING, Film
from filming.fixtures import Fixture
from filming.seeds import match_seeds
from filming.tracks import Tracks
from filming.tracks_file import write_tracks

from .play import play_football
from .tendencies import EVENTFUL, REAL, Tendencies

__all__ = ["FPS", "TENDENCIES", "MatchPlan", "jittered", "make_match", "play_match", "video_name"]

FPS = 25.0
TENDENCIES: dict[str, Tendencies] = {"real": REAL, "eventful": EVENTFUL}
REPORT_EVERY_FRAMES = 25
LABELS, TRACKS = "Labels-ball.json", "tracks.npz"


@dataclass(frozen=True)
class MatchPlan:
    """Everything that decides what a match and its video are."""

    index: int
    fixture: Fixture
    duration_sec: float
    size: tuple[int, int]  # width, height in pixels
    camera: str  # a key of CAMERAS
    tendencies: str  # a key of TENDENCIES
    seed: int  # of the whole data set
    label_jitter_ms: float = 0.0  # standard deviation of what its labels are off; picture and play stay the same

    @property
    def num_frames(self) -> int:
        """Length of the video."""
        return round(self.duration_sec * FPS)

    length = num_frames  # in what `make_match` reports

    @property
    def seeds(self) -> tuple[int, int]:
        """One seed for the game and one for the film, different for every match."""
        return match_seeds(self.seed, self.index)

    def is_finished(self, folder: Path) -> bool:
        """Whether all files of the match are there."""
        return all((folder / name).is_file() for name in (video_name(self.size[1]), LABELS, TRACKS))


def video_name(height: int) -> str:
    """What SoccerNet calls a video of this height."""
    return "224p.mp4" if height <= 224 else "720p.mp4"


def play_match(plan: MatchPlan) -> Tracks:
    """Play without filming."""
    return play_football(plan.duration_sec, plan.seeds[0], TENDENCIES[plan.tendencies], FPS)


def make_match(plan: MatchPlan, folder: Path, report: Callable[[int], None]) -> None:
    """Play and film a match.

    Args:
        plan: the match.
        folder: where to write video, labels and tracks; it exists.
        report: called with a number of frames every time that so many more are done.
    """
    cv2.setNumThreads(1)  # the matches run side by side, one core each
    tracks = play_match(plan)
    film = Film(tracks, CAMERAS[plan.camera], plan.size, plan.seeds[1], plan.fixture.short_names)
    ball_on_screen = write_tracks(folder / TRACKS, film)
    path = folder / video_name(plan.size[1])
    with VideoWriter(path, FPS, plan.size, **ENCODING) as writer:
        for picture in film.pictures():
            writer.write(picture)
            if writer.num_frames % REPORT_EVERY_FRAMES == 0:
                report(REPORT_EVERY_FRAMES)
    report(writer.num_frames % REPORT_EVERY_FRAMES)
    events = tuple(
        Event(
            label=action.label,
            frame=action.frame,
            team=("left", "right")[action.team],
            visible=bool(ball_on_screen[action.frame]),
        )
        for action in tracks.actions
    )
    events = jittered(events, plan)
    match_id = plan.fixture.match_id
    video = Video(match_id, path, writer.num_frames, FPS, *plan.size, events=events, game=match_id)
    write_soccernet_labels(folder / LABELS, video)


def jittered(events: tuple[Event, ...], plan: MatchPlan) -> tuple[Event, ...]:
    """The events as somebody would label them whose hand is not steady: each off by itself, in whole frames.

    What it is off is drawn from a normal distribution of standard deviation `plan.label_jitter_ms` and rounded; no
    label leaves the video. The same plan gives the same labels. With 0 they are as they were played.
    """
    if not plan.label_jitter_ms:
        return events
    random = np.random.default_rng([plan.seed, plan.index, 1])  # beside the two seeds of play and film
    off = np.rint(random.normal(0.0, plan.label_jitter_ms / 1000, len(events)) * FPS).astype(int)
    last = plan.num_frames - 1
    moved = [replace(e, frame=min(max(e.frame + by, 0), last)) for e, by in zip(events, off.tolist(), strict=True)]
    return tuple(sorted(moved, key=lambda event: event.frame))
