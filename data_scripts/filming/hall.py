"""Volleyball's venue: a floor of two colours with a net across it, boards and stands around it, under a roof."""

import numpy as np

from .appearance import Look
from .camera import CameraPath, CameraStyle
from .court import COURT_M, floor_planes
from .hall_look import HallLook, draw_hall_look
from .net import view_net
from .planes import Plane
from .stands import draw_boards, draw_crowd, draw_wall
from .venue import Standing, Venue

__all__ = ["HALL_CAMERAS", "VOLLEYBALL"]

BALL_RADIUS_M = 0.105
BOARD_X_M, BOARD_Y_M = 15.5, 9.5
HALL_BROADCAST = CameraStyle(
    "broadcast", 17.8, 1.10, 31.0, 12.0, 0.10, 0.08, 0.30, 0.50, 2.5, 0.12, pan_follow=0.12, aim_height_m=1.2,
    wander_m=(1.5, 1.5, -1.5, 1.5), least_aside_m=1.8,
)  # fmt: skip
HALL_NEAR = CameraStyle(
    "near", 28.5, 1.35, 25.5, 9.6, 0.30, 0.42, 0.25, 0.16, 8.0, 0.95, pan_follow=0.92, aim_height_m=0.75,
    wander_m=(1.8, 1.5, -1.2, 1.5), least_aside_m=1.6,
)  # fmt: skip
HALL_CAMERAS = {style.name: style for style in (HALL_NEAR, HALL_BROADCAST)}


def _planes(look: HallLook, focal_px: float, camera_m: np.ndarray) -> list[Plane]:
    """Floor, stands and boards, in the order in which to draw them."""
    rng = np.random.default_rng(look.texture_seed + 1)
    far = focal_px / (BOARD_Y_M - camera_m[1])  # texels a metre at the far side
    ends = 0.8 * far
    planes = [
        # A dark wall above the far stand, the stand, and the wall in front of it.
        Plane.spanning(draw_wall(look, (22, 24, 30)), (-60.0, 27.5, 26.0), (120.0, 0, 0), (0, 0, -17.0)),
        Plane.spanning(
            draw_crowd(look, rng, 76.0, 16.5, far, aisle_every_m=9.0),
            (-38.0, 27.0, 9.6),
            (76.0, 0, 0),
            (0, -14.5, -8.0),
        ),
        Plane.spanning(draw_wall(look, (52, 54, 62)), (-38.0, 12.5, 1.6), (76.0, 0, 0), (0, 0, -1.6)),
    ]
    for side in (-1, 1):
        planes.append(
            Plane.spanning(
                draw_crowd(look, rng, 40.0, 13.0, 0.5 * ends, aisle_every_m=9.0),
                (side * 31.0, -18.0, 8.0),
                (0, 40.0, 0),
                (-side * 11.5, 0, -6.6),
            )
        )
        planes.append(
            Plane.spanning(draw_wall(look, (52, 54, 62)), (side * 19.5, -18.0, 1.5), (0, 40.0, 0), (0, 0, -1.5))
        )
    planes.append(
        Plane.spanning(
            draw_boards(look, rng, 2 * BOARD_X_M, far, length_m=(3.0, 6.0)),
            (-BOARD_X_M, BOARD_Y_M + 0.15, 0.95),
            (2 * BOARD_X_M, 0, 0),
            (0, 0, -0.95),
        )
    )
    for side in (-1, 1):
        start, along = (-BOARD_Y_M, 2 * BOARD_Y_M) if side < 0 else (BOARD_Y_M, -2 * BOARD_Y_M)
        planes.append(
            Plane.spanning(
                draw_boards(look, rng, 2 * BOARD_Y_M, ends, length_m=(3.0, 6.0)),
                (side * (BOARD_X_M + 0.15), start, 0.95),
                (0, along, 0),
                (0, 0, -0.95),
            )
        )
    return floor_planes(look, focal_px, camera_m) + planes


def _standing(look: Look, camera: CameraPath, frames: slice) -> list[Standing]:
    return [view_net(camera, frames, look, look.padding)]


VOLLEYBALL = Venue(
    half_m=(COURT_M[0] / 2 + 3.0, COURT_M[1] / 2 + 2.0),
    ball_radius_m=BALL_RADIUS_M,
    body_scale=1.07,
    cameras=HALL_CAMERAS,
    draw_look=draw_hall_look,
    planes=_planes,
    standing=_standing,
    clock=lambda seconds: "SET 1",
    net_x_m=0.0,
    contact_margin=0.05,
    score_delay_sec=3.0,
)
