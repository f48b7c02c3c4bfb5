"""The volleyball net and what stands beside it: mesh, tapes, antennas, posts, and the first referee on his stand.

All of it is in the plane x = 0, and is drawn between what is beyond that plane and what is before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .appearance import Colour, Look
from .camera import CameraPath
from .capsules import Bar, BarsView, view_bars
from .venue import Draw

__all__ = ["ANTENNA_TOP_M", "NET_BOTTOM_M", "NET_HALF_WIDTH_M", "NET_TOP_M", "POST_Y_M", "NetView", "view_net"]

NET_TOP_M, NET_BOTTOM_M, NET_HALF_WIDTH_M = 2.43, 1.43, 4.75
TAPE_M, LOWER_TAPE_M, SIDE_TAPE_M = 0.07, 0.05, 0.05
ANTENNA_Y_M, ANTENNA_TOP_M, ANTENNA_RADIUS_M, STRIPE_M = 4.5, 3.23, 0.012, 0.1
POST_Y_M, POST_TOP_M = 5.5, 2.55
MESH_M = 0.10
MESH_STRENGTH = 0.42  # how much of the picture behind the mesh's lines the mesh covers
SHIFT = 4


def _mesh() -> np.ndarray:
    """Line segments [n, 2, 3] of the mesh, metres; every second upright one, which perspective crowds."""
    half = NET_HALF_WIDTH_M
    level = [((0, -half, z), (0, half, z)) for z in np.arange(NET_BOTTOM_M + MESH_M, NET_TOP_M - 0.05, MESH_M)]
    upright = [((0, y, NET_BOTTOM_M), (0, y, NET_TOP_M)) for y in np.arange(-half, half + 1e-6, 2 * MESH_M)]
    return np.array(level + upright, float)


def _antenna(y: float) -> list[Bar]:
    bars, z, red = [], NET_BOTTOM_M, True
    while z < ANTENNA_TOP_M - 1e-6:
        colour = (214, 36, 40) if red else (244, 244, 244)
        bars.append(Bar((0, y, z), (0, y, z + 2 * STRIPE_M), ANTENNA_RADIUS_M, colour))
        z, red = z + 2 * STRIPE_M, not red
    return bars


def _post(y: float, padding: Colour) -> list[Bar]:
    cable = Bar((0, y, POST_TOP_M - 0.1), (0, np.sign(y) * NET_HALF_WIDTH_M, NET_TOP_M - 0.03), 0.012, (70, 72, 76))
    return [
        Bar((0, y, 0.0), (0, y, POST_TOP_M), 0.05, (196, 198, 204)),
        Bar((0, y, 0.05), (0, y, 1.95), 0.11, padding),
        cable,
    ]


def _referee(y: float) -> list[Bar]:
    """Somebody in a light shirt who stands on a padded stand, looking along the net."""
    floor, shirt, trousers, skin = 1.25, (206, 222, 240), (26, 30, 46), (206, 158, 124)
    return [
        Bar((0.0, y + 0.35, 0.0), (0.0, y + 0.35, floor), 0.34, (58, 62, 72)),
        Bar((-0.10, y + 0.3, floor + 0.05), (-0.09, y + 0.3, floor + 0.85), 0.095, trousers),
        Bar((0.10, y + 0.3, floor + 0.05), (0.09, y + 0.3, floor + 0.85), 0.095, trousers),
        Bar((0.0, y + 0.3, floor + 0.92), (0.0, y + 0.3, floor + 1.36), 0.19, shirt),
        Bar((-0.24, y + 0.25, floor + 0.9), (-0.21, y + 0.3, floor + 1.34), 0.06, shirt),
        Bar((0.24, y + 0.25, floor + 0.9), (0.21, y + 0.3, floor + 1.34), 0.06, shirt),
        Bar((0.0, y + 0.28, floor + 1.62), (0.0, y + 0.28, floor + 1.68), 0.105, skin),
        Bar((0.0, y + 0.3, floor + 1.7), (0.0, y + 0.3, floor + 1.72), 0.10, (40, 32, 28)),
    ]


def _tapes() -> list[Bar]:
    half, white, grey = NET_HALF_WIDTH_M, (246, 246, 248), (210, 212, 216)
    upper, lower = NET_TOP_M - TAPE_M / 2, NET_BOTTOM_M + LOWER_TAPE_M / 2
    return [
        Bar((0, half, lower), (0, -half, lower), LOWER_TAPE_M / 2, grey),
        *(
            Bar((0, y, NET_BOTTOM_M), (0, y, NET_TOP_M), SIDE_TAPE_M / 2, white)
            for y in (ANTENNA_Y_M, -ANTENNA_Y_M)
        ),
        Bar((0, half, upper), (0, -half, upper), TAPE_M / 2, white),
    ]  # fmt: skip


@dataclass(frozen=True)
class NetView:
    """The net and what stands beside it, as the camera sees them during n frames."""

    behind: BarsView  # referee and far post
    mesh: np.ndarray  # int32 [n, segments, 2, 2] in sixteenths of a pixel
    boxes: np.ndarray  # int [n, 4], x0, y0, x1, y1 within the picture; empty when the mesh is not seen
    front: BarsView  # tapes, antennas, near post
    colour: Colour

    def parts(self, index: int) -> Iterator[tuple[float, Draw]]:
        """What is seen of it in the picture, with its depth in metres."""
        yield float(self.front.depth_m[index]), self.draw

    def draw(self, picture: np.ndarray, index: int) -> None:
        """Draw everything, the far end first."""
        self.behind.draw(picture, index)
        x0, y0, x1, y1 = self.boxes[index].tolist()
        if x1 > x0 and y1 > y0:
            beyond = picture[y0:y1, x0:x1]
            woven = beyond.copy()
            offset = np.array([x0, y0], np.int32) << SHIFT
            cv2.polylines(woven, list(self.mesh[index] - offset), False, self.colour, 1, cv2.LINE_AA, SHIFT)
            cv2.addWeighted(woven, MESH_STRENGTH, beyond, 1 - MESH_STRENGTH, 0, dst=beyond)
        self.front.draw(picture, index)


def view_net(camera: CameraPath, frames: slice, look: Look, padding: Colour) -> NetView:
    """The net; `padding` is the colour around the posts, before light."""

    def lit(bars: list[Bar]) -> list[Bar]:
        return [Bar(bar.a_m, bar.b_m, bar.radius_m, look.lit(bar.colour)) for bar in bars]

    mesh = _mesh()
    count = len(camera.pan_rad[frames])
    pixels, depth = camera.project(np.broadcast_to(mesh, (count, *mesh.shape)), frames)
    flat = pixels.reshape(count, -1, 2)
    size = [camera.width, camera.height]
    low, high = np.clip(np.floor(flat.min(axis=1)) - 2, 0, size), np.clip(np.ceil(flat.max(axis=1)) + 3, 0, size)
    boxes = np.concatenate([low, high], axis=1).astype(int)
    boxes[(depth < 2.0).any(axis=(1, 2))] = 0
    front = _tapes() + _antenna(ANTENNA_Y_M) + _antenna(-ANTENNA_Y_M) + _post(-POST_Y_M, padding)
    return NetView(
        behind=view_bars(lit(_referee(POST_Y_M + 0.45) + _post(POST_Y_M, padding)), camera, frames),
        mesh=np.round(np.clip(pixels - 0.5, -3000, 6000) * 2**SHIFT).astype(np.int32),
        boxes=boxes,
        front=view_bars(lit(front), camera, frames),
        colour=look.lit((34, 36, 42)),
    )
