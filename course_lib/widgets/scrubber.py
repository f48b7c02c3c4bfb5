"""The clip scrubber: play a stretch of a video, step through it frame by frame, and watch the scores underneath.

Numbers become pictures here: what does a score of 0.4 look like, and how far from the touch is its peak? Introduced in
notebook 10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from course_lib.data.events import Event, Video
from course_lib.data.store import DecodedBlocks
from course_lib.data.video import probe
from course_lib.files import InputError
from course_lib.show.style import clock, course_styled, legend_above, name_colours
from course_lib.show.timeline import plot_frame_scores, plot_timeline
from course_lib.widgets.panel import Canvas, Panel, Picture, rgb, tool

__all__ = [
    "ClipFrames",
    "ClipScrubber",
    "Place",
    "clip_scrubber",
    "mark_places",
    "near_places",
    "resized",
    "scores_that_speak",
]

BLOCK_FRAMES = 25
SPEEDS = {"1/8 speed": 0.125, "1/4 speed": 0.25, "1/2 speed": 0.5, "full speed": 1.0}
WIDTH_PX = 720  # picture, curves and controls fit a laptop's screen
LEGEND_COLUMNS = 6  # of `plot_frame_scores`
QUIET = 0.1  # a curve that stays below is left out: a dozen flat lines would hide one another
PLACE_SEC = 0.2  # how long a place is shown, either side of its event


class ClipFrames:
    """Random access to single frames of any videos, quick where one frame follows another."""

    def __init__(self) -> None:
        self._blocks = DecodedBlocks(BLOCK_FRAMES, kept_bytes=128 << 20, open_files=4)

    def frame(self, video: Video, number: int) -> np.ndarray:
        """A frame as uint8 [H, W, 3] RGB; not to be written to.

        Raises:
            InputError: the video has no file.
            VideoError: it cannot be read there.
        """
        if video.path is None:
            raise InputError(f"video {video.id!r}: there is no file of it here, only labels")
        block = self._blocks.block(video.path, number // BLOCK_FRAMES, video.num_frames, video.fps)
        return block[number % BLOCK_FRAMES]


@dataclass(frozen=True)
class Place:
    """Something to mark in a picture.

    Attributes:
        xy: as fractions of width and height, (0, 0) top left.
        colour: red, green, blue, 0 to 255.
        shape: "cross" for what was found, "ring" for what is true.
        name: written beside it.
    """

    xy: tuple[float, float]
    colour: tuple[int, int, int]
    shape: str
    name: str = ""


def resized(frame: np.ndarray, width_px: int) -> np.ndarray:
    """The frame brought to a width; always a new array."""
    height = round(frame.shape[0] * width_px / frame.shape[1])
    if frame.shape[1] == width_px:
        return frame.copy()
    way = cv2.INTER_AREA if frame.shape[1] > width_px else cv2.INTER_CUBIC
    return cv2.resize(frame, (width_px, height), interpolation=way)


def mark_places(picture: np.ndarray, places: Iterable[Place], names: bool = True) -> None:
    """Draw crosses and rings into a picture uint8 [H, W, 3], each on a white edge so that it shows on any ground."""
    height, width, _ = picture.shape
    size = max(6, width // 60)
    for place in places:
        x, y = round(place.xy[0] * (width - 1)), round(place.xy[1] * (height - 1))
        for colour, thickness in (((255, 255, 255), 5), (place.colour, 2)):
            if place.shape == "ring":
                cv2.circle(picture, (x, y), size, colour, thickness, cv2.LINE_AA)
            else:
                cv2.line(picture, (x - size, y), (x + size, y), colour, thickness, cv2.LINE_AA)
                cv2.line(picture, (x, y - size), (x, y + size), colour, thickness, cv2.LINE_AA)
            if place.name and names:
                at = (x + size + 4, y - size)
                cv2.putText(picture, place.name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)


@dataclass(frozen=True)
class Stretch:
    """A stretch of a video with all that is known of it; see `clip_scrubber`."""

    video: Video
    first: int
    last: int
    scores: np.ndarray | None
    classes: tuple[str, ...]
    stride: float
    truth: tuple[Event, ...]
    spots: tuple[Event, ...] | None

    def within(self, events: Sequence[Event]) -> list[Event]:
        """The events of the stretch, in time order."""
        inside = (event for event in events if self.first <= event.frame <= self.last)
        return sorted(inside, key=lambda event: event.frame)


@tool("Clip scrubber")
def clip_scrubber(
    video: Video | str | Path,
    scores: np.ndarray | None = None,
    truth: Sequence[Event] | None = None,
    spots: Sequence[Event] | None = None,
    *,
    classes: Sequence[str] | None = None,
    stride: float = 1,
    start_sec: float = 0.0,
    length_sec: float = 10.0,
) -> Panel:
    """Play, step and seek through a stretch of a video, with labels, spots and frame scores under the picture.

    A spot with a place is marked by a cross, a label with a place by a ring, for as long as its event is near.

    Args:
        video: of a data set, or a file or folder of frames.
        scores: (T, K) or, with the background first, (T, K+1) frame scores in [0, 1] of the whole video; None for none.
        truth: labels; those of `video` by default.
        spots: predictions worth showing.
        classes: the K names; needed with `scores`, otherwise only for colours.
        stride: frames of the video from one row of `scores` to the next.
        start_sec, length_sec: the stretch, in a player's time; it ends with the video at the latest.

    Returns:
        A panel to display. Its controls are `frame`, `play`, `back`, `forward`, `event_back`, `event_forward` and
        `speed`. Wrong input gives a panel that says so.
    """
    if not isinstance(video, Video):
        path = Path(video)
        info = probe(path)
        size = (info.width, info.height)
        video = Video(path.name, path, info.num_frames, info.fps, *size, start_ms=info.start_ms)
    truth = tuple(video.events if truth is None else truth)
    found = None if spots is None else tuple(spots)
    if classes is None:
        classes = tuple(dict.fromkeys(event.label for event in (*truth, *(found or ()))))
        if scores is not None:
            raise InputError("classes: expected the names of the columns of `scores`, got none")
    classes = tuple(classes)
    if unknown := sorted({event.label for event in (*truth, *(found or ()))} - set(classes)):
        raise InputError(f"class {unknown[0]!r} of an event is not in the class list {classes}")
    if scores is not None and (scores.ndim != 2 or scores.shape[1] - len(classes) not in (0, 1)):
        raise InputError(
            f"scores: expected an array (T, {len(classes)}) or (T, {len(classes) + 1}), got {scores.shape}"
        )
    first = max(0, video.times.frame(start_sec))
    last = min(video.num_frames, video.times.frame(start_sec + length_sec)) - 1
    if first > last:
        raise InputError(
            f"start_sec {start_sec:g}, length_sec {length_sec:g}: expected a stretch of the video, which lasts "
            f"{video.duration_sec:.2f} s"
        )
    return ClipScrubber(Stretch(video, first, last, scores, classes, stride, truth, found))


class ClipScrubber(Panel):
    """The panel that `clip_scrubber` gives."""

    def __init__(self, clip: Stretch) -> None:
        self.clip = clip
        self._frames = ClipFrames()
        self._colours = name_colours(clip.classes)
        bounds = {"min": clip.first, "max": clip.last, "value": clip.first}
        play = widgets.Play(**bounds, interval=round(1000 / clip.video.fps))
        frame = widgets.IntSlider(**bounds, description="frame", layout=widgets.Layout(width=f"{WIDTH_PX}px"))
        frame.layout.max_width = "100%"
        widgets.link((play, "value"), (frame, "value"))
        speed = widgets.Dropdown(
            options=SPEEDS, value=1.0, layout=widgets.Layout(width="110px"), tooltip="how fast to play"
        )
        steps = {
            "back": ("◀ frame", "one frame back", -1),
            "forward": ("frame ▶", "one frame on", 1),
            "event_back": ("◀◀ event", "to the label or spot before", None),
            "event_forward": ("event ▶▶", "to the next label or spot", None),
        }
        buttons = {
            name: widgets.Button(description=text, tooltip=hint, layout=widgets.Layout(width="90px"))
            for name, (text, hint, _) in steps.items()
        }
        picture, curves = Picture(photo=True), Picture()
        start_sec, stop_sec = (clip.video.times.seconds(frame) for frame in (clip.first, clip.last + 1))
        stretch = f"{clock(start_sec, 1)} to {clock(stop_sec, 1)}"
        super().__init__(
            f"Clip scrubber, {clip.video.id}, {stretch}",
            [widgets.HBox([play, *buttons.values(), speed], layout=widgets.Layout(flex_flow="row wrap")), frame],
            [picture, curves],
            frame=frame,
            play=play,
            speed=speed,
            **buttons,
        )
        self._canvas, self._under = draw_lanes(clip)
        buttons["back"].on_click(lambda _: self.seek(frame.value - 1))
        buttons["forward"].on_click(lambda _: self.seek(frame.value + 1))
        buttons["event_back"].on_click(lambda _: self.seek_event(-1))
        buttons["event_forward"].on_click(lambda _: self.seek_event(1))
        speed.observe(lambda change: setattr(play, "interval", round(1000 / clip.video.fps / change["new"])), "value")
        frame.observe(lambda _: self.attempt(self._draw), "value")
        # A poster, not an empty first frame: begin at the first event, if there is one.
        frame.value = next((event.frame for event in self._events()), clip.first)
        self.attempt(self._draw)

    def seek(self, number: int) -> None:
        """Show a frame, or the nearest one of the stretch."""
        self.controls.frame.value = min(max(number, self.clip.first), self.clip.last)

    def seek_event(self, direction: int) -> None:
        """Show the next label or spot (1) or the one before (-1); stay if there is none."""
        here = self.controls.frame.value
        frames = [event.frame for event in self._events() if (event.frame - here) * direction > 0]
        if frames:
            self.seek(min(frames) if direction > 0 else max(frames))

    def _events(self) -> list[Event]:
        return self.clip.within((*self.clip.truth, *(self.clip.spots or ())))

    def _draw(self) -> None:
        clip, number = self.clip, self.controls.frame.value
        if self._canvas is not None:
            self.pictures[1].show(self._canvas.with_cursor(self._under, clip.video.times.seconds(number)))
        self.say(self._caption(number))
        picture = resized(self._frames.frame(clip.video, number), WIDTH_PX)
        mark_places(picture, near_places(clip.truth, clip.spots or (), number, clip.video.fps, self._colours))
        self.pictures[0].show(picture)

    def _caption(self, number: int) -> str:
        now = clock(self.clip.video.times.seconds(number), 2)
        parts = [Markup("<b>frame {:,}</b>, {}").format(number, now)]
        for name, events in (("label", self.clip.truth), ("spot", self.clip.spots or ())):
            near = min(self.clip.within(events), key=lambda event: abs(event.frame - number), default=None)
            if near is not None:
                away = near.frame - number
                many = f"{abs(away)} frame{'s' if abs(away) > 1 else ''}"
                when = "now" if not away else f"{many} {'ahead' if away > 0 else 'ago'}"
                score = "" if near.score is None else f" {near.score:.2f}"
                parts.append(f"nearest {name}: {near.label}{score}, {when}")
        return Markup(" · ").join(parts)


def near_places(
    truth: Sequence[Event], spots: Sequence[Event], number: int, fps: float, colours: dict[str, str]
) -> list[Place]:
    """The places of the events around a frame: rings for labels, crosses for spots."""
    reach = PLACE_SEC * fps
    return [
        Place(event.xy, rgb(colours[event.label]), shape, event.label if shape == "cross" else "")
        for events, shape in ((truth, "ring"), (spots, "cross"))
        for event in events
        if event.xy is not None and abs(event.frame - number) <= reach
    ]


def scores_that_speak(
    scores: np.ndarray, classes: Sequence[str], steps: slice, named: Sequence[str] = ()
) -> tuple[str, ...]:
    """The classes worth a curve: those named and those whose score rises above `QUIET` within the steps.

    Args:
        scores: (T, K) or (T, K+1).
        classes: the K names.
        steps: of `scores`.
        named: classes with a label or a spot there.
    """
    peaks = scores[steps, scores.shape[1] - len(classes) :].max(axis=0, initial=0.0)  # [K]
    loud = tuple(label for label, peak in zip(classes, peaks, strict=True) if peak > QUIET or label in named)
    return loud or (classes[int(peaks.argmax())],)


@course_styled
def draw_lanes(clip: Stretch) -> tuple[Canvas | None, np.ndarray | None]:
    """What stands under the picture, and its pixels; None and None where nothing is known of the stretch."""
    times, spots = clip.video.times, clip.within(clip.spots or ())
    truth = clip.within(clip.truth)
    start, stop = times.seconds(clip.first), times.seconds(clip.last + 1)
    named = [label for label in clip.classes if label in {event.label for event in (*truth, *spots)}]
    if clip.scores is not None:
        steps = slice(int(clip.first / clip.stride), int(clip.last / clip.stride) + 1)
        shown = scores_that_speak(clip.scores, clip.classes, steps, named)
        rows = -(-len(shown) // LEGEND_COLUMNS)
        canvas = Canvas((WIDTH_PX, 195 + 19 * rows), (60, 32 + 19 * rows, 15, 48))
        plot_frame_scores(
            clip.scores, clip.classes, times, stride=clip.stride, shown=shown, truth=truth, spots=spots,
            start_sec=start, stop_sec=stop, ax=canvas.ax,
        )  # fmt: skip
    elif named and clip.spots is not None:
        canvas = Canvas((WIDTH_PX, 114 + 28 * len(named)), (190, 56, 15, 48))
        plot_timeline(clip.truth, clip.spots, named, start, stop, times, ax=canvas.ax)
    elif named:
        canvas = Canvas((WIDTH_PX, 140), (60, 56, 15, 48))
        nothing = np.zeros((0, len(clip.classes)))
        plot_frame_scores(
            nothing, clip.classes, times, shown=named, truth=truth, start_sec=start, stop_sec=stop, ax=canvas.ax
        )
        canvas.ax.set_yticks([])
        canvas.ax.set_ylabel("")
        legend_above(canvas.ax, "Labels", LEGEND_COLUMNS)
    else:
        return None, None
    return canvas, canvas.pixels()
