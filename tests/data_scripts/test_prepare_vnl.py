"""The command on small downloads laid out like the real one: what it makes, what it notes, and all that it refuses."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import prepare_vnl
import pytest
from numbered_video import HEIGHT, WIDTH, numbers_of
from vnl_download import LABELS, LENGTHS, make_download, write_pictures

from course_lib.data.datasets import load_dataset
from course_lib.data.events import VOLLEYBALL_6, Event
from course_lib.data.video import VideoReader, VideoWriter, probe
from course_lib.files import InputError
from vnl.counts import ARCHIVE, PAPER, comparison, count
from vnl.findings import Findings
from vnl.labels import Rules, read_rallies
from vnl.media import check_media


@pytest.fixture
def download(tmp_path):
    return make_download(tmp_path)


@pytest.fixture
def run(tmp_path, capsys):
    """Give the command these arguments; returns its exit status and all that it printed."""

    def give(download, *arguments: str) -> tuple[int, str]:
        status = prepare_vnl.main([str(download.root), "--out", str(tmp_path / "set"), "--workers", "2", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return give


def refused(run, download, message: str, *arguments: str) -> None:
    """The command ends with status 2, says this in one line, and makes no data set where there was none."""
    before = (download.root.parent / "set" / "class.txt").exists()
    status, said = run(download, *arguments)
    assert status == 2
    last = said.strip().splitlines()[-1]
    assert last.startswith("error: ") and re.search(message, last), said
    assert before or not (download.root.parent / "set" / "class.txt").exists()


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("kind", "pattern", "first", "arguments", "shown"),
    [
        ("frames", "{:06d}.jpg", 0, (), "JPEG files %06d.jpg from 0 (8 rallies)"),
        ("frames", "frame{}.jpg", 0, (), "JPEG files frame{i}.jpg from 0 (8 rallies)"),
        ("frames", "{:06d}.jpg", 1, ("--labels-from", "0"), "JPEG files %06d.jpg from 1 (8 rallies)"),
        ("frames", "{:06d}.jpg", 0, ("--keep-frames",), "JPEG files %06d.jpg from 0 (8 rallies)"),
        ("frames", "frame{}.jpg", 1, ("--keep-frames", "--labels-from", "0", "--copy"), "frame{i}.jpg from 1 (8"),
        ("mp4", "", 0, (), "h264 in mp4 (8 rallies)"),
        ("mp4", "", 0, ("--copy",), "h264 in mp4 (8 rallies)"),
    ],
)
def test_the_data_set_is_what_was_downloaded(tmp_path, run, kind, pattern, first, arguments, shown):
    download = make_download(tmp_path, kind=kind, pattern=pattern, first=first)
    status, said = run(download, *arguments)
    assert status == 0 and shown in said, said
    dataset = load_dataset(tmp_path / "set")
    assert dataset.classes == VOLLEYBALL_6
    assert {split: len(videos) for split, videos in dataset.splits.items()} == {"train": 4, "val": 2, "test": 2}
    for split, videos in dataset.splits.items():
        for video, entry in zip(videos, download.splits[split], strict=True):
            assert video.id == entry["video"] and (video.width, video.height) == (WIDTH, HEIGHT) and video.fps == 25
            with VideoReader(video.path, folder_fps=25) as reader:
                assert numbers_of(reader.read(0, reader.info.num_frames)) == list(range(entry["num_frames"]))
            assert video.events == tuple(Event(e["label"], e["frame"], xy=tuple(e["xy"])) for e in entry["events"])
    media = tmp_path / "set" / ("frames" if "--keep-frames" in arguments else "videos")
    linked = [path for path in media.rglob("*") if path.is_symlink()]
    expected = 8 if ("--copy" not in arguments and (kind == "mp4" or "--keep-frames" in arguments)) else 0
    assert len(linked) == expected
    about = json.loads((tmp_path / "set" / "preparation.json").read_text())
    assert about["finished"] is True and about["counts"]["all"]["rallies"] == 8
    if "--copy" in arguments or kind == "frames" and "--keep-frames" not in arguments:
        shutil.rmtree(download.root)
        assert len(load_dataset(tmp_path / "set").videos) == 8


def test_labels_may_count_from_one(tmp_path, run):
    download = make_download(tmp_path, first=1)
    refused(run, download, r"begin at number 1, and nothing says whether the labels do; expected --labels-from 0")
    assert run(download, "--labels-from", "1")[0] == 0
    dataset = load_dataset(tmp_path / "set")
    assert [e.frame for e in dataset.train[0].events] == [e["frame"] - 1 for e in download.entry()["events"]]
    download.entry("val")["events"][0]["frame"] = 0
    download.write()
    refused(
        run, download, r"val.json: \[0\].*events\[0\] \(serve\).frame is -1; expected a frame", "--labels-from", "1"
    )


def test_what_is_odd_in_the_real_download_is_noted_and_kept(download, run, tmp_path):
    download.entry()["num_events"] = 99
    entry = download.entry("train", 1)
    del entry["num_events"]
    write_pictures(download.folder("train", 2), range(LENGTHS[0] + 1))  # one picture more than num_frames says
    write_pictures(download.root / "frames_224p" / "chn" / "rally_000009", range(5))
    entry["events"][0] |= {"label": "SERVE"}
    entry["events"][1] |= {"xy": [1.004, -0.002]}
    entry["events"][2] |= {"xy": None}
    entry["events"][3] |= {"xy": [0, 0]}
    entry["events"][4].pop("xy")
    entry["events"][4] |= {"x": 0.25, "y": 0.75}  # as the authors' description has it
    entry["events"].append(dict(entry["events"][5]))
    download.write()
    status, said = run(download)
    assert status == 0
    for line in (
        "note: 1 x num_events of train.json is not the number of events listed (the list counts): ita_usa_men_vnl_22_",
        "note: 1 x num_frames is out of date; the files have 1 more frames, and count: bra_jpn_women_vnl_22_1080p",
        "note: 1 x event without a place (it is scored as a miss in space): ita_usa_men_vnl_22_1080p/rally_000001 ",
        "note: 1 x event at (0, 0)",
        "note: 1 x label 'SERVE' read as ",
        "note: 1 x place outside the picture by less than 1 %, moved to its edge",
        "note: 1 x event listed more than once (all are kept)",
        "note: 1 x rally without labels in any split (left out): chn/rally_000009",
        "note: 1 x class file lists background, which is class 0 without a line here: class.txt",
        "note: 1 x class file has another order (background, block, receive, score, serve, set, spike); labels",
    ):
        assert line in said, line
    dataset = load_dataset(tmp_path / "set")
    events = dataset.train[1].events
    assert len(events) == len(entry["events"]) and events[-1] == events[5]
    assert [event.xy for event in events[1:5]] == [(1.0, 0.0), None, None, (0.25, 0.75)]
    assert dataset.train[2].num_frames == LENGTHS[0] + 1
    assert "chn/rally_000009" not in {video.id for video in dataset.videos}
    assert json.loads((tmp_path / "set" / "preparation.json").read_text())["findings"][
        "event at (0, 0), which the authors' own reader writes where a place is unknown (taken as so)"
    ]


def test_a_check_writes_nothing(download, run, tmp_path):
    status, said = run(download, "--check")
    assert status == 0 and not (tmp_path / "set").exists()
    assert "public archive" in said and "JPEG files" in said
    (download.folder() / "000004.jpg").unlink()
    refused(run, download, r"number 4 is missing", "--check")


def test_a_missing_picture_is_named_and_no_end_of_a_video(download, run):
    (download.folder("test", 1) / "000017.jpg").unlink()
    refused(run, download, r"chn/rally_000001: %06d.jpg number 17 is missing \(frame 17, at 0.68 s\) but later ones")


def test_missing_pictures_at_either_end(download, run, tmp_path):
    last = download.folder() / f"{LENGTHS[0] - 1:06d}.jpg"
    last.unlink()
    refused(
        run, download, rf"num_frames is {LENGTHS[0]}; expected {LENGTHS[0] - 1}, as many as .*complete\? --trust-files"
    )
    status, said = run(download, "--trust-files")
    assert status == 0 and "note: 1 x num_frames is out of date; the files have 1 fewer frames, and count" in said
    assert load_dataset(tmp_path / "set").train[0].num_frames == LENGTHS[0] - 1
    write_pictures(download.folder(), range(LENGTHS[0]))
    (download.folder("val") / "000000.jpg").unlink()
    message = r"val.*begin at number 1, those of 7 other rallies at 0; expected the same everywhere \(is the first file"
    download.entry("val")["num_frames"] -= 1
    download.write()
    refused(run, download, message.replace("val", "pol_ita_men"), "--labels-from", "0")


def test_too_many_pictures(download, run):
    write_pictures(download.folder(), range(LENGTHS[0] + 2))
    refused(run, download, rf"num_frames is {LENGTHS[0]}; expected {LENGTHS[0] + 2}, .*is it another rally\?")
    assert run(download, "--trust-files")[0] == 0


def test_a_damaged_picture_stops_it_and_the_same_command_goes_on(download, run, tmp_path):
    broken = download.folder("test", 1) / "000020.jpg"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:40])
    refused(run, download, r"000020.jpg: frame 20 \(at 0.80 s\) is not a readable picture")
    done = {name: file for name, file in contents(tmp_path / "set" / "videos").items()}
    assert len(done) == 7 and not any(Path(name).name.startswith(".") for name in done)
    broken.write_bytes(whole)
    assert run(download)[0] == 0
    after = contents(tmp_path / "set" / "videos")
    assert len(after) == 8 and {name: after[name] for name in done} == done  # not encoded again
    assert run(download)[0] == 0 and contents(tmp_path / "set" / "videos") == after


def test_pictures_that_changed_are_encoded_again(download, run, tmp_path):
    assert run(download)[0] == 0
    before = contents(tmp_path / "set" / "videos")
    write_pictures(download.folder(), range(LENGTHS[0] + 1))
    assert run(download)[0] == 0
    after = contents(tmp_path / "set" / "videos")
    changed = [name for name in after if after[name] != before[name]]
    assert changed == [f"{download.entry()['video']}.mp4"]


def test_an_interruption_keeps_what_is_done(download, run, tmp_path, monkeypatch):
    write, paths = VideoWriter.write, set()

    def stop_in_the_fourth(self, frames):
        paths.add(self.path)
        if len(paths) == 4:
            raise KeyboardInterrupt
        write(self, frames)

    monkeypatch.setattr(VideoWriter, "write", stop_in_the_fourth)
    status, said = run(download, "--workers", "1")
    assert status == 130 and "the same command goes on from here" in said
    with pytest.raises(InputError):
        load_dataset(tmp_path / "set")
    monkeypatch.undo()
    assert run(download)[0] == 0 and len(load_dataset(tmp_path / "set").videos) == 8


def test_links_fall_back_to_copies(tmp_path, run, monkeypatch):
    download = make_download(tmp_path, kind="mp4")

    def no_links(*arguments, **options):
        raise OSError("not here")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    assert run(download)[0] == 0
    placed = next((tmp_path / "set" / "videos").rglob("*.mp4"))
    assert placed.stat().st_nlink == 2  # a hard link
    shutil.rmtree(tmp_path / "set")
    monkeypatch.setattr(os, "link", no_links)
    assert run(download)[0] == 0
    placed = sorted((tmp_path / "set" / "videos").rglob("*.mp4"))
    assert [path.stat().st_nlink for path in placed] == [1] * 8
    before = contents(tmp_path / "set" / "videos")
    assert run(download)[0] == 0 and contents(tmp_path / "set" / "videos") == before


def test_links_become_copies_when_asked(tmp_path, run):
    download = make_download(tmp_path, kind="mp4")
    assert run(download)[0] == 0 and run(download, "--copy")[0] == 0
    assert not any(path.is_symlink() for path in (tmp_path / "set").rglob("*"))
    frames = make_download(tmp_path / "other")
    assert run(frames, "--keep-frames")[0] == 0
    assert not (tmp_path / "set" / "videos").exists()  # where the loader would look first
    assert load_dataset(tmp_path / "set").train[0].path.is_dir()
    assert run(frames, "--keep-frames", "--copy")[0] == 0 and run(frames, "--keep-frames", "--copy")[0] == 0
    assert not any(path.is_symlink() for path in (tmp_path / "set").rglob("*"))
    assert run(frames)[0] == 0
    assert not (tmp_path / "set" / "frames").exists() and frames.folder().is_dir()


def change(download, **values):
    download.entry()["events"][1] |= values
    download.write()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"label": "dig"},
            r"train.json: \[0\] .*events\[1\].label is 'dig'; expected one of serve, .*--rename dig=CLASS",
        ),
        ({"xy": [120.0, 80.0]}, r"events\[1\].xy is \[120.0, 80.0\]; expected fractions .*--xy-size WxH"),
        ({"xy": [0.5, 1.2]}, r"events\[1\].xy is \[0.5, 1.2\]; expected fractions"),
        ({"xy": [0.5]}, r"events\[1\].xy is \[0.5\]; expected two numbers"),
        ({"xy": ["a", 0.5]}, r"events\[1\].xy\[0\] is 'a'; expected a finite number"),
        ({"frame": LENGTHS[0]}, rf"events\[1\] \(receive\).frame is {LENGTHS[0]}; expected .*counted from 1\?"),
        ({"frame": 3.5}, r"events\[1\].frame is 3.5; expected a frame"),
    ],
)
def test_events_that_cannot_be_understood(download, run, values, message):
    change(download, **values)
    refused(run, download, message)


def test_places_in_pixels(download, run, tmp_path):
    for entries in download.splits.values():
        for entry in entries:
            for event in entry["events"]:
                event["xy"] = [960.0, 540.0]
    download.entry()["events"][0]["xy"] = [1.0, 1080.0]
    download.write()
    refused(run, download, r"expected fractions of width and height from 0 to 1 \(if they are pixels")
    assert run(download, "--xy-size", "1920x1080")[0] == 0
    dataset = load_dataset(tmp_path / "set")
    assert dataset.train[0].events[0].xy == (1 / 1920, 1.0)
    assert {event.xy for video in dataset.test for event in video.events} == {(0.5, 0.5)}
    refused(run, download, r"expected pixels within 398x224, as --xy-size says", "--xy-size", "398x224")
    refused(run, download, r"--xy-size is '398'; expected width x height", "--xy-size", "398")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_frames", 0, r"num_frames is 0; expected a number of frames, 1 or more"),
        ("num_frames", None, r"num_frames is None; expected a number of frames"),
        ("fps", 0, r"fps is 0; expected frames a second"),
        ("events", "none", r"events is 'none'; expected a list"),
        ("video", "", r"video is ''; expected the name of the rally"),
        ("video", "../../etc/x", r"video is '../../etc/x'; expected a name below the folder"),
        ("video", "rally_1", r"the name does not say which match .*--match-pattern"),
        ("video", "ita_usa_men_vnl_22_1080p/rally_000001", r"is 'ita.*' again, after .*expected every rally once"),
        ("video", "ita_usa_men_vnl_22_1080p/rally_000077", r"expected .*frames_224p/ita.*77/ or .*77.mp4"),
        ("video", "pol_ita_men/rally_000005", r"val.json: .*match 'pol_ita_men' is in train.json too; expected every"),
    ],
)
def test_rallies_that_cannot_be_understood(download, run, field, value, message):
    download.entry("train", 0)[field] = value
    download.write()
    arguments = ("--media", str(download.root / "frames_224p")) if "77" in message else ()
    refused(run, download, message, *arguments)


def test_a_rate_that_the_video_does_not_have(tmp_path, run):
    refused(run, make_download(tmp_path, kind="mp4", fps=30.0), r"fps is 30; expected 25, the rate of .*mp4")


def test_places_to_look_in(download, run, tmp_path):
    up = type(download)(tmp_path, download.splits)
    assert run(up)[0] == 0  # the folder above
    (tmp_path / "second").mkdir()
    shutil.copy(download.root / "train.json", tmp_path / "second")
    refused(run, up, r"holds train.json in .*second, .*vnl_1.5; expected")
    up.root = tmp_path / "vnl_1.0.zip"
    up.root.write_bytes(b"PK")
    assert "is a file; expected the folder that it unpacks to (unzip vnl_1.0.zip)" in run(up)[1]
    up.root = tmp_path / "nowhere"
    assert "no such folder; expected the unpacked download" in run(up)[1]
    up.root = download.root / "frames_224p"
    assert "holds no train.json; expected" in run(up)[1]
    shutil.copytree(download.root / "frames_224p", download.root / "frames_320p")
    refused(run, download, r"rally_000000 in frames_224p, frames_320p; expected one folder .*--media")
    assert run(download, "--media", str(download.root / "frames_320p"))[0] == 0
    shutil.rmtree(download.root / "frames_224p"), shutil.rmtree(download.root / "frames_320p")
    refused(run, download, r"holds neither ita.*rally_000000/ nor ita.*rally_000000.mp4; expected")


def test_folders_that_are_not_ours(download, run, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "notes.txt").write_text("mine")
    refused(run, download, r"holds files that this command did not make; expected an empty folder for --out")
    assert (tmp_path / "set" / "notes.txt").read_text() == "mine"
    refused(run, download, r"lies in the download .*; expected another folder", "--out", str(download.root / "new"))
    refused(run, download, r"is a file; expected a folder for --out", "--out", str(download.root / "class.txt"))


def test_odd_sizes(download, run):
    folder = download.folder()
    shutil.rmtree(folder)
    write_pictures(folder, range(LENGTHS[0]), size=(97, 64))
    refused(run, download, r"pictures are 97x64 px; expected even sides, .*--keep-frames")
    assert run(download, "--keep-frames")[0] == 0


def test_videos_cannot_be_kept_as_frames(tmp_path, run):
    refused(run, make_download(tmp_path, kind="mp4"), r"mp4: is a video file; expected folders", "--keep-frames")


def test_another_data_set_in_the_same_format(tmp_path, run):
    """KOVO's way: other names for classes, more of them, and flat names that hold the match in front."""
    download = make_download(tmp_path, kind="mp4")
    (download.root / "class.txt").unlink()
    for entries in download.splits.values():
        for entry in entries:
            match, rally = entry["video"].split("/")
            flat = f"{match}__{rally}"
            media = download.root / "clips"
            (media / match / f"{rally}.mp4").rename(media / f"{flat}.mp4")
            entry["video"] = flat
            for event in entry["events"]:
                event["label"] = {"receive": "Reception", "spike": "ATTACK", "score": "dig"}.get(
                    event["label"], event["label"].title()
                )
    download.write()
    names = tmp_path / "names.txt"
    names.write_text("serve\nreceive\nset\nspike\nblock\n")
    pattern = ("--match-pattern", "^(?P<match>.+)__")
    refused(run, download, r"label is 'Reception'; expected one of", *pattern)
    renames = ("--rename", "reception=receive", "--rename", "attack=spike")
    refused(run, download, r"label is 'dig'; expected one of .*--drop dig", *pattern, *renames)
    refused(run, download, r"the name does not say which match", "--drop", "dig", *renames)
    status, said = run(download, *pattern, *renames, "--drop", "dig", "--classes", str(names))
    assert status == 0 and "event of the label 'dig' left out, as asked" in said
    assert "label 'ATTACK' read as 'spike'" in said and "paper" not in said and "no class file in the download" in said
    dataset = load_dataset(tmp_path / "set")
    assert dataset.classes == ("serve", "receive", "set", "spike", "block")
    assert dataset.train[0].id == "ita_usa_men_vnl_22_1080p/ita_usa_men_vnl_22_1080p__rally_000000"
    found = {event.label for video in dataset.videos for event in video.events}
    assert found == {"serve", "receive", "set", "spike", "block"}
    refused(
        run,
        download,
        r"--match-pattern '\^x\(y\)' finds no match in the name",
        "--match-pattern",
        "^x(y)",
        "--drop",
        "dig",
        *renames,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rename", "dig"), r"--rename is 'dig'; expected LABEL=CLASS"),
        (("--rename", "dig=nothing"), r"--rename is 'dig=nothing'; expected LABEL=CLASS, the class one of serve"),
        (("--match-pattern", "("), r"--match-pattern '\(' is no regular expression"),
        (("--match-pattern", "abc"), r"--match-pattern 'abc' has no group"),
        (("--workers", "0"), r"--workers is 0; expected 1 or more"),
    ],
)
def test_arguments_that_cannot_be(download, run, arguments, message):
    refused(run, download, message, *arguments)


def test_a_class_file_with_other_classes_is_noted(download, run):
    (download.root / "class.txt").write_text("serve\ndig\n")
    assert "class file has other classes (serve, dig) than serve, receive, " in run(download, "--check")[1]


def test_empty_lists(download, run):
    download.splits = {"train": [], "val": [], "test": []}
    download.write()
    refused(run, download, r"list no rally; expected some")
    (download.root / "val.json").unlink()
    refused(run, download, r"val.json: no such file")


def test_published_counts_add_up():
    for table in (PAPER, ARCHIVE):
        parts = [table[split] for split in ("train", "val", "test")]
        for field in ("matches", "rallies", "events"):
            assert sum(getattr(part, field) for part in parts) == getattr(table["all"], field)
        assert sum(table["all"].classes.values()) == table["all"].events
        assert tuple(table["all"].classes) == LABELS
    assert sum(PAPER[split].frames for split in ("train", "val", "test")) == PAPER["all"].frames == 251_110


def test_differences_from_the_published_counts_are_printed(download):
    findings = Findings()
    splits = check_media(
        download.root / "frames_224p", read_rallies(download.root, Rules(), findings), Rules(), findings
    )
    counts = count({split: [one.video for one in of_split] for split, of_split in splits.items()})
    assert (counts["train"].matches, counts["train"].rallies, counts["train"].frames) == (2, 4, 2 * sum(LENGTHS))
    lines = comparison(counts, VOLLEYBALL_6)
    rows = {line[:24].strip(): line[24:].split() for line in lines[1:] if line[:24].strip() != "difference"}
    assert rows["all"][:4] == ["4", "8", "284", str(counts["all"].events)]
    gaps = [line[24:].split() for line in lines if line.startswith("  difference")]
    assert gaps[-1][:4] == ["-4", "-1,020", f"{284 - 251_146:+,}", f"{counts['all'].events - 6_489:+,}"]
    assert gaps[0][4] == "-"  # the paper does not say how many serves are in train
    alike = comparison({"all": PAPER["all"]}, VOLLEYBALL_6)
    assert "  as in the paper" in alike and "  difference" in "\n".join(alike)
    assert len(comparison(counts, VOLLEYBALL_6, published=False)) == 5
    assert np.all([len(line) < 140 for line in lines])


def test_encoded_pictures_keep_the_ball(tmp_path, run):
    """A dot of four pixels is where it was, and as bright."""
    download = make_download(tmp_path)
    assert run(download)[0] == 0
    video = load_dataset(tmp_path / "set").train[0]
    assert not probe(video.path).variable_frame_rate
    with VideoReader(video.path) as encoded, VideoReader(download.folder(), folder_fps=25) as pictures:
        difference = encoded.read(0, 30).astype(int) - pictures.read(0, 30)
    assert np.abs(difference).mean() < 4
