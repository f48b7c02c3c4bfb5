"""The third ball: how it is hit, and where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from filming.tracks import Pose

from .ball import GRAVITY, HARDEST, Crossing, Point, crossing, frames_over_net
from .court import HALF_WIDTH, SIDE, direction, players_of, team_of
from .plans import Plan, Step, chase, choose_gap, commit, plan_first_ball, to_base

if TYPE_CHECKING:
    from .rally import Rally

__all__ = ["softly", "spike"]

TOPSPIN_HIT = 12.5  # m/s^2, with which a hard hit falls
ARMS_M = 0.42  # half the width that a blocker closes
ARMS_Z = 3.0  # and how high


def spike(rally: Rally) -> Step | None:
    """The third contact of a side."""
    hit = rally.hit
    side = team_of(hit.player)
    way = direction(side)
    rally.touch("spike", Pose.SPIKE, hit.facing)
    rally.last_spiker = hit.player
    start = rally.frame
    to_base_later = round(0.4 * rally.fps)
    rally.movement.go(hit.player, rally.teams[side].base(hit.player % SIDE) * way, start + to_base_later)
    following = _strike(rally, 1 - side)
    top = rally.frame if following == "block" else start + 1
    for player in rally.blockers:
        if not (following == "block" and player == rally.toucher):
            rally.show(player, Pose.BLOCK_JUMP, top, -way + 0j)
    return following


def _strike(rally: Rally, defending: int) -> Step | None:
    """What becomes of a hard or soft hit."""
    knobs, way = rally.tendencies, direction(1 - defending)
    here = rally.ball.floor * way
    roll = float(rally.rng.random())
    if roll < knobs.spike_net:
        y = rally.ball.floor.imag + rally.uniform(-0.6, 0.6)
        rally.into_net(
            y, rally.uniform(1.9, 2.38), rally.frames(abs(here.real) / rally.uniform(12.0, 18.0)), TOPSPIN_HIT
        )
        return None
    if roll < knobs.spike_net + knobs.spike_out:
        spots = [complex(rally.uniform(9.4, 11.5), rally.uniform(-5.0, 5.0)) for _ in range(6)]
        aside = [
            complex(rally.uniform(4.5, 9.0), rally.uniform(4.9, 6.2) * rally.rng.choice((-1, 1))) for _ in range(6)
        ]
        for spot in [x for pair in zip(spots, aside, strict=True) for x in pair]:
            frames = _hard(rally, Point(spot * way, 0.1))
            if frames is not None:
                rally.land(spot * way, frames, defending, TOPSPIN_HIT)
                return None
    if rally.blockers and rally.chance(knobs.block_touch[len(rally.blockers)]):
        return _into_block(rally)
    if rally.chance(knobs.kill):
        spots = [complex(rally.uniform(2.6, 8.7), rally.uniform(-4.3, 4.3)) * way for _ in range(30)]
        open_spots = [spot for spot in spots if _hard(rally, Point(spot, 0.1)) is not None]
        if open_spots:
            spot = choose_gap(rally, defending, open_spots)
            chase(rally, defending, spot)
            rally.land(spot, _hard(rally, Point(spot, 0.1)), 1 - defending, TOPSPIN_HIT)
            return None
    if not rally.chance(knobs.roll_shot):
        plan = _dig(rally, defending)
        if plan is not None:
            to_base(rally, 1 - defending)
            commit(rally, plan, TOPSPIN_HIT)
            return "receive"
    to_base(rally, 1 - defending)
    return softly(rally, defending)


def _passes_block(rally: Rally, place: Crossing | None) -> bool:
    """Whether a ball crosses the net between the antennas, beside the blockers or above their hands."""
    if place is None or abs(place.y) > HALF_WIDTH - 0.15:
        return False
    blocked = any(abs(rally.movement.xy(p, rally.frame).imag - place.y) < ARMS_M for p in rally.blockers)
    return not blocked or place.z > ARMS_Z


def _hard(rally: Rally, end: Point) -> int | None:
    """Frames of a hard hit to `end`; None if net or block are in the way."""
    way = abs(end.floor - rally.ball.floor) + 0.2 * abs(end.z - rally.ball.z)
    frames = max(rally.frames(way / 24.0), frames_over_net(rally.ball, end, rally.fps, TOPSPIN_HIT))
    if way / frames * rally.fps < 11.0:
        return None
    return frames if _passes_block(rally, crossing(rally.ball, end, frames, rally.fps, TOPSPIN_HIT)) else None


def _dig(rally: Rally, defending: int) -> Plan | None:
    """A hard hit at or near a defender, beside the block."""
    free = [p for p in players_of(defending) if p not in rally.blockers and rally.own(p).real < -2.6]
    for _ in range(24):
        if not free:
            return None
        player = free[int(rally.rng.integers(len(free)))]
        wish = rally.movement.xy(player, rally.frame) + complex(rally.uniform(-0.8, 0.8), rally.uniform(-0.8, 0.8))
        frames = rally.frames(abs(wish - rally.ball.floor) / rally.uniform(18.0, 24.0))
        plan = plan_first_ball(rally, player, wish, rally.uniform(0.45, 0.95), frames, TOPSPIN_HIT)
        where = crossing(rally.ball, plan.end, plan.frames, rally.fps, TOPSPIN_HIT)
        if _passes_block(rally, where):
            return plan
    return None


def softly(rally: Rally, defending: int) -> Step:
    """A roll shot, a tip or a dump: over the block, to a defender who comes for it."""
    way = direction(defending)
    spot = complex(rally.uniform(-5.5, -2.8), rally.uniform(-3.4, 3.4)) * way
    free = [p for p in players_of(defending) if p not in rally.blockers]
    player = min(free, key=lambda p: abs(rally.movement.xy(p, rally.frame) - spot))
    end = Point(spot, 0.7)
    frames = max(rally.frames(0.75), frames_over_net(rally.ball, end, rally.fps, GRAVITY, 0.75))
    plan = plan_first_ball(rally, player, spot, rally.uniform(0.45, 0.8), frames)
    frames = max(plan.frames, frames_over_net(rally.ball, plan.end, rally.fps, GRAVITY, 0.75))
    commit(rally, plan._replace(frames=frames))
    return "receive"


def _into_block(rally: Rally) -> Step:
    """Into the hands of the blocker most in the way."""
    way = direction(team_of(rally.blockers[0]))
    aim = rally.ball.floor.imag + rally.uniform(-0.7, 0.7)
    player = min(rally.blockers, key=lambda p: abs(rally.movement.xy(p, rally.frame).imag - aim))
    y = rally.movement.xy(player, rally.frame).imag + rally.uniform(-0.15, 0.15)
    end = Point(complex(rally.uniform(-0.12, 0.02) * way, min(max(y, -4.3), 4.3)), rally.uniform(2.7, 3.0))
    way_m = abs(end.floor - rally.ball.floor)
    frames = max(rally.frames(way_m / rally.uniform(16.0, 21.0)), math.ceil(way_m / HARDEST * rally.fps))
    rally.send(end, frames, TOPSPIN_HIT)
    rally.toucher = player
    return "block"
