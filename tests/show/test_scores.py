"""How good: bars, curves, dots and differences are the numbers that were given."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from course_lib import show
from course_lib.data.events import BALL_12, class_colours
from course_lib.files import InputError
from course_lib.runs.comparison import SeedRange
from course_lib.scoring.differences import PairedDifference
from course_lib.scoring.intervals import Interval
from course_lib.show.scores import VERDICTS

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def _widths(container):
    return [bar.get_width() for bar in container]


def test_per_class_ap():
    classes = ("PASS", "SHOT", "GOAL")
    aps = {"one": {"PASS": 0.5, "SHOT": 0.25, "GOAL": 0.9}, "two": {"PASS": 0.1, "SHOT": 0.2, "GOAL": 0.0}}
    errors = {"one": {"PASS": (0.4, 0.7), "SHOT": (0.25, 0.25), "GOAL": (0.8, 1.0)}}
    _, ax = show.plot_per_class_ap(
        aps, classes, counts={"PASS": 1721, "GOAL": 6}, errors=errors, chance={"PASS": 0.02, "SHOT": 0.0, "GOAL": 0.0}
    )
    bars = [c for c in ax.containers if hasattr(c, "patches")]
    assert _widths(bars[0]) == pytest.approx([50, 25, 90])
    assert _widths(bars[1]) == pytest.approx([10, 20, 0])
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["PASS\n1,721 events", "SHOT\n0 events", "GOAL\n6 events"]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["one: mAP-3 55.0, mAP-2 37.5", "two: mAP-3 10.0, mAP-2 15.0", "chance: mAP-3 0.7, mAP-2 1.0"]
    whiskers, chance = (c.get_segments() for c in ax.collections)
    if len(whiskers[0]) and whiskers[0][0][0] == whiskers[0][1][0]:
        whiskers, chance = chance, whiskers
    assert [tuple(segment[:, 0]) for segment in whiskers] == [
        pytest.approx((40, 70)), pytest.approx((25, 25)), pytest.approx((80, 100))
    ]  # fmt: skip
    assert [segment[0, 0] for segment in chance] == pytest.approx([2, 0, 0])


def test_rows_of_a_table_of_results_bring_their_whiskers():
    rows = pd.DataFrame(
        {"seeds": [2], "PASS": [SeedRange(0.5, 0.4, 0.7, 2)], "GOAL": [SeedRange(0.2, 0.2, 0.2)]}, ["one"]
    )
    _, ax = show.plot_per_class_ap(rows, ("PASS", "GOAL"))
    (bars,) = (c for c in ax.containers if hasattr(c, "patches"))
    assert _widths(bars) == pytest.approx([50, 20])
    (whiskers,) = (c.get_segments() for c in ax.collections)
    assert [tuple(segment[:, 0]) for segment in whiskers] == [pytest.approx((40, 70)), pytest.approx((20, 20))]


def test_per_class_ap_without_labels():
    _, ax = show.plot_per_class_ap({"one": {"serve": 0.5, "set": float("nan")}}, ("serve", "set", "spike"))
    assert [text.get_text() for text in ax.texts] == ["50.0", "no events", "no events"]
    assert ax.get_legend().get_texts()[0].get_text() == "one: mAP-1 50.0"


def test_precision_recall_points():
    recall, precision = [0.6, 0.2, 0.4], [0.25, 1.0, 0.5]
    _, ax = show.plot_precision_recall({"PASS": (recall, precision)})
    raw, points = ax.lines
    assert raw.get_xydata().tolist() == [[0.2, 1.0], [0.4, 0.5], [0.6, 0.25]]
    assert points.get_ydata().tolist() == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0, 0, 0, 0]
    assert points.get_label() == f"PASS: AP {100 * 4.5 / 11:.1f}"
    _, ax = show.plot_precision_recall({"PASS": ([], [])})
    assert ax.lines[1].get_ydata().tolist() == [0] * 11


def test_ap_against_tolerance():
    aps = {"PASS": [0.1, 0.5], "SHOT": [0.0, 0.4], "GOAL": [0.2, 0.9]}
    _, ax = show.plot_ap_against_tolerance(aps, [0.5, 1.0])
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["PASS"].get_ydata().tolist() == [10, 50]
    assert lines["mean"].get_ydata().tolist() == pytest.approx([10, 60])
    assert any(line.get_xdata()[0] == 1.0 and len(set(line.get_xdata())) == 1 for line in ax.lines)
    assert lines["GOAL"].get_color() == class_colours(BALL_12)["GOAL"]  # a class keeps its colour in every figure
    assert len({lines[name].get_marker() for name in aps}) == 3


def test_mean_of_systems_can_be_left_out():
    aps = {"a": [0.1, 0.2], "b": [0.2, 0.3], "c": [0.3, 0.4]}
    for mean, lines in ((True, 5), (False, 4)):
        _, ax = show.plot_ap_against_tolerance(aps, [0.5, 1.0], mean=mean)
        assert len(ax.lines) == lines


def test_systems_a_dot_for_every_seed():
    rows = [
        ("x3d_s+fc", "x3d_s", 0.30),
        ("x3d_s+fc", "x3d_s", 0.20),
        ("tiny3d+fc", "tiny3d", 0.26),
        ("x3d_s+ed", "x3d_s", 0.4),
    ]
    records = pd.DataFrame(rows, columns=["system", "backbone", "map"])
    records["frozen_backbone"] = records["backbone"] == "x3d_s"
    fig, ax = show.plot_systems(records, chance=0.05)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["x3d_s+ed", "tiny3d+fc", "x3d_s+fc"]
    dots = {}  # row to scores, and to colours and shapes
    for group in ax.collections:
        for x, y in group.get_offsets().tolist():
            look = (to_hex(group.get_facecolor()[0]), len(group.get_paths()[0].vertices))
            dots.setdefault(round(y), []).append((round(x, 6), look))
    assert {row: sorted(x for x, _ in of_row) for row, of_row in dots.items()} == {0: [40], 1: [26], 2: [20, 30]}
    looks = [{look for _, look in dots[row]} for row in range(3)]
    assert looks[0] == looks[2] and len(looks[0] | looks[1]) == 2
    assert all(a != b for a, b in zip(*looks[0], *looks[1], strict=True))  # the backbone's colour, and another shape
    means, chance = ax.lines
    assert sorted(means.get_xdata()) == pytest.approx([25, 26, 40]) and chance.get_xdata()[0] == 5
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["x3d_s", "tiny3d", "frozen backbone", "trained end to end", "chance"]
    assert [text.get_text() for text in ax.texts] == ["40.0", "26.0", "25.0"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure
    records["test_matches"], records["test_matches_of"] = [("a", "b")] * 3 + [("a",)], 2
    _, ax = show.plot_systems(records)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["x3d_s+ed (1 of 2)", "tiny3d+fc (2 of 2)", "x3d_s+fc (2 of 2)"]


RECORDS = pd.DataFrame(
    [("a", 0.6, 0.3, 0.4), ("a", 0.4, 0.1, 0.16), ("b", 0.5, 0.6, 0.55)],
    columns=["system", "mtap", "msap", "combined"],
)


def test_systems_when_and_where():
    fig, ax = show.plot_when_and_where(RECORDS, chance={"mtap": 0.02, "msap": 0.001, "combined": 0.002})
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b\n1 seed", "a\n2 seeds"]
    dots = {}
    for group in ax.collections:
        for x, y in group.get_offsets().tolist():
            dots.setdefault(round(y, 3), []).append(round(x, 6))
    rows = [sorted(dots[row]) for row in sorted(dots)]  # of "b", which has one seed, when, where and both; then of "a"
    assert rows == [[50], [60], [55], [40, 60], [10, 30], [16, 40]]
    means = [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(means, [[50, 50], [60, 20], [55, 28]])
    places = [line.get_ydata().tolist() for line in ax.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(sorted(sum(places, [])), sorted(dots), atol=0.01)  # each mean among its dots
    chances = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "chance"]
    np.testing.assert_allclose(chances, [2, 0.1, 0.2] * 2)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["temporal (mTAP)", "spatial (mSAP)", "combined", "chance"]
    assert [text.get_text() for text in ax.texts] == ["50.0", "60.0", "55.0", "50.0", "20.0", "28.0"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure


def test_records_without_a_score_are_refused():
    with pytest.raises(InputError, match="records: no column 'msap'"):
        show.plot_when_and_where(RECORDS.drop(columns="msap"))
    with pytest.raises(InputError, match="records: no row"):
        show.plot_when_and_where(RECORDS[:0])


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
    fig, ax = show.plot_differences(rows, first="old", second="new", counts={"PASS": 1200})
    assert [text.get_text() for text in ax.get_yticklabels()] == ["PASS\n1,200 events", "DRIVE", "SHOT"]
    bars, marks = ax.lines[0:6:2], ax.lines[1:6:2]
    assert [pytest.approx(tuple(bar.get_xdata())) for bar in bars] == [(10, 30), (-25, -5), (-5, 15)]
    assert [mark.get_xdata()[0] for mark in marks] == pytest.approx([20, -15, 5])
    assert [mark.get_marker() for mark in marks] == [VERDICTS[name][0] for name in ("shown", "alone", "not shown")]
    assert [mark.get_markerfacecolor() == "white" for mark in marks] == [False, True, False]
    assert [text.get_text() for text in ax.texts] == ["40.0 → 60.0", "40.0 → 25.0", "40.0 → 45.0"]
    assert ax.get_xlabel() == "new minus old, points of AP (bars: 95 % intervals)"
    assert ax.get_xlim()[0] == -ax.get_xlim()[1] and ax.get_ylim()[0] > ax.get_ylim()[1] and fig is ax.figure
