"""records: what is written is what the run scored, and what is read is one table."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blinking import CLASSES, blinking_config, blinking_dataset
from toy_records import write_toy_records

from course_lib.data.datasets import load_dataset
from course_lib.data.events import BALL_12
from course_lib.files import InputError
from course_lib.models.zoo import check_system
from course_lib.runs.comparison import results_table
from course_lib.runs.records import RESULTS, load_chance, load_records, published, write_chance, write_record
from course_lib.scoring.bootstrap import bootstrap_interval
from course_lib.scoring.rule import Rule
from course_lib.training.experiment import train_and_score


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run on matches of eight seconds."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        dataset = load_dataset(blinking_dataset(folder / "blinking"))
        config = blinking_config(train__epochs=2, train__clips_per_epoch=12)
        yield dataset, train_and_score("tiny3d+fc", dataset, config, folder / "run", seed=3)


def test_a_record_holds_what_the_run_scored(finished, tmp_path):
    dataset, run = finished
    path = write_record(run, dataset, tmp_path, "python -m course_lib sweep tiny3d+fc")
    assert path == tmp_path / "smoke" / "tiny3d+fc-seed3.json" and path.stat().st_size < 4000
    record = json.loads(path.read_text())
    for split in ("test", "val"):
        assert record[split]["map"] == run.scores[split]["map"]
        assert record[split]["per_class"] == run.scores[split]["per_class"]
    assert record["test"]["map_interval"] is None  # eight seconds are too short to draw minutes from
    assert record["counts"] == run.scores["test"]["counts"] and record["dataset"] == "blinking"
    assert record["test_matches"] == ["league/season/d"] == list(run.matches) and record["test_matches_of"] == 1
    assert record["parameters"] == record["trained_parameters"] == run.scores["parameters"]
    assert (record["backbone"], record["neck"], record["seed"], record["frozen_backbone"]) == ("tiny3d", "fc", 3, False)
    assert record["epochs"] == 2 and record["seconds_per_epoch"] == pytest.approx(run.scores["seconds"] / 2, abs=0.06)
    assert record["command"] == "python -m course_lib sweep tiny3d+fc" and record["commit"] == run.environment["commit"]
    assert "CPU cores" in record["machine"] and str(Path.home()) not in path.read_text()
    (row,) = load_records(tmp_path).to_dict("records")
    assert row["map12"] == run.scores["test"]["map12"] and row["val_map12"] == run.scores["val"]["map12"]
    assert np.isnan(row["map12_low"]) and np.isnan(row["map10"]) and row["per_class"] == record["test"]["per_class"]


def test_a_record_is_of_the_matches_that_the_run_was_scored_on(finished, tmp_path):
    """Which need not be all that the data set has by now, or has not yet."""
    dataset, run = finished
    (video,) = dataset.test
    more = replace(video, id="e", game="e")
    grown = replace(dataset, splits={**dataset.splits, "test": (more, video)}, whole={"test": 5})
    record = json.loads(write_record(run, grown, tmp_path, "").read_text())
    assert (record["test_matches"], record["test_matches_of"]) == (["league/season/d"], 5)
    assert record["data"] == "2 train, 1 val, 1 test videos"
    write_chance(grown, run.config.data, tmp_path, "smoke")
    chance = load_chance(tmp_path)
    assert (chance["test_matches"], chance["test_matches_of"]) == (("e", "league/season/d"), 5)


def test_intervals_are_over_minutes_of_the_test_videos(finished, tmp_path):
    dataset, run = finished
    (video,) = dataset.test
    long = replace(dataset, splits={**dataset.splits, "test": (replace(video, num_frames=25 * 240),)})
    events = video.events + tuple(
        replace(event, frame=event.frame + 25 * shift, position_ms=None)
        for shift in (70, 140)
        for event in video.events
    )
    long = replace(long, splits={**long.splits, "test": (replace(long.test[0], events=events),)})
    write_record(run, long, tmp_path, "")
    (row,) = load_records(tmp_path).to_dict("records")
    expected = bootstrap_interval(long.test, run.spots(), Rule(CLASSES, stride=2, unit="block", block_sec=60.0))
    assert (row["map12_low"], row["map12_high"]) == (expected.low, expected.high)
    assert 0 <= row["map12_low"] < row["map12_high"]


def test_chance(finished, tmp_path):
    dataset, run = finished
    write_chance(dataset, run.config.data, tmp_path, "smoke")
    chance = load_chance(tmp_path)
    assert 0 < chance["map12"] == pytest.approx(np.mean(list(chance["per_class"].values())))
    assert chance["counts"] == run.scores["test"]["counts"] and chance["dataset"] == "blinking"
    assert load_records(tmp_path).empty  # it is no training
    with pytest.raises(InputError, match="no such file"):
        load_chance(tmp_path, "full")


@pytest.fixture
def folder(tmp_path):
    return write_toy_records(tmp_path)


def test_records_are_read_by_profile_system_and_seed(folder):
    records = load_records(folder)
    assert records["system"].tolist() == ["tiny3d+fc", "x3d_s+ed", "x3d_s+fc", "x3d_s+fc"]
    assert records.loc[0, ["map12_low", "map12_high", "map10_low", "map10_high"]].tolist() == [0.1, 0.9, 0.2, 0.8]
    (folder / "smoke" / ".half-written.json").write_text("")  # by another process
    assert load_records(folder)["seed"].tolist() == records["seed"].tolist()
    assert load_records(folder, "full").empty


def test_files_that_are_no_records(folder):
    with pytest.raises(InputError, match="no such folder of records"):
        load_records(folder / "nowhere")
    (folder / "smoke" / "odd.json").write_text('{"system": "x3d_s+fc", "test": {}}')
    with pytest.raises(InputError, match="odd.json: has no field 'seed'; expected int"):
        load_records(folder)


def test_published_points_are_of_systems_that_can_be_built():
    table = published()
    for system in table["system"]:
        check_system(system)
    assert table["system"].is_unique and table[["map12", "map10"]].to_numpy().max() < 0.5
    assert table["dataset"].str.contains("real SoccerNet").all() and table["source"].str.len().min() > 10
    assert table.set_index("system").loc["x3d_s+ed", ["map12", "map10"]].tolist() == [0.4296, 0.461]


def test_the_records_of_the_course_read_well():
    records = load_records()
    assert RESULTS.is_dir()
    for _, of_profile in records.groupby("profile") if not records.empty else ():
        assert list(of_profile.iloc[0]["per_class"]) == list(BALL_12)
        assert not of_profile.duplicated(["system", "seed"]).any()
        assert len(results_table(of_profile)) == of_profile["system"].nunique()
        assert (of_profile["map12_low"] <= of_profile["map12_high"]).all()


def test_records_of_the_first_version_and_of_today_are_read_alike(finished, tmp_path):
    """The mean has one name whatever the classes; as "map12", which files had at first, it is still found."""
    dataset, run = finished
    path = write_record(run, dataset, tmp_path, "python -m course_lib sweep tiny3d+fc")
    today = path.read_text()
    assert "map12" not in today and "map12" not in (run.path / "scores.json").read_text()
    (row,) = load_records(tmp_path).to_dict("records")
    assert row["map"] == row["map12"] == run.scores["test"]["map"] == run.scores["test"]["map12"]
    assert row["val_map"] == row["val_map12"] and "map12_interval" not in row
    path.write_text(today.replace('"map"', '"map12"').replace('"map_interval"', '"map12_interval"'))
    (old,) = load_records(tmp_path).to_dict("records")
    assert {key: value for key, value in old.items() if value == value} == {
        key: value for key, value in row.items() if value == value
    }
