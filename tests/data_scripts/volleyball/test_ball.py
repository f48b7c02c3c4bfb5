"""Flights against the formulas of free fall, the way over the net, and bounces."""

import numpy as np
import pytest

from volleyball.ball import GRAVITY, Point, aim, crossing, frames_over_net, roll_out
from volleyball.court import BALL_RADIUS, BOARD_X, NET_TOP

FPS = 25.0
START, END = Point(-8.0 + 1.0j, 2.5), Point(6.0 - 2.0j, 0.7)


def test_a_flight_is_where_it_should_be_and_falls_freely_in_between():
    arc = aim(10, START, END, 28, FPS)
    path = arc.at(np.arange(29) / FPS)
    assert path[0] == pytest.approx([-8.0, 1.0, 2.5]) and path[-1] == pytest.approx([6.0, -2.0, 0.7])
    acceleration = np.diff(path, 2, axis=0) * FPS**2
    assert acceleration == pytest.approx(np.tile([0.0, 0.0, -GRAVITY], (27, 1)), abs=1e-9)
    seconds = 28 / FPS
    assert arc.vz == pytest.approx((0.7 - 2.5 + 0.5 * 9.81 * seconds**2) / seconds)
    assert arc.velocity_after(seconds)[1] == pytest.approx(arc.vz - 9.81 * seconds)


def test_where_the_net_is_crossed():
    place = crossing(START, END, 28, FPS)
    path = aim(0, START, END, 28, FPS).at(np.linspace(0, 28 / FPS, 20001))
    nearest = path[np.abs(path[:, 0]).argmin()]
    assert place.y == pytest.approx(nearest[1], abs=1e-3) and place.z == pytest.approx(nearest[2], abs=1e-3)
    assert crossing(START, Point(-1 + 0j, 2.0), 28, FPS) is None


@pytest.mark.parametrize("fall", [GRAVITY, 15.0])
def test_the_shortest_flight_over_the_net(fall):
    frames = frames_over_net(START, END, FPS, fall)
    least = NET_TOP + BALL_RADIUS
    assert crossing(START, END, frames, FPS, fall).z > least
    assert crossing(START, END, frames - 2, FPS, fall).z < least
    assert frames_over_net(START, END, FPS, fall, extra=0.8) > frames
    assert frames_over_net(Point(-1 + 0j, 3.2), Point(4 + 0j, 0.5), FPS) == 1  # a hard spike may be as fast as it likes
    assert frames_over_net(START, Point(-1 + 0j, 0.1), FPS) == 1


def test_a_dropped_ball_bounces_lower_and_comes_to_rest():
    points, landed = roll_out(Point(2 + 0j, 1.0), 3 + 1j, 0.0, 400, FPS)
    assert landed == int(np.ceil(np.sqrt(2 * (1.0 - BALL_RADIUS) / 9.81) * FPS)) - 1
    height = points[:, 2]
    assert height.min() >= BALL_RADIUS
    tops = [z for a, z, b in zip(height, height[1:], height[2:], strict=False) if z > a and z > b]
    assert len(tops) >= 3 and all(later < earlier for earlier, later in zip(tops, tops[1:], strict=False))
    assert tops[0] - BALL_RADIUS == pytest.approx(0.72**2 * (1.0 - BALL_RADIUS), rel=0.05)
    assert np.linalg.norm(points[-1] - points[-2]) < 1e-6
    assert np.abs(points[:, 0]).max() <= BOARD_X


def test_the_net_stops_a_ball():
    points, landed = roll_out(Point(-1 + 0j, 2.0), 8 + 0j, 0.0, 100, FPS)
    assert (points[:, 0] <= -BALL_RADIUS + 1e-9).all() and landed < 30
    below, _ = roll_out(Point(-1 + 0j, 0.2), 8 + 0j, 0.0, 100, FPS)
    assert below[-1, 0] > 0.5  # under the net it goes through


def test_the_boards_send_a_ball_back():
    points, _ = roll_out(Point(12 + 0j, 0.5), 20 + 0j, 2.0, 200, FPS)
    assert points[:, 0].max() <= BOARD_X and points[-1, 0] < BOARD_X - 0.3
