"""experiment: from a data set on disk to a finished run."""

from dataclasses import replace

import pytest
from blinking import CLASSES, blinking_config, blinking_dataset

from course_lib import experiment
from course_lib.datasets import load_dataset
from course_lib.errors import InputError
from course_lib.experiment import train_and_score
from course_lib.files import read_json
from course_lib.metrics.ball_actions import score_ball_actions
from course_lib.runs import load_runs


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """COURSE_HOME with a data set of three small matches, and a finished run."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        dataset = load_dataset(blinking_dataset(folder / "blinking"))
        config = blinking_config(train__epochs=2)
        run = train_and_score("tiny3d+fc", dataset, config, folder / "runs" / "one", seed=3)
        yield folder, dataset, config, run


def test_the_run_is_whole_and_good(home):
    folder, dataset, config, run = home
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "best.safetensors",
        "config.json",
        "decode.json",
        "environment.json",
        "last.pt",
        "log.csv",
        "scores.json",
        "spots",
    }
    assert run.scores["test"]["map12"] > 0.9 and run.scores["val"]["map12"] > 0.9
    assert run.scores["parameters"] == sum(p.numel() for p in run.model().parameters())
    assert run.config.train.seed == 3 and run.config.data.classes == CLASSES
    assert run.config.data.dataset == "blinking" and run.config.data.fps == 25.0
    assert load_runs(folder / "runs")["map12"].tolist() == [run.scores["test"]["map12"]]


def test_the_spots_on_disk_are_what_was_scored(home):
    _, dataset, _, run = home
    scores = score_ball_actions(dataset.test, run.spots(), CLASSES, stride=2)
    assert scores.map12 == run.scores["test"]["map12"] and scores.per_class == run.scores["test"]["per_class"]
    (video,) = dataset.test
    assert (run.path / "spots" / video.id / "results_spotting.json").is_file()


def test_validation_chose_the_decoding(home):
    _, _, _, run = home
    written = read_json(run.path / "decode.json")
    assert set(written) == {"rule", "window_steps", "threshold", "display_thresholds"}
    assert set(written["display_thresholds"]) == set(CLASSES)


def test_a_finished_run_is_not_done_again(home, monkeypatch, capsys):
    _, dataset, config, run = home
    monkeypatch.setattr(experiment, "fit", None)
    again = train_and_score("tiny3d+fc", dataset, config, run.path, seed=3, resume=True)
    assert again.scores == run.scores and "finished already" in capsys.readouterr().out
    with pytest.raises(InputError, match="holds a run already"):
        train_and_score("tiny3d+fc", dataset, config, run.path, seed=3)
    with pytest.raises(InputError, match="train.seed was 3 and is now 4"):
        train_and_score("tiny3d+fc", dataset, config, run.path, seed=4, resume=True)


def test_test_videos_choose_nothing(home, tmp_path):
    """Other test labels change the test scores and nothing else."""
    _, dataset, config, run = home
    (video,) = dataset.test
    moved = replace(video, events=tuple(replace(event, frame=0, position_ms=0) for event in video.events))
    other = replace(dataset, splits={**dataset.splits, "test": (moved,)})
    again = train_and_score("tiny3d+fc", other, config, tmp_path / "run", seed=3)
    assert again.scores["test"]["map12"] < 0.2  # one label a class, at a place where a weak spot may lie
    for name in ("best.safetensors", "decode.json"):
        assert (again.path / name).read_bytes() == (run.path / name).read_bytes()


def test_what_a_data_set_must_have(home, tmp_path):
    _, dataset, config, _ = home
    with pytest.raises(InputError, match="no video in the split 'val'; expected at least one"):
        train_and_score("tiny3d+fc", replace(dataset, splits={**dataset.splits, "val": ()}), config, tmp_path / "run")
    (video,) = dataset.val
    odd = replace(dataset, splits={**dataset.splits, "val": (replace(video, fps=30.0),)})
    with pytest.raises(InputError, match="30 frames a second; expected 25"):
        train_and_score("tiny3d+fc", odd, config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
