"""What differs from match to match: light, kits, ground, crowd and the film itself, all drawn from one seed.

`Look` is what every sport shares; what is football's own (grass, mowing) is drawn here too, a hall's in `hall_look`.
"""

from dataclasses import dataclass, replace

import numpy as np

__all__ = [
    "COLOURS",
    "KEEPER_COLOURS",
    "Colour",
    "Kit",
    "Light",
    "Look",
    "PitchLook",
    "colour_distance",
    "draw_kit",
    "draw_look",
    "farthest",
]

Colour = tuple[int, int, int]  # RGB

COLOURS: dict[str, Colour] = {
    "red": (200, 28, 36),
    "royal": (28, 60, 178),
    "navy": (24, 30, 78),
    "sky": (120, 178, 228),
    "white": (236, 236, 240),
    "black": (28, 28, 32),
    "yellow": (240, 208, 40),
    "amber": (244, 154, 24),
    "claret": (116, 22, 52),
    "purple": (88, 42, 130),
    "pink": (238, 130, 170),
}
KEEPER_COLOURS: dict[str, Colour] = {
    "lime": (172, 236, 40),
    "orange": (250, 112, 22),
    "magenta": (214, 40, 140),
    "cyan": (40, 200, 220),
    "grey": (130, 134, 142),
    "yellow": (246, 226, 60),
    "purple": (104, 60, 160),
}
SKINS: tuple[Colour, ...] = ((232, 190, 160), (214, 164, 130), (176, 122, 88), (124, 82, 58), (88, 58, 42))
HAIRS: tuple[Colour, ...] = ((34, 26, 22), (58, 40, 28), (96, 64, 38), (168, 128, 76), (26, 24, 26))
BOOTS: tuple[Colour, ...] = ((24, 24, 26), (230, 60, 40), (220, 230, 40), (40, 120, 220))


@dataclass(frozen=True)
class Kit:
    """What a team, a keeper or a libero wears."""

    shirt: Colour
    sleeves: Colour
    trim: Colour | None  # stripes down the shirt; None for a plain one
    shorts: Colour
    socks: Colour | None  # None: too short to be seen
    gloves: Colour | None = None  # keepers, who also wear long sleeves
    pads: Colour | None = None  # on the knees


@dataclass(frozen=True)
class Light:
    """Sun, cloud or floodlights."""

    name: str
    tint: tuple[float, float, float]  # factors of R, G and B
    shadows_m: tuple[tuple[float, float], ...]  # for each lamp, how far one metre of height throws its shadow (x, y)
    shadow_strength: float  # 0 none, 1 black


@dataclass(frozen=True, kw_only=True)
class Look:
    """Everything that a match looks like, but for its ground."""

    light: Light
    kits: tuple[Kit, Kit]  # home, away
    keeper_kits: tuple[Kit, Kit]
    crowd_filled: float  # share of the seats
    seats: Colour
    noise: float  # standard deviation of the film's noise, of 255
    softness_px: float  # standard deviation of the lens's blur at a width of 398 pixels
    ball: Colour
    ball_panel: Colour | None = None  # the second colour of a ball of two
    texture_seed: int

    def lit(self, colour: Colour, factor: float = 1.0) -> Colour:
        """A colour under this match's light."""
        return tuple(
            int(min(255, max(0, round(value * tint * factor))))
            for value, tint in zip(colour, self.light.tint, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class PitchLook(Look):
    """The look of a football match."""

    grass: Colour
    surround: Colour  # the ground beyond the lines
    mowing: str  # "stripes", "bands", "checks" or "plain"
    mowing_contrast: float


def colour_distance(one: Colour, other: Colour) -> float:
    """Roughly how different two colours look (the "redmean" approximation); black and white are 765 apart."""
    r, g, b = (float(a) - float(c) for a, c in zip(one, other, strict=True))
    mean = (one[0] + other[0]) / 2
    return float(np.sqrt((2 + mean / 256) * r * r + 4 * g * g + (2 + (255 - mean) / 256) * b * b))


def draw_kit(rng: np.random.Generator, shirt: Colour) -> Kit:
    """A kit around a shirt's colour."""
    others = [colour for colour in COLOURS.values() if colour_distance(colour, shirt) > 250]
    second = others[rng.integers(len(others))]
    neutral = COLOURS["white"] if colour_distance(shirt, COLOURS["white"]) > 250 else COLOURS["black"]
    # White socks and boots would hide the ball at the very moment that matters.
    coloured = [colour for colour in (shirt, second, COLOURS["black"]) if colour != COLOURS["white"]]
    style = rng.choice(["plain", "sleeves", "stripes"], p=[0.5, 0.2, 0.3])
    shorts = (shirt, neutral, second)[rng.integers(3)]
    return Kit(
        shirt=shirt,
        sleeves=second if style == "sleeves" else shirt,
        trim=neutral if style == "stripes" else None,
        shorts=shorts,
        socks=coloured[rng.integers(len(coloured))],
    )


def farthest(rng: np.random.Generator, colours: dict[str, Colour], taken: list[Colour], least: float) -> Colour:
    """A random colour at least `least` away from all that are taken, or the one that is farthest."""
    names = list(rng.permutation(list(colours)))
    nearest = [min(colour_distance(colours[name], other) for other in taken) for name in names]
    good = [name for name, distance in zip(names, nearest, strict=True) if distance >= least]
    return colours[good[0]] if good else colours[names[int(np.argmax(nearest))]]


def _light(rng: np.random.Generator) -> Light:
    kind = rng.choice(["sun", "cloud", "floodlights"], p=[0.35, 0.35, 0.3])
    if kind == "sun":
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.6)
        throw = ((length * float(np.cos(angle)), length * float(np.sin(angle))),)
        return Light("sun", (1.06, 1.02, 0.94), throw, rng.uniform(0.38, 0.5))
    if kind == "cloud":
        return Light("cloud", (0.93, 0.96, 1.0), ((0.0, 0.0),), rng.uniform(0.3, 0.4))
    far = rng.uniform(0.55, 0.8)
    lamps = tuple((sx * far, sy * 0.75 * far) for sx in (-1, 1) for sy in (-1, 1))
    return Light("floodlights", (0.95, 1.0, 1.04), lamps, rng.uniform(0.2, 0.28))


def draw_look(seed: int) -> PitchLook:
    """The look of a football match. Kits differ clearly from each other, from the keepers' and from the grass."""
    rng = np.random.default_rng(seed)
    light = _light(rng)
    grass = (int(rng.integers(74, 98)), int(rng.integers(112, 132)), int(rng.integers(50, 68)))
    home = draw_kit(rng, farthest(rng, COLOURS, [grass], 180))
    on_grass = {name: colour for name, colour in COLOURS.items() if colour_distance(colour, grass) >= 180}
    away = draw_kit(rng, farthest(rng, on_grass, [home.shirt], 330))
    keepers: list[Kit] = []
    for _ in range(2):
        taken = [grass, home.shirt, away.shirt, *(kit.shirt for kit in keepers)]
        shirt = farthest(rng, KEEPER_COLOURS, taken, 200)
        keepers.append(replace(draw_kit(rng, shirt), sleeves=shirt, trim=None, gloves=(240, 240, 240)))
    surround = (grass[0] - 12, grass[1] - 22, grass[2] - 8) if rng.random() < 0.6 else (104, 98, 96)
    return PitchLook(
        light=light,
        kits=(home, away),
        keeper_kits=(keepers[0], keepers[1]),
        grass=grass,
        surround=surround,
        mowing=str(rng.choice(["stripes", "bands", "checks", "plain"], p=[0.45, 0.15, 0.3, 0.1])),
        mowing_contrast=float(rng.uniform(0.05, 0.11)),
        crowd_filled=float(rng.uniform(0.6, 0.97)),
        seats=(home.shirt, (40, 60, 120), (120, 30, 34), (70, 74, 80))[rng.integers(4)],
        noise=float(rng.uniform(0.3, 0.9)),
        softness_px=float(rng.uniform(0.30, 0.55)),
        ball=(252, 252, int(rng.integers(236, 253))),
        texture_seed=int(rng.integers(2**31)),
    )
