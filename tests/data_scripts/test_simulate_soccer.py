"""The command, end to end: SoccerNet's layout, exact labels, the same bytes again, and what can go wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import simulate_soccer

from course_lib.data.datasets import load_dataset
from course_lib.data.formats.soccernet import read_soccernet_labels
from course_lib.data.video import probe
from football import filmed
from football.filmed import MatchPlan, play_match

SHORT = ["--size", "tiny", "--minutes", "0.05", "--resolution", "112x64", "--workers", "1"]
NUM_FRAMES = 75


def run(*arguments: str) -> int:
    return simulate_soccer.main([*SHORT, *arguments])


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    root = tmp_path_factory.mktemp("sim") / "set"
    assert run("--out", str(root)) == 0
    return root


def test_layout_and_splits(out):
    splits = json.loads((out / "splits.json").read_text())
    assert {name: len(ids) for name, ids in splits.items()} == {"train": 1, "val": 1, "test": 1}
    for ids in splits.values():
        assert sorted(path.name for path in (out / ids[0]).iterdir()) == ["224p.mp4", "Labels-ball.json", "tracks.npz"]
    assert sorted(path.name for path in out.iterdir()) == ["england_efl", "simulation.json", "splits.json"]
    for name in ("224p.mp4", "tracks.npz"):
        assert len({path.read_bytes() for path in out.rglob(name)}) == 3  # every match is another one
    about = json.loads((out / "simulation.json").read_text())
    assert about["finished"] is True and about["settings"]["seed"] == 0
    assert about["statistics"]["frames"] == 3 * NUM_FRAMES


def test_videos_are_h264_of_the_length_and_size_asked_for(out):
    for path in out.rglob("*.mp4"):
        info = probe(path)
        assert (info.num_frames, info.fps, info.width, info.height) == (NUM_FRAMES, 25.0, 112, 64)
        assert not info.variable_frame_rate


def test_labels_are_the_actions_played_exact_to_the_frame(tmp_path):
    assert run("--out", str(tmp_path / "one"), "--matches", "1", "--minutes", "0.2", "--seed", "4") == 0
    splits = json.loads((tmp_path / "one" / "splits.json").read_text())
    match_id = splits["train"][0]
    assert splits["val"] == splits["test"] == []
    fixture = simulate_soccer.draw_fixtures(1)[0]
    played = play_match(MatchPlan(0, fixture, 12.0, (112, 64), "near", "eventful", 4)).actions
    folder = tmp_path / "one" / match_id
    events = read_soccernet_labels(folder / "Labels-ball.json", fps=25.0)
    assert len(played) >= 3
    assert [(e.frame, e.label, e.team) for e in events] == [
        (action.frame, action.label, ("left", "right")[action.team]) for action in played
    ]
    with np.load(folder / "tracks.npz") as tracks:
        assert [e.visible for e in events] == [bool(tracks["ball_on_screen"][e.frame]) for e in events]
    raw = json.loads((folder / "Labels-ball.json").read_text())
    assert raw["UrlLocal"] == match_id
    # As the official evaluator turns milliseconds into frames.
    assert [int(25 * (int(a["position"]) / 1000)) for a in raw["annotations"]] == [action.frame for action in played]


def test_the_same_command_says_that_all_is_there(out, capsys):
    before = contents(out)
    assert run("--out", str(out)) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 and "already" in printed[0]
    assert contents(out) == before


def test_some_matches_come_now_and_the_others_when_they_are_asked_for(out, tmp_path, capsys):
    root = tmp_path / "set"
    some = ["--out", str(root), "--only", "1,0,1"]
    assert run(*some) == 0
    said = capsys.readouterr().out
    assert said == f"{root}: 2 of 3 matches (1 train, 0 val, 1 test), 0.1 minutes of video\n"
    dataset = load_dataset(root)
    assert [len(videos) for videos in dataset.splits.values()] == [1, 0, 1]
    assert [dataset.num_matches(split) for split in dataset.splits] == [1, 1, 1]
    before = contents(root)
    assert run(*some) == 0
    assert capsys.readouterr().out == said
    assert contents(root) == before
    assert run("--out", str(root)) == 0
    assert contents(root) == contents(out)
    capsys.readouterr()
    assert run(*some) == 0  # takes nothing away, and says what was asked for
    assert capsys.readouterr().out == said
    assert contents(root) == contents(out)


def test_a_list_of_matches_that_was_not_written_any_more_is_written(out, tmp_path):
    root = tmp_path / "set"
    assert run("--out", str(root), "--only", "1,0,1") == 0
    whole = contents(root)
    splits = json.loads((root / "splits.json").read_text())
    (root / "splits.json").write_text(json.dumps(splits | {"test": []}))
    assert run("--out", str(root), "--only", "1,0,1") == 0
    assert contents(root) == whole


def test_a_set_grows_where_its_matches_stay_what_they_are_for(out, tmp_path, capsys):
    root = tmp_path / "set"
    assert run("--out", str(root), "--matches", "2") == 0  # one to train, one to test: the latter would validate
    before = contents(root)
    assert run("--out", str(root)) == 2
    assert "(matches)" in capsys.readouterr().err
    assert contents(root) == before
    splits = root / "splits.json"
    splits.write_text(
        splits.read_text().replace('"test"', '"was"').replace('"val"', '"test"').replace('"was"', '"val"')
    )
    assert run("--out", str(root)) == 0
    assert contents(root) == contents(out)


def test_the_quick_set_has_fourteen_matches_and_the_first_seven_are_for_what_they_were():
    arguments = simulate_soccer.build_parser().parse_args([])
    plans = simulate_soccer.plan_matches(arguments)
    ids = [plan.fixture.match_id for plan in plans]
    splits = simulate_soccer.split(plans, arguments)
    assert splits == {"train": ids[:4], "val": [ids[4], ids[7]], "test": [*ids[5:7], *ids[8:]]}
    arguments = simulate_soccer.build_parser().parse_args(["--matches", "7"])
    seven = simulate_soccer.plan_matches(arguments)
    assert seven == plans[:7]
    assert simulate_soccer.split(seven, arguments) == {"train": ids[:4], "val": ids[4:5], "test": ids[5:7]}


def test_labels_that_are_off_are_those_of_training_and_nothing_else_changes(out, tmp_path, capsys):
    root = tmp_path / "set"
    assert run("--out", str(root), "--label-jitter-ms", "120", "--minutes", "0.2") == 0
    exact = tmp_path / "exact"
    assert run("--out", str(exact), "--minutes", "0.2") == 0
    before, after = contents(exact), contents(root)
    train = json.loads((root / "splits.json").read_text())["train"]
    different = {name for name, data in after.items() if data != before[name]}
    assert before.keys() == after.keys() and different == {f"{train[0]}/Labels-ball.json", "simulation.json"}
    assert json.loads(after["simulation.json"])["settings"]["label_jitter_ms"] == 120
    assert "label_jitter_ms" not in json.loads(before["simulation.json"])["settings"]
    capsys.readouterr()
    assert run("--out", str(root), "--minutes", "0.2") == 2
    assert "(label_jitter_ms, label_jitter_of)" in capsys.readouterr().err
    assert contents(root) == after


def test_how_far_labels_are_off():
    """Normal, of the standard deviation asked for, in whole frames, within the video, in order; and repeatable."""
    arguments = simulate_soccer.build_parser().parse_args(["--label-jitter-ms", "100", "--label-jitter-of", "val,test"])
    plans = simulate_soccer.plan_matches(arguments)
    assert [plan.label_jitter_ms for plan in plans] == [0] * 4 + [100] * 10
    plan = plans[4]
    events = tuple(filmed.Event(str(number), 5 * number) for number in range(2001))
    moved = filmed.jittered(events, plan)
    assert moved == filmed.jittered(events, plan) != filmed.jittered(events, plans[5])
    assert filmed.jittered(events, plans[0]) is events
    frames = [event.frame for event in moved]
    assert frames == sorted(frames) and frames[0] >= 0 and frames[-1] < plan.num_frames
    off = np.array([event.frame - 5 * int(event.label) for event in moved])
    assert off.std() == pytest.approx(2.5, rel=0.08) and abs(off.mean()) < 0.2
    ends = tuple(filmed.Event("A", frame) for frame in (0, plan.num_frames - 1) * 20)
    near = {*range(20), *range(plan.num_frames - 20, plan.num_frames)}
    assert {event.frame for event in filmed.jittered(ends, plan)} <= near


def test_the_same_settings_give_the_same_bytes_with_two_workers(out, tmp_path):
    assert simulate_soccer.main([*SHORT[:-1], "2", "--out", str(tmp_path / "again")]) == 0
    assert contents(tmp_path / "again") == contents(out)


def test_other_settings_are_refused_unless_told_to_overwrite(out, tmp_path, capsys):
    copy = tmp_path / "set"
    assert run("--out", str(copy), "--matches", "1") == 0
    before = contents(copy)
    capsys.readouterr()
    assert run("--out", str(copy), "--matches", "1", "--seed", "1") == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and "(seed)" in message and "--overwrite" in message
    assert len(message.splitlines()) == 1
    assert contents(copy) == before
    assert run("--out", str(copy), "--matches", "1", "--seed", "1", "--overwrite") == 0
    assert contents(copy) != before


def test_a_stopped_command_keeps_finished_matches_and_goes_on(out, tmp_path):
    root, calls = tmp_path / "set", []

    def stop_in_the_second(plan, folder, report):
        calls.append(plan.index)
        if len(calls) == 2:
            (folder / "224p.mp4").write_bytes(b"half")
            raise KeyboardInterrupt
        filmed.make_match(plan, folder, report)

    arguments = simulate_soccer.build_parser().parse_args([*SHORT, "--out", str(root)])
    plans = simulate_soccer.plan_matches(arguments)
    with pytest.raises(KeyboardInterrupt):
        simulate_soccer.write_matches(plans, arguments, stop_in_the_second)
    assert len(list(root.rglob("*.mp4"))) == 1 and not (root / "splits.json").exists()
    assert not list(root.glob(".unfinished*"))
    simulate_soccer.write_matches(plans, arguments, stop_in_the_second)
    assert calls == [0, 1, 1, 2]  # the first was not made again
    assert contents(root) == contents(out)


def test_a_folder_of_somebody_else_is_not_touched(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    for extra in ([], ["--overwrite"]):
        assert run("--out", str(tmp_path), *extra) == 2
        assert "did not make" in capsys.readouterr().err
    assert contents(tmp_path) == {"notes.txt": b"mine"}
    assert run("--out", str(tmp_path / "notes.txt")) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--resolution", "399x224"], "--resolution is '399x224'; expected width x height in even pixels"),
        (["--resolution", "big"], "--resolution is 'big'"),
        (["--minutes", "0"], "--minutes is 0.0; expected 0.05 to 120"),
        (["--matches", "0"], "--matches is 0; expected 1 to"),
        (["--workers", "0"], "--workers is 0; expected 1 or more"),
        (["--seed", "-1"], "--seed is -1; expected 0 or more"),
        (["--only", "3,1"], "--only is '3,1'; expected matches to train, to choose by and to test, like 3,1,1"),
        (["--only", "0,0,0"], "--only is '0,0,0'"),
        (["--only", "3,-1,1"], "--only is '3,-1,1'"),
        (["--label-jitter-ms", "-1"], "--label-jitter-ms is -1.0; expected 0 to 1000"),
        (["--label-jitter-of", "train,all"], "--label-jitter-of is 'train,all'; expected some of train, val, test"),
    ],
)
def test_bad_arguments_get_one_sentence(tmp_path, capsys, arguments, expected):
    assert run("--out", str(tmp_path / "set"), *arguments) == 2
    assert f"error: {expected}" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_no_video_prints_both_statistics_and_writes_nothing(tmp_path, capsys):
    assert run("--out", str(tmp_path / "set"), "--no-video", "--minutes", "1", "--matches", "2") == 0
    printed = capsys.readouterr().out
    assert "PASS" in printed and "real" in printed
    assert not (tmp_path / "set").exists()


def test_the_defaults_are_the_sizes_and_go_to_the_data_folder():
    sizes = {}
    for name in simulate_soccer.SIZES:
        plans = simulate_soccer.plan_matches(simulate_soccer.build_parser().parse_args(["--size", name]))
        sizes[name] = (len(plans), plans[0].num_frames, plans[0].size, plans[0].camera, plans[0].tendencies)
    assert sizes["quick"] == (14, 12000, (398, 224), "near", "eventful")
    assert sizes["full"] == (7, 67500, (398, 224), "broadcast", "real")
    assert sizes["tiny"] == (3, 495, (224, 128), "near", "eventful")
    assert [filmed.video_name(height) for height in (128, 224, 226, 720)] == ["224p.mp4"] * 2 + ["720p.mp4"] * 2


def test_the_tests_get_their_own_minutes_where_a_lesson_asks_for_the_quick_set(monkeypatch):
    parser = simulate_soccer.build_parser()
    monkeypatch.setenv("COURSE_PROFILE", "check")
    plans = simulate_soccer.plan_matches(parser.parse_args(["--size", "quick"]))
    assert plans == simulate_soccer.plan_matches(parser.parse_args(["--size", "check"]))
    assert (len(plans), plans[0].num_frames, plans[0].size) == (9, 2250, (398, 224))
    splits = simulate_soccer.split(plans, parser.parse_args([]))
    assert [len(ids) for ids in splits.values()] == [4, 2, 3]
    played = {plan.fixture.match_id: {action.label for action in play_match(plan).actions} for plan in plans}
    for ids in splits.values():
        assert set.union(*(played[name] for name in ids)) == set(simulate_soccer.CLASSES)


def test_a_secret_seed_is_kept_in_the_folder_and_nowhere_else(tmp_path, capsys):
    roots = [tmp_path / "one", tmp_path / "two"]
    command = ["--matches", "1", "--seed", "secret", "--out"]
    assert [run(*command, str(root)) for root in roots] == [0, 0]
    seeds = [json.loads((root / "simulation.json").read_text())["settings"]["seed"] for root in roots]
    assert seeds[0] != seeds[1] and {seed.bit_length() for seed in seeds} == {256}
    before = contents(roots[0])
    assert run(*command, str(roots[0])) == 0
    printed = capsys.readouterr()
    assert "already" in printed.out and contents(roots[0]) == before
    assert not any(str(seed) in printed.out + printed.err for seed in seeds)
    assert run("--matches", "1", "--seed", str(seeds[0]), "--out", str(tmp_path / "again")) == 0
    assert contents(tmp_path / "again") == before  # who opens the seal can make them again
