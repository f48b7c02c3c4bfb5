import json
import os
import shutil
from dataclasses import replace

import cv2
import pytest
from numbered_video import HEIGHT, WIDTH, numbered_frame, write_video

from course_lib.data import datasets
from course_lib.data import video as video_module
from course_lib.data.datasets import DATASETS, load_dataset
from course_lib.data.events import BALL_12, SOCCERNET_17, Event, Video
from course_lib.data.formats.common import write_class_file, write_e2e_json
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.data.published import OFFICIAL_SPLITS, official_split
from course_lib.files import InputError, write_json

LEAGUE = "england_efl/2019-2020"
TRAIN, VAL, TEST = (f"{LEAGUE}/{OFFICIAL_SPLITS[split][0]}" for split in ("train", "val", "test"))
EVENTS = (Event("PASS", 3, team="left", position_ms=120), Event("GOAL", 9, position_ms=360))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, so that no test finds this clone's data."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", 20)


@pytest.fixture
def add_match(clip):
    """Put a match of 20 frames into a data set."""

    def add(root, match, events=EVENTS, videos=("224p.mp4",), labels="Labels-ball.json"):
        folder = root / match
        folder.mkdir(parents=True)
        for video in videos:
            shutil.copy(clip, folder / video)
        if labels:
            halves = [Video(match, None, 20, 25.0, 8, 8, events, half=half) for half in range(1, len(videos) + 1)]
            write_soccernet_labels(folder / labels, halves if len(videos) > 1 else halves[0])
        return folder

    return add


@pytest.fixture
def soccernet(tmp_path, add_match):
    root = tmp_path / "data"
    for match in (TRAIN, VAL, TEST):
        add_match(root, match)
    return root


def test_official_splits():
    names = {name: split for split, matches in OFFICIAL_SPLITS.items() for name in matches}
    assert [len(matches) for matches in OFFICIAL_SPLITS.values()] == [4, 1, 2, 2]
    for name, split in names.items():
        assert official_split(name) == official_split(f"{LEAGUE}/{name}") == split
    assert official_split("2019-10-01 - Leeds United - West Bromwich Albion") == "train"
    assert official_split("2019-10-01 - Middlesbrough - Preston") == "val"
    assert official_split("2019-10-01 - Stoke City - Huddersfield") == "test"
    assert official_split("2019-10-01 - Wigan - Birmingham") == "challenge"
    assert official_split("2019-10-02 - Cardiff - QPR") == official_split("2019-10-01 - Cardiff - QPR") == "challenge"
    for other in ("2019-10-02 - Reading - Fulham", "2019-10-01 - Fulham - Reading", "Reading", ""):
        assert official_split(other) is None


@pytest.fixture
def growing(home, add_match):
    """Two matches to train, one to choose by, three to test, the first of these in two halves."""
    root, names = home / "data" / "sim-soccer", [f"l/s/{day}" for day in "abcdef"]
    for name in names:
        add_match(root, name, videos=("1_224p.mp4", "2_224p.mp4") if name.endswith("d") else ("224p.mp4",))
    write_json(root / "splits.json", {"train": names[:2], "val": names[2:3], "test": names[3:]})
    return root


def test_of_each_split_the_first_so_many_matches(growing):
    data = load_dataset("sim-soccer", only=(1, 1, 2))
    assert [[video.id for video in videos] for videos in data.splits.values()] == [
        ["l/s/a"],
        ["l/s/c"],
        ["l/s/d/1", "l/s/d/2", "l/s/e"],
    ]
    assert data.matches("test") == ("l/s/d", "l/s/e") and data.num_matches("test") == 3
    assert load_dataset("sim-soccer", only=(None, None, None)).splits == load_dataset("sim-soccer").splits
    assert [len(videos) for videos in load_dataset(growing, (None, 0, 1)).splits.values()] == [2, 0, 2]


def test_a_lesson_finds_the_same_whether_the_other_matches_are_there_or_not(growing):
    all_there = load_dataset("sim-soccer", only=(2, 1, 1))
    shutil.rmtree(growing / "l/s/e")
    shutil.rmtree(growing / "l/s/f")
    splits = json.loads((growing / "splits.json").read_text())
    write_json(growing / "splits.json", splits | {"test": splits["test"][:1]})
    assert load_dataset("sim-soccer").num_matches("test") == 1  # nothing says that there could be more
    write_json(growing / "simulation.json", {"shares": {"train": 2, "val": 1, "test": 3}})
    assert load_dataset("sim-soccer", only=(2, 1, 1)) == all_there
    assert load_dataset("sim-soccer").num_matches("test") == 3


def test_more_matches_than_there_are(growing, soccernet):
    with pytest.raises(InputError) as caught:
        load_dataset("sim-soccer", only=(2, 1, 4))
    assert str(caught.value) == (
        f"{growing}: has 3 matches in the split 'test'; expected 2, 1, 4 to train, to choose by and to test: make it "
        "with `python data_scripts/simulate_soccer.py --size quick --only 2,1,4`"
    )
    with pytest.raises(InputError, match="has 1 match in the split 'train'; expected 2, all, 1 .* to test$"):
        load_dataset(soccernet, only=(2, None, 1))
    for only in ((1, 1), (1, 1, -1)):
        with pytest.raises(InputError, match="^only is .*; expected matches to train, to choose by and to test"):
            load_dataset("sim-soccer", only=only)


def test_a_soccernet_folder(soccernet):
    data = load_dataset(soccernet)
    assert data.classes == BALL_12
    assert {split: [video.id for video in videos] for split, videos in data.splits.items()} == {
        "train": [TRAIN],
        "val": [VAL],
        "test": [TEST],
    }
    assert data.train[0] == Video(
        TRAIN, soccernet / TRAIN / "224p.mp4", 20, 25.0, WIDTH, HEIGHT, EVENTS, half=1, game=TRAIN
    )


def test_a_data_set_by_name(soccernet, home):
    with pytest.raises(InputError, match=r"python data_scripts/simulate_soccer.py --size quick"):
        load_dataset("sim-soccer")
    for name in DATASETS:
        with pytest.raises(InputError, match=f"data set '{name}' is not in {home / 'data' / name}: "):
            load_dataset(name)
    (home / "data").mkdir(parents=True)
    soccernet.rename(home / "data" / "sim-soccer")
    assert load_dataset("sim-soccer").name == "sim-soccer"
    with pytest.raises(InputError, match="'sim-socer': no such folder; expected one of sim-soccer,"):
        load_dataset("sim-socer")


def test_the_smaller_video_is_taken(tmp_path, add_match):
    root = tmp_path / "data"
    folder = add_match(root, TRAIN)
    (folder / "720p.mp4").write_text("never opened")
    assert load_dataset(root).train[0].path.name == "224p.mp4"
    (folder / "224p.mp4").rename(folder / "720p.mp4")
    assert load_dataset(root).train[0].path.name == "720p.mp4"
    (folder / "720p.mp4").unlink()
    with pytest.raises(InputError, match="holds no video; expected 224p.mp4 or 720p.mp4"):
        load_dataset(root)


def test_split_folders(tmp_path, add_match):
    for top, match in {"train": "a/b/one", "valid": "a/b/two", "test": "a/b/three"}.items():
        add_match(tmp_path / "data" / top, match)
    splits = load_dataset(tmp_path / "data").splits
    assert {split: videos[0].id for split, videos in splits.items()} == {
        "train": "a/b/one",
        "val": "a/b/two",
        "test": "a/b/three",
    }


def test_a_split_file_decides(soccernet, add_match):
    add_match(soccernet, f"{LEAGUE}/2020-01-01 - X - Y")
    with pytest.raises(InputError, match="2020-01-01 - X - Y: is in no split.*expected .*splits.json"):
        load_dataset(soccernet)
    path = soccernet / "splits.json"
    path.write_text(json.dumps({"train": [TEST], "valid": [f"{LEAGUE}/2020-01-01 - X - Y"]}))
    splits = load_dataset(soccernet).splits
    assert [video.id for video in splits["train"]] == [TEST]
    assert [video.id for video in splits["val"]] == [f"{LEAGUE}/2020-01-01 - X - Y"]
    assert splits["test"] == ()
    for content, message in {
        json.dumps({"train": [TEST], "test": [TEST]}): "in the splits 'train' and 'test'; a match must be in one",
        json.dumps({"train": ["nobody"]}): "train lists 'nobody'; expected a folder of that name",
        json.dumps({"training": []}): "split is 'training'; expected one of train",
        json.dumps({"train": "all"}): 'splits.json: expected {"train"',
        "[]": 'splits.json: expected {"train"',
        "{": "not valid JSON at line 1",
    }.items():
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            load_dataset(soccernet)


def test_two_halves_are_two_videos_of_one_match(tmp_path, add_match):
    root = tmp_path / "data" / "train"
    events = (Event("Goal", 3, position_ms=120),)
    add_match(root, "e/s/m", events, ("1_720p.mkv", "2_720p.mkv"), "Labels-v2.json")
    data = load_dataset(root.parent)
    assert data.classes == SOCCERNET_17
    assert [(v.id, v.half, v.game) for v in data.train] == [("e/s/m/1", 1, "e/s/m"), ("e/s/m/2", 2, "e/s/m")]
    assert all(video.events == events for video in data.train)
    (root / "e/s/m/2_720p.mkv").unlink()
    with pytest.raises(InputError, match="gameTime names half 2; expected only half 1, since m has no other video"):
        load_dataset(root.parent)


def test_challenge_matches_need_no_labels(soccernet, add_match):
    add_match(soccernet, f"{LEAGUE}/{OFFICIAL_SPLITS['challenge'][0]}", labels=None)
    (video,) = load_dataset(soccernet).splits["challenge"]
    assert (video.num_frames, video.events) == (20, ())
    add_match(soccernet, f"{LEAGUE}/{OFFICIAL_SPLITS['train'][1]}", labels=None)
    with pytest.raises(InputError, match="Brentford - Bristol City/Labels-ball.json: no such file"):
        load_dataset(soccernet)


def test_labels_are_checked_against_the_video(soccernet):
    path = soccernet / VAL / "Labels-ball.json"
    data = json.loads(path.read_text())
    data["annotations"][1]["position"] = "99000"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="position is 99000 ms; expected at most 800 ms"):
        load_dataset(soccernet)
    data["annotations"][1] |= {"position": "360", "label": "SAVE"}
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="label is 'SAVE'; expected one of PASS"):
        load_dataset(soccernet)
    write_class_file(soccernet / "class.txt", (*BALL_12, "SAVE"))
    assert load_dataset(soccernet).classes[-1] == "SAVE"


def test_unfinished_matches_are_not_seen(soccernet, add_match):
    add_match(soccernet, f"{LEAGUE}/.2020-01-01 - X - Y")
    assert len(load_dataset(soccernet).videos) == 3


def test_videos_are_counted_once(soccernet, clip, monkeypatch):
    calls = []
    probe = video_module.probe
    monkeypatch.setattr(datasets, "probe", lambda *args, **kwargs: calls.append(args) or probe(*args, **kwargs))
    first = load_dataset(soccernet)
    assert len(calls) == 3
    assert load_dataset(soccernet) == first
    assert len(calls) == 3
    write_video(soccernet / VAL / "224p.mp4", 30)
    assert load_dataset(soccernet).val[0].num_frames == 30
    assert len(calls) == 4
    os.utime(soccernet / TEST / "224p.mp4", (1, 1))  # perhaps another file of the same size
    load_dataset(soccernet)
    assert len(calls) == 5


def test_an_e2e_folder(tmp_path, clip):
    root = tmp_path / "volley"
    (root / "videos").mkdir(parents=True)
    write_class_file(root / "class.txt", ("serve", "set"))
    videos = [
        Video(name, root / "videos" / f"{name}.mp4", 20, 25.0, WIDTH, HEIGHT, (Event("set", 7, xy=(0.5, 0.5)),))
        for name in ("one", "two")
    ]
    for video, split in zip(videos, ("train", "val"), strict=True):
        shutil.copy(clip, video.path)
        write_e2e_json(root / f"{split}.json", [video])
    data = load_dataset(root)
    assert data.classes == ("serve", "set")
    assert (data.train, data.val, data.test) == ((videos[0],), (videos[1],), ())
    write_e2e_json(root / "val.json", [replace(videos[1], num_frames=21)])
    with pytest.raises(InputError, match="val.json: num_frames of 'two' is 21; expected 20, as many as .* in mp4"):
        load_dataset(root)
    # The same rally as a folder of frames; a list without media is of use for scoring.
    shutil.rmtree(root / "videos")
    (root / "val.json").unlink()
    (root / "frames" / "one").mkdir(parents=True)
    for frame in range(20):
        cv2.imwrite(str(root / "frames" / "one" / f"frame{frame}.jpg"), numbered_frame(frame))
    assert load_dataset(root).train[0] == replace(videos[0], path=root / "frames" / "one")
    shutil.rmtree(root / "frames")
    assert load_dataset(root).train[0].path is None


def test_a_folder_without_data(tmp_path):
    with pytest.raises(InputError, match="no data set found; expected <league>/<season>/<match>/"):
        load_dataset(tmp_path)
