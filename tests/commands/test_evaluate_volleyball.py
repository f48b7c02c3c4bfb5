"""`evaluate --metric volleyball`: the reference values again, from files, and one sentence for what is wrong."""

import argparse
import json

import pytest
from reference import load_reference

from course_lib.__main__ import main
from course_lib.commands import evaluate
from course_lib.files import InputError


def run(*arguments):
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([str(argument) for argument in arguments]))


def write_files(folder, case, with_places=True):
    """A reference case as the two files of the common JSON; predictions hold no lengths, as usual."""
    names = case["labels"]

    def event(frame, label, x, y, places=True, **more):
        return {"frame": frame, "label": names[label], "comment": ""} | ({"xy": [x, y]} if places else {}) | more

    common = {"num_frames": 1000, "fps": 25, "width": 398, "height": 224}
    labels = [{"video": v["video"], **common, "events": [event(*row) for row in v["truth"]]} for v in case["videos"]]
    spots = [
        {"video": v["video"], "events": [event(f, k, x, y, with_places, score=s) for f, k, s, x, y in v["pred"]]}
        for v in case["videos"]
    ]
    (folder / "test.json").write_text(json.dumps(labels))
    (folder / "pred.json").write_text(json.dumps(spots))
    return ["--metric", "volleyball", "--labels", folder / "test.json", "--predictions", folder / "pred.json"]


CASE = load_reference("volleyball_map/01_rallies_good_model")


def test_files_equal_the_reference(tmp_path, capsys):
    out, expected = tmp_path / "scores.json", CASE["expected"]
    assert run(*write_files(tmp_path, CASE), "--json", out) == 0
    report = json.loads(out.read_text())
    assert list(report["temporal"].values()) == pytest.approx(expected["temporal_mAP"], abs=1e-9)
    assert report["mtap"] == pytest.approx(expected["temporal_mean_all"], abs=1e-9)
    assert report["msap"] == pytest.approx(expected["spatial_mean"], abs=1e-9)
    assert report["combined"] == pytest.approx(expected["harmonic_as_in_training"], abs=1e-9)
    assert report["metric"] == "volleyball" and report["videos"] == 80
    text = capsys.readouterr().out
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines() if line}
    assert set(CASE["labels"]) < set(lines)
    shown = [f"{100 * value:.2f}" for value in (*expected["temporal_mAP"], expected["temporal_mean_all"])]
    assert [line for line in text.splitlines() if line.startswith("mTAP")][0].split()[2:] == shown
    for tolerance, row in zip((0, 1, 2, 4), expected["spatial_AP_grid"], strict=True):
        assert lines[f"±{tolerance}"][1:] == [f"{100 * value:.2f}" for value in row]
    assert lines["mSAP"][1:] == [f"{100 * report[name]:.2f}" for name in ("msap", "clean_msap")]
    assert lines["combined"][1:] == [f"{100 * report[name]:.2f}" for name in ("combined", "clean_combined")]
    assert "nothing can be found in place" not in text


def test_predictions_without_places_and_other_tolerances(tmp_path, capsys):
    files = write_files(tmp_path, CASE, with_places=False)
    out = tmp_path / "scores.json"
    run(*files, "--format", "e2e", "--tolerances", "1,3", "--json", out)
    report = json.loads(out.read_text())
    assert list(report["temporal"]) == ["1", "3"] and report["temporal"]["1"] > 0.7
    assert report["msap"] == report["clean_msap"] == report["combined"] == 0
    assert "no prediction says where (xy)" in capsys.readouterr().out


def test_a_class_file_narrows_all_scores(tmp_path):
    files = write_files(tmp_path, CASE)
    (tmp_path / "class.txt").write_text("serve\nblock\n")
    out = tmp_path / "scores.json"
    run(*files, "--classes", tmp_path / "class.txt", "--json", out)
    report = json.loads(out.read_text())
    assert list(report["counts"]) == ["serve", "block"] and set(report["per_class"]) == {"serve", "block"}
    serve = CASE["expected"]["temporal_AP_per_class"]["serve"]
    assert report["per_class"]["serve"] == pytest.approx(sum(serve) / 4, abs=1e-9)


def test_bad_input_is_one_sentence(tmp_path, capsys):
    files = write_files(tmp_path, CASE)
    (tmp_path / "other.txt").write_text("PASS\n")
    (tmp_path / "few.json").write_text(json.dumps(json.loads((tmp_path / "pred.json").read_text())[1:]))
    odd = json.loads((tmp_path / "pred.json").read_text())
    odd[0]["events"][0]["xy"] = [150, 20]
    (tmp_path / "odd.json").write_text(json.dumps(odd))
    for extra, message in (
        (["--format", "soccernet"], "--metric volleyball needs --format e2e"),
        (["--tolerances", "0"], "--tolerances '0': expected one above 0"),
        (["--tolerances", "1,x"], "--tolerances '1,x'"),
        (["--classes", tmp_path / "other.txt"], "test.json: holds no event of the classes PASS; name others"),
        (["--labels", tmp_path], "is a folder; expected one file"),
        (["--predictions", tmp_path / "nowhere.json"], "nowhere.json: no such file"),
        (["--predictions", tmp_path / "few.json"], "video 'rally_000' is only in the labels"),
        (["--predictions", tmp_path / "test.json"], r"rally_000\).events\[0\] has no field 'score'"),
        (["--predictions", tmp_path / "odd.json"], r"events\[0\].xy\[0\] is 150; expected two numbers from -1 to 2"),
    ):
        with pytest.raises(InputError, match=message):
            run(*files, *extra)
    capsys.readouterr()
    assert main(["evaluate", *map(str, files), "--predictions", str(tmp_path / "few.json")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: video 'rally_000'") and error.count("\n") == 1
