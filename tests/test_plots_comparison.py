"""Figures of comparisons and errors: what is drawn is what was given."""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib import plots
from course_lib.metrics import Interval, PairedDifference, calibrate
from course_lib.plots.differences import VERDICTS
from course_lib.plots.errors import KIND_COLOURS
from course_lib.plots.style import system_colours


@pytest.fixture(autouse=True)
def _clean():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def difference(value, p, adjusted, spread=0.1):
    sides = Interval(0.4, 0.3, 0.5, 0.95), Interval(0.4 + value, 0.3, 0.5, 0.95)
    return PairedDifference(*sides, Interval(value, value - spread, value + spread, 0.95), p, adjusted, 9)


def test_a_row_for_every_difference():
    nothing = Interval(float("nan"), float("nan"), float("nan"), 0.95)
    rows = {
        "PASS": difference(0.2, 0.001, 0.01),
        "DRIVE": difference(-0.15, 0.03, 0.2),
        "SHOT": difference(0.05, 0.4, 1.0),
        "GOAL": PairedDifference(nothing, nothing, nothing, 1.0, 1.0, 0),
    }
    fig, ax = plots.plot_differences(rows, first="old", second="new", counts={"PASS": 1200})
    assert [text.get_text() for text in ax.get_yticklabels()] == ["PASS\n1,200 events", "DRIVE", "SHOT"]
    bars, marks = ax.lines[0:6:2], ax.lines[1:6:2]
    assert [pytest.approx(tuple(bar.get_xdata())) for bar in bars] == [(10, 30), (-25, -5), (-5, 15)]
    assert [mark.get_xdata()[0] for mark in marks] == pytest.approx([20, -15, 5])
    assert [mark.get_marker() for mark in marks] == [VERDICTS[name][0] for name in ("shown", "alone", "not shown")]
    assert [mark.get_markerfacecolor() == "white" for mark in marks] == [False, True, False]
    assert [text.get_text() for text in ax.texts] == ["40.0 → 60.0", "40.0 → 25.0", "40.0 → 45.0"]
    assert ax.get_xlabel() == "new minus old, points of AP (bars: 95 % of the draws)"
    assert ax.get_xlim()[0] == -ax.get_xlim()[1] and ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure


def test_error_kinds_stack_to_spots_and_to_labels():
    counts = {
        "a": {"correct": 50, "mistimed": 5, "confused": 20, "duplicate": 1, "background": 10.5, "missed": 30},
        "b": dict.fromkeys(KIND_COLOURS, 10),
    }
    _, ax = plots.plot_error_kinds(counts)
    bars = [container.patches[0] for container in ax.containers]
    assert [bar.get_width() for bar in bars[:7]] == [50, 5, 20, 1, 10.5, 50, 30]
    assert [bar.get_x() for bar in bars[:7]] == [0, 50, 55, 75, 76, 0, 50]
    assert [to_hex(bar.get_facecolor()) for bar in bars[:5]] == [KIND_COLOURS[k] for k in list(KIND_COLOURS)[:5]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(KIND_COLOURS)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a: spots", "a: labels", "b: spots", "b: labels"]


def test_costs_are_means_with_a_dot_for_every_seed():
    costs = {"a": {"mistimed": [0.01, 0.03], "missed": [0.2, 0.1]}, "b": {"mistimed": [0.05], "missed": [0.0]}}
    _, ax = plots.plot_error_costs(costs)
    assert [[bar.get_width() for bar in group] for group in ax.containers] == [
        pytest.approx([2, 15]),
        pytest.approx([5, 0]),
    ]
    assert [sorted(line.get_xdata().tolist()) for line in ax.lines] == [pytest.approx([1, 3]), pytest.approx([10, 20])]
    assert [text.get_text() for text in ax.texts] == ["2.0", "15.0", "5.0", "0.0"]
    assert ax.get_xlabel().endswith("a dot a seed")
    assert not plots.plot_error_costs({"b": costs["b"]})[1].get_xlabel().endswith("seed")


def test_confusion_shares_out_each_row():
    _, ax = plots.plot_confusion([[3, 1, 0], [0, 0, 0], [2, 0, 0]], ("PASS", "DRIVE"))
    shares = ax.images[0].get_array()
    assert shares.tolist() == [[75, 25, 0], [0, 0, 0], [100, 0, 0]]
    assert [text.get_text() for text in ax.texts] == ["3", "1", "2"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["PASS (4)", "DRIVE (0)", "nothing (2)"]


def test_timing_says_its_middle_and_shows_the_tolerance():
    _, ax = plots.plot_timing({"a": np.array([-2, 0, 2, 4]), "none": []}, tolerance_frames=12.5)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["a: median +1, middle half 0 to +2", "none: no spots"]
    assert {line.get_xdata()[0] for line in ax.lines} == {-12.5, 0, 12.5}
    heights = ax.patches[0].get_data().values
    edges = ax.patches[0].get_data().edges
    assert heights.sum() == pytest.approx(100) and edges[0] == -39.5
    assert heights[np.searchsorted(edges, 4) - 1] == pytest.approx(25)


def test_calibration_has_a_point_for_every_filled_bin():
    bins = calibrate([0.05, 0.05, 0.95], [False, True, True])
    _, ax = plots.plot_calibration({"a": bins})
    assert ax.collections[0].get_offsets().tolist() == [pytest.approx([0.05, 0.5]), pytest.approx([0.95, 1.0])]
    assert to_hex(ax.collections[0].get_facecolor()[0]) == system_colours(["a"])["a"]
    (text,) = ax.get_legend().get_texts()
    assert text.get_text() == f"a: 3 spots, calibration error {100 * (0.9 + 0.05) / 3:.1f} points"


def test_mean_of_systems_can_be_left_out():
    aps = {"a": [0.1, 0.2], "b": [0.2, 0.3], "c": [0.3, 0.4]}
    for mean, lines in ((True, 5), (False, 4)):
        _, ax = plots.plot_ap_against_tolerance(aps, [0.5, 1.0], mean=mean)
        assert len(ax.lines) == lines
