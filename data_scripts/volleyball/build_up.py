"""Up to the attack: the first ball of a side (reception, dig, cover, free ball) and the second, the set.

Who plays them, who gets ready where, who is set, and how the others cover him.
"""

from filming.tracks import Pose

from .ball import Point
from .court import SIDE, direction, players_of, team_of
from .formation import COVER, P, S, ready_for_set
from .net_play import set_block, softly
from .state import FRONT_M, Hit, RallyState, Step, unit

__all__ = ["receive", "set_ball"]

SET_FRONT_M = 0.22  # the ball is this far in front of the body that sets it overhead
HIT_FRONT_M = 0.42  # and of the body that hits it


def receive(rally: RallyState) -> Step | None:
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
        rally.chase(side, spot * way)
        rally.land(spot * way, rally.frames(rally.uniform(0.8, 1.5)), 1 - side)
        return None
    if roll < fails + knobs.comes_over:
        return rally.free_ball(1 - side)
    poor = rally.chance(knobs.poor_reception if reception else knobs.poor_dig)
    rally.quality = 0.0 if poor else 1.0
    if poor:
        target = complex(rally.uniform(-4.2, -1.8), rally.uniform(-2.6, 2.2))
    else:
        target = complex(rally.uniform(-1.3, -0.75), rally.uniform(-1.5, 0.5))
    seconds = rally.uniform(1.1, 1.4) if reception else rally.uniform(1.25, 1.7)
    frames = rally.frames(seconds)
    _transition(rally, side, target)
    setter, place = _choose_setter(rally, target * way, frames)
    bump = poor and rally.chance(0.3)
    facing = unit(complex(-0.6, 4.2) * way - place)
    z = rally.uniform(0.75, 1.0) if bump else rally.uniform(2.25, 2.55)
    rally.movement.meet(setter, place, rally.frame + 2, rally.frame + frames)
    rally.toucher, rally.facing, rally.bump = setter, facing, bump
    start = rally.frame
    rally.send(Point(place + (FRONT_M if bump else SET_FRONT_M) * facing, z), frames)
    _prepare_quick(rally, start)
    return "set"


def _choose_setter(rally: RallyState, target: complex, frames: int) -> tuple[int, complex]:
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


def _transition(rally: RallyState, side: int, target: complex) -> None:
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
    rally.to_base(1 - side)
    rally.quick = None


def _prepare_quick(rally: RallyState, start: int) -> None:
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


def set_ball(rally: RallyState) -> Step | None:
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
        rally.to_base(side)
        return softly(rally, 1 - side)
    rally.touch("set", Pose.DIG if rally.bump else Pose.SET, rally.facing)
    if at_net and rally.chance(knobs.overset):
        return rally.free_ball(1 - side)
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


def _choose_attack(rally: RallyState) -> tuple[Hit, int]:
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


def _hit(rally: RallyState, player: int, slot: str) -> Hit:
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


def _cover(rally: RallyState, hit: Hit) -> None:
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
