"""tasks: a volleyball of two classes, from files to a run folder that says when and where; and what tells the tasks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from blinking import CLASSES, FPS, HEIGHT, WIDTH, blinking_config, blinking_frames
from blinking import blinking_events as events_of

from course_lib.config import Config, DataConfig, config_to_dict, override
from course_lib.data.datasets import load_dataset
from course_lib.data.events import BALL_12, VOLLEYBALL_6, Event, Video
from course_lib.data.formats.common import write_class_file, write_e2e_json
from course_lib.data.store import StoreSettings, build_stores
from course_lib.data.video import VideoWriter
from course_lib.files import InputError, write_json
from course_lib.models.targets import frame_targets, place_targets
from course_lib.models.zoo import build
from course_lib.profiles import profile
from course_lib.runs.comparison import results_table
from course_lib.runs.records import load_records, write_chance, write_record
from course_lib.runs.run import Run, load_runs, write_frame_scores
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import score_volleyball
from course_lib.spotting.inference import StepScores, choose_and_score
from course_lib.spotting.tasks import TASKS, task_of
from course_lib.training import engine
from course_lib.training.clips import ClipDataset
from course_lib.training.experiment import train_and_score

PLACES = {"TOP": (0.5, 8 / HEIGHT), "BOTTOM": (0.5, 24 / HEIGHT)}


def rallies(root, num_steps=60):
    """Two rallies a match, in the common layout; the square of an event shows where it is."""
    splits = {"train": ["m1", "m2"], "val": ["m3"], "test": ["m4"]}
    for split, matches in splits.items():
        videos = []
        for match in matches:
            for number in (1, 2):
                seed = 10 * int(match[1:]) + number
                events = events_of(num_steps, seed)
                video = Video(f"{match}/{number}", None, 2 * num_steps, FPS, WIDTH, HEIGHT)
                with VideoWriter(root / "videos" / f"{video.id}.mp4", FPS, (WIDTH, HEIGHT), crf=12) as writer:
                    writer.write(np.repeat(blinking_frames(num_steps, events, seed), 2, axis=0))
                videos.append(replace(video, events=tuple(replace(e, xy=PLACES[e.label]) for e in events)))
        write_e2e_json(root / f"{split}.json", videos)
    write_class_file(root / "class.txt", CLASSES)
    return root


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        dataset = load_dataset(rallies(folder / "rallies"))
        config = blinking_config(data__task="volleyball", train__flip=0.5, train__epochs=3, train__clips_per_epoch=60)
        config = override(config, {"train.xy_lr_factor": 1.0, "train.xy_weight": 5.0, "train.mixup": 0.2})
        yield dataset, train_and_score("tiny3d+fc+xy", dataset, config, folder / "run", seed=1)


def test_rallies_of_a_match_stay_together(finished):
    dataset, _ = finished
    assert [video.game for video in dataset.train] == ["m1", "m1", "m2", "m2"]


def test_a_run_says_when_and_where(finished):
    dataset, run = finished
    test, spots = run.scores["test"], run.spots()
    assert set(spots) == {video.id for video in dataset.test}
    again = score_volleyball(dataset.test, spots, Rule(CLASSES, stride=2))
    assert (again.mtap, again.msap, again.combined) == (test["mtap"], test["msap"], test["combined"])
    assert test["mtap"] > 0.8
    for video in dataset.test:
        of_frame = {event.frame // 2: event for event in video.events}
        strong = [spot for spot in spots[video.id] if spot.score > 0.5]
        errors = [abs(s.xy[1] - of_frame[s.frame // 2].xy[1]) for s in strong if s.frame // 2 in of_frame]
        assert len(errors) > 3 and np.median(errors) < 0.1  # top and bottom are half a picture apart
        scores = run.frame_scores(video.id)
        assert scores.shape == (60, 3) and np.allclose(scores.sum(axis=1), 1, atol=2e-3)


def test_tables_and_records_of_runs(finished, tmp_path):
    dataset, run = finished
    (row,) = load_runs(run.path.parent).to_dict("records")
    assert (row["task"], row["mtap"], row["val_map"]) == (
        "volleyball",
        run.scores["test"]["mtap"],
        run.scores["val"]["mtap"],
    )
    path = write_record(run, dataset, tmp_path, "python -m course_lib train tiny3d+fc+xy")
    assert path == tmp_path / "volleyball-smoke" / "tiny3d+fc+xy-seed1.json"
    write_chance(dataset, run.config.data, tmp_path, "smoke")
    assert (tmp_path / "volleyball-smoke" / "chance.json").is_file()
    assert load_records(tmp_path).empty  # of the other task
    records = load_records(tmp_path, task="volleyball")
    assert records.loc[0, "mtap"] == run.scores["test"]["mtap"] and bool(records.loc[0, "places"])
    assert records.loc[0, "mtap_low"] <= records.loc[0, "mtap"] <= records.loc[0, "mtap_high"]
    means = results_table(records)[["mTAP", "mSAP", "combined", "clean mSAP"]]
    assert means.map(lambda cell: cell.value).notna().all(axis=None)


def test_without_places_there_is_nothing_to_learn(finished, tmp_path):
    dataset, run = finished
    blind = {
        split: tuple(replace(v, events=tuple(replace(e, xy=None) for e in v.events)) for v in videos)
        for split, videos in dataset.splits.items()
    }
    with pytest.raises(InputError, match=r"no training label has a place \(xy\); expected some for \+xy or \+heat"):
        train_and_score("tiny3d+fc+xy", replace(dataset, splits=blind), run.config, tmp_path / "run")


def classes_of(videos, run):
    return [frame_targets(video.events, 60, run.config.data, video.fps) for video in videos]


def test_the_loss_sees_mirrored_places(finished, tmp_path):
    dataset, run = finished
    stores = build_stores(dataset.train, StoreSettings(WIDTH, HEIGHT, 2))
    shifted = [place_targets([replace(e, xy=(0.2, 0.7)) for e in v.events], CLASSES, 60, 2) for v in dataset.train]
    clips = ClipDataset(
        dataset.train, stores, run.config.data, 0.0, {"target": classes_of(dataset.train, run), "xy": shifted}
    )
    seen = []

    def loss(outputs, batch):
        seen.append(batch["xy"][batch["xy"][..., 2] > 0])
        return outputs["logits"].sum()

    for flip, x in ((0.0, 0.2), (1.0, 0.8)):
        seen.clear()
        config = override(run.config, {"train.epochs": 1, "train.clips_per_epoch": 8, "train.flip": flip})
        model = build("tiny3d+fc+xy", 2, weights="none")
        engine.fit(model, clips, dataset.val, config, tmp_path / str(flip), loss=loss)
        places = torch.cat(seen)
        assert len(places) and torch.allclose(places, torch.tensor([x, 0.7, 1.0]))


@pytest.mark.parametrize("weight", ["xy_weight", "heat_weight"])
def test_each_part_of_the_loss_counts_with_its_weight(finished, tmp_path, weight):
    """An epoch of one batch: its loss is that of the first weights, the same for each value."""
    dataset, run = finished
    stores = build_stores(dataset.train, StoreSettings(WIDTH, HEIGHT, 2))
    places = [place_targets(v.events, CLASSES, 60, 2) for v in dataset.train]
    clips = ClipDataset(
        dataset.train, stores, run.config.data, 0.0, {"target": classes_of(dataset.train, run), "xy": places}
    )
    losses = []
    for value in (0.0, 1.0, 3.0):
        one_batch = {"train.epochs": 1, "train.batch_size": 8, "train.clips_per_epoch": 8, f"train.{weight}": value}
        torch.manual_seed(0)
        model = build("tiny3d+fc+heat", 2, weights="none")
        folder = tmp_path / str(value)
        engine.fit(model, clips, dataset.val, override(run.config, one_batch), folder)
        losses.append(pd.read_csv(folder / "log.csv")["train_loss"].item())
    assert losses[1] - losses[0] > 0.05
    assert losses[2] - losses[0] == pytest.approx(3 * (losses[1] - losses[0]), rel=1e-3)


def test_which_task_a_class_list_stands_for():
    assert task_of(VOLLEYBALL_6) == task_of(VOLLEYBALL_6[::-1]) == task_of(("serve", "spike")) == "volleyball"
    assert task_of(BALL_12) == task_of(("serve", "PASS")) == "ball"
    assert task_of(("serve", "set"), "ball") == "ball"  # what the data set itself says counts
    with pytest.raises(InputError, match="states the task 'handball'; expected ball or volleyball"):
        task_of(("serve", "set"), "handball")


@pytest.mark.parametrize("task", TASKS)
def test_the_configuration_names_the_only_suppression_that_is_tried(task):
    events = tuple(Event("serve", frame, xy=(0.5, 0.5)) for frame in (20, 100))
    video, scores = Video("v", None, 200, FPS, WIDTH, HEIGHT, events), np.zeros((100, 1))
    scores[[10, 50]] = 0.9
    for name in ("symmetric", "soft"):
        data = DataConfig(task=task, classes=("serve",), suppression=name)
        decoding, _ = choose_and_score([StepScores(scores)], [video], data)
        assert (decoding.suppression, decoding.threshold) == (name, 0.01)


def test_profiles_of_volleyball_train_all_of_the_network():
    for name in ("smoke", "full"):
        config = profile(name, "x3d_s+ed+xy", "volleyball")
        assert config.data.task == "volleyball" and not config.model.frozen_backbone
    assert profile("smoke", "x3d_s+ed").model.frozen_backbone
    with pytest.raises(InputError, match="data.task is 'tennis'; expected ball or volleyball"):
        profile("smoke", "x3d_s+ed", "tennis")


def test_names_are_of_scores(finished):
    dataset, run = finished
    for task in TASKS.values():
        assert task.headline in task.names
    scores = TASKS["volleyball"].score(dataset.test, run.spots(), run.config.data.rule)
    assert set(TASKS["volleyball"].names) <= set(scores)


def test_frame_scores_on_disk(tmp_path):
    video = Video("league/a match/1", None, 8, FPS, WIDTH, HEIGHT)
    rows = np.random.default_rng(0).dirichlet([1, 1, 1], 4).astype(np.float32)
    write_json(tmp_path / "config.json", config_to_dict(override(Config(), {"data.classes": ["A", "B"]})))
    write_frame_scores(tmp_path, [video], [StepScores(rows, {"xy": rows[:, :2]})])
    assert np.abs(Run(tmp_path).frame_scores(video.id) - rows).max() < 1e-3
    with pytest.raises(InputError, match="no such file; expected the frame scores of a test video"):
        Run(tmp_path).frame_scores("another")
