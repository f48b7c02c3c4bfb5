"""From a dead ball to the next touch: throw-in, goal kick, corner, free kick (kick-offs: `kick_off`).

Each restart is a small script, a generator advanced once a frame: somebody fetches the ball or a ball boy throws it
to him, he carries it to the place, puts it down, the others take up their places, time passes, he runs up and kicks.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from filming.tracks import Pose

from . import contest, decisions, kick_off, kicks
from .ball import loft_speed
from .dead_ball import dead_frames, fetch, nearest_outfielder, placed_kick
from .pitch import HALF_LENGTH, HALF_WIDTH, SIDE, SMALL_AREA_DEPTH, clamp, direction, keeper_of, team_of

if TYPE_CHECKING:
    from .match import Match

__all__ = ["ball_out", "foul"]


def ball_out(match: "Match") -> None:
    """The whole ball is over a line: OUT or GOAL, and the script of what follows.

    OUT is credited to the team that gets the ball, as in the real labels.
    """
    x, y, _ = match.ball()
    last = team_of(match.last_touch)
    if match.flight.goal:
        scoring = 0 if x > 0 else 1
        match.score[scoring] += 1
        match.recorder.label(match.frame, "GOAL", scoring, match.last_touch)
        match.script = kick_off.after_goal(match, scoring)
        return
    team = 1 - last
    if abs(y) > HALF_WIDTH:
        kind = "throw_in"
    else:
        defending = 1 if x > 0 else 0
        team = defending if last != defending else 1 - defending
        kind = "goal_kick" if team == defending else "corner"
    match.recorder.label(match.frame, "OUT", team, match.last_touch)
    tendencies = match.tendencies
    side = direction(team)
    if kind == "throw_in":
        spot = complex(min(max(x, -50.0), 50.0), math.copysign(HALF_WIDTH + 0.35, y))
        match.script = _throw_in(match, team, spot, dead_frames(match, tendencies.dead_throw_in))
    elif kind == "goal_kick":
        spot = complex(-(HALF_LENGTH - SMALL_AREA_DEPTH) * side, math.copysign(5.0, y))
        match.script = placed_kick(
            match, team, spot, keeper_of(team), dead_frames(match, tendencies.dead_goal_kick), kind, _goal_kick
        )
    else:
        spot = complex((HALF_LENGTH - 0.4) * side, math.copysign(HALF_WIDTH - 0.4, y))
        taker = nearest_outfielder(match, team, spot)
        match.script = placed_kick(match, team, spot, taker, dead_frames(match, tendencies.dead_corner), kind, _corner)


def foul(match: "Match", team: int, spot: complex) -> None:
    """The referee stops the game; `team` has a free kick at `spot`."""
    tendencies = match.tendencies
    spot = clamp(spot, 1.0)
    own = spot * direction(team)
    taker = keeper_of(team) if own.real < -38 else nearest_outfielder(match, team, spot)
    if abs(complex(HALF_LENGTH, 0) - own) < tendencies.free_kick_range_m:
        dead, kind, act = tendencies.dead_free_kick, "free_kick", _free_kick
    else:
        dead, kind, act = tendencies.dead_foul, "foul", _indirect
    match.script = placed_kick(match, team, spot, taker, dead_frames(match, dead), kind, act)


def _throw_in(match: "Match", team: int, spot: complex, dead: int) -> Iterator[None]:
    taker = nearest_outfielder(match, team, spot)
    due = match.frame + dead
    match.stop("throw_in", team, spot, taker, dead)
    inwards = complex(0.0, -math.copysign(1.0, spot.imag))
    yield from fetch(match, taker, spot)
    match.hold_face = inwards
    match.order(taker, spot, 5.0 if match.hurried else 2.2)
    while abs(match.players.xy[taker] - spot) > 0.3 or abs(match.players.velocity[taker]) > 1.0:
        yield
    yield from match.wait_until(due - match.frames_in(0.7))
    choice = _throw_target(match, taker)
    match.hold_face = choice.target - spot
    yield from match.raise_ball(2.15, 0.45)
    yield from match.wait(0.2)
    match.restart()
    match.touched(taker)
    match.label("THROW IN", taker)
    x, y, z = match.ball()
    way = choice.target - complex(x, y)
    elevation = math.radians(match.rng.uniform(5.0, 30.0))
    speed = min(loft_speed(max(abs(way), 3.0), elevation, z, match.rng.choice((0.4, 1.7))), 17.0)
    flat = way / max(abs(way), 0.1) * speed * math.cos(elevation)
    match.put_down()
    match.launch((flat.real, flat.imag, speed * math.sin(elevation)))
    match.recorder.pose(taker, Pose.THROW, match.frame, 0.6, 0.3)
    contest.after_kick(match, taker, "THROW IN", choice.receiver)


def _throw_target(match: "Match", taker: int) -> decisions.Choice:
    """The freest teammate within reach of a throw."""
    target, distance, open_m, _ = decisions.pass_options(match, taker)
    team = team_of(taker)
    score = open_m - 0.35 * abs(distance - 11.0) + 0.08 * (target.real * direction(team))
    score[0] = score[taker - team * SIDE] = -99.0
    score[distance > 22] -= 8.0
    index = int(score.argmax())
    return decisions.Choice("THROW IN", clamp(complex(target[index]), 1.0), team * SIDE + index)


def _goal_kick(match: "Match", taker: int) -> None:
    short = match.rng.random() < match.tendencies.short_goal_kick
    kicks.kick(match, taker, decisions.ground_pass(match, taker) if short else decisions.high_pass(match, taker))


def _corner(match: "Match", taker: int) -> None:
    if match.rng.random() < match.tendencies.short_corner:
        kicks.kick(match, taker, decisions.ground_pass(match, taker))
    else:
        kicks.kick(match, taker, decisions.Choice("CROSS", *decisions.cross_target(match, taker), over_heads=True))


def _free_kick(match: "Match", taker: int) -> None:
    """Near the goal: at it, or into the area."""
    side = direction(team_of(taker))
    own = complex(match.players.xy[taker]) * side
    to_goal = complex(HALF_LENGTH, 0) - own
    in_sight = abs(to_goal) < 28 and to_goal.real > 0.6 * abs(to_goal)
    if in_sight and match.rng.random() < match.tendencies.direct_free_kick:
        choice = decisions.Choice("SHOT", complex(HALF_LENGTH * side, 0))
    else:
        choice = decisions.Choice("CROSS", *decisions.cross_target(match, taker), over_heads=True)
    kicks.kick(match, taker, choice, label="FREE KICK")


def _indirect(match: "Match", taker: int) -> None:
    kicks.kick(match, taker, decisions.restart_pass(match, taker))
