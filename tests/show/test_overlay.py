"""The drawing over and under a frame: marks differ by outcome, move towards the playhead, and stand in their place."""

import numpy as np
import pytest

from course_lib.data.events import class_colours
from course_lib.show.video import Mark, Overlay

FPS = 25
COLOURS = {
    label: [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    for label, colour in class_colours(("PASS", "SHOT")).items()
}


def _overlay(labels, spots, **options):
    return Overlay(labels, spots, ("PASS", "SHOT"), FPS, picture_size=(800, 450), **options)


FRAME = np.full((224, 398, 3), 90, np.uint8)


def test_outcomes_look_different():
    pictures = []
    for outcome in ("right", "false", "spot"):
        overlay = _overlay([], [Mark("PASS", 100, 0.5, outcome)])
        pictures.append(overlay.draw(FRAME, 100))
    for outcome in ("found", "missed"):
        overlay = _overlay([Mark("PASS", 100, None, outcome)], [])
        pictures.append(overlay.draw(FRAME, 100))
    assert len({picture.tobytes() for picture in pictures}) == 5
    assert (FRAME == 90).all()  # the frame itself is not drawn in


def test_a_missed_label_is_hollow():
    fill = {}
    for outcome in ("found", "missed"):
        picture = _overlay([Mark("PASS", 150, None, outcome)], []).draw(FRAME, 100)
        fill[outcome] = picture[450 + 6 + 9, 442 + round(50 * 716 / 200)].tolist()  # in the middle of the mark
    assert fill["found"] == COLOURS["PASS"]
    assert fill["missed"] == [36, 43, 52]  # the lane


def test_timeline_moves_towards_the_playhead():
    overlay = _overlay([Mark("PASS", 150, None, "found")], [])
    pass_colour = np.array(COLOURS["PASS"])
    places = []
    for number in (75, 100, 125, 150):
        lane = overlay.draw(FRAME, number)[456:475].astype(int)  # where the marks are
        places.append(np.flatnonzero((np.abs(lane - pass_colour).sum(axis=2) < 30).any(axis=0)).mean())
    steps = np.diff(places)
    assert steps == pytest.approx([-25 * 716 / 200] * 3, abs=1.5)  # 8 seconds over 716 pixels
    assert places[-1] == pytest.approx(442, abs=1.5)


def test_scores_and_no_labels():
    scores = np.zeros((100, 2))
    scores[50, 1] = 1.0
    without, with_curves = _overlay(None, []), _overlay(None, [], scores=scores, threshold=0.5, stride=2)
    labelled = _overlay([], [])
    assert without.size[1] < labelled.size[1] < with_curves.size[1] + 1
    shot_colour = np.array(COLOURS["SHOT"])
    peak, flat = with_curves.draw(FRAME, 100).astype(int), with_curves.draw(FRAME, 1).astype(int)
    shown = np.abs(peak[450:] - shot_colour).sum(axis=2) < 30
    assert shown.any() and abs(np.flatnonzero(shown.any(axis=0)).mean() - 442) < 30
    assert not (np.abs(flat[450:, :400] - shot_colour).sum(axis=2) < 30).any()


def _changed(overlay, number):
    """Which pixels of the picture the marks change, (450, 800)."""
    plain = _overlay([], []).draw(FRAME, number)[:450].astype(int)
    return np.abs(overlay.draw(FRAME, number)[:450].astype(int) - plain).sum(axis=2) > 0


def test_a_spot_with_a_place_is_a_cross_there_and_a_label_a_circle():
    place = (0.6, 0.8)  # far from the corners where names flash
    x, y = 480, 360
    cross = _overlay([], [Mark("PASS", 100, 0.5, "right", place)]).draw(FRAME, 100)
    circle = _overlay([Mark("PASS", 100, None, "found", place)], []).draw(FRAME, 100)
    for picture, at_middle, on_axis in ((cross, True, False), (circle, False, True)):
        assert (picture[y, x].tolist() == COLOURS["PASS"]) == at_middle
        assert (picture[y, x + 12].tolist() == COLOURS["PASS"]) == on_axis
        assert (picture[y - 12, x].tolist() == COLOURS["PASS"]) == on_axis
        assert picture[y, x + 30].tolist() == [90, 90, 90]
    assert cross[y - 8, x - 8].tolist() == cross[y + 8, x - 8].tolist() == COLOURS["PASS"]
    where = np.argwhere(_changed(_overlay([], [Mark("PASS", 100, 0.5, "right", place)]), 100)[100:]) + [100, 0]
    assert where.mean(axis=0) == pytest.approx([y, x], abs=0.5) and np.ptp(where, axis=0).max() < 40


def test_a_place_shows_around_its_frame_only_and_strongest_at_it():
    overlay = _overlay([], [Mark("SHOT", 100, 0.5, "spot", (0.5, 0.5))])
    strength = [np.abs(overlay.draw(FRAME, number)[225, 400].astype(int) - 90).sum() for number in range(90, 111)]
    shown = np.flatnonzero(strength) + 90
    assert shown.tolist() == list(range(94, 107))  # a quarter of a second either side
    assert strength[10] == max(strength) == np.abs(np.array(COLOURS["SHOT"]) - 90).sum()
    assert strength[4] < strength[8] < strength[10] > strength[12] > strength[16]


def test_without_a_place_the_picture_stays_clear():
    overlay = _overlay([Mark("PASS", 100, None, "found")], [Mark("PASS", 100, 0.5, "right")])
    assert not _changed(overlay, 100)[100:].any()


def test_places_at_the_edge_and_outside_are_cut_off():
    for place in ((0.0, 1.0), (1.2, 1.4)):
        overlay = _overlay([Mark("PASS", 100, None, "found", place)], [Mark("PASS", 100, 0.5, "right", place)])
        picture = overlay.draw(FRAME, 100)
        assert picture.shape == (overlay.size[1], 800, 3)
        # The panel below stays as it is.
        bare = _overlay([Mark("PASS", 100, None, "found")], [Mark("PASS", 100, 0.5, "right")]).draw(FRAME, 100)
        np.testing.assert_array_equal(picture[452:], bare[452:])
