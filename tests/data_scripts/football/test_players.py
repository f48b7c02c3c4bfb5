"""Players: speed, acceleration, appointments."""

import numpy as np

from football.pitch import PLAYERS
from football.players import ACCELERATION, LUNGE, TOP_SPEED, Players, reach_radius

FPS = 25.0


def test_nobody_is_faster_or_quicker_than_a_body_can_be():
    rng = np.random.default_rng(1)
    players = Players(rng.uniform(-30, 30, PLAYERS) + 1j * rng.uniform(-30, 30, PLAYERS))
    before = players.velocity.copy()
    for frame in range(300):
        if frame % 20 == 0:
            players.aim = rng.uniform(-50, 50, PLAYERS) + 1j * rng.uniform(-30, 30, PLAYERS)
            players.pace = np.full(PLAYERS, 7.2)
            players.appointments = {3: (complex(players.aim[3]), frame + 15)}
        players.step(frame, FPS)
        change = np.abs(players.velocity - before) * FPS
        assert (np.abs(players.velocity) <= TOP_SPEED + 1e-9).all()
        assert (np.delete(change, 3) <= ACCELERATION + 1e-9).all()
        assert change[3] <= LUNGE + 1e-9
        before = players.velocity.copy()


def test_a_reachable_appointment_is_kept_to_the_frame():
    for distance, seconds in ((1.0, 0.8), (8.0, 2.0), (20.0, 4.0), (3.0, 6.0)):
        assert distance <= reach_radius(np.array(seconds))
        players = Players(np.zeros(PLAYERS, complex))
        due = round(seconds * FPS)
        players.appointments = {5: (complex(0.0, distance), due)}
        for frame in range(due):
            players.step(frame, FPS)
        assert abs(players.xy[5] - 1j * distance) < 0.05


def test_reach_radius_is_the_integral_of_a_ramp_and_a_run():
    h = 1e-4
    for seconds in (0.5, 1.4, 3.0):
        speed = distance = 0.0
        for _ in range(int(seconds / h)):
            speed = min(speed + 5.0 * h, 7.0)
            distance += speed * h
        assert abs(float(reach_radius(np.array(seconds))) - distance) < 0.01


def test_who_arrives_stops():
    players = Players(np.zeros(PLAYERS, complex))
    players.aim = np.full(PLAYERS, 6 + 8j)
    players.pace = np.full(PLAYERS, 6.0)
    for frame in range(200):
        players.step(frame, FPS)
    assert (np.abs(players.xy - (6 + 8j)) < 0.1).all() and (np.abs(players.velocity) < 0.05).all()
