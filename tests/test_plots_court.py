"""The volleyball court from above, maps of places on it and in the picture, and systems in time and place."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from course_lib import plots
from course_lib.classes import VOLLEYBALL_6, class_colours
from course_lib.errors import InputError
from course_lib.events import Event

pytestmark = pytest.mark.usefixtures("closes_figures")


def titles(axes):
    return [ax.get_title(loc="left") for ax in axes.flat if ax.axison or ax.get_title(loc="left")]


def test_the_court_has_the_lines_of_the_rules():
    fig, ax = plots.plot_court()
    outline = [patch for patch in ax.patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    assert [(patch.get_xy(), patch.get_width(), patch.get_height()) for patch in outline] == [((-9, -4.5), 18, 9)]
    lines = {gid: [line for line in ax.lines if line.get_gid() == gid] for gid in ("attack line", "net")}
    assert [line.get_xydata().tolist() for line in lines["attack line"]] == [[[x, -4.5], [x, 4.5]] for x in (-3.0, 3.0)]
    ((net,),) = [lines["net"]]
    assert set(net.get_xdata()) == {0} and net.get_ydata()[1] > 4.5
    assert ax.get_aspect() == 1 and fig is ax.figure
    given = plt.subplots()
    assert plots.plot_court(given[1]) == given


def test_places_are_drawn_where_they_are():
    _, ax = plots.plot_court()
    places = np.array([[5.0, -2.0], [5.0, -2.0], [-6.0, 3.0], [np.nan, np.nan], [40.0, 0.0]])
    assert plots.draw_places(ax, places, "#0072b2") == 3
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
    _, ax = plots.plot_court()
    assert plots.draw_places(ax, np.empty((0, 2)), "#0072b2") == 0
    assert not ax.images
    assert plots.draw_places(ax, [[1.0, 1.0]], "#0072b2", heat=False, dots=False) == 1 and not ax.images


def test_labels_stand_beside_predictions():
    truth = {"serve": np.array([[-9.5, 1.0], [9.5, 1.0]]), "spike": np.array([[1.0, 3.0]])}
    _, axes = plots.plot_court_places(truth, VOLLEYBALL_6, {"serve": np.array([[-9.0, 2.0]])})
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
    _, axes = plots.plot_court_places(truth, ("serve", "spike"))
    assert axes.shape == (1, 2) and titles(axes) == ["serve (2)", "spike (1)"]


def test_places_in_the_picture():
    truth = [Event("serve", 3, None, (0.25, 0.1)), Event("serve", 9, None, (0.3, 0.2)), Event("set", 5)]
    spots = [Event("serve", 4, 0.5, (1.2, 0.5)), Event("serve", 4, 0.5, (0.5, 0.9))]
    picture = np.zeros((224, 398, 3), np.uint8)
    _, axes = plots.plot_picture_places(truth, ("serve", "set"), spots, picture=picture)
    names = ["serve: labels (2)", "serve: predicted (1)", "set: labels (0)", "set: predicted (0)"]
    assert titles(axes) == names  # what lies outside the picture is not counted
    first = axes[0, 0]
    assert first.collections[0].get_offsets().tolist() == [[0.25, 0.1], [0.3, 0.2]]
    assert first.get_ylim() == (1, 0) and first.get_xlim() == (0, 1)
    assert first.get_box_aspect() == pytest.approx(224 / 398) and first.get_aspect() == "auto"
    under, heat = first.images
    assert np.asarray(under.get_array()).shape == (224, 398)
    rows = np.asarray(heat.get_array())
    peak = np.unravel_index(rows.argmax(), rows.shape)[0] / rows.shape[0]
    assert 0.05 < peak < 0.25 and heat.origin == "lower" and list(heat.get_extent()) == [0, 1, 0, 1]
    _, axes = plots.plot_picture_places(truth, ("serve",), size_px=(100, 100))
    assert axes.shape == (1, 1) and axes[0, 0].get_box_aspect() == 1 and len(axes[0, 0].images) == 1
    with pytest.raises(InputError, match="no event says where it is"):
        plots.plot_picture_places([Event("set", 5)], ("set",))


def test_given_axes_are_used():
    truth = {"serve": np.array([[-9.5, 1.0]])}
    fig, two = plt.subplots(1, 2)
    drawn, axes = plots.plot_court_places(truth, ("serve",), {}, ax=two)
    assert drawn is fig and list(axes) == list(two) and titles(axes) == ["serve: labels (1)", "serve: predicted (0)"]
    fig, one = plt.subplots()
    events = [Event("serve", 3, None, (0.25, 0.1))]
    assert plots.plot_picture_places(events, ("serve",), ax=[one])[0] is fig
    assert one.get_title(loc="left") == "serve (1)"
    with pytest.raises(InputError, match="1 axes for 2 maps"):
        plots.plot_picture_places(events, ("serve", "set"), ax=[one])


def test_many_places_are_a_cloud_alone():
    many = {"serve": np.random.default_rng(0).normal(0, 1, (300, 2))}
    _, axes = plots.plot_court_places(many, ("serve",))
    assert axes[0, 0].images and not axes[0, 0].collections


RECORDS = pd.DataFrame(
    [("a", 0.6, 0.3, 0.4), ("a", 0.4, 0.1, 0.16), ("b", 0.5, 0.6, 0.55)],
    columns=["system", "mtap", "msap", "combined"],
)


def test_systems_when_and_where():
    fig, ax = plots.plot_when_and_where(RECORDS, chance={"mtap": 0.02, "msap": 0.001, "combined": 0.002})
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b\n1 seed", "a\n2 seeds"]
    widths = [[bar.get_width() for bar in group] for group in ax.containers]
    np.testing.assert_allclose(widths, [[50, 50], [60, 20], [55, 28]])
    ranges = [line.get_xdata() for line in ax.lines if line.get_gid() == "seeds"]
    np.testing.assert_allclose(ranges, [[40, 60], [10, 30], [16, 40]])  # of "a"; "b" has one seed
    chances = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "chance"]
    np.testing.assert_allclose(chances, [2, 2, 0.1, 0.1, 0.2, 0.2])
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["temporal (mTAP)", "spatial (mSAP)", "combined", "lowest to highest seed", "chance"]
    assert [text.get_text() for text in ax.texts] == ["50.0", "50.0", "60.0", "20.0", "55.0", "28.0"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure


def test_records_without_a_score_are_refused():
    with pytest.raises(InputError, match="records: no column 'msap'"):
        plots.plot_when_and_where(RECORDS.drop(columns="msap"))
    with pytest.raises(InputError, match="records: no row"):
        plots.plot_when_and_where(RECORDS[:0])
