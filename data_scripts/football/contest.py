"""After a kick: who meets the ball, where, when, and with what part of the body.

The path of the ball is known (`ball.fly`), so for every player the first moment can be computed at which he can be
where the ball is, low enough for a foot or high enough for a head. Who reads the game late starts late. The earliest
takes the ball; if the two teams are equally early, luck decides; and close to the kicker an opponent's body may be in
the way.
"""

import math

import numpy as np

from filming.tracks import Pose

from .keeper import faces_shot
from .pitch import PLAYERS, SIDE, direction, in_area, keeper_of, opponents_of, team_of
from .players import reach_radius
from .state import Act, MatchState, Played

__all__ = ["meeting_frames", "next_touch"]

LOW_M = 1.0  # a foot, thigh or chest reaches the ball up to here
HEAD_M = (1.35, 2.35)  # a head reaches it between these heights
CONTROL_MPS = 15.0  # a faster ball from an opponent is stopped, not controlled
NEVER = 10**9


def meeting_frames(match: MatchState, delay_sec: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """For each player the first frame at which he can meet the ball low, and at head height.

    Args:
        match: with the flight in question under way, starting now.
        delay_sec: float [22], time before each player starts.
        first: frames from now before which nobody can touch the ball.

    Returns:
        Two int arrays [22]; `NEVER` where there is no such frame.
    """
    flight, fps, xy, velocity = match.flight, match.fps, match.players.xy, match.players.velocity
    last = len(flight.points) if flight.exit is None else flight.exit - flight.start
    steps = np.arange(first, max(last, first + 1), 2)
    if flight.exit is None:  # a ball that has come to rest waits
        steps = np.append(steps, steps[-1] + np.arange(1, 7) * match.frames_in(1.0))
    points = flight.points[np.minimum(steps, len(flight.points) - 1)]  # [n, 3]
    seconds = steps / fps
    radius = reach_radius(np.maximum(seconds[:, None] - delay_sec, 0.0)) + 0.5  # [n, 22]
    centre = xy + velocity * np.minimum(seconds, 0.4)[:, None]
    near = np.abs((points[:, 0] + 1j * points[:, 1])[:, None] - centre) <= radius
    height = points[:, 2]
    frames = steps + flight.start
    out = []
    for reachable in (near & (height < LOW_M)[:, None], near & ((height > HEAD_M[0]) & (height < HEAD_M[1]))[:, None]):
        index = reachable.argmax(0)
        out.append(np.where(reachable[index, np.arange(PLAYERS)], frames[index], NEVER))
    return out[0], out[1]


def next_touch(match: MatchState, played: Played) -> None:
    """Find the next touch of a ball that has just been played, and is already under way."""
    kicker, kind, receiver = played
    match.clear_plans()
    if kind in ("PASS", "HIGH PASS", "CROSS", "SHOT") and _blocked(match, kicker, kind):
        return
    flight = match.flight
    sudden = flight.goal and flight.exit - flight.start < match.frames_in(1.5)
    if (kind in ("SHOT", "HEADER") or sudden) and faces_shot(match):
        return
    rng, tendencies = match.rng, match.tendencies
    team = team_of(kicker)
    delay = np.empty(PLAYERS)
    loose = kind not in ("PASS", "THROW IN")  # nobody knows better than others where it will go
    for player in range(PLAYERS):
        late = 0.2 if loose or team_of(player) == team else tendencies.interception_delay_sec
        delay[player] = 0.28 + rng.expovariate(1.0 / late)
    delay[kicker] = 0.5 if kind == "loose" else 1.0
    if match.victim is not None:
        delay[match.victim], match.victim = 1.0, None
    if receiver is not None:
        delay[receiver] = 0.3 if loose else 0.1
    low, head = meeting_frames(match, delay, match.frames_in(0.24))
    first = np.minimum(low, head)
    us, them = (side * SIDE + int(first[side * SIDE : (side + 1) * SIDE].argmin()) for side in (team, 1 - team))
    if receiver is not None and not loose and first[receiver] - first[us] < match.frames_in(0.5):
        us = receiver
    if min(first[us], first[them]) == NEVER:
        _let_run(match)
        return
    lead = (int(first[them]) - int(first[us])) / match.fps
    close, even = (0.5, tendencies.keeps_air_ball) if loose else (0.3, tendencies.keeps_pass)
    even_contest = abs(lead) < close
    us_first = rng.random() < even + 0.5 * lead / close if even_contest else lead > 0
    winner, rival = (us, them) if us_first else (them, us)
    _meet(match, kind, winner, rival, low, head)


def _let_run(match: MatchState) -> None:
    """Nobody gets there before the ball is out: the nearest two run after it all the same."""
    flight = match.flight
    end = flight.exit if flight.exit is not None else flight.start + len(flight.points) - 1
    x, y, _ = flight.at(end)
    for player in np.argsort(np.abs(match.players.xy - complex(x, y)))[:2]:
        match.chasers[int(player)] = complex(x, y)


def _meet(match: MatchState, kind: str, winner: int, rival: int, low: np.ndarray, head: np.ndarray) -> None:
    """Settle how `winner` takes the ball, with `rival` coming for it too."""
    rng, tendencies = match.rng, match.tendencies
    rival_first = int(min(low[rival], head[rival]))
    header = low[winner] == NEVER
    if not header and head[winner] < low[winner]:
        wait = (low[winner] - head[winner]) / match.fps
        pressed = rival_first < low[winner] + match.frames_in(0.25)
        alone = tendencies.head_again if kind == "HEADER" else 0.2 + 0.35 * min(wait, 1.0)
        header = rng.random() < (max(tendencies.head_if_contested, alone) if pressed else alone)
    frame = int(head[winner] if header else low[winner])
    x, y, z = match.flight.at(frame)
    place = complex(x, y)
    contested = abs(rival_first - frame) < match.frames_in(0.4)
    if abs(match.players.xy[rival] - place) < 9.0:
        match.chasers[rival] = place
    if contested and z > LOW_M and rng.random() < tendencies.air_foul:
        match.schedule(winner, frame, "air_foul", 0.2)
        return
    own = place * direction(1 - team_of(winner))
    if winner == keeper_of(team_of(winner)) and in_area(own) and team_of(match.last_touch) != team_of(winner):
        match.schedule(winner, frame, "catch", 0.3)
    elif header:
        match.schedule(winner, frame, "header", 0.15)
        if contested and abs(match.players.xy[rival] - place) < 4.0:
            match.recorder.pose(rival, Pose.HEADER, frame + 1, 0.3, 0.3)
    else:
        vx, vy, _ = match.flight.velocity(frame, match.fps)
        too_fast = math.hypot(vx, vy) > CONTROL_MPS and team_of(winner) != team_of(match.last_touch)
        act = "block" if too_fast else _first_touch(match, kind, winner, place)
        match.schedule(winner, frame, act, 0.4)


def _first_touch(match: MatchState, kind: str, player: int, place: complex) -> Act:
    """Whether the ball is played on at once or taken along."""
    tendencies = match.tendencies
    if kind == "THROW IN":
        chance = tendencies.first_time_after_throw
    elif kind in ("PASS", "loose"):
        chance = tendencies.first_time_pass
    else:
        chance = tendencies.first_time_after_air
    gap = match.nearest_opponent(player, place)
    chance *= 1.5 if gap < 2.5 else (0.7 if gap > 7 else 1.0)
    own = place * direction(team_of(player))
    if in_area(own) or in_area(-own):  # in front of either goal the ball is struck at once
        chance = max(chance, 0.7)
    return "first_time" if match.rng.random() < chance else "control"


def _blocked(match: MatchState, kicker: int, kind: str) -> bool:
    """Whether an opponent close to the kick gets a body in its way; if so that is the next touch."""
    flight, fps = match.flight, match.fps
    first, last = match.frames_in(0.16), match.frames_in(0.75)
    if flight.exit is not None:
        last = min(last, flight.exit - flight.start - 1)
    if last <= first:
        return False
    steps = np.arange(first, min(last, len(flight.points) - 1))
    if not len(steps):
        return False
    points = flight.points[steps]
    line = points[:, 0] + 1j * points[:, 1]
    others = opponents_of(kicker)
    for player in range(others.start + 1, others.stop):
        position, velocity = match.players.xy[player], match.players.velocity[player]
        if abs(position - line[0]) > 14:
            continue
        gap = np.abs(line - (position + velocity * np.minimum(steps / fps, 0.3)))
        gap[points[:, 2] > 1.7] = 99.0
        k = int(gap.argmin())
        reach = 0.6 + 2.4 * steps[k] / fps
        if gap[k] < reach:
            chance = match.tendencies.block_pass if kind == "PASS" else match.tendencies.block
            if match.rng.random() < chance * (1.0 - 0.6 * gap[k] / reach):
                match.schedule(player, flight.start + int(steps[k]), "block", 0.2)
                return True
    return False
