"""The prepare command: matches found wherever they lie, checked, laid out by links, stored; and its complaints."""

import json
import shutil
from collections import Counter

import prepare_soccernet
import pytest
from soccernet_copies import SEASON, copy_as_real

from course_lib.data.datasets import load_dataset
from course_lib.data.events import SOCCERNET_17
from course_lib.data.published import OFFICIAL_SPLITS
from course_lib.data.store import StoreSettings, build_stores
from course_lib.files import InputError
from soccernet_files.layout import find_matches, lay

READING = "2019-10-01 - Reading - Fulham"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return copy_as_real(tmp_path_factory.mktemp("real"))


@pytest.fixture
def source(tmp_path, pristine):
    """As the download command unpacks: split folders around season folders."""
    root = tmp_path / "source"
    for split, names in OFFICIAL_SPLITS.items():
        for name in names:
            shutil.copytree(pristine / SEASON / name, root / {"val": "valid"}.get(split, split) / SEASON / name)
    return root


def run(source, *arguments):
    return prepare_soccernet.main(["--source", str(source), "--profile", "smoke", *arguments])


def labels_of(source, name):
    return next(source.rglob(f"{name}/Labels-ball.json"))


def change(path, edit):
    data = json.loads(path.read_text())
    edit(data["annotations"])
    path.write_text(json.dumps(data))


def test_end_to_end(source, home, capsys):
    assert run(source) == 0
    printed = capsys.readouterr().out
    data = load_dataset("soccernet-ball")
    assert {split: len(videos) for split, videos in data.splits.items()} == {
        "train": 4, "val": 1, "test": 2, "challenge": 2,
    }  # fmt: skip
    assert data.splits["challenge"][0].events == ()
    for split in ("train", "val", "test"):
        assert {video.game for video in data.splits[split]} == {f"{SEASON}/{name}" for name in OFFICIAL_SPLITS[split]}
        for video in data.splits[split]:
            raw = json.loads(next(source.rglob(f"{video.game.rsplit('/', 1)[1]}/Labels-ball.json")).read_text())
            assert Counter(e.label for e in video.events) == Counter(a["label"] for a in raw["annotations"])
    assert not (data.root / "splits.json").exists()  # the official ones hold
    assert (data.root / SEASON / READING / "224p.mp4").samefile(next(source.rglob(f"{READING}/224p.mp4")))
    # The stores are those that training opens: nothing is left to build.
    stores = sorted((home / "data" / "cache" / "stores").glob("[!.]*"))
    assert len(stores) == 9
    built = build_stores(data.videos, StoreSettings(112, 64, 2))
    assert sorted(store.path for store in built) == stores
    assert built[0].read(0, 2).shape == (2, 64, 112, 3)
    # The copies are simulated, so their numbers differ from the published ones, which is said by split and class.
    passes = Counter(event.label for video in data.test for event in video.events)["PASS"]
    assert f"{'test':9} {'PASS':26} {passes:6} {1721:9}" in printed
    assert "test        2 matches" in printed


def test_again_it_changes_nothing_and_goes_on(source, home, capsys):
    assert run(source, "--no-stores", "--splits", "test") == 0
    out = home / "data" / "soccernet-ball"
    assert len(list(out.rglob("224p.mp4"))) == 2 and not (home / "data" / "cache" / "stores").exists()
    before = {path: path.stat().st_ino for path in out.rglob("*") if path.is_file()}
    assert run(source, "--no-stores") == 0
    assert {path: path.stat().st_ino for path in before} == before and len(list(out.rglob("224p.mp4"))) == 9
    # What is laid out can be checked and prepared by itself, without the downloads.
    shutil.rmtree(source)
    assert prepare_soccernet.main(["--check"]) == 0
    assert "9 of 9 matches can be used, 0 problems" in capsys.readouterr().out


def test_check_writes_nothing(source, home):
    assert run(source, "--check") == 0
    assert not (home / "data").exists()


def test_published_counts(source, home, capsys, monkeypatch):
    found = [match for match in find_matches(source, "Labels-ball.json") if match.split != "challenge"]
    counts = {split: Counter() for split in ("train", "val", "test")}
    for match in found:
        entries = json.loads((match.folder / "Labels-ball.json").read_text())["annotations"]
        counts[match.split].update(entry["label"] for entry in entries)
    monkeypatch.setattr(prepare_soccernet, "BALL_EVENTS", counts)
    assert run(source, "--check") == 0
    assert "labels of each class in train, val, test: all as published" in capsys.readouterr().out
    label = next(iter(counts["val"]))
    change(labels_of(source, "2019-10-01 - Middlesbrough - Preston North End"), lambda entries: entries.append(
        {"gameTime": "1 - 00:01", "label": label, "position": "1000"}))  # fmt: skip
    assert run(source, "--check") == 0
    assert f"{'val':9} {label:26} {counts['val'][label] + 1:6} {counts['val'][label]:9}" in capsys.readouterr().out


def test_a_match_of_ones_own_does_not_switch_off_the_comparison(source, home, capsys):
    mine = f"{SEASON}/2020-01-01 - Home - Away"
    shutil.copytree(next(source.rglob(READING)), source / "train" / mine)
    assert run(source, "--no-stores") == 0
    printed = capsys.readouterr().out
    assert f"being none of SoccerNet's matches: {mine}" in printed
    without = Counter(event.label for video in load_dataset("soccernet-ball").train for event in video.events)
    without -= Counter(e["label"] for e in json.loads(labels_of(source, READING).read_text())["annotations"])
    assert f"{'train':9} {'PASS':26} {without['PASS']:6} {2679:9}" in printed
    data = load_dataset("soccernet-ball")
    assert mine in [video.game for video in data.train] and len(data.videos) == 10
    # Prepared one after the other, the nine are not lost when the tenth comes.
    shutil.rmtree(data.root)
    shutil.move(source / "train" / mine, home.parent / "mine" / "train" / mine)
    assert run(source, "--no-stores") == 0 and len(load_dataset("soccernet-ball").videos) == 9
    assert run(home.parent / "mine", "--no-stores") == 0 and len(load_dataset("soccernet-ball").videos) == 10


def test_problems_are_a_sentence_each_and_leave_a_match_out(source, home, capsys):
    shutil.rmtree(next(source.rglob("2019-10-01 - Hull*")))
    change(labels_of(source, READING), lambda entries: entries[0].update(label="PASSS"))
    stoke = labels_of(source, "2019-10-01 - Stoke City - Huddersfield Town")
    change(stoke, lambda entries: entries[0].update(position="999999"))
    assert run(source, "--no-stores") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "is missing" in line] == [
        "train: '2019-10-01 - Hull City - Sheffield Wednesday' is missing; expected a folder of that name, or of that "
        "date and home team"
    ]
    assert len([line for line in lines if "label 'PASSS' (1 of " in line]) == 1
    assert len([line for line in lines if "1 label lies behind the end of the video (up to 1000.0 s)" in line]) == 1
    data = load_dataset("soccernet-ball")
    assert len(data.train) == 3 and len(data.val) == 1 and data.test == ()
    assert run(source, "--check") == 1


def test_other_names_and_other_arrangements(pristine, tmp_path):
    root = tmp_path / "mine"
    shutil.copytree(pristine / SEASON / READING, root / "bas" / "2019-10-01 - Reading FC - Fulham FC")
    shutil.copytree(pristine / SEASON / OFFICIAL_SPLITS["val"][0], root / SEASON / OFFICIAL_SPLITS["val"][0])
    assert run(root, "--no-stores") == 1  # seven are missing
    data = load_dataset("soccernet-ball")
    assert [video.game for video in data.test] == [f"{SEASON}/{READING}"] and len(data.val) == 1
    shutil.copytree(pristine / SEASON / READING, root / "again" / READING)
    with pytest.raises(InputError, match="holds '.*Reading - Fulham' twice"):
        find_matches(root, "Labels-ball.json")


def test_matches_of_ones_own_need_splits(pristine, tmp_path, capsys):
    root = tmp_path / "mine"
    names = [f"{SEASON}/2020-01-0{day} - Home - Away" for day in (1, 2)]
    for name in names:
        shutil.copytree(pristine / SEASON / READING, root / name)
    assert run(root, "--check") == 1
    assert capsys.readouterr().out.count("is in no split; expected splits.json in the source") == 2
    (root / "splits.json").write_text(json.dumps({"train": names[:1], "test": names[1:]}))
    assert run(root, "--no-stores", "--out", str(tmp_path / "out")) == 0
    data = load_dataset(tmp_path / "out")
    assert [video.game for video in data.train + data.test] == names
    assert json.loads((tmp_path / "out" / "splits.json").read_text()) == {"train": names[:1], "test": names[1:]}
    (root / "splits.json").write_text('{"trian": []}')
    assert run(root, "--check") == 2
    assert "splits.json: expected" in capsys.readouterr().err


def test_soccernet_v2(pristine, tmp_path, home, capsys):
    root, clip = tmp_path / "v2", pristine / SEASON / READING / "224p.mp4"
    games = [f"england_epl/2014-2015/2015-02-2{day} - 18-00 Chelsea 1 - 1 Burnley" for day in (1, 2, 3)]
    for game in games:
        (root / game).mkdir(parents=True)
        for half in (1, 2):
            shutil.copy(clip, root / game / f"{half}_224p.mkv")
        entries = [{"gameTime": f"{half} - 00:01", "label": SOCCERNET_17[half], "position": "1000", "team": "home",
                    "visibility": "visible"} for half in (1, 2)]  # fmt: skip
        (root / game / "Labels-v2.json").write_text(json.dumps({"annotations": entries}))
    (root / "splits.json").write_text(json.dumps({"train": games[:1], "val": games[1:2], "test": games[2:]}))
    assert run(root, "--set", "v2") == 0
    assert (
        "games: 1 train, 1 val, 1 test (published: 300 train, 100 val, 100 test); labels: 6" in capsys.readouterr().out
    )
    data = load_dataset(home / "data" / "soccernet-v2")
    assert data.classes == SOCCERNET_17 and [video.id for video in data.val] == [f"{games[1]}/1", f"{games[1]}/2"]
    assert [event.label for video in data.test for event in video.events] == list(SOCCERNET_17[1:3])
    assert len(list((home / "data" / "cache" / "stores").glob("[!.]*"))) == 6
    (root / games[0] / "2_224p.mkv").unlink()
    assert run(root, "--set", "v2", "--check") == 1
    assert "expected 2_224p or 2_720p" in capsys.readouterr().out


def test_copies_are_files_of_their_own(source, tmp_path):
    out = tmp_path / "out"
    assert run(source, "--no-stores", "--copy", "--splits", "test", "--out", str(out)) == 0
    here, there = out / SEASON / READING / "224p.mp4", next(source.rglob(f"{READING}/224p.mp4"))
    assert not here.samefile(there) and here.read_bytes() == there.read_bytes()


@pytest.mark.parametrize("no_links", ["hard", "hard and symbolic"])
def test_links_where_the_disk_has_none(source, tmp_path, monkeypatch, no_links):
    def refused(self, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refused)
    if "symbolic" in no_links:
        monkeypatch.setattr("pathlib.Path.symlink_to", refused)
    folder, place = next(source.rglob(READING)), tmp_path / "out" / READING
    lay(folder, place, ["224p.mp4"])
    assert (place / "224p.mp4").is_symlink() == (no_links == "hard")
    assert (place / "224p.mp4").read_bytes() == (folder / "224p.mp4").read_bytes()


def test_a_changed_label_file_is_laid_again_and_nothing_is_left_half_made(source, tmp_path, monkeypatch):
    folder, place = next(source.rglob(READING)), tmp_path / "out" / READING
    lay(folder, place, ["224p.mp4", "Labels-ball.json"], copy=True)
    change(folder / "Labels-ball.json", lambda entries: entries.pop())
    lay(folder, place, ["224p.mp4", "Labels-ball.json"], copy=True)
    assert (place / "Labels-ball.json").read_bytes() == (folder / "Labels-ball.json").read_bytes()
    assert sorted(path.name for path in place.iterdir()) == ["224p.mp4", "Labels-ball.json"]

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soccernet_files.layout.shutil.copyfile", full)
    with pytest.raises(InputError, match="cannot be written .No space left"):
        lay(folder, tmp_path / "other" / READING, ["224p.mp4"], copy=True)
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--source", "nowhere"], "nowhere: no such folder"),
        ([], "fetch the matches with `python data_scripts/download_soccernet.py`"),
        (["--workers", "0"], "--workers is 0"),
    ],
)
def test_bad_input_gets_one_sentence(arguments, expected, capsys):
    assert prepare_soccernet.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and len(error.splitlines()) == 1 and expected in error


def test_a_folder_without_matches(tmp_path, capsys):
    assert run(tmp_path) == 2
    assert "holds no matches" in capsys.readouterr().err
