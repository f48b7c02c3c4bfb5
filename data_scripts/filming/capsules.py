"""Things made of bars: posts, antennas, tapes, and whoever does nothing but stand, as capsules between two points."""

from dataclasses import dataclass

import cv2
import numpy as np

from .appearance import Colour
from .bodies import octagons
from .camera import CameraPath

__all__ = ["Bar", "BarsView", "view_bars"]

SHIFT = 4
LEAST_RADIUS_PX = 0.55


@dataclass(frozen=True)
class Bar:
    """A capsule: its two ends and its radius in metres, and its colour."""

    a_m: tuple[float, float, float]
    b_m: tuple[float, float, float]
    radius_m: float
    colour: Colour


@dataclass(frozen=True)
class BarsView:
    """Bars as the camera sees them during n frames."""

    outlines: np.ndarray  # int32 [n, bars, 8, 2] in sixteenths of a pixel
    depth_m: np.ndarray  # [n], of the middle of the first bar
    colours: tuple[Colour, ...]
    on_screen: np.ndarray  # bool [n], any of it in the picture and all of it before the camera

    def draw(self, picture: np.ndarray, index: int) -> None:
        """Draw them, in their order."""
        if not self.on_screen[index]:
            return
        for outline, colour in zip(self.outlines[index], self.colours, strict=True):
            cv2.fillConvexPoly(picture, outline, colour, cv2.LINE_AA, SHIFT)


def view_bars(bars: list[Bar], camera: CameraPath, frames: slice) -> BarsView:
    """Project bars, given in the order in which they are to be drawn."""
    count = len(camera.pan_rad[frames])
    ends = np.array([[bar.a_m, bar.b_m] for bar in bars])  # [bars, 2, 3]
    pixels, depth = camera.project(np.broadcast_to(ends, (count, *ends.shape)), frames)
    radius = np.array([bar.radius_m for bar in bars])[:, None] * camera.focal_px[frames][:, None, None] / depth
    radius = np.maximum(radius, LEAST_RADIUS_PX)
    low, high = pixels.min(axis=(1, 2)), pixels.max(axis=(1, 2))
    seen = (high > -20).all(axis=-1) & (low < np.array([camera.width, camera.height]) + 20).all(axis=-1)
    return BarsView(
        outlines=octagons(pixels[:, :, 0], pixels[:, :, 1], radius[..., 0], radius[..., 1]),
        depth_m=depth[:, 0].mean(axis=-1),
        colours=tuple(bar.colour for bar in bars),
        on_screen=seen & (depth > 1.0).all(axis=(1, 2)),
    )
