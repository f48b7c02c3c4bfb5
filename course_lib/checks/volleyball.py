"""Checks of notebook 09: the combined score, the suppression of chains, from a pixel to a place at a height.

Introduced in notebook 09.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.checks.report import close_to, listed, run_cases

__all__ = ["chain_best", "combined_score", "place_at_height"]


def combined_score(student_function: Callable[..., Any]) -> None:
    """`combined_score(temporal, spatial) -> float`: when and where in one number, without the protocol's epsilon.

    `temporal` maps each tolerance in steps to a mAP, `spatial` each tolerance to a dictionary from radius to AP. The
    harmonic mean 2TS / (T + S) of T, the mean of the temporal ones without tolerance 0, and S, the mean of all spatial
    ones; 0 if both are 0.
    """
    even = {1: 0.5, 2: 0.5}
    settings = [
        ("two equal halves", even, {1: {2: 0.5}, 2: {2: 0.5}}, 0.5, "T and S are both 0.5"),
        ("a low half", even, {1: {2: 0.1}, 2: {2: 0.1}}, 1 / 6, "a harmonic mean stays near the smaller of the two"),
        ("tolerance 0", {0: 0.1, 1: 0.6, 2: 0.8}, {0: {2: 0.7}, 1: {2: 0.7}, 2: {2: 0.7}}, 0.7, "T leaves it out"),
        (
            "tolerance 0 of the spatial part",
            {0: 0.0, 1: 0.4},
            {0: {2: 0.0, 4: 0.2}, 1: {2: 0.6, 4: 0.8}},
            0.4,
            "S takes it in: the mean of all four is 0.4",
        ),
        ("nothing right", {0: 0.0, 1: 0.0}, {0: {2: 0.0}, 1: {2: 0.0}}, 0.0, "0 / 0 is to be 0"),
        ("time alone", {0: 0.5, 1: 0.9}, {0: {2: 0.0}, 1: {2: 0.0}}, 0.0, "one half of the task is missing"),
    ]
    cases = [(what, (temporal, spatial), expected, hint) for what, temporal, spatial, expected, hint in settings]
    run_cases(student_function, cases, close_to(1e-5))


def chain_best(student_function: Callable[..., Any]) -> None:
    """`chain_best(frames, scores, reach) -> list of int`: one frame of each chain of close spots.

    `frames` rise and belong to one class. A spot belongs to the chain while it comes at most `reach` after the chain's
    best so far, which moves to it only if its score is strictly higher; else it begins a new chain. The bests, rising.
    """
    settings = [
        ("one spot", ([7], [0.4], 3), [7], ""),
        ("two far apart", ([7, 20], [0.4, 0.9], 3), [7, 20], "20 begins a chain of its own"),
        ("two close ones", ([7, 9], [0.4, 0.9], 3), [9], "the higher of the two stays"),
        ("a bump", ([4, 5, 6, 7, 8], [0.3, 0.6, 0.9, 0.5, 0.3], 3), [6], "one spot for one bump"),
        ("exactly in reach", ([10, 13], [0.5, 0.4], 3), [10], "at most 3 after it: 3 is still in reach"),
        (
            "a chain that rises",
            ([0, 3, 6, 9], [0.1, 0.2, 0.3, 0.4], 3),
            [9],
            "whenever the best moves, its reach moves along, however long the chain becomes",
        ),
        (
            "a chain that falls",
            ([0, 3, 6, 9], [0.4, 0.3, 0.2, 0.1], 3),
            [0, 6],
            "reach counts from the best, not from the last spot: 6 is out of reach of 0 and begins a chain",
        ),
        ("equal scores", ([0, 2, 4], [0.5, 0.5, 0.5], 3), [0, 4], "the best moves to a strictly higher score only"),
        ("no spots", ([], [], 3), [], ""),
    ]
    run_cases(student_function, settings, listed(int))


def place_at_height(student_function: Callable[..., Any]) -> None:
    """`place_at_height(pixel, camera, height_m) -> array (2,)`: x and y on the court of what is seen at a pixel.

    `camera` (3, 4) takes homogeneous metres (x, y, z, 1) to homogeneous pixels (u w, v w, w); `pixel` is (u, v), and z
    is `height_m`.
    """
    from_above = np.array([[100.0, 0, 0, 200], [0, -100.0, 0, 100], [0, 0, 0, 1]])  # all heights fall on one another
    seen_from_side = _camera(height_m=9.0, away_m=22.0)
    settings = [
        ("a map from above", (300.0, 100.0), from_above, 0.0, (1.0, 0.0), "u = 100 x + 200, v = 100 - 100 y"),
        ("another place on that map", (150.0, 250.0), from_above, 2.0, (-0.5, -1.5), "its v grows downwards"),
        *(
            (what, _project(seen_from_side, *place, height), seen_from_side, height, place, hint)
            for what, place, height, hint in (
                ("a camera, a ball on the floor", (2.0, 1.0), 0.0, "divide: u and v are u w / w and v w / w"),
                ("a camera, a ball up high", (2.0, 1.0), 3.1, "height · the third column belongs to the fourth"),
                ("a camera, a corner of the court", (-9.0, 4.5), 0.1, ""),
            )
        ),
    ]
    cases = [
        (what, (np.array(pixel), camera, height), np.array(place), hint)
        for what, pixel, camera, height, place, hint in settings
    ]
    run_cases(student_function, cases, close_to(1e-5))


def _camera(height_m: float, away_m: float, focal_px: float = 500.0) -> np.ndarray:
    """A camera beside the court that looks at the middle of the net's foot, as a matrix (3, 4)."""
    ahead = np.array([0.0, away_m, -height_m])
    ahead /= np.linalg.norm(ahead)
    right = np.array([1.0, 0.0, 0.0])
    rotation = np.stack([right, np.cross(ahead, right), ahead])  # rows: to the right, down, ahead
    lens = np.array([[focal_px, 0, 199.0], [0, focal_px, 112.0], [0, 0, 1]])
    return lens @ np.column_stack([rotation, rotation @ np.array([0.0, away_m, -height_m])])


def _project(camera: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
    u, v, w = camera @ (x, y, z, 1.0)
    return np.array([u / w, v / w])
