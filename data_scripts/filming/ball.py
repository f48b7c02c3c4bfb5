"""The ball: a shaded disc of its true size in perspective, stretched along its way by the shutter."""

from dataclasses import dataclass

import cv2
import numpy as np

from .appearance import Look
from .camera import CameraPath

__all__ = ["BALL_RADIUS_M", "BallView", "view_ball"]

BALL_RADIUS_M = 0.11
SHUTTER_SEC = 1 / 200  # sports cameras shut fast, so that little is smeared
SHIFT = 4
CIRCLE = np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)], axis=1)
GROWTH_PX = 0.55  # what antialiasing adds to a disc
TURN_RAD_PER_M = 1.9
LEAST_RADIUS_PX = 1.2  # below this nothing of it would survive the codec


@dataclass(frozen=True)
class BallView:
    """The ball as the camera sees it during n frames."""

    pixels: np.ndarray  # [n, 2], its centre
    radius_px: np.ndarray  # [n]
    depth_m: np.ndarray  # [n]
    rim: np.ndarray  # int32 [n, 16, 2] in sixteenths of a pixel
    face: np.ndarray  # int32 [n, 16, 2]
    colours: tuple[tuple[int, int, int], tuple[int, int, int]]  # rim, face
    panel: np.ndarray | None = None  # int32 [n, m, 2], the part of the face in the second colour, which turns
    panel_colour: tuple[int, int, int] = (0, 0, 0)

    def draw(self, picture: np.ndarray, index: int) -> None:
        """Draw it."""
        cv2.fillConvexPoly(picture, self.rim[index], self.colours[0], cv2.LINE_AA, SHIFT)
        cv2.fillConvexPoly(picture, self.face[index], self.colours[1], cv2.LINE_AA, SHIFT)
        if self.panel is not None:
            cv2.fillConvexPoly(picture, self.panel[index], self.panel_colour, cv2.LINE_AA, SHIFT)


def view_ball(
    ball_m: np.ndarray, fps: float, camera: CameraPath, frames: slice, look: Look, radius_m: float = BALL_RADIUS_M
) -> BallView:
    """Project the ball of `frames`; ball_m is the whole track [T, 3]."""
    pixels, depth = camera.project(ball_m[frames], frames)
    start = frames.start
    before = np.maximum(np.arange(start, start + len(pixels)) - 1, 0)
    earlier, _ = camera.project(ball_m[before], frames)
    radius = np.maximum(radius_m * camera.focal_px[frames] / depth, LEAST_RADIUS_PX)
    # A hand's tremble and a pan smear nothing here: what counts is the ball against the ground.
    smear = (pixels - earlier) * fps * SHUTTER_SEC * 0.5
    up = np.stack([-0.10 * radius, -0.16 * radius], axis=-1)
    two_coloured = look.ball_panel is not None
    return BallView(
        pixels=pixels,
        radius_px=radius,
        depth_m=depth,
        rim=_smeared_disc(pixels, radius, smear),
        face=_smeared_disc(pixels + up, 0.86 * radius, smear),
        colours=(look.lit(look.ball, 0.72) if two_coloured else look.lit((168, 170, 176)), look.lit(look.ball)),
        panel=_panel(pixels + up, 0.86 * radius, ball_m, frames) if two_coloured else None,
        panel_colour=look.lit(look.ball_panel) if two_coloured else (0, 0, 0),
    )


def _panel(centre: np.ndarray, radius: np.ndarray, ball_m: np.ndarray, frames: slice) -> np.ndarray:
    """A lens-shaped panel on one side of the face, turning with the way the ball has come: int32 [n, 7, 2]."""
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ball_m, axis=0), axis=1))])[frames]
    angle = way * TURN_RAD_PER_M
    spread = np.linspace(-1.15, 1.15, 7)
    around = angle[:, None] + spread
    outline = np.stack([np.cos(around), np.sin(around)], axis=-1)
    outline = centre[:, None] + np.maximum(radius - GROWTH_PX, 0.5)[:, None, None] * outline
    return np.round(np.clip(outline - 0.5, -1500, 4000) * 2**SHIFT).astype(np.int32)


def _smeared_disc(centre: np.ndarray, radius: np.ndarray, smear: np.ndarray) -> np.ndarray:
    """Discs [n] cut in half and drawn apart by `smear` [n, 2] to either side: int32 [n, 16, 2]."""
    ahead = np.sign(smear @ CIRCLE.T)[..., None]  # [n, 16, 1], which half a point belongs to
    outline = centre[:, None] + (radius - GROWTH_PX)[:, None, None] * CIRCLE + ahead * smear[:, None]
    return np.round(np.clip(outline - 0.5, -1500, 4000) * 2**SHIFT).astype(np.int32)
