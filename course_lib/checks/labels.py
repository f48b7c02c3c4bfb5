"""Checks of notebook 00: counting classes, milliseconds to frames, the busiest minute. Introduced in notebook 00."""

from collections.abc import Callable
from typing import Any

from course_lib.checks.report import run_cases
from course_lib.data.events import Event

__all__ = ["busiest_minute", "count_classes", "frame_of"]


def _events(*labels_and_frames: tuple[str, int]) -> list[Event]:
    return [Event(label, frame) for label, frame in labels_and_frames]


def count_classes(student_function: Callable[..., Any]) -> None:
    """`count_classes(events) -> dict`: class to number of events; classes with none may be left out or be 0."""
    same_frame = _events(("PASS", 7), ("DRIVE", 7), ("PASS", 7))
    cases = [
        (
            "three events of two classes",
            (_events(("PASS", 10), ("DRIVE", 30), ("PASS", 55)),),
            {"PASS": 2, "DRIVE": 1},
            "",
        ),
        ("one goal", (_events(("GOAL", 0)),), {"GOAL": 1}, "frame 0 is a frame like any other"),
        ("no events", ([],), {}, "nothing to count: an empty dictionary"),
        ("events at the same frame", (same_frame,), {"PASS": 2, "DRIVE": 1}, "count every event, also simultaneous"),
        ("a tuple of events", (tuple(same_frame),), {"PASS": 2, "DRIVE": 1}, ""),
    ]

    def same(answer: Any, expected: dict[str, int]) -> bool:
        return {label: number for label, number in answer.items() if number != 0} == expected

    run_cases(student_function, cases, same)


def frame_of(student_function: Callable[..., Any]) -> None:
    """`frame_of(position_ms, fps) -> int`: the official frame, `int(fps * (position_ms / 1000))`, in that order."""
    order = "SoccerNet divides by 1000 first, then multiplies by fps, then cuts off: int(fps * (position_ms / 1000))"
    cases = [
        ("0 ms at 25 fps", (0, 25), 0, ""),
        ("680 ms at 25 fps", (680, 25), 17, "one frame lasts 1000 / fps milliseconds"),
        ("700 ms at 25 fps", (700, 25), 17, "a frame lasts until the next begins: cut off, do not round"),
        ("1160 ms at 25 fps", (1160, 25), 28, f"exactly it would be 29, but not in floating point. {order}"),
        ("2320 ms at 25 fps", (2320, 25), 57, order),
        ("680 ms at 12.5 fps", (680, 12.5), 8, "use fps, not 25"),
        ("45:00 at 25 fps", (2_700_000, 25), 67_500, ""),
    ]
    run_cases(student_function, cases)


def busiest_minute(student_function: Callable[..., Any]) -> None:
    """`busiest_minute(events, fps) -> int`: the minute (0 is the first) with most events; the earliest if several."""
    second = _events(("PASS", 10), ("PASS", 1500), ("DRIVE", 2000), ("PASS", 3000))
    cases = [
        ("one event in the first minute", (_events(("PASS", 10)), 25), 0, "minutes count from 0"),
        ("two events in the second minute", (second, 25), 1, "at 25 fps minute 1 is the frames 1500 to 2999"),
        ("the same events backwards", (second[::-1], 25), 1, "the events need not be in order"),
        ("the same frames at 12.5 fps", (second, 12.5), 2, "a minute has 60 * fps frames"),
        (
            "two minutes with as many events",
            (_events(("PASS", 4500), ("PASS", 1600), ("SHOT", 4600), ("DRIVE", 1700)), 25),
            1,
            "of minutes with as many events the earliest counts, wherever its events stand in the list",
        ),
    ]
    run_cases(student_function, cases)
