import json
from dataclasses import replace

import pytest

from course_lib.data.events import Event, SpottingDataset, Video
from course_lib.data.formats.common import (
    read_class_file,
    read_e2e_json,
    read_e2e_predictions,
    write_class_file,
    write_e2e_json,
    write_e2e_predictions,
)
from course_lib.data.formats.soccernet import (
    frame_to_position_ms,
    position_ms_to_frame,
    read_soccernet_labels,
    read_soccernet_predictions,
    soccernet_halves,
    write_soccernet_labels,
    write_soccernet_predictions,
)
from course_lib.files import InputError

GAME = "england_efl/2019-2020/2019-10-01 - A - B"


def official_frame(position_ms: int, fps: float) -> int:
    """What SoccerNet's evaluator does, in its order of operations."""
    return int(fps * (int(str(position_ms)) / 1000))


def label_file(tmp_path, *annotations, key="annotations"):
    path = tmp_path / "Labels-ball.json"
    path.write_text(json.dumps({"UrlLocal": GAME, key: list(annotations)}))
    return path


def annotation(**changes):
    entry = {"gameTime": "1 - 00:12", "label": "PASS", "position": "12480", "team": "left", "visibility": "visible"}
    entry |= changes
    return {name: value for name, value in entry.items() if value is not ...}


def prediction(**changes):
    entry = {"gameTime": "1 - 0:12", "label": "PASS", "position": "12480", "half": "1", "confidence": "0.83"}
    entry |= changes
    return {name: value for name, value in entry.items() if value is not ...}


@pytest.mark.parametrize("fps", [25, 12.5, 2])
def test_every_frame_of_three_hours_survives_the_official_truncation(fps):
    for frame in range(int(3 * 3600 * fps)):
        position_ms = frame_to_position_ms(frame, fps)
        assert official_frame(position_ms, fps) == frame
        assert position_ms_to_frame(position_ms, fps) == frame


def test_why_that_needs_care():
    assert official_frame(29 * 40, 25) == 28  # 25 * 1.16 is 28.999999999999996
    assert frame_to_position_ms(29, 25) == 1161
    assert frame_to_position_ms(30, 25) == 1200
    assert position_ms_to_frame(1160, 25) == 29
    assert [position_ms_to_frame(position_ms, 25) for position_ms in (1179, 1181, 1199)] == [29, 30, 30]


def test_soccernet_label_becomes_an_event(tmp_path):
    path = label_file(
        tmp_path,
        annotation(),
        annotation(gameTime="1 - 93:07", position="5587000", label="HIGH PASS", team="home", visibility="not shown"),
        annotation(visibility=..., team=...),
        annotation(team="not applicable", position=1160),
        annotation(gameTime="1 - 100:02", position=...),
    )
    assert read_soccernet_labels(path, 25) == [
        Event("PASS", 312, team="left", position_ms=12480),
        Event("HIGH PASS", 139675, team="home", visible=False, position_ms=5587000),
        Event("PASS", 312, position_ms=12480),
        Event("PASS", 29, position_ms=1160),
        Event("PASS", 150050, team="left", position_ms=6002000),
    ]


def test_soccernet_prediction_becomes_an_event(tmp_path):
    path = label_file(tmp_path, prediction(team="right"), prediction(confidence=-1, half=1), key="predictions")
    assert read_soccernet_predictions(path, 25) == [
        Event("PASS", 312, score=0.83, team="right", position_ms=12480),
        Event("PASS", 312, score=-1.0, position_ms=12480),
    ]


def test_the_order_of_the_file_is_kept(tmp_path):
    # 1160 ms and 1139 ms are the same official frame, where the last entry wins: sorting would change the score.
    path = label_file(tmp_path, annotation(position="1160"), annotation(position="1139", team="right"))
    assert [event.position_ms for event in read_soccernet_labels(path, 25)] == [1160, 1139]


def test_two_halves_are_read_one_at_a_time(tmp_path):
    path = label_file(tmp_path, annotation(), annotation(gameTime="2 - 00:01", position="1000", label="GOAL"))
    assert soccernet_halves(path) == (1, 2)
    assert [event.label for event in read_soccernet_labels(path, 25, half=1)] == ["PASS"]
    assert [event.label for event in read_soccernet_labels(path, 25, half=2)] == ["GOAL"]
    with pytest.raises(InputError, match="halves 1 and 2"):
        read_soccernet_labels(path, 25)


def test_unknown_labels_are_refused_or_skipped(tmp_path):
    path = label_file(tmp_path, annotation(label="Pass"), annotation())
    with pytest.raises(InputError, match=r"annotations\[0\].label is 'Pass'; expected one of PASS, OUT"):
        read_soccernet_labels(path, 25, ["PASS", "OUT"])
    assert len(read_soccernet_labels(path, 25, ["PASS", "OUT"], unknown="skip")) == 1
    assert len(read_soccernet_labels(path, 25)) == 2


def test_labels_behind_the_end(tmp_path):
    path = label_file(tmp_path, annotation(position="1390"))
    assert read_soccernet_labels(path, 25, num_frames=20)[0] == Event("PASS", 19, team="left", position_ms=1390)
    path = label_file(tmp_path, annotation(position="2000"))
    with pytest.raises(InputError, match=r"position is 2000 ms; expected at most 800 ms.*20 frames at 25 fps"):
        read_soccernet_labels(path, 25, num_frames=20)


BAD_ANNOTATIONS = {
    "no label": (annotation(label=...), "has no field 'label'; expected"),
    "label not text": (annotation(label=3), "label is 3; expected"),
    "position not a number": (annotation(position="12.4s"), "position is '12.4s'; expected whole milliseconds"),
    "position with a fraction": (annotation(position=12.5), "position is 12.5; expected whole milliseconds"),
    "position negative": (annotation(position="-40"), "position is '-40'; expected whole milliseconds"),
    "position true": (annotation(position=True), "position is True; expected whole milliseconds"),
    "time without half": (annotation(gameTime="00:12"), "gameTime is '00:12'; expected half, minutes and seconds"),
    "third half": (annotation(gameTime="3 - 00:12"), "gameTime is '3 - 00:12'; expected half"),
    "61 seconds": (annotation(gameTime="1 - 00:61"), "gameTime is '1 - 00:61'; expected half"),
    "no time": (annotation(gameTime=...), "has no field 'gameTime'"),
    "team": (annotation(team="red"), "team is 'red'; expected one of left, right"),
    "not an object": ([1], r"annotations\[0\] is \[1\]; expected a JSON object"),
}


@pytest.mark.parametrize("case", BAD_ANNOTATIONS)
def test_malformed_annotations_are_told(tmp_path, case):
    entry, message = BAD_ANNOTATIONS[case]
    path = label_file(tmp_path, entry)
    with pytest.raises(InputError, match=message) as caught:
        read_soccernet_labels(path, 25)
    assert str(caught.value).startswith(f"{path}: annotations[0]")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (prediction(confidence="high"), "confidence is 'high'; expected a finite number"),
        (prediction(confidence="nan"), "confidence is 'nan'; expected a finite number"),
        (prediction(confidence=...), "has no field 'confidence'"),
        (prediction(half=...), "has no field 'half'"),
        (prediction(half="3"), "half is 3; expected"),
        (prediction(position=..., gameTime=...), "has no field 'gameTime'"),
    ],
)
def test_malformed_predictions_are_told(tmp_path, entry, message):
    path = label_file(tmp_path, entry, key="predictions")
    with pytest.raises(InputError, match=message):
        read_soccernet_predictions(path, 25)


def test_wrong_kinds_of_files_are_told(tmp_path):
    path = label_file(tmp_path, key="predictions")
    with pytest.raises(InputError, match="has no field 'annotations'"):
        read_soccernet_labels(path, 25)
    path.write_text("[1]")
    with pytest.raises(InputError, match="expected a JSON object"):
        read_soccernet_labels(path, 25)
    path.write_text('{"annotations": {}}')
    with pytest.raises(InputError, match="annotations is {}; expected a list"):
        read_soccernet_labels(path, 25)
    with pytest.raises(InputError, match="no such file"):
        read_soccernet_labels(tmp_path / "nowhere.json", 25)


EVENTS = (
    Event("PASS", 29, team="left", position_ms=1161),
    Event("GOAL", 30, team="away", visible=False, position_ms=1213, comment="from far"),
    Event("PASS", 12, position_ms=480),
)


def test_soccernet_labels_round_trip(tmp_path):
    video = Video(GAME, None, 1000, 25.0, 398, 224, EVENTS)
    path = tmp_path / "Labels-ball.json"
    write_soccernet_labels(path, video)
    assert tuple(read_soccernet_labels(path, 25)) == EVENTS
    first = path.read_bytes()
    write_soccernet_labels(path, replace(video, events=tuple(read_soccernet_labels(path, 25))))
    assert path.read_bytes() == first
    data = json.loads(first)
    assert data["UrlLocal"] == GAME
    assert data["halftime"] == "1 - 00:40"
    assert data["annotations"][0]["gameTime"] == "1 - 00:01"


def test_soccernet_halves_round_trip(tmp_path):
    halves = [Video(f"{GAME}/{half}", None, 1000, 25.0, 398, 224, EVENTS[half - 1 :], half, GAME) for half in (1, 2)]
    path = tmp_path / "Labels-v2.json"
    write_soccernet_labels(path, halves)
    for video in halves:
        assert tuple(read_soccernet_labels(path, 25, half=video.half)) == video.events


def test_soccernet_predictions_round_trip(tmp_path):
    spots = [Event("PASS", frame, score=frame / 7 + 1e-17, team="left") for frame in (29, 58, 1037)]
    path = tmp_path / "a" / "results_spotting.json"
    write_soccernet_predictions(path, GAME, spots, 25)
    read = read_soccernet_predictions(path, 25)
    assert [replace(event, position_ms=None) for event in read] == spots
    assert [official_frame(event.position_ms, 25) for event in read] == [29, 58, 1037]
    write_soccernet_predictions(path, GAME, {1: spots[:1], 2: spots[1:]}, 25)
    assert [event.frame for event in read_soccernet_predictions(path, 25, half=2)] == [58, 1037]


def test_a_spot_without_a_score_is_not_written(tmp_path):
    path = tmp_path / "results_spotting.json"
    with pytest.raises(InputError, match="has no score"):
        write_soccernet_predictions(path, GAME, [Event("PASS", 3)], 25)
    assert list(tmp_path.iterdir()) == []


E2E_VIDEOS = (
    Video("rally_1", None, 244, 25.0, 398, 224, (Event("serve", 10, xy=(0.42, 0.61)), Event("set", 243, comment="c"))),
    Video("rally_2", None, 30, 29.97, 398, 224),
)


def test_e2e_round_trip(tmp_path):
    path = tmp_path / "val.json"
    write_e2e_json(path, E2E_VIDEOS)
    assert tuple(read_e2e_json(path)) == E2E_VIDEOS
    assert json.loads(path.read_text())[0]["num_events"] == 2


def test_e2e_predictions_round_trip(tmp_path):
    path = tmp_path / "pred.json"
    spots = {"rally_1": [Event("serve", 9, score=0.1 + 0.2, xy=(0.0, 1.0))], "rally_2": []}
    write_e2e_predictions(path, E2E_VIDEOS, spots)
    assert read_e2e_predictions(path) == spots
    assert read_e2e_json(path)[0].events == tuple(spots["rally_1"])
    path.write_text(json.dumps([{"video": "v", "events": [{"frame": 3, "label": "set", "score": 0.5}], "fps": 25}]))
    assert read_e2e_predictions(path) == {"v": [Event("set", 3, score=0.5)]}
    with pytest.raises(InputError, match="unknown video 'other'"):
        write_e2e_predictions(path, E2E_VIDEOS, {"other": []})


def test_predicted_places_may_lie_a_little_outside(tmp_path):
    path = tmp_path / "pred.json"
    path.write_text(json.dumps([e2e_entry({"score": 0.5, "xy": [1.0014, -0.1]})]))
    assert read_e2e_predictions(path)["v"][0].xy == (1.0014, -0.1)
    with pytest.raises(InputError, match=r"xy\[0\] is 1.0014; expected two numbers from 0 to 1"):
        read_e2e_json(path)
    path.write_text(json.dumps([e2e_entry({"score": 0.5, "xy": [120, 80]})]))
    with pytest.raises(InputError, match=r"xy\[0\] is 120; expected two numbers from -1 to 2, fractions of width"):
        read_e2e_predictions(path)


def e2e_entry(event=None, **changes):
    entry = {"video": "v", "num_frames": 20, "fps": 25, "width": 398, "height": 224, "num_events": 1}
    entry["events"] = [{"frame": 5, "label": "serve"} | (event or {})]
    entry |= changes
    return {name: value for name, value in entry.items() if value is not ...}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            e2e_entry({"frame": 20}),
            r"frame is 20; expected a frame from 0 to 19 \(frames count from 0: was this file c",
        ),
        (e2e_entry({"frame": 25}), "frame is 25; expected a frame from 0 to 19$"),
        (e2e_entry({"frame": -1}), "frame is -1; expected a frame counted from 0"),
        (e2e_entry({"frame": 1.5}), "frame is 1.5; expected a frame counted from 0"),
        (e2e_entry({"label": "smash"}), "label is 'smash'; expected one of serve, set"),
        (e2e_entry({"xy": [0.5, 1.2]}), r"xy\[1\] is 1.2; expected two numbers from 0 to 1"),
        (e2e_entry({"xy": [120]}), r"xy is \[120\]; expected two numbers"),
        (e2e_entry({"score": "x"}), "score is 'x'; expected a finite number"),
        (e2e_entry(num_frames=...), "has no field 'num_frames'"),
        (e2e_entry(num_frames="many"), "num_frames is 'many'; expected a number of frames"),
        (e2e_entry(fps=0), "fps is 0; expected frames a second"),
        (e2e_entry(video=...), "has no field 'video'"),
        (e2e_entry(events=...), "has no field 'events'"),
        (e2e_entry(events={"frame": 1}), "events is {'frame': 1}; expected a list"),
    ],
)
def test_malformed_e2e_files_are_told(tmp_path, entry, message):
    path = tmp_path / "val.json"
    path.write_text(json.dumps([entry]))
    with pytest.raises(InputError, match=message) as caught:
        read_e2e_json(path, ["serve", "set"])
    assert str(caught.value).startswith(f"{path}: [0]")


def test_a_video_listed_twice_is_told(tmp_path):
    path = tmp_path / "val.json"
    path.write_text(json.dumps([e2e_entry(), e2e_entry()]))
    with pytest.raises(InputError, match=r"\[1\].video is 'v', as in \[0\]; expected every video once"):
        read_e2e_json(path)


def test_e2e_media_are_found(tmp_path):
    path = tmp_path / "val.json"
    path.write_text(json.dumps([e2e_entry()]))
    with pytest.raises(InputError, match="expected .*v.mp4 or a folder of frames"):
        read_e2e_json(path, media=tmp_path)
    (tmp_path / "v").mkdir()
    assert read_e2e_json(path, media=tmp_path)[0].path == tmp_path / "v"


def test_class_file(tmp_path):
    path = tmp_path / "class.txt"
    write_class_file(path, ("serve", "set"))
    assert read_class_file(path) == ("serve", "set")
    for content, message in {
        "": "is empty",
        "a\n\nb\n": "line 2 is empty",
        "background\na\n": "background is class 0",
        "a\nb\na\n": "line 3 is 'a' a second time",
    }.items():
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            read_class_file(path)


def test_splits_share_no_match():
    halves = [Video(f"m/{half}", None, 10, 25.0, 8, 8, half=half, game="m") for half in (1, 2)]
    assert SpottingDataset("d", None, ("a",), {"train": tuple(halves)}).train == tuple(halves)
    with pytest.raises(InputError, match="'m' is in the splits 'train' and 'test'"):
        SpottingDataset("d", None, ("a",), {"train": (halves[0],), "test": (halves[1],)})
    with pytest.raises(InputError, match="listed twice"):
        SpottingDataset("d", None, ("a",), {"train": (halves[0], halves[0])})


def test_events_need_no_torch():
    import subprocess
    import sys

    code = "import course_lib.data.formats, course_lib.scoring; import sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_frame_rate_of_finediving_is_nan_and_written_back(tmp_path):
    entry = {"video": "dive", "num_frames": 116, "fps": -1, "events": [{"frame": 3, "label": "som(s).pike"}]}
    (tmp_path / "in.json").write_text(json.dumps([entry]))
    (video,) = read_e2e_json(tmp_path / "in.json")
    assert video.fps != video.fps and video.events[0].frame == 3
    write_e2e_json(tmp_path / "out.json", [video])
    assert json.loads((tmp_path / "out.json").read_text())[0]["fps"] == -1
