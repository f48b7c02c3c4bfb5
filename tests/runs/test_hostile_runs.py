"""Run folders and records that somebody passed on: whatever stands in their files, one sentence at most."""

import copy
import json
import zipfile

import numpy as np
import pytest
import torch
from toy_records import write_toy_records
from toy_runs import toy_dataset, toy_run

from course_lib.files import InputError
from course_lib.models.zoo import build
from course_lib.runs.contents import read_log
from course_lib.runs.records import load_chance, load_records
from course_lib.runs.report import results_text
from course_lib.runs.run import load_runs
from course_lib.training.checkpoint import History, load_checkpoint, save_checkpoint

MISSING = object()
HOSTILE = (
    None, True, 0, -1, 1.5, 10**400, 2**63, 1e308, float("nan"), float("inf"), "", "x", "nan", "9" * 5000,
    "\x00\x1b[2J\u202e", "../../x", [], [[]], [None], {}, {"a": []}, MISSING,
)  # fmt: skip
QUICK = (None, 10**400, "9" * 5000, "\x00\x1b[2J\u202e", [[]], {"a": []}, MISSING)


def places(value, path=()):
    """Where something can be put into JSON: everywhere, of long objects and lists the first few."""
    yield path
    keys = list(value)[:5] if isinstance(value, dict) else range(min(2, len(value))) if isinstance(value, list) else ()
    for key in keys:
        yield from places(value[key], (*path, key))


def with_it(value, path, new):
    if not path:
        return [] if new is MISSING else new
    value = inner = copy.deepcopy(value)
    for key in path[:-1]:
        inner = inner[key]
    if new is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return value


def all_refused_in_a_sentence(file, hostile, read):
    """Put every hostile value into every place of the file and read it; gives how many were refused."""
    good, refused = file.read_text(), 0
    contents = [
        json.dumps(with_it(json.loads(good), path, new)) for path in places(json.loads(good)) for new in hostile
    ]
    for content in [*contents, "[" * 100_000, '{"a":' * 10_000 + "1" + "}" * 10_000, "", "\ufeff{", '"' + "é" * 999]:
        file.write_text(content)
        try:
            read()
        except InputError as error:
            refused += 1
            sentence = str(error)
            assert sentence.isprintable() and len(sentence) < 500 + len(str(file)), content[:200]
    file.write_text(good)
    read()
    return refused


FILES = ("config.json", "environment.json", "decode.json", "scores.json", "spots/l/s/match0/results_spotting.json")


@pytest.mark.parametrize("hostile", [QUICK, pytest.param(HOSTILE, marks=pytest.mark.slow)], ids=["quick", "all"])
@pytest.mark.parametrize("name", FILES)
def test_whatever_stands_in_a_run_folder(tmp_path, name, hostile, capsys):
    run = toy_run(tmp_path / "runs" / "one", toy_dataset(tmp_path))

    def read():
        again = type(run)(run.path)
        _ = again.config, again.environment, again.decoding, again.display_thresholds, again.spots()
        assert len(load_runs(tmp_path / "runs")) == 1

    assert all_refused_in_a_sentence(run.path / name, hostile, read) > 10


@pytest.mark.parametrize("hostile", [QUICK, pytest.param(HOSTILE, marks=pytest.mark.slow)], ids=["quick", "all"])
@pytest.mark.parametrize("name", ["chance.json", "x3d_s+fc-seed0.json"])
def test_whatever_stands_in_a_record(tmp_path, name, hostile):
    write_toy_records(tmp_path)

    def read():
        results_text(load_records(tmp_path, "smoke"), load_chance(tmp_path, "smoke"))

    assert all_refused_in_a_sentence(tmp_path / "smoke" / name, hostile, read) > 30


GOOD_LOG = "epoch,train_loss,val_map,lr,seconds\n1,0.5,0.1,0.01,2\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "has the first line ''; expected epoch,train_loss"),
        ("\x00\x1b[2J", "has the first line "),
        ("epoch,val_map\n1,0.5\n", r"has the first line \['epoch', 'val_map'\]"),
        (GOOD_LOG + "2,0.5\n", r"line 3 is \['2', '0.5'\]; expected 5 numbers"),
        (GOOD_LOG + "2,much,0.1,0.01,2\n", "line 3 is .*; expected 5 numbers"),
        (GOOD_LOG + '"' + "9" * 200_000, "cannot be read as a table .field larger than field limit"),
    ],
)
def test_a_log_that_is_none(tmp_path, content, sentence):
    (tmp_path / "log.csv").write_text(GOOD_LOG)
    assert read_log(tmp_path / "log.csv")["val_map"].tolist() == [0.1]
    (tmp_path / "log.csv").write_text(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read_log(tmp_path / "log.csv")
    assert str(caught.value).isprintable()


def test_frame_scores_that_are_none(tmp_path):
    run = toy_run(tmp_path / "run", toy_dataset(tmp_path))
    name, columns = "l/s/match0", len(run.config.data.classes) + 1
    file = run.path / "frame_scores" / f"{name}.npz"
    file.parent.mkdir(parents=True)
    rows = np.ones((5, columns), np.float16)
    np.savez_compressed(file, probabilities=rows)
    assert run.frame_scores(name).tolist() == rows.tolist()
    good = file.read_bytes()
    for content in (b"", good[:100], good[:-40], b"PK\x05\x06" + bytes(18), good.replace(b"probabil", b"improbab")):
        file.write_bytes(content)
        with pytest.raises(InputError, match="frame scores"):
            run.frame_scores(name)
    for wrong in (rows[:, 2:], rows[0], rows.astype("U4"), rows.astype(int)):
        np.savez_compressed(file, probabilities=wrong)
        with pytest.raises(InputError, match=r"expected float16 \(steps, "):
            run.frame_scores(name)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("probabilities.npy", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    with pytest.raises(InputError, match="holds an array of 314,572,800 bytes; expected 268,435,456 or less"):
        run.frame_scores(name)


@pytest.mark.parametrize(
    "history", [[], "x", {"rows": 3}, {"rows": [3]}, {"best_epoch": "1"}, {"best_map": None}, {"more": 1}]
)
def test_a_history_that_is_none(tmp_path, history):
    model = build("tiny3d+fc", 2, weights="none")
    save_checkpoint(tmp_path / "last.pt", History(), model=model)
    assert load_checkpoint(tmp_path / "last.pt", model=model) == History()
    torch.save({"history": history, "model": model.state_dict()}, tmp_path / "last.pt")
    with pytest.raises(InputError, match="history"):
        load_checkpoint(tmp_path / "last.pt", model=model)


def test_a_checkpoint_that_holds_more_than_numbers_is_refused_in_a_sentence(tmp_path):
    torch.save({"history": {}, "model": test_a_history_that_is_none}, tmp_path / "last.pt")
    with pytest.raises(InputError, match="last.pt: not a checkpoint of this run .Weights only load failed") as caught:
        load_checkpoint(tmp_path / "last.pt")
    assert len(str(caught.value)) < 200 + len(str(tmp_path)) and "\n" not in str(caught.value)
