"""A video with its spots: under the picture a timeline moves past a playhead, and each spot flashes as it comes.

The quickest way to see what a spotter does well and badly. Shape says what became of a mark, as in
`show.plot_timeline`: filled triangles for what was found, hollow ones for missed labels, crosses for false spots.
Colours tell the classes apart. Spots that say where mark their place with a cross, labels with a circle, for a quarter
of a second before and after. Frames stream from the decoder over the drawing to the encoder, so memory does not grow
with the video. Introduced in notebook 01.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from IPython.display import HTML
from markupsafe import Markup

from course_lib.data.events import Event, class_colours
from course_lib.data.video import VideoWriter, iter_frames, probe
from course_lib.files import InputError
from course_lib.progress import progress_bar
from course_lib.scoring.matching import pair_events

__all__ = ["Mark", "Overlay", "show_video", "write_annotated_video"]

Colour = tuple[int, int, int]

BACKGROUND: Colour = (22, 27, 34)
LANE: Colour = (36, 43, 52)
TEXT: Colour = (235, 239, 243)
FAINT: Colour = (139, 149, 160)
RIGHT: Colour = (64, 200, 140)
FALSE: Colour = (255, 120, 90)

WINDOW_SEC = 4.0  # shown either side of the playhead
FLASH_SEC = 0.8
PLACE_SEC = 0.25  # before and after an event, in which its place is marked
PLACE_PX = 12  # half a cross, and the radius of a circle
MARGIN_PX = 84  # left of the lanes, for their names
LANE_PX = 54
CURVES_PX = 70
CLOCK_PX = 24
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Mark:
    """An event with what became of it: "found" or "missed" for a label, "right", "false" or "spot" for a prediction.

    Attributes:
        xy: where in the picture, as fractions of width and height; None if unknown.
    """

    label: str
    frame: int
    score: float | None
    outcome: str
    xy: tuple[float, float] | None = None


class Overlay:
    """Draws frames of one video; see `draw`.

    Args:
        labels: in time order; None leaves their lane out.
        spots: in time order.
        classes: the class list, which decides colours.
        fps: frames a second.
        picture_size: (width, height) in pixels to bring the frames to, both even.
        scores: (T, K) in [0, 1], drawn as curves; None leaves them out.
        threshold: a line across the curves.
        stride: frames from one row of `scores` to the next.
        start_sec: what a player of the video shows at the first frame; for the clock.

    Attributes:
        size: (width, height) of the pictures that `draw` gives, in pixels.
    """

    def __init__(
        self,
        labels: Sequence[Mark] | None,
        spots: Sequence[Mark],
        classes: Sequence[str],
        fps: float,
        *,
        picture_size: tuple[int, int],
        scores: np.ndarray | None = None,
        threshold: float | None = None,
        stride: int = 1,
        start_sec: float = 0.0,
    ) -> None:
        self._start_sec = start_sec
        self._lanes = [("labels", list(labels))] if labels is not None else []
        self._lanes.append(("spots", list(spots)))
        self._classes = tuple(classes)
        self._colours = {label: _rgb(colour) for label, colour in class_colours(classes).items()}
        self._fps = fps
        self._picture_size = picture_size
        self._scores, self._threshold, self._stride = scores, threshold, stride
        width, height = picture_size
        panel = 6 + LANE_PX * len(self._lanes) + CURVES_PX * (scores is not None) + CLOCK_PX
        self.size = (width, height + panel + panel % 2)
        self._middle = MARGIN_PX + (width - MARGIN_PX) // 2
        self._px_per_frame = (width - MARGIN_PX) / (2 * WINDOW_SEC * fps)

    def draw(self, frame: np.ndarray, number: int) -> np.ndarray:
        """The frame with everything drawn in.

        Args:
            frame: uint8 (H, W, 3) RGB of any size; not changed.
            number: its number in the video.

        Returns:
            uint8 RGB, a new array of `size`.
        """
        width, height = self._picture_size
        canvas = np.empty((self.size[1], self.size[0], 3), np.uint8)
        canvas[height:] = BACKGROUND
        cv2.resize(frame, (width, height), dst=canvas[:height], interpolation=cv2.INTER_CUBIC)
        top = height + 6
        for name, marks in self._lanes:
            self._draw_places(canvas[:height], marks, number, circle=name == "labels")
        for lane, (name, marks) in enumerate(self._lanes):
            self._draw_flashes(canvas, marks, number, right_side=name == "labels")
            self._draw_lane(canvas, top + lane * LANE_PX, name, marks, number)
        bottom = top + len(self._lanes) * LANE_PX
        if self._scores is not None:
            self._draw_curves(canvas, bottom, number)
            bottom += CURVES_PX
        self._draw_clock(canvas, bottom, number)
        cv2.line(canvas, (self._middle, height + 2), (self._middle, bottom + 3), TEXT, 2)
        return canvas

    def _x(self, frame: float, number: int) -> int:
        """Where on the timeline a frame lies while frame `number` is shown, in pixels."""
        return round(self._middle + (frame - number) * self._px_per_frame)

    def _draw_lane(self, canvas: np.ndarray, top: int, name: str, marks: Sequence[Mark], number: int) -> None:
        cv2.rectangle(canvas, (MARGIN_PX, top), (canvas.shape[1], top + LANE_PX - 4), LANE, -1)
        reach = WINDOW_SEC * self._fps
        for place, mark in enumerate(marks):
            if abs(mark.frame - number) > reach + self._fps:  # a second more, for names that reach into the window
                continue
            x = self._x(mark.frame, number)
            _draw_mark(canvas, (x, top + 11), self._colours[mark.label], mark.outcome)
            text = mark.label if mark.score is None else f"{mark.label} {mark.score:.2f}"
            # Neighbours write on two lines in turn: events are seldom further apart than their names are long.
            _write(canvas, text, (x - 6, top + 31 if place % 2 == 0 else top + 45), 0.4, TEXT)
        # The margin is painted last, over marks that have left the window.
        cv2.rectangle(canvas, (0, top), (MARGIN_PX - 1, top + LANE_PX), BACKGROUND, -1)
        _write(canvas, name, (12, top + 30), 0.5, TEXT)

    def _draw_curves(self, canvas: np.ndarray, top: int, number: int) -> None:
        bottom = top + CURVES_PX - 8
        cv2.rectangle(canvas, (MARGIN_PX, top), (canvas.shape[1], bottom), LANE, -1)
        reach = int(WINDOW_SEC * self._fps)
        first = max((number - reach) // self._stride, 0)
        steps = np.arange(first, min((number + reach) // self._stride + 1, len(self._scores)))
        xs = [self._x(step * self._stride, number) for step in steps]
        if self._threshold is not None:
            y = round(bottom - self._threshold * (CURVES_PX - 12))
            cv2.line(canvas, (MARGIN_PX, y), (canvas.shape[1], y), FAINT, 1)
        for k, label in enumerate(self._classes):
            if self._scores[steps, k].max(initial=0.0) < 0.02:  # a dozen flat lines would hide one another
                continue
            ys = bottom - self._scores[steps, k] * (CURVES_PX - 12)
            line = np.stack([xs, np.round(ys)], axis=1).astype(np.int32)
            cv2.polylines(canvas, [line], False, self._colours[label], 2, cv2.LINE_AA)
        cv2.rectangle(canvas, (0, top), (MARGIN_PX - 1, bottom), BACKGROUND, -1)
        _write(canvas, "scores", (12, top + CURVES_PX // 2), 0.5, TEXT)

    def _draw_clock(self, canvas: np.ndarray, top: int, number: int) -> None:
        now = self._start_sec + number / self._fps
        for second in range(int(np.ceil(now - WINDOW_SEC)), int(np.floor(now + WINDOW_SEC)) + 1):
            x = self._x((second - self._start_sec) * self._fps, number)
            if second >= 0 and x > MARGIN_PX:
                cv2.line(canvas, (x, top - 4), (x, top), FAINT, 1)
                if abs(second - now) > 0.5:  # the playhead's own clock is there
                    _write(canvas, f"{second // 60}:{second % 60:02d}", (x - 13, top + 14), 0.38, FAINT)
        tenths = round(now * 10)
        clock = f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
        _write(canvas, clock, (self._middle - 22, top + 16), 0.45, TEXT)

    def _draw_places(self, picture: np.ndarray, marks: Sequence[Mark], number: int, circle: bool) -> None:
        """Where events around this frame happen; thick at the frame itself, fading to both sides."""
        height, width = picture.shape[:2]
        reach = PLACE_SEC * self._fps
        for mark in marks:
            apart = abs(mark.frame - number)
            if mark.xy is None or apart > reach:
                continue
            x, y = round(mark.xy[0] * width), round(mark.xy[1] * height)
            drawn = picture.copy()
            # First wide and dark, so that the colour shows on any ground.
            for colour, thickness in ((BACKGROUND, 5), (self._colours[mark.label], 3 if apart == 0 else 2)):
                if circle:
                    cv2.circle(drawn, (x, y), PLACE_PX, colour, thickness, cv2.LINE_AA)
                else:
                    for dx in (-PLACE_PX, PLACE_PX):
                        cv2.line(drawn, (x - dx, y - PLACE_PX), (x + dx, y + PLACE_PX), colour, thickness, cv2.LINE_AA)
            strength = 1 - 0.7 * apart / max(reach, 1)
            picture[:] = cv2.addWeighted(drawn, strength, picture, 1 - strength, 0)

    def _draw_flashes(self, canvas: np.ndarray, marks: Sequence[Mark], number: int, right_side: bool) -> None:
        """Names of what has just happened, in the picture's upper corners: labels right, spots left."""
        recent = [mark for mark in marks if 0 <= number - mark.frame < FLASH_SEC * self._fps]
        for row, mark in enumerate(reversed(recent[-3:])):
            text = mark.label if mark.score is None else f"{mark.label} {mark.score:.2f}"
            if right_side:
                text = f"label: {text}" + (" (missed)" if mark.outcome == "missed" else "")
            scale = 0.55 if right_side else 0.75
            wide = _width(text, scale, 2) + 56
            left, top = (canvas.shape[1] - wide - 12 if right_side else 12), 12 + 42 * row
            # Fades over its second half.
            strength = 0.85 * min(1.0, 2 - 2 * (number - mark.frame) / (FLASH_SEC * self._fps))
            box = canvas[top : top + 36, left : left + wide]
            patch = np.full_like(box, BACKGROUND)
            patch[:, :6] = self._colours[mark.label]
            if mark.outcome == "right":
                tick = np.array([[16, 18], [22, 25], [33, 10]])
                cv2.polylines(patch, [tick], False, RIGHT, 3, cv2.LINE_AA)
            else:
                _draw_mark(patch, (24, 18), self._colours[mark.label], mark.outcome)
            _write(patch, text, (42, 25), scale, TEXT, 2)
            box[:] = cv2.addWeighted(patch, strength, box, 1 - strength, 0)


def _rgb(colour: str) -> Colour:
    """A colour "#rrggbb" as three numbers, made lighter where it would be lost on the dark panel."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    lift = max(0, 110 - max(red, green, blue))
    return red + lift, green + lift, blue + lift


def _draw_mark(canvas: np.ndarray, centre: tuple[int, int], colour: Colour, outcome: str) -> None:
    """A triangle pointing down for a label and up for a spot, hollow if missed; a cross for a false spot."""
    x, y = centre
    if outcome == "false":
        for dx in (-6, 6):
            cv2.line(canvas, (x - dx, y - 6), (x + dx, y + 6), FALSE, 3, cv2.LINE_AA)
        return
    up = 1 if outcome in ("right", "spot") else -1
    triangle = np.array([[x, y - 7 * up], [x - 7, y + 6 * up], [x + 7, y + 6 * up]])
    if outcome == "missed":
        cv2.polylines(canvas, [triangle], True, colour, 2, cv2.LINE_AA)
        return
    cv2.fillPoly(canvas, [triangle], colour, cv2.LINE_AA)
    if outcome in ("right", "found"):
        cv2.polylines(canvas, [triangle], True, RIGHT, 1, cv2.LINE_AA)


def _write(
    canvas: np.ndarray, text: str, at: tuple[int, int], scale: float, colour: Colour, thickness: int = 1
) -> None:
    """Text with its base line's left end at `at`; what lies outside is cut off."""
    cv2.putText(canvas, text, at, FONT, scale, colour, thickness, cv2.LINE_AA)


def _width(text: str, scale: float, thickness: int) -> int:
    """Width of the text in pixels."""
    return cv2.getTextSize(text, FONT, scale, thickness)[0][0]


SMALLEST_WIDTH_PX = 800  # text on a narrower picture cannot be read


def write_annotated_video(
    video_path: str | Path,
    out_path: str | Path,
    truth: Sequence[Event] | None,
    spots: Sequence[Event],
    classes: Sequence[str],
    start_sec: float = 0.0,
    stop_sec: float | None = None,
    scores: np.ndarray | None = None,
    thresholds: float | Mapping[str, float] | None = None,
    *,
    stride: int = 1,
    tolerance_sec: float = 1.0,
    crf: int = 23,
) -> Path:
    """Write a stretch of a video with labels and spots drawn in, as an H.264 mp4 of the video's own rate.

    Args:
        video_path: the video; narrower than 800 px it is enlarged to 800.
        out_path: the mp4 to make.
        truth: labels of the whole video, frames counted at its rate; None if there are none, and then no spot is
            called right or false.
        spots: predictions for the whole video.
        classes: the class list, which decides colours.
        start_sec, stop_sec: the stretch as a player counts, to the end by default.
        scores: (T, K) or (T, K+1) frame scores in [0, 1]; adds a row of curves.
        thresholds: spots with a score below are left out; one number, or one for each class.
        stride: frames from one row of `scores` to the next.
        tolerance_sec: full width within which a spot is right, as in the metric.
        crf: quality of H.264, 0 (best) to 51; 30 gives files small enough for a notebook.

    Returns:
        `out_path`.

    Raises:
        InputError: the stretch holds no frame, a spot's class is unknown, or scores do not fit the classes.
        VideoError: the video cannot be read.
    """
    info = probe(video_path)
    first = max(info.times.frame(start_sec), 0)
    stop = info.num_frames if stop_sec is None else min(info.times.frame(stop_sec), info.num_frames)
    if first >= stop:
        until = "the end" if stop_sec is None else f"{stop_sec:g} s"
        raise InputError(
            f"{video_path}: no frame between {start_sec:g} s and {until}; the video lasts {info.duration_sec:.2f} s"
        )
    if scores is not None and scores.shape[1] - len(classes) not in (0, 1):
        raise InputError(f"scores: expected {len(classes)} or {len(classes) + 1} columns, got {scores.shape[1]}")
    if unknown := sorted({event.label for event in (*(truth or ()), *spots)} - set(classes)):
        raise InputError(f"class {unknown[0]!r} of an event is not in the class list {tuple(classes)}")
    spots = [event for event in spots if event.score is None or event.score >= _threshold(thresholds, event.label)]
    labels, found = _marks(truth, spots, tolerance_sec * info.fps / 2)
    shown_width = round(info.width * info.pixel_aspect)  # pixels need not be square
    width = max(SMALLEST_WIDTH_PX, shown_width + shown_width % 2)
    overlay = Overlay(
        labels if truth is not None else None,
        found,
        classes,
        info.fps,
        picture_size=(width, 2 * round(info.height * width / (info.width * info.pixel_aspect) / 2)),
        scores=None if scores is None else scores[:, scores.shape[1] - len(classes) :],
        threshold=thresholds if isinstance(thresholds, int | float) else None,
        stride=stride,
        start_sec=info.start_ms / 1000,
    )
    chunks = iter_frames(video_path, chunk=16, start=first, stop=stop)
    frames = (frame for chunk in chunks for frame in chunk)
    with VideoWriter(out_path, info.fps, overlay.size, crf=crf) as writer:
        for number, frame in enumerate(progress_bar(frames, "drawing", stop - first), first):
            writer.write(overlay.draw(frame, number))
    return Path(out_path)


def _threshold(thresholds: float | Mapping[str, float] | None, label: str) -> float:
    """The lowest score with which a spot of this class is shown."""
    if isinstance(thresholds, Mapping):
        return thresholds.get(label, 0.0)
    return 0.0 if thresholds is None else thresholds


def _marks(
    truth: Sequence[Event] | None, spots: Sequence[Event], radius_frames: float
) -> tuple[list[Mark], list[Mark]]:
    """Labels and spots with what became of them, in time order."""
    of_label, of_spot = pair_events(truth or (), spots, radius_frames)
    labels = [
        Mark(event.label, event.frame, None, "found" if index >= 0 else "missed", event.xy)
        for event, index in zip(truth or (), of_label, strict=True)
    ]
    found = [
        Mark(event.label, event.frame, event.score, _outcome(truth, index), event.xy)
        for event, index in zip(spots, of_spot, strict=True)
    ]
    return sorted(labels, key=lambda mark: mark.frame), sorted(found, key=lambda mark: mark.frame)


def _outcome(truth: Sequence[Event] | None, index: int) -> str:
    """What became of a spot that was paired with the label of this index, -1 for none."""
    if truth is None:
        return "spot"
    return "right" if index >= 0 else "false"


def show_video(path: str | Path, width_px: int = 800, embed_below_kb: int = 600) -> HTML:
    """Play an mp4 in a notebook.

    A small file goes into the notebook itself and plays wherever the page is shown. A larger one is linked, which
    plays only beside the file, since a notebook of many megabytes cannot be kept in a repository.

    Args:
        path: an mp4, as `write_annotated_video` makes them; a relative path if it is to be linked.
        width_px: width on the page.
        embed_below_kb: largest file to put into the notebook.

    Raises:
        InputError: there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    source = path.as_posix()
    if path.stat().st_size <= embed_below_kb * 1024:
        source = "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    element = Markup('<video src="{}" width="{}" controls loop muted></video>')
    return HTML(str(element.format(source, width_px)))
