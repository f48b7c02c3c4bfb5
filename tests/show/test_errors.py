"""What goes wrong: kinds, costs, confusions, timing and calibration are those that were given."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib import show
from course_lib.scoring.calibration import calibrate
from course_lib.show.errors import KIND_COLOURS
from course_lib.show.style import INK, system_colours

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def test_error_kinds_stack_to_spots_and_to_labels():
    counts = {
        "a": {"correct": 50, "mistimed": 5, "confused": 20, "duplicate": 1, "background": 10.5, "missed": 30},
        "b": dict.fromkeys(KIND_COLOURS, 10),
    }
    _, ax = show.plot_error_kinds(counts)
    bars = [container.patches[0] for container in ax.containers]
    assert [bar.get_width() for bar in bars[:7]] == [50, 5, 20, 1, 10.5, 50, 30]
    assert [bar.get_x() for bar in bars[:7]] == [0, 50, 55, 75, 76, 0, 50]
    assert [to_hex(bar.get_facecolor()) for bar in bars[:5]] == [KIND_COLOURS[k] for k in list(KIND_COLOURS)[:5]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(KIND_COLOURS)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a: spots", "a: labels", "b: spots", "b: labels"]


def test_costs_are_means_with_a_dot_for_every_seed():
    costs = {"a": {"mistimed": [0.01, 0.03], "missed": [0.2, 0.1]}, "b": {"mistimed": [0.05], "missed": [0.0]}}
    _, ax = show.plot_error_costs(costs)
    assert [[bar.get_width() for bar in group] for group in ax.containers] == [
        pytest.approx([2, 15]),
        pytest.approx([5, 0]),
    ]
    dots = [sorted(group.get_offsets()[:, 0].tolist()) for group in ax.collections if len(group.get_offsets())]
    assert dots == [pytest.approx([1, 3]), pytest.approx([10, 20])]
    assert [text.get_text() for text in ax.texts] == ["2.0", "15.0", "5.0", "0.0"]
    assert ax.get_xlabel().endswith("a dot a seed")
    assert not show.plot_error_costs({"b": costs["b"]})[1].get_xlabel().endswith("seed")


def test_confusion_shares_out_each_row():
    _, ax = show.plot_confusion([[3, 1, 0], [0, 0, 0], [2, 0, 0]], ("PASS", "DRIVE"))
    shares = np.asarray(ax.collections[0].get_array())
    assert shares.tolist() == [[75, 25, 0], [0, 0, 0], [100, 0, 0]]
    assert [text.get_text() for text in ax.texts] == ["3", "1", "", "", "", "", "2", "", ""]
    assert [to_hex(text.get_color()) for text in ax.texts[:2]] == [to_hex("white"), INK]  # on dark, on light
    names = ax.get_yticklabels()
    assert [text.get_text() for text in names] == ["PASS (4)", "DRIVE (0)", "nothing (2)"]
    assert {text.get_rotation() for text in names} == {0}


def test_timing_says_its_middle_and_shows_the_tolerance():
    _, ax = show.plot_timing({"a": np.array([-2, 0, 2, 4]), "none": []}, tolerance_frames=12.5)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["a: median +1, middle half 0 to +2", "none: no spots"]
    assert {line.get_xdata()[0] for line in ax.lines} == {-12.5, 0, 12.5}
    heights = ax.patches[0].get_data().values
    edges = ax.patches[0].get_data().edges
    assert heights.sum() == pytest.approx(100) and edges[0] == -39.5
    assert heights[np.searchsorted(edges, 4) - 1] == pytest.approx(25)


def test_calibration_has_a_point_for_every_filled_bin():
    bins = calibrate([0.05, 0.05, 0.95], [False, True, True])
    _, ax = show.plot_calibration({"a": bins})
    assert ax.collections[0].get_offsets().tolist() == [pytest.approx([0.05, 0.5]), pytest.approx([0.95, 1.0])]
    assert to_hex(ax.collections[0].get_facecolor()[0]) == system_colours(["a"])["a"]
    (text,) = ax.get_legend().get_texts()
    assert text.get_text() == f"a: 3 spots, calibration error {100 * (0.9 + 0.05) / 3:.1f} points"
