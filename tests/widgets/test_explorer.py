"""Run explorer: its numbers are the library's, its controls change the picture, and runs get names that tell apart."""

from dataclasses import replace

import numpy as np
import pytest
import toy_runs
from toy_run import CLASSES, MATCH, SPOTS, STRIDE, toy_dataset, toy_run

from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.frames import frame_map
from course_lib.scoring.rule import Rule
from course_lib.widgets.explorer import LEFT_PX, MEASURES, run_explorer


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def root(tmp_path_factory, dataset):
    """Three finished runs, of which two have one system, and one that is not finished."""
    root = tmp_path_factory.mktemp("runs")
    toy_run(root / "a", dataset)
    toy_run(root / "deeper" / "b", dataset, SPOTS[:3], seed=1)
    toy_run(root / "c", dataset, SPOTS[3:], system="tiny3d+tcn")
    (toy_run(root / "d", dataset).path / "scores.json").unlink()
    return root


@pytest.fixture
def panel(root, dataset):
    return run_explorer(root, dataset)


def test_names_tell_runs_apart(panel, root, dataset):
    assert panel.error == ""
    assert list(panel.found) == ["tiny3d+fc seed 0", "tiny3d+tcn seed 0", "tiny3d+fc seed 1"]
    assert list(run_explorer([root / "a", root / "c"], dataset).found) == ["tiny3d+fc", "tiny3d+tcn"]
    assert list(run_explorer([root / "a", root / "a"], dataset).found) == [(root / "a").as_posix()]
    assert list(run_explorer({"mine": root / "a"}, dataset).found) == ["mine"]


def test_aps_are_those_of_the_metrics(panel, dataset):
    for name, found in panel.found.items():
        for place, tolerance in enumerate(MEASURES["seconds"].tolerances):
            rule = Rule(CLASSES, stride=STRIDE, tolerance_sec=tolerance)
            scores = score_ball_actions(dataset.test, found.spots, rule)
            mine = {label: row[place] for label, row in panel.aps(name, "seconds").items()}
            assert mine == pytest.approx(scores.per_class)
        steps = MEASURES["steps"].tolerances
        by_frame = frame_map(dataset.test, found.spots, Rule(CLASSES, stride=STRIDE), steps)
        for place, tolerance in enumerate(steps):
            mine = {label: row[place] for label, row in panel.aps(name, "steps").items()}
            assert mine == pytest.approx(by_frame.per_class[tolerance])


def test_the_first_bars_are_the_scores_of_the_run(panel, root):
    from course_lib.runs.run import Run

    place = MEASURES["seconds"].tolerances.index(panel.controls.tolerance.value)
    mine = {label: row[place] for label, row in panel.aps("tiny3d+fc seed 0", "seconds").items()}
    assert mine == pytest.approx(Run(root / "a").scores["test"]["per_class"])


@pytest.mark.parametrize(("measure", "tolerance"), [("seconds", 3.0), ("seconds", 1.0), ("steps", 4), ("steps", 16)])
def test_the_curve_belongs_to_the_ap(panel, measure, tolerance):
    place = MEASURES[measure].tolerances.index(tolerance)
    for name in panel.found:
        for label in CLASSES:
            recall, precision = panel.curve(name, measure, label, tolerance)
            assert len(recall) == len(precision) and (np.diff(recall) >= 0).all()
            if measure == "seconds":  # the mean of the best precision at 11 levels of recall
                levels = np.arange(11) / 10
                area = np.mean([precision[recall >= level - 1e-12].max(initial=0.0) for level in levels])
            else:  # each label found adds the best precision from there on
                steps = np.diff(np.concatenate([[0.0], recall]))
                area = sum(step * precision[i:].max() for i, step in enumerate(steps) if step > 0)
            assert area == pytest.approx(panel.aps(name, measure)[label][place])


def test_every_control_changes_its_part_of_the_picture(panel):
    controls, picture = panel.controls, panel.pictures[0]

    def change(name, value):
        before = picture.pixels, picture.value
        getattr(controls, name).value = value
        assert picture.value != before[1]
        if picture.pixels.shape != before[0].shape:
            return True, True
        return tuple(
            bool((picture.pixels[:, part] != before[0][:, part]).any())
            for part in (slice(0, LEFT_PX), slice(LEFT_PX, None))
        )

    assert controls.label.value == "PASS"  # the class with most test events
    assert change("label", "DRIVE") == (False, True)
    assert change("tolerance", 2.0) == (True, True)
    assert change("runs", ("tiny3d+fc seed 0",)) == (True, True)
    assert change("measure", "steps") == (True, True)
    assert controls.tolerance.value == 4 and [text for text, _ in controls.tolerance.options][:3] == ["0", "1", "2"]
    value = panel.aps("tiny3d+fc seed 0", "steps")["DRIVE"][3] * 100
    words = f"DRIVE, 2 test events, AP in per cent: tiny3d+fc seed 0 <b>{value:.1f}</b>"
    assert words in panel.words.value


def test_without_a_run_it_asks_for_one(panel):
    before = panel.pictures[0].pixels
    panel.controls.runs.value = ()
    assert panel.error == "runs: choose at least one"
    panel.controls.runs.value = tuple(panel.found)
    assert panel.error == "" and (panel.pictures[0].pixels == before).all()


def test_runs_are_looked_at_on_the_videos_that_all_were_scored_on(tmp_path):
    more = toy_runs.toy_dataset(tmp_path, minutes=0.5)
    few = replace(more, splits={"test": more.test[:1]})
    other = replace(more, splits={"test": more.test[1:]})
    for name, of in (("both", more), ("first", few), ("second", other)):
        toy_runs.toy_run(tmp_path / name, of)
    panel = run_explorer({name: tmp_path / name for name in ("both", "first")}, more)
    assert panel.error == ""
    for found in panel.found.values():
        assert found.videos == few.test and list(found.spots) == [more.test[0].id]
    assert run_explorer([tmp_path / "both"], few).found["x3d_s+fc"].videos == few.test
    assert run_explorer([tmp_path / "both"], more).found["x3d_s+fc"].videos == more.test
    apart = run_explorer({name: tmp_path / name for name in ("first", "second")}, more)
    assert apart.error.startswith("runs: were scored on different test videos of 'toy'")


def test_wrong_input_is_a_sentence(root, dataset, tmp_path):
    other = toy_dataset(tmp_path / "other")
    elsewhere = type(other)("elsewhere", other.root, other.classes, {"val": other.test})
    unlabelled = [replace(video, events=()) for video in dataset.test]
    bare = type(other)("bare", other.root, other.classes, {"test": tuple(unlabelled)})
    (tmp_path / "empty").mkdir()
    for runs, data, message in (
        (tmp_path / "none", dataset, "none: no such folder of runs"),
        (tmp_path / "empty", dataset, "empty: holds no finished run"),
        ([], dataset, "runs: expected at least one, got none"),
        ([root / "d"], dataset, "scores.json: no such file; the run is not finished"),
        ([root / "a"], bare, "dataset: its test videos have no labels"),
        ([root / "a"], elsewhere, f"was scored on '{MATCH}'; expected test videos of the data set 'elsewhere'"),
    ):
        assert message in run_explorer(runs, data).error
