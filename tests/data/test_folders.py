"""Data folders as people have them: linked, with leftovers of other programs, under names that every system writes its
own way; one match stays one match in every command."""

import json
import os
import unicodedata
from contextlib import redirect_stderr
from io import StringIO

import pytest
from numbered_video import write_video

from course_lib.__main__ import main
from course_lib.commands.predict import video_files
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, Video
from course_lib.data.exact_frames import VideoError
from course_lib.data.folders import files_below, folders_below
from course_lib.data.formats.common import read_e2e_json, write_class_file
from course_lib.data.formats.soccernet import write_soccernet_labels, write_soccernet_predictions
from course_lib.data.video import VideoReader, VideoWriter, probe
from course_lib.files import InputError, write_json
from course_lib.leftovers import is_foreign, is_leftover
from course_lib.spotting.submission import ExpectedMatch, find_results
from soccernet_files.layout import find_matches

GAME = "league/2019-2020/2019-10-03 - Málaga - Cádiz"
FRAMES = 50
LEFT = (
    ".DS_Store", "._224p.mp4", ".ipynb_checkpoints", "@eaDir", "lost+found", ".snapshot", "#recycle", "$RECYCLE.BIN",
    "System Volume Information", "__MACOSX", ".Trash-1000", "~$notes.docx", "#match.mp4#", "Labels-ball.json~",
    "Thumbs.db", "desktop.ini", ".git", "__pycache__",
)  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path


def match(root, game=GAME, frames=FRAMES):
    """A match with one label and one spot on it, below root/data and root/spots."""
    video = Video(game, None, frames, 25.0, 96, 64, (Event("PASS", 20, position_ms=800),))
    write_video(root / "data" / game / "224p.mp4", frames)
    write_soccernet_labels(root / "data" / game / "Labels-ball.json", video)
    write_soccernet_predictions(root / "spots" / game / "results_spotting.json", game, [Event("PASS", 20, 0.5)], 25.0)
    return root


def evaluated(root, *more):
    out = root / "scores.json"
    words = ["evaluate", "--labels", str(root / "data"), "--predictions", str(root / "spots"), "--json", str(out)]
    assert main([*words, *more]) == 0
    report = json.loads(out.read_text())
    assert report["per_class"]["PASS"] == pytest.approx(1.0)
    return report["games"]


def submitted(root, game=GAME):
    words = ["submit", str(root / "spots"), "--data", str(root / "data"), "--split", "test"]
    assert main([*words, "--out", str(root / "mine.zip")]) == 0
    found = find_results(root / "spots", [ExpectedMatch(unicodedata.normalize("NFC", game), {1: 2.0})])
    assert list(found) == [unicodedata.normalize("NFC", game)]


@pytest.mark.parametrize("linked", ["match", "season", "league", "files"])
def test_linked_folders_and_files_are_seen_by_all(home, linked):
    elsewhere = match(home / "elsewhere")
    for kind in ("data", "spots"):
        place = home / kind / GAME
        if linked == "files":
            place.mkdir(parents=True)
            for file in (elsewhere / kind / GAME).iterdir():
                (place / file.name).symlink_to(file)
            continue
        up = {"match": 0, "season": 1, "league": 2}[linked]
        source, link = [(elsewhere / kind / GAME), *(elsewhere / kind / GAME).parents][up], [place, *place.parents][up]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source, target_is_directory=True)
    write_json(home / "data" / "splits.json", {"test": [GAME]})
    assert [video.id for video in load_dataset(home / "data").test] == [GAME]
    assert evaluated(home) == [GAME]
    submitted(home)
    assert list(video_files(home / "data")) == [(home / "data" / GAME / "224p").relative_to(home / "data")]
    assert [found.name for found in find_matches(home / "data", "Labels-ball.json")] == [GAME]


def test_a_link_whose_own_name_is_the_matchs(home):
    """The folder that it points to is called otherwise; what people see counts."""
    match(home / "elsewhere", "a/b/tape 7")
    for kind in ("data", "spots"):
        (home / kind / GAME).parent.mkdir(parents=True)
        (home / kind / GAME).symlink_to(home / "elsewhere" / kind / "a/b/tape 7")
    write_json(home / "data" / "splits.json", {"test": [GAME]})
    write_soccernet_predictions(home / "spots" / GAME / "results_spotting.json", GAME, [Event("PASS", 20, 0.5)], 25.0)
    submitted(home)


def test_links_in_circles_end(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "b" / "x.mp4").touch()
    assert [str(file.relative_to(tmp_path)) for file in files_below(tmp_path, "x.mp4".__eq__)] == [
        "a/b/x.mp4",
        "again/b/x.mp4",
    ]


def test_what_other_programs_leave_is_passed_over_by_all(home):
    match(home)
    write_json(home / "data" / "splits.json", {"test": [GAME]})
    for kind, file in (("data", "Labels-ball.json"), ("spots", "results_spotting.json")):
        for place in (home / kind, home / kind / GAME):
            for name in LEFT:
                assert is_foreign(name) and (is_leftover(name) or name == ".git")
                if "." in name.strip(".") and name[0] not in "$":
                    (place / name).write_bytes(b"\x00")
                else:  # a copy of everything, as a snapshot or a notebook server makes it
                    (place / name / GAME).mkdir(parents=True)
                    (place / name / GAME / file).write_text("{")
                    (place / name / GAME / "224p.mp4").write_bytes(b"no video")
    assert [video.id for video in load_dataset(home / "data").videos] == [GAME]
    assert evaluated(home) == [GAME]
    submitted(home)
    assert len(video_files(home / "data")) == 1
    assert len(find_matches(home / "data", "Labels-ball.json")) == 1


def test_a_folder_that_cannot_be_read_is_a_note(home, monkeypatch, capsys):
    match(home)
    write_json(home / "data" / "splits.json", {"test": [GAME]})
    for kind in ("data", "spots"):
        (home / kind / "private").mkdir()
    scan = os.scandir

    def refused(path):
        if os.fspath(path).endswith("private"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert len(load_dataset(home / "data").test) == 1 and evaluated(home) == [GAME]
    submitted(home)
    assert len(video_files(home / "data")) == 1 and len(list(folders_below(home / "data"))) == 3
    assert capsys.readouterr().err.splitlines() == [
        f"note: {home / kind / 'private'}: passed over, since it cannot be read (Permission denied)"
        for kind in ("data", "spots")
    ]


@pytest.mark.parametrize("data", ["NFC", "NFD"])
@pytest.mark.parametrize("spots", ["NFC", "NFD"])
@pytest.mark.parametrize("listed", ["NFC", "NFD"])
def test_accents_composed_and_taken_apart_are_one_match(home, data, spots, listed):
    """macOS takes names apart; the same match comes from a Mac in one place and from elsewhere in the other."""
    names = {form: unicodedata.normalize(form, GAME) for form in ("NFC", "NFD")}
    assert names["NFC"] != names["NFD"]
    match(home, names[data])
    if spots != data:
        (home / "spots" / names[data]).rename(home / "spots" / names[spots])
    write_json(home / "data" / "splits.json", {"test": [names[listed]]})
    assert [video.id for video in load_dataset(home / "data").test] == [names["NFC"]]
    for chosen in ([], ["--split", "test"], ["--games", names[listed]]):
        assert evaluated(home, *chosen) == [names[data]]
    submitted(home)


def test_accents_in_lists_of_the_common_kind(tmp_path):
    decomposed = unicodedata.normalize("NFD", "Pelé 1")
    write_video(tmp_path / "videos" / f"{decomposed}.mp4", 10)
    write_class_file(tmp_path / "class.txt", ["serve"])
    entry = {"video": unicodedata.normalize("NFC", decomposed), "num_frames": 10, "fps": 25, "events": []}
    write_json(tmp_path / "train.json", [entry])
    (video,) = read_e2e_json(tmp_path / "train.json", media=tmp_path / "videos")
    assert video.path.exists() and video.id == entry["video"]
    write_json(tmp_path / "train.json", [entry, entry | {"video": decomposed}])
    with pytest.raises(InputError, match="expected every video once"):
        read_e2e_json(tmp_path / "train.json")


@pytest.mark.parametrize(
    "name", ["12:30 Málaga.mp4", "-rally.mp4", "concat:a.mp4", "b\udcff.mp4", "x" * 251 + ".mp4", "a%03d.mp4"]
)
def test_names_that_mean_something_elsewhere(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "plain.mp4", 10)
    try:
        (tmp_path / "plain.mp4").rename(name)
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    assert probe(name).num_frames == 10
    with VideoReader(name) as video:
        assert video.read(3, 5).shape[0] == 2
    assert list(video_files(tmp_path).values()) == [tmp_path / name]


def test_writing_under_a_name_with_a_colon(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with VideoWriter("12:30.mp4", 25, (96, 64)) as writer:
        writer.write(probe_frame())
    assert probe("12:30.mp4").num_frames == 1


def probe_frame():
    from numbered_video import numbered_frame

    return numbered_frame(0)


def test_two_of_one_name_do_not_share_a_folder(tmp_path):
    names = ("a.mp4", "a.mkv", "A.mp4", "a.mp4.mp4", unicodedata.normalize("NFC", "é.mp4"),
             unicodedata.normalize("NFD", "é.mp4"))  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    places = video_files(tmp_path)
    assert len(places) == len(names) and {file.name for file in places.values()} == set(names)
    apart = {unicodedata.normalize("NFC", place.as_posix()).casefold() for place in places}
    assert len(apart) == len(names)


def test_formats_that_are_passed_over_are_named(tmp_path):
    for name in ("a.mp4", "b.FLV", "c.xyz", "d.xyz", "e", "f.csv", "g.annotated.mp4", ".h.mp4"):
        (tmp_path / name).touch()
    errors = StringIO()
    with redirect_stderr(errors):
        assert {file.name for file in video_files(tmp_path).values()} == {"a.mp4", "b.FLV"}
    assert errors.getvalue() == f"note: passed over in {tmp_path}, being no video by name: 2 of .xyz, 1 of no suffix\n"


def test_a_pointer_to_a_large_file_is_called_one(home):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4665a5ea423c2713d436b5ee50593a9640e0\nsize 7\n"
    match(home)
    write_json(home / "data" / "splits.json", {"test": [GAME]})
    (home / "data" / GAME / "Labels-ball.json").write_text(pointer)
    with pytest.raises(InputError, match="Labels-ball.json: is a git-LFS pointer, not the file itself"):
        load_dataset(home / "data")
    (home / "data" / GAME / "224p.mp4").write_text(pointer)
    with pytest.raises(VideoError, match="224p.mp4: is a git-LFS pointer"):
        probe(home / "data" / GAME / "224p.mp4")
