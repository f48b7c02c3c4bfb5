"""What is passed on says nothing of the machine it was made on, and does nothing where it is opened."""

import json

import pytest
from blinking import blinking_config, blinking_dataset

from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event
from course_lib.data.formats.csv import read_csv, write_csv
from course_lib.files import InputError, passed_on, passed_on_words
from course_lib.models.weights import save_weights
from course_lib.models.zoo import build
from course_lib.runs.run import check_run
from course_lib.training.experiment import train_and_score


def test_paths_lose_the_way_to_them(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    assert passed_on(tmp_path / "home" / "runs" / "x") == "runs/x"
    assert passed_on(tmp_path / "elsewhere" / "x.pt") == "x.pt"
    assert passed_on("runs/x") == "runs/x" and passed_on("auto") == "auto" and passed_on("") == ""
    words = ["/usr/lib/m.py", "train", f"--data={tmp_path}/d", "--set", f"model.weights={tmp_path}/w.pt", "--lr", "1"]
    assert passed_on_words(words) == ["m.py", "train", "--data=d", "--set", "model.weights=w.pt", "--lr", "1"]


def test_a_run_folder_holds_no_absolute_path_and_can_be_resumed(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.argv", ["/x/pytest", "--weights", str(tmp_path / "start.safetensors")])
    dataset = load_dataset(blinking_dataset(tmp_path / "blinking"))
    save_weights(build("tiny3d+fc", 2, weights="none").backbone, tmp_path / "start.safetensors")
    config = blinking_config(train__epochs=1, model__weights=str(tmp_path / "start.safetensors"))
    run = train_and_score("tiny3d+fc", dataset, config, tmp_path / "run")
    texts = [path for path in run.path.rglob("*") if path.suffix in (".json", ".csv")]
    assert len(texts) >= 5
    for path in texts:
        assert str(tmp_path) not in path.read_text() and '"/' not in path.read_text(), path
    assert run.scores["weights"] == "weights of start.safetensors"
    assert run.config.model.weights == "start.safetensors"
    assert train_and_score("tiny3d+fc", dataset, config, run.path, resume=True).finished
    # Also a folder of an earlier version, which holds the whole way.
    file = run.path / "config.json"
    data = json.loads(file.read_text())
    data["model"]["weights"] = str(tmp_path / "start.safetensors")
    file.write_text(json.dumps(data))
    assert train_and_score("tiny3d+fc", dataset, config, run.path, resume=True).finished
    other = blinking_config(train__epochs=1, model__weights=str(tmp_path / "other.safetensors"))
    with pytest.raises(InputError, match="model.weights was 'start.safetensors' and is now 'other.safetensors'"):
        check_run(run.path, other, resume=True)


LABELS = (
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\tx",
    "'=x",
    "''=x",
    "'quoted'",
    "PASS",
    "=cmd|' /C calc'!A0",
    "a,b",
    '="x"',
)


@pytest.mark.parametrize("separator", [",", ";"])
def test_cells_that_a_spreadsheet_would_run_are_text_and_come_back(tmp_path, separator):
    labels = [label for label in LABELS if label == label.strip()]
    spots = [Event(label, 10 * i, 0.5, team=label) for i, label in enumerate(labels)]
    write_csv(tmp_path / "s.csv", spots, 25.0)
    content = (tmp_path / "s.csv").read_text()
    for line in content.splitlines()[1:]:
        cells = line.replace('"', "").split(",")
        assert not any(cell[:1] in tuple("=+-@") for cell in cells if cell)
    if separator == ";":
        content = content.replace("a,b", "a.b").replace(",", ";")
        (tmp_path / "s.csv").write_text(content)
        spots = [Event(s.label.replace(",", "."), s.frame, s.score, team=s.team.replace(",", ".")) for s in spots]
    assert read_csv(tmp_path / "s.csv") == spots
