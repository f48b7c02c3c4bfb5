"""One map between frames and times: what is written is a player's time, and what a player showed comes back."""

from fractions import Fraction

import av
import pytest
from numbered_video import encode, number_of
from odd_videos import QUICK, recording, with_sound

from course_lib.data.corrections import Edit, apply_edits
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, event_step
from course_lib.data.formats.csv import read_csv
from course_lib.data.formats.soccernet import read_soccernet_labels, read_soccernet_predictions, write_soccernet_labels
from course_lib.data.times import Times, clock, read_clock
from course_lib.data.video import VideoReader, probe
from course_lib.files import InputError, read_json, write_json
from course_lib.runs.spotter import export_spots
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.rule import Rule

PAUSED = [40 * k for k in range(50)] + [12_000 + 40 * k for k in range(50)]


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("times")
    plain = recording(folder / "plain.mp4", 60, g="10")
    return {
        "from 0": plain,
        "picture after sound": with_sound(folder / "late.mp4", plain, 0.6, 0.0),
        "picture after sound.mkv": with_sound(folder / "late.mkv", plain, 0.5, 0.0),
        "sound after picture": with_sound(folder / "early.mp4", plain, 0.0, 0.5),
        "sound with a run-up": with_sound(folder / "run_up.mkv", plain, 0.0, -0.02),
        "paused": encode(folder / "paused.mkv", PAUSED, Fraction(1, 1000), **QUICK, g="10"),
        "stream": with_sound(folder / "late.ts", plain, 0.5, 0.0),
        "both late": with_sound(folder / "both.ts", plain, 2.0, 1.5),
        "both late.mkv": with_sound(folder / "both.mkv", plain, 2.0, 1.5),
    }


def player_seconds(path):
    """When a player shows each picture, by nothing of ours: it counts from where FFmpeg says that the file begins."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        begin = max(container.start_time, 0) / 1_000_000
        return sorted(float(packet.pts * packet.time_base) - begin for packet in container.demux(stream) if packet.size)


KINDS = {
    "from 0": 0, "picture after sound": 600, "picture after sound.mkv": 500, "sound after picture": 0,
    "sound with a run-up": 0, "paused": 0, "stream": 500,
    "both late": 500, "both late.mkv": 500,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_a_players_time_and_comes_back(videos, tmp_path, kind):
    path, shown = videos[kind], player_seconds(videos[kind])
    info = probe(path)
    assert info.start_ms == pytest.approx(KINDS[kind], abs=24)  # a frame of sound
    frames = [0, 15, 30, info.num_frames - 2]
    spots = [Event("PASS", frame, 0.5) for frame in frames]
    results, table, subtitles = export_spots(tmp_path, path, spots, ("PASS",))
    with VideoReader(path) as video:
        pictures = [number_of(video.read(frame, frame + 1)[0]) for frame in frames]
    # Of a paused recording, a frame within the pause shows the picture nearest in time.
    expected = [shown[picture] for picture in pictures]
    stated_ms = [int(entry["position"]) for entry in read_json(results)["predictions"]]
    assert [ms / 1000 for ms in stated_ms] == pytest.approx(expected, abs=0.0011)
    lines = table.read_text().splitlines()[1:]
    assert [read_clock(line.split(",")[0], "") for line in lines] == pytest.approx(expected, abs=0.0011)
    starts = [line.split(" --> ")[0] for line in subtitles.read_text().splitlines() if "-->" in line]
    assert [read_clock(start, "") for start in starts] == pytest.approx(expected, abs=0.0011)
    # ... and back: our own files, a list with times alone, as somebody notes them from a player, and labels.
    assert [spot.frame for spot in read_soccernet_predictions(results, info.times)] == frames
    assert [spot.frame for spot in read_csv(table)] == frames
    noted = tmp_path / "noted.csv"
    noted.write_text("time,class\n" + "".join(f"{clock(second)},PASS\n" for second in expected))
    assert [spot.frame for spot in read_csv(noted, fps=info.times, num_frames=info.num_frames)] == frames
    labels = [{"gameTime": "1 - 00:00", "label": "PASS", "position": str(round(1000 * sec))} for sec in expected]
    write_json(tmp_path / "labels.json", {"annotations": labels})
    read = read_soccernet_labels(tmp_path / "labels.json", info.times, num_frames=info.num_frames)
    assert [event.frame for event in read] == frames


@pytest.mark.parametrize("start_ms", [0, 40, 613, 1400])
@pytest.mark.parametrize("fps", [25.0, 29.97, 30000 / 1001, 50.0, 59.94, 12.5])
def test_every_frame_goes_out_and_comes_back(fps, start_ms):
    times = Times(fps, start_ms)
    for frame in range(3000):
        assert times.frame(times.seconds(frame)) == frame
        assert times.frame_of_ms(times.position_ms(frame)) == frame
        assert int(fps * ((times.position_ms(frame) - start_ms) / 1000)) == frame  # the evaluator's truncation
        assert times.frame(read_clock(clock(times.seconds(frame)), "")) == frame


def test_a_match_whose_picture_begins_late_is_trained_scored_and_written_alike(videos, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    game = "league/season/match"
    folder = tmp_path / "data" / game
    folder.mkdir(parents=True)
    (folder / "224p.mp4").symlink_to(videos["picture after sound"])
    entries = [
        {"gameTime": "1 - 00:01", "label": "PASS", "position": "1400", "team": "left", "visibility": "visible"},
        {"gameTime": "1 - 00:00", "label": "DRIVE", "position": "100", "team": "left", "visibility": "visible"},
    ]
    write_json(folder / "Labels-ball.json", {"annotations": entries})
    write_json(tmp_path / "data" / "splits.json", {"test": [game]})
    (video,) = load_dataset(tmp_path / "data").test
    first, before = video.events
    assert (first.frame, before.frame) == (20, 0)  # the second was set before there was a picture
    assert event_step(first, 30, 2, video.fps) == 10 and video.times == Times(25.0, 600)
    spots = {video.id: [Event("PASS", 20, 0.5)]}
    rule = Rule(("PASS", "DRIVE"), tolerance_sec=0.08, stride=2)
    assert score_ball_actions([video], spots, rule).per_class["PASS"] == 1
    write_soccernet_labels(tmp_path / "again.json", video)
    again = read_json(tmp_path / "again.json")["annotations"]
    assert [entry["position"] for entry in again] == ["1400", "600"]


def test_corrections_are_in_a_players_time():
    spots = [Event("PASS", 20, 0.5), Event("PASS", 40, 0.5)]
    edits = [Edit("move", "PASS", 1.413, 1.453), Edit("add", "PASS", 0.613), Edit("reject", "PASS", 2.213)]
    corrected = apply_edits(spots, edits, Times(25.0, 613))
    assert [event.frame for event in corrected.events] == [0, 21] and not corrected.unmatched


def test_a_pause_is_as_long_as_it_was(videos):
    info = probe(videos["paused"])
    assert (info.fps, info.num_frames, info.num_pictures) == (25, 350, 100)
    assert info.variable_frame_rate and info.duration_sec == 14
    with VideoReader(videos["paused"]) as video:
        pictures = [number_of(picture) for picture in video.read(0, 350, 10)]
    assert pictures[:5] == [0, 10, 20, 30, 40] and pictures[-5:] == [50, 60, 70, 80, 90]
    assert set(pictures[5:-5]) == {49, 50}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("01:02:05.500", 3725.5), ("62:05,5", 3725.5), ("3725.5", 3725.5), (" 0:00:07 ", 7), ("12,", 12)],
)
def test_times_as_people_write_them(text, seconds):
    assert read_clock(text, "x") == seconds


def test_what_is_no_time():
    for text in ("later", "1:2:3:4", "-1", "", "1:xx"):
        with pytest.raises(InputError, match=r"list, line 3.time is .*; expected a time like 01:02:05.500"):
            read_clock(text, "list, line 3")
