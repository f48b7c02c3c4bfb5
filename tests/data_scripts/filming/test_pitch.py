"""The ground: white where the laws of the game say, and of the size that the engine plays on."""

import cv2
import numpy as np
import pytest

import football.pitch
from filming import goals, stands
from filming.appearance import draw_look
from filming.pitch import GROUND_X_M, LINE_M, PITCH_M, STRIPS_Y_M, _lines, ground_planes


def painted(x: float, y: float) -> float:
    """How white the ground is at a place, from a fine texture around it."""
    coverage = _lines(y - 1.0, y + 1.0, (200, 13200))
    column = int((x - GROUND_X_M[0]) / (GROUND_X_M[1] - GROUND_X_M[0]) * 13200)
    return float(coverage[99:101, column].mean())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (0.0, 20.0),  # halfway line
        (30.0, 34 - LINE_M / 2),  # touchline
        (-52.5 + LINE_M / 2, 10.0),  # goal line
        (36.0 + LINE_M / 2, 0.0),  # penalty area
        (-47.0 - LINE_M / 2, 3.0),  # goal area
        (9.15 - LINE_M / 2, 0.0),  # centre circle
        (41.5, 0.15),  # penalty spot's ring
        (41.5 - 9.15 + LINE_M / 2, 0.0),  # the arc of the penalty area
        (-41.5 + 9.15 - LINE_M / 2, 0.0),
        (52.5 - np.sqrt(0.5) * 0.94, 34 - np.sqrt(0.5) * 0.94),  # corner arc, inside the pitch
        (-52.5 + np.sqrt(0.5) * 0.94, -34 + np.sqrt(0.5) * 0.94),
    ],
)
def test_lines_are_where_the_laws_put_them(x, y):
    assert painted(x, y) > 0.6


@pytest.mark.parametrize(("x", "y"), [(10.0, 20.0), (41.5 + 9.09, 5.8), (53.5, 33.0), (0.5, 20.0), (36.5, 0.0)])
def test_grass_is_green_elsewhere(x, y):
    assert painted(x, y) == 0.0


def test_a_thin_line_keeps_its_share_of_a_coarse_texel():
    coverage = _lines(-10, 10, (20, 132))  # one metre to a texel
    assert coverage[:, 66].mean() + coverage[:, 65].mean() == pytest.approx(LINE_M, abs=0.025)


def test_strips_overlap_and_join_without_a_seam():
    look = draw_look(4)
    planes = ground_planes(look, 1300.0, np.array([0.0, -80.0, 20.0]))
    for (_, high), (low, _) in zip(STRIPS_Y_M, STRIPS_Y_M[1:], strict=False):
        assert low < high
    for near, far in zip(planes, planes[1:], strict=False):
        # The same place, the far edge of one strip and somewhere near the bottom of the next, in thirty blocks.
        row = round((near.origin_m[1] - far.origin_m[1]) / far.step_v_m[1])
        one, other = (
            cv2.resize(rows.mean(axis=(0, 2), dtype=np.float32)[None], (30, 1), interpolation=cv2.INTER_AREA)[0]
            for rows in (near.texture[:2], far.texture[row - 1 : row + 1])
        )
        assert np.abs(one - other).max() < 4.0
        assert np.corrcoef(one, other)[0, 1] > 0.9


def test_the_stadium_has_the_size_that_is_played_on():
    assert PITCH_M == (2 * football.pitch.HALF_LENGTH, 2 * football.pitch.HALF_WIDTH)
    assert pytest.approx(2 * football.pitch.GOAL_HALF_WIDTH) == goals.GOAL_WIDTH_M
    assert goals.GOAL_HEIGHT_M == football.pitch.GOAL_HEIGHT
    assert goals.GOAL_DEPTH_M == football.pitch.GOAL_DEPTH
    assert (stands.BOARD_X_M, stands.BOARD_Y_M) == (football.pitch.BOARD_X, football.pitch.BOARD_Y)
