"""The second and the third ball: who is set, who blocks and defends where, how the ball is hit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from filming.tracks import Pose

from . import defence
from .ball import GRAVITY, Crossing, Point, crossing, frames_over_net
from .court import HALF_WIDTH, SIDE, direction, players_of, team_of
from .formation import COVER, S, back_defence, ready_for_set

if TYPE_CHECKING:
    from .rally import Rally

__all__ = ["prepare_quick", "set_ball", "spike", "to_base", "transition"]

HIT_FRONT_M = 0.42  # the ball is this far in front of the body that hits it
HARDEST = 29.0  # m/s
TOPSPIN_HIT = 12.5  # m/s^2, with which a hard hit falls
ARMS_M = 0.42  # half the width that a blocker closes
ARMS_Z = 3.0  # and how high
JUMP_SEC = 0.3  # from the take-off of a blocker to the top of his jump
DRIFT_SEC = 0.04  # one who is late drifts in the air until this long before the ball is hit
SHOULDERS_M = 0.6  # between two who jump together
LATE_M = 0.8  # and jumps where he got, if he is not farther off than this


class Hit(NamedTuple):
    """An attack as planned: who, where the ball is hit (in the attacker's own frame), his place and run."""

    player: int
    slot: str
    point: Point
    place: complex
    velocity: complex
    facing: complex


def to_base(rally: Rally, side: int) -> None:
    """A side that has played the ball over goes back to where it waits."""
    rally.teams[side].swapped = False
    for role in range(SIDE):
        rally.order(rally.player(side, role), rally.teams[side].base(role))


def transition(rally: Rally, side: int, target: complex) -> None:
    """After the first ball of `side`: its attackers get ready, the others stand at the net and behind.

    Args:
        target: where the ball will be set, in the frame of `side`.
    """
    rotation = rally.teams[side]
    own_y = {role: rally.own(rally.player(side, role)).imag for role in range(SIDE)}
    for role in range(SIDE):
        player = rally.player(side, role)
        if role != S or player == rally.toucher:
            place = ready_for_set(rotation, role, own_y, target)
            rally.order(player, place, 0.3 if player == rally.toucher else 0.1)
    to_base(rally, 1 - side)
    rally.quick = None


def _hit(rally: Rally, player: int, slot: str) -> Hit:
    """Where an attacker hits the ball from a slot."""
    if slot == "left":
        spot, facing = complex(rally.uniform(-0.95, -0.6), rally.uniform(3.3, 4.1)), 1 - 0.25j
    elif slot == "right":
        spot, facing = complex(rally.uniform(-0.95, -0.6), rally.uniform(-4.0, -3.2)), 1 + 0.25j
    elif slot == "quick":
        spot, facing = complex(rally.uniform(-0.75, -0.55), rally.uniform(-0.1, 1.2)), 1 + 0j
    elif slot == "pipe":
        spot, facing = complex(rally.uniform(-2.4, -1.9), rally.uniform(-0.8, 1.0)), 1 + 0j
    else:
        spot, facing = complex(rally.uniform(-2.4, -1.9), rally.uniform(-3.6, -2.6)), 1 + 0.1j
    way = direction(team_of(player))
    facing = defence.unit(facing) * way
    z = rally.uniform(2.95, 3.3) if slot != "quick" else rally.uniform(2.95, 3.15)
    speed = 2.5 if slot in ("left", "right") else 1.6 if slot == "quick" else 3.0
    floor = spot * way
    return Hit(player, slot, Point(floor, z), floor - HIT_FRONT_M * facing, speed * facing, facing)


def prepare_quick(rally: Rally, start: int) -> None:
    """The middle runs in before the ball is set, from frame `start` on, if the first ball is good enough."""
    side = team_of(rally.toucher)
    rotation = rally.teams[side]
    player = rally.player(side, rotation.front("middle"))
    if rally.quality < 1 or player in (rally.toucher, rally.last):
        return
    hit = _hit(rally, player, "quick")
    spot = complex((hit.point.floor * direction(side)).real, (rally.ball.floor * direction(side)).imag + 0.9)
    floor = spot * direction(side)
    hit = hit._replace(point=Point(floor, hit.point.z), place=floor - HIT_FRONT_M * hit.facing)
    due = rally.frame + rally.frames(rally.uniform(0.34, 0.46))
    if rally.movement.needed(player, hit.place, start + 3, hit.velocity) <= due - start - 3:
        rally.movement.meet(player, hit.place, start + 3, due, hit.velocity)
        rally.quick = hit, due


def set_ball(rally: Rally) -> Callable | None:
    """The second contact of a side."""
    knobs, player = rally.tendencies, rally.toucher
    side = team_of(player)
    way = direction(side)
    rotation = rally.teams[side]
    at_net = (rally.ball.floor * way).real > -1.6
    if player % SIDE == S and rotation.is_front(S) and at_net and rally.quality == 1 and rally.chance(knobs.dump):
        rally.touch("spike", Pose.SET, rally.facing)
        rally.last_spiker = player
        rally.blockers = []
        to_base(rally, side)
        return _softly(rally, 1 - side)
    rally.touch("set", Pose.DIG if rally.bump else Pose.SET, rally.facing)
    if at_net and rally.chance(knobs.overset):
        return defence.free_ball(rally, 1 - side)
    if at_net and rally.chance(knobs.set_net):
        rally.into_net((rally.ball.floor.imag) + rally.uniform(0.2, 0.8), 2.3, rally.frames(0.35))
        return None
    hit, due = _choose_attack(rally)
    if rally.quick is not None and hit is not rally.quick[0]:  # he jumps all the same
        rally.show(rally.quick[0].player, Pose.SPIKE, rally.quick[1], way + 0j)
    _cover(rally, hit)
    _set_block(rally, hit, due)
    rally.toucher, rally.hit = hit.player, hit
    rally.send(hit.point, due - rally.frame)
    return spike


def _choose_attack(rally: Rally) -> tuple[Hit, int]:
    """Who attacks, and at which frame; the ball is set high enough for him to get there."""
    knobs, side = rally.tendencies, team_of(rally.toucher)
    rotation = rally.teams[side]
    poor = rally.quality < 1
    if rally.quick is not None and rally.chance(knobs.quick):
        return rally.quick
    shares = {"left": 1.0, "right": knobs.opposite, "pipe": 0.0 if poor else knobs.pipe}
    shares["left"] -= shares["right"] + shares["pipe"]
    choices = []
    for slot, share in shares.items():
        role = rotation.back("middle") if slot == "pipe" else rotation.front(slot)
        if slot == "right" and role == S:
            role, slot = rotation.back("right"), "back right"
        player = rally.player(side, role)
        if player != rally.toucher and role != rotation.libero:
            choices.append((player, slot, share))
    total = sum(share for *_, share in choices)
    index = int(rally.rng.choice(len(choices), p=[share / total for *_, share in choices]))
    player, slot, _ = choices[index]
    hit = _hit(rally, player, slot)
    if poor:
        frames = rally.frames(rally.uniform(1.2, 1.6))
    else:
        frames = rally.frames(rally.uniform(0.9, 1.2) if slot in ("left", "right") else rally.uniform(0.8, 1.05))
    needed = rally.movement.needed(player, hit.place, rally.frame, hit.velocity)
    due = rally.frame + max(frames, needed)
    rally.movement.meet(player, hit.place, rally.frame, due, hit.velocity)
    return hit, due


def _cover(rally: Rally, hit: Hit) -> None:
    """Three team-mates come close behind the attacker."""
    side = team_of(hit.player)
    way = direction(side)
    busy = {hit.player} | ({rally.quick[0].player} if rally.quick is not None else set())
    free = [player for player in players_of(side) if player not in busy]
    for offset in COVER:
        place = hit.place * way + offset
        place = complex(max(place.real, -6.0), min(max(place.imag, -4.4), 4.4))
        player = min(free, key=lambda p: abs(rally.own(p) - place))
        free.remove(player)
        rally.order(player, place, 0.2)


def _set_block(rally: Rally, hit: Hit, due: int) -> None:
    """Blockers get together where the ball will be hit, the others behind them."""
    defending = 1 - team_of(hit.player)
    way = direction(defending)
    rotation = rally.teams[defending]
    y = (hit.point.floor * way).imag
    if hit.slot == "quick":
        shares = (0.02, 0.72, 0.26, 0.0)
    elif rally.quality < 1:
        shares = (0.0, 0.06, 0.64, 0.30)
    else:
        shares = (0.01, 0.26, 0.65, 0.08) if hit.slot != "pipe" else (0.04, 0.4, 0.46, 0.1)
    wanted = int(rally.rng.choice(4, p=shares))
    front = [rally.player(defending, role) for role in range(SIDE) if rotation.is_front(role)]
    near = sorted(front, key=lambda p: abs(rally.own(p).imag - y))
    middle = min(max(y, -3.9 + 0.38 * (wanted - 1)), 3.9 - 0.38 * (wanted - 1))
    places = [complex(-0.5, middle + 0.76 * (k - 0.5 * (wanted - 1))) for k in range(wanted)]
    crew = sorted(near[:wanted], key=lambda p: rally.own(p).imag)
    rally.blockers = []
    begin = rally.frame + round(0.1 * rally.fps)
    for player, place in zip(crew, places, strict=True):
        jump, last = (max(due - round(seconds * rally.fps), begin + 2) for seconds in (JUMP_SEC, DRIFT_SEC))
        if begin + rally.movement.needed(player, place * way, begin) <= jump:
            rally.movement.meet(player, place * way, begin, jump)
            rally.blockers.append(player)
            continue
        late = rally.movement.reachable(player, place * way, begin, last)
        beside = all(abs(late - rally.movement.xy(other, last)) > SHOULDERS_M for other in rally.blockers)
        miss = late * way - place
        if abs(miss.imag) < LATE_M and abs(miss.real) < 0.15 and beside:
            rally.movement.meet(player, late, begin, last)
            rally.blockers.append(player)
        else:
            rally.movement.go(player, (place - 0.9) * way, begin, 8.0)
    # Whoever does not block backs off from the net, away from the ball.
    taken = {1: 0, -1: 0}
    for player in (player for player in near if player not in crew):
        away = 1 if rally.own(player).imag > y else -1
        across = y + away * (2.4 + 2.0 * taken[away])
        taken[away] += 1
        rally.order(player, complex(-3.2, min(max(across, -4.0), 4.0)), 0.15)
    for slot, place in back_defence(y).items():
        rally.order(rally.player(defending, rotation.back(slot)), place, 0.15)


def spike(rally: Rally) -> Callable | None:
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
    top = rally.frame if following is defence.block else start + 1
    for player in rally.blockers:
        if not (following is defence.block and player == rally.toucher):
            rally.show(player, Pose.BLOCK_JUMP, top, -way + 0j)
    return following


def _strike(rally: Rally, defending: int) -> Callable | None:
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
            spot = defence.choose_gap(rally, defending, open_spots)
            defence._chase(rally, defending, spot)
            rally.land(spot, _hard(rally, Point(spot, 0.1)), 1 - defending, TOPSPIN_HIT)
            return None
    if not rally.chance(knobs.roll_shot):
        plan = _dig(rally, defending)
        if plan is not None:
            to_base(rally, 1 - defending)
            defence.commit(rally, plan, TOPSPIN_HIT)
            return defence.receive
    to_base(rally, 1 - defending)
    return _softly(rally, defending)


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


def _dig(rally: Rally, defending: int) -> defence.Plan | None:
    """A hard hit at or near a defender, beside the block."""
    free = [p for p in players_of(defending) if p not in rally.blockers and rally.own(p).real < -2.6]
    for _ in range(24):
        if not free:
            return None
        player = free[int(rally.rng.integers(len(free)))]
        wish = rally.movement.xy(player, rally.frame) + complex(rally.uniform(-0.8, 0.8), rally.uniform(-0.8, 0.8))
        frames = rally.frames(abs(wish - rally.ball.floor) / rally.uniform(18.0, 24.0))
        plan = defence.plan_first_ball(rally, player, wish, rally.uniform(0.45, 0.95), frames, TOPSPIN_HIT)
        where = crossing(rally.ball, plan.end, plan.frames, rally.fps, TOPSPIN_HIT)
        if _passes_block(rally, where):
            return plan
    return None


def _softly(rally: Rally, defending: int) -> Callable:
    """A roll shot, a tip or a dump: over the block, to a defender who comes for it."""
    way = direction(defending)
    spot = complex(rally.uniform(-5.5, -2.8), rally.uniform(-3.4, 3.4)) * way
    free = [p for p in players_of(defending) if p not in rally.blockers]
    player = min(free, key=lambda p: abs(rally.movement.xy(p, rally.frame) - spot))
    end = Point(spot, 0.7)
    frames = max(rally.frames(0.75), frames_over_net(rally.ball, end, rally.fps, GRAVITY, 0.75))
    plan = defence.plan_first_ball(rally, player, spot, rally.uniform(0.45, 0.8), frames)
    frames = max(plan.frames, frames_over_net(rally.ball, plan.end, rally.fps, GRAVITY, 0.75))
    defence.commit(rally, plan._replace(frames=frames))
    return defence.receive


def _into_block(rally: Rally) -> Callable:
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
    return defence.block
