"""Kick-offs: the first of the match, and those after a goal, celebration included."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from filming.tracks import Pose

from . import decisions, kicks
from .ball import roll_speed
from .dead_ball import dead_frames, fetch, nearest_outfielder, placed_kick
from .pitch import BALL_RADIUS, HALF_LENGTH, HALF_WIDTH, SIDE, direction, keeper_of, team_of

if TYPE_CHECKING:
    from .match import Match

__all__ = ["after_goal", "first_kick_off"]


def _kick_off(match: "Match", taker: int) -> None:
    kicks.kick(match, taker, decisions.ground_pass(match, taker))


def first_kick_off(match: "Match", team: int) -> Iterator[None]:
    """The first touch of the match, about a second after the film starts."""
    side = direction(team)
    taker = team * SIDE + SIDE - 1
    match.stop("kick_off", team, 0j, taker, 0)
    match.players.xy[taker] = -1.3 * side
    match.players.aim[taker] = match.players.xy[taker]
    match.order(taker, complex(-1.3 * side), 1.5)
    yield from match.wait(match.rng.uniform(0.2, 0.6))
    match.orders.pop(taker, None)
    match.players.appointments[taker] = (complex(-0.4 * side), match.frame + match.frames_in(0.6))
    yield from match.wait(0.6)
    match.restart()
    _kick_off(match, taker)


def after_goal(match: "Match", scoring: int) -> Iterator[None]:
    """Celebration, the ball comes back to the centre, kick-off by the other team."""
    dead = dead_frames(match, match.tendencies.dead_goal)
    due = match.frame + dead
    team, side = 1 - scoring, direction(1 - scoring)
    keeper, taker = keeper_of(team), team * SIDE + SIDE - 1
    scorer = match.last_touch
    if team_of(scorer) != scoring:  # an own goal
        scorer = nearest_outfielder(match, scoring, match.ball_xy())
    match.stop("kick_off", team, 0j, taker, dead)
    _celebrate(match, scorer)
    yield from match.wait(1.5)
    yield from fetch(match, keeper, complex(match.players.xy[keeper]))
    yield from match.wait_until(min(due - match.frames_in(9.0), match.frame + match.frames_in(14.0)))
    match.order(taker, complex(-1.5 * side), 4.0)
    match.hold_face = -match.players.xy[keeper]
    match.order(keeper, complex(-(HALF_LENGTH - 4.0) * side), 3.0)
    while abs(match.players.xy[keeper].real) > HALF_LENGTH - 3.5:
        yield
    yield from match.lower_ball(BALL_RADIUS, 0.4)
    x, y, _ = match.ball()
    way = complex(-1.0 * side) - complex(x, y)
    speed = roll_speed(abs(way), 5.0)
    match.put_down()
    match.launch((way.real / abs(way) * speed, way.imag / abs(way) * speed, 0.0))
    match.orders.clear()
    left = max(due - match.frame, 1)
    match.script = placed_kick(match, team, 0j, taker, left, "kick_off", _kick_off)
    yield


def _celebrate(match: "Match", scorer: int) -> None:
    """The scorer runs off and the nearest teammates after him."""
    team = team_of(scorer)
    xy = match.players.xy
    seconds = 3.5 if match.hurried else match.rng.uniform(7.0, 12.0)
    corner = complex(HALF_LENGTH - 5.0, math.copysign(HALF_WIDTH - 5.0, xy[scorer].imag) * direction(team))
    corner *= direction(team)
    mates = sorted(range(team * SIDE + 1, (team + 1) * SIDE), key=lambda mate: abs(xy[mate] - xy[scorer]))[:5]
    for i, mate in enumerate(mates):
        way = corner - xy[mate]
        place = xy[mate] + way / max(abs(way), 1.0) * min(abs(way), 14.0 - 2.0 * i)
        match.order(mate, complex(place), 5.0)
        middle = match.frame + match.frames_in(0.5 * seconds + 0.4)
        match.recorder.pose(mate, Pose.CELEBRATE, middle, 0.5 * seconds, 0.5 * seconds)
    match.release_orders_at = match.frame + match.frames_in(seconds + 1.0)
