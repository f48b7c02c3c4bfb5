"""A challenge from making to the final table, as an instructor runs it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pretended_submissions import hand_in, played, rallies, submission_files, zip_bytes

from course_lib.__main__ import main
from course_lib.challenge import making
from course_lib.challenge.pretend import pretend_spots
from course_lib.challenge.record import load_record
from course_lib.challenge.sealed import load_challenge, split_halves
from course_lib.commands import challenge as command
from course_lib.data.events import BALL_12, Event, SpottingDataset, Video
from course_lib.files import InputError

PLAYED = played()


def sealed(folder):
    """A challenge of four matches of two minutes that were never filmed."""
    (folder / "sealed").mkdir(parents=True)
    dataset = SpottingDataset("played", folder, BALL_12, {"test": tuple(PLAYED)})
    return making.seal(folder, {"by": "data", "data": "played", "split": "test"}, dataset, PLAYED)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    return sealed(tmp_path_factory.mktemp("made") / "exam").folder


@pytest.fixture
def challenge(once, tmp_path):
    shutil.copytree(once, tmp_path / "exam")
    return load_challenge(tmp_path / "exam")


def spots_of(challenge, *skills, seed=0):
    return pretend_spots(challenge.videos, challenge.classes, skills, np.random.default_rng(seed))


def score(challenge, submissions, *more):
    return main(["challenge", "score", str(challenge.folder), str(submissions), *more])


def test_teams_are_scored_once_and_ranked_in_ranges(challenge, tmp_path, capsys):
    submissions, (good, middling, bad) = tmp_path / "in", spots_of(challenge, 1.5, 0.0, -1.0)
    for name, spots in (("good", good), ("middling", middling), ("bad", bad)):
        hand_in(submissions, f"{name}.zip", challenge.videos, spots)
    assert score(challenge, submissions) == 0
    out = capsys.readouterr().out
    assert "3 new: 3 shown, 0 within the noise, 0 refused" in out
    names = [line.split("  ")[0] for line in out.split("\n\n")[1].splitlines()[1:]]
    assert names == ["good", "middling", "bad", "chance"]
    shown = json.loads((challenge.sealed / "shown.json").read_text())
    assert [one["team"] for one in shown["tries"]] == ["team bad", "team good", "team middling"]
    assert shown["final"] == {}  # nothing of the private half is looked at before its time
    before = (challenge.sealed / "shown.json").read_bytes()
    assert score(challenge, submissions) == 0
    assert "0 new" in capsys.readouterr().out and (challenge.sealed / "shown.json").read_bytes() == before


def test_the_score_is_the_one_that_the_library_gives(challenge, tmp_path):
    (spots,) = spots_of(challenge, 0.3)
    hand_in(tmp_path / "in", "one.zip", challenge.videos, spots)
    score(challenge, tmp_path / "in")
    (one,) = load_record(challenge.sealed).tries
    rule = challenge.rule
    expected = challenge.scoring.score(challenge.half("public"), spots, rule)
    assert one.numbers["means"]["mAP-12"] == pytest.approx(expected["map"])
    assert one.numbers["means"]["mAP-10"] == pytest.approx(expected["map10"])
    assert one.numbers["per_class"] == pytest.approx(expected["per_class"])


def test_only_what_beats_the_noise_moves_a_score(challenge, tmp_path, capsys):
    submissions, (first, better) = tmp_path / "in", spots_of(challenge, 0.0, 1.5)
    hand_in(submissions, "a/1.zip", challenge.videos, first, 1)
    slightly = {name: [replace(spot, score=spot.score * 0.999) for spot in row] for name, row in first.items()}
    hand_in(submissions, "a/2.zip", challenge.videos, slightly, 2)
    hand_in(submissions, "a/3.zip", challenge.videos, better, 3)
    hand_in(submissions, "a/4.zip", challenge.videos, first, 4)
    assert score(challenge, submissions) == 0
    tries = load_record(challenge.sealed).tries
    assert [one.outcome for one in tries] == ["shown", "within the noise", "shown"]  # the fourth is the first again
    assert [one.numbers is None for one in tries] == [False, True, False]  # of a try that is not shown nothing is kept
    assert tries[2].numbers["means"]["mAP-12"] > tries[0].numbers["means"]["mAP-12"]


def test_a_score_that_was_shown_stays_though_its_file_goes(challenge, tmp_path, capsys):
    submissions, (spots, other) = tmp_path / "in", spots_of(challenge, 0.5, 0.0)
    path = hand_in(submissions, "a.zip", challenge.videos, spots)
    score(challenge, submissions)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("a "))
    path.unlink()
    hand_in(submissions, "b.zip", challenge.videos, other)
    for draws in (challenge.sealed / "received").glob("*.npy"):
        draws.unlink()  # made again from what was received
    assert score(challenge, submissions) == 0
    after = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("a "))
    assert re.findall(r"\d+\.\d", line) == re.findall(r"\d+\.\d", after)


def test_the_final_table_shows_the_private_half_and_who_fitted_the_public_one(challenge, tmp_path, capsys):
    submissions, all_spots = tmp_path / "in", spots_of(challenge, 0.0, 0.2, 0.4, 0.0)
    known = {video.id: [Event(e.label, e.frame, 0.99) for e in video.events] for video in challenge.half("public")}
    fitted = all_spots[3] | known  # somebody knows the labels of the public half
    for name, spots in zip("abcd", [*all_spots[:3], fitted], strict=True):
        hand_in(submissions, f"{name}.zip", challenge.videos, spots)
    assert score(challenge, submissions, "--final") == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line for line in out.split("\n\n")[1].splitlines()[1:]}
    private = challenge.scoring.score(challenge.half("private"), fitted, challenge.rule)["map"]
    assert f"{100 * private:.1f}" in rows["d"] and "*" in rows["d"]
    assert not any("*" in rows[name] for name in "abc")
    page = (challenge.folder / "final.html").read_text()
    assert "fitted to it" in page and page.count('class="shown"') == 1
    record = load_record(challenge.sealed)
    assert set(record.final) == {one.sha256 for one in record.tries}
    before = (challenge.sealed / "shown.json").read_bytes()
    score(challenge, submissions, "--final")
    assert (challenge.sealed / "shown.json").read_bytes() == before


def test_pseudonyms_stay_and_the_page_has_no_other_name(challenge, tmp_path, capsys):
    submissions, (first, second) = tmp_path / "in", spots_of(challenge, 0.0, 0.5)
    secret = "Ada Lovelace"
    hand_in(submissions, f"{secret}_12_assignsubmission_file_/mine.zip", challenge.videos, first)
    names = tmp_path / "who.json"
    assert score(challenge, submissions, "--names", str(names)) == 0
    pseudonym = json.loads(names.read_text())["moodle 12"]
    assert pseudonym["team"] == secret
    hand_in(submissions, "zweite.zip", challenge.videos, second)
    (submissions / "falsch.zip").write_bytes(b"")
    assert score(challenge, submissions, "--names", str(names)) == 1
    out = capsys.readouterr().out
    page = (challenge.folder / "table.html").read_text()
    assert json.loads(names.read_text())["moodle 12"] == pseudonym and len(json.loads(names.read_text())) == 3
    for text in (out, page):
        assert pseudonym["shown as"] in text
        assert not re.search("Ada|Lovelace|moodle|mine|zweite|falsch", text)
    taken = json.loads(names.read_text())
    for entry in taken.values():
        entry["shown as"] = "heron"
    names.write_text(json.dumps(taken))
    assert score(challenge, submissions, "--names", str(names)) == 2
    assert "'shown as' is 'heron' twice" in capsys.readouterr().err


def test_names_are_escaped_and_the_page_needs_no_other_file(challenge, tmp_path, capsys):
    (spots,) = spots_of(challenge, 0.0)
    name = "<script>alert(1)<\\script> & \x1b[31m\u202egpj"
    hand_in(tmp_path / "in", f"{name}.zip", challenge.videos, spots)
    assert score(challenge, tmp_path / "in") == 0
    page, out = (challenge.folder / "table.html").read_text(), capsys.readouterr().out
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page and "&amp;" in page
    assert not {"\x1b", "\u202e"} & set(page + out)
    assert "http" not in page and "src=" not in page and "<link" not in page and "<title>Standings</title>" in page
    for what in ("sha256", "in/", str(tmp_path)):
        assert what not in page


def test_whose_file_it_is_and_what_is_the_same_to_the_bit(challenge, tmp_path, capsys):
    (spots,) = spots_of(challenge, 0.0)
    submissions = tmp_path / "in"
    hand_in(submissions, "one.zip", challenge.videos, spots)
    hand_in(submissions, "two/copied.zip", challenge.videos, spots)
    assert score(challenge, submissions) == 0
    assert "two/copied.zip: is the same to the bit as one.zip, of another team" in capsys.readouterr().err


def test_halves_are_whole_matches_and_hold_as_many_classes_as_they_can():
    from random import Random

    def match(number, *labels):
        return Video(f"m{number}", None, 100, 25.0, 8, 8, tuple(Event(label, 1) for label in labels))

    videos = [match(0, "GOAL"), match(1, "GOAL"), match(2, "PASS"), match(3, "PASS")]
    halves = {split_halves(videos, Random(seed)) for seed in range(40)}
    assert halves == {("m0", "m2"), ("m0", "m3"), ("m1", "m2"), ("m1", "m3")}
    assert len(split_halves([match(n) for n in range(21)], Random(0))) == 10
    with pytest.raises(InputError, match="1 match: expected two or more"):
        split_halves(videos[:1], Random(0))


def test_rallies_are_a_challenge_too(tmp_path, capsys):
    root, folder = rallies(tmp_path / "rallies"), tmp_path / "exam"
    assert main(["challenge", "make", str(folder), "--data", str(root), "--teams", "3"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"public half \(2 matches, 60 events\): of 3 teams .* points of mTAP apart", out)
    given = [path.name for path in (folder / "participants").rglob("*")]
    assert sorted(given) == ["README.md", "class.txt", "videos.json"]
    assert "frame" not in (folder / "participants" / "videos.json").read_text().replace("num_frames", "")
    challenge = load_challenge(folder)
    (spots,) = spots_of(challenge, 1.0)
    hand_in(tmp_path / "in", "a.zip", challenge.videos, spots)
    strange = submission_files(challenge.videos, spots | {challenge.videos[0].id: [Event("serve", 999, 0.5)]})
    (tmp_path / "in" / "late.zip").write_bytes(zip_bytes(strange))
    assert score(challenge, tmp_path / "in") == 1
    told = capsys.readouterr()
    assert "frame is 999; expected a frame from 0 to 239" in told.err and told.err.count("\n") == 1
    assert re.search(r"^a +1 +\d", told.out, re.MULTILINE) and "mSAP" in told.out
    assert main(["challenge", "make", str(folder), "--data", str(root), "--split", "train"]) == 2
    assert "holds a challenge with other settings (split)" in capsys.readouterr().err


def test_filmed_matches_are_divided_between_participants_and_the_seal(tmp_path, monkeypatch, capsys):
    from numbered_video import write_video

    from course_lib.data.formats.soccernet import write_soccernet_labels

    def film(folder, made):
        if (folder / "simulation.json").is_file():
            pytest.fail("filmed again")
        for video in PLAYED[: made["matches"]]:
            short = replace(video, num_frames=1600, events=tuple(e for e in video.events if e.frame < 1600))
            write_video(folder / video.game / "224p.mp4", 1600)
            write_soccernet_labels(folder / video.game / "Labels-ball.json", short)
            (folder / video.game / "tracks.npz").write_bytes(b"tracks")
        games = [video.game for video in PLAYED[: made["matches"]]]
        (folder / "splits.json").write_text(json.dumps({"train": games[:1], "test": games[1:]}))
        (folder / "simulation.json").write_text("{}")

    monkeypatch.setattr(command, "_film", film)
    folder, stopped = tmp_path / "exam", making.hand_out
    words = ["challenge", "make", str(folder), "--matches", "4", "--minutes", "1.5", "--teams", "5"]

    def stop(challenge):
        first = next(challenge.sealed.rglob("*.mp4"))
        place = challenge.participants / first.relative_to(challenge.sealed)
        place.parent.mkdir(parents=True)
        first.replace(place)
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "hand_out", stop)
    assert main(words) == 130
    monkeypatch.setattr(making, "hand_out", stopped)
    public = load_challenge(folder).public
    assert main(words) == 0 and load_challenge(folder).public == public
    out = capsys.readouterr().out
    assert "no row of the course's own spotter" in out and "of 5 teams two are told apart" in out
    names = {
        kind: sorted(p.name for p in (folder / kind).rglob("*") if p.is_file()) for kind in ("participants", "sealed")
    }
    assert names["participants"] == ["224p.mp4"] * 4 + ["README.md", "class.txt", "splits.json"]
    assert [n for n in names["sealed"] if not n.startswith(".")] == sorted(
        ["Labels-ball.json", "tracks.npz"] * 4 + ["challenge.json", "simulation.json", "splits.json"]
    )
    given = (folder / "participants" / "splits.json").read_text()
    assert json.loads(given) == {"challenge": sorted(video.game for video in PLAYED)}
    readme = (folder / "participants" / "README.md").read_text()
    assert not any(secret in readme for secret in ("public", "seed", *public))
    # What participants do with it: predict, and make a zip that is taken.
    challenge = load_challenge(folder)
    (spots,) = spots_of(challenge, 1.0)
    for name, content in submission_files(challenge.videos, spots).items():
        (tmp_path / "found" / name).parent.mkdir(parents=True)
        (tmp_path / "found" / name).write_text(content)
    where = ["--data", str(folder / "participants"), "--split", "challenge", "--out", str(tmp_path / "in" / "us.zip")]
    assert main(["submit", str(tmp_path / "found"), *where]) == 0
    assert score(challenge, tmp_path / "in") == 0


@pytest.mark.slow
def test_matches_are_really_filmed_from_a_secret_seed(tmp_path, capfd):
    folder = tmp_path / "exam"
    words = ["--matches", "2", "--minutes", "2", "--resolution", "112x64"]
    assert main(["challenge", "make", str(folder), *words]) == 0
    seed = json.loads((folder / "sealed" / "simulation.json").read_text())["settings"]["seed"]
    told = capfd.readouterr()
    assert seed.bit_length() == 256 and str(seed) not in told.out + told.err
    challenge = load_challenge(folder)
    handed = [path for path in (folder / "participants").rglob("*") if path.is_file()]
    assert sum(path.suffix == ".mp4" for path in handed) == 2 and not list((folder / "sealed").rglob("*.mp4"))
    for path in handed:
        data = path.read_bytes()
        assert str(seed).encode() not in data and b"annotations" not in data
    assert len(challenge.half("public")) == len(challenge.half("private")) == 1
    assert all(video.events for video in challenge.videos)
    assert main(["challenge", "make", str(folder), *words]) == 0
    assert "filming" not in capfd.readouterr().err  # nothing is made again


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--matches", "1"], "1 matches of 8 minutes: expected two matches or more"),
        (["--matches", "2", "--minutes", "0.5"], "two minutes or more in each half"),
        (["--data", "x", "--minutes", "3"], "--data and --minutes exclude each other"),
        (["--split", "test"], "--split: expected --data"),
        (["--teams", "1"], "--teams is 1; expected 2 or more"),
        (["--data", "nowhere"], "data set 'nowhere': no such folder"),
    ],
)
def test_what_cannot_be_made_is_a_sentence(words, sentence, tmp_path, capsys):
    assert main(["challenge", "make", str(tmp_path / "exam"), *words]) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_what_cannot_be_scored_is_a_sentence(challenge, tmp_path, capsys):
    assert main(["challenge", "score", str(tmp_path), str(tmp_path)]) == 2
    assert "holds no challenge" in capsys.readouterr().err
    assert score(challenge, tmp_path / "nothing") == 2
    assert "nothing: no such folder" in capsys.readouterr().err
    (tmp_path / "in").mkdir()
    assert score(challenge, tmp_path / "in", "--out", "table.txt") == 2
    assert "expected a file that ends in .html" in capsys.readouterr().err
    assert score(challenge, tmp_path / "in") == 0  # nobody has handed in yet
    assert "0 teams, 0 tries" in (challenge.folder / "table.html").read_text()
    (challenge.sealed / "shown.json").write_text('{"format": 1}')
    assert score(challenge, tmp_path / "in") == 2
    assert "shown.json: is malformed" in capsys.readouterr().err


def test_a_killed_scoring_keeps_what_was_shown_and_goes_on(once, challenge, tmp_path):
    submissions = tmp_path / "in"
    for number, spots in enumerate(spots_of(challenge, *np.linspace(-0.5, 0.5, 9).tolist())):
        hand_in(submissions, f"{number:02d}.zip", challenge.videos, spots, number)
    words = [sys.executable, "-m", "course_lib", "challenge", "score", str(challenge.folder), str(submissions)]
    record = challenge.sealed / "shown.json"
    kept = []
    while True:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        enough = len(kept) + 3
        while process.poll() is None and len(_tries(record)) < enough:
            time.sleep(0.002)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = _tries(record)
        assert found[: len(kept)] == kept and len(found) >= enough  # with its date, to the byte
        kept = found
    assert process.returncode == 0 and len(kept) >= 6
    found = _tries(record)
    assert found[: len(kept)] == kept and [one["file"] for one in found] == [f"{n:02d}.zip" for n in range(9)]
    shutil.copytree(once, tmp_path / "other")
    other = load_challenge(tmp_path / "other")
    score(other, submissions)
    assert [one["numbers"] for one in _tries(other.sealed / "shown.json")] == [one["numbers"] for one in found]
    left = [path.name for path in challenge.sealed.rglob(".*") if not path.name.endswith(".lock")]
    assert left == []


def _tries(path: Path) -> list:
    return json.loads(path.read_text())["tries"] if path.is_file() else []
