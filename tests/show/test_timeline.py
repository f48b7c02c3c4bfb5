"""Timelines and frame scores: every mark stands at its time, and its shape says what became of it."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest

from course_lib import show
from course_lib.data.events import BALL_12, Event
from course_lib.data.times import Times

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def _marks(ax):
    kinds = ("found", "missed", "hit", "false")
    return {k: sorted(c for m in ax.collections if m.get_gid() == k for c in m.get_offsets().tolist()) for k in kinds}


def test_timeline():
    truth = [Event("PASS", 50), Event("PASS", 100), Event("SHOT", 125), Event("PASS", 1000)]
    spots = [Event("PASS", 60, 0.9), Event("PASS", 113, 0.9), Event("DRIVE", 125, 0.4), Event("PASS", 1001, 0.9)]
    _, ax = show.plot_timeline(truth, spots, ("PASS", "DRIVE", "SHOT"), 0, 10, 25.0)
    marks = _marks(ax)
    assert marks["found"] == [[2.0, -0.2]]  # 10 frames apart: inside 12.5; what lies after 10 s is not drawn
    assert marks["hit"] == [[2.4, 0.2]]
    assert marks["missed"] == [[4.0, -0.2], [5.0, 1.8]]  # 13 frames apart: outside
    assert marks["false"] == [[4.52, 0.2], [5.0, 1.2]]
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["label, found (1)", "label, missed (2)", "spot, right (1)", "spot, false (2)"]
    shapes = {m.get_gid(): m.get_paths()[0].vertices.tobytes() for m in ax.collections}
    assert len({shapes["found"], shapes["hit"], shapes["false"]}) == 3  # by shape, not by colour only
    assert ax.get_xlim() == (0, 10)
    _, ax = show.plot_timeline(truth, spots, ("PASS",), 0, 10, 25.0, tolerance_sec=1.2)
    assert len(_marks(ax)["found"]) == 2


def test_timeline_of_nothing():
    _, ax = show.plot_timeline([], [], BALL_12, 60, 90, 25.0)
    assert not any(_marks(ax).values())
    assert ax.get_xlabel() == "time (min:s)"


def test_frame_scores():
    scores = np.zeros((50, 4), np.float32)
    scores[:, 0], scores[10, 1], scores[20, 3] = 1, 0.9, 0.7
    _, ax = show.plot_frame_scores(
        scores, ("PASS", "DRIVE", "SHOT"), 25.0, stride=2, shown=("PASS", "SHOT"), threshold=0.3, tolerance_sec=1.0,
        truth=[Event("PASS", 20), Event("DRIVE", 30)], spots=[Event("SHOT", 40, 0.7), Event("SHOT", 400, 0.7)],
    )  # fmt: skip
    curves = [line for line in ax.lines if line.get_gid() == "curve"]
    assert [line.get_label() for line in curves] == ["PASS", "SHOT"]
    assert curves[0].get_xdata()[10] == 0.8 and curves[0].get_ydata()[10] == pytest.approx(0.9)
    assert curves[1].get_ydata().argmax() == 20
    assert [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "truth"] == [0.8]
    assert [line.get_xydata()[0].tolist() for line in ax.lines if line.get_gid() == "spot"] == [[1.6, 0.7]]
    (band,) = [patch for patch in ax.patches if patch.get_gid() == "tolerance"]
    assert (band.get_x(), band.get_width()) == pytest.approx((0.3, 1.0))
    assert ax.get_legend().get_texts()[-1].get_text() == "threshold 0.3"


def test_marks_of_a_film_whose_picture_begins_late_stand_at_a_players_time():
    late, truth, spots = Times(25.0, 600), [Event("PASS", 50)], [Event("PASS", 60, 0.9)]
    _, ax = show.plot_timeline(truth, spots, ("PASS",), 0, 10, late)
    assert _marks(ax)["found"] == [[2.6, -0.2]] and _marks(ax)["hit"] == [[3.0, 0.2]]
    _, ax = show.plot_frame_scores(np.eye(2), ("PASS", "DRIVE"), late, stride=50, truth=truth, spots=spots)
    drawn = {line.get_gid(): line.get_xdata()[0] for line in ax.lines if line.get_gid() in ("truth", "spot")}
    assert drawn == {"truth": 2.6, "spot": 3.0}
    assert ax.lines[0].get_xdata() == pytest.approx([0.6, 2.6]) and ax.get_xlim() == (0, 4.6)


def test_frame_scores_without_background_column():
    _, ax = show.plot_frame_scores(np.eye(3), ("a", "b", "c"), 25.0, start_sec=0.04, stop_sec=0.08)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0, 0], [1, 0], [0, 1]]
