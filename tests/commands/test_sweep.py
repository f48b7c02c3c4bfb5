"""The commands sweep and demo, on a data set that is learnt in seconds."""

import re
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from blinking import CLASSES, blinking_config, blinking_dataset

from course_lib import profiles
from course_lib.__main__ import main
from course_lib.commands import demo
from course_lib.data.events import Event, Video
from course_lib.data.video import probe
from course_lib.files import InputError, read_json, write_json
from course_lib.models.zoo import check_system
from course_lib.runs.records import load_chance, load_records
from course_lib.runs.run import Run, load_runs


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    blinking_dataset(tmp_path / "blinking")
    small = blinking_config(train__epochs=1)

    def profile(name, system, task="ball"):
        check_system(system)
        return replace(small, model=replace(small.model, system=system))

    monkeypatch.setattr(profiles, "profile", profile)
    return tmp_path


def test_sweep_records_every_run_and_goes_on_where_it_was(home, capsys):
    words = ["sweep", "tiny3d+fc", "--data", str(home / "blinking"), "--records", str(home / "records"), "--seeds"]
    assert main([*words, "4"]) == 0
    assert "finished already" not in capsys.readouterr().out
    assert main([*words, "4", "5"]) == 0
    out = capsys.readouterr().out
    assert out.count("finished already") == 1 and "records: records/smoke" in out
    names = sorted(path.name for path in (home / "records" / "smoke").iterdir())
    assert names == ["chance.json", "tiny3d+fc-seed4.json", "tiny3d+fc-seed5.json"]
    records, table = load_records(home / "records"), load_runs(home / "runs" / "sweep")
    assert records["seed"].tolist() == [4, 5] and records["map12"].tolist() == table["map12"].tolist()
    chance = load_chance(home / "records")
    assert set(chance["per_class"]) == set(CLASSES) == set(chance["counts"])
    assert 0 < chance["map12"] < records["map12"].max()
    assert f"{100 * records['map12'].mean():.1f} (" in out


def test_sweep_tries_every_combination_of_values_and_records_each_by_its_name(home, capsys):
    words = ["sweep", "tiny3d+fc", "--data", str(home / "blinking"), "--records", str(home / "records"), "--seeds", "0"]
    grid = ["--set", "train.lr=1e-3,0.004", "--set", "train.epochs=1"]
    assert main([*words, *grid]) == 0
    names = {"lr=0.001", "lr=0.004"}
    records = load_records(home / "records")
    assert set(records["system"]) == {f"tiny3d+fc ({name}, epochs=1)" for name in names}
    assert "tiny3d+fc (lr=0.004, epochs=1)" in capsys.readouterr().out
    runs = home / "runs" / "sweep" / "smoke"
    assert {path.name for path in runs.glob("[!.]*")} == {f"tiny3d+fc@{name}@epochs=1-seed0" for name in names}
    assert {Run(path).config.train.lr for path in runs.glob("[!.]*")} == {0.001, 0.004}
    assert main([*words, "--set", "train.lr=1e-3", "--label", "low rate"]) == 0
    assert (home / "records" / "smoke" / "tiny3d+fc@low_rate-seed0.json").is_file()
    assert "tiny3d+fc (low rate)" in set(load_records(home / "records")["system"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--set", "train.lr"], "--set train.lr: expected FIELD=VALUE"),
        (["--set", "train.rate=1"], "no field 'train.rate'; expected one of"),
        (["--set", "train.lr=1,x"], "train.lr is 'x'; expected float"),
        (["--label", "fast"], "--label fast: names one recipe; --set makes 0"),
        (["--set", "train.lr=1,2", "--label", "fast"], "--label fast: names one recipe; --set makes 2"),
        (["--set", "train.lr=1", "--label", "../fast"], "--label '../fast': expected words of letters"),
    ],
)
def test_sweep_refuses_recipes_before_any_work(home, capsys, words, expected):
    assert main(["sweep", "tiny3d+fc", "--data", str(home / "blinking"), *words]) == 2
    assert expected in capsys.readouterr().err
    assert not (home / "runs").exists()


def test_sweep_scores_matches_that_came_later_and_records_all(home, capsys):
    words = ["sweep", "tiny3d+fc", "--data", str(home / "blinking"), "--records", str(home / "records"), "--seeds", "4"]
    assert main(words) == 0
    assert "on 1 of 1 test match;" in capsys.readouterr().out
    first = load_records(home / "records").iloc[0]
    splits = read_json(home / "blinking" / "splits.json")
    moved = {**splits, "train": splits["train"][:1], "test": splits["train"][1:] + splits["test"]}
    write_json(home / "blinking" / "splits.json", moved)
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "finished already; 1 more test match scored, now on 2 of 2 test matches" in out
    assert "in % on 2 of 2 test matches;" in out
    second = load_records(home / "records").iloc[0]
    assert (len(first["test_matches"]), len(second["test_matches"])) == (1, 2)
    assert sum(second["counts"].values()) > sum(first["counts"].values())
    assert second["counts"] == load_chance(home / "records")["counts"]


def test_sweep_looks_at_all_names_before_it_trains(home, capsys):
    assert main(["sweep", "tiny3d+fc", "tiny4d+fc", "--data", str(home / "blinking")]) == 2
    assert "system 'tiny4d+fc'" in capsys.readouterr().err
    assert not (home / "runs").exists()


def test_demo_makes_what_it_says_and_does_nothing_twice(home, monkeypatch, capsys):
    monkeypatch.setattr(demo, "SYSTEMS", ("tiny3d+fc",))
    monkeypatch.setattr(demo, "VIDEO_SEC", 2.0)
    words = ["demo", "--data", str(home / "blinking")]
    assert main([*words, "--begun", str(time.time() - 90)]) == 0
    out = capsys.readouterr().out
    folder = home / "runs" / "demo"
    assert "chance" in out and "TOP" in out and str(folder / "annotated.mp4") in out
    seconds = {what.strip(): int(number) for what, number in re.findall(r"^  (.{34}) +(\d+)$", out, re.M)}
    assert {"tiny3d+fc: frames", "tiny3d+fc: training", "tiny3d+fc: scoring"} <= seconds.keys()
    assert seconds["installing"] in (90, 91) and seconds["together"] >= 90
    assert (folder / "per_class_ap.png").read_bytes().startswith(b"\x89PNG")
    assert probe(folder / "annotated.mp4").num_frames == 50
    # What is drawn into the film are the scores that the run has kept.
    monkeypatch.setattr(Run, "model", lambda *_: pytest.fail("the test match was scored again"))
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "finished already" in out and "training" not in out.split("Where the time went")[1]


def test_demo_makes_the_matches_that_it_needs_and_takes_no_others(home, monkeypatch, capsys):
    asked, loaded, status = [], [], [2, 0]
    filming = SimpleNamespace(wait=lambda: status.pop(0))
    monkeypatch.setattr(demo.subprocess, "Popen", lambda command: asked.append(command) or filming)
    assert main(["demo"]) == 2
    assert asked[0][-4:] == ["--size", "quick", "--only", "3,1,1"] and Path(asked[0][1]).is_file()
    assert "were not made" in capsys.readouterr().err

    def load(*arguments):
        loaded.append(arguments)
        raise InputError("enough")

    monkeypatch.setattr("course_lib.data.datasets.load_dataset", load)
    assert main(["demo"]) == main(["demo", "--data", "mine"]) == 2
    assert loaded == [("sim-soccer", (3, 1, 1)), ("mine", None)]


def test_liveliest_half_minute_counts_kinds_before_numbers():
    labels = [(10 * second, "PASS") for second in range(7)] + [(100, "PASS"), (110, "SHOT"), (125, "GOAL")]
    events = tuple(Event(label, second * 25) for second, label in labels)
    video = Video("match", None, 170 * 25, 25.0, 398, 224, events)
    assert demo._liveliest(video) == 100.0  # the first start, in fives, whose half minute holds all three kinds
