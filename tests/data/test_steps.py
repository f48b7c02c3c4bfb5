"""One placing of events: against the rule written out, and alike in targets, tables and official vectors."""

import numpy as np
import pytest

from course_lib.data.events import Event, Video, event_step, event_steps, frame_steps, position_steps
from course_lib.models.targets import hard_targets
from course_lib.scoring.ball import label_table, official_frames
from course_lib.scoring.rule import Rule

EVENTS = [
    *(Event("a", round(ms / 40), position_ms=int(ms)) for ms in np.random.default_rng(0).integers(0, 100_000, 300)),
    *(Event("a", frame) for frame in range(0, 2500, 7)),
]


@pytest.mark.parametrize("fps", [25.0, 24.0, 29.97])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_steps_are_the_rule_written_out(stride, fps):
    expected = [
        event.frame // stride if event.position_ms is None else int(fps / stride * (event.position_ms / 1000))
        for event in EVENTS
    ]
    assert event_steps(EVENTS, stride, fps, fps).tolist() == expected
    assert [event_step(event, 400, stride, fps) for event in EVENTS] == [min(step, 399) for step in expected]
    by_frame = [event.frame // stride for event in EVENTS]
    assert event_steps(EVENTS, stride, fps, fps, by_position=False).tolist() == by_frame
    assert [event_step(event, 10**6, stride) for event in EVENTS] == by_frame


def test_another_rate_goes_by_time():
    # 50 pictures a second, scored at 25: two pictures a frame; exact multiples do not fall one short.
    assert frame_steps(range(8), 2, 25.0, 50.0).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    every_sixth = np.arange(0, 60_000, 6)
    assert frame_steps(every_sixth, 1, 25.0, 30.0).tolist() == list(range(0, 50_000, 5))
    assert frame_steps([], 2, 25.0, 50.0).tolist() == []


def test_targets_tables_and_official_vectors_place_alike():
    video = Video("v", None, 2500, 25.0, 8, 8, tuple(EVENTS))
    steps = sorted(set(np.minimum(event_steps(EVENTS, 2, 25.0, 25.0), 1249).tolist()))
    assert np.flatnonzero(hard_targets(EVENTS, ["a"], 1250, 2, 25.0)[:, 1]).tolist() == steps
    assert label_table([video], Rule(("a",), stride=2)).frame.tolist() == steps
    positions = [event.position_ms for event in EVENTS if event.position_ms is not None]
    assert official_frames(positions, 25).tolist() == position_steps(positions, 25).tolist()
