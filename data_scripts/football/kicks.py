"""Touches that send the ball somewhere: kicks, headers, blocks; and fouls, which stop the game.

Each is called at the frame of its contact, writes its label there and gives the ball a new velocity.
"""

import math
from typing import TYPE_CHECKING

from filming.tracks import Pose

from . import contest, restarts
from .ball import loft_speed, roll_speed
from .decisions import Choice, choose, pass_options, spread
from .pitch import HALF_LENGTH, SIDE, direction, team_of

if TYPE_CHECKING:
    from .match import Match

__all__ = ["air_foul", "block", "first_time", "foul", "header", "kick", "release"]

KICK_SEC = 0.28  # from the wind-up to the contact, and from the contact to the end of the swing


def release(match: "Match", player: int) -> None:
    """The carrier plays the ball."""
    kick(match, player, choose(match, player))


def first_time(match: "Match", player: int) -> None:
    """A player plays the ball on as it comes."""
    kick(match, player, choose(match, player, first_time=True), 1.5)


def kick(match: "Match", player: int, choice: Choice, error: float = 1.0, label: str | None = None) -> None:
    """Kick the ball.

    Args:
        match: with the ball at the player's foot now.
        player: who kicks.
        choice: what and where to.
        error: factor on the usual inaccuracy.
        label: written instead of `choice.label` (FREE KICK).
    """
    rng, tendencies = match.rng, match.tendencies
    match.touched(player)
    match.label(label or choice.label, player)
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
    contest.after_kick(match, player, choice.label, choice.receiver)


def _shot(match: "Match", player: int, xy: complex, z: float) -> tuple[float, float, float]:
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


def header(match: "Match", player: int) -> None:
    """Head the ball: at goal, clear of it, or to a teammate."""
    rng = match.rng
    match.touched(player)
    match.label("HEADER", player)
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
    contest.after_kick(match, player, "HEADER", receiver)


def block(match: "Match", player: int) -> None:
    """An opponent's body stops or deflects a kick: BALL PLAYER BLOCK."""
    rng = match.rng
    vx, vy, _ = match.flight.velocity(match.frame, match.fps)
    match.touched(player)
    match.label("BALL PLAYER BLOCK", player)
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
    contest.after_kick(match, player, "loose")


def foul(match: "Match", player: int) -> None:
    """A challenge that brings the opponent down: the referee stops the game."""
    match.recorder.pose(player, Pose.TACKLE, match.frame, 0.3, 0.6)
    x, y, _ = match.ball()
    restarts.foul(match, 1 - team_of(player), complex(x, y))


def air_foul(match: "Match", player: int) -> None:
    """A push in a contest for a high ball; `player` was fouled."""
    match.recorder.pose(player, Pose.HEADER, match.frame, 0.3, 0.3)
    restarts.foul(match, team_of(player), complex(match.players.xy[player]))
