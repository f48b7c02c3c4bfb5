"""Checks of notebook 10: the kind of a spot, differences on the same draws, the calibration error.

Introduced in notebook 10.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.checks.report import close_to, run_cases, same_number

__all__ = ["calibration_error", "paired_gaps", "spot_kind"]


def spot_kind(student_function: Callable[..., Any]) -> None:
    """`spot_kind(label, frame, truths, radius, reach) -> str`: what is wrong with a spot that found nothing.

    `truths` is a list of (label, frame, found): the labels of the video, and whether some spot found them. The answer
    is the first that fits: "duplicate" (a label of its class within `radius` frames), "confused" (a label of another
    class within `radius`), "mistimed" (a label of its class that nobody found within `reach` times `radius`),
    "background". Both ends belong.
    """
    only = ("PASS", 100, True)
    lost = ("PASS", 140, False)
    settings = [
        ("an empty video", ("PASS", 100, [], 12, 3), "background", "nothing is near where nothing is"),
        ("a label of its class close by", ("PASS", 104, [only], 12, 3), "duplicate", ""),
        ("a label exactly on the radius", ("PASS", 112, [only], 12, 3), "duplicate", "the radius itself belongs"),
        ("a label of another class close by", ("SHOT", 95, [only], 12, 3), "confused", "before or after"),
        ("a missed label of its class further off", ("PASS", 110, [lost], 12, 3), "mistimed", ""),
        ("a label exactly at the reach", ("PASS", 104, [lost], 12, 3), "mistimed", "3 times 12 is 36: it belongs"),
        ("a label past the reach", ("PASS", 103, [lost], 12, 3), "background", ""),
        ("a label of its class further off that was found", ("PASS", 120, [only], 12, 3), "background",
         "that label has its spot: moving this one there would help nobody"),
        ("both close by", ("PASS", 105, [only, ("SHOT", 106, False)], 12, 3), "duplicate", "the first that fits"),
        ("another class close by, its own further off", ("PASS", 120, [lost, ("SHOT", 121, True)], 12, 3), "confused",
         "what lies within the tolerance explains more than what lies beyond"),
        ("other numbers", ("a", 10, [("a", 30, False)], 4, 5), "mistimed", "use radius and reach as they are given"),
    ]  # fmt: skip
    run_cases(student_function, settings)


def paired_gaps(student_function: Callable[..., Any]) -> None:
    """`paired_gaps(first, second, labels, draws) -> array (R,)`: differences of recall on the same draws of matches.

    `first` and `second` (U,) are how many labels each system found in each match, of `labels` (U,). `draws` (R, U) are
    places of matches, one row a draw, with repeats. Of each draw: the recall of the second system less that of the
    first, all labels of the draw pooled.
    """
    first, second, labels = np.array([6, 2, 0]), np.array([9, 2, 1]), np.array([10, 5, 5])
    settings = [
        ("one draw of everything", (first, second, labels, [[0, 1, 2]]), [4 / 20], "(9+2+1)/20 less (6+2+0)/20"),
        ("a match twice", (first, second, labels, [[0, 0, 1]]), [6 / 25], "drawn twice, it counts twice, labels too"),
        ("matches of different size", (first, second, labels, [[0, 2, 2]]), [5 / 20],
         "pool the labels of a draw: a mean of the recalls would weigh small matches too much"),
        ("several draws", (first, second, labels, [[1, 1, 1], [2, 2, 1], [0, 1, 2]]), [0, 2 / 15, 4 / 20], ""),
        ("the same system twice", (second, second, labels, [[0, 0, 1], [2, 1, 2]]), [0, 0],
         "both must be read at the same draw: then nothing is left"),
        ("one match", (np.array([3]), np.array([1]), np.array([4]), [[0], [0]]), [-0.5, -0.5], "second less first"),
    ]  # fmt: skip
    cases = [
        (what, (*arguments[:3], np.array(arguments[3])), np.array(expected, float), hint)
        for what, arguments, expected, hint in settings
    ]
    run_cases(student_function, cases, close_to(1e-9))


def calibration_error(student_function: Callable[..., Any]) -> None:
    """`calibration_error(scores, hits, num_bins) -> float`: how far scores are from the share of hits.

    `scores` (N,) from 0 to 1, `hits` (N,) of bool. Bins of equal width over 0 to 1; a bin holds its lower edge, the
    last one 1 as well. In each bin: the distance of the mean score from the share of hits. The answer is their mean,
    every bin weighing as many spots as it holds; empty bins weigh nothing.
    """
    settings = [
        ("one spot that is right", ([0.75], [True], 4), 0.25, "its score says 0.75, its share of hits is 1"),
        ("one bin", ([0.2, 0.4, 0.6], [True, False, False], 1), 0.4 - 1 / 3, ""),
        ("two bins that err alike", ([0.2, 0.8], [True, False], 2), 0.8, "a distance is never below 0"),
        ("bins of different size", ([0.1, 0.1, 0.1, 0.9], [False, False, True, False], 2),
         (3 * (1 / 3 - 0.1) + 0.9) / 4, "a bin weighs as many spots as it holds"),
        ("a score on an edge", ([0.5, 0.6], [True, True], 2), 0.45, "0.5 belongs to the bin from 0.5 on"),
        ("a score of 1", ([1.0, 0.9], [False, True], 10), 0.45, "1 belongs to the last bin, [0.9, 1]"),
        ("ten bins, eight of them empty", ([0.05, 0.95], [False, True], 10), 0.05, "leave out the empty ones"),
    ]  # fmt: skip
    cases = [
        (what, (np.array(arguments[0]), np.array(arguments[1]), arguments[2]), expected, hint)
        for what, arguments, expected, hint in settings
    ]
    run_cases(student_function, cases, same_number(1e-9))
