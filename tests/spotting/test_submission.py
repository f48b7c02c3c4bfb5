"""submission and the submit command: a good zip passes, and each thing that can be wrong has its own sentence."""

import json
import zipfile

import pytest

from course_lib.__main__ import main
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, Video
from course_lib.data.formats.soccernet import write_soccernet_labels, write_soccernet_predictions
from course_lib.data.published import OFFICIAL_SPLITS
from course_lib.files import InputError
from course_lib.scoring.ball import OfficialGame, score_soccernet
from course_lib.spotting.submission import (
    ExpectedMatch,
    check_results,
    check_zip,
    find_results,
    matches_of,
    official_matches,
    write_zip,
)

CLASSES = ("PASS", "DRIVE")
GAMES = ("efl/2019-2020/2019-10-01 - A - B", "efl/2019-2020/2019-10-02 - C - D")
MATCHES = [ExpectedMatch(game, {1: 100.0}) for game in GAMES]
SPOTS = [Event("PASS", 10, 0.5, team="left"), Event("DRIVE", 2400, 0.25, team="right")]


@pytest.fixture
def folder(tmp_path):
    for game in GAMES:
        write_soccernet_predictions(tmp_path / "spots" / game / "results_spotting.json", game, SPOTS, 25.0)
    return tmp_path / "spots"


@pytest.fixture
def good(folder):
    path = folder.parent / "good.zip"
    write_zip(path, find_results(folder, MATCHES))
    return path


def test_a_good_zip_has_three_levels_and_passes(good, folder):
    with zipfile.ZipFile(good) as archive:
        assert sorted(archive.namelist()) == [f"{game}/results_spotting.json" for game in GAMES]
        for game in GAMES:
            name = f"{game}/results_spotting.json"
            assert archive.read(name) == (folder / name).read_bytes()
    assert check_zip(good, MATCHES, CLASSES, teams=True) == []
    before = good.read_bytes()
    write_zip(good, find_results(folder, MATCHES))
    assert good.read_bytes() == before


def test_results_are_found_at_any_depth_but_not_twice(folder):
    assert list(find_results(folder.parent, MATCHES)) == list(GAMES)
    assert list(find_results(folder / "efl" / "2019-2020", MATCHES[:1])) == [GAMES[0]]
    copy = folder / "copy" / GAMES[0] / "results_spotting.json"
    copy.parent.mkdir(parents=True)
    copy.write_text("{}")
    with pytest.raises(InputError, match="a second file for 'efl/2019-2020/2019-10-01 - A - B'"):
        find_results(folder, MATCHES)
    for place in (folder / "efl" / "none", folder.parent / "copy"):
        with pytest.raises(InputError, match="no such folder"):
            find_results(place, MATCHES)
    with pytest.raises(InputError, match="holds no results_spotting.json of this split"):
        find_results(folder, [ExpectedMatch("efl/2019-2020/other", {1: 1.0})])


def results(entry=None, **changes):
    """The bytes of a file with one good prediction, changed; a value of None takes a field out."""
    good_entry = {"gameTime": "1 - 0:12", "label": "PASS", "position": "12480", "half": "1", "confidence": "0.83"}
    fields = {key: value for key, value in {**good_entry, **changes}.items() if value is not None}
    return json.dumps({"UrlLocal": GAMES[0], "predictions": [fields if entry is None else entry]}).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "m: not valid JSON at line 1, column 2: Expecting property name enclosed in double quotes"),
        (b"[]", "m is []; expected a JSON object"),
        (
            b'{"UrlLocal": "efl/2019-2020/2019-10-01 - A - B"}',
            "m has no field 'predictions'; expected a list of predictions",
        ),
        (results(entry=3), "m: predictions[0] is 3; expected a JSON object"),
        (results(label="Pass"), "m: predictions[0].label is 'Pass'; expected one of PASS, DRIVE"),
        (results(label=None), "m: predictions[0] has no field 'label'; expected the name of a class"),
        (results(half="2", gameTime="2 - 0:12"), 'm: predictions[0].half is 2; expected "1"'),
        (results(half=None), "m: predictions[0] has no field 'half'; expected \"1\""),
        (
            results(position="100001", gameTime="1 - 1:40"),
            "m: predictions[0].position is 100001; expected whole milliseconds from 0 to 100000, where the video ends",
        ),
        (
            results(position="-40", gameTime="1 - 0:00"),
            "m: predictions[0].position is '-40'; expected whole milliseconds from 0 to 100000, where the video ends",
        ),
        (
            results(position=None),
            "m: predictions[0] has no field 'position'; expected whole milliseconds from 0 to 100000, where the video "
            "ends",
        ),
        (results(confidence="1.01"), "m: predictions[0].confidence is '1.01'; expected a number from 0 to 1"),
        (results(confidence="nan"), "m: predictions[0].confidence is 'nan'; expected a number from 0 to 1"),
        (
            results(gameTime="2 - 0:12"),
            "m: predictions[0].gameTime is '2 - 0:12'; expected half, minutes and seconds of its position like "
            '"1 - 47:05"',
        ),
        (
            results(gameTime="1 - 12:00"),
            "m: predictions[0].gameTime is '1 - 12:00'; expected half, minutes and seconds of its position like "
            '"1 - 47:05"',
        ),
        (results(team="home"), "m: predictions[0].team is 'home'; expected left or right"),
    ],
)
def test_each_defect_of_a_file_has_its_sentence(content, sentence):
    assert check_results("m", content, MATCHES[0], CLASSES) == [sentence]


def test_other_defects_of_a_file():
    assert check_results("m", results(), MATCHES[0], CLASSES) == []
    assert check_results("m", results(), MATCHES[0], CLASSES, teams=True) == [
        "m: predictions[0].team is missing; expected left or right"
    ]
    assert check_results("m", results(), MATCHES[1], CLASSES) == [
        f"m: UrlLocal is '{GAMES[0]}'; expected '{GAMES[1]}', the match it lies in"
    ]
    empty = json.dumps({"UrlLocal": GAMES[0], "predictions": []}).encode()
    (sentence,) = check_results("m", empty, MATCHES[0], CLASSES)
    assert sentence.startswith("m: predictions is empty")
    data = json.loads(results(label="Pass"))
    data["predictions"] *= 3
    assert check_results("m", json.dumps(data).encode(), MATCHES[0], CLASSES) == [
        "m: predictions[0].label is 'Pass'; expected one of PASS, DRIVE (and 2 more like it)"
    ]


def test_both_halves_of_a_match_have_their_own_length():
    videos = [
        Video(f"{GAMES[0]}/{half}", None, frames, 25.0, 8, 8, half=half, game=GAMES[0])
        for half, frames in ((1, 1000), (2, 2000))
    ]
    (match,) = matches_of(videos, "data")
    assert match == ExpectedMatch(GAMES[0], {1: 40.0, 2: 80.0})
    late = {"position": "60000", "gameTime": "2 - 1:00"}
    assert check_results("m", results(half="2", **late), match, CLASSES) == []
    late["gameTime"] = "1 - 1:00"
    assert "from 0 to 40000" in check_results("m", results(half="1", **late), match, CLASSES)[0]
    with pytest.raises(InputError, match="data: match 'rally'; expected <league>/<season>/<match>"):
        matches_of([Video("rally", None, 9, 25.0, 8, 8)], "data")


def zip_of(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def test_wrong_places_in_a_zip(tmp_path, folder):
    names = [f"{game}/results_spotting.json" for game in GAMES]
    contents = [(folder / name).read_bytes() for name in names]
    one_level_down = zip_of(tmp_path / "a.zip", [(f"spots/{n}", c) for n, c in zip(names, contents, strict=True)])
    defects = check_zip(one_level_down, MATCHES, CLASSES)
    assert len(defects) == 4 and sum("zip what is in spots, not the folder itself" in line for line in defects) == 2
    assert sum("expected every match of the split" in line for line in defects) == 2
    strangers = [(names[0], contents[0]), ("__MACOSX/x.json", b""), ("efl/s/m/results_spotting.json", b"")]
    defects = check_zip(zip_of(tmp_path / "b.zip", strangers), MATCHES, CLASSES)
    assert [line.split(": ", 1)[1] for line in defects] == [
        "holds __MACOSX/x.json; expected nothing but <league>/<season>/<match>/results_spotting.json",
        "holds efl/s/m/results_spotting.json; expected only matches of the split",
        f"has no {names[1]}; expected every match of the split",
    ]
    windows = zip_of(tmp_path / "c.zip", [])
    data = zip_of(tmp_path / "d.zip", [("a/b", b"")]).read_bytes().replace(b"a/b", b"a\\b")
    windows.write_bytes(data)
    assert "has backslashes" in check_zip(windows, MATCHES, CLASSES)[0]
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zip_of(tmp_path / "e.zip", [(names[0], contents[0])] * 2)
    assert "2 times; expected it once" in check_zip(twice, MATCHES[:1], CLASSES)[0]


def test_what_is_no_zip_or_damaged(tmp_path, good):
    with pytest.raises(InputError, match=r"none.zip: no such file"):
        check_zip(tmp_path / "none.zip", MATCHES, CLASSES)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(InputError, match=r"text.zip: cannot be read as a zip"):
        check_zip(tmp_path / "text.zip", MATCHES, CLASSES)
    data = bytearray(good.read_bytes())
    data[120:140] = bytes(20)  # within the first file's compressed content
    (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"bad.zip: cannot be read as a zip \(Error"):
        check_zip(tmp_path / "bad.zip", MATCHES, CLASSES)
    name = f"{GAMES[0]}/results_spotting.json"
    stored = zip_of(tmp_path / "stored.zip", [(name, b"some content")])  # without compression
    stored.write_bytes(stored.read_bytes().replace(b"some content", b"same content"))
    assert check_zip(stored, MATCHES, CLASSES) == [f"{stored}: {name} is damaged; expected an undamaged zip"]


def test_official_lists():
    # The two names as SoccerNet's own list of the challenge has them: mind the first date.
    assert [match.game for match in official_matches("challenge")] == [
        "england_efl/2019-2020/2019-10-02 - Cardiff City - Queens Park Rangers",
        "england_efl/2019-2020/2019-10-01 - Wigan Athletic - Birmingham City",
    ]
    with pytest.raises(InputError, match="split 'exam': expected one of train, val, test, challenge"):
        official_matches("exam")


@pytest.mark.parametrize("date", ["2019-10-02", "2019-10-01"])
def test_a_challenge_zip_under_the_official_names_and_under_a_wrong_date(tmp_path, date, capsys):
    entry = {"gameTime": "1 - 0:10", "label": "PASS", "position": "10000", "half": "1", "confidence": "0.5"}
    games = [
        f"england_efl/2019-2020/{date} - Cardiff City - Queens Park Rangers",
        "england_efl/2019-2020/2019-10-01 - Wigan Athletic - Birmingham City",
    ]
    contents = [(f"{game}/results_spotting.json", {"UrlLocal": game, "predictions": [entry]}) for game in games]
    path = zip_of(tmp_path / "mine.zip", [(name, json.dumps(content).encode()) for name, content in contents])
    right = date == "2019-10-02"
    assert main(["submit", "--check", str(path), "--split", "challenge"]) == (0 if right else 1)
    said = capsys.readouterr()
    assert ("ready to submit" in said.out) == right
    assert ("has no england_efl/2019-2020/2019-10-02 - Cardiff City - Queens Park Rangers" in said.err) != right


def test_matches_in_one_flat_folder_under_other_names_are_submitted_under_their_own(tmp_path, capsys):
    """All nine beside each other, one called otherwise, and one under the date that the course itself once gave it."""
    from numbered_video import write_video

    clip = write_video(tmp_path / "clip.mp4", 50)
    root, spots = tmp_path / "data", tmp_path / "spots"
    renamed = {
        "2019-10-01 - Reading - Fulham": "2019-10-01 - Reading FC - Fulham FC",
        "2019-10-02 - Cardiff City - Queens Park Rangers": "2019-10-01 - Cardiff City - QPR",
    }
    for split, names in OFFICIAL_SPLITS.items():
        for name in names:
            here = renamed.get(name, name)
            (root / here).mkdir(parents=True)
            (root / here / "224p.mp4").symlink_to(clip)
            if split != "challenge":
                write_soccernet_labels(root / here / "Labels-ball.json", Video(here, None, 50, 25.0, 96, 64))
            write_soccernet_predictions(
                spots / here / "results_spotting.json", here, [Event("PASS", 10, 0.5)], 25.0
            )  # as `predict` writes them: by the names of the data set
    assert {split: len(videos) for split, videos in load_dataset(root).splits.items()} == {
        "train": 4, "val": 1, "test": 2, "challenge": 2,
    }  # fmt: skip
    for split in ("test", "challenge"):
        out = tmp_path / f"{split}.zip"
        assert main(["submit", str(spots), "--data", str(root), "--split", split, "--out", str(out)]) == 0
        assert main(["submit", "--check", str(out), "--split", split]) == 0
    capsys.readouterr()


def test_a_good_zip_scores_what_its_folder_scores(good):
    labels = [{"gameTime": "1 - 0:00", "label": "PASS", "position": "400", "visibility": "visible"}]
    with zipfile.ZipFile(good) as archive:
        entries = json.loads(archive.read(f"{GAMES[0]}/results_spotting.json"))["predictions"]
    scores = score_soccernet([OfficialGame(GAMES[0], labels, entries)], CLASSES, fps=25.0, metrics=["at1"])["at1"]
    assert scores.per_class["PASS"] == pytest.approx(1.0)


@pytest.fixture
def dataset(tmp_path):
    """Two matches with videos of four seconds, in the split test."""
    from numbered_video import write_video

    root = tmp_path / "data"
    for game in GAMES:
        write_video(root / game / "224p.mp4", 100)
        write_soccernet_labels(root / game / "Labels-ball.json", Video(game, None, 100, 25.0, 96, 64))
    (root / "splits.json").write_text(json.dumps({"test": GAMES}))
    return root


def test_the_command_makes_checks_and_refuses(tmp_path, dataset, capsys):
    spots = tmp_path / "found"
    for game in GAMES:
        write_soccernet_predictions(spots / game / "results_spotting.json", game, SPOTS[:1], 25.0)
    where = ["--data", str(dataset), "--split", "test"]
    out = tmp_path / "mine.zip"
    assert main(["submit", str(spots), *where, "--out", str(out)]) == 0
    assert "2 matches of the split test, ready to submit" in capsys.readouterr().out
    assert main(["submit", "--check", str(out), *where]) == 0
    assert main(["submit", "--check", str(out), "--split", "challenge"]) == 1
    assert capsys.readouterr().err.count("expected every match of the split") == 2
    write_soccernet_predictions(spots / GAMES[1] / "results_spotting.json", GAMES[1], SPOTS, 25.0)
    refused = tmp_path / "refused.zip"
    assert main(["submit", str(spots), *where, "--out", str(refused)]) == 1
    assert "position is 96000; expected whole milliseconds from 0 to 4000" in capsys.readouterr().err
    (spots / GAMES[1] / "results_spotting.json").unlink()
    assert main(["submit", str(spots), *where, "--out", str(refused)]) == 1
    assert f"has no spots of {GAMES[1]}" in capsys.readouterr().err and not refused.exists()
    assert main(["submit", str(spots), "--data", str(dataset), "--out", str(refused)]) == 2
    assert "no video in the split 'challenge'; expected one of test" in capsys.readouterr().err


def test_the_command_takes_a_run(tmp_path, dataset):
    """One that has scored the matches, and one that has to predict them first."""
    from blinking import blinking_config

    from course_lib.data.events import BALL_12
    from course_lib.files import write_json
    from course_lib.models.weights import save_weights
    from course_lib.models.zoo import build
    from course_lib.runs.run import create_run, write_spots

    config = blinking_config(data__classes=list(BALL_12))
    run = create_run(tmp_path / "run", config)
    save_weights(build(config.model.system, 12, weights="none"), run.path / "best.safetensors")
    write_json(
        run.path / "decode.json", {"rule": "symmetric", "window_steps": 3, "threshold": 0.01, "display_thresholds": {}}
    )
    out = tmp_path / "predicted.zip"
    assert main(["submit", str(run.path), "--data", str(dataset), "--split", "test", "--out", str(out)]) == 0
    assert check_zip(out, [ExpectedMatch(game, {1: 4.0}) for game in GAMES], BALL_12) == []
    videos = [Video(game, None, 100, 25.0, 96, 64) for game in GAMES]
    write_spots(run.path / "spots", videos, {game: [Event("SHOT", 7, 0.5)] for game in GAMES})
    assert main(["submit", str(run.path), "--data", str(dataset), "--split", "test", "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as archive:
        entries = json.loads(archive.read(f"{GAMES[0]}/results_spotting.json"))["predictions"]
    assert [entry["label"] for entry in entries] == ["SHOT"]
