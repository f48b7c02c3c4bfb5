"""Who stands where: rotation, the formations for serving, receiving, attacking and defending.

A team of the 5-1 system: setter S, outsides O1 and O2, middles M1 and M2, opposite P, in this order around the court,
so that one of each pair is always at the net. The libero L takes the place (and here the index) of the middle in the
back row, except while that middle serves. Places are complex metres in the team's own frame.
"""

from dataclasses import dataclass
from typing import Final

from .court import SIDE

__all__ = [
    "COVER",
    "FRONT_BASE",
    "LINE_UP",
    "M1",
    "M2",
    "O1",
    "O2",
    "RECEIVE",
    "P",
    "S",
    "Team",
    "back_defence",
    "ready_for_set",
]

S, O1, M1, P, O2, M2 = range(SIDE)
FRONT = (2, 3, 4)  # positions at the net, right to left
# Where the three at the net wait for an attack, by slot, and where the three behind do.
FRONT_BASE: Final = {"left": -0.75 + 2.6j, "middle": -0.75 + 0j, "right": -0.75 - 2.6j}
LINE_UP: Final = {"left": -5.9 + 2.9j, "middle": -7.5 + 0j, "right": -5.9 - 2.9j}
# A side that serves, by position 2..6; the server himself is behind the line. At the net the outside stands nearest and
# setter or opposite farthest from it, so that they can change places without running into each other.
SERVING_ACROSS: Final = {2: -2.2, 3: 0.0, 4: 2.2}
SERVING_DEPTH: Final = (2.3, 0.75, 1.5, 2.3, 0.75, 1.5)  # by role
SERVING_BACK: Final = {5: -5.8 + 2.6j, 6: -7.0 + 0.2j}
# Reception, by the position of the setter: places of S, O1, M1, P, O2, M2 (the libero stands for the middle behind).
# Each keeps the order of the rotation: nobody behind or beside whom he must not be when the ball is served.
RECEIVE: Final = {
    1: (-7.4 - 4.0j, -6.0 - 2.7j, -1.4 + 2.2j, -2.8 + 4.1j, -6.3 + 2.8j, -6.8 + 0.1j),
    6: (-3.6 - 0.9j, -6.3 - 2.8j, -1.7 - 3.0j, -2.2 - 0.6j, -6.1 + 2.8j, -6.8 + 0.2j),
    5: (-2.6 + 4.0j, -6.7 + 0.1j, -6.4 - 2.8j, -3.2 - 4.0j, -6.1 + 2.8j, -1.5 + 3.7j),
    4: (-1.0 + 4.0j, -6.6 + 0.2j, -6.5 - 2.6j, -8.3 - 4.0j, -6.0 + 2.7j, -1.8 + 3.3j),
    3: (-1.0 + 0.7j, -6.0 + 2.8j, -6.8 + 0.2j, -8.5 - 1.3j, -6.4 - 2.8j, -1.8 - 2.2j),
    2: (-0.9 - 1.4j, -6.0 + 2.7j, -1.6 + 3.9j, -8.4 + 1.8j, -6.8 + 0.1j, -6.4 - 2.8j),
}
# Where attackers wait for the set, and the player of the back row who only covers.
ATTACK_READY: Final = {"left": -3.7 + 4.2j, "right": -3.6 - 4.1j, "back right": -6.3 - 3.3j}
COVER_READY: Final = (-5.5 + 2.2j, -5.0 - 1.7j)
# Around an attacker, against a ball that comes back from the block.
COVER: Final = (-1.5 - 1.7j, -1.6 + 1.8j, -3.0 + 0j)


@dataclass
class Team:
    """Which player is at which position in a rally.

    Attributes:
        setter_at: position 1..6 of the setter, which gives everybody's.
        serving: whether this side serves.
        swapped: in the first attack after reception with the setter at 1, outside and opposite attack from where they
            received, the opposite on the left and the outside on the right.
    """

    setter_at: int
    serving: bool
    swapped: bool = False

    def position(self, role: int) -> int:
        """Position 1..6 of a player."""
        return (self.setter_at - 1 + role) % SIDE + 1

    def at(self, position: int) -> int:
        """The player at a position 1..6."""
        return (position - self.setter_at) % SIDE

    def is_front(self, role: int) -> bool:
        """Whether a player is in the front row, who alone may block and attack at the net."""
        return self.position(role) in FRONT

    @property
    def libero(self) -> int | None:
        """The player whose place the libero has taken; None while the middle of the back row serves."""
        middle = M2 if self.is_front(M1) else M1
        return None if self.serving and self.position(middle) == 1 else middle

    def slot(self, role: int) -> str:
        """left, middle or right: where a player works once the ball is in play, in his row."""
        if role in (M1, M2):
            return "middle" if self.is_front(role) else "left"
        if role in (O1, O2):
            if self.is_front(role):
                return "right" if self.swapped else "left"
            return "middle"
        return "left" if self.swapped and self.is_front(role) else "right"

    def front(self, slot: str) -> int:
        """The player of the front row who works there."""
        return next(role for role in range(SIDE) if self.is_front(role) and self.slot(role) == slot)

    def back(self, slot: str) -> int:
        """The player of the back row who works there."""
        return next(role for role in range(SIDE) if not self.is_front(role) and self.slot(role) == slot)

    def base(self, role: int) -> complex:
        """Where a player waits while the other side has the ball."""
        return (FRONT_BASE if self.is_front(role) else LINE_UP)[self.slot(role)]

    def line_up(self, role: int) -> complex | None:
        """Where a player stands when the ball is served; None for the server."""
        if not self.serving:
            return RECEIVE[self.setter_at][role]
        position = self.position(role)
        if position in FRONT:
            return complex(-SERVING_DEPTH[role], SERVING_ACROSS[position])
        return SERVING_BACK.get(position)


def ready_for_set(team: Team, role: int, own_y: dict[int, float], target: complex) -> complex:
    """Where a player waits for the set.

    Args:
        own_y: where everybody of the team is now, across the court.
        target: where the ball will be set.
    """
    slot = team.slot(role)
    if team.is_front(role):
        if slot == "middle":  # beside the setter, not in his way
            return complex(min(-3.0, target.real - 1.0), min(max(target.imag + 1.5, -1.5), 2.6))
        return ATTACK_READY[slot]
    if slot == "right":
        return ATTACK_READY["back right"]
    pipe = team.back("middle")
    if role == pipe:
        return complex(-6.4, min(max(own_y[role], -1.0), 1.2))
    return COVER_READY[0 if own_y[role] > own_y[pipe] else 1]


def back_defence(attack_y: float) -> dict[str, complex]:
    """Places of the back row against an attack.

    Args:
        attack_y: where the ball is hit, across the court, in the frame of the defending side.
    """
    if attack_y > 1.8:
        return {"left": -5.0 + 3.7j, "middle": -7.9 - 0.9j, "right": -5.7 - 2.7j}
    if attack_y < -1.8:
        return {"left": -5.7 + 2.7j, "middle": -7.9 + 0.9j, "right": -5.0 - 3.7j}
    return {"left": -5.5 + 3.2j, "middle": -7.8 + 0j, "right": -5.5 - 3.2j}
