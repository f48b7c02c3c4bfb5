"""inspection.py: every kind of problem is one sentence, counts are the files' own, published numbers add up."""

import json
import shutil

import pytest
from numbered_video import write_video

from course_lib.data.events import BALL_12, SOCCERNET_17
from course_lib.data.inspect import CountDifference, count_differences, count_labels, inspect_match, match_videos
from course_lib.data.published import BALL_EVENTS, BALL_FRAMES, OFFICIAL_SPLITS, SOCCERNET_V2_GAMES, official_name

MATCH = "england_efl/2019-2020/2019-10-01 - Brentford - Bristol City"
GOOD = [("PASS", 400), ("DRIVE", 1000), ("PASS", 1960)]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {fps: write_video(folder / f"{fps}.mp4", 50, fps) for fps in (25, 50)} | {
        "long": write_video(folder / "long.mp4", 60)
    }


@pytest.fixture
def match(tmp_path, clips):
    folder = tmp_path / MATCH
    folder.mkdir(parents=True)
    shutil.copy(clips[25], folder / "224p.mp4")
    write_labels(folder / "Labels-ball.json", GOOD)
    return folder


def write_labels(path, entries, half=1):
    annotations = [{"gameTime": f"{half} - 00:00", "label": label, "position": str(at)} for label, at in entries]
    path.write_text(json.dumps({"UrlLocal": "", "annotations": annotations}))


def look(folder, split="train", **options):
    return inspect_match(folder, MATCH, split, **options)


def test_a_good_match(match):
    report = look(match)
    assert report.problems == () and report.counts == {"PASS": 2, "DRIVE": 1} and report.num_frames == 50
    assert report.size_bytes == (match / "224p.mp4").stat().st_size
    assert report.notes == (f"{match}: has 50 frames; 142,498 are published",)
    assert inspect_match(match, "a/b/another", "train").notes == ()


def test_published_numbers_add_up():
    assert [sum(BALL_EVENTS[split].values()) for split in ("train", "val", "test")] == [6849, 1604, 3980]
    assert all(tuple(of_split) == BALL_12 for of_split in BALL_EVENTS.values())
    assert BALL_EVENTS["test"]["FREE KICK"] == 2 and BALL_EVENTS["val"]["BALL PLAYER BLOCK"] == 28
    assert sum(BALL_FRAMES[name] for name in OFFICIAL_SPLITS["train"]) == 576_615
    assert set(BALL_FRAMES) == {*OFFICIAL_SPLITS["train"], *OFFICIAL_SPLITS["val"]}
    assert sum(SOCCERNET_V2_GAMES.values()) == 500


def test_official_names():
    for names in OFFICIAL_SPLITS.values():
        assert all(official_name(f"x/y/{name}") == name for name in names)
    assert official_name("2019-10-01 - Leeds United - West Bromwich Albion") == OFFICIAL_SPLITS["train"][3]
    assert official_name("2019-10-02 - Reading - Fulham") is None and official_name("") is None


def test_no_video_and_a_broken_one(match):
    (match / "224p.mp4").write_bytes(b"no video")
    (problem,) = look(match).problems
    assert "224p.mp4" in problem
    (match / "224p.mp4").unlink()
    (problem,) = look(match).problems
    assert problem == f"{match}: holds no video; expected 224p or 720p, mp4 or mkv"


def test_wrong_rate(match, clips):
    shutil.copy(clips[50], match / "720p.mp4")
    (problem,) = look(match).problems
    assert problem == f"{match / '720p.mp4'}: has 50 frames a second; expected 25"


def test_two_sizes(match, clips):
    shutil.copy(clips["long"], match / "720p.mp4")
    report = look(match)
    assert report.problems == () and report.num_frames == 50
    assert f"{match}: its videos have different lengths in frames, 224p 50 and 720p 60" in report.notes


def test_labels_missing_broken_or_empty(match):
    labels = match / "Labels-ball.json"
    labels.write_text("{")
    assert "not valid JSON" in look(match).problems[0]
    write_labels(labels, [])
    assert look(match).problems == (f"{labels}: holds no labels; expected some",)
    labels.write_text(json.dumps({"annotations": [{"gameTime": "1 - 00:00", "label": "PASS", "position": "1.5"}]}))
    assert "annotations[0].position is '1.5'" in look(match).problems[0]
    labels.unlink()
    (problem,) = look(match).problems
    assert problem == f"{match}: holds no Labels-ball.json; expected one, as in every match with labels"
    assert look(match, "challenge").problems == ()


def test_unknown_labels_and_labels_behind_the_end(match):
    labels = match / "Labels-ball.json"
    write_labels(labels, [*GOOD, ("PASSS", 40), ("PASSS", 80), ("Goal", 120), ("PASS", 3000)])
    report = look(match)
    assert report.problems == (
        f"{labels}: label 'Goal' (1 of 7) is unknown; expected one of {', '.join(BALL_12)}",
        f"{labels}: label 'PASSS' (2 of 7) is unknown; expected one of {', '.join(BALL_12)}",
    )
    write_labels(labels, [*GOOD, ("PASS", 3001), ("PASS", 61_000)])  # a second behind the end is still taken
    (problem,) = look(match).problems
    assert problem == (f"{labels}: 2 labels lie behind the end of the video (up to 61.0 s); expected none after 2.0 s")
    write_labels(labels, GOOD, half=2)
    assert look(match).problems == (f"{labels}: has labels for half 2; expected half 1 only",)


def test_two_halves(tmp_path, clips):
    folder = tmp_path / "england_epl/2014-2015/game"
    folder.mkdir(parents=True)
    for half in (1, 2):
        shutil.copy(clips[25], folder / f"{half}_224p.mkv")
    labels = folder / "Labels-v2.json"
    entries = [
        {
            "gameTime": f"{half} - 00:01",
            "label": "Corner",
            "position": "1000",
            "team": "home",
            "visibility": "not shown",
        }
        for half in (1, 2, 2)
    ]
    labels.write_text(json.dumps({"annotations": entries}))
    options = {"label_file": "Labels-v2.json", "classes": SOCCERNET_17}
    report = look(folder, **options)
    assert report.problems == () and report.counts == {"Corner": 3} and report.num_frames == 100
    assert set(match_videos(folder)) == {1, 2}
    (folder / "2_224p.mkv").unlink()
    assert look(folder, **options).problems == (
        f"{folder}: holds no video; expected 2_224p or 2_720p, mp4 or mkv",
        f"{labels}: has labels for half 2; expected half 1 only",
    )


def test_counts_and_differences(match):
    reports = [look(match), look(match), look(match, "val"), look(match, "challenge")]
    counts = count_labels(reports)
    assert counts == {"train": {"PASS": 4, "DRIVE": 2}, "val": {"PASS": 2, "DRIVE": 1}}
    published = {"train": {"PASS": 4, "DRIVE": 3, "OUT": 1}, "val": {"PASS": 2, "DRIVE": 1}, "test": {"PASS": 9}}
    assert count_differences(counts, published) == [
        CountDifference("train", "DRIVE", 2, 3),
        CountDifference("train", "OUT", 0, 1),
    ]
    assert count_differences({"val": {"PASS": 2, "DRIVE": 1, "X": 5}}, published) == [CountDifference("val", "X", 5, 0)]
    assert count_differences(BALL_EVENTS, BALL_EVENTS) == []
