"""Orders are kept to the frame, within the limits of speed and acceleration, without corners."""

import numpy as np
import pytest

from volleyball.movement import CALM, HARD, TOP_SPEED, Movement

FPS = 25.0


def limits(xy):
    velocity = np.diff(xy) * FPS
    return np.abs(velocity).max(), np.abs(np.diff(velocity)).max() * FPS


def test_who_stays_stays():
    movement = Movement([1 + 2j, 3 - 1j], FPS)
    assert (movement.sample(10) == np.array([1 + 2j, 3 - 1j])).all()


@pytest.mark.parametrize("acceleration", [CALM, HARD])
@pytest.mark.parametrize("place", [0.5 + 0j, 3 + 2j, -9 + 4j])
def test_going_somewhere_keeps_the_limits(place, acceleration):
    movement = Movement([0j], FPS)
    movement.go(0, place, 5, acceleration)
    path = movement.sample(200)[:, 0]
    assert (path[:6] == 0).all() and path[-1] == pytest.approx(place)
    fastest, hardest = limits(path)
    assert fastest <= TOP_SPEED + 1e-6 and hardest <= acceleration * 1.02


def test_an_appointment_is_kept_at_its_frame_with_its_velocity():
    movement = Movement([-4 + 4j], FPS)
    movement.meet(0, -1 + 3.6j, 0, 30, 2.5 - 0.5j)
    path = movement.sample(60)[:, 0]
    assert path[30] == pytest.approx(-1 + 3.6j)
    assert movement.state(0, 30)[1] == pytest.approx(2.5 - 0.5j)
    assert (path[31] - path[29]) * FPS / 2 == pytest.approx(2.5 - 0.5j, abs=0.45)  # and he runs out of it
    assert abs(path[-1] - path[30]) < 0.5


def test_who_has_time_arrives_early_and_stands():
    movement = Movement([0j], FPS)
    movement.meet(0, 1 + 0j, 0, 80)
    path = movement.sample(90)[:, 0]
    assert path[45] == pytest.approx(1) and (path[45:] == path[45]).all()


def test_who_has_no_time_speeds_up_and_brakes_as_hard_in_either_half():
    movement = Movement([0j], FPS)
    frames = movement.needed(0, 2.5 + 0j, 0)
    movement.meet(0, 2.5 + 0j, 0, frames)
    path = movement.sample(frames + 5)[:, 0]
    assert path[frames] == pytest.approx(2.5)
    assert frames / FPS == pytest.approx(2 * np.sqrt(2.5 / HARD), rel=0.12)  # the least time there is
    assert limits(path)[1] <= HARD * 1.05


def test_an_order_in_the_middle_of_another_makes_no_corner():
    movement = Movement([0j], FPS)
    movement.go(0, 5 + 0j, 0)
    movement.go(0, 2 + 3j, 20)
    movement.go(0, -1 + 0j, 31, HARD)
    path = movement.sample(150)[:, 0]
    assert path[-1] == pytest.approx(-1)
    assert limits(path)[1] <= HARD * 1.05
    assert movement.xy(0, 25) == pytest.approx(path[25])


def test_a_later_order_for_an_earlier_frame_replaces_what_was_to_come():
    movement = Movement([0j], FPS)
    movement.go(0, 5 + 0j, 40)
    movement.go(0, -2 + 0j, 10)
    assert movement.sample(200)[-1, 0] == pytest.approx(-2)


def test_reach_is_what_an_appointment_can_keep():
    movement = Movement([0j], FPS)
    far = movement.reachable(0, 8 + 0j, 0, 15)
    assert 0.3 < far.real < 1.2 and far.imag == 0  # 0.6 s: at most a t^2 / 4
    assert far.real <= HARD * 0.6**2 / 4 + 1e-9
    assert movement.reachable(0, 0.3 + 0j, 0, 15) == pytest.approx(0.3)
    movement.meet(0, far, 0, 15)
    path = movement.sample(30)[:, 0]
    assert path[15] == pytest.approx(far) and limits(path)[1] <= HARD * 1.05
