"""The figures of the deck and notebook 00, from the quick simulated matches and the counts of the real ones."""

from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from drawing import draw_deck
from matplotlib.patches import Rectangle

from course_lib.data import BALL_12, Event, Video, VideoReader, load_dataset
from course_lib.files import read_json
from course_lib.show import (
    ACCENT,
    GRID,
    axes_for,
    event_intervals_sec,
    offset_captions,
    plot_ball_path,
    plot_class_counts,
    plot_filmstrip,
    plot_interval_histogram,
    plot_moments,
    plot_per_class_ap,
    plot_transitions,
)

__all__ = ["draw"]

REAL = read_json(Path(__file__).resolve().parents[1] / "data_scripts/football/real_statistics.json")
REAL_TEST = dict(zip(BALL_12, (1721, 1449, 182, 181, 145, 60, 95, 44, 67, 28, 2, 6), strict=True))
SECONDS = 8
ABOVE = (0, 16)  # pixels: windows are centred above the ball, so that the player is in them too
LOOKALIKES = ("PASS", "DRIVE")
ROLLING_M = 0.3  # a ball whose middle is lower is on the ground


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 00_<name>.png."""
    figures = (
        moments, filmstrip, classes, later, counts, rates, mean, one_in_many, intervals, transitions, path, ball,
        matches,
    )  # fmt: skip
    draw_deck("00", figures, folder, load_dataset("sim-soccer"), dpi=100)


def _read(video: Video, frame: int) -> np.ndarray:
    with VideoReader(video.path) as reader:
        return reader.read(frame, frame + 1)[0]


def _ball_px(video: Video) -> np.ndarray:
    return np.load(video.path.with_name("tracks.npz"))["ball_px"]


def _window(frame: np.ndarray, centre_px: np.ndarray, size_px: tuple[int, int] = (92, 66)) -> np.ndarray:
    """Cut a window out of a frame, around a point as far as the border allows."""
    limits = np.subtract(frame.shape[1::-1], size_px)
    left, top = np.clip(np.subtract(centre_px, np.divide(size_px, 2)), 0, limits).astype(int)
    return frame[top : top + size_px[1], left : left + size_px[0]]


def _views(
    videos: tuple[Video, ...], label: str, number: int = 1, highest_m: float = 99.0
) -> list[tuple[Video, Event]]:
    """The events of a class with the ball nearest to the middle of the picture and not too high, one a video."""
    found = []
    for video in videos:
        tracks, middle = np.load(video.path.with_name("tracks.npz")), (video.width / 2, video.height / 2)
        ball_px, height_m = tracks["ball_px"], tracks["ball_m"][:, 2]
        events = [
            event
            for event in video.events
            if event.label == label and event.visible and height_m[event.frame] <= highest_m
        ]
        off = [np.linalg.norm(ball_px[event.frame] - middle) for event in events]
        found += [(min(off), video, events[int(np.argmin(off))])] if off else []
    return [(video, event) for _, video, event in sorted(found, key=lambda entry: entry[0])[:number]]


def _attack(dataset) -> tuple[Video, int, list[Event]]:
    """Video, first frame and events of the stretch of the test matches with the most classes, all of them shown."""

    def inside(video: Video, first: int) -> list[Event]:
        return [event for event in video.events if 0 <= event.frame - first < SECONDS * video.fps]

    def variety(video: Video, first: int) -> int:
        events = inside(video, first)
        return len({event.label for event in events}) * all(event.visible for event in events)

    starts = [(video, event.frame - 25) for video in dataset.test for event in video.events]
    video, first = max(
        (s for s in starts if 0 <= s[1] < s[0].num_frames - SECONDS * 25), key=lambda start: variety(*start)
    )
    return video, first, inside(video, first)


def moments(dataset) -> plt.Figure:
    """The task: frames and where they stand in time."""
    video, first, events = _attack(dataset)
    first_of = {event.label: event for event in reversed(events)}
    shown = sorted(first_of.values(), key=lambda event: event.frame)[:6]
    frames = [_read(video, event.frame) for event in shown]
    return plot_moments(
        frames, shown, events, BALL_12, first / video.fps, first / video.fps + SECONDS, video.fps
    )[0]  # fmt: skip


def filmstrip(dataset) -> plt.Figure:
    """Ten frames around a shot that nobody stands in front of, cut around the ball."""

    def space_m(tracks: dict[str, np.ndarray], frame: int) -> float:
        """Metres from the ball to the second nearest player: the nearest one shoots."""
        return np.sort(np.linalg.norm(tracks["players_m"][frame] - tracks["ball_m"][frame, :2], axis=1))[1]

    best = []
    for video in dataset.videos:
        tracks = dict(np.load(video.path.with_name("tracks.npz")))
        for event in video.events:
            x, y = tracks["ball_px"][event.frame] / (video.width, video.height)
            if event.label == "SHOT" and tracks["ball_m"][event.frame, 2] < ROLLING_M and min(x, y, 1 - x, 1 - y) > 0.2:
                best.append((space_m(tracks, event.frame), video.path, event.frame, tracks["ball_px"][event.frame]))
    _, path, at, ball_px = max(best, key=lambda entry: entry[0])
    offsets = [-8, -4, -2, -1, 0, 1, 2, 4, 8, 12]
    with VideoReader(path) as reader:
        frames = reader.read(at - 8, at + 13)
    pictures = [_window(frames[8 + offset], ball_px - ABOVE, (120, 76)) for offset in offsets]
    return plot_filmstrip(pictures, offset_captions(offsets, 25), highlight=4)[0]


def classes(dataset) -> plt.Figure:
    """One example of every class, at its frame."""
    pictures = []
    for label in BALL_12:
        ((video, event),) = _views(dataset.videos, label)
        pictures.append(_window(_read(video, event.frame), _ball_px(video)[event.frame] - ABOVE, (100, 58)))
    return plot_filmstrip(pictures, list(BALL_12), columns=4)[0]


def later(dataset) -> plt.Figure:
    """Passes and drives at their frame and eight frames later."""
    examples = [view for label in LOOKALIKES for view in _views(dataset.videos, label, 3, ROLLING_M)]
    pictures, captions = [], []
    for offset in (0, 8):
        for video, event in examples:
            centre = _ball_px(video)[event.frame] - ABOVE
            frame = _read(video, min(event.frame + offset, video.num_frames - 1))
            pictures.append(_window(frame, centre, (100, 76)))
            captions.append("event frame" if offset == 0 else f"{event.label}, +{offset}")
    return plot_filmstrip(pictures, captions, columns=6)[0]


def counts(_) -> plt.Figure:
    """The real events, on a logarithmic axis."""
    fig, ax = plt.subplots(figsize=(10, 4.8), layout="constrained")
    plot_class_counts(REAL["counts"], BALL_12, log_scale=True, ax=ax)
    ax.set_title("")  # the slide has one
    return fig


def rates(dataset) -> plt.Figure:
    """Events a minute, simulated and real."""
    minutes = sum(video.duration_sec for video in dataset.videos) / 60
    labels = [event.label for video in dataset.videos for event in video.events]
    fig, ax = axes_for(None, (10, 4.8), grid="x")
    for row, label in enumerate(BALL_12):
        simulated, real = labels.count(label) / minutes, REAL["counts"][label] / REAL["minutes"]
        ax.plot([real, simulated], [row, row], color=GRID, linewidth=5, zorder=1)
        ax.scatter(real, row, s=90, color="#1f2933", zorder=2, label="real" if row == 0 else None)
        ax.scatter(
            simulated, row, s=90, color=ACCENT, marker="D", zorder=2, label="simulated, quick" if row == 0 else None
        )
    ax.set_xscale("log")
    ax.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    ax.set_yticks(range(12), BALL_12)
    ax.set_ylim(11.6, -0.6)
    ax.set_xlabel("events a minute (logarithmic)")
    ax.legend(loc="lower right", fontsize=12)
    return fig


def mean(_) -> plt.Figure:
    """A spotter that is perfect on two classes and silent on the others."""
    aps = {"perfect on PASS and DRIVE": {label: float(label in LOOKALIKES) for label in BALL_12}}
    fig, ax = plt.subplots(figsize=(10, 5.6), layout="constrained")
    plot_per_class_ap(aps, BALL_12, counts=REAL_TEST, ax=ax)
    ax.set_title("")
    return fig


def one_in_many(_) -> plt.Figure:
    """84 frames, one of them with an event."""
    fig, ax = axes_for(None, (10, 3.6), grid="none")
    for index in range(84):
        row, column = divmod(index, 21)
        hit = index == 52
        colour = ACCENT if hit else GRID
        ax.add_patch(Rectangle((column, row), 0.86, 0.82, color=colour))
        if hit:
            ax.annotate("PASS", (column + 0.43, row + 0.42), ha="center", va="center", color="white", fontsize=9)
    ax.set(xlim=(-0.1, 21), ylim=(4, -0.1))
    ax.set_axis_off()
    return fig


def intervals(dataset) -> plt.Figure:
    """How soon the next event comes, with the real median."""
    fig, ax = plt.subplots(figsize=(10, 4.2), layout="constrained")
    plot_interval_histogram({"simulated": event_intervals_sec(dataset.videos)}, ax=ax)
    median_sec = REAL["interval_ms"][REAL["percentiles"].index(50)] / 1000
    ax.axvline(median_sec, color=ACCENT, linestyle="--", linewidth=2, label=f"real: median {median_sec:.2f} s")
    ax.legend(loc="upper right")
    ax.set_title("")
    return fig


def transitions(_) -> plt.Figure:
    """What follows what in the real matches."""
    fig, ax = plt.subplots(figsize=(10.5, 6), layout="constrained")
    plot_transitions(np.array(REAL["transitions"]), BALL_12, ax=ax)
    ax.set_title("")
    return fig


def path(dataset) -> plt.Figure:
    """The attack of `moments` from above."""
    video, first, events = _attack(dataset)
    ball_m = np.load(video.path.with_name("tracks.npz"))["ball_m"][first : first + SECONDS * 25]
    return plot_ball_path(ball_m, events, BALL_12, first_frame=first, fps=video.fps)[0]


def ball(dataset) -> plt.Figure:
    """The same part of a picture at two sizes."""
    ((video, event),) = _views(dataset.test, "PASS")
    frame, at = _read(video, event.frame), _ball_px(video)[event.frame] - (0, 8)
    small = cv2.resize(frame, (112, 64), interpolation=cv2.INTER_AREA)
    parts = _window(frame, at, (96, 54)), _window(small, at * 112 / video.width, (27, 15))
    pictures = [cv2.resize(part, (576, 324), interpolation=cv2.INTER_NEAREST) for part in parts]
    return plot_filmstrip(pictures, ["398x224", "112x64"], columns=2)[0]


def matches(dataset) -> plt.Figure:
    """A frame of each of three matches, and another of each in another order; frames that show many players."""
    pictures, captions = [], []
    for share, order in ((0.2, (0, 1, 2)), (0.7, (2, 0, 1))):
        for place, index in enumerate(order, 1):
            video = dataset.train[index]
            shown = np.load(video.path.with_name("tracks.npz"))["players_on_screen"].sum(axis=1)
            start = int(share * video.num_frames)
            pictures.append(_read(video, start + int(shown[start : start + video.num_frames // 10].argmax())))
            captions.append(f"match {'ABC'[index]}" if share < 0.5 else f"{place}: which?")
    return plot_filmstrip(pictures, captions, columns=3)[0]
