"""The evaluate command: the reference values again, from folders; and one sentence for what is wrong with them."""

import argparse
import json

import pytest
from reference import load_reference

from course_lib.commands import evaluate
from course_lib.files import InputError

BALL, TWO_HALVES = "01_ball12_synth_3games", "18_v2_synth_2halves_2fps"


def run(*arguments):
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([str(argument) for argument in arguments]))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def write_folders(root, case, label_file, top=""):
    """The games of a reference case as SoccerNet folders: root/labels and root/spots."""
    reference = load_reference(f"soccernet_map/{case}")
    for game in reference["games"]:
        annotations = {"UrlLocal": game["game"], "annotations": game["annotations"]}
        write(root / "labels" / top / game["game"] / label_file, annotations)
        predictions = {"UrlLocal": game["game"], "predictions": game["predictions"]}
        write(root / "spots" / game["game"] / "results_spotting.json", predictions)
    return reference


@pytest.fixture
def ball(tmp_path):
    return tmp_path, write_folders(tmp_path, BALL, "Labels-ball.json")


def folders(root):
    return ["--labels", root / "labels", "--predictions", root / "spots"]


@pytest.mark.parametrize("metric", ["at1", "at5", "tight", "loose"])
def test_ball_actions_equal_the_reference(ball, metric, capsys):
    root, reference = ball
    out = root / "scores.json"
    assert run(*folders(root), "--classes", "ball-12", "--metric", metric, "--fps", 25, "--json", out) == 0
    report, expected = json.loads(out.read_text()), reference["expected"][metric]
    assert report["mAP"] == pytest.approx(expected["a_mAP"], abs=1e-9)
    assert list(report["per_class"]) == reference["classes"]
    assert list(report["per_class"].values()) == pytest.approx(expected["a_mAP_per_class"], abs=1e-9)
    assert report["mAP10"] == pytest.approx(sum(expected["a_mAP_per_class"][:10]) / 10, abs=1e-9)
    assert "mAP_unshown" not in report
    table = capsys.readouterr().out
    assert f"{100 * report['mAP']:.2f}" in table and "mAP-10" in table and "PLAYER SUCCESSFUL TACKLE" in table


@pytest.mark.parametrize("metric", ["at1", "tight", "loose"])
def test_two_halves_equal_the_reference(tmp_path, metric, capsys):
    reference = write_folders(tmp_path, TWO_HALVES, "Labels-v2.json")
    out = tmp_path / "scores.json"
    run(*folders(tmp_path), "--classes", "soccernet-17", "--metric", metric, "--json", out)
    report, expected = json.loads(out.read_text()), reference["expected"][metric]
    assert report["fps"] == 2 and "mAP10" not in report
    for suffix in ("", "_visible", "_unshown"):
        assert report[f"mAP{suffix}"] == pytest.approx(expected[f"a_mAP{suffix}"], abs=1e-9)
        per_class = list(report[f"per_class{suffix}"].values())
        assert per_class == pytest.approx(expected[f"a_mAP_per_class{suffix}"], abs=1e-9)
    assert "unshown" in capsys.readouterr().out


def test_a_class_file_and_one_game(ball):
    root, _ = ball
    write(root / "classes.txt", "DRIVE\nPASS\n")
    write(root / "games.txt", "synth/game_1\n")
    reports = []
    for games in (["synth/game_1"], [root / "games.txt"]):
        out = root / "scores.json"
        run(*folders(root), "--classes", root / "classes.txt", "--games", *games, "--json", out)
        reports.append(json.loads(out.read_text()))
    assert reports[0] == reports[1]
    assert reports[0]["games"] == ["synth/game_1"] and list(reports[0]["per_class"]) == ["DRIVE", "PASS"]


def test_a_class_without_labels_has_no_score(tmp_path, capsys):
    """An official list counts it 0 in the mean and says so; of a list of one's own it is left out."""
    game, entry = "a/b/c", {"gameTime": "1 - 0:12", "label": "PASS", "position": "12480", "half": "1"}
    write(tmp_path / "labels" / game / "Labels-ball.json", {"annotations": [entry]})
    write(tmp_path / "spots" / game / "results_spotting.json", {"predictions": [entry | {"confidence": "0.9"}]})
    (tmp_path / "own.txt").write_text("PASS\nSAVE\n")
    out = tmp_path / "scores.json"
    run(*folders(tmp_path), "--json", out)
    table = capsys.readouterr().out
    assert json.loads(out.read_text())["mAP"] == pytest.approx(1 / 12)
    assert "11 of 12 without labels: 0 in mAP-12, as SoccerNet counts" in table
    rows = {line.rsplit(maxsplit=2)[0].strip(): line.split()[-1] for line in table.splitlines()[2:14]}
    assert rows.pop("PASS") == "100.00" and set(rows.values()) == {"–"} and len(rows) == 11
    run(*folders(tmp_path), "--classes", tmp_path / "own.txt", "--json", out)
    table = capsys.readouterr().out
    assert json.loads(out.read_text())["mAP"] == 1.0 and "mAP10" not in json.loads(out.read_text())
    assert "mAP of 1" in table and "1 of 2 without labels: left out of the mean" in table


def test_entries_that_do_not_count_are_told(ball, capsys):
    root, reference = ball
    out = root / "scores.json"
    write(root / "classes.txt", "DRIVE\nPASS\n")
    run(*folders(root), "--classes", root / "classes.txt", "--json", out)
    games = [game["annotations"] for game in reference["games"]]
    others = sum(entry["label"] not in ("DRIVE", "PASS") for entries in games for entry in entries)
    assert json.loads(out.read_text())["skipped"]["labels of other classes"] == others > 0
    assert f"not counted: {others} labels of other classes, " in capsys.readouterr().out
    run(*folders(root), "--json", out)
    assert "not counted" not in capsys.readouterr().out and "skipped" not in json.loads(out.read_text())


WRITTEN = {  # how people's programs write a class, and what is said then
    "Pass": "a label counts by its exact spelling, like 'PASS'",
    "pass": "a label counts by its exact spelling, like 'PASS'",
    "PASS-left": "a team is no part of a label: 'PASS'",
    "Throw-in": "they are of the class list soccernet-17",
    "serve": "they are of the class list volleyball-6",
    "7": "the class list holds PASS, DRIVE, HEADER, HIGH PASS, OUT, ...",
}


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("label", WRITTEN)
def test_a_score_of_0_is_explained(ball, label, stride, capsys):
    """Every prediction under a label that the class list lacks: no error, as the server has none, but a word."""
    root, reference = ball
    number = 0
    for game in reference["games"]:
        entries = [entry | {"label": label} for entry in game["predictions"]]
        write(root / "spots" / game["game"] / "results_spotting.json", {"predictions": entries})
        number += len(entries)
    out = root / "scores.json"
    run(*folders(root), "--stride", stride, "--json", out)
    report = json.loads(out.read_text())
    assert report["mAP"] == 0 and report["skipped"]["predictions of other classes"] == number
    said = capsys.readouterr().out
    assert f"predictions not counted: {number} of {label!r}; {WRITTEN[label]}" in said


def test_scores_that_are_no_numbers_and_labels_that_are_not_there(ball, capsys):
    root, reference = ball
    game = reference["games"][0]
    entries = [entry | {"confidence": "nan"} for entry in game["predictions"]]
    write(root / "spots" / game["game"] / "results_spotting.json", {"predictions": entries})
    run(*folders(root), "--games", game["game"])
    said = capsys.readouterr().out
    assert "predictions without a score of 0 or more" in said and "not one label" not in said
    write(root / "labels" / game["game"] / "Labels-ball.json", {"annotations": []})
    run(*folders(root), "--games", game["game"])
    assert "not one label of these classes: a score of 0 says nothing here" in capsys.readouterr().out


@pytest.mark.parametrize("metric", ["at1", "volleyball"])
def test_the_common_json_tells_too(tmp_path, metric, capsys):
    events = [{"frame": 10 * k, "label": label} for k, label in enumerate(["serve", "set", "spike"])]
    common = {"video": "v", "num_frames": 100, "fps": 25, "width": 398, "height": 224}
    labels = [common | {"events": [event | {"xy": [0.5, 0.5]} for event in events]}]
    spots = [{"video": "v", "events": [event | {"label": event["label"].title(), "score": 0.5} for event in events]}]
    write(tmp_path / "labels.json", labels)
    write(tmp_path / "spots.json", spots)
    files = ["--format", "e2e", "--labels", tmp_path / "labels.json", "--predictions", tmp_path / "spots.json"]
    out = tmp_path / "scores.json"
    run(*files, "--metric", metric, "--json", out)
    report = json.loads(out.read_text())
    assert report["skipped"] == {"labels": {}, "predictions": {"Serve": 1, "Set": 1, "Spike": 1}}
    said = capsys.readouterr().out
    assert "predictions not counted: 1 of 'Serve', 1 of 'Set', 1 of 'Spike'; a label counts by its exact" in said


def test_splits_by_file_by_folder_and_officially(tmp_path):
    write_folders(tmp_path, BALL, "Labels-ball.json")
    write(tmp_path / "labels" / "splits.json", {"val": ["synth/game_2"], "test": ["synth/game_0", "synth/game_1"]})
    out = tmp_path / "scores.json"
    run(*folders(tmp_path), "--split", "test", "--json", out)
    assert json.loads(out.read_text())["games"] == ["synth/game_0", "synth/game_1"]

    below = tmp_path / "below"
    write_folders(below, BALL, "Labels-ball.json", top="valid")
    run(*folders(below), "--split", "val", "--json", out)
    assert len(json.loads(out.read_text())["games"]) == 3
    with pytest.raises(InputError, match="split 'test': has no game"):
        run(*folders(below), "--split", "test")

    official = tmp_path / "official"
    game = "england_efl/2019-2020/2019-10-01 - Reading - Fulham"
    write(official / "labels" / game / "Labels-ball.json", {"annotations": []})
    write(official / "spots" / game / "results_spotting.json", {"predictions": []})
    run(*folders(official), "--split", "test", "--json", out)
    assert json.loads(out.read_text())["games"] == [game]


def test_a_broken_file_leaves_no_report(ball):
    root, _ = ball
    out = root / "scores.json"
    write(root / "spots/synth/game_1/results_spotting.json", '{"predictions": [{"half": "1"}]}')
    with pytest.raises(InputError, match=r"game_1/results_spotting.json: predictions\[0\] has no field 'label'"):
        run(*folders(root), "--json", out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("spots/synth/game_1/results_spotting.json", None, "results_spotting.json: no such file, though the game has"),
        ("spots/synth/game_9/results_spotting.json", {"predictions": []}, "no labels, 'synth/game_9'"),
        ("spots/synth/game_1/results_spotting.json", "{", "not valid JSON at line 1"),
        ("spots/synth/game_1/results_spotting.json", [], "expected a JSON object"),
        ("labels/synth/game_1/Labels-ball.json", {}, "has no field 'annotations'; expected a list"),
        ("labels/synth/game_1/Labels-ball.json", {"annotations": [{}]}, r"annotations\[0\] has no field 'gameTime'"),
    ],
)
def test_bad_files_are_named(ball, path, content, message):
    root, _ = ball
    if content is None:
        (root / path).unlink()
    else:
        write(root / path, content)
    with pytest.raises(InputError, match=message):
        run(*folders(root))


def test_bad_arguments_are_named(ball):
    root, _ = ball
    for arguments, message in (
        (["--labels", root / "nowhere", "--predictions", root / "spots"], "no such folder"),
        (["--labels", root / "labels", "--predictions", root / "nowhere"], "no such folder"),
        ([*folders(root), "--classes", "soccernet-17"], "no Labels-v2.json anywhere below"),
        ([*folders(root), "--classes", "ball-13"], "ball-13"),
        ([*folders(root), "--games", "synth/game_7"], "game 'synth/game_7' has no labels"),
        ([*folders(root), "--games", "synth/game_0", "--split", "val"], "exclude each other"),
        ([*folders(root), "--fps", "0"], "fps 0"),
    ):
        with pytest.raises(InputError, match=message):
            run(*arguments)


def test_two_kinds_of_label_files_need_a_choice(ball):
    root, _ = ball
    write(root / "labels/synth/game_0/Labels-v2.json", {"annotations": []})
    write(root / "classes.txt", "PASS\n")
    with pytest.raises(InputError, match="Labels-ball.json and Labels-v2.json; choose one with --label-file"):
        run(*folders(root), "--classes", root / "classes.txt")
    assert run(*folders(root), "--classes", root / "classes.txt", "--label-file", "Labels-ball.json") == 0


def write_e2e(root, case):
    """An edge case of frame mAP as the two files of the common JSON."""
    common = {"num_frames": 1000, "fps": 25, "width": 398, "height": 224}
    names = case["labels"]
    labels = [
        {"video": v["video"], "events": [{"frame": f, "label": names[k], "comment": ""} for f, k in v["truth"]]}
        for v in case["videos"]
    ]
    spots = [
        {"video": v["video"], "events": [{"frame": f, "label": names[k], "score": s} for f, k, s in v["pred"]]}
        for v in case["videos"]
    ]
    for entry in labels:
        entry |= common | {"num_events": len(entry["events"])}
    write(root / "labels.json", labels)
    write(root / "spots.json", spots)
    return ["--format", "e2e", "--labels", root / "labels.json", "--predictions", root / "spots.json"]


@pytest.mark.parametrize("name", ["tolerance_boundary", "nearest_unmatched", "many_classes_mean", "interpolation"])
def test_common_json_equals_the_reference(tmp_path, name, capsys):
    case = {case["name"]: case for case in load_reference("frame_map/10_edge_cases")["cases"]}[name]
    out = tmp_path / "scores.json"
    run(*write_e2e(tmp_path, case), "--tolerances", "0,1,2,4", "--json", out)
    report, expected = json.loads(out.read_text()), case["expected"]
    assert list(report["mAP"]) == ["0", "1", "2", "4"]
    assert list(report["mAP"].values()) == pytest.approx(expected["mAP"], abs=1e-9)
    assert report["mean_mAP"] == pytest.approx(sum(expected["mAP"]) / 4, abs=1e-9)
    assert set(report["per_class"]) == set(expected["AP_per_class"])
    for label, values in expected["AP_per_class"].items():
        assert list(report["per_class"][label].values()) == pytest.approx(values, abs=1e-9)
    assert f"{100 * report['mean_mAP']:.2f}" in capsys.readouterr().out


def test_common_json_with_a_class_file_and_bad_input(tmp_path):
    case = load_reference("frame_map/10_edge_cases")["cases"][1]
    files = write_e2e(tmp_path, case)
    write(tmp_path / "class.txt", "b\nnever\n")
    out = tmp_path / "scores.json"
    run(*files, "--classes", tmp_path / "class.txt", "--tolerances", "3", "--json", out)
    report = json.loads(out.read_text())
    assert report["per_class"] == {"b": {"3": 1.0}} and report["num_labels"] == {"b": 1, "never": 0}
    write(tmp_path / "class.txt", "never\n")
    for extra, message in (
        (["--tolerances", "1,x"], "--tolerances '1,x'"),
        (["--tolerances", "1,1"], "different whole numbers"),
        (["--classes", tmp_path / "class.txt"], "no event of the classes to score"),
        (["--predictions", tmp_path / "labels.json"], "score"),
    ):
        with pytest.raises(InputError, match=message):
            run(*files, *extra)
    write(tmp_path / "spots.json", [])
    with pytest.raises(InputError, match="video 'v' is only in the labels"):
        run(*files)
