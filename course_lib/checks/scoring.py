"""Checks of notebook 01: matching, average precision, suppression. Introduced in notebook 01."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.checks.report import answered, listed, run_cases, same_number
from course_lib.data.events import Event
from course_lib.scoring.matching import pair_events

__all__ = ["average_precision_11", "match_events", "suppress"]


def _hits(
    truth_frames: Sequence[int], pred_frames: Sequence[int], scores: Sequence[float], tolerance: int
) -> list[bool]:
    """The library's answer to the exercise."""
    spots = [Event("PASS", frame, score) for frame, score in zip(pred_frames, scores, strict=True)]
    _, of_spot = pair_events([Event("PASS", frame) for frame in truth_frames], spots, tolerance)
    return [bool(index >= 0) for index in of_spot]


def match_events(student_function: Callable[..., Any]) -> None:
    """`match_events(truth_frames, pred_frames, scores, tolerance_frames) -> list of bool`, one for each prediction.

    One class of one video, all predictions at different frames. Labels in time order; each takes the unused prediction
    of highest score at most `tolerance_frames` away (either side, inclusive), of equal scores the earliest.
    """
    by_hand = [
        ("a prediction at the label's frame", ([50], [50], [0.9], 5), [True], ""),
        (
            "a prediction exactly at the edge",
            ([50], [55], [0.9], 5),
            [True],
            "a distance equal to the tolerance counts",
        ),
        ("a prediction one frame too far", ([50], [44], [0.9], 5), [False], ""),
        ("no predictions", ([50], [], [], 5), [], "an empty list: one answer for each prediction"),
        ("no labels", ([], [50, 60], [0.9, 0.8], 5), [False, False], ""),
        (
            "two predictions for one label",
            ([50], [50, 53], [0.4, 0.9], 5),
            [False, True],
            "a label takes the most confident prediction in its window, not the nearest, and only one",
        ),
        (
            "two labels near one prediction",
            ([48, 52], [50], [0.9], 5),
            [True],
            "a prediction is used up by the first label that takes it",
        ),
        (
            "labels that dispute a prediction",
            ([10, 20], [5, 15], [0.5, 0.9], 6),
            [False, True],
            "go through the labels, not the predictions: the label at 10 takes the prediction at 15, as it is the more "
            "confident in its window; nothing is left for the label at 20",
        ),
        (
            "labels that are not in time order",
            ([20, 10], [5, 15], [0.5, 0.9], 6),
            [False, True],
            "the earliest label chooses first, wherever it stands in the list",
        ),
        (
            "equal scores",
            ([50], [53, 48], [0.7, 0.7], 5),
            [False, True],
            "of equal scores the earliest frame is taken, wherever it stands in the list",
        ),
        (
            "predictions with score 0",
            ([50], [50], [0.0], 5),
            [True],
            "matching knows no threshold: a score of 0 counts",
        ),
    ]
    draw = np.random.default_rng(2)
    drawn = []
    for number in range(1, 6):
        truth = draw.choice(120, 14, replace=False).tolist()
        found = draw.choice(120, 25, replace=False).tolist()
        # Few different scores, so that there are ties.
        arguments = (truth, found, (draw.integers(1, 10, 25) / 10).tolist(), 4)
        hint = "every simple case is right; draw this one on paper, label by label"
        drawn.append((f"random lists, no. {number}", arguments, hint))
    run_cases(student_function, [*by_hand, *answered(_hits, drawn)], listed(bool))


def average_precision_11(student_function: Callable[..., Any]) -> None:
    """`average_precision_11(recall, precision) -> float`: the mean over recalls 0, 0.1 ... 1 of the best precision
    at that recall or more, 0 where no recall is high enough. Two NumPy arrays of one length, in any order."""
    by_hand = [
        ("a perfect detector", ([0.5, 1.0], [1.0, 1.0]), 1.0, ""),
        ("half of the events found, all right", ([0.5], [1.0]), 6 / 11, "recalls 0 to 0.5 are six of the eleven"),
        (
            "precision that rises again",
            ([0.25, 0.45, 0.65], [0.5, 0.2, 0.6]),
            7 * 0.6 / 11,
            "at each recall the best precision at that recall or more counts, not the precision there",
        ),
        ("points in another order", ([0.65, 0.25, 0.45], [0.25, 1.0, 0.5]), (3 * 1 + 2 * 0.5 + 2 * 0.25) / 11, ""),
        (
            "a recall of exactly 0.3",
            ([0.3], [1.0]),
            4 / 11,
            "3 * 0.1 is a little more than 0.3 in floating point; take np.arange(11) / 10 for the recalls",
        ),
        ("nothing found", ([0.0, 0.0], [0.0, 0.0]), 0.0, ""),
        ("no points at all", ([], []), 0.0, "where no recall is high enough the precision counts 0"),
    ]
    cases = [
        (what, tuple(np.array(values, dtype=float) for values in arguments), expected, hint)
        for what, arguments, expected, hint in by_hand
    ]
    run_cases(student_function, cases, same_number(1e-9))


def suppress(student_function: Callable[..., Any]) -> None:
    """`suppress(frames, scores, window) -> list of int`: the frames that stay, in time order.

    Greedy and symmetric: keep the highest score, drop all others at most `window` frames from it, and go on with what
    is left. Of equal scores the earliest frame is kept.
    """
    by_hand = [
        ("one spot", ([10], [0.9], 3), [10], ""),
        ("no spots", ([], [], 3), [], "an empty list"),
        ("two spots close together", ([10, 12], [0.4, 0.9], 3), [12], "the higher score stays"),
        (
            "two spots exactly a window apart",
            ([10, 13], [0.9, 0.4], 3),
            [10],
            "a distance equal to the window is dropped",
        ),
        ("two spots further apart than the window", ([10, 14], [0.9, 0.4], 3), [10, 14], ""),
        (
            "a weaker spot before the stronger",
            ([10, 13], [0.4, 0.9], 3),
            [13],
            "symmetric: look as far back as ahead",
        ),
        (
            "a chain of three",
            ([10, 13, 16], [0.9, 0.8, 0.7], 3),
            [10, 16],
            "13 is dropped by 10, so it can no longer drop 16: a dropped spot suppresses nothing",
        ),
        ("spots in another order", ([30, 10, 20], [0.5, 0.9, 0.7], 3), [10, 20, 30], "give the frames in time order"),
        ("equal scores", ([12, 10], [0.5, 0.5], 3), [10], "of equal scores the earliest frame stays"),
        ("a window of 0", ([10, 11], [0.9, 0.8], 0), [10, 11], "nothing but the spot itself is that near"),
        ("a score of 0", ([10, 20], [0.0, 0.5], 3), [10, 20], "there is no threshold here"),
    ]
    run_cases(student_function, by_hand, listed(int))
