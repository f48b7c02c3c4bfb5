"""runs: a folder that is written, refused, resumed, read, and laid beside others."""

import json
import math
import shutil
from dataclasses import asdict

import pandas as pd
import pytest
import torch
from blinking import CLASSES, blinking_config

from course_lib.data.events import Event, Video
from course_lib.files import InputError, read_json, write_json
from course_lib.models.weights import save_weights
from course_lib.models.zoo import build
from course_lib.runs.run import Run, create_run, load_runs, write_spots
from course_lib.spotting.decoding import DecodeConfig

SPOTS = [Event("TOP", 10, 0.75, position_ms=400), Event("BOTTOM", 38, 0.5, position_ms=1520)]


def finish(run, map12=0.4):
    """Write what the end of a run writes."""
    scores = {
        "map12": map12,
        "map10": None,
        "per_class": {"TOP": 0.5, "BOTTOM": 0.3},
        "counts": {"TOP": 7, "BOTTOM": 9},
    }
    write_json(run.path / "decode.json", {**asdict(DecodeConfig()), "display_thresholds": {"TOP": 0.3, "BOTTOM": 0.6}})
    game = Video("l/s/game", None, 100, 25.0, 48, 32)
    write_spots(run.path / "spots", [game], {"l/s/game": SPOTS})
    summary = {"test": scores, "val": scores, "best_epoch": 2, "seconds": 3.5, "parameters": 9, "weights": "random"}
    videos = {"l/s/game": {"game": "l/s/game", "half": 1, "fps": 25.0}}
    write_json(run.path / "scores.json", {**summary, "videos": videos})


def test_a_new_run_says_what_and_where(tmp_path):
    run = create_run(tmp_path / "deep" / "run", blinking_config())
    assert run.config == blinking_config() and not run.finished
    assert (
        run.environment["packages"]["torch"] == torch.__version__.split("+")[0] or run.environment["packages"]["torch"]
    )
    assert {"started", "command", "commit", "python", "machine", "cpu_cores", "gpus"} <= run.environment.keys()
    assert sorted(path.name for path in run.path.iterdir()) == ["config.json", "environment.json"]


def test_a_folder_in_use_is_refused(tmp_path):
    create_run(tmp_path / "run", blinking_config())
    with pytest.raises(InputError, match="run: holds a run already; resume it, or choose another run folder"):
        create_run(tmp_path / "run", blinking_config())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    for path in (tmp_path / "photos", tmp_path / "photos" / "cat.jpg"):
        for resume in (False, True):
            with pytest.raises(InputError, match="exists and is no run folder"):
                create_run(path, blinking_config(), resume)


def test_resuming_needs_the_same_configuration(tmp_path):
    assert create_run(tmp_path / "run", blinking_config(), resume=True).config == blinking_config()  # nothing there yet
    run = create_run(tmp_path / "run", blinking_config(train__workers=3), resume=True)
    assert len(run.environment["resumed"]) == 1 and run.config.train.workers == 0
    before = sorted((path.name, path.read_bytes()) for path in run.path.iterdir())
    with pytest.raises(InputError) as caught:
        create_run(tmp_path / "run", blinking_config(train__lr=0.1, data__clip_len=8), resume=True)
    assert "another configuration: data.clip_len was 16 and is now 8, train.lr was 0.005 and is now 0.1" in str(
        caught.value
    )
    assert before == sorted((path.name, path.read_bytes()) for path in run.path.iterdir())


def test_reading_a_finished_run(tmp_path):
    run = create_run(tmp_path, blinking_config())
    finish(run)
    row = {"epoch": 1, "train_loss": 0.5, "val_map": 0.4, "lr": 0.01, "seconds": 2.0}
    pd.DataFrame([row]).to_csv(run.path / "log.csv", index=False)
    theirs = build("tiny3d+fc", 2, weights="none")
    save_weights(theirs, run.path / "best.safetensors")
    run = Run(tmp_path)
    assert run.finished and run.scores["test"]["map12"] == 0.4
    assert run.spots() == {"l/s/game": SPOTS}
    assert run.decoding == DecodeConfig() and run.display_thresholds == {"TOP": 0.3, "BOTTOM": 0.6}
    assert run.log["train_loss"].tolist() == [0.5]
    ours = run.model()
    assert not ours.training
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda run: run.scores, "scores.json: no such file; the run is not finished"),
        (lambda run: run.log, "log.csv: no such file; the run has not finished an epoch"),
        (lambda run: run.model(), "best.safetensors: no such file; the run has not finished an epoch"),
        (lambda run: Run(run.path / "elsewhere").config, "elsewhere: not a run folder, it holds no config.json"),
    ],
)
def test_what_is_not_there_yet(tmp_path, read, sentence):
    run = create_run(tmp_path, blinking_config())
    with pytest.raises(InputError, match=sentence):
        read(run)


def test_a_malformed_configuration_names_file_and_key(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"train": {"epoch": 3}}))
    with pytest.raises(InputError, match=r"config.json: unknown key 'train.epoch'; expected one of epochs"):
        _ = Run(tmp_path).config


def test_both_halves_of_a_match_go_to_one_file(tmp_path):
    videos = [Video(f"l/s/game/{half}", None, 100, 25.0, 48, 32, half=half, game="l/s/game") for half in (1, 2)]
    write_spots(tmp_path, videos, {"l/s/game/1": SPOTS[:1], "l/s/game/2": SPOTS[1:]})
    (file,) = tmp_path.rglob("*.json")
    assert file.relative_to(tmp_path).as_posix() == "l/s/game/results_spotting.json"
    assert [(entry["half"], entry["label"]) for entry in read_json(file)["predictions"]] == [
        ("1", "TOP"),
        ("2", "BOTTOM"),
    ]


def test_many_runs_make_one_table(tmp_path, capsys):
    for seed, map12 in ((1, 0.6), (0, 0.5)):
        finish(create_run(tmp_path / "tiny" / str(seed), blinking_config(train__seed=seed)), map12)
    finish(create_run(tmp_path / "regnet", blinking_config(model__system="regnety_002+fc")))
    create_run(tmp_path / "half", blinking_config())
    (tmp_path / "no run").mkdir()
    for copy in (".snapshot", "@eaDir", "tiny/0/.ipynb_checkpoints"):  # made by a disk or a notebook server
        shutil.copytree(tmp_path / "regnet", tmp_path / copy / "regnet")
    table = load_runs(tmp_path)
    assert capsys.readouterr().out == "skipped half: no scores.json, the run is not finished\n"
    assert table["run"].tolist() == ["regnet", "tiny/0", "tiny/1"]
    assert table["map12"].tolist() == [0.4, 0.5, 0.6] and table["seed"].tolist() == [0, 0, 1]
    first = table.iloc[0]
    assert (first["system"], first["profile"], first["dataset"]) == ("regnety_002+fc", "smoke", "blinking")
    assert (first["val_map"], first["best_epoch"], first["seconds"], first["parameters"]) == (0.4, 2, 3.5, 9)
    assert math.isnan(first["map10"]) and [first[label] for label in CLASSES] == [0.5, 0.3]


def test_no_runs(tmp_path):
    assert load_runs(tmp_path).empty
    with pytest.raises(InputError, match="no such folder of runs"):
        load_runs(tmp_path / "nothing")


def test_a_run_folder_can_be_moved(tmp_path):
    finish(create_run(tmp_path / "here", blinking_config()))
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert Run(tmp_path / "there").spots() == {"l/s/game": SPOTS}
