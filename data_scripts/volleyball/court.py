"""The court: its lines, its net, the room around it, and who stands on which side.

Positions on the floor are complex numbers in metres, x + iy: origin under the middle of the net, x along the court, y
across it. Home (team 0) plays on x < 0. Multiplying a position by `direction(team)` turns the court so that `team`
plays on x < 0 and attacks +x: this is called the team's own frame everywhere in this package. There y > 0 is the left.
"""

from typing import Final

__all__ = [
    "ATTACK_LINE",
    "BALL_RADIUS",
    "BOARD_X",
    "BOARD_Y",
    "HALF_LENGTH",
    "HALF_WIDTH",
    "NET_BOTTOM",
    "NET_HALF_WIDTH",
    "NET_TOP",
    "PLAYERS",
    "SIDE",
    "direction",
    "inside",
    "players_of",
    "team_of",
]

HALF_LENGTH: Final = 9.0
HALF_WIDTH: Final = 4.5
ATTACK_LINE: Final = 3.0
NET_TOP: Final = 2.43
NET_BOTTOM: Final = 1.43
NET_HALF_WIDTH: Final = 4.75
BALL_RADIUS: Final = 0.105
# Advertising boards around the free zone, from which a dead ball comes back.
BOARD_X: Final = HALF_LENGTH + 6.5
BOARD_Y: Final = HALF_WIDTH + 5.0

SIDE: Final = 6
PLAYERS: Final = 2 * SIDE


def direction(team: int) -> int:
    """+1 for home, which attacks +x, and -1 for away."""
    return 1 - 2 * team


def team_of(player: int) -> int:
    """0 for players 0..5 (home), 1 for players 6..11 (away)."""
    return player // SIDE


def players_of(team: int) -> range:
    """The players of `team`."""
    return range(team * SIDE, (team + 1) * SIDE)


def inside(floor: complex) -> bool:
    """Whether a ball that comes down there touches the court; the lines belong to it."""
    return abs(floor.real) <= HALF_LENGTH + BALL_RADIUS and abs(floor.imag) <= HALF_WIDTH + BALL_RADIUS
