"""What is in the labels: counts, intervals and transitions are those that were given."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib import show
from course_lib.data.events import BALL_12, Event, SpottingDataset, Video, class_colours

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


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
    fig, ax = show.plot_class_counts(DATASET)
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
    _, ax = show.plot_class_counts(counts, log_scale=True)
    assert ax.get_xscale() == "log" and ax.get_legend() is None
    assert _widths(ax.containers[0]) == [1721, 6, 0]
    assert ax.get_xlim()[0] < 1 and ax.get_xlim()[1] > 1721
    colours = class_colours(BALL_12)
    assert [to_hex(bar.get_facecolor()) for bar in ax.containers[0]] == [colours[c] for c in ("PASS", "GOAL", "SHOT")]


def test_intervals():
    assert show.event_intervals_sec(VIDEOS).tolist() == [1.0, 2.0, 2.0, 0.04]
    assert show.event_intervals_sec([]).size == 0
    _, ax = show.plot_interval_histogram({"a": [1.0, 2.0, 2.0, 0.04], "b": [5.0, 500.0]})
    drawn = {patch.get_label(): patch.get_data() for patch in ax.patches if patch.get_label()}
    assert set(drawn) == {"a: median 1.50 s", "b: median 252.50 s"}
    for data in drawn.values():
        assert data.values.sum() == pytest.approx(100)  # also what lies beyond the ends is counted
    values, edges, _ = drawn["a: median 1.50 s"]
    assert values[np.searchsorted(edges, 2.0) - 1] == 50
    assert values[0] == 25
    _, ax = show.plot_interval_histogram([])
    assert ax.get_legend().get_texts()[0].get_text() == "no intervals"


def test_transitions():
    table = show.transition_counts(VIDEOS, BALL_12)
    assert table.sum() == 4 and table[0, 1] == 2 and table[1, 0] == 1 and table[1, 4] == 1
    counts = np.array([[3, 1], [0, 0]])
    _, ax = show.plot_transitions(counts, ["PASS", "GOAL"])
    assert np.asarray(ax.collections[0].get_array()).tolist() == [[75, 25], [0, 0]]
    assert [text.get_text() for text in ax.texts] == ["75", "25", "", ""]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["PASS (4)", "GOAL (0)"]
