"""missing_matches: a run that is scored on more matches later is one that was scored on all of them at once."""

import shutil
from dataclasses import replace

import pytest
from blinking import blinking_config, blinking_dataset

from course_lib.commands import compare
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event
from course_lib.files import InputError, cache_dir, read_json, write_json
from course_lib.models.heads.classes import ClassHead
from course_lib.runs.run import Run
from course_lib.spotting.tasks import without_aliases
from course_lib.training import experiment, missing_matches
from course_lib.training.experiment import train_and_score

GROWN = ("scores.json", "spots", "frame_scores")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """COURSE_HOME with a data set of which one match is to train, one to choose by, two to test."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        root = blinking_dataset(folder / "blinking")
        names = [f"league/season/{name}" for name in "abcd"]
        write_json(root / "splits.json", {"train": names[:1], "val": names[1:2], "test": names[2:]})
        yield folder


@pytest.fixture(scope="module", params=[False, True], ids=["learning", "frozen"])
def runs(home, request):
    """The data set, a configuration, and runs that were scored on one match and on both."""
    dataset = load_dataset(home / "blinking")
    still = {"train__augment": 0.0, "train__lr": 0.02} if request.param else {}
    config = blinking_config(train__epochs=2, model__frozen_backbone=request.param, **still)
    few = load_dataset(home / "blinking", only=(1, 1, 1))
    one, both = (
        train_and_score("tiny3d+bigru", of, config, home / f"{request.param}-{len(of.test)}", seed=3)
        for of in (few, dataset)
    )
    return dataset, config, one, both


@pytest.fixture
def one(runs, tmp_path):
    """A copy of the run that was scored on one match, to be changed."""
    shutil.copytree(runs[2].path, tmp_path / "one")
    return tmp_path / "one"


def files(run_dir, names=GROWN):
    """What the run's files of these names hold, without what a training took."""
    found = {}
    for path in (path for name in names for path in [run_dir / name, *(run_dir / name).rglob("*")]):
        if path.name == "scores.json":
            scores = read_json(path)
            found[path.name] = {key: value for key, value in scores.items() if "seconds" not in key}
        elif path.is_file():
            found[str(path.relative_to(run_dir))] = path.read_bytes()
    return found


def resumed(runs, run_dir, dataset=None, **more):
    dataset = runs[0] if dataset is None else dataset
    return train_and_score("tiny3d+bigru", dataset, runs[1], run_dir, 3, resume=True, **more)


def test_missing_matches_are_scored_as_if_all_had_been_at_once(runs, one, monkeypatch, capsys):
    _, _, few, both = runs
    assert (few.path / "best.safetensors").read_bytes() == (both.path / "best.safetensors").read_bytes()
    assert len(few.scores["matches"]) == 1 and files(one) != files(both.path)
    monkeypatch.setattr(experiment, "fit", None)
    monkeypatch.setattr(experiment, "choose_and_score", None)
    learnt = {name: (one / name).read_bytes() for name in ("best.safetensors", "last.pt", "decode.json", "log.csv")}
    shutil.rmtree(cache_dir() / "features", ignore_errors=True)  # they are made anew
    grown = resumed(runs, one)
    assert files(one) == files(both.path)
    assert {name: (one / name).read_bytes() for name in learnt} == learnt
    assert "finished already; 1 more test match scored, now on 2 of 2 test matches\n" in capsys.readouterr().out
    assert grown.scores["test"] == both.scores["test"] != few.scores["test"]
    monkeypatch.setattr(missing_matches, "score_videos", None)
    resumed(runs, one)
    assert capsys.readouterr().out.endswith("one: finished already\n")


def test_only_what_is_missing_is_looked_at(runs, one, monkeypatch):
    seen = []
    plain = missing_matches.build_stores
    monkeypatch.setattr(
        missing_matches, "build_stores", lambda videos, data: seen.extend(videos) or plain(videos, data)
    )
    resumed(runs, one)
    assert [video.id for video in seen] == ["league/season/d"]


def test_a_run_scored_on_both_is_looked_at_on_one_as_if_there_were_no_other(runs, one, capsys):
    dataset, _, few, both = runs
    limited = resumed(runs, both.path, replace(dataset, splits=dataset.splits | {"test": dataset.test[:1]}))
    assert capsys.readouterr().out.endswith(": finished already\n")
    for key in ("test", "matches", "videos"):
        assert limited.scores[key] == few.scores[key], key
    assert limited.spots() == few.spots() and limited.matches == few.matches
    assert files(both.path) == files(Run(both.path).on(dataset.test).path)
    assert Run(both.path).on(dataset.test).scores == both.scores


@pytest.mark.parametrize("stage", ["write_frame_scores", "write_spots", "write_json"])
def test_stopped_anywhere_the_run_is_what_it_was(runs, one, monkeypatch, stage):
    """Stopped before and after what the stage writes."""
    _, _, few, both = runs
    for finish_it in (False, True):
        with monkeypatch.context() as patch:
            plain = getattr(missing_matches, stage)

            def stopped(*arguments, plain=plain, finish_it=finish_it):
                if finish_it:
                    plain(*arguments)
                raise KeyboardInterrupt

            patch.setattr(missing_matches, stage, stopped)
            with pytest.raises(KeyboardInterrupt):
                resumed(runs, one)
        after = both if stage == "write_json" and finish_it else few
        assert Run(one).scores == after.scores | {k: v for k, v in Run(one).scores.items() if "seconds" in k}
        assert Run(one).spots() == after.spots()
    resumed(runs, one)
    assert files(one) == files(both.path)


def test_a_run_of_an_earlier_version_gets_the_scores_of_each_match(runs, one):
    scores = read_json(one / "scores.json")
    del scores["matches"]
    write_json(one / "scores.json", scores)
    assert without_aliases(Run(one).scores["test"]) == scores["test"]
    resumed(runs, one)
    assert files(one) == files(runs[3].path)


def test_what_cannot_be_scored_stays_as_it_is(runs, one, capsys):
    dataset = runs[0]
    before = files(one)
    other = replace(dataset, splits=dataset.splits | {"test": dataset.test[1:]})
    assert resumed(runs, one, other).matches == ("league/season/c",)
    said = "finished already, on 1 of 1 test match, which are not among those of this data set\n"
    assert capsys.readouterr().out.endswith(said)
    (one / "best.safetensors").unlink()
    assert resumed(runs, one).matches == ("league/season/c",)
    said = "on 1 of 2 test matches, for the others its weights (best.safetensors) are missing\n"
    assert capsys.readouterr().out.endswith(said) and files(one) == before


def test_labels_that_have_changed_are_refused(runs, one):
    dataset, before = runs[0], files(one)
    first, second = dataset.test
    changed = replace(first, events=(*first.events, Event("TOP", 90)))
    with pytest.raises(InputError, match="blinking: its test labels are not those that .*one was scored on"):
        resumed(runs, one, replace(dataset, splits=dataset.splits | {"test": (changed, second)}))
    assert files(one) == before


def test_compare_scores_what_is_missing_first(runs, one):
    dataset, _, _, both = runs
    elsewhere = replace(dataset, name="moved")
    (grown,) = compare._score_missing([Run(one)], elsewhere)
    assert files(one) == files(both.path) and grown.matches == dataset.matches("test")
    assert compare._score_missing([both], dataset) == [both]


def test_heads_of_ones_own_are_brought_again(home, tmp_path):
    class Mine(ClassHead):
        pass

    config = blinking_config(train__epochs=1)
    for only, run_dir in (((1, 1, 1), "run"), (None, "run"), (None, "both")):
        dataset = load_dataset(home / "blinking", only=only)
        mine = {"classes": Mine.of}
        run = train_and_score("tiny3d+fc", dataset, config, tmp_path / run_dir, 3, resume=True, heads=mine)
    assert files(tmp_path / "run") == files(run.path)
