"""Touches: what happens at the frame at which a player meets the ball.

Each writes its label, if it has one, and gives the ball a new velocity: kicks, headers, blocks and tackles send it
somewhere, and whoever meets it next is sought then (`contest`); a carrier pushes it a little ahead, runs after it and
pushes it again, every half second or so. At each of these touches an opponent in reach may challenge; what comes of it
is a tackle, a foul, or nothing.
"""

import math

import numpy as np

from filming.tracks import Pose

from .ball import ROLL_FRICTION, loft_speed, roll_speed
from .decisions import Choice, choose, pass_options, spread
from .pitch import HALF_LENGTH, HALF_WIDTH, SIDE, clamp, direction, keeper_of, opponents_of, team_of
from .players import reach_radius
from .state import MatchState, Played

__all__ = ["block", "control", "first_time", "header", "kick", "push", "release", "tackle"]

KICK_SEC = 0.28  # from the wind-up to the contact, and from the contact to the end of the swing
AHEAD_M = 0.45  # a carried ball is this far in front of the body at a touch
SHORTEST_SEC, LONGEST_SEC = 0.72, 9.0  # of a carry
COMPASS = np.exp(2j * np.pi * np.arange(16) / 16)


def release(match: MatchState, player: int) -> Played:
    """The carrier plays the ball."""
    return kick(match, player, choose(match, player))


def first_time(match: MatchState, player: int) -> Played:
    """A player plays the ball on as it comes."""
    return kick(match, player, choose(match, player, first_time=True), 1.5)


def kick(match: MatchState, player: int, choice: Choice, error: float = 1.0, label: str | None = None) -> Played:
    """Kick the ball.

    Args:
        match: with the ball at the player's foot now.
        player: who kicks.
        choice: what and where to.
        error: factor on the usual inaccuracy.
        label: written instead of `choice.label` (FREE KICK).
    """
    rng, tendencies = match.rng, match.tendencies
    match.touched(player, label or choice.label)
    x, y, z = match.ball()
    xy = complex(x, y)
    if choice.label == "SHOT":
        velocity = _shot(match, player, xy, z)
    else:
        if match.nearest_opponent(player) < 2.0:
            error *= 1.4
        if rng.random() < tendencies.misplaced * error:
            error *= 6.0
        usual = tendencies.pass_error_rad if choice.label == "PASS" else tendencies.long_error_rad
        target = spread(rng, choice.target, xy, usual * error)
        way = target - xy
        distance = max(abs(way), 2.0)
        unit = way / max(abs(way), 0.1)
        if choice.label == "PASS":
            speed = min(roll_speed(distance, max(rng.gauss(tendencies.pass_arrival_mps, 2.6), 3.0)), 24.0)
            velocity = (unit.real * speed, unit.imag * speed, rng.uniform(0.0, 0.8))
        else:
            if choice.label == "CROSS":
                low = rng.random() < 0.25 and not choice.over_heads
                elevation = math.radians(rng.uniform(8, 14) if low else rng.uniform(22, 34))
            else:
                elevation = math.radians(rng.uniform(32, 58))
            speed = min(loft_speed(distance, elevation, z, 0.5 if choice.label == "CROSS" else 1.0), 31.0)
            flat = speed * math.cos(elevation)
            velocity = (unit.real * flat, unit.imag * flat, speed * math.sin(elevation))
    match.launch(velocity)
    match.recorder.pose(player, Pose.KICK, match.frame, KICK_SEC, KICK_SEC)
    match.recorder.face(player, match.frame - match.frames_in(0.3), match.frame + match.frames_in(0.2),
                        complex(velocity[0], velocity[1]))  # fmt: skip
    return Played(player, choice.label, choice.receiver)


def _shot(match: MatchState, player: int, xy: complex, z: float) -> tuple[float, float, float]:
    """Velocity of a shot: at a corner of the goal, more or less."""
    rng = match.rng
    side = direction(team_of(player))
    distance = abs(complex(HALF_LENGTH * side, 0) - xy)
    error = match.tendencies.shot_error_m * (0.35 + 0.65 * distance / 20.0)
    aim = complex(HALF_LENGTH * side, rng.uniform(-2.6, 2.6) + rng.gauss(0.0, error))
    height = abs(rng.gauss(0.7, 0.35 + 0.45 * error))
    way = aim - xy
    speed = rng.uniform(15.0, 26.0)
    seconds = abs(way) / (speed * (1.0 - 0.006 * abs(way)))
    flat = way / abs(way) * speed
    return flat.real, flat.imag, max((height - z) / seconds + 0.5 * 9.81 * seconds, 0.3)


def header(match: MatchState, player: int) -> Played:
    """Head the ball: at goal, clear of it, or to a teammate."""
    rng = match.rng
    match.touched(player, "HEADER")
    side = direction(team_of(player))
    x, y, z = match.ball()
    xy = complex(x, y)
    own = xy * side
    receiver = None
    if own.real > 39 and abs(own.imag) < 12 and rng.random() < 0.7:
        target = complex(HALF_LENGTH, rng.uniform(-4.5, 4.5)) * side
        speed, elevation = rng.uniform(10.0, 16.0), math.radians(rng.uniform(-8, 12))
    elif own.real < -25:
        turn = rng.gauss(0.0, 0.8)
        target = xy + 15 * side * complex(math.cos(turn), math.sin(turn))
        speed, elevation = rng.uniform(9.0, 14.0), math.radians(rng.uniform(25, 55))
    else:
        places, distance, open_m, _ = pass_options(match, player)
        score = -0.15 * abs(distance - 11.0) + 0.2 * open_m
        score[player % SIDE] = score[0] = -99.0
        index = int(score.argmax())
        receiver = index + SIDE * team_of(player)
        target = spread(rng, complex(places[index]), xy, match.tendencies.header_error_rad)
        elevation = math.radians(rng.uniform(18, 58))
        speed = min(max(loft_speed(max(abs(target - xy), 4.0), elevation, z, 0.6), 6.0), 15.0)
    way = target - xy
    flat = way / max(abs(way), 0.1) * speed * math.cos(elevation)
    match.launch((flat.real, flat.imag, speed * math.sin(elevation)))
    match.recorder.pose(player, Pose.HEADER, match.frame, 0.32, 0.32)
    match.recorder.face(player, match.frame - match.frames_in(0.3), match.frame + match.frames_in(0.2), flat)
    return Played(player, "HEADER", receiver)


def block(match: MatchState, player: int) -> Played:
    """An opponent's body stops or deflects a kick: BALL PLAYER BLOCK."""
    rng = match.rng
    vx, vy, _ = match.flight.velocity(match.frame, match.fps)
    match.touched(player, "BALL PLAYER BLOCK")
    arriving = complex(vx, vy)
    if rng.random() < 0.7:  # it glances off
        turn, kept, rise = rng.uniform(0.2, 1.0), rng.uniform(0.55, 1.0), rng.uniform(0.0, 7.0)
    else:  # it comes back
        turn, kept, rise = rng.uniform(2.0, 3.1), rng.uniform(0.3, 0.55), rng.uniform(0.0, 4.0)
    turn *= rng.choice((-1, 1))
    away = arriving * complex(math.cos(turn), math.sin(turn)) * kept
    match.launch((away.real, away.imag, rise))
    match.recorder.pose(player, Pose.BLOCK, match.frame, 0.25, 0.35)
    match.recorder.face(player, match.frame - 6, match.frame + 5, -arriving)
    return Played(player, "loose")


def tackle(match: MatchState, player: int) -> Played:
    """The touch with which a tackler wins the ball: PLAYER SUCCESSFUL TACKLE."""
    rng = match.rng
    match.touched(player, "PLAYER SUCCESSFUL TACKLE")
    match.recorder.pose(player, Pose.TACKLE, match.frame, 0.3, 0.6)
    x, y, _ = match.ball()
    through = complex(x, y) - complex(match.players.xy[player])
    through /= max(abs(through), 0.1)
    through *= complex(math.cos(a := rng.gauss(0.0, 0.7)), math.sin(a))
    speed = rng.uniform(5.0, 15.0)
    match.launch((through.real * speed, through.imag * speed, rng.uniform(0.0, 2.0)))
    match.recorder.face(player, match.frame - 6, match.frame + 6, through)
    return Played(player, "loose")


def control(match: MatchState, player: int) -> Played | None:
    """The touch that brings the ball under control, after which it is carried: DRIVE."""
    match.touched(player, "DRIVE")
    tendencies, rng = match.tendencies, match.rng
    gap = match.nearest_opponent(player)
    seconds = tendencies.carry_median_sec * math.exp(rng.gauss(0.0, tendencies.carry_spread))
    seconds *= 0.8 if gap < 3 else (1.15 if gap > 7 else 1.0)
    if player == keeper_of(team_of(player)):
        seconds = max(seconds, 1.2)
    match.carry_until = match.frame + match.frames_in(min(max(seconds, SHORTEST_SEC), LONGEST_SEC))
    return push(match, player)


def push(match: MatchState, player: int) -> Played | None:
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
        return Played(player, "loose")
    match.clear_plans()
    bx, by, _ = match.flight.at(match.frame + steps)
    if _challenged(match, player, steps):
        return None
    if match.flight.exit is not None and match.flight.exit <= match.frame + steps:
        return None  # it runs out of play
    match.schedule(player, match.frame + steps, "release" if last else "push", AHEAD_M)
    match.players.appointments[player] = (complex(bx, by) - AHEAD_M * ahead, match.frame + steps)
    return None


def _course(match: MatchState, player: int) -> complex:
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


def _challenged(match: MatchState, player: int, steps: int) -> bool:
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
        match.schedule(opponent, match.frame + when, "tackle", 0.5)
        match.victim = player
        return True
    if outcome < tendencies.tackle_wins + tendencies.tackle_fouls and own.real < HALF_LENGTH - 17.5:
        match.schedule(opponent, match.frame + when, "foul", 0.6)
        return True
    if rng.random() < 0.4:  # he slides and misses
        match.recorder.pose(opponent, Pose.TACKLE, match.frame + when, 0.3, 0.5)
        match.chasers[opponent] = place
    return False
