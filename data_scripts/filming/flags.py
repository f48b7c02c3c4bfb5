"""Corner flags: a pole and a pennant at each corner of the pitch."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .bodies import octagons
from .camera import CameraPath
from .venue import Draw

__all__ = ["FlagView", "view_flags"]

HEIGHT_M, POLE_M, PENNANT_M = 1.5, 0.05, (0.42, 0.32)
SHIFT = 4


@dataclass(frozen=True)
class FlagView:
    """One corner flag as the camera sees it during n frames."""

    depth_m: np.ndarray  # [n]
    on_screen: np.ndarray  # bool [n]
    pole: np.ndarray  # int32 [n, 8, 2] in sixteenths of a pixel
    pennant: np.ndarray  # int32 [n, 3, 2]
    colour: tuple[int, int, int]
    pole_colour: tuple[int, int, int]

    def parts(self, index: int) -> Iterator[tuple[float, Draw]]:
        """What is seen of it in the picture, with its depth in metres."""
        if self.on_screen[index]:
            yield float(self.depth_m[index]), self.draw

    def draw(self, picture: np.ndarray, index: int) -> None:
        """Draw it."""
        cv2.fillConvexPoly(picture, self.pole[index], self.pole_colour, cv2.LINE_AA, SHIFT)
        cv2.fillConvexPoly(picture, self.pennant[index], self.colour, cv2.LINE_AA, SHIFT)


def view_flags(
    camera: CameraPath,
    frames: slice,
    corner_m: tuple[float, float],
    colour: tuple[int, int, int],
    pole_colour: tuple[int, int, int],
) -> list[FlagView]:
    """The four flags at (+-corner_m[0], +-corner_m[1])."""
    views = []
    for x in (-corner_m[0], corner_m[0]):
        for y in (-corner_m[1], corner_m[1]):
            top = (x, y, HEIGHT_M)
            pennant = (top, (x + PENNANT_M[0], y, HEIGHT_M - PENNANT_M[1] / 2), (x, y, HEIGHT_M - PENNANT_M[1]))
            points = np.array([(x, y, 0), top, *pennant])
            pixels, depth = camera.project(np.broadcast_to(points, (len(camera.pan_rad[frames]), 5, 3)), frames)
            radius = np.maximum(POLE_M / 2 * camera.focal_px[frames] / depth[:, 0], 0.6)
            inside = (pixels > -20) & (pixels < np.array([camera.width, camera.height]) + 20)
            views.append(
                FlagView(
                    depth_m=depth[:, 0],
                    on_screen=inside.all(axis=-1).any(axis=-1) & (depth > 1.0).all(axis=-1),
                    pole=octagons(pixels[:, 0], pixels[:, 1], radius, radius),
                    pennant=np.round(np.clip(pixels[:, 2:] - 0.5, -1500, 4000) * 2**SHIFT).astype(np.int32),
                    colour=colour,
                    pole_colour=pole_colour,
                )
            )
    return views
