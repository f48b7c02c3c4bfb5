"""What grows with the number of runs, counted instead of timed: files read, draws scored, figures drawn, memory."""

import sys
import tracemalloc

import numpy as np
import pytest
from toy_runs import toy_dataset, toy_run, toy_spots

from course_lib import files as files_module
from course_lib.runs import systems as systems_module
from course_lib.runs.comparison import compare_all
from course_lib.runs.report import comparison_text
from course_lib.runs.run import Run, load_runs
from course_lib.runs.systems import group_runs
from course_lib.scoring.ball_draws import UnitCounts, draw_ball
from course_lib.show.comparison_page import MAX_DRAWN, comparison_page

SYSTEMS = 12


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A data set and twelve runs of twelve systems, the worst first."""
    root = tmp_path_factory.mktemp("many")
    dataset = toy_dataset(root, minutes=2)
    for number in range(SYSTEMS):
        toy_run(root / f"run{number:02}", dataset, found=0.05 + 0.07 * number, train__lr=0.001 * (number + 1))
    return dataset, sorted(root.glob("run*"))


def calls_of(monkeypatch, owner, name):
    """The arguments of every call from here on."""
    seen, plain = [], getattr(owner, name)

    def counted(*args, **kwargs):
        seen.append(args)
        return plain(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return seen


def test_a_table_of_runs_reads_two_files_a_run(many, monkeypatch):
    _, paths = many
    read = calls_of(monkeypatch, files_module, "read_file")
    assert len(load_runs(paths[0].parent)) == SYSTEMS
    assert sorted(file for (file,) in read) == sorted(
        p / name for p in paths for name in ("config.json", "scores.json")
    )


def test_a_comparison_looks_at_each_run_once(many, monkeypatch):
    """Not once a pair: spots are read, errors judged and draws scored as often as there are runs."""
    dataset, paths = many
    scored = calls_of(monkeypatch, UnitCounts, "drawn_precision")
    judged = calls_of(monkeypatch, systems_module, "diagnose")
    opened = calls_of(monkeypatch, Run, "spots")
    comparisons = compare_all(group_runs(paths, dataset), repeats=100)
    for comparison in comparisons:
        comparison_text(comparison)
        comparison.error_table()
    # The score of all test videos is a draw too, of one.
    assert [len(weights) for _, weights in scored] == [1, 100] * SYSTEMS
    assert len(judged) == len(opened) == SYSTEMS


@pytest.mark.parametrize("most", [3, pytest.param(MAX_DRAWN, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("error::UserWarning")  # what matplotlib says of axes that vanish
def test_figures_of_many_systems_hold_the_first_and_the_best(many, monkeypatch, most):
    monkeypatch.setattr(sys.modules[comparison_page.__module__], "MAX_DRAWN", most)
    dataset, paths = many
    comparisons = compare_all(group_runs(paths, dataset), repeats=100)
    page = comparison_page(comparisons)
    others = most - 1
    assert page.count("<figure>") == others + 2 + 2 + most + 2  # differences, curves, kinds, confusions, the rest
    names = [comparisons[0].first.name, *(comparison.second.name for comparison in comparisons)]
    drawn = [name for name in names if f"{name}: labels and what they were spotted as" in page]
    best = sorted(names[1:], key=lambda name: -comparisons[names.index(name) - 1].headline["mAP-12"].second.value)
    assert drawn == [name for name in names if name in [names[0], *best[:others]]]
    assert f"Figures show {names[0]} and the {others} of the {SYSTEMS - 1} others with the best mAP-12" in page
    for name in names[1:]:
        assert f"Class by class: {name} against {names[0]}" in page  # its table, with or without a figure


def test_memory_of_draws_grows_with_the_runs_and_no_faster(tmp_path):
    dataset = toy_dataset(tmp_path, minutes=3)
    rule = toy_run(tmp_path / "run", dataset).config.data.rule

    def peak(runs):
        sides = [[toy_spots(dataset, 0.5, seed=number)] for number in range(runs)]
        draw_ball(dataset.test, sides, rule, repeats=400)
        tracemalloc.start()
        draw_ball(dataset.test, sides, rule, repeats=400)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, more, most = (peak(runs) for runs in (4, 16, 32))
    assert (most - more) / 16 <= 1.1 * (more - few) / 12


def test_classes_without_labels_change_no_draw_of_the_others(tmp_path):
    dataset = toy_dataset(tmp_path, minutes=3)
    rule = toy_run(tmp_path / "run", dataset).config.data.rule
    spots = toy_spots(dataset, 0.5)
    (draws,) = draw_ball(dataset.test, [[spots]], rule, repeats=50)
    known = [place for place, label in enumerate(rule.classes) if draws.units_of([place])]
    assert 0 < len(known) < len(rule.classes)
    assert np.isnan(np.delete(draws.drawn, known, axis=2)).all()
    for place in known:
        (alone,) = draw_ball(dataset.test, [[spots]], rule.only(rule.classes[place]), repeats=50)
        np.testing.assert_array_equal(alone.drawn[..., 0], draws.drawn[..., place])
