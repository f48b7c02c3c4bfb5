"""The commands train and predict, through the command line, on a data set on disk."""

import shutil

import cv2
import numpy as np
import pytest
from blinking import CLASSES, blinking_dataset

from course_lib.__main__ import main
from course_lib.data.formats.common import write_class_file
from course_lib.data.formats.soccernet import read_soccernet_predictions
from course_lib.data.times import read_clock
from course_lib.data.video import iter_frames, probe
from course_lib.files import read_json, write_json
from course_lib.runs.run import Run

SMALL = ["--profile", "smoke", "--epochs", "2", "--clips-per-epoch", "40", "--batch-size", "4", "--lr", "5e-3"]
SMALL += ["--weights", "none", "--set", "data.width=48", "--set", "data.height=32", "--set", "data.clip_len=16"]
SMALL += ["--set", "data.target_kind=hard"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """COURSE_HOME with a data set, and a run trained on it."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(folder))
        blinking_dataset(folder / "blinking")
        assert main(["train", "tiny3d+fc", "--data", str(folder / "blinking"), "--seed", "3", *SMALL]) == 0
        yield folder


def test_train_makes_a_run_as_it_was_told(home):
    run = Run(home / "runs" / "tiny3d+fc_smoke_3")
    train, data = run.config.train, run.config.data
    assert (train.epochs, train.clips_per_epoch, train.batch_size, train.lr, train.seed) == (2, 40, 4, 5e-3, 3)
    assert (data.width, data.height, data.clip_len, data.classes) == (48, 32, 16, CLASSES)
    assert run.scores["test"]["map12"] > 0.9


def test_train_again_resumes_or_refuses(home, capsys):
    command = ["train", "tiny3d+fc", "--data", str(home / "blinking"), "--seed", "3", *SMALL]
    assert main(command) == 2
    assert "tiny3d+fc_smoke_3: holds a run already; resume it" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    out = capsys.readouterr().out
    assert "finished already" in out and "mAP of 2" in out and "\non 1 of 1 test match\n" in out
    few = read_json(home / "runs" / "tiny3d+fc_smoke_3" / "decode.json")["few_labels"]
    note = "which spots are worth showing was chosen on few validation labels, and cautiously, for "
    assert few and note + ", ".join(f"{label} ({number})" for label, number in few.items()) + "\nrun folder: " in out
    assert main([*command, "--resume", "--epochs", "3"]) == 2
    assert "train.epochs was 2 and is now 3" in capsys.readouterr().err


def test_train_goes_on_from_a_run_with_other_classes(home, tmp_path, capsys):
    """All weights, a schedule of its own, the matches of both; and none of them as a test."""
    first = Run(home / "runs" / "tiny3d+fc_smoke_3")
    shutil.copytree(home / "blinking", tmp_path / "own")
    write_class_file(tmp_path / "own" / "class.txt", ("BOTTOM", "SAVE", "TOP"))
    command = ["train", "--from", str(first.path), "--data", str(tmp_path / "own"), "--epochs", "1"]
    assert main([*command, "--lr", "1e-9"]) == 0
    out = capsys.readouterr().out
    run = Run(home / "runs" / "tiny3d+fc_smoke_0_from_tiny3d+fc_smoke_3")
    assert "begins with runs/tiny3d+fc_smoke_3: all weights (" in out
    assert "; 2 classes going on: BOTTOM, TOP; 1 class new: SAVE" in out
    assert (run.config.data.width, run.config.data.clip_len, run.config.train.epochs) == (48, 16, 1)
    assert run.scores["weights"] == "all weights of runs/tiny3d+fc_smoke_3"
    for label in ("TOP", "BOTTOM"):  # at this rate nothing is learnt: it knows what the first one knew
        assert run.scores["test"]["per_class"][label] > 0.5 < first.scores["test"]["per_class"][label]
    matches = [entry["match"] for entry in read_json(run.path / "learnt.json")["matches"]]
    assert matches == ["league/season/a", "league/season/b"]
    splits = {"train": ["c"], "val": ["d"], "test": ["a", "b"]}
    splits = {split: [f"league/season/{name}" for name in names] for split, names in splits.items()}
    write_json(tmp_path / "own" / "splits.json", splits)
    refused = [*command, "--run-dir", str(tmp_path / "run")]
    assert main(refused) == 2
    said = "'league/season/a' is in the split 'test', but runs/tiny3d+fc_smoke_3 learnt from it (the same video"
    assert said in capsys.readouterr().err and not (tmp_path / "run").exists()
    weights = ["--weights", str(first.path / "best.safetensors"), "--run-dir", str(tmp_path / "run")]
    assert main(["train", "tiny3d+fc", "--data", str(tmp_path / "own"), *weights]) == 2
    assert "best.safetensors learnt from it" in capsys.readouterr().err
    (first.path / "learnt.json").rename(tmp_path / "kept.json")
    try:  # a run of an earlier version, which says nothing
        assert main([*refused, "--lr", "1e-9"]) == 0
        assert "tiny3d+fc_smoke_3: does not say which matches it learnt from" in capsys.readouterr().out
        assert read_json(tmp_path / "run" / "learnt.json")["unsaid"] == ["runs/tiny3d+fc_smoke_3"]
    finally:
        (tmp_path / "kept.json").rename(first.path / "learnt.json")


def test_what_from_refuses(home, tmp_path, capsys):
    run, data = str(home / "runs" / "tiny3d+fc_smoke_3"), ["--data", str(home / "blinking")]
    for words, sentence in (
        ([], "expected a SYSTEM, such as tiny3d+fc, or --from RUN"),
        (["--from", run, "--weights", "none"], "--weights and --from: expected one of them"),
        (["--from", str(tmp_path)], "not a run folder"),
        (["tiny3d+tcn", "--from", run], "is tiny3d+fc; expected tiny3d+tcn, or --weights"),
    ):
        assert main(["train", *words, *data, "--run-dir", str(tmp_path / "run")]) == 2
        assert sentence in capsys.readouterr().err and not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["resnet+fc"], "error: system 'resnet+fc': expected BACKBONE+NECK"),
        (["tiny3d+fc", "--set", "train.lr"], "error: --set train.lr: expected FIELD=VALUE"),
        (["tiny3d+fc", "--set", "train.learning=1"], "error: configuration: no field 'train.learning'"),
        (["tiny3d+fc", "--epochs", "0"], "error: configuration: train.epochs is 0; expected 1 or more"),
        (["tiny3d+fc", "--data", "nothing"], "error: data set 'nothing'"),
    ],
)
def test_what_train_refuses(home, tmp_path, words, sentence, capsys):
    assert main(["train", *words, "--run-dir", str(tmp_path / "run")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_predict_a_split_agrees_with_training(home, tmp_path, capsys):
    run = Run(home / "runs" / "tiny3d+fc_smoke_3")
    assert main(["predict", str(run.path), "--data", str(home / "blinking"), "--out", str(tmp_path)]) == 0
    assert "mAP of 2" in capsys.readouterr().out
    (name, ours), *_ = run.spots().items()
    theirs = read_soccernet_predictions(tmp_path / name / "results_spotting.json", 25.0)
    strong = [[(e.label, e.frame) for e in spots if e.score > 0.5] for spots in (ours, theirs)]
    assert strong[0] == strong[1]  # from the store and from the file itself


def test_predict_a_folder_of_frames_is_asked_for_its_rate(home, tmp_path, capsys):
    """Pictures of the test match, as somebody's program extracts them: at 50 a second everything is twice as early."""
    (match,) = (home / "blinking").rglob("d/224p.mp4")
    frames = tmp_path / "frames"
    frames.mkdir()
    for number, picture in enumerate(np.concatenate(list(iter_frames(match)))):
        cv2.imwrite(str(frames / f"{number:06d}.jpg"), picture[..., ::-1])
    words = [
        "predict",
        str(home / "runs" / "tiny3d+fc_smoke_3"),
        "--video",
        str(frames),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(words) == 2
    assert "frames: a folder of pictures does not know its frame rate; expected fps.txt" in capsys.readouterr().err
    ends = {}
    for fps in ("25", "50"):
        assert main([*words, "--fps", fps, *(["--annotate"] if fps == "50" else [])]) == 0
        assert f"{fps} fps" in capsys.readouterr().out
        last = (tmp_path / "out" / "frames.csv").read_text().splitlines()[-1].split(",")
        ends[fps] = read_clock(last[0], "") - int(last[1]) / float(fps)
    assert ends == pytest.approx({"25": 0, "50": 0}, abs=0.001)
    assert probe(tmp_path / "out" / "frames.annotated.mp4").fps == 50
    assert main([*words, "--fps", "0"]) == 2 and "fps 0: expected frames a second" in capsys.readouterr().err


def test_predict_matches_of_another_class_list(home, tmp_path, capsys):
    """Labels that the spotter has never heard of: its spots are written, and no score of 0 is shown as one."""
    root = tmp_path / "other"
    shutil.copytree(home / "blinking", root)
    (root / "class.txt").write_text("PASS\nDRIVE\n")
    for path in root.rglob("Labels-ball.json"):
        path.write_text(path.read_text().replace("TOP", "PASS").replace("BOTTOM", "DRIVE"))
    run = home / "runs" / "tiny3d+fc_smoke_3"
    assert main(["predict", str(run), "--data", str(root), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "mAP" not in said and "they are of the class list ball-12" in said and "spots of 1 videos written" in said


def test_predict_a_file(home, tmp_path, capsys):
    run = Run(home / "runs" / "tiny3d+fc_smoke_3")
    (video,) = (home / "blinking" / "league" / "season" / "d").glob("*.mp4")
    assert main(["predict", str(run.path), "--video", str(video), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "worth showing was chosen on few validation labels" in out
    written = read_json(tmp_path / "out" / "results_spotting.json")
    assert written["UrlLocal"] == "224p" and len(written["predictions"]) >= out.count("TOP") + out.count("BOTTOM") > 5
    assert "spots worth showing; results_spotting.json, 224p.csv, 224p.srt in " in out and "00:00:0" in out
    assert "times real time" in out


def test_what_predict_refuses(home, tmp_path, capsys):
    run = str(home / "runs" / "tiny3d+fc_smoke_3")
    (tmp_path / "text.mp4").write_text("no video")
    for words, sentence in (
        ([str(tmp_path), "--video", "x.mp4"], "not a run folder, it holds no config.json"),
        ([run, "--video", str(tmp_path / "missing.mp4")], "missing.mp4"),
        ([run, "--video", str(tmp_path / "text.mp4")], "text.mp4"),
        ([run, "--data", str(home / "blinking"), "--split", "exam"], "no video in the split 'exam'; expected one of"),
    ):
        assert main(["predict", *words, "--out", str(tmp_path / "out")]) == 2
        assert sentence in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["train", "predict"])
def test_help_explains(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    out = capsys.readouterr().out
    assert caught.value.code == 0 and f"python -m course_lib {command}" in out and "folder" in out
