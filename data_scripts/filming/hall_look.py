"""What a hall looks like: two colours of floor, lamps, kits that stand out from it, a yellow and blue ball."""

from dataclasses import dataclass, replace

import numpy as np

from .appearance import COLOURS, KEEPER_COLOURS, Colour, Kit, Light, Look, colour_distance, draw_kit, farthest

__all__ = ["HallLook", "draw_hall_look"]

YELLOW, BLUE = (252, 216, 40), (36, 74, 184)
# Court and free zone.
FLOORS: tuple[tuple[Colour, Colour], ...] = (
    ((222, 122, 66), (36, 122, 134)),
    ((218, 116, 62), (44, 98, 162)),
    ((70, 132, 190), (212, 120, 72)),
    ((206, 158, 106), (48, 92, 150)),
    ((62, 134, 106), (182, 92, 72)),
    ((146, 84, 150), (58, 62, 112)),
    ((198, 152, 104), (188, 142, 96)),  # bare wood
)  # fmt: skip
BALL_LIKE = ("yellow", "amber")  # nobody wears these: the ball would be lost before the shirt


@dataclass(frozen=True, kw_only=True)
class HallLook(Look):
    """The look of a volleyball match."""

    court: Colour
    free_zone: Colour
    beyond: Colour  # the floor outside the free zone
    planks: bool  # bare wood shows its planks
    gloss: float  # how much the lamps shine back from the floor
    padding: Colour  # around the posts


def _light(rng: np.random.Generator) -> Light:
    warm = float(rng.uniform(-0.05, 0.05))
    tint = (1.0 + warm, 1.0, 1.0 - warm)
    if rng.random() < 0.3:
        return Light("diffuse", tint, ((0.0, 0.0),), rng.uniform(0.22, 0.32))
    far = rng.uniform(0.25, 0.5)
    lamps = tuple((sx * far, sy * 0.8 * far) for sx in (-1, 1) for sy in (-1, 1))
    return Light("lamps", tint, lamps, rng.uniform(0.14, 0.22))


def _shade(rng: np.random.Generator, colour: Colour, spread: int) -> Colour:
    return tuple(int(np.clip(value + rng.integers(-spread, spread + 1), 0, 255)) for value in colour)


def draw_hall_look(seed: int) -> HallLook:
    """The look of a volleyball match. Kits differ clearly from each other, from the liberos' and from the court."""
    rng = np.random.default_rng(seed)
    court, zone = (_shade(rng, colour, 9) for colour in FLOORS[rng.integers(len(FLOORS))])
    pads = ((28, 28, 30), (236, 236, 238))[rng.integers(2)]
    worn = {name: colour for name, colour in COLOURS.items() if name not in BALL_LIKE}

    def kit(shirt: Colour) -> Kit:
        return replace(draw_kit(rng, shirt), socks=None, pads=pads)

    home = kit(farthest(rng, worn, [court], 230))
    off_court = {name: colour for name, colour in worn.items() if colour_distance(colour, court) >= 200}
    away = kit(farthest(rng, off_court, [home.shirt], 330))
    special = {name: colour for name, colour in (worn | KEEPER_COLOURS).items() if name not in BALL_LIKE}
    liberos = []
    for team_kit in (home, away):
        shirt = farthest(rng, special, [court, home.shirt, away.shirt, *(kit.shirt for kit in liberos)], 200)
        liberos.append(replace(team_kit, shirt=shirt, sleeves=shirt, trim=None))
    return HallLook(
        light=_light(rng),
        kits=(home, away),
        keeper_kits=(liberos[0], liberos[1]),
        court=court,
        free_zone=zone,
        beyond=((84, 86, 94), (62, 70, 92), (120, 110, 100))[rng.integers(3)],
        planks=court[0] > 180 and zone[0] > 170,
        gloss=float(rng.uniform(0.04, 0.14)),
        padding=(home.shirt, (30, 60, 140), (30, 30, 34), (190, 40, 44))[rng.integers(4)],
        crowd_filled=float(rng.uniform(0.45, 0.97)),
        seats=(home.shirt, (40, 60, 120), (120, 30, 34), (70, 74, 80))[rng.integers(4)],
        noise=float(rng.uniform(0.3, 1.0)),
        softness_px=float(rng.uniform(0.30, 0.55)),
        ball=_shade(rng, YELLOW, 8),
        ball_panel=_shade(rng, BLUE, 10),
        texture_seed=int(rng.integers(2**31)),
    )
