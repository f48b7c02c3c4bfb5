"""Football's venue: grass, goals, corner flags and a stadium."""

from .appearance import Look, draw_look
from .ball import BALL_RADIUS_M
from .camera import CAMERAS, CameraPath
from .flags import view_flags
from .goals import view_goals
from .pitch import PITCH_M, ground_planes
from .stands import stadium_planes
from .venue import Standing, Venue

__all__ = ["FOOTBALL"]

HALF_M = (PITCH_M[0] / 2, PITCH_M[1] / 2)


def _standing(look: Look, camera: CameraPath, frames: slice) -> list[Standing]:
    goals = view_goals(camera, frames, HALF_M[0], look.lit((236, 238, 240)))
    flags = view_flags(camera, frames, HALF_M, look.lit(look.kits[0].shirt), look.lit((230, 230, 200)))
    return [*goals, *flags]


def _clock(seconds: int) -> str:
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


FOOTBALL = Venue(
    half_m=HALF_M,
    ball_radius_m=BALL_RADIUS_M,
    body_scale=1.0,
    cameras=CAMERAS,
    draw_look=draw_look,
    planes=lambda *place: ground_planes(*place) + stadium_planes(*place),
    standing=_standing,
    clock=_clock,
)
