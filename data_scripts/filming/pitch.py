"""The ground: mown grass and every line of the laws of the game, as textures that the camera can sample.

The pitch is seen at a flat angle, so a picture that is fine for the near touchline would shimmer on the far one. The
ground is therefore cut into strips along the pitch, each with the resolution at which the camera sees it, and
the lines are area-averaged down to it.
"""

from functools import partial

import cv2
import numpy as np

from .appearance import PitchLook
from .ground import paint_coverage
from .planes import Plane

__all__ = ["GOAL_WIDTH_M", "PITCH_M", "ground_planes"]

PITCH_M = (105.0, 68.0)
GOAL_WIDTH_M = 7.32
LINE_M = 0.12
GROUND_X_M = (-66.0, 66.0)
STRIPS_Y_M = ((-64.0, -24.0), (-25.0, 2.0), (1.0, 22.0), (21.0, 43.0))  # overlapping, so that no seam shows
BLADES = (256, 509)  # texels of the finest grain before it repeats
BAND = 32  # rows painted at a time; divides the grain's


def ground_planes(look: PitchLook, focal_px: float, camera_m: np.ndarray) -> list[Plane]:
    """The ground as strips from the near to the far side.

    Args:
        look: grass, mowing pattern, light.
        focal_px: typical focal length, which decides the resolution.
        camera_m: [3], where the camera stands.
    """
    rng = np.random.default_rng(look.texture_seed)
    planes = []
    for low, high in STRIPS_Y_M:
        # Two thirds of the way to its far edge: coarser than needed in front rather than shimmering behind.
        distance = np.hypot(low + 0.65 * (high - low) - camera_m[1], camera_m[2])
        along = 0.9 * focal_px / distance  # texels a metre: the lens is a little softer than the pixels
        across = 1.1 * along * camera_m[2] / distance
        shape = (max(8, round((high - low) * across)), max(8, round((GROUND_X_M[1] - GROUND_X_M[0]) * along)))
        # Blades of grass, drawn here in turn: the rest of a strip is painted when it is first seen, if it ever is.
        blades = 0.03 * rng.standard_normal(BLADES, dtype=np.float32)
        planes.append(
            Plane.painted(
                shape,
                partial(_ground, look, blades, low, high, shape),
                (GROUND_X_M[0], high, 0.0),
                (GROUND_X_M[1] - GROUND_X_M[0], 0.0, 0.0),
                (0.0, low - high, 0.0),
            )
        )
    return planes


def _ground(look: PitchLook, blades: np.ndarray, low: float, high: float, shape: tuple[int, int]) -> np.ndarray:
    """Texture uint8 [h, w, 3] of the strip between y = high (first row) and y = low."""
    height, width = shape
    x = np.linspace(*GROUND_X_M, width, dtype=np.float32)[None, :]
    y = np.linspace(high, low, height, dtype=np.float32)[:, None]
    wave_x = np.clip(8 * np.sin(np.pi * x / 5.25), -1, 1)  # bands of 5.25 m with a soft edge
    wave_y = np.clip(8 * np.sin(np.pi * y / 6.8), -1, 1)
    # The same large patches in every strip, so that strips join; the fine grain may differ.
    patches = _mottle(look.texture_seed, 9.0, 0.045, low, high, shape)
    patches += _mottle(look.texture_seed + 3, 1.6, 0.035, low, high, shape)
    blades = np.tile(blades, (1, -(-width // BLADES[1])))[:, :width]  # repeated where nobody can tell
    lines = _lines(low, high, shape)
    paints = [look.lit(paint) for paint in ((118, 104, 66), look.grass, look.surround, (238, 242, 236))]
    texture = np.empty((*shape, 3), np.uint8)
    for top in range(0, height, BAND):  # a few rows at a time, which stay in the processor's cache
        rows = slice(top, top + BAND)
        grain = patches[rows]
        grain += blades[top % BLADES[0] :][: len(grain)]
        pattern = {
            "stripes": wave_x + 0 * y[rows],
            "bands": wave_y[rows] + 0 * x,
            "checks": 0.6 * (wave_x + wave_y[rows]),
            "plain": 0 * (x + y[rows]),
        }[look.mowing]
        bright = 1 + look.mowing_contrast * pattern + grain
        outside = (np.abs(x) > PITCH_M[0] / 2 + 3.2) | (np.abs(y[rows]) > PITCH_M[1] / 2 + 3.0)
        bright = np.where(outside, 1 + 0.5 * grain, bright)
        wear = _wear(x, y[rows])
        for channel, (earth, grass, ground, chalk) in enumerate(zip(*paints, strict=True)):
            colour = np.where(outside, np.float32(ground), grass + np.float32(earth - grass) * wear) * bright
            colour += (chalk - colour) * (lines[rows] * 0.88)
            texture[rows, :, channel] = np.clip(colour, 0, 255, out=colour)
    return texture


def _wear(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How bare the ground is, at goalmouths and penalty spots: float32 [h, w] of columns x [1, w] and rows y [h, 1]."""
    wear = np.zeros((y.shape[0], x.shape[1]), np.float32)
    for centre_x, along, across, bare in (
        (-51, 2.5, 3.5, 0.35),
        (51, 2.5, 3.5, 0.35),
        (-41.5, 1, 1, 0.3),
        (41.5, 1, 1, 0.3),
    ):
        wear += bare * np.exp(-(((x - centre_x) / along) ** 2)) * np.exp(-((y / across) ** 2))
    return wear


def _mottle(seed: int, cell_m: float, strength: float, low: float, high: float, shape: tuple[int, int]) -> np.ndarray:
    """Patches about `cell_m` long and half as wide, a function of the place on the ground: float32 [h, w]."""
    height, width = shape
    length, breadth = GROUND_X_M[1] - GROUND_X_M[0], STRIPS_Y_M[-1][1] - STRIPS_Y_M[0][0]
    cells = (int(2 * breadth / cell_m) + 2, int(length / cell_m) + 2)
    patches = np.random.default_rng(seed).normal(scale=strength, size=cells).astype(np.float32)
    step_x, step_y = length / width / cell_m, 2 * (high - low) / height / cell_m
    place = np.array([[step_x, 0, 0], [0, step_y, 2 * (STRIPS_Y_M[-1][1] - high) / cell_m]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(patches, place, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _lines(low: float, high: float, shape: tuple[int, int]) -> np.ndarray:
    """How much of each texel is painted white: float32 [h, w] in [0, 1]."""
    return paint_coverage(_painted, LINE_M, GROUND_X_M, (low, high), shape)


def _painted(inset_m: np.ndarray) -> list[np.ndarray]:
    """Outlines [n, 2] of everything painted, metres, each side drawn in by `inset_m` (x, y).

    The outer edges of lines are the sizes in the laws of the game.
    """
    half_x, half_y, w = PITCH_M[0] / 2, PITCH_M[1] / 2, LINE_M

    def rectangle(x0: float, x1: float, y0: float, y1: float) -> np.ndarray:
        dx, dy = inset_m
        return np.array([[x0 + dx, y0 + dy], [x1 - dx, y0 + dy], [x1 - dx, y1 - dy], [x0 + dx, y1 - dy]])

    def ring(x: float, y: float, radius: float, start: float = 0.0, stop: float = 2 * np.pi) -> np.ndarray:
        angle = np.linspace(start, stop, 96)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.concatenate([(radius - inset_m) * circle, (radius - w + inset_m) * circle[::-1]]) + [x, y]

    shapes = [
        rectangle(-half_x, half_x, -half_y, -half_y + w),
        rectangle(-half_x, half_x, half_y - w, half_y),
        rectangle(-half_x, -half_x + w, -half_y, half_y),
        rectangle(half_x - w, half_x, -half_y, half_y),
        rectangle(-w / 2, w / 2, -half_y, half_y),
        ring(0, 0, 9.15),
        ring(0, 0, 0.2),
    ]
    for side in (-1, 1):
        for depth, half_width in ((16.5, 20.16), (5.5, 9.16)):
            front = side * (half_x - depth)
            near, far = sorted((front, side * half_x))
            inner = sorted((front, front + side * w))
            shapes.append(rectangle(*inner, -half_width, half_width))
            shapes.append(rectangle(near, far, -half_width, -half_width + w))
            shapes.append(rectangle(near, far, half_width - w, half_width))
        spot = side * (half_x - 11)
        shapes.append(ring(spot, 0, 0.2))
        reach = float(np.arccos(5.5 / 9.15))
        middle = 0.0 if side < 0 else np.pi
        shapes.append(ring(spot, 0, 9.15, middle - reach, middle + reach))
        for end in (-1, 1):
            start = {(-1, -1): 0.0, (1, -1): 0.5, (1, 1): 1.0, (-1, 1): 1.5}[side, end] * np.pi
            shapes.append(ring(side * half_x, end * half_y, 1.0, start, start + np.pi / 2))
    return shapes
