"""What is drawn over and under a video frame: flashing names, and a timeline with the playhead in its middle.

Shape says what became of a mark, as in `plots.plot_timeline`: filled triangles for what was found, hollow ones for
missed labels, crosses for false spots. Colours tell the classes apart. Where an event says where in the picture it
happens, the place is marked around its frame: a cross for a spot, a circle for a label. Introduced in notebook 01.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from course_lib.classes import class_colours

__all__ = ["Mark", "Overlay"]

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
    ) -> None:
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
        canvas = np.full((self.size[1], self.size[0], 3), BACKGROUND, np.uint8)
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
        now = number / self._fps
        for second in range(int(np.ceil(now - WINDOW_SEC)), int(np.floor(now + WINDOW_SEC)) + 1):
            x = self._x(second * self._fps, number)
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
