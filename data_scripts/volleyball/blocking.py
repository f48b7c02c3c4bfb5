"""The block: who jumps where, and what becomes of a ball that meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filming.tracks import Pose

from .court import SIDE, direction, players_of, team_of
from .formation import back_defence
from .plans import FRONT_M, Hit, Step, chase, commit, plan_first_ball, unit

if TYPE_CHECKING:
    from .rally import Rally

__all__ = ["block", "set_block"]

JUMP_SEC = 0.3  # from the take-off of a blocker to the top of his jump
DRIFT_SEC = 0.04  # one who is late drifts in the air until this long before the ball is hit
SHOULDERS_M = 0.6  # between two who jump together
LATE_M = 0.8  # who is late jumps where he got, if he is not farther off than this


def set_block(rally: Rally, hit: Hit, due: int) -> None:
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


def block(rally: Rally) -> Step | None:
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
        chase(rally, blocking, spot * way)
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
    return "receive"
