"""submit for data without SoccerNet's folders: one predictions.json, made, checked and refused."""

import json
import zipfile

import numpy as np
import pytest
from pretended_submissions import rallies, submission_files, zip_bytes

from course_lib.__main__ import main
from course_lib.challenge.pretend import pretend_spots
from course_lib.data.datasets import load_dataset
from course_lib.data.events import VOLLEYBALL_6, Video
from course_lib.data.formats.common import write_e2e_predictions
from course_lib.spotting.submission import soccernet_folders


@pytest.fixture
def data(tmp_path):
    return rallies(tmp_path / "rallies")


@pytest.fixture
def spots(data):
    return pretend_spots(load_dataset(data).test, VOLLEYBALL_6, [0.0], np.random.default_rng(0))[0]


def test_which_data_has_soccernets_folders():
    def video(name, **others):
        return Video(name, None, 9, 25.0, 8, 8, **others)

    assert soccernet_folders([video("a/b/c"), video("a/b/c/2", game="a/b/c", half=2)])
    assert not soccernet_folders([video("a/b/c/rally", game="a/b/c")])
    assert not soccernet_folders([video("a/b/c"), video("x")])


def test_made_checked_and_refused(data, spots, tmp_path, capsys):
    videos, found, out = load_dataset(data).test, tmp_path / "found", tmp_path / "out.zip"
    where = ["--data", str(data), "--split", "test"]
    assert main(["submit", str(found), *where, "--out", str(out)]) == 2
    assert "holds neither predictions.json nor spots.json" in capsys.readouterr().err
    write_e2e_predictions(found / "spots.json", videos, spots)  # as `predict` writes
    assert main(["submit", str(found), *where, "--out", str(out)]) == 0
    assert "24 videos of the split test, ready to submit" in capsys.readouterr().out
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["predictions.json"]
        assert archive.read("predictions.json") == (found / "spots.json").read_bytes()
    before = out.read_bytes()
    assert main(["submit", str(found), *where, "--out", str(out)]) == 0 and out.read_bytes() == before
    assert main(["submit", "--check", str(out), *where]) == 0
    assert main(["submit", "--check", str(out), *where, "--teams"]) == 2
    assert "has no room for teams" in capsys.readouterr().err
    write_e2e_predictions(found / "spots.json", videos[:-1], {v.id: spots[v.id] for v in videos[:-1]})
    out.unlink()
    assert main(["submit", str(found), *where, "--out", str(out)]) == 1 and not out.exists()
    assert "has no 'match 3/rally 5'; expected every video of the split" in capsys.readouterr().err


def test_a_run_that_knows_the_rallies_is_not_asked_again(data, spots, tmp_path, capsys):
    (run := tmp_path / "run" / "spots").mkdir(parents=True)
    (run.parent / "config.json").write_text("{}")  # loading it would fail
    write_e2e_predictions(run / "spots.json", load_dataset(data).test, spots)
    assert (
        main(["submit", str(run.parent), "--data", str(data), "--split", "test", "--out", str(tmp_path / "x.zip")]) == 0
    )


def test_what_is_wrong_is_said(data, spots, tmp_path, capsys):
    videos = load_dataset(data).test
    files = submission_files(videos, spots)
    entries = json.loads(files["predictions.json"])
    entries[3]["events"] = [{"frame": 3, "label": "serve", "score": -0.25}]
    bad = tmp_path / "bad.zip"
    bad.write_bytes(zip_bytes({"predictions.json": json.dumps(entries)}))
    assert main(["submit", "--check", str(bad), "--data", str(data), "--split", "test"]) == 1
    sentence = "predictions.json: match 0/rally 3: events[0].score is -0.25; expected a number from 0 to 1"
    assert capsys.readouterr().err == f"{bad}: {sentence}\n"
    bad.write_bytes(zip_bytes({"predictions.json": json.dumps([{"video": v.id, "events": []} for v in videos])}))
    assert main(["submit", "--check", str(bad), "--data", str(data), "--split", "test"]) == 1
    assert "holds no spot; expected some" in capsys.readouterr().err
