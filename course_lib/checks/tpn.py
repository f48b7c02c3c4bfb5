"""Checks of notebook 07: what a branch sees, up-sampling that keeps the time, Holm's rule.

Introduced in notebook 07.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.checks.report import close_to, listed, run_cases

__all__ = ["branch_sees", "still_standing", "upsample_on_grid"]


def branch_sees(student_function: Callable[..., Any]) -> None:
    """`branch_sees(step, stride, num_steps) -> list of int`: the input steps behind the answer that stands at `step`.

    A branch looks at steps 0, stride, 2·stride …, each time at that step and its two neighbours, and its answer stands
    until the next. Steps outside the clip (0 to num_steps - 1) are left out; num_steps is a multiple of stride. In
    rising order.
    """
    settings = [
        ("the fast branch", (5, 1, 16), [4, 5, 6], "with stride 1 the look is at the step itself"),
        ("a step at which the branch looks", (8, 4, 16), [7, 8, 9], ""),
        ("a step between two looks", (11, 4, 16), [7, 8, 9], "the answer of the last look still stands"),
        ("the branch in the middle", (7, 2, 16), [5, 6, 7], "it looks at the even steps"),
        ("the first step", (0, 2, 16), [0, 1], "there is no step -1"),
        ("the first look, held", (3, 4, 16), [0, 1], "there is no step -1, whenever the answer is read"),
        ("the last step of the fast branch", (15, 1, 16), [14, 15], "there is no step 16"),
        ("a clip of one step", (0, 1, 1), [0], ""),
    ]
    run_cases(student_function, settings, listed(int))


def upsample_on_grid(student_function: Callable[..., Any]) -> None:
    """`upsample_on_grid(looks, stride, num_steps) -> array (num_steps,)`: straight lines between looks, in their place.

    `looks` (n,) are the answers of a branch; look j belongs to step stride·j. Between two looks the answer runs along
    a straight line; after the last it stands. The input stays as it is.
    """
    rise, bump = np.array([0.0, 1.0]), np.array([0.0, 0.0, 4.0, 0.0])
    settings = [
        ("one look", np.array([3.0]), 4, 3, [3, 3, 3], "after the last look its answer stands"),
        ("two looks, two steps apart", rise, 2, 4, [0, 0.5, 1, 1], "look 1 belongs to step 2"),
        ("stride 1", np.array([5.0, 2.0, 7.0]), 1, 3, [5, 2, 7], "nothing to fill in"),
        ("a bump", bump, 4, 16, [0, 0, 0, 0, 0, 1, 2, 3, 4, 3, 2, 1, 0, 0, 0, 0], "its top belongs to step 8"),
        ("steps that are no multiple of the stride", rise, 4, 6, [0, 0.25, 0.5, 0.75, 1, 1], ""),
    ]
    cases = [
        (what, (looks, stride, num_steps), np.array(expected, dtype=float), hint)
        for what, looks, stride, num_steps, expected, hint in settings
    ]
    run_cases(student_function, cases, close_to())


def still_standing(student_function: Callable[..., Any]) -> None:
    """`still_standing(p_values, level) -> list of bool`: which of many differences stand by Holm's rule.

    Smallest p first: it is compared with level / m, the next with level / (m - 1), and so on, m being how many there
    are. The first that is larger falls, and all after it. The answers are in the order of the input.
    """
    settings = [
        ("one difference that stands", [0.01], 0.05, [True], "one question: compare with the level itself"),
        ("one that does not", [0.2], 0.05, [False], ""),
        ("two", [0.03, 0.02], 0.05, [True, True], "0.02 against 0.05 / 2, then 0.03 against 0.05 / 1"),
        (
            "one that falls and takes the next along",
            [0.04, 0.03],
            0.05,
            [False, False],
            "0.03 is more than 0.05 / 2, so it falls; 0.04 would pass against 0.05 / 1, but comes after it",
        ),
        ("the order of the input", [0.5, 0.001, 0.02], 0.05, [False, True, True], "answer in the order of the input"),
        ("p equal to its limit", [0.025, 0.5], 0.05, [True, False], "equal stands"),
        ("no questions", [], 0.05, [], ""),
        ("another level", [0.004, 0.3, 0.02], 0.01, [False, False, False], "0.004 is more than 0.01 / 3"),
    ]
    cases = [(what, (list(p), level), expected, hint) for what, p, level, expected, hint in settings]
    run_cases(student_function, cases, listed(bool))
