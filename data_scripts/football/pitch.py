"""The pitch: its lines, its goals, what surrounds it, and who attacks which way.

Positions on the grass are complex numbers in metres, x + iy, as in `filming.tracks`: origin at the centre spot, x along
the pitch, y across it. Home (team 0) attacks +x. Multiplying a position by `direction(team)` turns the pitch so that
`team` attacks +x: this is called the team's own frame everywhere in this package.
"""

from typing import Final

__all__ = [
    "AREA_DEPTH",
    "AREA_HALF_WIDTH",
    "BALL_RADIUS",
    "BOARD_X",
    "BOARD_Y",
    "GOAL_DEPTH",
    "GOAL_HALF_WIDTH",
    "GOAL_HEIGHT",
    "HALF_LENGTH",
    "HALF_WIDTH",
    "PLAYERS",
    "SIDE",
    "SMALL_AREA_DEPTH",
    "clamp",
    "direction",
    "in_area",
    "keeper_of",
    "opponents_of",
    "team_of",
]

HALF_LENGTH: Final = 52.5
HALF_WIDTH: Final = 34.0
GOAL_HALF_WIDTH: Final = 3.66
GOAL_HEIGHT: Final = 2.44
GOAL_DEPTH: Final = 2.0
AREA_DEPTH: Final = 16.5
AREA_HALF_WIDTH: Final = 20.16
SMALL_AREA_DEPTH: Final = 5.5
BALL_RADIUS: Final = 0.11
# Advertising boards, from which a ball that left the pitch comes back.
BOARD_X: Final = HALF_LENGTH + 5.0
BOARD_Y: Final = HALF_WIDTH + 4.0

SIDE: Final = 11
PLAYERS: Final = 2 * SIDE


def direction(team: int) -> int:
    """+1 for home, which attacks +x, and -1 for away."""
    return 1 - 2 * team


def team_of(player: int) -> int:
    """0 for players 0..10 (home), 1 for players 11..21 (away)."""
    return player // SIDE


def keeper_of(team: int) -> int:
    """Index of the goalkeeper of `team`."""
    return team * SIDE


def in_area(own: complex) -> bool:
    """Whether a position in a team's own frame lies in the penalty area that this team attacks."""
    return own.real > HALF_LENGTH - AREA_DEPTH and abs(own.imag) < AREA_HALF_WIDTH


def clamp(xy: complex, margin: float = 0.0) -> complex:
    """The nearest point at least `margin` metres inside the lines (outside them for a negative margin)."""
    x = min(max(xy.real, margin - HALF_LENGTH), HALF_LENGTH - margin)
    y = min(max(xy.imag, margin - HALF_WIDTH), HALF_WIDTH - margin)
    return complex(x, y)


def opponents_of(player: int) -> slice:
    """Where the players of the other team are in an array of all 22, keeper first."""
    other = 1 - team_of(player)
    return slice(other * SIDE, (other + 1) * SIDE)
