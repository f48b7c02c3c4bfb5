"""A run folder that begins: leftovers are nothing, a kill costs nothing, a refusal leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from blinking import blinking_config, blinking_dataset

from course_lib.__main__ import main
from course_lib.data.datasets import load_dataset
from course_lib.files import InputError, only_here
from course_lib.leftovers import sweep
from course_lib.models.weights import save_weights
from course_lib.models.zoo import build
from course_lib.runs import run as run_module
from course_lib.runs.run import begun_run, create_run
from course_lib.training import engine, experiment
from course_lib.training.experiment import train_and_score

ROOT = Path(__file__).resolve().parents[2]
LEFT = (
    ".DS_Store",
    "._config.json",
    "Thumbs.db",
    "desktop.ini",
    ".nfs000000000012ab",
    ".log.csv.swp",
    "environment.json",
    "config.json",
    ".config.x7_k2p9q.json",
    ".last.abcdefgh.pt",
    ".writing-0123abcd.pt",
    "@eaDir",
    "$RECYCLE.BIN",
    "config.json~",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        blinking_dataset(folder / "blinking")
        yield folder


def files(folder):
    """Names and contents of everything below, but for locks."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"}


@pytest.mark.parametrize("name", LEFT)
def test_a_folder_with_nothing_but_a_leftover_is_a_new_one(tmp_path, name):
    (tmp_path / name).touch()
    assert create_run(tmp_path, blinking_config()).config == blinking_config()


def test_a_folder_that_a_kill_left_between_its_two_files_is_a_new_one(tmp_path, monkeypatch):
    plain = run_module.write_json

    def killed(path, data):
        if path.name == "config.json":
            raise KeyboardInterrupt
        plain(path, data)

    monkeypatch.setattr(run_module, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        create_run(tmp_path / "run", blinking_config())
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["environment.json"]
    monkeypatch.undo()
    assert create_run(tmp_path / "run", blinking_config()).config == blinking_config()


@pytest.mark.parametrize("name", ["notes.txt", ".bashrc", "last.pt", ".photo.jpg"])
def test_what_somebody_put_there_is_no_leftover(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="exists and is no run folder"):
        create_run(tmp_path, blinking_config())


def test_the_next_run_sweeps_what_was_half_written(tmp_path):
    create_run(tmp_path, blinking_config())
    (tmp_path / "spots").mkdir()
    for name in (".writing-0123abcd.pt", ".last.abcdefgh.pt", "spots/.writing-0123abcd.json"):
        (tmp_path / name).touch()
    (tmp_path / ".DS_Store").touch()
    with begun_run(tmp_path, blinking_config(), resume=True):
        assert {path.name for path in files(tmp_path)} == {".DS_Store", "config.json", "environment.json"}


def test_a_sweep_leaves_alone_what_may_still_be_written(tmp_path):
    for age, name in ((0, ".writing-00000000.mp4"), (7200, ".writing-11111111.mp4"), (7200, ".hidden.mp4")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden.mp4", ".writing-00000000.mp4"]


def test_killed_between_checkpoint_and_log_it_loses_nothing(home, monkeypatch):
    dataset, config, place = load_dataset(home / "blinking"), blinking_config(train__epochs=1), home / "runs" / "log"

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine._Fit, "_write_log", killed)
    with pytest.raises(KeyboardInterrupt):
        train_and_score("tiny3d+fc", dataset, config, place)
    assert (place / "last.pt").is_file() and not (place / "log.csv").exists()
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_HOME", str(home))
    run = train_and_score("tiny3d+fc", dataset, config, place, resume=True)
    assert run.finished and len(run.log) == 1


def wrong_weights(folder):
    save_weights(build("regnety_002+fc", 2, weights="none").backbone, folder / "other.safetensors")
    return ["--weights", str(folder / "other.safetensors")]


REFUSED = {
    "missing weights": lambda folder: ["--weights", str(folder / "none.safetensors")],
    "other weights": wrong_weights,
    "a tracker": lambda folder: ["--set", 'train.trackers=["clearml"]'],
    "an optimiser": lambda folder: ["--set", "train.optimizer=sgdx"],
    "a rate": lambda folder: ["--lr", "1e30", "--clips-per-epoch", "60", "--batch-size", "4"],
}
SMALL = [
    "--set", "data.width=48", "--set", "data.height=32", "--set", "data.clip_len=16", "--epochs", "1",
    "--clips-per-epoch", "8", "--workers", "0",
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_training_leaves_no_folder(home, tmp_path, capsys, case):
    words = ["train", "tiny3d+fc", "--data", str(home / "blinking"), "--profile", "smoke", *SMALL]
    assert (
        main([*words, "--weights", "none", "--run-dir", str(tmp_path / "deep" / "run"), *REFUSED[case](tmp_path)]) == 2
    )
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "deep" / "run").exists()


def test_refused_labels_leave_no_folder(home, tmp_path, monkeypatch):
    def refused(*_):
        raise InputError("labels")

    monkeypatch.setattr(experiment, "_asked", refused)
    (tmp_path / "mine").mkdir()
    for place in (tmp_path / "run", tmp_path / "mine"):
        with pytest.raises(InputError, match="labels"):
            train_and_score("tiny3d+fc", load_dataset(home / "blinking"), blinking_config(), place)
    assert not (tmp_path / "run").exists() and list((tmp_path / "mine").iterdir()) == []


def test_a_resume_that_is_refused_changes_no_file(home, tmp_path, capsys):
    dataset, place = load_dataset(home / "blinking"), tmp_path / "run"
    create_run(place, blinking_config(data__dataset="blinking", data__fps=25.0))
    (place / "last.pt").write_bytes(b"damaged")
    before = files(place)
    with pytest.raises(InputError, match="not a checkpoint of this run"):
        train_and_score("tiny3d+fc", dataset, blinking_config(), place, resume=True)
    assert files(place) == before


def test_what_is_whole_stays_when_a_later_epoch_is_refused(home, tmp_path, monkeypatch):
    dataset, place, calls = load_dataset(home / "blinking"), tmp_path / "run", []
    plain = engine._Fit._train_epoch

    def nan_later(self, forward, epoch):
        if epoch == 2:
            raise InputError("the loss is no number")
        return plain(self, forward, epoch)

    monkeypatch.setattr(engine._Fit, "_train_epoch", nan_later)
    with pytest.raises(InputError, match="no number"):
        train_and_score("tiny3d+fc", dataset, blinking_config(), place)
    assert {"config.json", "last.pt", "best.safetensors", "log.csv"} <= {path.name for path in place.iterdir()}
    assert len(pd.read_csv(place / "log.csv")) == 1 and not calls


def test_a_second_train_is_refused_and_a_second_sweep_passes_over(home, monkeypatch, capsys):
    from course_lib import profiles

    config = blinking_config(train__epochs=1)
    monkeypatch.setattr(profiles, "profile", lambda *_: config)
    words = ["tiny3d+fc", "--data", str(home / "blinking"), "--run-dir"]
    with only_here(home / "runs" / "busy", "this run"):
        for more in ([], ["--resume"]):
            assert main(["train", *words, str(home / "runs" / "busy"), *more]) == 2
            assert "runs/busy: another process makes this run; expected it to end first" in capsys.readouterr().err
    assert not (home / "runs" / "busy").exists()
    with only_here(home / "sw" / "smoke" / "tiny3d+fc-seed1", "this run"):
        assert main(["sweep", *words, str(home / "sw"), "--seeds", "1", "2", "--records", str(home / "rec")]) == 0
    assert "passed over: sw/smoke/tiny3d+fc-seed1: another process makes this run" in capsys.readouterr().out
    assert [p.name for p in (home / "rec" / "smoke").glob("tiny*")] == ["tiny3d+fc-seed2.json"]
    assert not (home / "sw" / "smoke" / "tiny3d+fc-seed1").exists()


@pytest.mark.slow
def test_killed_anywhere_it_goes_on_and_ends_with_the_same_weights(home, tmp_path):
    """Killed after ever longer times, beginning with the first file; each time the same command goes on."""
    code = f"""
import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "helpers")!r}]
from blinking import blinking_config
from course_lib.data.datasets import load_dataset
from course_lib.training.experiment import train_and_score
print("ready", flush=True)
train_and_score("tiny3d+fc", load_dataset({str(home / "blinking")!r}), blinking_config(train__epochs=2), sys.argv[1],
                resume=True)
"""
    environment = os.environ | {"COURSE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    kills = 0
    for round_number in range(200):
        command = [sys.executable, "-c", code, str(tmp_path / "run")]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout.readline() == b"ready\n"
            try:
                process.communicate(timeout=0.1 * round_number)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                kills += 1
    assert process.returncode == 0 and kills > 10
    straight = train_and_score(
        "tiny3d+fc", load_dataset(home / "blinking"), blinking_config(train__epochs=2), tmp_path / "straight"
    )
    for name in ("best.safetensors", "decode.json"):
        assert (tmp_path / "run" / name).read_bytes() == (straight.path / name).read_bytes()
    assert not [path for path in (tmp_path / "run").rglob(".*")]
    assert len(json.loads((tmp_path / "run" / "environment.json").read_text())["resumed"]) > 3
    assert torch.load(tmp_path / "run" / "last.pt", weights_only=True)["history"]["best_epoch"] > 0
