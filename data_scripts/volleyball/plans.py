"""What comes next in a rally, and who plays the ball where: shared by the modules that decide it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from .ball import GRAVITY, Point, frames_over_net
from .court import SIDE, direction, players_of, team_of

if TYPE_CHECKING:
    from .rally import Rally

__all__ = [
    "FRONT_M",
    "Hit",
    "Plan",
    "Step",
    "chase",
    "choose_gap",
    "commit",
    "free_ball",
    "plan_first_ball",
    "to_base",
    "unit",
]

FRONT_M = 0.45  # the ball is this far in front of the body that digs it
REACH_SEC = 0.1  # before somebody who is to play the ball starts to move

Step = Literal["receive", "set", "spike", "block"]  # the next contact


class Plan(NamedTuple):
    """Who will play the ball where: his place, the ball's, how long it flies, which way he faces."""

    player: int
    place: complex
    end: Point
    frames: int
    facing: complex


class Hit(NamedTuple):
    """An attack as planned: who, where the ball is hit (in the attacker's own frame), his place and run."""

    player: int
    slot: str
    point: Point
    place: complex
    velocity: complex
    facing: complex


def unit(way: complex) -> complex:
    """Of length one."""
    return way / max(abs(way), 1e-9)


def plan_first_ball(rally: Rally, player: int, wish: complex, z: float, frames: int, fall: float = GRAVITY) -> Plan:
    """The player goes to `wish` (on the court) as far as he gets; the ball comes to his arms.

    Args:
        z: height at which he plays it, metres.
        frames: how long the ball should fly; longer if the net asks for it.
    """
    way = direction(team_of(player))
    wish = complex(min((wish * way).real, -0.9), (wish * way).imag) * way
    source = rally.ball.floor
    guess = Point(wish + FRONT_M * unit(source - wish), z)
    frames = max(frames, frames_over_net(rally.ball, guess, rally.fps, fall))
    delay = min(round(REACH_SEC * rally.fps), frames // 4)
    place = rally.movement.reachable(player, wish, rally.frame + delay, rally.frame + frames)
    facing = unit(source - place)
    end = Point(place + FRONT_M * facing, z)
    return Plan(player, place, end, max(frames, frames_over_net(rally.ball, end, rally.fps, fall)), facing)


def commit(rally: Rally, plan: Plan, fall: float = GRAVITY) -> None:
    """Do as planned: the player goes, the ball flies."""
    delay = min(round(REACH_SEC * rally.fps), plan.frames // 4)
    rally.movement.meet(plan.player, plan.place, rally.frame + delay, rally.frame + plan.frames)
    rally.toucher, rally.facing = plan.player, plan.facing
    rally.send(plan.end, plan.frames, fall)


def choose_gap(rally: Rally, team: int, spots: Sequence[complex]) -> complex:
    """Of places on the court, the one farthest from every player of `team`."""
    standing = [rally.movement.xy(player, rally.frame) for player in players_of(team)]
    return max(spots, key=lambda spot: min(abs(spot - xy) for xy in standing))


def chase(rally: Rally, team: int, spot: complex) -> None:
    """Whoever is nearest tries for a ball that nobody will reach."""
    nearest = min(players_of(team), key=lambda player: abs(rally.movement.xy(player, rally.frame) - spot))
    later = rally.frame + rally.frames(0.18)
    xy = rally.movement.xy(nearest, later)
    rally.movement.go(nearest, xy + (spot - xy) * 0.6, later, 7.0)


def to_base(rally: Rally, side: int) -> None:
    """A side that has played the ball over goes back to where it waits."""
    rally.teams[side].swapped = False
    for role in range(SIDE):
        rally.order(rally.player(side, role), rally.teams[side].base(role))


def free_ball(rally: Rally, side: int) -> Step:
    """The ball drifts over the net to `side`, who take it with ease."""
    rotation = rally.teams[side]
    player = rally.player(side, rotation.back(("left", "middle", "right")[int(rally.rng.integers(3))]))
    to_base(rally, 1 - side)
    stray = complex(rally.uniform(-0.3, 1.5), rally.uniform(-0.8, 0.8)) * direction(side)
    wish = rally.movement.xy(player, rally.frame) + stray
    commit(rally, plan_first_ball(rally, player, wish, rally.uniform(0.7, 1.0), rally.frames(rally.uniform(1.1, 1.5))))
    return "receive"
