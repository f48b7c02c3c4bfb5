"""The command labels, through the command line: from a folder of films to a run, corrections, and out again."""

import csv
import shutil

import pytest
from blinking import FPS, HEIGHT, STRIDE, WIDTH, blinking_video

from course_lib.__main__ import main
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, Video
from course_lib.data.formats.csv import write_csv
from course_lib.data.formats.label_files import LABEL_FORMATS, marks_of, write_labels
from course_lib.data.formats.srt import write_srt
from course_lib.data.video import VideoWriter
from course_lib.files import read_json, write_json

TINY = ["--profile", "smoke", "--epochs", "1", "--clips-per-epoch", "8", "--batch-size", "4", "--weights", "none"]
TINY += ["--set", "data.width=48", "--set", "data.height=32", "--set", "data.clip_len=16"]
NAMES = {"TOP": "serve", "BOTTOM": "set"}


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Four films and their labels, which share words with volleyball."""
    folder = tmp_path_factory.mktemp("films")
    for seed, name in enumerate(("home game", "cup", "away", "friendly")):
        video, store = blinking_video(name, 100, seed)
        with VideoWriter(folder / f"{name}.mp4", FPS, (WIDTH, HEIGHT), crf=12, threads=1) as writer:
            for frame in store.frames:
                writer.write(frame)
                writer.write(frame)
        events = tuple(Event(NAMES[event.label], event.frame) for event in video.events)
        write_labels(folder / f"{name}.csv", "csv", [Video(name, None, 100 * STRIDE, FPS, WIDTH, HEIGHT, events)])
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    return tmp_path


def some(films, folder, names):
    folder.mkdir()
    for name in names:
        for suffix in (".mp4", ".csv"):
            shutil.copy(films / f"{name}{suffix}", folder / f"{name}{suffix}")
    return folder


def test_from_films_to_scores(films, home, capsys):
    assert main(["labels", "import", str(films), "--out", str(home / "set"), "--test", "cup"]) == 0
    out = capsys.readouterr().out
    assert "task ball" in out and "test: cup" in out and 'train x3d_s+sgp --data "set"' in out
    dataset = load_dataset(home / "set")
    assert dataset.task == "ball" and set(dataset.classes) == {"serve", "set"}
    assert {split: len(of) for split, of in dataset.splits.items()} == {"train": 2, "val": 1, "test": 1}
    assert main(["train", "tiny3d+fc", "--data", str(home / "set"), "--run-dir", str(home / "run"), *TINY]) == 0
    config = read_json(home / "run" / "config.json")
    assert config["data"]["task"] == "ball" and set(config["data"]["classes"]) == {"serve", "set"}
    assert "notes" not in read_json(home / "run" / "scores.json")


def test_few_films_are_cut_and_every_table_says_so(films, home, capsys, monkeypatch):
    monkeypatch.setattr("course_lib.profiles.longest_clip_frames", lambda: 10)
    folder = some(films, home / "own", ["cup", "away"])
    assert main(["labels", "import", str(folder)]) == 0
    note = "parts of the same 2 films, cut by time with 0.4 s between them"
    assert note in capsys.readouterr().out
    root = home / "data" / "own"
    dataset = load_dataset(root)
    assert [part.part_of.film for part in dataset.train] == ["away", "cup"]
    for first, second in zip(dataset.train, dataset.val, strict=True):
        assert second.part_of.first - first.part_of.stop == 10
    runs = []
    for seed in "01":
        runs.append(str(home / f"run{seed}"))
        words = ["train", "tiny3d+fc", "--data", str(root), "--run-dir", runs[-1], "--seed", seed, *TINY]
        assert main([*words, "--set", f"train.lr={'1e-3' if seed == '0' else '2e-3'}"]) == 0
        assert note in capsys.readouterr().out
    assert main(["predict", runs[0], "--data", str(root), "--out", str(home / "out")]) == 0
    assert note in capsys.readouterr().out
    assert main(["sweep", "tiny3d+fc", "--seeds", "0", "--data", str(root), *sweep_words(TINY)]) == 0
    assert note in capsys.readouterr().out
    videos = read_json(root / "test.json")
    for event in (event for video in videos for event in video["events"]):
        event["score"] = 0.5
    write_json(home / "found.json", videos)
    words = ["--format", "e2e", "--labels", str(root / "test.json"), "--predictions", str(home / "found.json")]
    assert main(["evaluate", *words]) == 0
    assert note in capsys.readouterr().out


def sweep_words(words):
    """--epochs 1 and so on as --set train.epochs=1, which is what sweep takes."""
    named = {"--epochs": "train.epochs", "--clips-per-epoch": "train.clips_per_epoch"}
    named |= {"--batch-size": "train.batch_size", "--weights": "model.weights"}
    made = []
    for flag, value in zip(words[::2], words[1::2], strict=True):
        made += ["--set", f"{named[flag]}={value}"] if flag in named else [flag, value]
    return made


def test_a_later_import_keeps_the_splits(films, home):
    folder = some(films, home / "own", ["cup", "away", "home game"])
    assert main(["labels", "import", str(folder)]) == 0
    before = {video.game: split for split, of in load_dataset(home / "data" / "own").splits.items() for video in of}
    for suffix in (".mp4", ".csv"):
        shutil.copy(films / f"friendly{suffix}", folder / f"friendly{suffix}")
    assert main(["labels", "import", str(folder)]) == 0
    after = {video.game: split for split, of in load_dataset(home / "data" / "own").splits.items() for video in of}
    assert before.items() <= after.items() and after["friendly"] == "train"


def test_problems_are_named_together_and_nothing_is_written(films, home, capsys):
    folder = some(films, home / "own", ["cup", "away", "home game"])
    with (folder / "cup.csv").open("a") as file:
        file.write("1:99,set,,,,\n0:09:00,set,,,,\n")
    assert main(["labels", "import", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("problem: ") == 2 and "2 problems, named above; nothing was written" in said
    assert not (home / "data" / "own").exists()
    assert main(["labels", "import", str(folder), "--skip-problems"]) == 0
    assert len(load_dataset(home / "data" / "own").videos) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["labels", "import", "{}/nowhere"], "no such folder"),
        (["labels", "import", "{}/empty"], "holds no video"),
        (["labels", "import", "{}/own", "--test", "derby"], "--test derby: no such match; expected one of away, cup"),
        (["labels", "import", "{}/own", "--out", "{}/own"], "was not made by"),
        (["labels", "correct", "{}/own", "{}/edits.csv"], "holds no table of spots"),
        (["labels", "export", "{}/nowhere", "--format", "srt", "--out", "{}/x"], "no such folder"),
    ],
)
def test_what_is_refused(films, home, capsys, words, sentence):
    some(films, home / "own", ["cup", "away"])
    (home / "empty").mkdir()
    assert main([word.format(home) for word in words]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("name", LABEL_FORMATS)
def test_a_data_set_goes_out_and_comes_in_again(films, home, name):
    folder = some(films, home / "own", ["cup", "away", "home game"])
    assert main(["labels", "import", str(folder)]) == 0
    assert main(["labels", "export", str(home / "data" / "own"), "--format", name, "--out", str(home / "out")]) == 0
    again = home / "again"
    shutil.copytree(home / "out", again)
    for film in folder.glob("*.mp4"):
        shutil.copy(film, again / film.name)
    assert main(["labels", "import", str(again)]) == 0
    first, second = (load_dataset(home / "data" / which) for which in ("own", "again"))
    labels = [{video.id: [marks.label for marks in marks_of(video)] for video in of.videos} for of in (first, second)]
    frames = [{video.id: [event.frame for event in video.events] for video in of.videos} for of in (first, second)]
    assert labels[0] == labels[1] and frames[0] == frames[1] and len(labels[0]) == 3


SPOTS = (
    Event("set", 25, 0.9),
    Event("set", 50, 0.8),
    Event("set", 75, 0.7, xy=(0.5, 0.5)),
    Event("serve", 100, 0.6),
    Event("serve", 125, 0.1),
    Event("serve", 150, 0.2),
)


def test_corrections_become_labels(films, home, capsys):
    """A row of each kind, one of a spot that is too weak to be shown, and one that meets nothing."""
    found = home / "spots"
    write_csv(found / "cup.csv", SPOTS, FPS, 0.5)
    write_srt(found / "cup.srt", SPOTS[:4], FPS)
    rows = ["action;label;time;to;team;x;y", "accept;set;1,02;;left;;", "reject;set;2;;;;", "move;set;3;3,2;;0,25;1"]
    rows += [
        "rename;serve;0:04;block;;;",
        "accept;serve;5;;;;",
        "add;block;0:00:07.000;;right;0,5;0,75",
        "reject;set;6;;;;",
    ]
    (home / "edits.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    assert main(["labels", "correct", str(found), str(home / "edits.csv")]) == 0
    out = capsys.readouterr().out
    assert "cup: 5 of 5 labels confirmed or added; cup.labels.csv" in out
    assert "cup: no spot to reject: set at 6 s" in out
    with (found / "cup.labels.csv").open(newline="", encoding="utf-8") as file:
        table = [tuple(row.values()) for row in csv.DictReader(file)]
    assert table == [
        ("00:00:01.000", "set", "left", "", "", "model"),
        ("00:00:03.200", "set", "", "0.25", "1", "model"),
        ("00:00:04.000", "block", "", "", "", "model"),
        ("00:00:05.000", "serve", "", "", "", "model"),
        ("00:00:07.000", "block", "right", "0.5", "0.75", ""),
    ]
    # With the films they are labels, and a table on them says where they come from.
    folder = some(films, home / "own", ["cup", "away", "home game"])
    shutil.copytree(found, folder, dirs_exist_ok=True)
    (folder / "cup.labels.srt").unlink()
    assert main(["labels", "import", str(folder), "--test", "cup"]) == 0
    out = capsys.readouterr().out
    assert "cup.csv: holds a model's spots" in out and "cup.srt: holds a model's spots" in out
    assert "4 of 5 test labels were born from a model's spots" in out
    dataset = load_dataset(home / "data" / "own")
    assert [(event.label, event.frame) for event in dataset.test[0].events] == [
        ("set", 25),
        ("set", 80),
        ("block", 100),
        ("serve", 125),
        ("block", 175),
    ]


def test_what_nobody_touched_stays_if_it_was_shown(home):
    write_csv(home / "spots" / "cup.csv", SPOTS, FPS, 0.5)
    (home / "edits.csv").write_text("action,label,time\nreject,set,1\n")
    assert main(["labels", "correct", str(home / "spots"), str(home / "edits.csv")]) == 0
    lines = (home / "spots" / "cup.labels.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["00:00:02.000", "set"],
        ["00:00:03.000", "set"],
        ["00:00:04.000", "serve"],
    ]
    assert all(line.endswith(",model") for line in lines[1:])


def test_wrong_corrections_are_named_together(home, capsys):
    write_csv(home / "spots" / "a" / "cup.csv", SPOTS, FPS, 0.5)
    write_csv(home / "spots" / "b" / "away.csv", SPOTS, FPS, 0.5)
    rows = ["action,label,time,to,video", "move,set,1,,cup", "drop,set,1,,cup", "accept,set,x,,cup", "accept,set,1,,"]
    rows += ["accept,,1,,cup", "rename,set,1,,a/cup", "accept,set,1,,derby.mp4", "accept,set,1,,cup.mp4"]
    (home / "edits.csv").write_text("\n".join(rows))
    assert main(["labels", "correct", str(home / "spots"), str(home / "edits.csv")]) == 2
    said = capsys.readouterr().err
    for sentence in (
        "line 2.to is missing; expected a time",
        "line 3: edit 'drop': expected one of accept",
        "line 4.time is 'x'",
        "line 5 names no video; expected in the column 'video' one of a/cup, b/away",
        "line 6 has no label",
        "line 7: edit 'rename': to is None; expected a class",
        "line 8 no table is of 'derby.mp4'",
        "7 problems, named above; nothing was written",
    ):
        assert sentence in said
    assert not list(home.rglob("*.labels.csv"))


def test_what_predict_found_goes_to_other_programs(home, capsys):
    write_csv(home / "spots" / "a" / "cup.csv", SPOTS, FPS, 0.5)
    assert main(["labels", "export", str(home / "spots"), "--format", "sportscode", "--out", str(home / "xml")]) == 0
    assert (home / "xml" / "a" / "cup.xml").read_text().count("<instance>") == 4
    assert "4 spots worth showing in 1 videos" in capsys.readouterr().out
    assert main(["labels", "export", str(home / "spots"), "--format", "json", "--out", str(home / "xml")]) == 2
    assert "--format json: states frames and halves" in capsys.readouterr().err
