"""experiment: from a data set on disk to a finished run."""

import shutil
from dataclasses import replace

import pytest
import torch
from blinking import CLASSES, blinking_config, blinking_dataset

from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event
from course_lib.data.store import StoreSettings, build_stores
from course_lib.files import InputError, read_json
from course_lib.models.heads.classes import ClassHead
from course_lib.models.weights import load_weights, save_weights
from course_lib.models.zoo import build
from course_lib.runs.run import load_runs
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.rule import Rule
from course_lib.spotting import inference
from course_lib.spotting.inference import score_video
from course_lib.training import experiment
from course_lib.training.experiment import train_and_score


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
        "frame_scores",
        "last.pt",
        "learnt.json",
        "log.csv",
        "scores.json",
        "spots",
    }
    assert run.scores["test"]["map12"] > 0.9 and run.scores["val"]["map12"] > 0.9
    assert run.scores["parameters"] == sum(p.numel() for p in run.model().parameters())
    assert run.scores["trained_parameters"] == run.scores["parameters"]
    assert run.config.train.seed == 3 and run.config.data.classes == CLASSES
    assert run.config.data.dataset == "blinking" and run.config.data.fps == 25.0
    assert load_runs(folder / "runs")["map12"].tolist() == [run.scores["test"]["map12"]]


def test_the_spots_on_disk_are_what_was_scored(home):
    _, dataset, _, run = home
    scores = score_ball_actions(dataset.test, run.spots(), Rule(CLASSES, stride=2))
    assert scores.map12 == run.scores["test"]["map12"] and scores.per_class == run.scores["test"]["per_class"]
    (video,) = dataset.test
    assert (run.path / "spots" / video.id / "results_spotting.json").is_file()


def test_validation_chose_the_decoding(home):
    _, _, _, run = home
    written = read_json(run.path / "decode.json")
    assert set(written) == {"suppression", "window_steps", "threshold", "display_thresholds", "few_labels"}
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
    for split in ("train", "val", "test"):
        silent = [replace(video, events=()) for video in dataset.splits[split]]
        silent[0] = replace(silent[0], events=(Event("Top", 10),))  # labelled, but not by the class list
        empty = replace(dataset, splits={**dataset.splits, split: tuple(silent)})
        with pytest.raises(InputError, match=f"no event of the classes TOP, BOTTOM in the split '{split}'"):
            train_and_score("tiny3d+fc", empty, config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def frozen(home):
    """The same with a backbone of random weights that stays as it is, the weights in a file."""
    folder, dataset, _, _ = home
    torch.manual_seed(11)
    save_weights(build("tiny3d+fc", 2, weights="none").backbone, folder / "backbone.safetensors")
    config = blinking_config(
        model__frozen_backbone=True,
        model__weights=str(folder / "backbone.safetensors"),
        train__augment=0.0,
        train__lr=0.02,
        train__mixup=0.2,
    )
    return config, train_and_score("tiny3d+fc", dataset, config, folder / "runs" / "frozen", seed=3)


def test_a_frozen_backbone_is_that_of_the_file_and_the_run_holds_it(home, frozen):
    folder, dataset, _, _ = home
    config, run = frozen
    given = build("tiny3d+fc", 2, weights="none").backbone
    load_weights(given, folder / "backbone.safetensors")
    trained = run.model().backbone.state_dict()
    assert all(torch.equal(value, trained[name]) for name, value in given.state_dict().items())
    assert run.scores["trained_parameters"] == 3 * 128 + 3
    assert run.scores["parameters"] == sum(p.numel() for p in run.model().parameters())
    assert run.scores["val"]["map12"] > 0.3  # the linear head alone has learnt something


def test_a_frozen_run_scores_videos_as_it_did_in_training(home, frozen):
    _, dataset, _, _ = home
    config, run = frozen
    stores = build_stores(dataset.test, StoreSettings(48, 32, 2))
    scores = [score_video(run.model(), store, run.config) for store in stores]
    spots = inference.decode_videos(scores, dataset.test, run.decoding, run.config.data)
    assert score_ball_actions(dataset.test, spots, Rule(CLASSES, stride=2)).map12 == run.scores["test"]["map12"]


def test_a_frozen_run_resumed_ends_with_the_same_weights(home, frozen, tmp_path):
    """Killed in the second epoch, and other weights lie in the file when it goes on."""
    folder, dataset, _, _ = home
    config, run = frozen
    weights = tmp_path / "backbone.safetensors"
    shutil.copy(folder / "backbone.safetensors", weights)
    config = replace(config, model=replace(config.model, weights=str(weights)))
    calls = []

    class Deadly(ClassHead):
        def loss(self, *arguments):
            calls.append(1)
            if len(calls) == 15:
                raise KeyboardInterrupt
            return super().loss(*arguments)

    with pytest.raises(KeyboardInterrupt):
        train_and_score("tiny3d+fc", dataset, config, tmp_path / "run", seed=3, heads={"classes": Deadly.of})
    torch.manual_seed(12)
    save_weights(build("tiny3d+fc", 2, weights="none").backbone, weights)
    again = train_and_score("tiny3d+fc", dataset, config, tmp_path / "run", seed=3, resume=True)
    assert (again.path / "best.safetensors").read_bytes() == (run.path / "best.safetensors").read_bytes()
    assert again.log[["train_loss", "val_map", "lr"]].equals(run.log[["train_loss", "val_map", "lr"]])
    assert again.scores["test"] == run.scores["test"]


def test_systems_share_the_features_of_a_backbone(home, frozen, tmp_path, monkeypatch, capsys):
    _, dataset, _, _ = home
    config, run = frozen
    monkeypatch.setattr("course_lib.spotting.features.encode_steps", None)
    again = train_and_score("tiny3d+fc", dataset, config, tmp_path / "run", seed=4)
    assert again.finished and "features of" not in capsys.readouterr().out
    assert again.scores["test"] != run.scores["test"]
