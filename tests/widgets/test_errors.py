"""Error browser: it pages through the findings of the diagnosis, each with its own frames, curves and marks."""

from dataclasses import replace

import numpy as np
import pytest
from numbered_video import number_of
from toy_run import CLASSES, FPS, MATCH, STRIDE, THRESHOLDS, toy_dataset, toy_run

from course_lib.scoring.diagnosis import Finding, diagnose
from course_lib.scoring.rule import Rule
from course_lib.widgets import errors
from course_lib.widgets import panel as panel_module
from course_lib.widgets.errors import (
    COLUMNS,
    WIDTH_PX,
    concerned_classes,
    describe,
    draw_scores,
    error_browser,
    strip_gap,
)

KINDS = {  # frames, the surest first and missed labels in time order; see toy_run
    "mistimed": [166],
    "confused": [92],
    "duplicate": [48],
    "background": [290],
    "missed": [90, 140, 260],
    "correct": [202, 42],
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    return toy_run(tmp_path_factory.mktemp("runs") / "run", dataset)


@pytest.fixture
def panel(run, dataset):
    return error_browser(run, dataset)


@pytest.fixture
def canvases(monkeypatch):
    """Every canvas that is drawn on, in order."""
    seen = []

    class Seen(panel_module.Canvas):
        def __init__(self, *args):
            super().__init__(*args)
            seen.append(self)

    monkeypatch.setattr(errors, "Canvas", Seen)
    return seen


def strip_numbers(panel):
    """The numbers that the pictures of the filmstrip spell."""
    step = WIDTH_PX / COLUMNS
    gap = 0.03 / 1.03 * step
    columns = [slice(round(i * step + gap / 2), round((i + 1) * step - gap / 2)) for i in range(COLUMNS)]
    height = round((step - gap) * 64 / 96)
    return [number_of(panel.pictures[0].pixels[6 : 6 + height, column][:, 4:-4]) for column in columns]


def lines(canvas, gid):
    return [line for line in canvas.ax.lines if line.get_gid() == gid]


def test_it_shows_what_the_diagnosis_found(panel, run, dataset):
    expected = diagnose(dataset.test, run.spots(), Rule(CLASSES, stride=STRIDE, fps=FPS), thresholds=THRESHOLDS)
    assert panel.diagnosis.findings == expected.findings and panel.diagnosis.score == expected.score
    kind = panel.controls.kind
    assert dict(kind.options) == {f"{name} ({len(frames)})": name for name, frames in KINDS.items()}
    assert kind.value == max(expected.cost, key=expected.cost.get)  # where most is to be gained
    for name, frames in KINDS.items():
        kind.value = name
        assert [each.frame for each in panel.chosen] == frames
        assert panel.controls.place.max == len(frames) and panel.controls.place.value == 1
        assert panel.error == "" and f"<b>1 of {len(frames)}</b> · {name}: " in panel.words.value


def test_stepping_shows_the_frames_around_each(panel):
    panel.controls.kind.value = "missed"
    seen = []
    for act, place in (
        (None, 1),
        (panel.controls.forward, 2),
        (panel.controls.forward, 3),
        (panel.controls.forward, 3),
        (panel.controls.back, 2),
    ):
        if act is not None:
            act.click()
        assert panel.controls.place.value == place
        centre = KINDS["missed"][place - 1]
        assert strip_numbers(panel) == [centre + offset for offset in (-4, -2, 0, 2, 4)]
        seen.append((panel.pictures[0].value, panel.pictures[1].value))
    assert len(set(seen)) == 3 and seen[1] == seen[4]
    panel.controls.gap.value = 8
    assert strip_numbers(panel) == [140 + offset for offset in (-16, -8, 0, 8, 16)]


def test_the_strip_reaches_to_the_label_and_not_beyond_the_video(panel):
    panel.controls.kind.value = "mistimed"
    assert strip_numbers(panel) == [140, 153, 166, 179, 192]  # its label is at 140
    panel.controls.kind.value = "background"
    panel.controls.gap.value = 16
    assert strip_numbers(panel) == [258, 274, 290, 299, 299]


def test_a_class_can_be_chosen(panel):
    panel.controls.kind.value = "missed"
    assert [name for name, _ in panel.controls.label.options] == ["all classes (3)", "PASS (2)", "DRIVE (1)"]
    panel.controls.place.value = 3
    panel.controls.label.value = "PASS"
    assert [each.frame for each in panel.chosen] == [140, 260] and panel.controls.place.value == 1
    panel.controls.kind.value = "correct"  # the class stays where it can
    assert panel.controls.label.value == "PASS" and [each.frame for each in panel.chosen] == [42]
    panel.controls.kind.value = "background"
    assert panel.controls.label.value == "" and [each.frame for each in panel.chosen] == [290]


def test_one_change_is_drawn_once(panel, canvases):
    panel.controls.place.value = 3
    canvases.clear()
    panel.controls.kind.value = "correct"  # which changes class, number and its limits as well
    assert len(canvases) == 2
    panel.controls.label.value = "DRIVE"
    assert len(canvases) == 4


def test_curves_and_marks_are_those_of_the_run(panel, run, canvases):
    panel.controls.kind.value = "confused"
    canvas = canvases[0]
    scores = run.frame_scores(MATCH)
    steps = np.arange(15, 78)  # frames 30 to 154: 2.5 s either side of 92
    curves = {line.get_label(): line for line in lines(canvas, "curve")}
    for column, label in enumerate(CLASSES, 1):
        assert curves[label].get_xdata() == pytest.approx(steps * STRIDE / FPS)
        assert curves[label].get_ydata() == pytest.approx(scores[steps, column])
    assert [line.get_xdata()[0] * FPS for line in lines(canvas, "truth")] == pytest.approx([40, 90, 140])
    assert [line.get_xdata()[0] * FPS for line in lines(canvas, "spot")] == pytest.approx([42, 48, 92])
    (mark,) = lines(canvas, "finding")
    assert mark.get_xdata()[0] * FPS == pytest.approx(92)
    (band,) = [patch for patch in canvas.ax.patches if patch.get_gid() == "tolerance"]
    assert band.get_x() == pytest.approx(92 / FPS - 0.5) and band.get_width() == pytest.approx(1.0)


def test_a_film_whose_picture_begins_late_is_shown_in_a_players_time(run, dataset, canvases):
    late = replace(dataset, splits={"test": (replace(dataset.test[0], start_ms=600),)})
    panel = error_browser(run, late)
    panel.controls.kind.value = "confused"
    assert "frame 92, 0:04.28" in panel.words.value
    canvas = [each for each in canvases if lines(each, "finding")][-1]  # the others are filmstrips
    assert lines(canvas, "finding")[0].get_xdata()[0] == pytest.approx(4.28)
    assert [line.get_xdata()[0] for line in lines(canvas, "spot")] == pytest.approx([2.28, 2.52, 4.28])
    assert canvas.ax.get_xlim() == pytest.approx((1.78, 6.78))
    panel.controls.kind.value = "correct"
    panel.controls.place.value = 2  # at 42, whose window would begin before the picture does
    assert [each for each in canvases if lines(each, "finding")][-1].ax.get_xlim() == pytest.approx((0.6, 4.78))


def test_spots_too_weak_to_show_are_not_there(panel, canvases):
    assert 10 not in [each.frame for each in panel.diagnosis.findings]
    draw_scores(Finding("missed", MATCH, 40, "PASS", None, "PASS", 40), panel.scene, None)
    draw_scores(Finding("missed", MATCH, 40, "DRIVE", None, "DRIVE", 40), panel.scene, panel._scores(MATCH))
    assert [line.get_xdata()[0] * FPS for line in lines(canvases[1], "spot")] == pytest.approx([42, 48, 92])


def test_the_classes_concerned(panel):
    scores = np.zeros((150, 3), np.float32)
    alone = Finding("background", MATCH, 290, "PASS", 0.6, None, None)
    assert concerned_classes(alone, panel.scene, None) == ("PASS",)  # the label at 260 is a PASS too
    scores[146, 2] = 0.3
    assert concerned_classes(alone, panel.scene, scores) == CLASSES  # what else the spotter said
    scores[146, 2] = 0.05
    assert concerned_classes(alone, panel.scene, scores) == ("PASS",)
    confused = Finding("confused", MATCH, 290, "PASS", 0.6, "DRIVE", 292)
    assert concerned_classes(confused, panel.scene, None) == CLASSES


def test_every_kind_has_its_sentence(panel):
    wanted = {
        "mistimed": "PASS with score 0.70, 26 frames (1.04 s) after a label that nothing else found; "
        "right would be ±0.5 s",
        "confused": "PASS with score 0.80, 2 frames (0.08 s) after a label of DRIVE",
        "duplicate": "PASS with score 0.50, 8 frames (0.32 s) after a label that another spot has",
        "background": "DRIVE with score 0.60, and no label explains it",
        "missed": "no spot of DRIVE above its threshold 0.30 belongs to this label",
        "correct": "DRIVE with score 0.95, 2 frames (0.08 s) after the label",
    }
    for kind, sentence in wanted.items():
        panel.controls.kind.value = kind
        assert describe(panel.chosen[0], panel.scene) == f"{kind}: {sentence}"
    for frames, text in ((0, "exactly at the label"), (-1, "1 frame (0.04 s) before the label")):
        right = Finding("correct", MATCH, 100 + frames, "PASS", 0.5, "PASS", 100)
        assert describe(right, panel.scene).endswith(text)


def test_the_strip_chooses_its_gap():
    for away, gap in ((0, 2), (4, 2), (5, 3), (26, 13)):
        assert strip_gap(Finding("mistimed", MATCH, 100, "PASS", 0.5, "PASS", 100 - away)) == gap
    assert strip_gap(Finding("background", MATCH, 100, "PASS", 0.5, None, None)) == 2


def test_a_kind_without_findings_says_so(tmp_path, dataset):
    from toy_run import SPOTS

    panel = error_browser(toy_run(tmp_path / "run", dataset, SPOTS[:1]), dataset)
    panel.controls.kind.value = "duplicate"
    assert panel.error == "duplicate: there are none, counting only spots that are worth showing"
    panel.controls.forward.click()
    panel.controls.kind.value = "missed"
    assert panel.error == "" and len(panel.chosen) == 4


def test_a_run_without_frame_scores_shows_the_rest(tmp_path, dataset, canvases):
    panel = error_browser(toy_run(tmp_path / "run", dataset, frame_scores=False).path, dataset)
    assert panel.error == ""
    assert panel.words.value.count("The curves are missing") == 1
    assert strip_numbers(panel)[2] == panel.chosen[0].frame
    marks = [collection for collection in canvases[0].ax.collections if collection.get_gid() == "missed"]
    assert marks  # a timeline instead


def test_a_run_that_is_not_finished_is_a_sentence(tmp_path, dataset):
    panel = error_browser(tmp_path, dataset)
    assert panel.error == f"{tmp_path}: not a run folder, it holds no config.json"
