"""Names of classes, videos and runs are anybody's: they are shown in a notebook, never run by it."""

import html
from dataclasses import replace

import pytest
from numbered_video import write_video
from toy_runs import toy_dataset, toy_run

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.show.video import show_video
from course_lib.widgets import clip_scrubber, run_explorer
from course_lib.widgets.panel import Panel

HOSTILE = "<img src=x onerror=alert(1)>&amp;'\""


def test_a_line_of_words_escapes_all_but_markup():
    panel = Panel("title", [], [])
    panel.say(HOSTILE)
    assert "<img" not in panel.words.value and html.escape("<img") in panel.words.value

    def fail():
        raise InputError(f"class {HOSTILE}")

    panel.attempt(fail)
    assert "<img" not in panel.words.value and "<b style" in panel.words.value


def test_the_scrubber(tmp_path):
    video = Video(HOSTILE, write_video(tmp_path / "v.mp4", 60), 60, 25.0, 96, 64, (Event(HOSTILE, 10),))
    panel = clip_scrubber(video, spots=[Event(HOSTILE, 20, 0.9)], classes=(HOSTILE,))
    assert panel.words.value.count("&lt;img") == 2 and "<img" not in panel.words.value
    assert "<b>frame " in panel.words.value  # and what is ours stays


def test_the_explorer(tmp_path):
    dataset = toy_dataset(tmp_path)
    events = tuple(replace(event, label=HOSTILE) for event in dataset.test[0].events)
    video = replace(dataset.test[0], events=events)
    classes = (HOSTILE, *dataset.classes[1:])
    dataset = replace(dataset, classes=classes, splits={"test": (video,)})
    run = toy_run(tmp_path / HOSTILE.replace("/", ""), dataset, spots={video.id: []})
    panel = run_explorer([run], dataset)
    panel.controls.label.value = HOSTILE
    assert "<img" not in panel.words.value and "&lt;img" in panel.words.value


@pytest.mark.parametrize("name", ["a.mp4", "x' onerror='alert(1).mp4", 'x"><img src=y>.mp4'])
def test_the_name_of_a_film(tmp_path, name):
    path = write_video(tmp_path / "v.mp4", 4).rename(tmp_path / name)
    element = show_video(path, embed_below_kb=0).data
    assert element.count("<") == 2 and element.count('"') == 4
