"""The second ball: who gets ready where, who is set, how the others cover him."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filming.tracks import Pose

from .ball import Point
from .blocking import set_block
from .court import SIDE, direction, players_of, team_of
from .formation import COVER, S, ready_for_set
from .plans import Hit, Step, free_ball, to_base, unit
from .spiking import softly

if TYPE_CHECKING:
    from .rally import Rally

__all__ = ["prepare_quick", "set_ball", "transition"]

HIT_FRONT_M = 0.42  # the ball is this far in front of the body that hits it


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
    facing = unit(facing) * way
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


def set_ball(rally: Rally) -> Step | None:
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
        return softly(rally, 1 - side)
    rally.touch("set", Pose.DIG if rally.bump else Pose.SET, rally.facing)
    if at_net and rally.chance(knobs.overset):
        return free_ball(rally, 1 - side)
    if at_net and rally.chance(knobs.set_net):
        rally.into_net((rally.ball.floor.imag) + rally.uniform(0.2, 0.8), 2.3, rally.frames(0.35))
        return None
    hit, due = _choose_attack(rally)
    if rally.quick is not None and hit is not rally.quick[0]:  # he jumps all the same
        rally.show(rally.quick[0].player, Pose.SPIKE, rally.quick[1], way + 0j)
    _cover(rally, hit)
    set_block(rally, hit, due)
    rally.toucher, rally.hit = hit.player, hit
    rally.send(hit.point, due - rally.frame)
    return "spike"


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
