"""The command, end to end: the E2E-Spot layout, exact frames and places, the same bytes again, what can go wrong."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import simulate_volleyball

from course_lib.data.datasets import load_dataset
from course_lib.data.video import probe
from filming.film import Film
from filming.hall import VOLLEYBALL
from volleyball import filmed
from volleyball.filmed import FPS, MatchPlan, play_rallies
from volleyball.labels import CLASSES

SHORT = ["--size", "tiny", "--rallies", "1", "--resolution", "96x64", "--workers", "1"]
SCRIPT = Path(simulate_volleyball.__file__)


def run(*arguments: str) -> int:
    return simulate_volleyball.main([*SHORT, *arguments])


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    root = tmp_path_factory.mktemp("sim") / "set"
    assert run("--out", str(root)) == 0
    return root


def test_layout(out):
    names = ["class.txt", "simulation.json", "test.json", "tracks", "train.json", "val.json", "videos"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert tuple((out / "class.txt").read_text().split()) == CLASSES
    matches = sorted(path.name for path in (out / "videos").iterdir())
    assert len(matches) == 3 and matches == sorted(path.name for path in (out / "tracks").iterdir())
    for name in matches:
        assert [path.name for path in (out / "videos" / name).iterdir()] == ["rally_001.mp4"]
        assert sorted(path.name for path in (out / "tracks" / name).iterdir()) == ["labels.json", "rally_001.npz"]
    about = json.loads((out / "simulation.json").read_text())
    assert about["finished"] is True and about["simulator"] == "volleyball" and about["settings"]["rallies"] == [1] * 3
    assert about["statistics"]["events_in_picture"] == about["statistics"]["events"] > 6
    [clip] = json.loads((out / "train.json").read_text())
    assert sum(about["statistics"]["counts"]["train"].values()) == clip["num_events"]


def test_it_loads_as_a_data_set_whose_splits_share_no_match(out):
    dataset = load_dataset(out)
    assert dataset.classes == CLASSES
    games = {split: {video.game for video in videos} for split, videos in dataset.splits.items()}
    assert [len(games[split]) for split in ("train", "val", "test")] == [1, 1, 1]
    assert len(set.union(*games.values())) == 3
    for videos in dataset.splits.values():
        for video in videos:
            assert video.id == f"{video.game}/rally_001"
            info = probe(video.path)
            assert (info.num_frames, info.fps, info.width, info.height) == (video.num_frames, FPS, 96, 64)
            assert [event.frame for event in video.events] == sorted(event.frame for event in video.events)


def test_labels_are_the_contacts_played_and_the_ball_is_there(tmp_path):
    root = tmp_path / "one"
    assert run("--out", str(root), "--matches", "1", "--rallies", "2", "--seed", "4") == 0
    assert json.loads((root / "val.json").read_text()) == json.loads((root / "test.json").read_text()) == []
    plan = simulate_volleyball.plan_matches(
        simulate_volleyball.build_parser().parse_args([*SHORT, "--matches", "1", "--rallies", "2", "--seed", "4"])
    )[0]
    clips = json.loads((root / "train.json").read_text())
    played = list(play_rallies(plan))
    assert len(clips) == len(played) == 2
    for number, (clip, tracks) in enumerate(zip(clips, played, strict=True), start=1):
        assert clip["video"] == f"{plan.fixture.match_id}/rally_{number:03d}"
        assert (clip["num_frames"], clip["fps"], clip["width"], clip["height"]) == (tracks.num_frames, 25.0, 96, 64)
        assert [(e["frame"], e["label"]) for e in clip["events"]] == [(a.frame, a.label) for a in tracks.actions]
        with np.load(root / "tracks" / f"{clip['video']}.npz") as file:
            for event in clip["events"]:
                x, y, depth = file["camera"][event["frame"]] @ [*tracks.ball_m[event["frame"]].astype(float), 1.0]
                assert event["xy"] == pytest.approx([x / depth / 96, y / depth / 64], abs=1e-6)
                assert event["xy"] == [round(value, 6) for value in event["xy"]]


@pytest.mark.parametrize("camera", VOLLEYBALL.cameras)
def test_at_least_995_of_1000_contacts_are_in_the_picture(camera):
    inside = []
    for seed in range(2):
        fixture = simulate_volleyball.draw_fixtures(1)[0]
        plan = MatchPlan(seed, fixture, 25, (398, 224), camera, seed)
        for take, tracks in enumerate(play_rallies(plan), start=1):
            film = Film(tracks, VOLLEYBALL.cameras[camera], plan.size, plan.seeds[1], venue=VOLLEYBALL, take=take)
            inside += [place is not None for place in filmed.ball_places(film)]
    assert len(inside) > 200 and np.mean(inside) >= 0.995


def test_the_same_command_says_that_all_is_there(out, capsys):
    before = contents(out)
    assert run("--out", str(out)) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 and "already" in printed[0]
    assert contents(out) == before


def test_the_same_settings_give_the_same_bytes_with_two_workers(out, tmp_path):
    assert simulate_volleyball.main([*SHORT[:-1], "2", "--out", str(tmp_path / "again")]) == 0
    assert contents(tmp_path / "again") == contents(out)


def test_other_settings_are_refused_unless_told_to_overwrite(tmp_path, capsys):
    root = tmp_path / "set"
    assert run("--out", str(root), "--matches", "1") == 0
    before = contents(root)
    capsys.readouterr()
    assert run("--out", str(root), "--matches", "1", "--seed", "1") == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and "(seed)" in message and "--overwrite" in message
    assert len(message.splitlines()) == 1
    assert contents(root) == before
    assert run("--out", str(root), "--matches", "1", "--seed", "1", "--overwrite") == 0
    after = contents(root)
    assert len(after) == len(before)  # nothing is left of the other season
    assert not {name for name in after if "rally" in name} & before.keys()


def test_a_stopped_command_keeps_finished_matches_and_goes_on(out, tmp_path):
    root, calls = tmp_path / "set", []

    def stop_in_the_second(plan, folder, report):
        calls.append(plan.index)
        if len(calls) == 2:
            (folder / "videos" / "rally_001.mp4").write_bytes(b"half")
            raise KeyboardInterrupt
        filmed.make_match(plan, folder, report)

    arguments = simulate_volleyball.build_parser().parse_args([*SHORT, "--out", str(root)])
    plans = simulate_volleyball.plan_matches(arguments)
    with pytest.raises(KeyboardInterrupt):
        simulate_volleyball.write_matches(plans, arguments, stop_in_the_second)
    assert len(list(root.rglob("*.mp4"))) == 1 and not (root / "train.json").exists()
    assert not list(root.glob(".unfinished*"))
    simulate_volleyball.write_matches(plans, arguments, stop_in_the_second)
    assert calls == [0, 1, 1, 2]  # the first was not made again
    assert contents(root) == contents(out)


def test_a_match_that_lost_a_file_is_made_again(out, tmp_path):
    root = tmp_path / "set"
    assert run("--out", str(root)) == 0
    next(root.rglob("*.npz")).unlink()
    (root / "test.json").unlink()
    assert run("--out", str(root)) == 0
    assert contents(root) == contents(out)


def test_a_polite_kill_leaves_nothing_half_written(tmp_path):
    root = tmp_path / "set"
    command = [sys.executable, str(SCRIPT), "--size", "tiny", "--rallies", "40", "--workers", "2", "--out", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(root.glob(".unfinished*/videos/*.mp4")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped" in printed and "Traceback" not in printed
    assert [path.name for path in root.iterdir()] == ["simulation.json"]


def test_folders_of_others_are_not_touched(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    for extra in ([], ["--overwrite"]):
        assert run("--out", str(tmp_path), *extra) == 2
        assert "did not make" in capsys.readouterr().err
    assert contents(tmp_path) == {"notes.txt": b"mine"}
    football = tmp_path / "football"
    football.mkdir()
    (football / "simulation.json").write_text(json.dumps({"simulator": "soccer", "version": 1, "settings": {}}))
    assert run("--out", str(football), "--overwrite") == 2
    assert "holds simulated soccer; expected volleyball" in capsys.readouterr().err
    assert (football / "simulation.json").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--resolution", "399x224"], "--resolution is '399x224'; expected width x height in even pixels"),
        (["--rallies", "0"], "--rallies is 0; expected 1 to 500"),
        (["--matches", "0"], "--matches is 0; expected 1 to"),
        (["--workers", "0"], "--workers is 0; expected 1 or more"),
        (["--seed", "-1"], "--seed is -1; expected 0 or more"),
    ],
)
def test_bad_arguments_get_one_sentence(tmp_path, capsys, arguments, expected):
    assert run("--out", str(tmp_path / "set"), *arguments) == 2
    message = capsys.readouterr().err
    assert f"error: {expected}" in message and len(message.splitlines()) == 1
    assert not (tmp_path / "set").exists()


def test_no_video_prints_both_statistics_and_writes_nothing(tmp_path, capsys):
    assert run("--out", str(tmp_path / "set"), "--no-video", "--rallies", "10") == 0
    printed = capsys.readouterr().out
    assert "spike" in printed and "1028 real" in printed
    assert not (tmp_path / "set").exists()


def test_the_sizes():
    sizes, splits = {}, {}
    for name in simulate_volleyball.SIZES:
        plans = simulate_volleyball.plan_matches(simulate_volleyball.build_parser().parse_args(["--size", name]))
        sizes[name] = (len(plans), sum(plan.num_rallies for plan in plans), plans[0].size, plans[0].camera)
        count = {plan.fixture.match_id: plan.num_rallies for plan in plans}
        ids = simulate_volleyball.split_matches(list(count), simulate_volleyball.SHARE, simulate_volleyball.SHARE)
        splits[name] = tuple(sum(count[match] for match in ids[split]) for split in ("train", "val", "test"))
    assert sizes["quick"] == (24, 168, (398, 224), "near")
    assert sizes["full"] == (8, 1028, (398, 224), "broadcast")
    assert sizes["tiny"] == (3, 9, (224, 128), "near")
    assert splits == {"quick": (112, 28, 28), "full": (811, 102, 115), "tiny": (3, 3, 3), "check": (16, 4, 4)}


def test_the_tests_get_their_own_rallies_where_a_lesson_asks_for_the_quick_set(monkeypatch):
    parser = simulate_volleyball.build_parser()
    monkeypatch.setenv("COURSE_PROFILE", "check")
    plans = simulate_volleyball.plan_matches(parser.parse_args(["--size", "quick"]))
    assert plans == simulate_volleyball.plan_matches(parser.parse_args(["--size", "check"]))
    played = [{action.label for tracks in play_rallies(plan) for action in tracks.actions} for plan in plans]
    for of_split in (played[:16], played[16:20], played[20:]):
        assert set.union(*of_split) == set(CLASSES)
