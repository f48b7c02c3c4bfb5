"""The command compare and its page, on runs that were made up."""

import re
import shutil
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from toy_runs import toy_dataset, toy_run, toy_spots

from course_lib.__main__ import main
from course_lib.data import datasets
from course_lib.runs.comparison import compare_all
from course_lib.runs.systems import group_runs
from course_lib.show.comparison_page import comparison_page


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    root = tmp_path_factory.mktemp("ball")
    dataset = toy_dataset(root)
    for system, seed, found in (
        ("x3d_s+fc", 0, 0.4),
        ("x3d_s+fc", 1, 0.4),
        ("x3d_s+sgp", 0, 0.9),
        ("x3d_s+tcn", 0, 0.4),
    ):
        toy_run(root / f"{system}-seed{seed}", dataset, system, seed, found=found)
    return dataset, root


@pytest.fixture
def known(ball, monkeypatch):
    monkeypatch.setattr(datasets, "load_dataset", lambda name: ball[0])
    return ball[1]


@pytest.fixture
def sketched(monkeypatch):
    """Figures are made and not rendered, which takes seconds: who asks for this reads the words."""
    monkeypatch.setattr(Figure, "savefig", lambda figure, out, **_: out.write(b"a picture"))


def test_prints_a_table_and_writes_a_page(known, sketched, tmp_path, capsys):
    runs = [str(known / name) for name in ("x3d_s+fc-seed0", "x3d_s+fc-seed1", "x3d_s+sgp-seed0")]
    assert main(["compare", *runs, "--out", str(tmp_path / "deep" / "page.html"), "--draws", "500"]) == 0
    out = capsys.readouterr().out
    assert "x3d_s+sgp (1 seed) against x3d_s+fc (2 seeds), on 2 of 2 test matches, in per cent" in out
    scores = compare_all(group_runs(runs), repeats=500)[0].headline["mAP-12"]
    row = next(line for line in out.splitlines() if line.startswith("mAP-12"))
    assert [f"{100 * side.value:.1f}" for side in (scores.first, scores.second)] == row.split()[2:4]
    assert row.endswith("yes") and f"+{100 * scores.difference.value:.1f}" in row
    assert re.search(r"^confused( +[-+\d.]+){5}$", out, re.MULTILINE)
    page = (tmp_path / "deep" / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")


def test_more_matches_are_offered_and_scored_if_asked_for(known, sketched, monkeypatch, tmp_path, capsys):
    """These runs have no weights, so that they stay as they are; others: tests/training/test_missing_matches.py."""
    more = toy_dataset(known, videos=3)
    named = tuple(replace(more.test[0], id=name, game=name) for name in ("train", "val"))
    more = replace(more, splits={"train": named[:1], "val": named[1:], "test": more.test})
    monkeypatch.setattr(datasets, "load_dataset", lambda name: more)
    for name in ("x3d_s+fc-seed0", "x3d_s+sgp-seed0"):
        shutil.copytree(known / name, tmp_path / name)
    words = ["compare", *map(str, tmp_path.iterdir()), "--out", str(tmp_path / "page.html"), "--draws", "500"]
    offer = "The data set has 1 more test match: --score-missing scores what is missing first."
    for flag in ([], ["--score-missing"]):
        assert main([*words, *flag]) == 0
        out = capsys.readouterr().out
        assert "(1 seed), on 2 of 3 test matches, in per cent" in out and (offer in out) == (not flag)
        lacking = "finished already, on 2 of 3 test matches, for the others its weights (best.safetensors) are missing"
        assert out.count(lacking) == (2 if flag else 0)
    assert "on 2 of 3 test matches: 2 test videos" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_page_needs_no_other_file(known):
    systems = group_runs([known / f"{name}-seed0" for name in ("x3d_s+fc", "x3d_s+sgp", "x3d_s+tcn")])
    page = comparison_page(compare_all(systems, repeats=200))
    assert not plt.get_fignums()
    sources = re.findall(r'src="([^"]{22})', page)
    assert sources and set(sources) == {"data:image/png;base64,"}
    assert "http" not in page and "<script" not in page and "<link" not in page
    assert len(sources) == 2 + 2 + 2 + 3 + 2  # differences, curves, kinds and costs, confusions, timing and calibration
    assert page.count("<img alt=") == len(sources) and "Figures show" not in page  # none is left out
    assert "<title>2 systems against x3d_s+fc</title>" in page
    assert "<h2>Ranking</h2>" in page and "<th>rank</th>" in page
    for words in (
        "model.system",
        "Class by class: x3d_s+tcn against x3d_s+fc",
        "mAP-10, x3d_s+sgp",
        "toy, on 2 of 2 test matches: 2 test videos",
    ):
        assert words in page, words
    assert 'class="shown"' in page and 'class="none"' in page


def test_two_systems_are_not_ranked(known, sketched):
    """Of two the pair says all."""
    systems = group_runs([known / f"{name}-seed0" for name in ("x3d_s+fc", "x3d_s+sgp")])
    assert "Ranking" not in comparison_page(compare_all(systems, repeats=200))


def test_names_are_text_not_tags(known, sketched, tmp_path):
    dataset = datasets.load_dataset("toy")
    odd = toy_run(tmp_path / "odd", dataset, "x3d_s+tcn", data__dataset="<b>toy</b>")
    page = comparison_page(compare_all(group_runs([known / "x3d_s+fc-seed0", odd]), repeats=200))
    assert "&lt;b&gt;toy" in page and "<b>toy" not in page


def test_a_page_of_volleyball(tmp_path):
    dataset = toy_dataset(tmp_path, "volleyball", videos=6, minutes=0.4)
    runs = [
        toy_run(tmp_path / name, dataset, name, spots=toy_spots(dataset, found, seed=3))
        for name, found in (("x3d_s+fc", 0.4), ("x3d_s+tcn", 0.9))
    ]
    page = comparison_page(compare_all(group_runs(runs, dataset), repeats=200))
    for words in ("mTAP", "mSAP", "combined", "spike", "frame mAP at"):
        assert words in page, words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{}/x3d_s+fc-seed0"], "all runs are of one system, x3d_s+fc"),
        (["{}/x3d_s+fc-seed0", "{}/nothing"], "nothing: not a run folder"),
        (["{}/x3d_s+fc-seed0", "{}/x3d_s+sgp-seed0", "--out", "page.pdf"], "expected a file that ends in .html"),
        (["{}/x3d_s+fc-seed0", "{}/x3d_s+sgp-seed0", "--draws", "9"], "--draws 9: expected 500 or more"),
    ],
)
def test_bad_input_is_one_sentence(known, tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *(word.format(known) for word in words)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and sentence in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())
