"""results_table: means, ends and differences are those of the records, and the intervals those of the library."""

from dataclasses import asdict

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from toy_records import write_toy_records
from toy_runs import toy_dataset, toy_run

from course_lib import show
from course_lib.data.events import BALL_12, MAP10_EXCLUDED
from course_lib.files import InputError
from course_lib.runs.comparison import SeedRange, results_table, starred
from course_lib.runs.records import load_chance, load_records
from course_lib.scoring.bootstrap import bootstrap_interval
from course_lib.scoring.chance import score_chance


@pytest.fixture
def folder(tmp_path):
    return write_toy_records(tmp_path)


@pytest.fixture
def records(folder):
    return load_records(folder)


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    root = tmp_path_factory.mktemp("ball")
    dataset = toy_dataset(root)
    runs = {
        (system, seed): toy_run(root / f"{system}-{seed}", dataset, system, seed, found=found)
        for system, seed, found in (("x3d_s+fc", 0, 0.4), ("x3d_s+fc", 1, 0.5), ("x3d_s+sgp", 0, 0.9))
    }
    return dataset, runs


def ends(cell):
    return pytest.approx((cell.value, cell.low, cell.high))


def test_records_by_hand(records, folder):
    facts = ["seeds", "parameters", "frozen_backbone", "seconds_per_epoch"]
    table = results_table(records, "tiny3d+fc", facts=facts, chance=load_chance(folder))
    assert list(table.columns) == [*facts, "mAP of 2", "mAP-10", "PASS", "GOAL"]
    gaps = ["x3d_s+ed - tiny3d+fc", "x3d_s+fc - tiny3d+fc"]
    assert list(table.index) == ["x3d_s+ed", "x3d_s+fc", "tiny3d+fc", *gaps, "chance"]
    assert table.loc["x3d_s+fc", facts].tolist() == [2, 2_000_000, True, 1.5]
    row = table.loc["x3d_s+fc"]
    assert ends(row["mAP of 2"]) == (0.25, 0.2, 0.3) and ends(row["mAP-10"]) == (0.3, 0.2, 0.4)
    assert ends(row["PASS"]) == (0.3, 0.2, 0.4) and ends(row["GOAL"]) == (0.2, 0.0, 0.4)
    assert str(row["mAP of 2"]) == "25.0 (20.0 to 30.0)" and str(table.loc["tiny3d+fc", "PASS"]) == "10.0"
    # From our worst less their best to our best less their worst.
    gap = table.loc["x3d_s+fc - tiny3d+fc"]
    assert ends(gap["mAP of 2"]) == (0.15, 0.1, 0.2) and gap["mAP of 2"].differs_from_zero
    assert ends(gap["GOAL"]) == (0.1, -0.1, 0.3) and not gap["GOAL"].differs_from_zero
    several = results_table(records, "x3d_s+fc")  # from 20 to 30
    assert ends(several.loc["x3d_s+ed - x3d_s+fc", "mAP of 2"]) == (0.15, 0.1, 0.2)
    assert table.loc["chance", "PASS"] == SeedRange(0.05, 0.05, 0.05) and gap["seeds"] == ""
    marked = starred(table.loc[gaps])
    assert marked.loc["x3d_s+fc - tiny3d+fc", ["mAP of 2", "GOAL"]].tolist() == [
        "15.0 (10.0 to 20.0) *", "10.0 (-10.0 to 30.0)  "
    ]  # fmt: skip
    assert results_table(records[:0]).empty


def test_what_does_not_compare(records):
    for column in ("profile", "dataset"):
        mixed = pd.concat([records, records.assign(**{column: "other"})])
        with pytest.raises(InputError, match=f"records: {column} is .*other; expected one"):
            results_table(mixed)
    for baseline in ("x3d_s+tpn", [("x3d_s+fc", "x3d_s+tpn")]):
        with pytest.raises(InputError, match="baseline 'x3d_s\\+tpn': expected one of the systems x3d_s\\+ed, "):
            results_table(records, baseline)


def test_intervals_of_runs_are_those_of_the_library(ball):
    dataset, runs = ball
    ours, theirs = runs["x3d_s+sgp", 0], runs["x3d_s+fc", 0]
    rule = ours.config.data.rule
    chance = asdict(score_chance(dataset.test, dataset.test, rule))
    table = results_table({"ours": ours, "theirs": theirs}, "theirs", dataset, facts=["seeds"], chance=chance)
    assert list(table.index) == ["ours", "theirs", "ours - theirs", "chance"]
    assert list(table.columns) == ["seeds", "mAP-12", "mAP-10", *BALL_12]
    assert table.columns.name == "95 %: other minutes of these matches"
    fig, ax = show.plot_per_class_ap(table.loc[["ours", "theirs"]], BALL_12)
    assert ax.get_xlabel() == "average precision (%); whiskers 95 %: other minutes of these matches"
    plt.close(fig)
    assert results_table({"ours": ours}, repeats=0).columns.name is None
    for name, of_name in {"mAP-12": rule, "mAP-10": rule.without(MAP10_EXCLUDED), "SHOT": rule.only("SHOT")}.items():
        for row, other in (("ours", None), ("ours - theirs", theirs.spots())):
            expected = bootstrap_interval(dataset.test, ours.spots(), of_name, other=other)
            assert (expected.value, expected.low, expected.high) == ends(table.loc[row, name]), (row, name)
    assert table.loc["ours", "mAP-12"].value == pytest.approx(ours.scores["test"]["map12"])
    assert table.loc["chance", "PASS"].value == chance["per_class"]["PASS"]
    assert table.loc["chance", "seeds"] == ""


def test_several_seeds_are_one_system(ball):
    dataset, runs = ball
    systems = {"fc": [runs["x3d_s+fc", 0], runs["x3d_s+fc", 1]], "sgp": runs["x3d_s+sgp", 0]}
    drawn = results_table(systems, [("sgp", "fc")], dataset, facts=["seeds", "seconds"], repeats=200)
    means = [np.mean([run.scores["test"]["map12"] for run in systems["fc"]]), systems["sgp"].scores["test"]["map12"]]
    assert [drawn.loc[name, "mAP-12"].value for name in systems] == pytest.approx(means)
    assert drawn.loc["sgp - fc", "mAP-12"].value == pytest.approx(means[1] - means[0])
    assert drawn["seeds"].tolist() == [2, 1, ""] and str(drawn.loc["fc", "mAP-12"]).endswith("]")
    seeds = results_table(systems, "fc", repeats=0)  # needs no labels
    assert seeds.loc["fc", "PASS"].seeds == 2 and "to" in str(seeds.loc["fc", "PASS"])
    low, high = sorted(run.scores["test"]["per_class"]["PASS"] for run in systems["fc"])
    assert ((low + high) / 2, low, high) == ends(seeds.loc["fc", "PASS"])


def test_volleyball(tmp_path):
    dataset = toy_dataset(tmp_path, "volleyball", videos=6, minutes=0.4)
    runs = {name: toy_run(tmp_path / name, dataset, name, found=0.5) for name in ("x3d_s+fc", "x3d_s+tcn")}
    table = results_table(runs, "x3d_s+fc", dataset, repeats=100)
    assert list(table.columns[:3]) == ["mTAP", "mSAP", "combined"] and table.columns[-1] == dataset.classes[-1]
    for key, name in (("mtap", "mTAP"), ("msap", "mSAP"), ("combined", "combined")):
        assert table.loc["x3d_s+fc", name].value == pytest.approx(runs["x3d_s+fc"].scores["test"][key])
