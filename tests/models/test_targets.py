from dataclasses import replace

import numpy as np
import pytest

from course_lib.config import DataConfig
from course_lib.data.events import Event, event_step
from course_lib.files import InputError
from course_lib.models.targets import dilated_targets, frame_targets, gaussian_targets, hard_targets, place_targets

CLASSES = ("PASS", "SHOT", "GOAL")


def random_events(seed, num_frames, count):
    random = np.random.default_rng(seed)
    return [Event(CLASSES[random.integers(3)], int(random.integers(num_frames))) for _ in range(count)]


def slow_nearest(events, step, stride, num_steps):
    """(label, distance) of the event nearest to a step; of equally near ones the later listed."""
    best = (None, np.inf)
    for event in events:
        away = abs(min(event.frame // stride, num_steps - 1) - step)
        if away <= best[1]:
            best = (event.label, away)
    return best


def test_hard_targets_by_hand():
    events = [Event("SHOT", 3), Event("GOAL", 8), Event("PASS", 9), Event("unknown", 0), Event("PASS", 13)]
    assert hard_targets(events, CLASSES, 7, 2).argmax(axis=1).tolist() == [0, 2, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("behind", [0, 1, 40])
def test_labels_behind_the_last_frame_lie_on_the_last_step(stride, behind):
    """Such as one at the very end: a video of 25 fps has no frame 12 if it lasts 480 ms."""
    num_steps = 12 // stride
    for event in (Event("GOAL", 12 + behind), Event("GOAL", 3, position_ms=480 + 40 * behind)):
        assert event_step(event, num_steps, stride, fps=25) == num_steps - 1
        for kind in ("hard", "gaussian"):
            data = DataConfig(classes=CLASSES, stride=stride, target_kind=kind, target_sigma=0.1)
            targets = frame_targets([event], num_steps, data, fps=25)
            assert targets.argmax(axis=1).tolist() == [0] * (num_steps - 1) + [3]
        places = place_targets([replace(event, xy=(0.2, 0.8))], CLASSES, num_steps, stride, fps=25)
        assert places[-1].tolist() == pytest.approx([0.2, 0.8, 1]) and not places[:-1].any()


def test_dilated_targets_by_hand():
    events = [Event("PASS", 2), Event("SHOT", 5), Event("GOAL", 7)]
    # Step 6 is as far from SHOT as from GOAL: the later listed has it.
    expected = [0, 1, 1, 1, 2, 2, 3, 3, 3, 0]
    assert dilated_targets(events, CLASSES, 10, 1, radius=1).argmax(axis=1).tolist() == expected


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_all_kinds_against_the_slow_version(seed, stride):
    num_steps = 60
    events = random_events(seed, num_steps * stride, 12)
    radius, sigma = 2, 1.5
    hard = hard_targets(events, CLASSES, num_steps, stride)
    dilated = dilated_targets(events, CLASSES, num_steps, stride, radius)
    soft = gaussian_targets(events, CLASSES, num_steps, stride, sigma)
    for targets in (hard, dilated, soft):
        assert targets.shape == (num_steps, 4)
        assert targets.dtype == np.float32
        assert np.allclose(targets.sum(axis=1), 1, atol=1e-6)
        assert targets.min() >= 0
    for step in range(num_steps):
        label, away = slow_nearest(events, step, stride, num_steps)
        column = CLASSES.index(label) + 1
        assert hard[step].argmax() == (column if away == 0 else 0)
        assert dilated[step].argmax() == (column if away <= radius else 0)
        share = np.exp(-(away**2) / (2 * sigma**2)) if away <= 3 * sigma else 0
        assert soft[step, column] == pytest.approx(share, abs=1e-6)
        assert soft[step, 0] == pytest.approx(1 - share, abs=1e-6)


def test_no_events_is_all_background():
    for kind in ("hard", "dilated", "gaussian"):
        targets = frame_targets([], 5, DataConfig(classes=CLASSES, target_kind=kind))
        assert np.array_equal(targets, np.eye(4, dtype=np.float32)[[0] * 5])


def test_settings_choose_the_kind():
    events = random_events(9, 80, 6)
    same = np.array_equal
    data = DataConfig(classes=CLASSES, target_radius=1, target_sigma=0.7)
    assert same(frame_targets(events, 40, data), hard_targets(events, CLASSES, 40, 2))
    dilated = frame_targets(events, 40, replace(data, target_kind="dilated"))
    assert same(dilated, dilated_targets(events, CLASSES, 40, 2, 1))
    soft = frame_targets(events, 40, replace(data, target_kind="gaussian"))
    assert same(soft, gaussian_targets(events, CLASSES, 40, 2, 0.7))
    with pytest.raises(InputError, match="sigma is 0; expected more than 0"):
        gaussian_targets(events, CLASSES, 40, 2, 0)


def test_milliseconds_go_where_the_ball_action_metric_looks():
    # 1199 ms lies nearest to frame 30 but truncates to step 14 of 12.5 a second.
    event = Event("PASS", 30, position_ms=1199)
    assert event_step(event, 100, 2) == 15
    assert event_step(event, 100, 2, fps=25) == 14
    assert event_step(event, 10, 2, fps=25) == 9
    for frame in range(5000):  # exact frames are the same either way
        exact = Event("PASS", frame, position_ms=frame * 40 + 1)
        assert event_step(exact, 10**6, 2, fps=25) == frame // 2


def test_places_by_hand():
    events = [
        Event("SHOT", 5, xy=(0.25, 0.5)),
        Event("GOAL", 9),  # nobody knows where
        Event("PASS", 12, xy=(1.0, 0.0)),
        Event("unknown", 16, xy=(0.5, 0.5)),
    ]
    targets = place_targets(events, CLASSES, 10, 2)
    assert targets.dtype == np.float32 and targets.shape == (10, 3)
    assert {step: targets[step].tolist() for step in np.flatnonzero(targets.any(axis=1))} == {
        2: [0.25, 0.5, 1.0],
        6: [1.0, 0.0, 1.0],
    }
    wide = place_targets(events, CLASSES, 10, 2, radius=2)
    assert wide[:, 2].tolist() == [1] * 9 + [0]
    assert wide[:, 0].tolist() == [0.25] * 4 + [1.0] * 5 + [0]  # the nearest; at equal distance the later listed
    assert not place_targets([], CLASSES, 4, 2).any() and not place_targets([Event("PASS", 1)], CLASSES, 4, 2).any()


def test_places_of_labels_in_milliseconds_lie_where_their_classes_do():
    events = [Event("PASS", 30, xy=(0.1, 0.2), position_ms=1199)]
    assert place_targets(events, CLASSES, 100, 2, fps=25)[:, 2].argmax() == 14
    assert place_targets(events, CLASSES, 100, 2)[:, 2].argmax() == 15
