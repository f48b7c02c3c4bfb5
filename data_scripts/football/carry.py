"""Carrying the ball: the first touch, the touches that follow, and the opponents who come for it.

A carrier pushes the ball a little ahead, runs after it and pushes it again, every half second or so. At each of these
touches an opponent in reach may challenge; what comes of it is a tackle, a foul, or nothing.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from filming.tracks import Pose

from . import contest, kicks
from .ball import ROLL_FRICTION
from .pitch import HALF_LENGTH, HALF_WIDTH, clamp, direction, keeper_of, opponents_of, team_of
from .players import reach_radius

if TYPE_CHECKING:
    from .match import Match

__all__ = ["control", "push"]

AHEAD_M = 0.45  # the ball is this far in front of the body at a touch
SHORTEST_SEC, LONGEST_SEC = 0.72, 9.0  # of a carry
COMPASS = np.exp(2j * np.pi * np.arange(16) / 16)


def control(match: "Match", player: int) -> None:
    """The touch that brings the ball under control, after which it is carried: DRIVE."""
    match.touched(player)
    match.label("DRIVE", player)
    tendencies, rng = match.tendencies, match.rng
    gap = match.nearest_opponent(player)
    seconds = tendencies.carry_median_sec * math.exp(rng.gauss(0.0, tendencies.carry_spread))
    seconds *= 0.8 if gap < 3 else (1.15 if gap > 7 else 1.0)
    if player == keeper_of(team_of(player)):
        seconds = max(seconds, 1.2)
    match.carry_until = match.frame + match.frames_in(min(max(seconds, SHORTEST_SEC), LONGEST_SEC))
    push(match, player)


def push(match: "Match", player: int) -> None:
    """One touch of a carrier: the ball goes a little ahead, the player after it."""
    rng = match.rng
    match.touched(player)
    xy, velocity = complex(match.players.xy[player]), complex(match.players.velocity[player])
    gap = match.nearest_opponent(player)
    course = _course(match, player)
    steps = match.frames_in(rng.uniform(0.48, 0.76))
    left = match.carry_until - match.frame
    last = left < 1.6 * steps
    if last:
        steps = max(left, match.frames_in(0.44))
    seconds = steps / match.fps
    speed = min(max(2.2 + 0.45 * gap, 2.4), 6.2) * (0.75 if last else 1.0)
    change = speed * course - velocity
    limit = 5.0 * seconds
    if abs(change) > limit:
        change *= limit / abs(change)
    body = xy + (velocity + 0.5 * change) * seconds
    run = velocity + change
    ahead = run / abs(run) if abs(run) > 0.5 else course
    body = clamp(body, 0.8)
    x, y, _ = match.ball()
    way = body + AHEAD_M * ahead - complex(x, y)
    away = abs(way) / seconds + 0.5 * ROLL_FRICTION * seconds
    heavy = rng.random() < match.tendencies.heavy_touch * (2.0 if gap < 3 else 1.0)
    if heavy:
        away = min(away * 1.5 + 3.0, 12.0)
    kick = way / max(abs(way), 0.01) * away
    match.launch((kick.real, kick.imag, 0.0))
    if heavy:
        contest.after_kick(match, player, "loose")
        return
    match.clear_plans()
    bx, by, _ = match.flight.at(match.frame + steps)
    if _challenged(match, player, steps):
        return
    if match.flight.exit is not None and match.flight.exit <= match.frame + steps:
        return  # it runs out of play
    match.schedule(player, match.frame + steps, kicks.release if last else push, AHEAD_M)
    match.players.appointments[player] = (complex(bx, by) - AHEAD_M * ahead, match.frame + steps)


def _course(match: "Match", player: int) -> complex:
    """Where to carry the ball: towards the goal, into space, not over a line, not straight back on one's course."""
    side = direction(team_of(player))
    xy = complex(match.players.xy[player])
    velocity = complex(match.players.velocity[player])
    opponents = match.players.xy[opponents_of(player)]
    to_line = HALF_LENGTH - xy.real * side
    goal = complex(HALF_LENGTH * side, xy.imag * min(to_line / 30.0, 1.0)) - xy
    goal /= max(abs(goal), 1.0)
    ahead = xy + 4.0 * COMPASS
    space = np.minimum(np.abs(ahead[:, None] - opponents[None, :]).min(1), 6.0)
    score = 1.4 * (COMPASS * goal.conjugate()).real + 0.30 * space
    if abs(velocity) > 0.5:
        score += 0.7 * (COMPASS * velocity.conjugate()).real / abs(velocity)
    over_x = np.maximum(np.abs(ahead.real) - HALF_LENGTH + 2.0, 0.0)
    over_y = np.maximum(np.abs(ahead.imag) - HALF_WIDTH + 2.0, 0.0)
    score -= over_x + over_y
    return complex(COMPASS[int(score.argmax())])


def _challenged(match: "Match", player: int, steps: int) -> bool:
    """Whether the nearest opponent goes for the ball before the carrier's next touch."""
    rng, tendencies = match.rng, match.tendencies
    if steps < match.frames_in(0.36):
        return False
    when = steps - match.frames_in(0.16)
    x, y, _ = match.flight.at(match.frame + when)
    place = complex(x, y)
    other = opponents_of(player)
    gaps = np.abs(match.players.xy[other] + match.players.velocity[other] * 0.2 - place)
    gaps[0] = 99.0
    opponent = other.start + int(gaps.argmin())
    seconds = when / match.fps
    if gaps.min() > 0.9 + float(reach_radius(np.array(seconds), 7.0, 7.0)):
        return False
    if rng.random() > tendencies.challenge:
        return False
    outcome = rng.random()
    own = place * direction(team_of(player))
    if outcome < tendencies.tackle_wins:
        match.schedule(opponent, match.frame + when, tackle, 0.5)
        match.victim = player
        return True
    if outcome < tendencies.tackle_wins + tendencies.tackle_fouls and own.real < HALF_LENGTH - 17.5:
        match.schedule(opponent, match.frame + when, kicks.foul, 0.6)
        return True
    if rng.random() < 0.4:  # he slides and misses
        match.recorder.pose(opponent, Pose.TACKLE, match.frame + when, 0.3, 0.5)
        match.chasers[opponent] = place
    return False


def tackle(match: "Match", player: int) -> None:
    """The touch with which a tackler wins the ball: PLAYER SUCCESSFUL TACKLE."""
    rng = match.rng
    match.touched(player)
    match.label("PLAYER SUCCESSFUL TACKLE", player)
    match.recorder.pose(player, Pose.TACKLE, match.frame, 0.3, 0.6)
    x, y, _ = match.ball()
    through = complex(x, y) - complex(match.players.xy[player])
    through /= max(abs(through), 0.1)
    through *= complex(math.cos(a := rng.gauss(0.0, 0.7)), math.sin(a))
    speed = rng.uniform(5.0, 15.0)
    match.launch((through.real * speed, through.imag * speed, rng.uniform(0.0, 2.0)))
    match.recorder.face(player, match.frame - 6, match.frame + 6, through)
    contest.after_kick(match, player, "loose")
