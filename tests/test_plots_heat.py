"""Heat maps over pictures: the cross stands at the mean of the shares, the circle at the label."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import plots
from course_lib.errors import InputError
from course_lib.events import Event

PICTURE = np.full((20, 40, 3), 120, np.uint8)


pytestmark = pytest.mark.usefixtures("closes_figures")


def marks(ax, gid):
    return [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_gid() == gid]


def test_cross_circle_and_shares():
    one, two = np.full((4, 8), -50.0), np.full((4, 8), -50.0)
    one[1, 6] = two[0, 0] = two[0, 1] = 50  # one cell, and two side by side
    events = [Event("spike", 3, xy=(0.8, 0.4)), Event("set", 9)]
    fig, axes = plots.plot_heat_maps([PICTURE, PICTURE], [one, two], events)
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
    assert plots.plot_heat_maps([PICTURE] * 2, [np.zeros((2, 2))] * 2, [Event("set", 0)] * 2, ax=given)[0] is fig
    assert [len(ax.images) for ax in given] == [2, 2]
    with pytest.raises(InputError, match="1 pictures, 1 heat maps, 1 events, 2 axes: expected the same number"):
        plots.plot_heat_maps([PICTURE], [np.zeros((2, 2))], [Event("set", 0)], ax=given)


@pytest.mark.parametrize("numbers", [(0, 0, 0), (2, 1, 2), (1, 1, 2)])
def test_numbers_that_do_not_fit(numbers):
    pictures, heats, events = numbers
    with pytest.raises(InputError, match="expected the same number"):
        plots.plot_heat_maps([PICTURE] * pictures, [np.zeros((2, 2))] * heats, [Event("set", 0)] * events)
