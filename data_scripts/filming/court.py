"""The floor of a hall: court, free zone and lines, as textures that the camera can sample.

Cut into strips along the court, each with the resolution at which the camera sees it, as football's ground is.
"""

import numpy as np

from .ground import paint_coverage
from .hall_look import HallLook
from .planes import Plane

__all__ = ["COURT_M", "LINE_M", "floor_planes"]

COURT_M = (18.0, 9.0)
LINE_M = 0.05
ATTACK_M = 3.0  # from the middle of the centre line to the rear edge of the attack line
DASH_M, DASH_GAP_M, DASHES = 0.15, 0.20, 5  # the attack line goes on beyond the court as five short ones
FREE_ZONE_M = (15.0, 9.2)  # half the length and half the width of the coloured floor
FLOOR_X_M = (-30.0, 30.0)
STRIPS_Y_M = ((-20.0, -4.0), (-4.5, 4.0), (3.5, 16.0))  # overlapping, so that no seam shows
PLANK_M = 0.25


def floor_planes(look: HallLook, focal_px: float, camera_m: np.ndarray) -> list[Plane]:
    """The floor as strips from the near to the far side.

    Args:
        look: floor and light.
        focal_px: typical focal length, which decides the resolution.
        camera_m: [3], where the camera stands.
    """
    rng = np.random.default_rng(look.texture_seed)
    lamps = np.stack([rng.uniform(-14, 14, 9), rng.uniform(-5, 9, 9), rng.uniform(0.8, 2.2, 9)], axis=1)
    planes = []
    for low, high in STRIPS_Y_M:
        distance = np.hypot(low + 0.65 * (high - low) - camera_m[1], camera_m[2])
        along = focal_px / distance  # texels a metre
        across = 1.1 * along * camera_m[2] / distance
        shape = (max(8, round((high - low) * across)), max(8, round((FLOOR_X_M[1] - FLOOR_X_M[0]) * along)))
        planes.append(
            Plane.spanning(
                _floor(look, rng, lamps, low, high, shape),
                (FLOOR_X_M[0], high, 0.0),
                (FLOOR_X_M[1] - FLOOR_X_M[0], 0.0, 0.0),
                (0.0, low - high, 0.0),
            )
        )
    return planes


def _floor(
    look: HallLook, rng: np.random.Generator, lamps: np.ndarray, low: float, high: float, shape: tuple[int, int]
) -> np.ndarray:
    """Texture uint8 [h, w, 3] of the strip between y = high (first row) and y = low."""
    height, width = shape
    x = np.linspace(*FLOOR_X_M, width, dtype=np.float32)[None, :]
    y = np.linspace(high, low, height, dtype=np.float32)[:, None]
    bright = 1 + 0.012 * rng.standard_normal(shape, dtype=np.float32)
    if look.planks:
        tone = np.random.default_rng(look.texture_seed + 3).normal(0, 0.035, 512).astype(np.float32)
        bright = bright + tone[np.floor((y - STRIPS_Y_M[0][0]) / PLANK_M).astype(int) % 512]
    shine = np.zeros(shape, np.float32)  # the lamps, mirrored in the floor and drawn out towards the camera
    for lamp_x, lamp_y, size in lamps.tolist():
        shine += np.exp(-(((x - lamp_x) / size) ** 2)) * np.exp(-(((y - lamp_y) / (1.6 * size)) ** 2))
    on_court = (np.abs(x) <= COURT_M[0] / 2) & (np.abs(y) <= COURT_M[1] / 2)
    in_zone = (np.abs(x) <= FREE_ZONE_M[0]) & (np.abs(y) <= FREE_ZONE_M[1])
    lines = 0.93 * paint_coverage(_painted, LINE_M, FLOOR_X_M, (low, high), shape)
    texture = np.empty((*shape, 3), np.uint8)
    paints = (look.court, look.free_zone, look.beyond, (244, 246, 246))
    for channel, (court, zone, beyond, white) in enumerate(zip(*(look.lit(paint) for paint in paints), strict=True)):
        colour = np.where(on_court, np.float32(court), np.where(in_zone, np.float32(zone), np.float32(beyond))) * bright
        colour += (white - colour) * lines
        colour += (255 - colour) * np.minimum(look.gloss * shine, 0.5)
        texture[..., channel] = np.clip(colour, 0, 255, out=colour)
    return texture


def _painted(inset_m: np.ndarray) -> list[np.ndarray]:
    """Outlines [n, 2] of all lines, metres, each side drawn in by `inset_m` (x, y); lines belong to the court."""
    half_x, half_y, w = COURT_M[0] / 2, COURT_M[1] / 2, LINE_M

    def rectangle(x0: float, x1: float, y0: float, y1: float) -> np.ndarray:
        dx, dy = inset_m
        return np.array([[x0 + dx, y0 + dy], [x1 - dx, y0 + dy], [x1 - dx, y1 - dy], [x0 + dx, y1 - dy]])

    shapes = [
        rectangle(-half_x, half_x, -half_y, -half_y + w),
        rectangle(-half_x, half_x, half_y - w, half_y),
        rectangle(-half_x, -half_x + w, -half_y, half_y),
        rectangle(half_x - w, half_x, -half_y, half_y),
        rectangle(-w / 2, w / 2, -half_y, half_y),
    ]
    for side in (-1, 1):
        attack = sorted((side * ATTACK_M, side * (ATTACK_M - w)))
        shapes.append(rectangle(*attack, -half_y, half_y))
        for end in (-1, 1):
            for dash in range(DASHES):
                start = half_y + DASH_GAP_M + dash * (DASH_M + DASH_GAP_M)
                shapes.append(rectangle(*attack, *sorted((end * start, end * (start + DASH_M)))))
            service = end * (half_y - w / 2)  # the two short lines that bound the service zone
            ends = sorted((side * (half_x + 0.20), side * (half_x + 0.35)))
            shapes.append(rectangle(*ends, service - w / 2, service + w / 2))
    return shapes
