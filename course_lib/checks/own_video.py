"""Checks of notebook 11: a clock for subtitles, what a window keeps, corrections to a list of spots.

Introduced in notebook 11.
"""

from collections.abc import Callable
from typing import Any

from course_lib.checks.report import listed, run_cases

__all__ = ["correct_spots", "kept_parts", "srt_clock"]


def srt_clock(student_function: Callable[..., Any]) -> None:
    """`srt_clock(seconds) -> str`: hours, minutes, seconds and milliseconds as subtitles have them, "01:02:05,500".

    Rounded to the nearest millisecond as a whole: 59.9996 s is a minute.
    """
    settings = [
        ("the beginning", 0.0, "00:00:00,000", "two digits each, three after the comma"),
        ("half a second", 0.5, "00:00:00,500", "a comma, no point"),
        ("seven hundredths", 7.07, "00:00:07,070", "70 milliseconds are 070"),
        ("more than a minute", 83.25, "00:01:23,250", ""),
        ("more than an hour", 3725.5, "01:02:05,500", "minutes start anew after 59"),
        ("just before a minute", 59.9996, "00:01:00,000", "round to milliseconds first, divide afterwards"),
        ("a number that doubles cannot hold", 1.001, "00:00:01,001", "int() cuts 1000.9999999; round() doesn't"),
        ("a long day", 360000.0, "100:00:00,000", "hours may have three digits"),
    ]
    run_cases(student_function, [(what, (sec,), expected, hint) for what, sec, expected, hint in settings])


def kept_parts(student_function: Callable[..., Any]) -> None:
    """`kept_parts(num_steps, window, margin) -> list of (start, first, stop)`: windows, and which steps of each count.

    Windows of `window` steps begin at 0, window - 2·margin, 2·(window - 2·margin) … as long as they fit; if steps are
    left over, a last one ends with the video. Of each the steps from `first` up to, not including, `stop` are kept:
    all but `margin` at either edge, except at the ends of the video; where two windows could keep a step, the earlier
    has it. num_steps >= window > 2·margin.
    """
    settings = [
        ("one window, no more steps", (8, 8, 2), [(0, 0, 8)], "both its edges are ends of the video"),
        ("no margin", (8, 4, 0), [(0, 0, 4), (4, 4, 8)], "windows then lie end to end"),
        ("two windows", (12, 8, 2), [(0, 0, 6), (4, 6, 12)], "the first gives up its last 2 steps, not its first 2"),
        ("three windows", (16, 8, 2), [(0, 0, 6), (4, 6, 10), (8, 10, 16)], "the one in the middle gives up both"),
        ("steps left over", (13, 8, 2), [(0, 0, 6), (4, 6, 10), (5, 10, 13)], "the last window ends with the video"),
        ("a margin of one", (11, 5, 1), [(0, 0, 4), (3, 4, 7), (6, 7, 11)], "each begins 5 - 2·1 steps further"),
        ("left over without a margin", (10, 4, 0), [(0, 0, 4), (4, 4, 8), (6, 8, 10)], "the earlier window has them"),
    ]
    run_cases(student_function, settings, listed(lambda part: tuple(map(int, part))))


def correct_spots(student_function: Callable[..., Any]) -> None:
    """`correct_spots(spots, rejected, moved) -> list of (frame, label)`: a list of spots, corrected, in time order.

    `spots` is a list of (frame, label); `rejected` a set of such pairs that are to go; `moved` a dictionary from such
    a pair to the frame where it belongs. A pair that is no spot changes nothing. The input stays as it is.
    """
    spots = [(10, "PASS"), (10, "DRIVE"), (40, "SHOT")]
    settings = [
        ("nothing to correct", set(), {}, spots[:], ""),
        ("one rejected", {(40, "SHOT")}, {}, spots[:2], "the pair is to go"),
        ("two in one frame", {(10, "PASS")}, {}, spots[1:], "a pair is frame and label: the DRIVE stays"),
        ("one moved", set(), {(40, "SHOT"): 44}, [*spots[:2], (44, "SHOT")], "it keeps its label"),
        ("one moved to the front", set(), {(40, "SHOT"): 4}, [(4, "SHOT"), *spots[:2]], "in time order"),
        ("a pair that is no spot", {(11, "PASS")}, {(12, "GOAL"): 13}, spots[:], "it changes nothing"),
        ("moved and rejected", {(40, "SHOT")}, {(40, "SHOT"): 44}, spots[:2], "rejected counts more"),
        ("moved to where another was rejected", {(10, "DRIVE")}, {(40, "SHOT"): 10}, None, "first reject, then move"),
    ]
    cases = [
        (what, (spots, rejected, moved), expected or [(10, "PASS"), (10, "SHOT")], hint)
        for what, rejected, moved, expected, hint in settings
    ]

    def same(answer: Any, expected: list[tuple[int, str]]) -> bool:
        pairs = [(int(frame), str(label)) for frame, label in answer]
        return sorted(pairs) == sorted(expected) and [f for f, _ in pairs] == sorted(f for f, _ in pairs)

    run_cases(student_function, cases, same)
