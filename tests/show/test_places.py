"""Where: the ball's way over the pitch, places on the court, and heat maps over pictures."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Arc, Rectangle

from course_lib import show
from course_lib.data.events import BALL_12, VOLLEYBALL_6, Event, class_colours
from course_lib.files import InputError
from course_lib.show.places import draw_places, plot_ball_path, plot_court

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


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


def titles(axes):
    return [ax.get_title(loc="left") for ax in axes.flat if ax.axison or ax.get_title(loc="left")]


def test_the_court_has_the_lines_of_the_rules():
    fig, ax = plot_court()
    outline = [patch for patch in ax.patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    assert [(patch.get_xy(), patch.get_width(), patch.get_height()) for patch in outline] == [((-9, -4.5), 18, 9)]
    lines = {gid: [line for line in ax.lines if line.get_gid() == gid] for gid in ("attack line", "net")}
    assert [line.get_xydata().tolist() for line in lines["attack line"]] == [[[x, -4.5], [x, 4.5]] for x in (-3.0, 3.0)]
    ((net,),) = [lines["net"]]
    assert set(net.get_xdata()) == {0} and net.get_ydata()[1] > 4.5
    assert ax.get_aspect() == 1 and fig is ax.figure
    given = plt.subplots()
    assert plot_court(given[1]) == given


def test_places_are_drawn_where_they_are():
    _, ax = plot_court()
    places = np.array([[5.0, -2.0], [5.0, -2.0], [-6.0, 3.0], [np.nan, np.nan], [40.0, 0.0]])
    assert draw_places(ax, places, "#0072b2") == 3
    (dots,) = ax.collections
    assert dots.get_offsets().tolist() == [[5, -2], [5, -2], [-6, 3]]
    (image,) = ax.images
    heat, (left, right, bottom, top) = np.asarray(image.get_array()), image.get_extent()
    assert ax.get_aspect() == 1
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert left + (column + 0.5) / heat.shape[1] * (right - left) == pytest.approx(5, abs=0.1)
    assert bottom + (row + 0.5) / heat.shape[0] * (top - bottom) == pytest.approx(-2, abs=0.1)
    assert image.origin == "lower" and heat.max() == 1

    def at(x, y):
        return heat[
            int((y - bottom) / (top - bottom) * heat.shape[0]), int((x - left) / (right - left) * heat.shape[1])
        ]

    assert at(-6, 3) == pytest.approx(0.5, abs=0.02) and at(0, 0) < 1e-6  # one place against two
    # As steep across the court as along it.
    assert [at(5.6, -2), at(5, -1.4)] == pytest.approx([np.exp(-0.5)] * 2, abs=0.1)


def test_no_place_draws_nothing():
    _, ax = plot_court()
    assert draw_places(ax, np.empty((0, 2)), "#0072b2") == 0
    assert not ax.images
    number = len(ax.collections)
    assert draw_places(ax, [[1.0, 1.0]], "#0072b2", dots=False) == 1
    assert len(ax.collections) == number and len(ax.images) == 1


def test_labels_stand_beside_predictions():
    truth = {"serve": np.array([[-9.5, 1.0], [9.5, 1.0]]), "spike": np.array([[1.0, 3.0]])}
    _, axes = show.plot_court_places(truth, VOLLEYBALL_6, {"serve": np.array([[-9.0, 2.0]])})
    assert axes.shape == (3, 4)
    assert titles(axes)[:4] == [
        "serve: labels (2)",
        "serve: predicted (1)",
        "receive: labels (0)",
        "receive: predicted (0)",
    ]
    assert axes[0, 0].collections[0].get_offsets().tolist() == [[-9.5, 1], [9.5, 1]]
    assert axes[0, 1].collections[0].get_offsets().tolist() == [[-9, 2]]
    assert to_hex(axes[0, 1].collections[0].get_facecolor()[0]) == class_colours(VOLLEYBALL_6)["serve"]
    _, axes = show.plot_court_places(truth, ("serve", "spike"))
    assert axes.shape == (1, 2) and titles(axes) == ["serve (2)", "spike (1)"]


def test_given_axes_are_used():
    truth = {"serve": np.array([[-9.5, 1.0]])}
    fig, two = plt.subplots(1, 2)
    drawn, axes = show.plot_court_places(truth, ("serve",), {}, ax=two)
    assert drawn is fig and list(axes) == list(two) and titles(axes) == ["serve: labels (1)", "serve: predicted (0)"]
    with pytest.raises(InputError, match="2 axes for 4 maps"):
        show.plot_court_places(truth, ("serve", "set"), {}, ax=two)


def test_many_places_are_a_cloud_alone():
    many = {"serve": np.random.default_rng(0).normal(0, 1, (300, 2))}
    _, axes = show.plot_court_places(many, ("serve",))
    assert axes[0, 0].images and not axes[0, 0].collections


PICTURE = np.full((20, 40, 3), 120, np.uint8)


def marks(ax, gid):
    return [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_gid() == gid]


def test_cross_circle_and_shares():
    one, two = np.full((4, 8), -50.0), np.full((4, 8), -50.0)
    one[1, 6] = two[0, 0] = two[0, 1] = 50  # one cell, and two side by side
    events = [Event("spike", 3, xy=(0.8, 0.4)), Event("set", 9)]
    fig, axes = show.plot_heat_maps([PICTURE, PICTURE], [one, two], events)
    assert axes.shape == (1, 3) and fig is axes[0, 0].figure
    assert np.allclose(marks(axes[0, 0], "answer"), [(6.5 / 8, 1.5 / 4)])
    assert np.allclose(marks(axes[0, 1], "answer"), [(1 / 8, 0.5 / 4)])
    assert marks(axes[0, 0], "label") == [(0.8, 0.4)] and marks(axes[0, 1], "label") == []
    assert [ax.get_title(loc="left") for ax in axes[0]] == ["spike", "set", ""] and not axes[0, 2].axison
    grey, cells = axes[0, 0].images
    assert cells.get_array().shape == (4, 8) and cells.get_array().argmax() == 8 + 6
    assert grey.get_extent() == cells.get_extent() == [0, 1, 1, 0]
    fig.canvas.draw()


def test_axes_that_are_given_are_used():
    fig, given = plt.subplots(1, 2)
    assert show.plot_heat_maps([PICTURE] * 2, [np.zeros((2, 2))] * 2, [Event("set", 0)] * 2, ax=given)[0] is fig
    assert [len(ax.images) for ax in given] == [2, 2]
    with pytest.raises(InputError, match="1 pictures, 1 heat maps, 1 events, 2 axes: expected the same number"):
        show.plot_heat_maps([PICTURE], [np.zeros((2, 2))], [Event("set", 0)], ax=given)


@pytest.mark.parametrize("numbers", [(0, 0, 0), (2, 1, 2), (1, 1, 2)])
def test_numbers_that_do_not_fit(numbers):
    pictures, heats, events = numbers
    with pytest.raises(InputError, match="expected the same number"):
        show.plot_heat_maps([PICTURE] * pictures, [np.zeros((2, 2))] * heats, [Event("set", 0)] * events)
