"""The figures: what is drawn is what was given. Axes are asked for their bars, marks, lines and texts."""

import inspect
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from course_lib import plots
from course_lib.classes import BALL_12, class_colours
from course_lib.errors import InputError
from course_lib.events import Event, SpottingDataset, Video
from course_lib.plots import style


@pytest.fixture(autouse=True)
def _clean():
    """Warnings are errors, and no figure outlives its test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def _widths(container):
    return [bar.get_width() for bar in container]


def _video(name, *labels_and_frames):
    events = tuple(Event(label, frame) for label, frame in labels_and_frames)
    return Video(name, None, 3000, 25.0, 398, 224, events)


VIDEOS = (
    _video("m1", ("PASS", 0), ("DRIVE", 25), ("PASS", 75)),
    _video("m2", ("PASS", 10), ("DRIVE", 60), ("OUT", 61)),
)
DATASET = SpottingDataset("toy", Path("."), BALL_12, {"train": VIDEOS[:1], "val": (), "test": VIDEOS[1:]})


def test_class_counts_of_a_data_set():
    fig, ax = plots.plot_class_counts(DATASET)
    train, test = ax.containers
    assert _widths(train)[:5] == [2, 1, 0, 0, 0]
    assert _widths(test)[:5] == [1, 1, 0, 0, 1]
    assert [text.get_text() for text in ax.get_yticklabels()] == list(BALL_12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train (3 events)", "test (3 events)"]
    assert "2" in [text.get_text() for text in ax.texts]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first class on top
    assert fig is ax.figure


def test_class_counts_of_one_split_and_on_a_log_scale():
    counts = {"PASS": 1721, "GOAL": 6, "SHOT": 0}
    _, ax = plots.plot_class_counts(counts, log_scale=True)
    assert ax.get_xscale() == "log" and ax.get_legend() is None
    assert _widths(ax.containers[0]) == [1721, 6, 0]
    assert ax.get_xlim()[0] < 1 and ax.get_xlim()[1] > 1721
    colours = class_colours(BALL_12)
    assert [to_hex(bar.get_facecolor()) for bar in ax.containers[0]] == [colours[c] for c in ("PASS", "GOAL", "SHOT")]


def test_intervals():
    assert plots.event_intervals_sec(VIDEOS).tolist() == [1.0, 2.0, 2.0, 0.04]
    assert plots.event_intervals_sec([]).size == 0
    _, ax = plots.plot_interval_histogram({"a": [1.0, 2.0, 2.0, 0.04], "b": [5.0, 500.0]})
    drawn = {patch.get_label(): patch.get_data() for patch in ax.patches if patch.get_label()}
    assert set(drawn) == {"a: median 1.50 s", "b: median 252.50 s"}
    for data in drawn.values():
        assert data.values.sum() == pytest.approx(100)  # also what lies beyond the ends is counted
    values, edges, _ = drawn["a: median 1.50 s"]
    assert values[np.searchsorted(edges, 2.0) - 1] == 50
    assert values[0] == 25
    _, ax = plots.plot_interval_histogram([])
    assert ax.get_legend().get_texts()[0].get_text() == "no intervals"


def test_transitions():
    table = plots.transition_counts(VIDEOS, BALL_12)
    assert table.sum() == 4 and table[0, 1] == 2 and table[1, 0] == 1 and table[1, 4] == 1
    counts = np.array([[3, 1], [0, 0]])
    _, ax = plots.plot_transitions(counts, ["PASS", "GOAL"])
    assert np.asarray(ax.images[0].get_array()).tolist() == [[75, 25], [0, 0]]
    assert [text.get_text() for text in ax.texts] == ["75", "25"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["PASS (4)", "GOAL (0)"]


def test_per_class_ap():
    classes = ("PASS", "SHOT", "GOAL")
    aps = {"one": {"PASS": 0.5, "SHOT": 0.25, "GOAL": 0.9}, "two": {"PASS": 0.1, "SHOT": 0.2, "GOAL": 0.0}}
    errors = {"one": {"PASS": (0.4, 0.7), "SHOT": (0.25, 0.25), "GOAL": (0.8, 1.0)}}
    _, ax = plots.plot_per_class_ap(
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


def test_per_class_ap_without_labels():
    _, ax = plots.plot_per_class_ap({"one": {"serve": 0.5, "set": float("nan")}}, ("serve", "set", "spike"))
    assert [text.get_text() for text in ax.texts] == ["50.0", "no events", "no events"]
    assert ax.get_legend().get_texts()[0].get_text() == "one: mAP-1 50.0"


def test_precision_recall_points():
    recall, precision = [0.6, 0.2, 0.4], [0.25, 1.0, 0.5]
    _, ax = plots.plot_precision_recall({"PASS": (recall, precision)})
    raw, points = ax.lines
    assert raw.get_xydata().tolist() == [[0.2, 1.0], [0.4, 0.5], [0.6, 0.25]]
    assert points.get_ydata().tolist() == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0, 0, 0, 0]
    assert points.get_label() == f"PASS: AP {100 * 4.5 / 11:.1f}"
    _, ax = plots.plot_precision_recall({"PASS": ([], [])})
    assert ax.lines[1].get_ydata().tolist() == [0] * 11


def test_ap_against_tolerance():
    aps = {"PASS": [0.1, 0.5], "SHOT": [0.0, 0.4], "GOAL": [0.2, 0.9]}
    _, ax = plots.plot_ap_against_tolerance(aps, [0.5, 1.0])
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["PASS"].get_ydata().tolist() == [10, 50]
    assert lines["mean"].get_ydata().tolist() == pytest.approx([10, 60])
    assert any(line.get_xdata()[0] == 1.0 and len(set(line.get_xdata())) == 1 for line in ax.lines)
    assert lines["GOAL"].get_color() == class_colours(BALL_12)["GOAL"]  # a class keeps its colour in every figure
    assert len({lines[name].get_marker() for name in aps}) == 3


def _marks(ax):
    kinds = ("found", "missed", "hit", "false")
    return {k: sorted(c for m in ax.collections if m.get_gid() == k for c in m.get_offsets().tolist()) for k in kinds}


def test_timeline():
    truth = [Event("PASS", 50), Event("PASS", 100), Event("SHOT", 125), Event("PASS", 1000)]
    spots = [Event("PASS", 60, 0.9), Event("PASS", 113, 0.9), Event("DRIVE", 125, 0.4), Event("PASS", 1001, 0.9)]
    _, ax = plots.plot_timeline(truth, spots, ("PASS", "DRIVE", "SHOT"), 0, 10, 25.0)
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
    _, ax = plots.plot_timeline(truth, spots, ("PASS",), 0, 10, 25.0, tolerance_sec=1.2)
    assert len(_marks(ax)["found"]) == 2


def test_timeline_of_nothing():
    _, ax = plots.plot_timeline([], [], BALL_12, 60, 90, 25.0)
    assert not any(_marks(ax).values())
    assert ax.get_xlabel() == "time (min:s)"


def test_frame_scores():
    scores = np.zeros((50, 4), np.float32)
    scores[:, 0], scores[10, 1], scores[20, 3] = 1, 0.9, 0.7
    _, ax = plots.plot_frame_scores(
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


def test_frame_scores_without_background_column():
    _, ax = plots.plot_frame_scores(np.eye(3), ("a", "b", "c"), 25.0, start_sec=0.04, stop_sec=0.08)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0, 0], [1, 0], [0, 1]]


def test_targets():
    hard = np.zeros((6, 3), np.float32)
    hard[:, 0] = 1
    hard[2] = 0, 1, 0
    soft = hard.copy()
    soft[3] = 0.25, 0.25, 0.5
    _, ax = plots.plot_targets({"hard": hard, "soft": soft}, ("PASS", "SHOT"), first_step=100)
    bars = [(b.get_gid(), b.get_x() + b.get_width() / 2, b.get_y(), b.get_height()) for c in ax.containers for b in c]
    assert bars[0] == pytest.approx(("hard", 102, 1, 0.82))
    soft_bars = [bar for bar in bars if bar[0] == "soft"]
    assert [bar[1] for bar in soft_bars] == pytest.approx([102, 103, 103])
    assert soft_bars[2][2:] == pytest.approx((0.82 * 0.25, 0.82 * 0.5), rel=1e-6)  # stacked upon the other class
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["PASS", "SHOT"]


def test_filmstrip():
    frames = np.stack([np.full((20, 40, 3), value, np.uint8) for value in range(7)])
    captions = plots.offset_captions(range(-3, 4), 25)
    assert captions[0] == "−3 (−120 ms)" and captions[3] == "event frame" and captions[4] == "+1 (+40 ms)"
    fig, ax = plots.plot_filmstrip(frames, captions, highlight=3, columns=4, title="PASS")
    assert [np.asarray(image.get_array())[0, 0, 0] for image in ax.images] == list(range(7))
    lefts = [image.get_extent()[0] for image in ax.images]
    tops = [image.get_extent()[3] for image in ax.images]
    assert lefts[:4] == sorted(lefts[:4]) and lefts[4] == lefts[0] and tops[4] > tops[0]
    assert [text.get_text() for text in ax.texts] == captions
    (box,) = ax.patches
    assert box.get_x() == lefts[3] and box.get_width() == 40
    fig.canvas.draw()
    assert ax.images[0].get_interpolation() != "nearest"
    _, ax = plots.plot_filmstrip(frames[:1], pixels=True)
    assert ax.images[0].get_interpolation() == "nearest"
    wrong = [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]
    with pytest.raises(InputError, match="one size"):
        plots.plot_filmstrip(wrong)
    with pytest.raises(InputError, match="one size"):
        plots.plot_filmstrip([])
    with pytest.raises(InputError, match="expected 7"):
        plots.plot_filmstrip(frames, ["a"])


def _log():
    return pd.DataFrame(
        {"epoch": [1, 2, 3], "train_loss": [2.0, 1.0, 0.5], "val_map": [0.1, None, 0.3], "lr": [1e-3, 2e-3, 0]}
    )


def test_training_curves():
    _, (loss, val, lr) = plots.plot_training_curves(_log())
    assert loss.lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert val.lines[0].get_xydata().tolist() == [[1, 10], [3, 30]]  # an epoch without validation has no point
    assert val.lines[1].get_xydata().tolist() == [[3, 30]] and val.texts[0].get_text() == "30.0"
    assert lr.lines[0].get_ydata().tolist() == [1e-3, 2e-3, 0]
    _, (loss, _, _) = plots.plot_training_curves({"one": _log(), "two": _log()})
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["one", "two"]
    with pytest.raises(InputError, match="'val_map'"):
        plots.plot_training_curves(_log().drop(columns="val_map"))


def test_given_axes_are_used_and_settings_left_alone():
    with plt.rc_context({"axes.titlelocation": "center", "font.size": 9.0}):
        before = dict(plt.rcParams)
        fig, given = plt.subplots()
        got = plots.plot_class_counts({"PASS": 1}, ax=given)
        assert got == (fig, given)
        fig, three = plt.subplots(1, 3)
        assert plots.plot_training_curves(_log(), ax=three)[0] is fig
        assert dict(plt.rcParams) == before
    with plt.rc_context():
        plots.use_course_style()
        assert plt.rcParams["axes.titlelocation"] == "left"


def test_a_backend_that_turns_interactive_mode_on_while_it_loads_keeps_it_on():
    """As a notebook's does at the session's first figure: without it, later figures would not be shown."""
    assert not matplotlib.is_interactive()
    style.course_styled(lambda: matplotlib.interactive(True))()
    try:
        assert matplotlib.is_interactive()
    finally:
        matplotlib.interactive(False)


def test_every_plot_is_exported_and_takes_axes():
    names = [name for name in plots.__all__ if name.startswith("plot_")]
    assert len(names) >= 20
    for name in names:
        assert "ax" in inspect.signature(getattr(plots, name)).parameters, name
    sources = Path(plots.__file__).parent.glob("*.py")
    assert not any("plt.show" in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [(0, 0, "0:00"), (75, 0, "1:15"), (59.99, 1, "1:00.0"), (61.24, 1, "1:01.2"), (2700, 0, "45:00")],
)
def test_clock(seconds, decimals, text):
    assert style.clock(seconds, decimals) == text
