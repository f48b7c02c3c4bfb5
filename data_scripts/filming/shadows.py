"""Shadows on the ground: of bodies and of the ball, one for each lamp.

A shadow is the body's own capsules laid flat along the light. All shadows of a frame go into one mask, which darkens
the ground once, so that shadows that overlap are no darker than one.
"""

import cv2
import numpy as np

from .camera import CameraPath, bounds
from .figures import JOINT

__all__ = ["ball_shadows", "body_shadows", "darken", "shadow_boxes"]

SHIFT = 4
# From joint, to joint, radius in metres. One lamp throws a sharp shadow, several throw faint ones.
SHARP = (
    ("pelvis", "ankle_r", 0.09),
    ("pelvis", "ankle_l", 0.09),
    ("pelvis", "neck", 0.17),
    ("neck", "head", 0.11),
)
FAINT = (("neck", "ankle_r", 0.12), ("neck", "ankle_l", 0.12))
RING = np.stack([np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6)], axis=1)


def body_shadows(joints_m: np.ndarray, lamps_m, camera: CameraPath, frames: slice | np.ndarray) -> np.ndarray:
    """Shadows of people, as `camera` sees those of row i in the i-th of `frames`.

    Args:
        joints_m: [n, ..., J, 3].
        lamps_m: for each of L lamps, how far one metre of height throws its shadow (x, y).
        camera: the camera.
        frames: n of its frames.

    Returns:
        int32 [n, ..., L * k, 8, 2] octagons in sixteenths of a pixel.
    """
    parts = []
    for lamp in lamps_m:
        flat = joints_m[..., :2] + joints_m[..., 2:] * np.asarray(lamp)  # [n, ..., J, 2]
        overcast = lamp == (0.0, 0.0)
        for name_a, name_b, radius in SHARP[:3] if overcast else SHARP if len(lamps_m) == 1 else FAINT:
            a, b = flat[..., JOINT[name_a], :], flat[..., JOINT[name_b], :]
            way = b - a
            length = np.linalg.norm(way, axis=-1, keepdims=True)
            way = np.where(length > 1e-3, way / np.maximum(length, 1e-9), np.array([1.0, 0.0]))
            normal = np.stack([-way[..., 1], way[..., 0]], axis=-1)
            wide = radius * (1.5 if overcast else 1.0)
            side, slant, tip = normal * wide, 0.6 * wide * normal, 0.8 * wide * way
            outline = (
                a + side,
                a + slant - tip,
                a - slant - tip,
                a - side,
                b - side,
                b - slant + tip,
                b + slant + tip,
                b + side,
            )
            parts.append(np.stack(outline, axis=-2))
    ground = np.stack(parts, axis=-3)  # [n, ..., L * k, 8, 2]
    return _on_screen(ground, camera, frames)


def ball_shadows(ball_m: np.ndarray, radius_m: float, lamps_m, camera: CameraPath, frames: slice) -> np.ndarray:
    """Shadows of the ball in n frames, ball_m [n, 3]: int32 [n, L, 12, 2] in sixteenths of a pixel."""
    centres = np.stack([ball_m[:, :2] + ball_m[:, 2:] * np.asarray(lamp) for lamp in lamps_m], axis=1)
    return _on_screen(centres[:, :, None, :] + 1.15 * radius_m * RING, camera, frames)


def _on_screen(ground_m: np.ndarray, camera: CameraPath, frames: slice | np.ndarray) -> np.ndarray:
    points = np.concatenate([ground_m, np.zeros((*ground_m.shape[:-1], 1))], axis=-1)
    pixels, _ = camera.project(points, frames)
    return np.round(np.clip(pixels - 0.5, -1500, 4000) * 2**SHIFT).astype(np.int32)


def shadow_boxes(outlines: np.ndarray, width: int, height: int) -> np.ndarray:
    """Boxes int [..., 4] (x0, y0, x1, y1) within the picture around shadows [..., k, m, 2] with their soft edges."""
    k, m = outlines.shape[-3:-1]
    boxes = (bounds(outlines.reshape(*outlines.shape[:-3], k * m, 2)) >> SHIFT) + [-2, -2, 4, 4]
    return np.clip(boxes, 0, [width, height, width, height])


def darken(
    picture: np.ndarray, mask: np.ndarray, outlines: list[np.ndarray], boxes: list[list[int]], strength: float
) -> None:
    """Darken what shadows cover of `picture`, softly at the edges, and no pixel twice.

    Args:
        picture: uint8 [H, W, 3].
        mask: uint8 [H, W], all 255; is left so.
        outlines: int32 [m, 2] each, in sixteenths of a pixel.
        boxes: of `shadow_boxes`; together they hold all of the outlines.
        strength: 0 none, 1 black.
    """
    dark = round(255 * (1 - strength))
    for outline in outlines:
        cv2.fillConvexPoly(mask, outline, dark, cv2.LINE_AA, SHIFT)
    for x0, y0, x1, y1 in boxes:
        if x0 < x1 and y0 < y1:
            part, shade = picture[y0:y1, x0:x1], mask[y0:y1, x0:x1]
            cv2.multiply(part, cv2.cvtColor(shade, cv2.COLOR_GRAY2RGB), dst=part, scale=1 / 255)
            shade.fill(255)  # where boxes overlap, the next one changes nothing
