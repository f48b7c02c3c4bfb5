"""What a player does with the ball: shoot, cross, play it high, or pass, and to whom.

Place and pressure decide what comes into question; the tendencies say how often it is then chosen.
"""

import math
from dataclasses import dataclass

import numpy as np

from .pitch import HALF_LENGTH, HALF_WIDTH, SIDE, direction, in_area, keeper_of, opponents_of, team_of
from .state import MatchState

__all__ = ["Choice", "choose", "cross_target", "ground_pass", "high_pass", "pass_options", "restart_pass", "spread"]


@dataclass(frozen=True)
class Choice:
    """A kick that has been decided on."""

    label: str  # PASS, HIGH PASS, CROSS or SHOT
    target: complex
    receiver: int | None = None
    over_heads: bool = False  # a cross that must clear opponents at their distance from a dead ball


def choose(match: MatchState, player: int, first_time: bool = False) -> Choice:
    """Decide what `player` does with the ball at his feet."""
    rng, tendencies = match.rng, match.tendencies
    side = direction(team_of(player))
    own = complex(match.players.xy[player]) * side
    to_goal = complex(HALF_LENGTH, 0) - own
    distance = abs(to_goal)
    gap = match.nearest_opponent(player)
    # Crossing: wide and near the far end.
    if own.real > 24 and abs(own.imag) > 12:
        chance = tendencies.cross * (0.55 + 0.45 * min((own.real - 27) / 15, 1.0)) * (0.6 if first_time else 1.0)
        if rng.random() < chance:
            return Choice("CROSS", *cross_target(match, player))
    # Shooting: near the goal and not from an impossible angle.
    angle = to_goal.real / max(distance, 0.1)
    if distance < 30 and angle > 0.25:
        chance = tendencies.shot * max(0.0, 1.0 - distance / 31.0) ** 0.7 * angle
        if in_area(own):
            chance *= 1.6
        if rng.random() < chance:
            return Choice("SHOT", complex(HALF_LENGTH * side, 0))
    # Putting it out: hurried, in one's own half and near the touchline.
    if gap < 3.0 and own.real < 10 and abs(own.imag) > 14 and rng.random() < tendencies.put_out:
        ahead = complex(own.real + rng.uniform(4, 16), math.copysign(HALF_WIDTH + 6.0, own.imag))
        return Choice("PASS", ahead * side)
    if gap < 3.5 and own.real < -40 and rng.random() < tendencies.put_behind:
        behind = complex(-HALF_LENGTH - 6.0, own.imag + math.copysign(6.0, own.imag))
        return Choice("PASS", behind * side)
    # Playing it high: from deep, under pressure, and by the keeper.
    chance = tendencies.high_pass
    if own.real < -20:
        chance *= 1.8 if gap < 4 else 1.25
    elif own.real > 20:
        chance *= 0.35
    if player == keeper_of(team_of(player)):
        chance = max(chance * 2, 0.35)
    if first_time:
        chance *= 1.5 if own.real < -25 else 0.9
    if rng.random() < chance:
        return high_pass(match, player)
    return ground_pass(match, player)


def restart_pass(match: MatchState, player: int) -> Choice:
    """A free kick far from goal: short, or long into the other half."""
    own = complex(match.players.xy[player]) * direction(team_of(player))
    long = match.tendencies.long_free_kick * (1.5 if own.real < -30 else 1.0)
    return high_pass(match, player) if match.rng.random() < long else ground_pass(match, player)


def pass_options(match: MatchState, player: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The teammates as targets: places [11], distances, how free each is, and how free the way to each is, metres."""
    team = team_of(player)
    mates = slice(team * SIDE, (team + 1) * SIDE)
    xy = complex(match.players.xy[player])
    positions, velocities = match.players.xy[mates], match.players.velocity[mates]
    distance = np.abs(positions - xy)
    target = positions + velocities * np.clip(distance / 14.0, 0.2, 1.5) * 0.7
    way = target - xy
    distance = np.maximum(np.abs(way), 0.1)
    opponents = match.players.xy[opponents_of(player)]
    open_m = np.abs(target[:, None] - opponents[None, :]).min(1)
    unit = way / distance
    relative = (opponents[None, :] - xy) * unit.conjugate()[:, None]  # along and across the way of each pass
    across = np.where((relative.real > 1.0) & (relative.real < distance[:, None]), np.abs(relative.imag), 9.0)
    return target, distance, open_m, across.min(1)


def ground_pass(match: MatchState, player: int) -> Choice:
    """A pass along the ground to the teammate who looks best."""
    team = team_of(player)
    side = direction(team)
    own = complex(match.players.xy[player]) * side
    target, distance, open_m, lane = pass_options(match, player)
    progress = (target - complex(match.players.xy[player])).real * side
    too_long = distance - match.tendencies.pass_length_m
    score = (
        0.9 * np.minimum(lane, 4.0)
        + 0.35 * np.minimum(open_m, 6.0)
        + match.tendencies.ambition * progress
        + match.tendencies.wing_play * np.abs(target.imag)
        - np.where(too_long > 0, 0.035, -0.14) * too_long
    )
    outside = (np.abs(target.imag) > HALF_WIDTH - 0.5) | (np.abs(target.real) > HALF_LENGTH - 0.5)
    score[outside | (distance < 4.0)] -= 6.0
    score[0] -= 2.5 if own.real < -15 else 6.0
    score[player - team * SIDE] = -99.0
    weights = np.exp(1.1 * (score - score.max()))
    index = match.rng.choices(range(SIDE), weights.tolist())[0]
    return Choice("PASS", complex(target[index]), team * SIDE + index)


def high_pass(match: MatchState, player: int) -> Choice:
    """A long ball in the air, forward or across."""
    team = team_of(player)
    side = direction(team)
    target, distance, open_m, _ = pass_options(match, player)
    progress = (target - complex(match.players.xy[player])).real * side
    score = 0.09 * progress - 0.08 * np.abs(distance - 42.0)
    score[0] = score[player - team * SIDE] = -99.0
    score[distance < 18] -= 6.0
    weights = np.exp(score - score.max())
    index = match.rng.choices(range(SIDE), weights.tolist())[0]
    place = complex(target[index])
    if match.rng.random() < match.tendencies.over_the_top:
        place += side * match.rng.uniform(8.0, 22.0)
    return Choice("HIGH PASS", place, team * SIDE + index)


def cross_target(match: MatchState, player: int) -> tuple[complex, int | None]:
    """A place in front of the goal, towards an attacker if there is one."""
    team = team_of(player)
    side = direction(team)
    rng = match.rng
    mates = np.arange(team * SIDE + 1, (team + 1) * SIDE)
    own = match.players.xy[mates] * side
    inside = [int(m) for m, o in zip(mates, own, strict=True) if m != player and o.real > 33 and abs(o.imag) < 13]
    if inside:
        receiver = rng.choice(inside)
        target = complex(match.players.xy[receiver] + 0.6 * match.players.velocity[receiver])
        own_target = target * side
        own_target = complex(min(max(own_target.real, 38.0), 48.5), own_target.imag * 0.8)
        return own_target * side, receiver
    return complex(rng.uniform(41, 47), rng.uniform(-6, 6)) * side, None


def spread(rng, target: complex, origin: complex, error_rad: float) -> complex:
    """`target` as it comes out with an error in direction and, half as large, in length."""
    turn = rng.gauss(0.0, error_rad)
    stretch = 1.0 + rng.gauss(0.0, 0.5 * error_rad + 0.03)
    return origin + (target - origin) * complex(math.cos(turn), math.sin(turn)) * max(stretch, 0.5)
