"""exports: tables that come back as they went, subtitles that FFmpeg itself reads."""

import csv
import re

import av
import pytest
from numbered_video import write_video

from course_lib.data.events import Event
from course_lib.data.formats.common import read_e2e_predictions
from course_lib.data.formats.csv import clock, read_csv, shown_spots, write_csv
from course_lib.data.formats.soccernet import read_soccernet_predictions
from course_lib.data.formats.srt import write_srt
from course_lib.data.video import probe
from course_lib.files import InputError
from course_lib.runs.spotter import export_spots

SPOTS = [
    Event("DRIVE", 80, 0.625, team="left"),
    Event("PASS", 75, 0.5),
    Event("PASS", 100, 0.25, xy=(0.125, 0.75)),
    Event("HIGH PASS", 200),
]


def cues_of(path):
    """[(start_ms, end_ms, [line, ...])], read by the grammar of the format and by nothing of ours."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    cues = []
    for number, block in enumerate(blocks, 1):
        first, times, *lines = block.split("\n")
        found = re.fullmatch(r"(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})", times)
        h, m, s, ms, h2, m2, s2, ms2 = map(int, found.groups())
        assert first == str(number) and lines
        cues.append((((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2, lines))
    return cues


def test_clock():
    assert clock(0) == "00:00:00.000" and clock(3725.5, ",") == "01:02:05,500"
    assert clock(59.9996) == "00:01:00.000"  # rounded as a whole, never to sixty seconds
    assert clock(100 * 3600) == "100:00:00.000"


def test_shown_spots_by_class_by_number_and_all():
    assert [s.frame for s in shown_spots(SPOTS, None)] == [75, 80, 100, 200]
    assert [s.frame for s in shown_spots(SPOTS, 0.5)] == [75, 80, 200]  # one that a person set has no score: stays
    assert [s.frame for s in shown_spots(SPOTS, {"PASS": 0.3, "DRIVE": 0.7})] == [75, 200]


def test_table_says_everything_and_comes_back(tmp_path):
    path = tmp_path / "new" / "spots.csv"
    write_csv(path, SPOTS, 25.0, {"PASS": 0.3})
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["time", "frame", "class", "score", "x", "y", "team", "shown"],
        ["00:00:03.000", "75", "PASS", "0.5000", "", "", "", "yes"],
        ["00:00:03.200", "80", "DRIVE", "0.6250", "", "", "left", "yes"],
        ["00:00:04.000", "100", "PASS", "0.2500", "0.1250", "0.7500", "", "no"],
        ["00:00:08.000", "200", "HIGH PASS", "", "", "", "", "yes"],
    ]
    in_order = sorted(SPOTS, key=lambda spot: spot.frame)
    assert read_csv(path, ("PASS", "DRIVE", "HIGH PASS"), 201) == in_order
    assert read_csv(path, only_shown=True) == [in_order[0], in_order[1], in_order[3]]


def test_an_edited_table(tmp_path):
    path = tmp_path / "edited.csv"
    path.write_text("\ufeffframe;class;score\r\n20; PASS ;\r\n;;\r\n10;DRIVE;0.5\r\n", encoding="utf-8")
    assert read_csv(path) == [Event("DRIVE", 10, 0.5), Event("PASS", 20)]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("12.5,PASS,0.5,,", r"line 2.frame is '12.5'; expected a frame counted from 0"),
        ("100,PASS,0.5,,", r"line 2.frame is 100; expected a frame from 0 to 99"),
        ("5,DRIBBLE,0.5,,", r"line 2.label is 'DRIBBLE'; expected one of PASS, DRIVE"),
        ("5,PASS,1.5,,", r"line 2.score is '1.5'; expected a number from 0 to 1"),
        ("5,PASS,0.5,0.2,", r"line 2 has no field 'y'; expected a fraction from 0 to 1"),
        (",PASS,0.5,,", r"line 2 has no field 'frame'; expected a frame counted from 0"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, line, sentence):
    (tmp_path / "spots.csv").write_text(f"frame,class,score,x,y\n{line}\n")
    with pytest.raises(InputError, match=sentence):
        read_csv(tmp_path / "spots.csv", ("PASS", "DRIVE"), 100)


def test_a_file_that_is_no_table(tmp_path):
    with pytest.raises(InputError, match=r"none.csv: no such file"):
        read_csv(tmp_path / "none.csv")
    for text in ("", "time,class\n0,PASS\n"):
        (tmp_path / "no.csv").write_text(text)
        with pytest.raises(InputError, match=r"no.csv: has no column 'frame'; expected a first line like time,frame"):
            read_csv(tmp_path / "no.csv")


def test_subtitles_do_not_overlap_and_near_ones_share_a_cue(tmp_path):
    write_srt(tmp_path / "a.srt", SPOTS, 25.0)
    assert cues_of(tmp_path / "a.srt") == [
        (3000, 4000, ["PASS 0.50", "DRIVE 0.62"]),  # 0.2 s apart
        (4000, 5000, ["PASS 0.25"]),
        (8000, 9000, ["HIGH PASS"]),
    ]
    close = [Event("PASS", frame, 0.5) for frame in range(0, 200, 3)]  # every 0.12 s
    write_srt(tmp_path / "b.srt", close, 25.0)
    cues = cues_of(tmp_path / "b.srt")
    assert sum(len(lines) for *_, lines in cues) == len(close)
    assert all(end <= after for (_, end, _), (after, _, _) in zip(cues, cues[1:], strict=False))
    assert all(400 <= end - start <= 1000 for start, end, _ in cues)


def test_a_label_cannot_break_a_subtitle(tmp_path):
    write_srt(tmp_path / "a.srt", [Event("a --> b\n\n7", 0)], 25.0)
    assert cues_of(tmp_path / "a.srt") == [(0, 1000, ["a -> b 7"])]
    write_srt(tmp_path / "empty.srt", [], 25.0)
    assert (tmp_path / "empty.srt").read_text() == ""


def test_ffmpeg_reads_subtitles(tmp_path):
    write_srt(tmp_path / "a.srt", SPOTS, 25.0)
    with av.open(str(tmp_path / "a.srt")) as container:
        packets = [packet for packet in container.demux() if packet.size]
    assert [float(packet.pts * packet.time_base) for packet in packets] == [3.0, 4.0, 8.0]


def test_everything_for_one_video(tmp_path):
    video = write_video(tmp_path / "my match.mp4", 60)
    spots = [Event("PASS", 10, 0.5), Event("DRIVE", 40, 0.1)]
    out = tmp_path / "out"
    files = export_spots(out, video, spots, ("PASS", "DRIVE"), 0.3)
    assert [file.name for file in files] == ["results_spotting.json", "my match.csv", "my match.srt"]
    assert sorted(out.iterdir()) == sorted(files)
    read = read_soccernet_predictions(files[0], 25.0)
    assert [(s.label, s.frame, s.score) for s in read] == [("PASS", 10, 0.5), ("DRIVE", 40, 0.1)]
    assert len(read_csv(files[1])) == 2 and len(cues_of(files[2])) == 1
    files = export_spots(out, video, spots, ("PASS", "DRIVE"), 0.3, annotate=True)
    assert files[-1].name == "my match.annotated.mp4" and probe(files[-1]).num_frames == 60


@pytest.mark.parametrize("name", ["x" * 251, "东" * 83, "b\udcff: 1"])
def test_a_name_that_leaves_no_room_or_is_no_utf8(tmp_path, name):
    video = write_video(tmp_path / "plain.mp4", 5)
    try:
        video = video.rename(tmp_path / f"{name}.mp4")
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    spots = [Event("PASS", 1, 0.5)]
    files = export_spots(tmp_path / "out", video, spots, ("PASS",), annotate=True)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(file.name for file in files)
    assert len(read_csv(files[1])) == len(read_soccernet_predictions(files[0], 25.0)) == 1
    other = export_spots(tmp_path / "out", video.rename(tmp_path / f"{name[:-1]}.mp4"), spots, ("PASS",))
    assert other[1].name != files[1].name  # cut or not, two videos stay two


def test_places_need_the_common_format(tmp_path):
    video = write_video(tmp_path / "rally.mp4", 60)
    spots = [Event("serve", 10, 0.5, xy=(0.25, 0.75))]
    files = export_spots(tmp_path / "out", video, spots, ("serve", "set"), task="volleyball")
    assert files[0].name == "spots.json" and read_e2e_predictions(files[0]) == {"rally": spots}
    assert read_csv(files[1]) == spots
