"""Goalkeepers: facing a shot, catching, and playing the ball out of their hands."""

import numpy as np

from filming.tracks import Pose

from .decisions import ground_pass, high_pass
from .pitch import BALL_RADIUS, HALF_LENGTH, direction, keeper_of, team_of
from .players import reach_radius
from .state import MatchState, Played, Script
from .touches import kick

__all__ = ["catch", "faces_shot", "save"]

ARMS_M = 1.6  # what a dive adds to where the body gets


def faces_shot(match: MatchState) -> bool:
    """Let the keeper deal with a ball that goes into the goal, or close past it, if nothing stops it.

    Returns:
        True if the next thing to happen is a save, a goal or a ball gone past, False if others may reach it first.
    """
    flight = match.flight
    if flight.exit is None or abs(flight.points[flight.exit - flight.start, 0]) < HALF_LENGTH:
        return False
    side = 1 if flight.points[flight.exit - flight.start, 0] > 0 else -1
    keeper = keeper_of(1 if side > 0 else 0)
    xy = complex(match.players.xy[keeper]) * side
    crossing = flight.points[flight.exit - flight.start]
    if not flight.goal:
        if abs(crossing[1]) < 6.0 and match.rng.random() < 0.6:  # he goes for it and sees it fly past
            match.recorder.pose(keeper, Pose.DIVE, flight.exit - 2, 0.35, 0.6)
            match.chasers[keeper] = complex(HALF_LENGTH - 0.7, crossing[1] * side * 0.7) * side
        return abs(crossing[1]) > 4.2 or crossing[2] > 2.7
    depth = flight.points[: flight.exit - flight.start, 0] * side
    level = np.nonzero(depth >= min(xy.real, HALF_LENGTH - 0.6))[0]
    if not len(level) or level[0] < 2:
        return False
    step = int(level[0])
    x, y, z = flight.points[step]
    aside = abs(y * side - xy.imag)
    seconds = step / match.fps
    reach = ARMS_M + float(reach_radius(np.array(max(seconds - 0.11, 0.0)), 7.0, 13.0))
    place = complex(x, y)
    chance = match.tendencies.save * (1.0 - 0.25 * min(aside / reach, 1.0) ** 2)
    if aside < reach and z < 2.5 and match.rng.random() < chance:
        match.schedule(keeper, flight.start + step, "save", min(ARMS_M, max(aside, 0.3)))
        match.players.divers.add(keeper)
        return True
    match.recorder.pose(keeper, Pose.DIVE, flight.start + step, 0.35, 0.7)
    match.chasers[keeper] = complex(xy.real * side, place.imag)
    return True


def save(match: MatchState, player: int) -> Played | None:
    """The keeper reaches a shot: he holds it (DRIVE follows from a catch) or turns it away (BALL PLAYER BLOCK)."""
    rng = match.rng
    vx, vy, _ = match.flight.velocity(match.frame, match.fps)
    x, y, z = match.ball()
    xy = complex(match.players.xy[player])
    aside = abs(complex(x, y) - xy)
    if aside > 0.35:
        match.recorder.pose(player, Pose.DIVE, match.frame, 0.35, 0.7)
    if rng.random() < match.tendencies.hold * (1.4 if aside < 0.6 else 0.8):
        catch(match, player)
        return None
    match.touched(player, "BALL PLAYER BLOCK")
    if aside <= 0.35:
        match.recorder.pose(player, Pose.BLOCK, match.frame, 0.25, 0.35)
    match.recorder.face(player, match.frame - 7, match.frame + 8, complex(-vx, -vy))
    side = direction(1 - team_of(player))  # towards the goal line
    sideways = np.sign(y) or rng.choice((-1, 1))
    if rng.random() < match.tendencies.parry_behind:  # round the post
        away = complex(HALF_LENGTH * side + side, sideways * rng.uniform(5.5, 10.0)) - complex(x, y)
        away *= rng.uniform(8.0, 14.0) / abs(away)
        rise = rng.uniform(0.5, 3.0)
    else:
        away, rise = complex(-side * rng.uniform(2.0, 9.0), sideways * rng.uniform(3.0, 10.0)), rng.uniform(0.5, 4.0)
    match.launch((away.real, away.imag, rise))
    return Played(player, "loose")


def catch(match: MatchState, player: int) -> None:
    """The keeper takes the ball in his hands and carries it: DRIVE."""
    match.touched(player, "DRIVE")
    match.clear_plans()
    match.hold(player, 0.16)
    match.script = _distribute(match, player)


def _distribute(match: MatchState, player: int) -> Script:
    """Some steps with the ball in the hands, then a punt, or the ball is put down and passed."""
    rng = match.rng
    side = direction(team_of(player))
    match.order(player, complex(-HALF_LENGTH + 13.0, match.players.xy[player].imag * side * 0.5) * side, 2.8)
    match.hold_face = complex(side, 0)
    yield from match.wait(rng.uniform(*match.tendencies.keeper_holds_sec))
    if rng.random() < match.tendencies.keeper_punt:
        yield from match.lift_ball(0.45, 0.24)
        choice = high_pass(match, player)
    else:
        yield from match.lift_ball(BALL_RADIUS, 0.4)
        choice = ground_pass(match, player)
    match.orders.pop(player, None)
    match.put_down()
    match.schedule(player, match.frame + match.frames_in(0.32), None, 0.4)
    yield from match.wait(0.32)
    return kick(match, player, choice)
