"""Comparing runs: which belong together, what is a difference, and what does not compare."""

from dataclasses import replace

import numpy as np
import pytest
from toy_runs import toy_dataset, toy_run, toy_spots

from course_lib.data.events import MAP10_EXCLUDED
from course_lib.files import InputError
from course_lib.profiles import profile
from course_lib.runs.comparison import compare, compare_all, signed
from course_lib.runs.report import comparison_text
from course_lib.runs.run import Run
from course_lib.runs.systems import group_runs
from course_lib.scoring.bootstrap import bootstrap_interval, bootstrap_volleyball_interval
from course_lib.scoring.diagnosis import diagnose
from course_lib.scoring.differences import holm
from course_lib.scoring.ranks import RankRange


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    """A data set and four runs: two systems with two seeds each, the second much better."""
    root = tmp_path_factory.mktemp("ball")
    dataset = toy_dataset(root)
    for system, found in (("x3d_s+fc", 0.45), ("x3d_s+sgp", 0.9)):
        for seed in (0, 1):
            toy_run(root / f"{system}-{seed}", dataset, system, seed, found=found)
    return dataset, root


@pytest.fixture(scope="module")
def comparison(ball):
    dataset, root = ball
    sides = [[root / f"{system}-{seed}" for seed in (0, 1)] for system in ("x3d_s+fc", "x3d_s+sgp")]
    return compare(*sides, dataset, repeats=400)


def test_runs_that_differ_by_the_seed_are_one_system(ball, tmp_path):
    dataset, root = ball
    toy_run(tmp_path / "other", dataset, "x3d_s+fc", 0, train__lr=0.5, train__workers=7)
    runs = [root / "x3d_s+fc-1", root / "x3d_s+sgp-0", root / "x3d_s+fc-0", tmp_path / "other"]
    systems = group_runs(runs, dataset)
    assert [system.name for system in systems] == ["x3d_s+fc", "x3d_s+sgp", "x3d_s+fc (lr 0.5)"]
    assert [system.seeds for system in systems] == [(0, 1), (0,), (0,)]
    assert [run.path.name for run in systems[0].runs] == ["x3d_s+fc-0", "x3d_s+fc-1"]


def test_scores_and_intervals_are_those_of_the_library(ball, comparison):
    dataset, _ = ball
    rule = comparison.data.rule
    sides = [list(system.spots) for system in (comparison.first, comparison.second)]
    rules = (("mAP-12", rule), ("mAP-10", rule.without(MAP10_EXCLUDED)), ("SHOT", rule.only("SHOT")))
    for name, of_name in rules:
        entry = {**comparison.headline, **comparison.per_class}[name]
        expected = bootstrap_interval(dataset.test, sides[1], of_name, other=sides[0], repeats=400)
        got = (entry.difference.value, entry.difference.low, entry.difference.high)
        assert got == pytest.approx((expected.value, expected.low, expected.high), abs=1e-12), name
    for system, side in ((comparison.first, "first"), (comparison.second, "second")):
        stated = np.mean([run.scores["test"]["map12"] for run in system.runs])
        assert getattr(comparison.headline["mAP-12"], side).value == pytest.approx(stated, abs=1e-12)
        assert system.against_tolerance[1.0] == pytest.approx(stated, abs=1e-12)
        assert system.against_tolerance[0.2] < stated


def test_what_the_data_set_says_of_itself_is_said(comparison, monkeypatch):
    assert "Cut by time" not in " ".join(comparison.remarks())
    monkeypatch.setitem(comparison.first.runs[0].scores, "notes", ["cut by time"])
    assert comparison.remarks()[-1] == "Cut by time."


def test_what_is_said(comparison):
    assert comparison.headline["mAP-12"].verdict == "shown" and comparison.per_class["PASS"].verdict == "shown"
    assert comparison.per_class["HEADER"].units == 0  # no label of it
    judged = [entry for entry in comparison.per_class.values() if entry.units]
    assert min(entry.adjusted_p for entry in judged) == pytest.approx(4 * min(entry.p for entry in judged))
    rates = tuple(profile("smoke", system).train.lr for system in ("x3d_s+fc", "x3d_s+sgp"))
    assert comparison.changed == {"model.system": ("x3d_s+fc", "x3d_s+sgp"), "train.lr": rates}
    assert comparison.units == "stretches of 60 s of 2 test matches"
    remarks = " ".join(comparison.remarks())
    assert "hold in 95 % of cases what other minutes of these matches and other seeds would give" in remarks
    assert "2 seeds are few" in remarks and "matches are too few to be drawn" in remarks
    assert "other minutes of these matches, as many as these, would put it in 95 %" in comparison.score_remark()
    assert "nothing of other matches or other seeds" in comparison.score_remark()
    assert "4 classes are compared at once: of equal systems 0.2" in remarks
    table = comparison.table()
    assert table["name"].tolist() == ["mAP-12", "mAP-10", *comparison.data.classes]
    row = table.set_index("name").loc["SHOT"]
    assert row["difference"] == pytest.approx(row["second"] - row["first"]) and row["low"] <= row["difference"]
    events = table.set_index("name")["events"]
    assert events["mAP-12"] == sum(comparison.label_counts.values())
    assert events["mAP-10"] == events["mAP-12"] - comparison.label_counts["GOAL"]


def test_errors_are_means_over_the_seeds(ball, comparison):
    dataset, _ = ball
    rule, system = comparison.data.rule, comparison.second
    thresholds = dict.fromkeys(rule.classes, 0.3)
    each = [diagnose(dataset.test, spots, rule, thresholds=thresholds) for spots in system.spots]
    row = comparison.error_table().set_index("kind").loc["confused"]
    assert row["number_second"] == np.mean([found.counts["confused"] for found in each]) > 0
    assert row["cost_second"] == pytest.approx(np.mean([found.cost["confused"] for found in each]))
    assert row["cost_difference"] == pytest.approx(row["cost_second"] - row["cost_first"])
    assert (system.confusion() == each[0].confusion + each[1].confusion).all()
    assert len(system.timing_frames()) == sum(len(v) for found in each for v in found.timing_frames.values())
    assert system.calibration().counts.sum() == sum(len(rows) for of in system.spots for rows in of.values())


def test_equal_systems_show_no_difference(ball, tmp_path):
    dataset, root = ball
    spots = Run(root / "x3d_s+fc-0").spots()
    toy_run(tmp_path / "twin", dataset, "x3d_s+tcn", 5, spots=spots)
    same = compare(root / "x3d_s+fc-0", tmp_path / "twin", dataset, repeats=200)
    assert {entry.verdict for entry in (*same.headline.values(), *same.per_class.values())} == {"not shown"}
    assert same.headline["mAP-12"].difference.value == 0 and same.headline["mAP-12"].p == 1
    remarks = " ".join(same.remarks())
    assert "A system with one training" in remarks and "of these two trainings, would give" in remarks
    one = compare([root / "x3d_s+sgp-0", root / "x3d_s+sgp-1"], tmp_path / "twin", dataset, repeats=50)
    assert "and other seeds of x3d_s+sgp would give" in " ".join(one.remarks())


def test_many_matches_are_drawn_whole(tmp_path):
    dataset = toy_dataset(tmp_path, videos=10, minutes=2)
    runs = [toy_run(tmp_path / name, dataset, name, found=0.5) for name in ("x3d_s+fc", "x3d_s+tcn")]
    both = compare(*runs, dataset, repeats=200)
    assert (
        "too few" not in " ".join(both.remarks()) and both.units == "10 matches" and both.headline["mAP-12"].units == 10
    )
    assert "where other matches, as many as these" in both.score_remark()
    assert "nothing of other seeds" in both.score_remark()


def test_several_systems_against_the_first(ball, tmp_path):
    dataset, root = ball
    toy_run(tmp_path / "third", dataset, "x3d_s+tcn", found=0.45)
    paths = [root / "x3d_s+fc-0", root / "x3d_s+sgp-0", tmp_path / "third"]
    pairs = compare_all(group_runs(paths, dataset), repeats=200)
    assert [(pair.first.name, pair.second.name) for pair in pairs] == [
        ("x3d_s+fc", "x3d_s+sgp"),
        ("x3d_s+fc", "x3d_s+tcn"),
    ]
    assert pairs[0].first is pairs[1].first
    alone = compare(paths[0], paths[2], dataset, repeats=200)
    assert alone.headline["mAP-12"].difference.value == pairs[1].headline["mAP-12"].difference.value
    # The systems named are a list that was fixed beforehand: each mean is judged for all of them together.
    for name in ("mAP-12", "mAP-10"):
        entries = [pair.headline[name] for pair in pairs]
        assert [entry.adjusted_p for entry in entries] == holm([entry.p for entry in entries]).tolist()
        by_itself = compare(*paths[:2], dataset, repeats=200).headline[name]
        assert entries[0].adjusted_p > entries[0].p == by_itself.adjusted_p
    assert "2 systems are compared with the first" in " ".join(pairs[0].remarks())
    scores = [pairs[0].headline["mAP-12"].first.value, *(pair.headline["mAP-12"].second.value for pair in pairs)]
    assert np.argsort(scores).tolist() == [0, 2, 1]
    assert pairs[0].ranking == pairs[1].ranking and list(pairs[0].ranking) == ["x3d_s+fc", "x3d_s+sgp", "x3d_s+tcn"]
    first, second, third = pairs[0].ranking.values()
    assert second.best == 1 and first.worst == 3
    for pair, other in zip(pairs, (second, third), strict=True):
        apart = first.worst < other.best or other.worst < first.best
        assert not apart or pair.headline["mAP-12"].verdict == "shown"  # all at once asks for more than a pair alone


def test_ranks_know_of_seeds(ball, tmp_path):
    dataset, root = ball
    for seed, found in enumerate((0.3, 0.5, 0.9)):
        toy_run(tmp_path / f"wild-{seed}", dataset, "x3d_s+tcn", seed, found=found)
    steady = [root / "x3d_s+fc-0", root / "x3d_s+sgp-0"]
    alone = compare_all(group_runs([*steady, tmp_path / "wild-0"], dataset), repeats=300)[0].ranking["x3d_s+tcn"]
    assert alone == RankRange(3, 3)
    several = compare_all(group_runs([*steady, *sorted(tmp_path.glob("wild-*"))], dataset), repeats=300)[0].ranking
    assert several["x3d_s+tcn"] == RankRange(1, 3)


def test_volleyball_by_its_own_scores(tmp_path):
    dataset = toy_dataset(tmp_path, "volleyball", videos=9, minutes=0.4)
    runs = [
        toy_run(tmp_path / name, dataset, name, spots=toy_spots(dataset, found, seed=3))
        for name, found in (("x3d_s+fc", 0.4), ("x3d_s+tcn", 0.9))
    ]
    both = compare(*runs, dataset, repeats=300)
    assert list(both.headline) == ["mTAP", "mSAP", "combined"] and both.units == "9 rallies of 3 matches"
    for key, name in (("mtap", "mTAP"), ("msap", "mSAP"), ("combined", "combined")):
        entry = both.headline[name]
        assert entry.second.value == pytest.approx(runs[1].scores["test"][key], abs=1e-9)
        expected = bootstrap_volleyball_interval(
            dataset.test, runs[1].spots(), both.data.rule, score=key, other=runs[0].spots(), repeats=300
        )  # fmt: skip
        assert (entry.difference.low, entry.difference.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
        assert entry.verdict == "shown" and entry.p <= 0.05
    assert both.second.diagnoses[0].score > both.first.diagnoses[0].score
    assert both.first.against_tolerance[0.0] < both.first.against_tolerance[4.0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data__stride": 1}, "other: data.stride is 1; expected 2"),
        ({"system": "x3d_s+fc"}, "both sides have the same configuration"),
        ({"system": "x3d_s+fc", "seed": 0}, "the same configuration and seed as"),
    ],
)
def test_runs_that_do_not_compare(ball, tmp_path, change, sentence):
    dataset, root = ball
    toy_run(tmp_path / "other", dataset, **{"system": "x3d_s+tcn", "seed": 5, **change})
    with pytest.raises(InputError, match=sentence):
        compare(root / "x3d_s+fc-0", tmp_path / "other", dataset)


def test_runs_are_compared_on_the_matches_that_all_were_scored_on(ball, tmp_path):
    dataset, root = ball
    more = toy_dataset(tmp_path, videos=4)
    assert more.test[:2] == dataset.test
    spots = toy_spots(more, 0.7)
    toy_run(tmp_path / "more", more, "x3d_s+tcn", spots=spots)
    toy_run(tmp_path / "few", dataset, "x3d_s+tcn", spots={video.id: spots[video.id] for video in dataset.test})
    both = compare(root / "x3d_s+fc-0", tmp_path / "more", replace(more, whole={"test": 8}), repeats=100)
    expected = compare(root / "x3d_s+fc-0", tmp_path / "few", dataset, repeats=100)
    assert both.table().equals(expected.table()) and both.label_counts == expected.label_counts
    assert both.second.runs[0].scores["test"] == Run(tmp_path / "few").scores["test"]
    assert both.first.on_matches == "on 2 of 8 test matches" and expected.first.on_matches == "on 2 of 2 test matches"
    left_out = "2 test matches that not every run was scored on are left out: all are compared on 2 of 8 test matches."
    assert both.remarks() == [*expected.remarks(), left_out]
    assert comparison_text(both).startswith(
        "x3d_s+tcn (1 seed) against x3d_s+fc (1 seed), on 2 of 8 test matches, in per cent"
    )
    # Asked for fewer matches than both were scored on, nothing is left out.
    first = replace(dataset, splits={"test": dataset.test[:1]}, whole={"test": 8})
    one = compare(root / "x3d_s+fc-0", root / "x3d_s+sgp-0", first, repeats=100)
    assert one.first.on_matches == "on 1 of 8 test matches" and "left out" not in " ".join(one.remarks())
    assert one.label_counts == Run(root / "x3d_s+fc-0").on(first.test).scores["test"]["counts"]


def test_no_match_in_common(ball, tmp_path):
    dataset, root = ball
    more = toy_dataset(tmp_path, videos=3)
    toy_run(tmp_path / "third", replace(more, splits={"test": more.test[2:]}), "x3d_s+tcn")
    with pytest.raises(InputError, match="has no test match that all 2 runs were scored on; expected one"):
        compare(root / "x3d_s+fc-0", tmp_path / "third", more)
    with pytest.raises(InputError, match="has no test match that all 2 runs were scored on; expected one"):
        compare(root / "x3d_s+fc-0", root / "x3d_s+sgp-0", replace(dataset, splits={}))


def test_labels_of_a_part_are_looked_at_where_each_match_has_scores(ball, tmp_path):
    dataset, root = ball
    first, second = dataset.test
    run = toy_run(tmp_path / "whole", dataset, "x3d_s+tcn", matches=True)
    part = replace(dataset, splits={"test": (first,)})
    assert group_runs([run, root / "x3d_s+fc-0"], part)
    changed = replace(dataset, splits={"test": (replace(first, events=first.events[1:]),)})
    with pytest.raises(InputError, match="its test labels are not those that .*whole was scored on"):
        group_runs([run, root / "x3d_s+fc-0"], changed)


def test_other_videos_labels_or_data(ball, tmp_path):
    dataset, root = ball
    first, *rest = dataset.test
    fewer = replace(dataset, splits={"test": (replace(first, events=first.events[1:]), *rest)})
    toy_run(tmp_path / "fewer", fewer, "x3d_s+tcn")
    with pytest.raises(InputError, match="fewer: was scored on other labels than"):
        compare(root / "x3d_s+fc-0", tmp_path / "fewer", dataset)
    with pytest.raises(InputError, match="its test labels are not those"):
        compare(root / "x3d_s+fc-0", root / "x3d_s+sgp-0", fewer)


def test_what_cannot_be_compared(ball, tmp_path):
    dataset, root = ball
    with pytest.raises(InputError, match="no run to compare"):
        group_runs([], dataset)
    with pytest.raises(InputError, match="all runs are of one system, x3d_s[+]fc"):
        compare_all(group_runs([root / "x3d_s+fc-0", root / "x3d_s+fc-1"], dataset))
    with pytest.raises(InputError, match="differs from .* by model.system, train.lr; expected only another seed"):
        compare([root / "x3d_s+fc-0", root / "x3d_s+sgp-0"], root / "x3d_s+sgp-1", dataset)
    with pytest.raises(InputError, match="nowhere: not a run folder"):
        compare(root / "x3d_s+fc-0", tmp_path / "nowhere", dataset)
    short = toy_dataset(tmp_path, minutes=0.5)
    runs = [toy_run(tmp_path / name, short, name) for name in ("x3d_s+fc", "x3d_s+tcn")]
    with pytest.raises(InputError, match="shorter than 120 s together"):
        compare(*runs, short)


def test_signs():
    assert [signed(value) for value in (1.25, -0.04, 0.0, -2)] == ["+1.2", "0.0", "0.0", "-2.0"]
