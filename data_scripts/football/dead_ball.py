"""Parts that all restarts have in common: time, the way of the ball back to the taker, putting it down, the run-up."""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from .ball import loft_speed, resting
from .pitch import BALL_RADIUS, BOARD_X, BOARD_Y, HALF_LENGTH, HALF_WIDTH, SIDE, direction
from .tendencies import DeadTime

if TYPE_CHECKING:
    from .match import Match

LOB = math.radians(40)  # elevation of a ball boy's throw

__all__ = ["dead_frames", "fetch", "nearest_outfielder", "placed_kick", "set_down"]

Act = Callable[["Match", int], None]


def dead_frames(match: "Match", dead: DeadTime) -> int:
    """How many frames the ball stays dead."""
    return match.frames_in(min(dead.median_sec * math.exp(match.rng.gauss(0.0, dead.spread)), 170.0))


def nearest_outfielder(match: "Match", team: int, spot: complex) -> int:
    """The outfield player of `team` who is nearest to `spot`."""
    outfield = range(team * SIDE + 1, (team + 1) * SIDE)
    return min(outfield, key=lambda player: abs(match.players.xy[player] - spot))


def fetch(match: "Match", taker: int, wait_at: complex) -> Iterator[None]:
    """Get the ball into the taker's hands: he goes and takes it, or a ball boy throws it to him."""
    start = match.frame
    quick = match.hurried
    yield from match.wait(0.5)
    x, y, _ = match.flight.at(match.flight.start + len(match.flight.points))
    rest = complex(x, y)
    inside = abs(rest.real) < HALF_LENGTH and abs(rest.imag) < HALF_WIDTH
    if not inside and (quick or abs(rest - wait_at) > 9.0):
        match.order(taker, wait_at, 6.5 if quick else 3.5)
        yield from match.wait_until(start + match.frames_in(1.2))
        yield from _ball_boy(match, taker, wait_at)
    while True:  # go and take it
        x, y, z = match.ball()
        if abs(complex(x, y) - match.players.xy[taker]) < 1.0 and z < 2.2:
            break
        match.order(taker, _where_to_take_it(match, wait_at), 6.5 if quick else 3.5)
        yield
    match.hold(taker, 0.2 if z > 0.5 else 0.5)


def _ball_boy(match: "Match", taker: int, wait_at: complex) -> Iterator[None]:
    """A ball boy throws the ball so that it comes down where the taker will be by then."""
    x, y, z = match.ball()
    way = wait_at - complex(x, y)
    if abs(way) < 3.0:
        return
    speed = loft_speed(abs(way), LOB, z, 1.2)
    while abs(match.players.xy[taker] - wait_at) > 4.5 * abs(way) / (speed * math.cos(LOB)):
        yield
    flat = way / abs(way) * speed * math.cos(LOB)
    match.launch((flat.real, flat.imag, speed * math.sin(LOB)))
    match.hold_face = -way
    path = match.flight.points[:, 0] + 1j * match.flight.points[:, 1]
    steps = int((np.abs(path - wait_at) + np.abs(match.flight.points[:, 2] - 1.3)).argmin())
    match.players.appointments[taker] = (complex(path[steps] + 0.3 * way / abs(way)), match.frame + steps)
    yield from match.wait_until(match.frame + steps)
    match.players.appointments.pop(taker, None)


def _where_to_take_it(match: "Match", wait_at: complex) -> complex:
    """The place on the rest of the ball's path that is nearest to where it is wanted."""
    ahead = match.flight.points[match.frame + match.frames_in(0.5) - match.flight.start :]
    if not len(ahead):
        ahead = match.flight.points[-1:]
    path = ahead[:, 0] + 1j * ahead[:, 1]
    place = complex(path[np.abs(path - wait_at).argmin()])
    beside_x, beside_y = BOARD_X - 0.7, BOARD_Y - 0.7  # a player stays on this side of the boards
    return complex(min(max(place.real, -beside_x), beside_x), min(max(place.imag, -beside_y), beside_y))


def placed_kick(match: "Match", team: int, spot: complex, taker: int, dead: int, kind: str, act: Act) -> Iterator[None]:
    """A ball that is put down and kicked."""
    due = match.frame + dead
    match.stop(kind, team, spot, taker, dead)
    side = direction(team)
    goal = complex(HALF_LENGTH * side, 0)
    run_up = (goal - spot) / max(abs(goal - spot), 1.0)
    if kind == "corner":
        run_up = complex(-0.3 * side, -math.copysign(1.0, spot.imag))
        run_up /= abs(run_up)
    if kind == "goal_kick":
        run_up = complex(side, 0)
    stand = spot - 0.5 * run_up
    yield from fetch(match, taker, stand)
    yield from set_down(match, taker, spot, run_up)
    if kind == "kick_off":
        while not match.ready_for_kick_off():
            yield
    back = 1.2 if kind == "kick_off" else (1.8 if match.hurried else 2.6)
    match.order(taker, spot - (back + 0.4) * run_up, 3.2 if match.hurried else 2.2)
    while abs(match.players.xy[taker] - spot) < back:
        yield
    seconds = 0.35 + 0.26 * back
    yield from match.wait_until(due - match.frames_in(seconds))
    match.orders.pop(taker, None)
    match.players.appointments[taker] = (spot - 0.4 * run_up, match.frame + match.frames_in(seconds))
    yield from match.wait(seconds)
    match.restart()
    act(match, taker)


def set_down(match: "Match", taker: int, spot: complex, run_up: complex) -> Iterator[None]:
    """Carry the ball to its place and put it on the grass."""
    stand = spot - 0.35 * run_up
    match.hold_face = run_up
    match.order(taker, stand, 5.0 if match.hurried else 2.6)
    while abs(match.players.xy[taker] - stand) > 0.35:
        yield
    yield from match.wait(0.2)
    yield from match.lower_ball(BALL_RADIUS, 0.4, complex(spot))
    match.put_down()
    match.flight = resting(match.frame, (spot.real, spot.imag, BALL_RADIUS))
