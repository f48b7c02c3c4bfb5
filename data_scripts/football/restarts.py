"""From a dead ball to the next touch: throw-in, goal kick, corner, free kick, kick-off.

Each restart is a small script, a generator advanced once a frame: somebody fetches the ball or a ball boy throws it
to him, he carries it to the place, puts it down, the others take up their places, time passes, he runs up and kicks.
"""

import math
from collections.abc import Callable

import numpy as np

from filming.tracks import Pose

from .ball import loft_speed, resting, roll_speed
from .decisions import Choice, cross_target, ground_pass, high_pass, pass_options, restart_pass
from .formation import place_players
from .pitch import (
    BALL_RADIUS,
    BOARD_X,
    BOARD_Y,
    HALF_LENGTH,
    HALF_WIDTH,
    SIDE,
    SMALL_AREA_DEPTH,
    clamp,
    direction,
    keeper_of,
    team_of,
)
from .state import MatchState, Played, Script
from .tendencies import DeadTime
from .touches import kick

__all__ = ["air_foul", "ball_out", "first_kick_off", "foul"]

LOB = math.radians(40)  # elevation of a ball boy's throw
HURRY_SEC = 10.0  # for a restart that is to come sooner, players run

Kick = Callable[[MatchState, int], Played]


# What stops the game.


def ball_out(match: MatchState) -> None:
    """The whole ball is over a line: OUT or GOAL, and the script of what follows.

    OUT is credited to the team that gets the ball, as in the real labels.
    """
    x, y, _ = match.ball()
    last = team_of(match.last_touch)
    if match.flight.goal:
        scoring = 0 if x > 0 else 1
        match.score[scoring] += 1
        match.recorder.label(match.frame, "GOAL", scoring, match.last_touch)
        match.script = _after_goal(match, scoring)
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
        match.script = _throw_in(match, team, spot, _dead_frames(match, tendencies.dead_throw_in))
    elif kind == "goal_kick":
        spot = complex(-(HALF_LENGTH - SMALL_AREA_DEPTH) * side, math.copysign(5.0, y))
        match.script = _placed_kick(
            match, team, spot, keeper_of(team), _dead_frames(match, tendencies.dead_goal_kick), kind, _goal_kick
        )
    else:
        spot = complex((HALF_LENGTH - 0.4) * side, math.copysign(HALF_WIDTH - 0.4, y))
        taker = _nearest_outfielder(match, team, spot)
        match.script = _placed_kick(
            match, team, spot, taker, _dead_frames(match, tendencies.dead_corner), kind, _corner
        )


def foul(match: MatchState, player: int) -> None:
    """A challenge that brings the opponent down: the referee stops the game."""
    match.recorder.pose(player, Pose.TACKLE, match.frame, 0.3, 0.6)
    _free_kick_for(match, 1 - team_of(player), match.ball_xy())


def air_foul(match: MatchState, player: int) -> None:
    """A push in a contest for a high ball; `player` was fouled."""
    match.recorder.pose(player, Pose.HEADER, match.frame, 0.3, 0.3)
    _free_kick_for(match, team_of(player), complex(match.players.xy[player]))


def _free_kick_for(match: MatchState, team: int, spot: complex) -> None:
    """The referee stops the game; `team` has a free kick at `spot`."""
    tendencies = match.tendencies
    spot = clamp(spot, 1.0)
    own = spot * direction(team)
    taker = keeper_of(team) if own.real < -38 else _nearest_outfielder(match, team, spot)
    if abs(complex(HALF_LENGTH, 0) - own) < tendencies.free_kick_range_m:
        dead, kind, act = tendencies.dead_free_kick, "free_kick", _free_kick
    else:
        dead, kind, act = tendencies.dead_foul, "foul", _indirect
    match.script = _placed_kick(match, team, spot, taker, _dead_frames(match, dead), kind, act)


# The restarts.


def _throw_in(match: MatchState, team: int, spot: complex, dead: int) -> Script:
    taker = _nearest_outfielder(match, team, spot)
    due = match.frame + dead
    _stop(match, "throw_in", team, spot, taker, dead)
    inwards = complex(0.0, -math.copysign(1.0, spot.imag))
    yield from _fetch(match, taker, spot)
    match.hold_face = inwards
    match.order(taker, spot, 5.0 if match.hurried else 2.2)
    while abs(match.players.xy[taker] - spot) > 0.3 or abs(match.players.velocity[taker]) > 1.0:
        yield
    yield from match.wait_until(due - match.frames_in(0.7))
    choice = _throw_target(match, taker)
    match.hold_face = choice.target - spot
    yield from match.lift_ball(2.15, 0.45)
    yield from match.wait(0.2)
    _restart(match)
    match.touched(taker, "THROW IN")
    x, y, z = match.ball()
    way = choice.target - complex(x, y)
    elevation = math.radians(match.rng.uniform(5.0, 30.0))
    speed = min(loft_speed(max(abs(way), 3.0), elevation, z, match.rng.choice((0.4, 1.7))), 17.0)
    flat = way / max(abs(way), 0.1) * speed * math.cos(elevation)
    match.put_down()
    match.launch((flat.real, flat.imag, speed * math.sin(elevation)))
    match.recorder.pose(taker, Pose.THROW, match.frame, 0.6, 0.3)
    return Played(taker, "THROW IN", choice.receiver)


def _throw_target(match: MatchState, taker: int) -> Choice:
    """The freest teammate within reach of a throw."""
    target, distance, open_m, _ = pass_options(match, taker)
    team = team_of(taker)
    score = open_m - 0.35 * abs(distance - 11.0) + 0.08 * (target.real * direction(team))
    score[0] = score[taker - team * SIDE] = -99.0
    score[distance > 22] -= 8.0
    index = int(score.argmax())
    return Choice("THROW IN", clamp(complex(target[index]), 1.0), team * SIDE + index)


def _goal_kick(match: MatchState, taker: int) -> Played:
    short = match.rng.random() < match.tendencies.short_goal_kick
    return kick(match, taker, ground_pass(match, taker) if short else high_pass(match, taker))


def _corner(match: MatchState, taker: int) -> Played:
    if match.rng.random() < match.tendencies.short_corner:
        return kick(match, taker, ground_pass(match, taker))
    else:
        return kick(match, taker, Choice("CROSS", *cross_target(match, taker), over_heads=True))


def _free_kick(match: MatchState, taker: int) -> Played:
    """Near the goal: at it, or into the area."""
    side = direction(team_of(taker))
    own = complex(match.players.xy[taker]) * side
    to_goal = complex(HALF_LENGTH, 0) - own
    in_sight = abs(to_goal) < 28 and to_goal.real > 0.6 * abs(to_goal)
    if in_sight and match.rng.random() < match.tendencies.direct_free_kick:
        choice = Choice("SHOT", complex(HALF_LENGTH * side, 0))
    else:
        choice = Choice("CROSS", *cross_target(match, taker), over_heads=True)
    return kick(match, taker, choice, label="FREE KICK")


def _indirect(match: MatchState, taker: int) -> Played:
    return kick(match, taker, restart_pass(match, taker))


def _kick_off(match: MatchState, taker: int) -> Played:
    return kick(match, taker, ground_pass(match, taker))


def first_kick_off(match: MatchState, team: int) -> Script:
    """The first touch of the match, about a second after the film starts."""
    side = direction(team)
    taker = team * SIDE + SIDE - 1
    _stop(match, "kick_off", team, 0j, taker, 0)
    match.players.xy[taker] = -1.3 * side
    match.players.aim[taker] = match.players.xy[taker]
    match.order(taker, complex(-1.3 * side), 1.5)
    yield from match.wait(match.rng.uniform(0.2, 0.6))
    match.orders.pop(taker, None)
    match.players.appointments[taker] = (complex(-0.4 * side), match.frame + match.frames_in(0.6))
    yield from match.wait(0.6)
    _restart(match)
    return _kick_off(match, taker)


def _after_goal(match: MatchState, scoring: int) -> Script:
    """Celebration, the ball comes back to the centre, kick-off by the other team."""
    dead = _dead_frames(match, match.tendencies.dead_goal)
    due = match.frame + dead
    team, side = 1 - scoring, direction(1 - scoring)
    keeper, taker = keeper_of(team), team * SIDE + SIDE - 1
    scorer = match.last_touch
    if team_of(scorer) != scoring:  # an own goal
        scorer = _nearest_outfielder(match, scoring, match.ball_xy())
    _stop(match, "kick_off", team, 0j, taker, dead)
    _celebrate(match, scorer)
    yield from match.wait(1.5)
    yield from _fetch(match, keeper, complex(match.players.xy[keeper]))
    yield from match.wait_until(min(due - match.frames_in(9.0), match.frame + match.frames_in(14.0)))
    match.order(taker, complex(-1.5 * side), 4.0)
    match.hold_face = -match.players.xy[keeper]
    match.order(keeper, complex(-(HALF_LENGTH - 4.0) * side), 3.0)
    while abs(match.players.xy[keeper].real) > HALF_LENGTH - 3.5:
        yield
    yield from match.lift_ball(BALL_RADIUS, 0.4)
    x, y, _ = match.ball()
    way = complex(-1.0 * side) - complex(x, y)
    speed = roll_speed(abs(way), 5.0)
    match.put_down()
    match.launch((way.real / abs(way) * speed, way.imag / abs(way) * speed, 0.0))
    match.orders.clear()
    left = max(due - match.frame, 1)
    match.script = _placed_kick(match, team, 0j, taker, left, "kick_off", _kick_off)
    yield


def _celebrate(match: MatchState, scorer: int) -> None:
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


# What they have in common.


def _stop(match: MatchState, set_piece: str, team: int, spot: complex, taker: int, dead: int) -> None:
    """The ball is dead; `team` restarts with `set_piece` at `spot` after about `dead` frames."""
    match.in_play = False
    match.hurried = dead < HURRY_SEC * match.fps
    match.set_piece, match.possession, match.spot, match.taker = set_piece, team, spot, taker
    match.clear_plans()
    place_players(match)


def _restart(match: MatchState) -> None:
    """The ball is in play again from this frame on."""
    match.in_play = True
    match.set_piece = match.taker = None
    match.orders.clear()
    match.players.appointments.clear()


def _dead_frames(match: MatchState, dead: DeadTime) -> int:
    """How many frames the ball stays dead."""
    return match.frames_in(min(dead.median_sec * math.exp(match.rng.gauss(0.0, dead.spread)), 170.0))


def _nearest_outfielder(match: MatchState, team: int, spot: complex) -> int:
    """The outfield player of `team` who is nearest to `spot`."""
    outfield = range(team * SIDE + 1, (team + 1) * SIDE)
    return min(outfield, key=lambda player: abs(match.players.xy[player] - spot))


def _fetch(match: MatchState, taker: int, wait_at: complex) -> Script:
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


def _ball_boy(match: MatchState, taker: int, wait_at: complex) -> Script:
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


def _where_to_take_it(match: MatchState, wait_at: complex) -> complex:
    """The place on the rest of the ball's path that is nearest to where it is wanted."""
    ahead = match.flight.points[match.frame + match.frames_in(0.5) - match.flight.start :]
    if not len(ahead):
        ahead = match.flight.points[-1:]
    path = ahead[:, 0] + 1j * ahead[:, 1]
    place = complex(path[np.abs(path - wait_at).argmin()])
    beside_x, beside_y = BOARD_X - 0.7, BOARD_Y - 0.7  # a player stays on this side of the boards
    return complex(min(max(place.real, -beside_x), beside_x), min(max(place.imag, -beside_y), beside_y))


def _placed_kick(match: MatchState, team: int, spot: complex, taker: int, dead: int, kind: str, strike: Kick) -> Script:
    """A ball that is put down and kicked."""
    due = match.frame + dead
    _stop(match, kind, team, spot, taker, dead)
    side = direction(team)
    goal = complex(HALF_LENGTH * side, 0)
    run_up = (goal - spot) / max(abs(goal - spot), 1.0)
    if kind == "corner":
        run_up = complex(-0.3 * side, -math.copysign(1.0, spot.imag))
        run_up /= abs(run_up)
    if kind == "goal_kick":
        run_up = complex(side, 0)
    stand = spot - 0.5 * run_up
    yield from _fetch(match, taker, stand)
    yield from _set_down(match, taker, spot, run_up)
    if kind == "kick_off":
        own = np.repeat([1, -1], SIDE)
        while (match.players.xy.real * own > 1.5).any():  # until everybody is in his own half, or nearly
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
    _restart(match)
    return strike(match, taker)


def _set_down(match: MatchState, taker: int, spot: complex, run_up: complex) -> Script:
    """Carry the ball to its place and put it on the grass."""
    stand = spot - 0.35 * run_up
    match.hold_face = run_up
    match.order(taker, stand, 5.0 if match.hurried else 2.6)
    while abs(match.players.xy[taker] - stand) > 0.35:
        yield
    yield from match.wait(0.2)
    yield from match.lift_ball(BALL_RADIUS, 0.4, complex(spot))
    match.put_down()
    match.flight = resting(match.frame, (spot.real, spot.imag, BALL_RADIUS))
