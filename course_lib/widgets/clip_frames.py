"""Frames around what is looked at, decoded a second at a time and kept; and the crosses drawn into them.

Introduced in notebook 10.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.video import DecodedBlocks

__all__ = ["ClipFrames", "Place", "mark_places", "resized"]

BLOCK_FRAMES = 25


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
