"""Canvas: the axes stand where they were told, and the cursor where it belongs."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.plots.style import ACCENT
from course_lib.widgets.canvas import Canvas, beside, rgb, stacked


def accent_columns(picture, row):
    return np.flatnonzero((picture[row] == rgb(ACCENT)).all(axis=1))


@pytest.fixture
def canvas():
    canvas = Canvas((300, 120), (40, 10, 20, 30))  # axes from x = 40 to 280, and from y = 10 to 90
    canvas.ax.set_xlim(5, 10)
    return canvas


def test_the_page_has_its_size_and_the_axes_their_place(canvas):
    pixels = canvas.pixels()
    assert pixels.shape == (120, 300, 3) and pixels.dtype == np.uint8
    assert np.round(canvas.ax.bbox.extents).tolist() == [40, 30, 280, 110]  # counted from below
    assert plt.get_fignums() == []  # nothing that a notebook would show a second time


@pytest.mark.parametrize(("x", "column"), [(5, 40), (7.5, 160), (9, 232), (10, 280), (-3, 40), (99, 280)])
def test_the_cursor_stands_at_its_value(canvas, x, column):
    under = canvas.pixels()
    before = under.copy()
    columns = accent_columns(canvas.with_cursor(under, x), 50)
    assert len(columns) in (2, 3) and abs(columns.mean() - column) <= 1
    assert (under == before).all()  # painted into a copy


def test_pictures_are_joined_on_white():
    small, large = np.zeros((2, 3, 3), np.uint8), np.full((4, 5, 3), 9, np.uint8)
    below = stacked([small, large])
    assert below.shape == (6, 5, 3) and (below[:2, :3] == 0).all() and (below[:2, 3:] == 255).all()
    assert (below[2:] == 9).all()
    side = beside([small, large])
    assert side.shape == (4, 8, 3) and (side[:2, :3] == 0).all() and (side[2:, :3] == 255).all()
    assert (side[:, 3:] == 9).all()
