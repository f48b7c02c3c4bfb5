"""evaluate --stride: what it says of a run's own files is what the run says of itself, to the last digit."""

import json
from dataclasses import replace

import pytest
import toy_run
import toy_runs

from course_lib.__main__ import main
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event
from course_lib.data.formats.common import write_e2e_json
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.files import read_json, write_json

LABELS = (Event("PASS", 41), Event("DRIVE", 90), Event("PASS", 143), Event("DRIVE", 201), Event("PASS", 260))
SPOTS = (
    Event("PASS", 28, 0.9),  # 13 frames before its label, 6 steps
    Event("PASS", 130, 0.8),  # the same
    Event("PASS", 290, 0.7),
    Event("DRIVE", 90, 0.6),
    Event("DRIVE", 214, 0.5),  # 13 frames, 7 steps
)


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A run on a match whose last label lies behind the last frame, as hand-set labels do; folder and scores."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    root = tmp_path / "toy"
    dataset = toy_run.toy_dataset(root)
    video = replace(dataset.test[0], events=(*LABELS, Event("DRIVE", 299, position_ms=12_500)))
    write_soccernet_labels(root / toy_run.MATCH / "Labels-ball.json", video)
    spots = (*SPOTS, Event("DRIVE", 292, 0.4))  # 4 steps before the last step, 11 before that label
    run = toy_run.toy_run(tmp_path / "runs" / "mine", load_dataset(root), spots)
    words = ["evaluate", "--labels", root, "--predictions", run.path / "spots", "--classes", root / "class.txt"]
    return [*map(str, words), "--json", str(tmp_path / "out.json")], run


def scored(words, *more):
    assert main([*words, *more]) == 0
    return read_json(words[-1])


def test_football_equals_the_run(finished, capsys):
    words, run = finished
    report, own = scored(words, "--stride", "2"), run.scores["test"]
    assert "itself can differ" not in capsys.readouterr().out
    assert (report["mAP"], report["per_class"], report["num_labels"]) == (own["map12"], own["per_class"], own["counts"])
    assert report["stride"] == 2 and own["map12"] > 0.5


def test_frames_score_it_otherwise_and_say_so(finished, capsys):
    words, run = finished
    report = scored(words)
    said = [line for line in capsys.readouterr().out.splitlines() if "itself can differ" in line]
    assert said == [
        "the score of the run runs/mine itself can differ: it counts in steps of 2 frames (0.08 s), this in frames; "
        "--stride 2 counts as the run does"
    ]
    assert report["mAP"] < run.scores["test"]["map12"] - 0.1
    scored(words, "--fps", "50")
    assert "--stride 2 --fps 25 counts as the run does" in capsys.readouterr().out
    scored(words, "--stride", "3")
    assert "this in steps of 3;" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["metric", "no run", "odd", "broken"])
def test_nothing_is_said_where_nothing_is_known(finished, change, capsys):
    words, run = finished
    config = run.path / "config.json"
    if change == "no run":
        config.unlink()
    elif change == "odd":
        write_json(config, {"data": []})
    elif change == "broken":
        config.write_text("{")
    scored(words, *(["--metric", "tight"] if change == "metric" else []))
    assert "itself can differ" not in capsys.readouterr().out


def test_labels_without_a_video_beside_them(finished, tmp_path):
    words, run = finished
    with_video = scored(words, "--stride", "2")
    (tmp_path / "toy" / toy_run.MATCH / "224p.mp4").unlink()
    alone = scored(words, "--stride", "2")  # nobody knows that the match ends before its last label
    assert alone["per_class"]["PASS"] == with_video["per_class"]["PASS"]
    assert alone["per_class"]["DRIVE"] < with_video["per_class"]["DRIVE"]


def test_volleyball_equals_the_run(tmp_path, capsys):
    dataset = toy_runs.toy_dataset(tmp_path, "volleyball", videos=6, minutes=0.4)
    events = {
        video.id: tuple(replace(e, frame=e.frame + i % 2) for i, e in enumerate(video.events)) for video in dataset.test
    }
    videos = tuple(replace(video, events=events[video.id]) for video in dataset.test)
    dataset = replace(dataset, splits={"test": videos})
    run = toy_runs.toy_run(tmp_path / "run", dataset, "tiny3d+bigru+xy", found=0.7, data__stride=2)
    write_e2e_json(tmp_path / "test.json", videos)
    files = ["--labels", tmp_path / "test.json", "--predictions", run.path / "spots" / "spots.json"]
    words = [*map(str, ["evaluate", "--metric", "volleyball", *files, "--json", tmp_path / "out.json"])]
    report = scored(words, "--stride", "2")
    own = json.loads(json.dumps(run.scores["test"]))
    assert {name: report[name] for name in own} == own
    assert "tolerance in steps of 2 frames either side" in capsys.readouterr().out
    assert scored(words)["mtap"] != own["mtap"]
    assert "itself can differ" in capsys.readouterr().out


def test_frame_map_counts_in_steps_too(tmp_path):
    labels = [{"video": "v", "num_frames": 100, "fps": 25, "width": 8, "height": 8, "num_events": 1}]
    labels[0]["events"] = [{"frame": 41, "label": "a", "comment": ""}]
    spots = [{"video": "v", "events": [{"frame": 38, "label": "a", "score": 0.5}]}]
    write_json(tmp_path / "labels.json", labels)
    write_json(tmp_path / "spots.json", spots)
    files = ["--labels", tmp_path / "labels.json", "--predictions", tmp_path / "spots.json"]
    words = [*map(str, ["evaluate", "--format", "e2e", *files, "--tolerances", "1,2", "--json", tmp_path / "out.json"])]
    assert scored(words)["mAP"] == {"1": 0.0, "2": 0.0}  # three frames
    assert scored(words, "--stride", "2")["mAP"] == {"1": 1.0, "2": 1.0}  # one step


def test_a_stride_that_is_none(finished, capsys):
    words, _ = finished
    assert main([*words, "--stride", "0"]) == 2
    assert "--stride 0: expected 1 or more" in capsys.readouterr().err
