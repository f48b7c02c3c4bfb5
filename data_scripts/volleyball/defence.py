"""The first ball of a side: reception, dig, cover, free ball; and the ball that meets the block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from filming.tracks import Pose

from . import attack
from .ball import GRAVITY, Point, frames_over_net
from .court import SIDE, direction, players_of, team_of
from .formation import M1, M2, O1, O2, P, S

if TYPE_CHECKING:
    from .rally import Rally

__all__ = [
    "Plan",
    "after_serve",
    "block",
    "choose_gap",
    "commit",
    "plan_first_ball",
    "receive",
    "serve_flight",
    "served",
]

FRONT_M = 0.45  # the ball is this far in front of the body that digs it
SET_FRONT_M = 0.22
TOPSPIN_SERVE = 15.5  # m/s^2, with which a jump serve falls
REACH_SEC = 0.1  # before somebody who is to play the ball starts to move


class Plan(NamedTuple):
    """Who will play the ball where: his place, the ball's, how long it flies, which way he faces."""

    player: int
    place: complex
    end: Point
    frames: int
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


def serve_flight(rally: Rally, floor: complex, jump: bool) -> tuple[int, float]:
    """Frames and fall of a serve to a place on the floor."""
    speed = rally.uniform(20.0, 25.0) if jump else rally.uniform(13.5, 17.5)
    return rally.frames(abs(floor - rally.ball.floor) / speed), TOPSPIN_SERVE if jump else GRAVITY


def after_serve(rally: Rally) -> None:
    """Everybody who does not play the ball goes where he works."""
    serving = rally.serving
    for role in range(SIDE):
        player = rally.player(serving, role)
        if player != rally.server:
            # The middle keeps back until the two beside him have changed places.
            rally.order(player, rally.teams[serving].base(role), *((0.8, 4.0) if role in (M1, M2) else (0.1, 6.5)))
    receiving = rally.teams[1 - serving]
    receiving.swapped = receiving.setter_at == 1
    rally.order(rally.player(1 - serving, S), -1.0 - 0.6j, 0.05)


def served(rally: Rally, jump: bool) -> Callable | None:
    """A serve that comes over: an ace or a reception."""
    after_serve(rally)
    side = 1 - rally.serving
    way = direction(side)
    if rally.chance(rally.tendencies.ace):
        spots = [complex(rally.uniform(-8.7, -4.0), rally.uniform(-4.2, 4.2)) * way for _ in range(12)]
        spot = choose_gap(rally, side, spots)
        _chase(rally, side, spot)
        frames, fall = serve_flight(rally, spot, jump)
        rally.land(spot, frames, rally.serving, fall)
        return None
    rotation = rally.teams[side]
    passer = rally.player(side, (O1, O2, rotation.libero)[int(rally.rng.integers(3))])
    stray = complex(rally.uniform(-1.1, 0.9), rally.uniform(-1.1, 1.1))
    wish = rally.movement.xy(passer, rally.frame) + stray
    frames, fall = serve_flight(rally, wish, jump)
    commit(rally, plan_first_ball(rally, passer, wish, rally.uniform(0.6, 0.95), frames, fall), fall)
    rally.reception = True
    return receive


def _chase(rally: Rally, team: int, spot: complex) -> None:
    """Whoever is nearest tries for a ball that nobody will reach."""
    nearest = min(players_of(team), key=lambda player: abs(rally.movement.xy(player, rally.frame) - spot))
    later = rally.frame + rally.frames(0.18)
    xy = rally.movement.xy(nearest, later)
    rally.movement.go(nearest, xy + (spot - xy) * 0.6, later, 7.0)


def receive(rally: Rally) -> Callable | None:
    """The first contact of a side."""
    knobs, player = rally.tendencies, rally.toucher
    side = team_of(player)
    way = direction(side)
    rally.side = side
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
        _chase(rally, side, spot * way)
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
    attack.transition(rally, side, target)
    setter, place = _choose_setter(rally, target * way, frames)
    bump = poor and rally.chance(0.3)
    facing = unit(complex(-0.6, 4.2) * way - place)
    z = rally.uniform(0.75, 1.0) if bump else rally.uniform(2.25, 2.55)
    rally.movement.meet(setter, place, rally.frame + 2, rally.frame + frames)
    rally.toucher, rally.facing, rally.bump = setter, facing, bump
    start = rally.frame
    rally.send(Point(place + (FRONT_M if bump else SET_FRONT_M) * facing, z), frames)
    attack.prepare_quick(rally, start)
    return attack.set_ball


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


def free_ball(rally: Rally, side: int) -> Callable:
    """The ball drifts over the net to `side`, who take it with ease."""
    rotation = rally.teams[side]
    player = rally.player(side, rotation.back(("left", "middle", "right")[int(rally.rng.integers(3))]))
    attack.to_base(rally, 1 - side)
    stray = complex(rally.uniform(-0.3, 1.5), rally.uniform(-0.8, 0.8)) * direction(side)
    wish = rally.movement.xy(player, rally.frame) + stray
    commit(rally, plan_first_ball(rally, player, wish, rally.uniform(0.7, 1.0), rally.frames(rally.uniform(1.1, 1.5))))
    return receive


def block(rally: Rally) -> Callable | None:
    """The ball meets the hands of a blocker."""
    knobs = rally.tendencies
    blocking = team_of(rally.toucher)
    attacking, way = 1 - blocking, direction(blocking)
    rally.touch("block", Pose.BLOCK_JUMP, way + 0j)
    here = rally.ball.floor * way
    roll = float(rally.rng.random())
    if roll < knobs.stuff:
        y = min(max(here.imag + rally.uniform(-1.3, 1.3), -4.2), 4.2)
        rally.land(complex(rally.uniform(0.8, 3.0), y) * way, rally.frames(rally.uniform(0.3, 0.45)), blocking)
        return None
    if roll < knobs.stuff + knobs.tool:
        aside = 1 if here.imag + rally.uniform(-2.0, 2.0) > 0 else -1
        where = float(rally.rng.random())
        if where < 0.3:  # drops behind the block
            spot = complex(rally.uniform(-4.0, -1.4), here.imag * 0.8 + rally.uniform(-0.8, 0.8))
            seconds = rally.uniform(0.65, 0.9)
        elif where < 0.75:
            spot, seconds = complex(rally.uniform(-5.0, -0.8), aside * rally.uniform(5.3, 8.0)), rally.uniform(0.7, 1.2)
        else:
            spot, seconds = complex(rally.uniform(-13.5, -9.6), rally.uniform(-5.0, 5.0)), rally.uniform(0.9, 1.4)
        _chase(rally, blocking, spot * way)
        rally.land(spot * way, rally.frames(seconds), attacking)
        return None
    covered = roll < knobs.stuff + knobs.tool + knobs.cover
    side = attacking if covered else blocking
    seconds = rally.uniform(0.55, 0.9) if covered else rally.uniform(0.75, 1.2)
    if covered:
        landing = complex(rally.uniform(1.2, 3.2), here.imag + rally.uniform(-1.2, 1.2)) * way
    else:
        landing = complex(rally.uniform(-7.0, -3.5), here.imag * 0.5 + rally.uniform(-2.5, 2.5)) * way
    free = [p for p in players_of(side) if p not in rally.blockers and p != rally.last_spiker]
    player = min(free, key=lambda p: abs(rally.movement.xy(p, rally.frame) - landing))
    wish = landing - FRONT_M * unit(rally.ball.floor - landing)
    commit(rally, plan_first_ball(rally, player, wish, rally.uniform(0.5, 0.9), rally.frames(seconds)))
    return receive
