"""Bodies as pictures: joints to filled outlines in the colours of a kit.

Every part (a thigh, a sock, a shirt) is a capsule between two joints, an octagon once projected. Outlines of all people
in many frames are computed at once; what remains per person is to fill them, the far side of the body first.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .appearance import BOOTS, HAIRS, SKINS, Kit, Look
from .camera import bounds
from .figures import JOINT

__all__ = ["Outfit", "body_boxes", "body_outlines", "draw_body", "draw_outfits"]

SHIFT = 4
GROWTH_PX = 0.3  # what antialiasing adds around a filled outline
FAR_SHADE = 0.80  # the far arm and leg are in the shade of the body


@dataclass(frozen=True)
class Part:
    """A capsule between two points given as blends of joints, radii in metres, and what colours it."""

    name: str
    a: str
    b: str
    radius_a: float
    radius_b: float
    colour: str  # a field of Outfit
    from_share: float = 0.0  # the capsule covers this stretch of the way from a to b
    to_share: float = 1.0


def _arm(side: str) -> list[Part]:
    return [
        Part("upper_arm", f"shoulder_{side}", f"elbow_{side}", 0.070, 0.058, "sleeves"),
        Part("forearm", f"elbow_{side}", f"hand_{side}", 0.048, 0.042, "forearms"),
        Part("hand", f"elbow_{side}", f"hand_{side}", 0.055, 0.055, "hands", 0.92, 1.1),
    ]


def _leg(side: str) -> list[Part]:
    return [
        Part("knee", f"hip_{side}", f"knee_{side}", 0.085, 0.066, "skin", 0.4, 1.05),
        Part("pad", f"hip_{side}", f"knee_{side}", 0.074, 0.074, "pads", 0.90, 1.10),
        Part("sock", f"knee_{side}", f"ankle_{side}", 0.064, 0.048, "socks", 0.16, 1.0),
        Part("boot", f"ankle_{side}", f"toe_{side}", 0.052, 0.046, "boots", 0.0, 1.0),
        Part("shorts_leg", f"hip_{side}", f"knee_{side}", 0.112, 0.104, "shorts", 0.0, 0.58),
    ]


TRUNK = [
    Part("neck", "neck", "head", 0.062, 0.062, "skin", 0.0, 0.6),
    Part("pelvis", "pelvis", "neck", 0.0, 0.0, "shorts", -0.10, 0.12),  # radii from the turn of the body
    Part("shirt", "pelvis", "neck", 0.0, 0.0, "shirt", 0.06, 0.98),
    Part("stripe_l", "pelvis", "neck", 0.0, 0.0, "trim", 0.06, 0.98),
    Part("stripe_r", "pelvis", "neck", 0.0, 0.0, "trim", 0.06, 0.98),
    Part("hair", "neck", "head", 0.112, 0.100, "hair", 0.78, 1.16),
    Part("face", "head", "nose", 0.088, 0.088, "skin", 0.35, 0.75),
]
# In the order of drawing when the left side is the far one; the arrays hold both orders.
ORDERS = (
    _arm("l") + _leg("l") + _leg("r") + TRUNK + _arm("r"),
    _arm("r") + _leg("r") + _leg("l") + TRUNK + _arm("l"),
)
FAR_PARTS = 8  # the first eight of an order are the far arm and leg
WIDE = {"pelvis": ("hip_l", "hip_r", 0.035, 0.115), "shirt": ("shoulder_l", "shoulder_r", -0.008, 0.130)}
INDEX = {part.name: index for index, part in enumerate(ORDERS[0]) if part in TRUNK}


@dataclass(frozen=True)
class Outfit:
    """Colours of one person under the light, in drawing order, the far limbs shaded; None = not drawn."""

    colours: tuple[tuple[int, int, int] | None, ...]


def draw_outfits(look: Look, team: np.ndarray, keeper: np.ndarray) -> list[Outfit]:
    """Dress P people: kits by team, skin, hair and boots by chance."""
    rng = np.random.default_rng(look.texture_seed + 2)
    outfits = []
    for side, is_keeper in zip(team.tolist(), keeper.tolist(), strict=True):
        kit: Kit = (look.keeper_kits if is_keeper else look.kits)[side]
        skin = SKINS[rng.integers(len(SKINS))]
        wear = {
            "skin": skin,
            "hair": HAIRS[rng.integers(len(HAIRS))],
            "boots": BOOTS[rng.integers(len(BOOTS))],
            "shirt": kit.shirt,
            "sleeves": kit.sleeves,
            "forearms": kit.sleeves if kit.gloves else skin,
            "hands": kit.gloves or skin,
            "trim": kit.trim,
            "shorts": kit.shorts,
            "socks": kit.socks or skin,
            "pads": kit.pads,
        }
        colours = []
        for place, part in enumerate(ORDERS[0]):
            colour = wear[part.colour]
            shade = FAR_SHADE if place < FAR_PARTS else 0.93 if part.name == "shorts_leg" else 1.0
            colours.append(None if colour is None else look.lit(colour, shade))
        outfits.append(Outfit(tuple(colours)))
    return outfits


def _table(order: list[Part]) -> tuple[np.ndarray, ...]:
    columns = [(JOINT[p.a], JOINT[p.b], p.radius_a, p.radius_b, p.from_share, p.to_share) for p in order]
    a, b, *rest = (np.array(column) for column in zip(*columns, strict=True))
    return (a, b, *rest)


TABLES = tuple(_table(order) for order in ORDERS)


def body_outlines(pixels: np.ndarray, depth: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Outlines of N people.

    Args:
        pixels: [N, J, 2], projected joints.
        depth: [N, J], their distances from the camera in metres.
        scale: [N], pixels a metre where the person is.

    Returns:
        int32 [N, parts, 8, 2] in sixteenths of a pixel, in drawing order.
    """
    left_far = depth[:, JOINT["shoulder_l"]] + depth[:, JOINT["hip_l"]] > (
        depth[:, JOINT["shoulder_r"]] + depth[:, JOINT["hip_r"]]
    )
    count = len(pixels)
    ends = []
    for order in TABLES:
        a, b, radius_a, radius_b, start, stop = order
        way = pixels[:, b] - pixels[:, a]
        ends.append((pixels[:, a] + start[:, None] * way, pixels[:, a] + stop[:, None] * way))
    far = left_far[:, None, None]
    first, last = (np.where(far, ends[0][i], ends[1][i]) for i in (0, 1))  # [N, parts, 2]
    radius_a = np.tile(TABLES[0][2], (count, 1))
    radius_b = np.tile(TABLES[0][3], (count, 1))
    for name, (left, right, extra, least) in WIDE.items():
        across = np.linalg.norm(pixels[:, JOINT[left]] - pixels[:, JOINT[right]], axis=-1) / (2 * scale)
        width = np.sqrt(across**2 + least**2) + extra
        radius_a[:, INDEX[name]] = width if name == "pelvis" else 0.80 * width
        radius_b[:, INDEX[name]] = width
    # Two stripes down the shirt, at equal distances.
    shirt = INDEX["shirt"]
    spine = last[:, shirt] - first[:, shirt]
    beside = np.stack([-spine[:, 1], spine[:, 0]], -1) / np.maximum(np.linalg.norm(spine, axis=-1), 1e-6)[:, None]
    for name, offset in (("stripe_l", 0.45), ("stripe_r", -0.45)):
        for ends_at, radius in ((first, radius_a), (last, radius_b)):
            ends_at[:, INDEX[name]] += beside * (offset * radius[:, shirt] * scale)[:, None]
            radius[:, INDEX[name]] = 0.20 * radius[:, shirt]
    # A face that looks away is behind the hair.
    away = depth[:, JOINT["nose"]] - depth[:, JOINT["head"]] > 0.035
    radius_a[away, INDEX["face"]] = radius_b[away, INDEX["face"]] = 0.0
    return octagons(first, last, radius_a * scale[:, None], radius_b * scale[:, None])


def octagons(first: np.ndarray, last: np.ndarray, radius_a: np.ndarray, radius_b: np.ndarray) -> np.ndarray:
    """Capsules from `first` to `last` [..., 2] in pixels as int32 [..., 8, 2] in sixteenths of a pixel."""
    way = last - first
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    way = np.where(length > 0.05, way / np.maximum(length, 1e-9), np.array([0.0, 1.0]))
    normal = np.stack([-way[..., 1], way[..., 0]], axis=-1)
    wide_a, wide_b = (np.maximum(radius - GROWTH_PX, 0.4)[..., None] for radius in (radius_a, radius_b))
    # Round ends, but no rounder than an arm: shirts and shorts end flat.
    tip_a, tip_b = np.minimum(wide_a, 0.3 * length + 1.0), np.minimum(wide_b, 0.3 * length + 1.0)
    side_a, side_b, tip_a, tip_b = normal * wide_a, normal * wide_b, way * tip_a * 0.8, way * tip_b * 0.8
    slant_a, slant_b = side_a * 0.6, side_b * 0.6
    points = (
        first + side_a,
        first + slant_a - tip_a,
        first - slant_a - tip_a,
        first - side_a,
        last - side_b,
        last - slant_b + tip_b,
        last + slant_b + tip_b,
        last + side_b,
    )
    outline = np.stack(points, axis=-2) - 0.5
    return np.round(np.clip(outline, -1500, 4000) * 2**SHIFT).astype(np.int32)


def body_boxes(pixels: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Bounding boxes [N, 4] (x0, y0, x1, y1) in pixels around people with joints [N, J, 2]."""
    # Half a chest to the sides, the top of the head above, the sole of a boot below.
    margins = np.array([0.13, 0.13, 0.13, 0.06]) * scale[..., None]
    return bounds(pixels) + margins * [-1, -1, 1, 1]


def draw_body(picture: np.ndarray, outlines: np.ndarray, outfit: Outfit) -> None:
    """Fill the outlines [parts, 8, 2] of one person."""
    for outline, colour in zip(outlines, outfit.colours, strict=True):
        if colour is not None:
            cv2.fillConvexPoly(picture, outline, colour, cv2.LINE_AA, SHIFT)
