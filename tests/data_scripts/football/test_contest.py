"""Who meets the ball: the fast computation against a slow, obvious one."""

import numpy as np
import pytest

from football.ball import fly
from football.contest import HEAD_M, LOW_M, NEVER, meeting_frames
from football.pitch import PLAYERS
from football.play import begin
from football.players import reach_radius
from football.tendencies import REAL


def slowly(match, delay, first):
    """For each player and each candidate frame one after the other."""
    flight, fps = match.flight, match.fps
    low, head = [NEVER] * PLAYERS, [NEVER] * PLAYERS
    last = len(flight.points) if flight.exit is None else flight.exit - flight.start
    steps = list(range(first, max(last, first + 1), 2))
    if flight.exit is None:
        steps += [steps[-1] + k * 25 for k in range(1, 7)]
    for player in range(PLAYERS):
        for step in steps:
            x, y, z = flight.at(flight.start + step)
            seconds = step / fps
            start = match.players.xy[player] + match.players.velocity[player] * min(seconds, 0.4)
            radius = float(reach_radius(np.array(max(seconds - delay[player], 0.0)))) + 0.5
            if abs(complex(x, y) - start) > radius:
                continue
            if z < LOW_M and low[player] == NEVER:
                low[player] = flight.start + step
            if HEAD_M[0] < z < HEAD_M[1] and head[player] == NEVER:
                head[player] = flight.start + step
    return low, head


@pytest.mark.parametrize(
    "velocity", [(9.0, 3.0, 0.0), (18.0, 2.0, 14.0), (-4.0, 14.0, 3.0), (0.5, 0.0, 0.0), (12.0, -6.0, 7.0)]
)
def test_meeting_frames_are_those_found_slowly(velocity):
    match = begin(4, REAL, 25.0)
    rng = np.random.default_rng(2)
    match.players.velocity = rng.normal(size=PLAYERS) + 1j * rng.normal(size=PLAYERS)
    delay = rng.uniform(0.1, 0.8, PLAYERS)
    match.flight = fly(40, (0.0, 5.0, 0.11), velocity, 12.0, 25.0)
    low, head = meeting_frames(match, delay, 6)
    slow_low, slow_head = slowly(match, delay, 6)
    assert low.tolist() == slow_low
    assert head.tolist() == slow_head
    assert min(low.min(), head.min()) < NEVER
