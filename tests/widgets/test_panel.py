"""Panel: figures whose axes stand where they were told, one output with a live view and a PNG, sentences for errors."""

import base64

import cv2
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.files import InputError
from course_lib.show.style import ACCENT
from course_lib.widgets.panel import Canvas, Panel, Picture, beside, rgb, stacked, tool
from course_lib.widgets.static import WIDGET_VIEW


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


def decoded(png):
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


@pytest.fixture
def panel():
    photo, figure = Picture(photo=True), Picture()
    rng = np.random.default_rng(0)
    photo.show(cv2.resize(rng.integers(0, 120, (9, 16, 3), dtype=np.uint8), (160, 90)))
    curve = np.full((40, 200, 3), 255, np.uint8)
    curve[20, :, :] = 213, 94, 0
    figure.show(curve)
    return Panel("Toy", [widgets.Button()], [photo, figure])


def test_a_picture_sends_what_it_is_given():
    pixels = np.full((20, 30, 3), (200, 40, 10), np.uint8)
    for photo, off in ((False, 0), (True, 4)):
        picture = Picture(photo)
        picture.show(pixels)
        assert np.abs(decoded(picture.value).astype(int) - pixels).max() <= off
        assert picture.value[:4] == (b"\xff\xd8\xff\xe0" if photo else b"\x89PNG")


def test_one_output_holds_the_live_view_and_the_picture(panel):
    bundle = panel._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {WIDGET_VIEW, "image/png", "text/plain"}  # and no state
    assert bundle[WIDGET_VIEW]["model_id"] == panel.model_id
    assert bundle["text/plain"] == "Toy"
    assert base64.b64decode(bundle["image/png"]) == panel.png()


def test_the_png_is_all_pictures_in_few_colours(panel):
    png = decoded(panel.png())
    assert png.shape == (130, 200, 3)
    exact = panel.pixels()
    assert np.abs(png.astype(int) - exact).mean() < 3
    assert len(np.unique(png.reshape(-1, 3), axis=0)) <= 256
    assert (png[110, :] == (213, 94, 0)).all()  # a thin line keeps its colour beside a photograph of many
    assert panel.png()[25] == 3  # the colour type of a PNG with a palette


def test_what_is_wrong_becomes_a_sentence(panel):
    def fail():
        raise InputError("file <x>: no such file")

    panel.attempt(fail)
    assert panel.error == "file <x>: no such file"
    assert "file &lt;x&gt;: no such file" in panel.words.value
    assert [picture.layout.display for picture in panel.pictures] == ["none", "none"]  # they would show something else
    bundle = panel._repr_mimebundle_()
    assert bundle["text/plain"] == "Toy: file <x>: no such file"
    sentence = decoded(panel.png())
    assert sentence.shape == (80, 960, 3) and (sentence != 255).any()

    panel.attempt(lambda: panel.say("fine"))
    assert panel.error == "" and "fine" in panel.words.value
    assert [picture.layout.display for picture in panel.pictures] == [None, None]


def test_a_mistake_of_ours_is_not_hidden(panel):
    with pytest.raises(ZeroDivisionError):
        panel.attempt(lambda: 1 / 0)


def test_a_tool_for_wrong_input_says_so():
    @tool("Toy tool")
    def build(name):
        """Help."""
        if name == "bad":
            raise InputError("name: expected another")
        return Panel(name, [], [])

    assert build("good").title == "good" and build.__doc__ == "Help."
    panel = build("bad")
    assert panel.error == "name: expected another"
    assert panel._repr_mimebundle_()["text/plain"] == "Toy tool: name: expected another"
