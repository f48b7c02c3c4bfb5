"""Where players go when they are not about to touch the ball.

Each team is a block of ten outfield places that shifts with the ball: higher and wider with the ball, deeper and
narrower without it. Defenders press the carrier, cover behind and stay goal-side of near opponents; attackers stay
onside and fill the area when the ball is wide and high up. Everybody wanders a little.
"""

import random

import numpy as np

from .pitch import AREA_HALF_WIDTH, HALF_LENGTH, HALF_WIDTH, PLAYERS, SIDE, direction, keeper_of
from .state import MatchState

__all__ = ["draw_shapes", "place_players", "starting_places"]

# Outfield places in a team's own frame: depth 0 (last line) ... 1 (first line), width -1 ... 1.
SHAPES: dict[str, list[tuple[float, float]]] = {
    "4-4-2": [(0.05, -0.85), (0, -0.28), (0, 0.28), (0.05, 0.85), (0.55, -0.9), (0.42, -0.25), (0.42, 0.25),
              (0.55, 0.9), (1, -0.22), (0.92, 0.25)],
    "4-3-3": [(0.07, -0.85), (0, -0.28), (0, 0.28), (0.07, 0.85), (0.36, 0.0), (0.5, -0.4), (0.5, 0.4),
              (0.88, -0.85), (1, 0.0), (0.88, 0.85)],
    "4-2-3-1": [(0.07, -0.85), (0, -0.28), (0, 0.28), (0.07, 0.85), (0.36, -0.3), (0.36, 0.3), (0.7, -0.85),
                (0.68, 0.0), (0.7, 0.85), (1, 0.05)],
    "3-5-2": [(0, -0.5), (-0.03, 0), (0, 0.5), (0.45, -0.95), (0.35, -0.3), (0.5, 0.0), (0.35, 0.3), (0.45, 0.95),
              (1, -0.25), (0.93, 0.25)],
}  # fmt: skip
BOX_PLACES = np.array([44.5 - 1.5j, 46.5 + 4j, 42 + 1j, 44 - 6j, 39 + 7j, 34 - 3j])  # attackers waiting for a cross
WANDER_M = 2.5


def starting_places(shapes: list[np.ndarray], kicking: int) -> np.ndarray:
    """Places for a kick-off by team `kicking`, complex [22]."""
    xy = np.zeros(PLAYERS, complex)
    for team in (0, 1):
        own = -36 + shapes[team].real * 32 + 1j * shapes[team].imag * 25
        own = np.minimum(own.real, -1.5) + 1j * own.imag
        near = np.abs(own) < 10
        if team != kicking:
            own[near] *= 10 / np.abs(own[near])
        xy[keeper_of(team)] = -48 * direction(team)
        xy[team * SIDE + 1 : (team + 1) * SIDE] = own * direction(team)
    return xy


def draw_shapes(rng: random.Random) -> list[np.ndarray]:
    """A shape for each team, complex [10]: depth + i width."""
    return [np.array([complex(depth, width) for depth, width in SHAPES[rng.choice(sorted(SHAPES))]]) for _ in (0, 1)]


def place_players(match: MatchState) -> None:
    """Let everybody reconsider where to be: set aim and pace for the state of play; called a few times a second."""
    if match.release_orders_at is not None and match.frame >= match.release_orders_at:
        match.release_orders_at = None
        match.orders = {player: order for player, order in match.orders.items() if player == match.taker}
    _expect_ball(match)
    players, ball = match.players, match.thinking_of
    _wander(match)
    aim = np.empty(PLAYERS, complex)
    if match.set_piece == "kick_off":
        aim[:] = starting_places(match.shapes, match.possession)
    else:
        for team in (0, 1):
            block = _block(match, team, ball)
            aim[team * SIDE : (team + 1) * SIDE] = block * direction(team)
        if match.set_piece in ("corner", "free_kick"):
            _fill_area(match, aim)
        aim += match.wander * (0.3 if match.set_piece else 1.0)
        _keep_onside(match, aim, ball)
        if match.in_play:
            _defend(match, aim, ball)
        else:
            _stand_back(match, aim, ball)
    for team in (0, 1):
        aim[keeper_of(team)] = _keeper_place(ball * direction(team)) * direction(team)
    _keep_apart(players.xy, aim)
    distance = np.abs(aim - players.xy)
    pace = np.clip(0.9 + 0.4 * distance, 0.9, 6.8 if match.in_play else (6.5 if match.hurried else 4.2))
    for player, place in match.chasers.items():
        aim[player], pace[player] = place, 7.2
    for player, (place, order_pace) in match.orders.items():
        aim[player], pace[player] = place, order_pace
    inside_x = np.clip(aim.real, -HALF_LENGTH - 8, HALF_LENGTH + 8)
    inside_y = np.clip(aim.imag, -HALF_WIDTH - 3.5, HALF_WIDTH + 3.5)
    players.aim, players.pace = inside_x + 1j * inside_y, pace


def _expect_ball(match: MatchState) -> None:
    """Everybody thinks of where the ball will be in a moment, or where it will come into play."""
    if match.in_play:
        x, y, _ = match.flight.at(match.frame + match.frames_in(0.8)) if match.holder is None else match.ball()
        ahead = complex(min(max(x, -52.0), 52.0), min(max(y, -34.0), 34.0))
        match.thinking_of += 0.4 * (ahead - match.thinking_of)
    else:
        match.thinking_of = match.spot


def _wander(match: MatchState) -> None:
    """Every few seconds each player fancies another place, some metres from the one that the block gives him."""
    fresh = match.noise.random(PLAYERS) < 0.04
    if fresh.any():
        whim = match.noise.normal(scale=WANDER_M, size=(PLAYERS, 2)) @ np.array([1, 1j])
        match.whim = np.where(fresh, whim, match.whim)
    match.wander += 0.12 * (match.whim - match.wander)


def _block(match: MatchState, team: int, ball: complex) -> np.ndarray:
    """The places of one team in its own frame, complex [11], keeper first."""
    own = ball * direction(team)
    x, y = own.real, own.imag
    shape = match.shapes[team]
    if match.possession == team:
        back = min(max(-18 + 0.62 * x, -42), 8)
        front = min(max(24 + 0.75 * x, -8), 47)
        half_width, shift = 33.0, 0.12
    else:
        back = min(max(-22 + 0.62 * x, -46), 0)
        front = min(max(8 + 0.65 * x, -26), 30)
        half_width, shift = 19.0, 0.42
    places = np.empty(SIDE, complex)
    places[0] = 0
    places[1:] = back + shape.real * (front - back) + 1j * (shape.imag * half_width + shift * y)
    if match.possession == team and x > 26 and abs(y) > 12:  # a cross is near: forwards into the area
        forward = np.argsort(-places.real)[:4]
        for place, slot in zip(BOX_PLACES[:4], forward, strict=True):
            if abs(places[slot].imag - y) > 10:
                places[slot] = place
    return places


def _fill_area(match: MatchState, aim: np.ndarray) -> None:
    """A corner or a free kick into the area: six attackers go in, seven defenders mark them."""
    team, side = match.possession, direction(match.possession)
    outfield = np.arange(team * SIDE + 1, (team + 1) * SIDE)
    order = outfield[np.argsort(-aim[outfield].real * side)]
    order = order[order != match.taker][:6]
    aim[order] = BOX_PLACES[: len(order)] * side
    other = np.arange((1 - team) * SIDE + 1, (2 - team) * SIDE)
    markers = other[np.argsort(-aim[other].real * side)][:7]
    aim[markers[:6]] = (BOX_PLACES + 1.3) * side
    aim[markers[6]] = (HALF_LENGTH - 4 + 2j) * side


def _keep_onside(match: MatchState, aim: np.ndarray, ball: complex) -> None:
    """No attacker waits beyond both the ball and the second last opponent."""
    team, side = match.possession, direction(match.possession)
    opponents = np.sort(match.players.xy[(1 - team) * SIDE : (2 - team) * SIDE].real * side)
    line = max(opponents[-2], ball.real * side, 0.0) - 0.4
    mine = slice(team * SIDE + 1, (team + 1) * SIDE)
    wide = np.clip(aim[mine].imag, 1.0 - HALF_WIDTH, HALF_WIDTH - 1.0)
    aim[mine] = np.minimum(aim[mine].real * side, line) * side + 1j * wide


def _defend(match: MatchState, aim: np.ndarray, ball: complex) -> None:
    """The team without the ball presses it, covers, and marks goal-side."""
    team = 1 - match.possession
    side = direction(team)
    xy = match.players.xy
    mine = np.arange(team * SIDE + 1, (team + 1) * SIDE)
    attackers = xy[(1 - team) * SIDE + 1 : (2 - team) * SIDE]
    goal = -HALF_LENGTH * side
    # Marking, the tighter the nearer our goal.
    gap = np.abs(attackers[None, :] - aim[mine][:, None])  # [10, 10]
    nearest = gap.argmin(1)
    marked = attackers[nearest]
    danger = np.clip((-ball.real * side + 15) / 40, 0.0, 1.0)
    pull = np.where(gap[np.arange(10), nearest] < 8.0, 0.35 + 0.45 * danger, 0.0)
    goal_side = marked + (goal - marked) / np.maximum(np.abs(goal - marked), 1.0) * 1.5
    aim[mine] += pull * (goal_side - aim[mine])
    # Pressing.
    order = mine[np.argsort(np.abs(xy[mine] - ball))]
    to_goal = (goal - ball) / max(abs(goal - ball), 1.0)
    aim[order[0]] = ball + 1.1 * to_goal
    if -ball.real * side > -25:
        aim[order[1]] = ball + 5.0 * to_goal


def _stand_back(match: MatchState, aim: np.ndarray, ball: complex) -> None:
    """Opponents keep their distance from a set piece."""
    other = slice((1 - match.possession) * SIDE + 1, (2 - match.possession) * SIDE)
    away = aim[other] - ball
    distance = np.maximum(np.abs(away), 0.1)
    least = 3.0 if match.set_piece == "throw_in" else 9.15
    aim[other] = np.where(distance < least, ball + away / distance * least, aim[other])


def _keeper_place(own: complex) -> complex:
    """Where a keeper stands, in the own frame of his team: between ball and goal, further out for a far ball."""
    goal = complex(-HALF_LENGTH, 0)
    to_ball = own - goal
    distance = abs(to_ball)
    out = min(1.6 + 0.16 * max(distance - 16.0, 0.0), 13.0)
    place = goal + to_ball / max(distance, 1.0) * out
    return complex(max(place.real, -HALF_LENGTH + 0.8), min(max(place.imag, -AREA_HALF_WIDTH), AREA_HALF_WIDTH))


def _keep_apart(xy: np.ndarray, aim: np.ndarray) -> None:
    """Two players do not stand in the same place: those who are too near each other aim a little further apart."""
    apart = xy[:, None] - xy[None, :]
    distance = np.abs(apart)
    close = (distance < 1.1) & (distance > 0)
    if close.any():
        push = np.where(close, apart / np.maximum(distance, 0.2) * (1.3 - distance), 0).sum(1)
        aim += push
