"""Frames in a row, and frames that stand at their events' moments."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib import show
from course_lib.data.events import BALL_12, Event, class_colours
from course_lib.files import InputError
from course_lib.show.labels import plot_moments

pytestmark = [pytest.mark.usefixtures("closes_figures"), pytest.mark.filterwarnings("error")]


def test_filmstrip():
    frames = np.stack([np.full((20, 40, 3), value, np.uint8) for value in range(7)])
    captions = show.offset_captions(range(-3, 4), 25)
    assert captions[0] == "−3 (−120 ms)" and captions[3] == "event frame" and captions[4] == "+1 (+40 ms)"
    fig, ax = show.plot_filmstrip(frames, captions, highlight=3, columns=4, title="PASS")
    assert [np.asarray(image.get_array())[0, 0, 0] for image in ax.images] == list(range(7))
    lefts = [image.get_extent()[0] for image in ax.images]
    tops = [image.get_extent()[3] for image in ax.images]
    assert lefts[:4] == sorted(lefts[:4]) and lefts[4] == lefts[0] and tops[4] > tops[0]
    assert [text.get_text() for text in ax.texts] == captions
    (box,) = ax.patches
    assert box.get_x() == lefts[3] and box.get_width() == 40
    fig.canvas.draw()
    assert ax.images[0].get_interpolation() != "nearest"
    _, ax = show.plot_filmstrip(frames[:1], pixels=True)
    assert ax.images[0].get_interpolation() == "nearest"
    wrong = [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]
    with pytest.raises(InputError, match="one size"):
        show.plot_filmstrip(wrong)
    with pytest.raises(InputError, match="one size"):
        show.plot_filmstrip([])
    with pytest.raises(InputError, match="expected 7"):
        show.plot_filmstrip(frames, ["a"])


EVENTS = [Event("PASS", 50), Event("DRIVE", 75), Event("SHOT", 100), Event("GOAL", 400), Event("OUT", 25)]


def _by_gid(ax, name):
    return [line for line in ax.lines if line.get_gid() == name]


def test_frames_are_joined_to_their_moments():
    frames = [np.full((20, 40, 3), value, np.uint8) for value in (10, 200)]
    fig, ax = plot_moments(frames, [EVENTS[0], EVENTS[2]], EVENTS, BALL_12, 2.0, 6.0, 25)
    first, second = ax.images
    assert np.asarray(first.get_array())[0, 0, 0] == 10 and np.asarray(second.get_array())[0, 0, 0] == 200
    assert 2.0 <= first.get_extent()[0] < first.get_extent()[1] <= 4.0 <= second.get_extent()[0]
    joints = _by_gid(ax, "joint")
    assert [joint.get_xdata()[1] for joint in joints] == [2.0, 4.0]  # frames 50 and 100 at 25 fps
    assert [np.mean(image.get_extent()[:2]) for image in ax.images] == [joint.get_xdata()[0] for joint in joints]
    assert [to_hex(joint.get_color()) for joint in joints] == [class_colours(BALL_12)[c] for c in ("PASS", "SHOT")]
    assert [text.get_text() for text in ax.texts] == ["PASS\nframe 50", "SHOT\nframe 100"]
    fig.canvas.draw()
    left, top = ax.transData.transform((first.get_extent()[0], 0))
    right, bottom = ax.transData.transform((first.get_extent()[1], 20))
    assert abs(right - left) / abs(bottom - top) == pytest.approx(2)  # the pictures keep their shape


def test_all_events_of_the_stretch_are_marked_and_no_others():
    frames = np.zeros((1, 4, 6, 3), np.uint8)
    _, ax = plot_moments(frames, EVENTS[:1], EVENTS, BALL_12, 2.0, 6.0, 25)
    assert [mark.get_xdata()[0] for mark in _by_gid(ax, "event")] == [2.0, 3.0, 4.0]


def test_frames_must_fit_the_events():
    small, large = np.zeros((4, 6, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)
    for frames in ([], [small], [small, large]):
        with pytest.raises(InputError, match="expected 2 pictures of one size"):
            plot_moments(frames, EVENTS[:2], EVENTS, BALL_12, 0, 6, 25)
