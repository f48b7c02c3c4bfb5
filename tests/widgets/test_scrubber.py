"""Clip scrubber: its controls show the frame they say, and the cursor, curves and places are the given ones."""

from dataclasses import replace

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numbered_video import number_of
from odd_videos import recording, with_sound
from toy_run import CLASSES, FPS, LABELS, MATCH, SPOTS, STRIDE, toy_dataset, toy_scores

from course_lib.data.events import Event
from course_lib.data.exact_frames import VideoError
from course_lib.show.style import ACCENT
from course_lib.widgets.panel import Canvas, rgb
from course_lib.widgets.scrubber import (
    WIDTH_PX,
    ClipFrames,
    Place,
    Stretch,
    clip_scrubber,
    draw_lanes,
    mark_places,
    resized,
    scores_that_speak,
)

ALL = {"scores": toy_scores(), "spots": SPOTS, "classes": CLASSES, "stride": STRIDE}


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data")).test[0]


@pytest.fixture
def panel(video):
    return clip_scrubber(video, **ALL, start_sec=1, length_sec=6)  # frames 25 to 174


def shown(panel):
    """The number that the picture spells, as a front end receives it."""
    return number_of(cv2.imdecode(np.frombuffer(panel.pictures[0].value, np.uint8), cv2.IMREAD_COLOR))


def cursor_px(panel):
    """The column of the cursor's foot, which stands under the axes."""
    columns = np.flatnonzero((panel.pictures[1].pixels == rgb(ACCENT)).all(axis=2).any(axis=0))
    return columns.mean()


def test_it_begins_at_the_first_event(panel):
    assert panel.controls.frame.value == shown(panel) == 40
    assert (panel.controls.frame.min, panel.controls.frame.max) == (25, 174)
    assert panel.title == f"Clip scrubber, {MATCH}, 0:01.0 to 0:07.0" and panel.error == ""
    assert plt.get_fignums() == []


def test_every_control_moves_the_picture_and_the_cursor(panel):
    controls = panel.controls
    for act, number in (
        (controls.forward.click, 41),
        (controls.forward.click, 42),
        (controls.back.click, 41),
        (controls.event_forward.click, 42),  # the spot
        (controls.event_forward.click, 48),
        (controls.event_forward.click, 90),  # the next label
        (controls.event_back.click, 48),
        (lambda: setattr(controls.frame, "value", 120), 120),
        (lambda: setattr(controls.play, "value", 77), 77),  # as playing does
    ):
        before = panel.pictures[0].value, panel.pictures[1].value, cursor_px(panel), controls.frame.value
        act()
        assert controls.frame.value == controls.play.value == shown(panel) == number
        assert panel.pictures[0].value != before[0] and panel.pictures[1].value != before[1]
        # The axes are 645 px wide for 6 s of 25 frames.
        assert cursor_px(panel) - before[2] == pytest.approx((number - before[3]) * (WIDTH_PX - 75) / 150, abs=1.5)


def test_it_stays_within_the_stretch(panel):
    controls = panel.controls
    controls.frame.value = 25
    controls.back.click()
    assert controls.frame.value == 25
    controls.event_back.click()
    assert controls.frame.value == 25
    controls.frame.value = 174
    controls.forward.click()
    controls.event_forward.click()
    assert controls.frame.value == shown(panel) == 174


def test_a_step_draws_no_figure_again(panel, monkeypatch):
    monkeypatch.setattr(Canvas, "pixels", lambda self: pytest.fail("a figure was drawn"))
    for _ in range(3):
        panel.controls.forward.click()
    assert shown(panel) == 43


def test_a_film_whose_picture_begins_late_is_shown_in_a_players_time(tmp_path):
    late = with_sound(tmp_path / "late.mp4", recording(tmp_path / "plain.mp4", 60, g="10"), 0.6, 0.0)
    panel = clip_scrubber(late, start_sec=1.0, length_sec=1.0)
    assert panel.title == "Clip scrubber, late.mp4, 0:01.0 to 0:02.0"
    assert (panel.controls.frame.min, panel.controls.frame.max) == (10, 34)
    panel.controls.frame.value = 20
    assert shown(panel) == 20 and "<b>frame 20</b>, 0:01.40" in panel.words.value
    assert (clip_scrubber(late).controls.frame.min, clip_scrubber(late).controls.frame.max) == (0, 59)


def test_the_cursor_stands_under_its_curve_where_the_picture_begins_late(video):
    late = clip_scrubber(replace(video, start_ms=600), **ALL, start_sec=1.6, length_sec=6)
    plain = clip_scrubber(video, **ALL, start_sec=1, length_sec=6)
    assert (late.controls.frame.min, late.controls.frame.max) == (plain.controls.frame.min, plain.controls.frame.max)
    for number in (40, 120):
        late.controls.frame.value = plain.controls.frame.value = number
        assert cursor_px(late) == pytest.approx(cursor_px(plain), abs=1)
    canvas, _ = draw_lanes(late.clip)
    assert [line.get_xdata()[0] for line in drawn(canvas, "truth")] == pytest.approx([2.2, 4.2, 6.2])


def test_speed_is_the_time_between_frames(panel):
    assert panel.controls.play.interval == 40
    panel.controls.speed.value = 0.125
    assert panel.controls.play.interval == 320


def test_the_words_say_what_is_near(panel):
    for number, label, spot in (
        (90, "DRIVE, now", "PASS 0.80, 2 frames ahead"),
        (91, "DRIVE, 1 frame ago", "PASS 0.80, 1 frame ahead"),
    ):
        panel.controls.frame.value = number
        assert f"<b>frame {number}</b>, 0:03.6{4 * (number - 90)}" in panel.words.value
        assert f"nearest label: {label}" in panel.words.value and f"nearest spot: {spot}" in panel.words.value


def drawn(canvas, gid):
    return [line for line in canvas.ax.lines if line.get_gid() == gid]


def test_the_curves_are_the_scores(video):
    scores = toy_scores()
    canvas, _ = draw_lanes(Stretch(video, 25, 174, scores, CLASSES, STRIDE, LABELS, SPOTS))
    curves = drawn(canvas, "curve")
    assert [line.get_label() for line in curves] == list(CLASSES)
    steps = np.arange(13, 88)  # frames 26 to 174
    for column, line in enumerate(curves, 1):
        assert line.get_xdata() == pytest.approx(steps * STRIDE / FPS)
        assert line.get_ydata() == pytest.approx(scores[steps, column])
    assert [line.get_xdata()[0] * FPS for line in drawn(canvas, "truth")] == pytest.approx([40, 90, 140])
    assert [(line.get_xdata()[0] * FPS, line.get_ydata()[0]) for line in drawn(canvas, "spot")] == [
        (pytest.approx(spot.frame), spot.score) for spot in SPOTS[:4]
    ]


def test_only_classes_that_speak_get_a_curve():
    scores = np.zeros((10, 4), np.float32)
    scores[3, 2] = 0.4
    names = ("a", "b", "c")
    assert scores_that_speak(scores, names, slice(0, 10)) == ("b",)
    assert scores_that_speak(scores, names, slice(0, 10), ["c"]) == ("b", "c")
    scores[5, 3] = 0.05
    assert scores_that_speak(scores, names, slice(4, 10)) == ("c",)  # the loudest, where all are quiet
    assert scores_that_speak(scores[:, 1:], names, slice(0, 10)) == ("b",)  # without a column for background


def test_without_scores_there_are_marks_and_without_marks_a_picture(video):
    both = clip_scrubber(video, spots=SPOTS, length_sec=4)
    labels = clip_scrubber(video, length_sec=4)
    nothing = clip_scrubber(video.path, length_sec=4)
    heights = [panel.pictures[1].pixels.shape[0] for panel in (both, labels, nothing)]
    assert heights[0] > heights[1] > heights[2] == 1
    assert shown(nothing) == 0 and nothing.title.startswith("Clip scrubber, 224p.mp4")
    assert cursor_px(labels) > 0


def test_places_are_marked_while_their_event_is_near(video):
    label, spot = Event("DRIVE", 100, xy=(0.25, 0.75)), Event("DRIVE", 103, 0.7, xy=(0.75, 0.75))
    plain = clip_scrubber(video, truth=[replace(label, xy=None)], spots=[replace(spot, xy=None)])
    marked = clip_scrubber(video, truth=[label], spots=[spot])
    for number, sides in ((94, ""), (95, "left"), (98, "left right"), (105, "left right"), (107, "right"), (109, "")):
        for panel in (plain, marked):
            panel.controls.frame.value = number
        _, columns = np.nonzero((plain.pictures[0].pixels != marked.pictures[0].pixels).any(axis=2))
        seen = [side for side, part in (("left", columns < 300), ("right", columns > 420)) if part.any()]
        assert " ".join(seen) == sides, number
    # The ring is the label's and leaves its middle free; the cross is the spot's and has a name beside it.
    marked.controls.frame.value = plain.controls.frame.value = 103
    height, width, _ = marked.pictures[0].pixels.shape
    row = round(0.75 * (height - 1))
    for x, changed in ((0.25, False), (0.75, True)):
        place = row, round(x * (width - 1))
        assert (marked.pictures[0].pixels[place] != plain.pictures[0].pixels[place]).any() == changed


def test_a_frame_that_cannot_be_read_is_a_sentence(panel, monkeypatch):
    whole = ClipFrames.frame

    def broken(self, video, number):
        if number == 41:
            raise VideoError("toy.mp4: frame 41 (1.64 s) cannot be decoded")
        return whole(self, video, number)

    monkeypatch.setattr(ClipFrames, "frame", broken)
    panel.controls.forward.click()
    assert panel.error == "toy.mp4: frame 41 (1.64 s) cannot be decoded" and panel.error in panel.words.value
    panel.controls.forward.click()
    assert panel.error == "" and shown(panel) == 42


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"start_sec": 12}, "start_sec 12, length_sec 10: expected a stretch of the video, which lasts 12.00 s"),
        ({"length_sec": 0}, "start_sec 0, length_sec 0: expected a stretch of the video"),
        ({"classes": None}, "classes: expected the names of the columns of `scores`, got none"),
        ({"classes": ("PASS",)}, "class 'DRIVE' of an event is not in the class list ('PASS',)"),
        ({"scores": np.zeros((5, 5))}, "scores: expected an array (T, 2) or (T, 3), got (5, 5)"),
        ({"video": "missing.mp4"}, "missing.mp4: no such video file"),
    ],
)
def test_wrong_input_is_a_sentence(video, values, message):
    panel = clip_scrubber(**{"video": video} | ALL | values)
    assert message in panel.error and panel.controls.__dict__ == {}


def test_a_video_without_a_file_shows_its_labels(video):
    panel = clip_scrubber(replace(video, path=None), **ALL)
    assert f"video '{MATCH}': there is no file of it here, only labels" == panel.error


def test_frames_come_in_any_order(video):
    frames = ClipFrames()
    for number in (0, 119, 24, 25, 60, 59, 299, 1):
        assert number_of(frames.frame(video, number)) == number


def test_marks_lie_at_their_places():
    for shape in ("cross", "ring"):
        picture = np.full((120, 240, 3), 90, np.uint8)
        mark_places(picture, [Place((0.25, 0.5), (200, 30, 30), shape)])
        rows, columns = np.nonzero((picture != 90).any(axis=2))
        assert abs(rows.mean() - 59.5) < 1 and abs(columns.mean() - 59.75) < 1
        assert rows.max() - rows.min() < 24
        middle = picture[60, 60].tolist()
        assert middle == [200, 30, 30] if shape == "cross" else middle == [90, 90, 90]  # one sees what is in a ring


def test_a_mark_over_the_edge_is_cut_off():
    picture = np.zeros((40, 60, 3), np.uint8)
    mark_places(picture, [Place((1.3, -0.2), (255, 0, 0), "cross", "set"), Place((0, 0), (0, 255, 0), "cross")])
    assert picture[0, 0].tolist() == [0, 255, 0]


def test_resizing_keeps_the_shape_and_makes_a_copy():
    frame = np.zeros((10, 20, 3), np.uint8)
    assert resized(frame, 50).shape == (25, 50, 3) and resized(frame, 8).shape == (4, 8, 3)
    same = resized(frame, 20)
    same += 1
    assert not frame.any()
