"""Distances of places at labelled steps, by hand."""

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import place_errors_px

RULE = Rule(("serve", "set", "spike", "score"), stride=2)


def video(name, *events):
    return Video(name, None, 21, 25.0, 398, 224, events)


def test_each_labelled_step_with_a_place_counts_once():
    first = video("a", Event("set", 4, xy=(0.5, 0.5)), Event("spike", 9), Event("score", 20, xy=(0.25, 1.0)))
    second = video("b", Event("serve", 1, xy=(0.0, 0.0)))
    places = {"a": np.full((10, 2), 0.9), "b": np.zeros((10, 2), np.float32)}
    places["a"][2] = 0.5 + 3 / 224, 0.5 - 4 / 224  # step 2 is frames 4 and 5
    places["a"][9] = 0.25, 1 - 8 / 224  # frame 20 would be step 10, one behind the last
    places["b"][0] = 0, 1
    np.testing.assert_allclose(place_errors_px([first, second], places, RULE), [5, 8, 224], atol=1e-4)
    np.testing.assert_allclose(place_errors_px([second, first], places, RULE), [224, 5, 8], atol=1e-4)
    assert place_errors_px([video("a")], places, RULE).shape == (0,) and place_errors_px([], {}, RULE).shape == (0,)


@pytest.mark.parametrize("places", [{}, {"a": None}])
def test_a_video_without_places(places):
    with pytest.raises(InputError, match="a: no places; expected those of a spotter that says where"):
        place_errors_px([video("a")], places, RULE)
