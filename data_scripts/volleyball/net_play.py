"""At the net: how the third ball of a side is hit and where, who blocks it, what becomes of a blocked ball."""

import math

from filming.tracks import Pose

from .ball import GRAVITY, HARDEST, Crossing, Point, crossing, frames_over_net
from .court import HALF_WIDTH, SIDE, direction, players_of, team_of
from .formation import back_defence
from .state import FRONT_M, Hit, Plan, RallyState, Step, unit

__all__ = ["block", "set_block", "softly", "spike"]

TOPSPIN_HIT = 12.5  # m/s^2, with which a hard hit falls
ARMS_M = 0.42  # half the width that a blocker closes
ARMS_Z = 3.0  # and how high
JUMP_SEC = 0.3  # from the take-off of a blocker to the top of his jump
DRIFT_SEC = 0.04  # one who is late drifts in the air until this long before the ball is hit
SHOULDERS_M = 0.6  # between two who jump together
LATE_M = 0.8  # who is late jumps where he got, if he is not farther off than this


def spike(rally: RallyState) -> Step | None:
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


def _strike(rally: RallyState, defending: int) -> Step | None:
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
            spot = rally.choose_gap(defending, open_spots)
            rally.chase(defending, spot)
            rally.land(spot, _hard(rally, Point(spot, 0.1)), 1 - defending, TOPSPIN_HIT)
            return None
    if not rally.chance(knobs.roll_shot):
        plan = _dig(rally, defending)
        if plan is not None:
            rally.to_base(1 - defending)
            rally.commit(plan, TOPSPIN_HIT)
            return "receive"
    rally.to_base(1 - defending)
    return softly(rally, defending)


def _passes_block(rally: RallyState, place: Crossing | None) -> bool:
    """Whether a ball crosses the net between the antennas, beside the blockers or above their hands."""
    if place is None or abs(place.y) > HALF_WIDTH - 0.15:
        return False
    blocked = any(abs(rally.movement.xy(p, rally.frame).imag - place.y) < ARMS_M for p in rally.blockers)
    return not blocked or place.z > ARMS_Z


def _hard(rally: RallyState, end: Point) -> int | None:
    """Frames of a hard hit to `end`; None if net or block are in the way."""
    way = abs(end.floor - rally.ball.floor) + 0.2 * abs(end.z - rally.ball.z)
    frames = max(rally.frames(way / 24.0), frames_over_net(rally.ball, end, rally.fps, TOPSPIN_HIT))
    if way / frames * rally.fps < 11.0:
        return None
    return frames if _passes_block(rally, crossing(rally.ball, end, frames, rally.fps, TOPSPIN_HIT)) else None


def _dig(rally: RallyState, defending: int) -> Plan | None:
    """A hard hit at or near a defender, beside the block."""
    free = [p for p in players_of(defending) if p not in rally.blockers and rally.own(p).real < -2.6]
    for _ in range(24):
        if not free:
            return None
        player = free[int(rally.rng.integers(len(free)))]
        wish = rally.movement.xy(player, rally.frame) + complex(rally.uniform(-0.8, 0.8), rally.uniform(-0.8, 0.8))
        frames = rally.frames(abs(wish - rally.ball.floor) / rally.uniform(18.0, 24.0))
        plan = rally.plan_first_ball(player, wish, rally.uniform(0.45, 0.95), frames, TOPSPIN_HIT)
        where = crossing(rally.ball, plan.end, plan.frames, rally.fps, TOPSPIN_HIT)
        if _passes_block(rally, where):
            return plan
    return None


def softly(rally: RallyState, defending: int) -> Step:
    """A roll shot, a tip or a dump: over the block, to a defender who comes for it."""
    way = direction(defending)
    spot = complex(rally.uniform(-5.5, -2.8), rally.uniform(-3.4, 3.4)) * way
    free = [p for p in players_of(defending) if p not in rally.blockers]
    player = min(free, key=lambda p: abs(rally.movement.xy(p, rally.frame) - spot))
    end = Point(spot, 0.7)
    frames = max(rally.frames(0.75), frames_over_net(rally.ball, end, rally.fps, GRAVITY, 0.75))
    plan = rally.plan_first_ball(player, spot, rally.uniform(0.45, 0.8), frames)
    frames = max(plan.frames, frames_over_net(rally.ball, plan.end, rally.fps, GRAVITY, 0.75))
    rally.commit(plan._replace(frames=frames))
    return "receive"


def _into_block(rally: RallyState) -> Step:
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


def set_block(rally: RallyState, hit: Hit, due: int) -> None:
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


def block(rally: RallyState) -> Step | None:
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
        rally.chase(blocking, spot * way)
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
    rally.commit(rally.plan_first_ball(player, wish, rally.uniform(0.5, 0.9), rally.frames(seconds)))
    return "receive"
