"""Checks of notebook x08: shares of classes, names that leave a folder, matches in two splits.

Introduced in notebook x08.
"""

from collections.abc import Callable
from typing import Any

from course_lib.checks.report import listed, run_cases

__all__ = ["leaking_matches", "share_gaps", "unsafe_names"]

_SEASON = "england_efl/2019-2020"


def share_gaps(student_function: Callable[..., Any]) -> None:
    """`share_gaps(here, there) -> dict`: class → its share `here` minus its share `there`, in percent points.

    Both are class → number of events. A class that one of them lacks has the share 0 there, and is in the answer too.
    """
    cases = [
        ("the same counts", ({"PASS": 3, "OUT": 1}, {"PASS": 3, "OUT": 1}), {"PASS": 0, "OUT": 0}, ""),
        (
            "twice as many of everything",
            ({"PASS": 6, "OUT": 2}, {"PASS": 3, "OUT": 1}),
            {"PASS": 0, "OUT": 0},
            "a share is a number divided by the sum of all numbers of its own side",
        ),
        ("half against a quarter", ({"PASS": 1, "OUT": 1}, {"PASS": 3, "OUT": 1}), {"PASS": -25, "OUT": 25}, ""),
        (
            "a class that is not here",
            ({"PASS": 4}, {"PASS": 3, "GOAL": 1}),
            {"PASS": 25, "GOAL": -25},
            "go over the classes of both sides; .get(label, 0)",
        ),
        ("a class that is only here", ({"PASS": 1, "SHOT": 1}, {"PASS": 2}), {"PASS": -50, "SHOT": 50}, ""),
        ("nothing here yet", ({}, {"PASS": 3, "OUT": 1}), {"PASS": -75, "OUT": -25}, "of no events all shares are 0"),
    ]

    def same(answer: Any, expected: dict[str, float]) -> bool:
        return set(answer) == set(expected) and all(abs(answer[k] - expected[k]) < 1e-6 for k in expected)

    run_cases(student_function, cases, same)


def unsafe_names(student_function: Callable[..., Any]) -> None:
    """`unsafe_names(names) -> list`: the names of an archive that may lead out of the folder it is unpacked to.

    In the order given. Unsafe is a name that is absolute (for Unix or for Windows: `/a`, `C:/a`), that holds a
    backslash, or of which a part between slashes is `..`.
    """
    cases = [
        ("plain names", (["a/224p.mp4", f"{_SEASON}/b/Labels-ball.json"],), [], ""),
        ("..", (["../a", "a/../../b", "a/b/.."],), ["../a", "a/../../b", "a/b/.."], "look at every part"),
        (
            "dots that are no way up",
            (["a/..b/c", "a...b", ".hidden/a", "a/b..c"],),
            [],
            "a part is unsafe if it IS '..', not if it holds two dots: split at '/'",
        ),
        ("absolute names", (["/etc/passwd", "a/etc"],), ["/etc/passwd"], ""),
        ("Windows", (["a\\..\\b", "C:/a", "c:a", "a/b"],), ["a\\..\\b", "C:/a", "c:a"], "a letter and a colon"),
        ("a colon further on", (["a/2015 - 18:00 b/1.mkv"],), [], "only a letter and a colon at the very start"),
        ("nothing", ([],), [], ""),
    ]
    run_cases(student_function, cases, listed())


def leaking_matches(student_function: Callable[..., Any]) -> None:
    """`leaking_matches(splits) -> list`: pairs (date, first word of the home team) of matches in more than one split.

    Sorted. `splits` is split → matches, each "league/season/date - home - away" or only the last part of it. Copies
    spell teams differently: "Leeds United" and "Leeds" of one day are one match. Upper and lower case do not matter;
    the answer has the word in lower case.
    """
    leeds, reading = "2019-10-01 - Leeds United - West Bromwich", "2019-10-01 - Reading - Fulham"
    cases = [
        ("two splits with a match each", ({"train": [leeds], "test": [reading]},), [], ""),
        ("a match in both", ({"train": [leeds, reading], "test": [reading]},), [("2019-10-01", "reading")], ""),
        (
            "folders before it",
            ({"train": [f"{_SEASON}/{leeds}"], "val": [leeds]},),
            [("2019-10-01", "leeds")],
            "take what stands after the last slash",
        ),
        (
            "another spelling",
            ({"train": [leeds], "test": ["2019-10-01 - LEEDS - West Bromwich Albion"]},),
            [("2019-10-01", "leeds")],
            "only the date and the first word of the home team count, in lower case",
        ),
        (
            "the same teams on another day",
            ({"train": [reading], "test": ["2020-01-01 - Reading - Fulham"]},),
            [],
            "these are two matches",
        ),
        ("twice in one split", ({"train": [reading, f"{_SEASON}/{reading}"], "test": [leeds]},), [], ""),
        (
            "two leaks among three splits",
            ({"test": [reading, leeds], "train": [leeds], "val": [reading, leeds]},),
            [("2019-10-01", "leeds"), ("2019-10-01", "reading")],
            "each once, sorted",
        ),
    ]
    run_cases(student_function, cases, listed(tuple))
