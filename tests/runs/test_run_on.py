"""Run.on: a run looked at on some of its test matches is a run that was scored on no others."""

from dataclasses import replace

import pytest
from toy_runs import toy_dataset, toy_run, toy_spots

from course_lib.files import InputError, read_json, write_json
from course_lib.runs.run import Run, load_runs, score_matches
from course_lib.spotting.tasks import TASKS

TASK_VIDEOS = {"ball": 3, "volleyball": 6}  # of volleyball two rallies a match


def some(dataset, games):
    """The data set with these test matches alone."""
    videos = tuple(video for video in dataset.test if video.game in dataset.matches("test")[:games])
    return replace(dataset, splits={"test": videos})


@pytest.mark.parametrize("task", TASK_VIDEOS)
def test_on_some_matches(tmp_path, task):
    dataset = toy_dataset(tmp_path, task, TASK_VIDEOS[task], minutes=0.5)
    spots, few = toy_spots(dataset, 0.6), some(dataset, 2)
    whole = toy_run(tmp_path / "whole", dataset, spots=spots)
    alone = toy_run(tmp_path / "alone", few, spots={video.id: spots[video.id] for video in few.test})
    limited = Run(whole.path).on(few.test)
    assert limited.scores["test"] == alone.scores["test"] != whole.scores["test"]
    assert limited.scores["videos"] == alone.scores["videos"] and limited.spots() == alone.spots()
    assert limited.matches == few.matches("test") != whole.matches == dataset.matches("test")
    assert limited.on(some(dataset, 1).test).matches == dataset.matches("test")[:1]
    assert set(limited.scores) == {*whole.scores, "matches"} and Run(whole.path).scores == whole.scores
    for game, scores in limited.scores["matches"].items():
        of_game = [video for video in few.test if video.game == game]
        found = {video.id: spots[video.id] for video in of_game}
        assert scores == TASKS[task].score(of_game, found, whole.config.data.rule)
    assert list(limited.scores["matches"]) == list(limited.matches)


def test_on_all_of_them_it_is_itself(tmp_path):
    dataset = toy_dataset(tmp_path, minutes=0.5)
    run = toy_run(tmp_path / "run", dataset)
    assert run.on(dataset.test[::-1]) is run
    limited = run.on(dataset.test[:1])
    assert limited.on(dataset.test[:1]) is limited
    with pytest.raises(InputError, match="run: was not scored on 'l/s/match1'; expected some of its 1 test videos"):
        limited.on(dataset.test)
    with pytest.raises(InputError, match="is to be looked at on no test video"):
        run.on([])


def test_spots_of_videos_that_were_not_scored_yet_are_not_read(tmp_path):
    """Of a scoring that was stopped: the one file of volleyball holds those of all videos."""
    dataset = toy_dataset(tmp_path, "volleyball", 6, minutes=0.5)
    run, few = toy_run(tmp_path / "run", dataset), some(dataset, 1)
    scores = read_json(run.path / "scores.json")
    about = {video.id: scores["videos"][video.id] for video in few.test}
    write_json(run.path / "scores.json", scores | {"videos": about})
    assert list(Run(run.path).spots()) == list(about)


def test_a_match_without_labels_has_no_scores(tmp_path):
    dataset = toy_dataset(tmp_path, "volleyball", 3, minutes=0.5)
    bare = tuple(replace(video, events=() if place else video.events) for place, video in enumerate(dataset.test))
    run = toy_run(tmp_path / "run", replace(dataset, splits={"test": bare}))
    assert list(score_matches(bare, run.spots(), run.config.data)["matches"]) == [bare[0].game]


def test_a_table_of_runs_on_some_matches(tmp_path, capsys):
    dataset = toy_dataset(tmp_path, videos=3, minutes=0.5)
    few = some(dataset, 1)
    for name, of in (("all", dataset), ("few", few), ("others", replace(dataset, splits={"test": dataset.test[1:]}))):
        toy_run(tmp_path / "runs" / name, of, spots=toy_spots(dataset, 0.6), seed=len(name))
    whole = load_runs(tmp_path / "runs").set_index("run")
    assert whole["test_matches"].to_dict() == {"all": 3, "few": 1, "others": 2}
    limited = load_runs(tmp_path / "runs", few).set_index("run")
    assert capsys.readouterr().out == "skipped others: was not scored on l/s/match0\n"
    assert limited["test_matches"].to_dict() == {"all": 1, "few": 1}
    scores = limited[["map12", "map10", *dataset.classes]]
    assert scores.loc["all"].equals(scores.loc["few"].rename("all"))
    assert scores.loc["few", "map12"] == whole.loc["few", "map12"] != whole.loc["all", "map12"]
