"""Somebody's films and labels: which belong together, what is wrong, and the data set that comes of it."""

import shutil
from collections import Counter

import numpy as np
import pytest
from numbered_video import numbers_of, write_video

from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, FilmPart, Video
from course_lib.data.own_dataset import earlier_splits, write_own_dataset
from course_lib.data.own_films import gather
from course_lib.data.own_splits import cut_by_time, missing_classes, split_by_match
from course_lib.data.video import VideoReader
from course_lib.files import InputError


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Films of 50 frames, each of another length so that none is another's copy."""
    folder = tmp_path_factory.mktemp("films")
    return [write_video(folder / f"{index}.mp4", 50 + index) for index in range(5)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def lay(folder, films, names):
    for film, name in zip(films, names, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(film, folder / name)
    return [folder / name for name in names]


def labelled(video):
    return [(event.label, event.frame) for event in video.events]


def test_labels_find_their_film(folder, films):
    names = ["derby.mp4", "derby 10.mp4", "cup/only one.mkv", "old/1_720p.mp4", "old/2_720p.mp4"]
    laid = lay(folder, films, names)
    (folder / "derby.labels.csv").write_text("time,class\n1,Throw\n")
    (folder / "derby 10-final.srt").write_text("1\n00:00:00,200 --> 00:00:01,000\nThrow\n")
    (folder / "cup" / "my notes.csv").write_text("frame;label\n7;Block\n")
    half = '{{"gameTime": "{} - 0:00", "label": "Throw", "position": "{}"}}'
    (folder / "old" / "Labels.json").write_text(
        f'{{"annotations": [{half.format(1, 40)}, {half.format(2, 80)}, {half.format(2, 120)}]}}'
    )
    (folder / "config.json").write_text("{}")
    (folder / ".hidden.csv").write_text("x")
    found = gather(folder, laid)
    assert found.problems == found.remarks == []
    assert {video.id: labelled(video) for video in found.videos} == {
        "derby": [("Throw", 25)],
        "derby 10": [("Throw", 5)],
        "cup/only one": [("Block", 7)],
        "old/1_720p": [("Throw", 1)],
        "old/2_720p": [("Throw", 2), ("Throw", 3)],
    }
    assert {video.id: video.game for video in found.videos}["old/2_720p"] == "old"
    assert found.classes == ("Throw", "Block")


def test_one_table_for_all_films(folder, films):
    laid = lay(folder, films, ["a/x.mp4", "b/x.mp4", "c.mp4"])
    (folder / "all.csv").write_text("video,time,class\na/X,1,Throw\nb\\x.mp4,0.2,Throw\nC.MP4,0,Throw\n")
    found = gather(folder, laid)
    assert found.problems == []
    assert {video.id: labelled(video) for video in found.videos} == {
        "a/x": [("Throw", 25)],
        "b/x": [("Throw", 5)],
        "c": [("Throw", 0)],
    }


def test_all_problems_in_one_list(folder, films):
    laid = lay(folder, films, ["a.mp4", "b.mp4", "c.mp4", "copy.mp4"])
    shutil.copy(folder / "a.mp4", folder / "copy.mp4")
    laid.append(write_video(folder / "fast.mp4", 30, 50))
    (folder / "broken.mp4").write_bytes(b"no film")
    laid.append(folder / "broken.mp4")
    (folder / "a.csv").write_text("time,class,video\n1:99,Throw,\n1.9,Throw,\n9,Throw,\n0,Throw,d.mp4\n")
    (folder / "a.srt").write_text("1\n00:00:00,200 --> 00:00:01,000\nbackground\n")
    (folder / "list.csv").write_text("frame,class\n1,Throw\n")
    (folder / "b.csv").write_text("frame,class\n50,Throw\n51,Throw\n")
    (folder / "c.json").write_text(
        '[{"video": "c", "num_frames": 99, "fps": 25, "events": [{"frame": 1, "label": "x"}]}]'
    )
    found = gather(folder, laid)
    said = "\n".join(found.problems)
    for sentence in (
        "copy.mp4: is the same film as",
        "fast.mp4: 50 frames a second; expected 25 as most have",
        "broken.mp4",
        "a.csv: line 2.time is '1:99'",
        "a.csv: line 4 is at 9 s; expected at most 2.00 s, where the film ends",
        "a.csv: line 5: no film is called 'd.mp4'",
        "list.csv: does not say of which film its labels are",
        "a.mp4: has labels in a.csv and a.srt",
        "b.csv: line 3 is at frame 51; expected at most frame 50",
        "c, events[0]: counts frames of a film of 99; this one has 52",
        "a class is called 'background'",
    ):
        assert sentence in said
    assert len(found.problems) == 11
    assert labelled(next(video for video in found.videos if video.id == "b")) == [("Throw", 50)]


def test_what_is_understood_is_said(folder, films):
    laid = lay(folder, films, ["Derby 1st half.mp4", "Derby 2nd half.mp4", "cup part 1.mp4", "bare.mp4"])
    rows = "frame,class\n1,Throw\n2,throw \n2,Throw\n3,THROW\n3,Block\n"
    for film in laid[:3]:
        film.with_suffix(".csv").write_text(rows)
    (folder / "bare.csv").write_text("time,frame,class,score,x,y,team,shown\n00:00:01.000,25,Throw,0.9,,,,yes\n")
    found = gather(folder, laid)
    assert found.problems == []
    assert {video.id: video.game for video in found.videos} == {
        "Derby/Derby 1st half": "Derby",
        "Derby/Derby 2nd half": "Derby",
        "cup part 1": "cup part 1",
    }
    assert labelled(found.videos[0]) == [("Throw", 1), ("Throw", 2), ("Throw", 3), ("Block", 3)]
    said = "\n".join(found.remarks)
    for sentence in (
        "bare.csv: holds a model's spots",
        "bare.mp4: left out",
        "'throw' (3 times) is read as 'Throw'",
        "'THROW' (3 times) is read as 'Throw'",
        "Derby 1st half.csv: 1 label is there twice; counted once",
        "Derby: 2 films are taken for parts of one match",
    ):
        assert sentence in said


def test_a_class_file_says_which_and_in_which_order(folder, films):
    laid = lay(folder, films, ["a.mp4"])
    (folder / "class.txt").write_text("Save\nThrow\nBlock\n")
    (folder / "a.csv").write_text("frame,class\n1,THROW\n2,Foul\n")
    found = gather(folder, laid)
    assert found.classes == ("Save", "Throw", "Block")
    assert len(found.problems) == 1 and "label 'Foul': expected one of" in found.problems[0]
    assert found.videos[0].events[0].label == "Throw"


def made_up(game, *labels, num_frames=1000):
    events = tuple(Event(label, 10 * place) for place, label in enumerate(labels))
    return Video(game, None, num_frames, 25.0, 64, 48, events)


@pytest.mark.parametrize("number", [3, 4, 5, 10])
def test_matches_stay_whole_and_every_split_has_some(number):
    games = [f"m{index}" for index in range(number)]
    videos = [made_up(game, "a", "b") for game in games]
    videos += [Video(f"m1/{part}", None, 100, 25.0, 64, 48, (), game="m1") for part in "xy"]
    splits = split_by_match(videos, ("a", "b"), {})
    of = {split: {video.game for video in videos} for split, videos in splits.items()}
    assert sorted(game for games in of.values() for game in games) == sorted(games)
    assert sum(map(len, splits.values())) == len(videos)
    assert len(of["test"]) == len(of["val"]) == max(1, round(number / 5))
    assert set(split_by_match(videos[::-1], ("a", "b"), {})["test"]) == set(splits["test"])  # whatever the order


def test_rare_classes_are_shared_out():
    """Three of nine matches have the rare class: one for each split, which chance does in one of ten."""
    videos = [made_up(f"m{index}", "a", *(["rare"] if index < 3 else [])) for index in range(9)]
    for seed in range(5):
        assert missing_classes(split_by_match(videos, ("a", "rare"), {}, seed), ("a", "rare")) == {
            "train": [],
            "val": [],
            "test": [],
        }


def test_what_is_decided_stays():
    videos = [made_up(f"m{index}", "a") for index in range(6)]
    fixed = {"m2": "test", "m5": "val", "m0": "train"}
    splits = split_by_match(videos, ("a",), fixed)
    split_of = {video.game: split for split, of in splits.items() for video in of}
    assert {game: split_of[game] for game in fixed} == fixed
    assert Counter(split_of.values()) == {"train": 4, "val": 1, "test": 1}
    with pytest.raises(InputError, match="no match is left for the split 'train'"):
        split_by_match(videos[:3], ("a",), {f"m{index}": "test" if index else "val" for index in range(3)})


def test_parts_of_a_film_lie_apart_and_hold_their_labels():
    film = Video("derby", None, 1000, 25.0, 64, 48, tuple(Event("a", frame) for frame in range(0, 1000, 10)))
    splits = cut_by_time([film], {"derby": "key"}, 100)
    (train,), (val,), (test,) = splits.values()
    assert [part.part_of for part in (train, val, test)] == [
        FilmPart("derby", "key", 0, 480),
        FilmPart("derby", "key", 580, 740),
        FilmPart("derby", "key", 840, 1000),
    ]
    assert [(part.id, part.num_frames, len(part.events)) for part in (train, val, test)] == [
        ("derby (train)", 480, 48),
        ("derby (val)", 160, 16),
        ("derby (test)", 160, 16),
    ]
    assert val.events[0].frame == 0 and len({part.game for part in (train, val, test)}) == 3
    with pytest.raises(InputError, match="are too few to be cut"):
        cut_by_time([film], {"derby": "key"}, 200)


def test_a_data_set_of_whole_films(folder, films, tmp_path):
    laid = lay(folder, films, ["a.mp4", "b.mp4", "c/720p.mp4"])
    for film in laid:
        film.with_suffix(".csv").write_text("frame,class,x,y,team,source\n3,set,0.25,0.5,blue,model\n9,serve,,,,\n")
    found = gather(folder, laid)
    splits = split_by_match(found.videos, found.classes, {"a": "train", "b": "val"})
    root = tmp_path / "data" / "own"
    dataset = write_own_dataset(root, splits, found.classes, "ball", ["a note"])
    assert dataset.splits == load_dataset(root).splits and dataset.task == "ball"
    assert dataset.classes == ("set", "serve")
    assert dataset.notes[0] == "a note" and dataset.notes[1].startswith("1 of 2 test labels were born from a model's")
    (test,) = dataset.test
    assert (test.id, test.game, test.num_frames, test.path.is_symlink()) == ("c/720p", "c", 52, True)
    assert test.events[0] == Event("set", 3, xy=(0.25, 0.5), team="blue", source="model")
    assert earlier_splits(root) == {"a": "train", "b": "val", "c": "test"}
    write_own_dataset(root, splits, found.classes, "volleyball", [], copy=True)  # in its place
    assert load_dataset(root).task == "volleyball" and not load_dataset(root).test[0].path.is_symlink()
    assert sorted(path.name for path in root.parent.iterdir()) == ["own"]


def test_nothing_half_written_and_nothing_of_others_touched(folder, films, tmp_path):
    laid = lay(folder, films, ["a.mp4"])
    (folder / "a.csv").write_text("frame,class\n3,a\n")
    (video,) = gather(folder, laid).videos
    twice = {"train": [video], "val": [], "test": [video]}
    root = tmp_path / "data" / "own"
    with pytest.raises(InputError, match="must be in one split only"):
        write_own_dataset(root, twice, ("a",), "ball", [])
    assert not root.parent.exists()
    root.mkdir(parents=True)
    (root / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="was not made by 'labels import'"):
        write_own_dataset(root, {"train": [video]}, ("a",), "ball", [])
    assert (root / "mine.txt").is_file()


def test_parts_are_exact_to_the_frame(folder, tmp_path):
    film = write_video(folder / "a.mp4", 200)
    (folder / "a.csv").write_text("frame,class\n3,a\n170,a\n")
    (video,) = gather(folder, [film]).videos
    splits = cut_by_time([video], {"a": "f" * 64}, 10)
    dataset = write_own_dataset(tmp_path / "set", splits, ("a",), "ball", [])
    for split, parts in dataset.splits.items():
        (part,) = parts
        assert part.part_of.film == "a" and part.path.name == f"a ({split}).mp4"
        with VideoReader(part.path) as reader:
            numbers = numbers_of(reader.read(0, part.num_frames))
        assert numbers == list(np.arange(part.part_of.first, part.part_of.stop))
    assert dataset.test[0].events[0].frame == 170 - dataset.test[0].part_of.first
    assert earlier_splits(tmp_path / "set") == {}  # with a third match they may be split by match


def test_classes_of_a_published_list_keep_its_order(folder, films):
    laid = lay(folder, films, ["a.mp4"])
    (folder / "a.csv").write_text("frame,class\n1,DRIVE\n2,drive\n3,Pass\n")
    assert gather(folder, laid).classes == ("DRIVE", "Pass")  # no published list spells it so
    (folder / "a.csv").write_text("frame,class\n1,DRIVE\n2,DRIVE\n3,PASS\n")
    assert gather(folder, laid).classes == ("PASS", "DRIVE")
