"""Around the pitch: advertising boards, and stands full of people; their textures serve a hall too."""

import cv2
import numpy as np

from .appearance import Look
from .planes import Plane

__all__ = ["BOARD_X_M", "BOARD_Y_M", "draw_boards", "draw_crowd", "draw_wall", "stadium_planes"]

BOARD_X_M, BOARD_Y_M, BOARD_HEIGHT_M = 57.5, 38.0, 0.95
SEAT_M, ROW_M = 0.55, 0.95  # of a seat along the row, and from row to row up the slope

SPONSORS = (
    "NORDVIK TOOLS", "HALDEN BANK", "quartz.bet", "MARLOW & FINCH", "Tidewater", "OAKLINE HOMES", "Brightway",
    "SOLACE ENERGY", "PENDRY TYRES", "vantiq", "KESTREL AIR", "LUMEN COLA", "ARDEN LOGISTICS", "FOXGLOVE",
)  # fmt: skip


def stadium_planes(look: Look, focal_px: float, camera_m: np.ndarray) -> list[Plane]:
    """Stands and boards on the far side and behind both goals, in the order in which to draw them."""
    rng = np.random.default_rng(look.texture_seed + 1)
    back = (-92.0, 184.0)  # where the far stand begins, and its length
    far = focal_px / (BOARD_Y_M - camera_m[1])  # texels a metre at the far side
    ends = 0.8 * far
    planes = [
        # A dark wall and the roof above the far stand.
        Plane.spanning(draw_wall(look, (18, 20, 24)), (back[0], 64.0, 40.0), (back[1], 0, 0), (0, 0, -24.0)),
        Plane.spanning(
            draw_crowd(look, rng, back[1], 27.0, far), (back[0], 65.0, 17.0), (back[1], 0, 0), (0, -22.5, -15.6)
        ),
        Plane.spanning(draw_wall(look, (60, 62, 66)), (back[0], 42.5, 1.5), (back[1], 0, 0), (0, 0, -1.6)),
    ]
    for side in (-1, 1):
        # Behind the goals: seen from the main stand, the front row is nearest to the pitch.
        planes.append(
            Plane.spanning(
                draw_crowd(look, rng, 88.0, 24.0, ends),
                (side * 84.0, -44.0, 14.0),
                (0, 88.0, 0),
                (-side * 21.0, 0, -12.6),
            )
        )
        planes.append(
            Plane.spanning(draw_wall(look, (60, 62, 66)), (side * 63.0, -44.0, 1.5), (0, 88.0, 0), (0, 0, -1.6))
        )
    length = 2 * BOARD_X_M
    planes.append(
        Plane.spanning(
            draw_boards(look, rng, length, far),
            (-BOARD_X_M, BOARD_Y_M + 0.15, BOARD_HEIGHT_M),
            (length, 0, 0),
            (0, 0, -BOARD_HEIGHT_M),
        )
    )
    for side in (-1, 1):
        # Text must read from the pitch: away from the camera on the left end, towards it on the right one.
        start, along = (-BOARD_Y_M, 2 * BOARD_Y_M) if side < 0 else (BOARD_Y_M, -2 * BOARD_Y_M)
        planes.append(
            Plane.spanning(
                draw_boards(look, rng, 2 * BOARD_Y_M, ends),
                (side * (BOARD_X_M + 0.15), start, BOARD_HEIGHT_M),
                (0, along, 0),
                (0, 0, -BOARD_HEIGHT_M),
            )
        )
    return planes


def draw_wall(look: Look, colour: tuple[int, int, int]) -> np.ndarray:
    """One colour: uint8 [4, 4, 3]."""
    return np.full((4, 4, 3), look.lit(colour), np.uint8)


def draw_boards(
    look: Look,
    rng: np.random.Generator,
    total_m: float,
    scale: float,
    length_m: tuple[float, float] = (5.0, 9.0),
) -> np.ndarray:
    """A row of advertisements, `total_m` long, each of a length between `length_m`: uint8 [h, w, 3]."""
    over = 3
    height = max(4, round(BOARD_HEIGHT_M * scale)) * over
    width = round(total_m * scale) * over
    board = np.zeros((height, width, 3), np.uint8)
    start = 0
    while start < width:
        stop = min(width, start + int(rng.uniform(*length_m) * scale * over))
        ground = tuple(int(v) for v in rng.choice([[16, 20, 40], [230, 232, 236], [170, 24, 30], [20, 70, 160],
                                                   [12, 12, 14], [240, 190, 20], [10, 110, 90]]))  # fmt: skip
        ink = (245, 245, 245) if sum(ground) < 380 else (20, 24, 36)
        board[:, start:stop] = ground
        text = SPONSORS[rng.integers(len(SPONSORS))]
        (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 2)
        size = min(0.55 * height / text_height, 0.9 * (stop - start) / text_width)
        at = (start + int((stop - start - size * text_width) / 2), int((height + size * text_height) / 2))
        cv2.putText(board, text, at, cv2.FONT_HERSHEY_DUPLEX, size, ink, max(1, round(2 * size)), cv2.LINE_AA)
        start = stop
    small = cv2.resize(board, (width // over, height // over), interpolation=cv2.INTER_AREA)
    return np.clip(small * np.array(look.light.tint), 0, 255).astype(np.uint8)


def draw_crowd(
    look: Look,
    rng: np.random.Generator,
    length_m: float,
    depth_m: float,
    scale: float,
    aisle_every_m: float = 16.0,
) -> np.ndarray:
    """Rows of seats with people in most of them, back row first: uint8 [h, w, 3]."""
    cell_w, cell_h = max(2, round(SEAT_M * scale)), max(2, round(ROW_M * scale * 0.62))
    seats, rows = int(length_m / SEAT_M), int(depth_m / ROW_M)
    taken = rng.random((rows, seats)) < look.crowd_filled
    clothes = rng.normal(0, 1, (rows, seats, 1)) * 34 + rng.normal(0, 14, (rows, seats, 3)) + np.array([74, 74, 82])
    fan = rng.random((rows, seats)) < 0.22
    clothes[fan] = np.array(look.kits[0].shirt) * rng.uniform(0.5, 0.95, (int(fan.sum()), 1))
    skin = np.array([188, 146, 118]) * rng.uniform(0.45, 1.05, (rows, seats, 1))
    empty = np.array(look.seats) * 0.62
    body = np.where(taken[..., None], clothes, empty)
    head = np.where(taken[..., None], skin, empty * 0.8)
    aisle = np.arange(seats) % round(aisle_every_m / SEAT_M) < 2
    body[:, aisle], head[:, aisle] = (112, 112, 112), (96, 96, 96)
    behind = np.where(taken[..., None], clothes * 0.35 + 10, empty)
    behind[:, aisle] = (104, 104, 104)
    behind[rows // 2] = (44, 46, 52)
    body[rows // 2], head[rows // 2] = (46, 48, 54), (40, 42, 48)  # the gangway between the tiers
    trunk_shape, head_shape = _spectator(cell_w, cell_h)
    picture = np.zeros((rows * cell_h, seats * cell_w, 3), np.float32)
    for row in range(rows):
        line = np.zeros((cell_h, seats * cell_w, 3), np.float32)
        for shape, colours in ((1 - trunk_shape - head_shape, behind), (trunk_shape, body), (head_shape, head)):
            line += np.tile(shape, (1, seats))[..., None] * np.repeat(colours[row], cell_w, axis=0)
        # Seats are staggered, and people do not sit in files.
        picture[row * cell_h : (row + 1) * cell_h] = np.roll(line, int(rng.integers(cell_w)), axis=1)
    # The roof's shade towards the back.
    shade = np.linspace(0.45, 0.95, len(picture))[:, None, None]
    picture = cv2.GaussianBlur(np.clip(picture * shade, 0, 255).astype(np.uint8), (3, 3), 0.7)
    return np.clip(picture * np.array(look.light.tint) * 0.85, 0, 255).astype(np.uint8)


def _spectator(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """How much of each texel of a seat a sitting trunk and a head cover: two float32 [height, width]."""
    over = 8
    y, x = np.mgrid[0 : height * over, 0 : width * over] + 0.5
    x, y = x / (width * over) - 0.5, y / (height * over)
    head = (x / 0.19) ** 2 + ((y - 0.27) / 0.21) ** 2 < 1
    trunk = (np.abs(x) ** 3 / 0.42**3 + np.clip(1.0 - y, 0, None) ** 3 / 0.58**3 < 1) & ~head
    return tuple(
        cv2.resize(shape.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) for shape in (trunk, head)
    )
