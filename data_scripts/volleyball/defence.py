"""The first ball of a side: reception, dig, cover, free ball."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filming.tracks import Pose

from .attack import prepare_quick, transition
from .ball import Point
from .court import SIDE, direction, team_of
from .formation import P, S
from .plans import FRONT_M, Step, chase, free_ball, unit

if TYPE_CHECKING:
    from .rally import Rally

__all__ = ["receive"]

SET_FRONT_M = 0.22  # the ball is this far in front of the body that sets it overhead


def receive(rally: Rally) -> Step | None:
    """The first contact of a side."""
    knobs, player = rally.tendencies, rally.toucher
    side = team_of(player)
    way = direction(side)
    rally.touch("receive", Pose.DIG, rally.facing)
    reception, rally.reception = rally.reception, False
    roll = float(rally.rng.random())
    fails = knobs.reception_fails if reception else knobs.dig_fails
    if roll < fails:
        if rally.chance(0.5):
            spot = complex(rally.uniform(-13.0, -9.8), rally.uniform(-6.0, 6.0))
        else:
            y = rally.uniform(5.2, 8.0) * (1 if (rally.ball.floor * way).imag > 0 else -1)
            spot = complex(rally.uniform(-8.0, -2.0), y)
        chase(rally, side, spot * way)
        rally.land(spot * way, rally.frames(rally.uniform(0.8, 1.5)), 1 - side)
        return None
    if roll < fails + knobs.comes_over:
        return free_ball(rally, 1 - side)
    poor = rally.chance(knobs.poor_reception if reception else knobs.poor_dig)
    rally.quality = 0.0 if poor else 1.0
    if poor:
        target = complex(rally.uniform(-4.2, -1.8), rally.uniform(-2.6, 2.2))
    else:
        target = complex(rally.uniform(-1.3, -0.75), rally.uniform(-1.5, 0.5))
    seconds = rally.uniform(1.1, 1.4) if reception else rally.uniform(1.25, 1.7)
    frames = rally.frames(seconds)
    transition(rally, side, target)
    setter, place = _choose_setter(rally, target * way, frames)
    bump = poor and rally.chance(0.3)
    facing = unit(complex(-0.6, 4.2) * way - place)
    z = rally.uniform(0.75, 1.0) if bump else rally.uniform(2.25, 2.55)
    rally.movement.meet(setter, place, rally.frame + 2, rally.frame + frames)
    rally.toucher, rally.facing, rally.bump = setter, facing, bump
    start = rally.frame
    rally.send(Point(place + (FRONT_M if bump else SET_FRONT_M) * facing, z), frames)
    prepare_quick(rally, start)
    return "set"


def _choose_setter(rally: Rally, target: complex, frames: int) -> tuple[int, complex]:
    """Who sets: the setter if he did not play the first ball and gets there, else the one who gets nearest."""
    side = team_of(rally.toucher)
    rotation = rally.teams[side]
    roles = [S, P] + ([] if rotation.libero is None else [rotation.libero])
    roles += [role for role in range(SIDE) if role not in roles]
    best: tuple[float, int, complex] | None = None
    for role in roles:
        player = rally.player(side, role)
        if player == rally.toucher:
            continue
        place = rally.movement.reachable(player, target, rally.frame + 2, rally.frame + frames)
        if (place * direction(side)).real > -0.45:
            place = complex(-0.45, (place * direction(side)).imag) * direction(side)
        miss = abs(place - target)
        if miss < (2.2 if role == S else 0.8):
            return player, place
        if best is None or miss < best[0]:
            best = (miss, player, place)
    assert best is not None
    return best[1], best[2]
