"""The pitch from above: the ball's way, on the ground and in the air, and numbered events on it."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Arc

from course_lib.classes import BALL_12
from course_lib.events import Event
from course_lib.plots import plot_ball_path

pytestmark = pytest.mark.usefixtures("closes_figures")


def _path():
    """A ball that rolls for three frames and flies for two."""
    return np.array([[0, 0, 0.1], [1, 2, 0.1], [2, 4, 0.1], [3, 6, 1.5], [4, 8, 2.0]], np.float32)


def test_events_are_numbered_where_the_ball_is():
    events = [Event("OUT", 99), Event("PASS", 101), Event("SHOT", 104), Event("GOAL", 105)]
    _, ax = plot_ball_path(_path(), events, BALL_12, first_frame=100, fps=25)
    marks = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_markersize() == 17]
    assert marks == [[1, 2], [4, 8]]  # frames 99 and 105 lie outside
    assert [text.get_text() for text in ax.texts] == ["1", "2"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["1  PASS, 0.0 s", "2  SHOT, 0.2 s"]


def test_ground_and_air():
    _, ax = plot_ball_path(_path(), [], BALL_12)
    ground, path = (next(line for line in ax.lines if line.get_gid() == name) for name in ("ground", "path"))
    assert np.isnan(ground.get_xdata()).tolist() == [False, False, False, True, True]
    assert path.get_xydata().tolist() == _path()[:, :2].tolist()
    assert ax.get_legend() is None


def test_the_arc_of_each_box_begins_and_ends_on_its_line():
    _, ax = plot_ball_path(_path(), [], BALL_12)
    arcs = [patch for patch in ax.patches if isinstance(patch, Arc)]
    ends = sorted(
        round(float(arc.center[0] + 9.15 * np.cos(np.radians(angle))), 6)
        for arc in arcs
        for angle in (arc.theta1, arc.theta2)
    )
    assert ends == [-36, -36, 36, 36]  # 16.5 m from the goal lines
    for arc in arcs:
        middle = arc.center[0] + 9.15 * np.cos(np.radians((arc.theta1 + arc.theta2) / 2))
        assert abs(middle) < 36  # outside the box


def test_given_axes_are_used():
    fig, given = plt.subplots()
    assert plot_ball_path(_path(), [], BALL_12, ax=given) == (fig, given)
