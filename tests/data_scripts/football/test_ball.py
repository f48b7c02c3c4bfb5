"""The ball: compared with formulas and with the rules of the game."""

import math

import numpy as np
import pytest

from football.ball import AIR_DRAG, BOUNCE, GRAVITY, ROLL_FRICTION, fly, loft_speed, resting, roll_speed
from football.pitch import BALL_RADIUS, BOARD_X, BOARD_Y, GOAL_HALF_WIDTH, HALF_LENGTH, HALF_WIDTH

FPS = 25.0


def test_rising_ball_loses_speed_to_gravity():
    flight = fly(0, (0.0, 0.0, BALL_RADIUS), (0.0, 0.0, 5.0), 0.4, FPS)
    seconds = 8 / FPS
    # Drag takes a little more than gravity alone; semi-implicit steps of 20 ms take g h t / 2 more.
    free = BALL_RADIUS + 5.0 * seconds - 0.5 * GRAVITY * seconds**2
    assert free - 0.12 < flight.at(8)[2] < free


def test_bounce_keeps_its_part_of_the_height():
    heights = fly(0, (0.0, 0.0, 3.0), (0.0, 0.0, 0.0), 2.0, 100.0).points[:, 2]
    lowest = int(heights.argmin())
    assert heights[lowest:].max() - BALL_RADIUS == pytest.approx((3.0 - BALL_RADIUS) * BOUNCE**2, rel=0.15)


def test_rolling_ball_slows_as_the_differential_equation_says():
    flight = fly(0, (0.0, 0.0, BALL_RADIUS), (12.0, 0.0, 0.0), 10.0, 100.0)
    speed, distance, h = 12.0, 0.0, 1e-4
    for _ in range(10_000):  # dv/dt = -(friction + drag v^2) for one second
        speed -= (ROLL_FRICTION + AIR_DRAG * speed * speed) * h
        distance += speed * h
    assert flight.at(100)[0] == pytest.approx(distance, abs=0.05)
    assert flight.velocity(100, 100.0)[0] == pytest.approx(speed, abs=0.03)


@pytest.mark.parametrize(("distance", "arrival"), [(6.0, 5.0), (15.0, 8.0), (30.0, 3.0)])
def test_roll_speed_arrives_with_the_speed_asked_for(distance, arrival):
    flight = fly(0, (-20.0, 0.0, BALL_RADIUS), (roll_speed(distance, arrival), 0.0, 0.0), 10.0, 100.0)
    there = int((flight.points[:, 0] >= distance - 20.0).argmax())
    assert flight.velocity(there, 100.0)[0] == pytest.approx(arrival, abs=0.15)


@pytest.mark.parametrize("distance", [12.0, 35.0, 60.0])
def test_loft_speed_lands_at_the_distance_asked_for(distance):
    elevation = math.radians(40.0)
    speed = loft_speed(distance, elevation)
    velocity = (speed * math.cos(elevation), 0.0, speed * math.sin(elevation))
    flight = fly(0, (-45.0, 0.0, BALL_RADIUS), velocity, 8.0, 100.0)
    height = flight.points[:, 2]
    top = int(height.argmax())
    bounce = top + int((np.diff(height[top:]) > 0).argmax())  # from there it rises again
    assert flight.points[bounce, 0] + 45.0 == pytest.approx(distance, rel=0.03)


def test_out_is_the_first_frame_at_which_the_whole_ball_is_over():
    flight = fly(7, (0.0, 30.0, BALL_RADIUS), (0.0, 10.0, 0.0), 5.0, FPS)
    assert flight.exit is not None and not flight.goal
    assert flight.at(flight.exit)[1] > HALF_WIDTH + BALL_RADIUS >= flight.at(flight.exit - 1)[1]


def test_a_throw_in_is_not_out_where_it_starts():
    flight = fly(0, (0.0, HALF_WIDTH + 0.35, 2.1), (0.0, -4.0, 1.0), 5.0, FPS)
    assert flight.exit is None


def test_goal_between_the_posts_and_the_net_holds_it():
    flight = fly(0, (40.0, 1.0, BALL_RADIUS), (25.0, 2.0, 2.0), 5.0, FPS)
    assert flight.goal
    assert flight.at(flight.exit)[0] > HALF_LENGTH + BALL_RADIUS >= flight.at(flight.exit - 1)[0]
    after = flight.points[flight.exit :]
    assert (after[:, 0] < HALF_LENGTH + 2.0).all() and (np.abs(after[:, 1]) < GOAL_HALF_WIDTH).all()
    assert (after[:, 0] > HALF_LENGTH).all()


def test_beside_and_above_the_goal_is_out():
    beside = fly(0, (40.0, 6.0, BALL_RADIUS), (25.0, 0.0, 2.0), 5.0, FPS)
    above = fly(0, (45.0, 0.0, BALL_RADIUS), (22.0, 0.0, 11.0), 5.0, FPS)
    assert beside.exit is not None and not beside.goal
    assert above.exit is not None and not above.goal


def test_a_post_sends_the_ball_back():
    flight = fly(0, (45.0, GOAL_HALF_WIDTH + 0.06, BALL_RADIUS), (20.0, 0.0, 0.0), 1.0, FPS)
    assert flight.exit is None
    assert flight.points[-1, 0] < HALF_LENGTH


def test_the_ball_stays_in_the_stadium_and_comes_to_rest():
    rng = np.random.default_rng(0)
    for _ in range(30):
        velocity = tuple(float(v) for v in rng.uniform((-30, -30, 0), (30, 30, 15)))
        points = fly(0, (40.0, 20.0, BALL_RADIUS), velocity, 60.0, FPS).points
        assert (np.abs(points[:, 0]) <= BOARD_X + 1e-9).all() and (np.abs(points[:, 1]) <= BOARD_Y + 1e-9).all()
        assert (points[:, 2] >= BALL_RADIUS - 1e-9).all()
        assert points[-1, 2] == pytest.approx(BALL_RADIUS)
        assert np.abs(points[-1] - points[-2]).max() < 0.01


def test_a_resting_ball_rests():
    flight = resting(5, (1.0, 2.0, BALL_RADIUS))
    assert flight.at(0) == flight.at(500) == (1.0, 2.0, BALL_RADIUS)
    assert flight.exit is None
