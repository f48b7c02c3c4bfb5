"""The one reader of SoccerNet's entries: quick columns against a slow version, and all that is wrong with an entry."""

import json
from dataclasses import replace

import numpy as np
import pytest
from large_case import make_large_case

from course_lib.data.formats.soccernet import read_soccernet_labels, read_soccernet_predictions
from course_lib.data.formats.soccernet_entries import (
    Entries,
    EntryColumns,
    Expected,
    parse_entries,
    read_columns,
    read_entries,
)
from course_lib.files import InputError
from course_lib.scoring.ball import OfficialGame, score_soccernet
from course_lib.spotting.submission import ExpectedMatch, check_results

LABEL = {"gameTime": "1 - 00:12", "label": "PASS", "position": "12480", "team": "left", "visibility": "visible"}
SPOT = {"gameTime": "1 - 00:12", "label": "PASS", "position": "12480", "half": "1", "confidence": "0.83"}


def slow_columns(entries, scored):
    """The evaluator's reading, an entry after the other."""
    rows = []
    for entry in entries:
        half = int(entry["half"]) if scored else int(entry["gameTime"][0])
        clock = entry.get("gameTime", "")
        position = int(entry["position"]) if "position" in entry else 1000 * (60 * int(clock[-5:-3]) + int(clock[-2:]))
        shown = -1.0 if entry.get("visibility") == "not shown" else 1.0
        rows.append((entry["label"], half, position, float(entry["confidence"]) if scored else shown))
    return zip(*rows, strict=True)


def same_columns(columns, expected):
    assert len(set(columns.names)) == len(columns.names)
    label = [columns.names[place] for place in columns.label]
    for ours, theirs in zip((label, *columns[2:]), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("scored", [False, True])
def test_columns_are_what_an_evaluator_reads_entry_by_entry(scored):
    _, annotations, predictions = make_large_case("v2").games[0]
    odd = [
        {"position": 12.7},
        {"position": "-40", "half": 3, "confidence": "nan", "gameTime": "0 - 00:01"},
        {"label": None, "visibility": "not shown", "confidence": -1, "half": 1.9},
        {"gameTime": "1 - 100:02"},
    ]
    entries = predictions if scored else annotations
    entries = [*entries, *((SPOT if scored else LABEL) | change for change in odd)]
    del entries[-1]["position"]
    columns = Entries(entries, "f", scored).columns()
    same_columns(columns, slow_columns(entries, scored))


ODD = {
    "position": ["1e3", "12.0", " 12", "12 ", "1 2", "", "1_0", "+12", "-40", "012", "٣", "9" * 30, "x", 12, 12.7, 12.0,
        1e3, True, None, [1], "12,", "1\t2", -7, 10**20, float("nan")],
    "half": ["2", "3", " 1", "1.0", "01", "", "x", 2, 1.9, True, None, "9" * 30, 10**30],
    "confidence": ["0.5", " 0.5 ", "nan", "-inf", "1e400", "1_0.5", ".5", "", "x", 1, -0.25, float("nan"), float("inf"),
        True, None, 10**400],
    "label": ["", "é", None, 7, ["PASS"], "\ud800"],
    "gameTime": ["2 - 01:00", " 1 - 00:12", "é", "", None, 7, "x - 1"],
    "visibility": ["not shown", "", None, 7],
}  # fmt: skip


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("field", ODD)
def test_columns_of_a_file_are_those_of_its_entries(tmp_path, field, scored):
    path = tmp_path / "file.json"
    key, good = ("predictions", SPOT) if scored else ("annotations", LABEL)
    entries = [good | {field: value} for value in ODD[field]]
    lists = [[], [good] * 3, *([good, entry, good] for entry in entries), *zip(entries, entries[1:], strict=False)]
    lists.append([good, {name: value for name, value in good.items() if name != field}])
    outcomes = []
    for raw in lists:
        path.write_text(json.dumps({"UrlLocal": "é", key: raw}))
        try:
            expected = read_entries(path, key).columns()
        except InputError as error:
            with pytest.raises(InputError) as found:
                Entries(read_columns(path, key), f"{path}: {key}", scored).columns()
            assert str(found.value) == str(error)
            outcomes.append("refused")
            continue
        columns = read_columns(path, key)
        quick = isinstance(columns, EntryColumns)
        columns = columns if quick else Entries(columns, "f", scored).columns()
        assert columns.names == expected.names
        for ours, theirs in zip(columns[1:], expected[1:], strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        outcomes.append("quick" if quick else "slow")
    assert outcomes[:2] == ["quick", "quick"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"predictions": {}}', b'{"predictions": [7]}', b"\xff", b"["])
def test_a_file_without_columns_is_refused_as_ever(tmp_path, content):
    path = tmp_path / "results_spotting.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as expected:
        read_entries(path, "predictions").columns()
    with pytest.raises(InputError) as found:
        Entries(read_columns(path, "predictions"), f"{path}: predictions", True).columns()
    assert str(found.value) == str(expected.value)


def test_a_large_case_is_read_the_quick_way(tmp_path):
    _, annotations, predictions = make_large_case("ball").games[0]
    for key, entries in (("annotations", annotations), ("predictions", predictions)):
        (tmp_path / "f.json").write_text(json.dumps({key: entries}))
        columns = read_columns(tmp_path / "f.json", key)
        assert isinstance(columns, EntryColumns)
        same_columns(columns, slow_columns(entries, key == "predictions"))


def test_nothing_is_wrong_with_good_entries():
    _, annotations, predictions = make_large_case("ball").games[0]
    labels, spots = Entries(annotations, "l", False), Entries(predictions, "p", True)
    expected = Expected(make_large_case("ball").classes, {1: 97 * 60_000})
    assert not any(labels.wrong(index, replace(expected, half_ms=None)) for index in range(len(annotations)))
    assert not any(spots.wrong(index, expected) for index in range(len(predictions)))


def test_everything_wrong_with_an_entry_is_said_once_a_field():
    entry = SPOT | {"half": "3", "label": "Pass", "position": "x", "confidence": "2", "team": "red"}
    entries = Entries([SPOT, entry, 7], "f: predictions", True)
    assert entries.wrong(0, Expected(("PASS",))) == []
    assert [wrong.field for wrong in entries.wrong(1, Expected(("PASS",)))] == ["half", "label", "position", "team"]
    server = Expected(("PASS",), {1: 20_000, 2: 20_000})
    assert {wrong.field for wrong in entries.wrong(1, server)} == {"half", "label", "position", "confidence", "team"}
    assert all(wrong.reason.startswith(f"f: predictions[1].{wrong.field} is ") for wrong in entries.wrong(1, server))
    assert [wrong.reason for wrong in entries.wrong(2)] == ["f: predictions[2] is 7; expected a JSON object"]
    assert [wrong.field for wrong in Entries([{}], "f", False).wrong(0)] == ["gameTime", "label", "position"]


UNREADABLE = {
    "no label": {"label": ...},
    "a label in a list": {"label": ["PASS"]},
    "no half": {"half": ...},
    "half in words": {"half": "first"},
    "no confidence": {"confidence": None},
    "position with a unit": {"position": "12 s"},
    "endless position": {"position": float("inf")},
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_nobody_can_read_is_said_alike_to_people_to_scores_and_to_servers(tmp_path, case):
    broken = {key: value for key, value in (SPOT | UNREADABLE[case]).items() if value is not ...}
    path = tmp_path / "results_spotting.json"
    path.write_text(json.dumps({"UrlLocal": "l/s/m", "predictions": [SPOT, broken]}))
    (wrong,) = read_entries(path, "predictions").wrong(1)
    assert wrong.reason.startswith(f"{path}: predictions[1]")
    with pytest.raises(InputError) as people:
        read_soccernet_predictions(path, 25.0)
    with pytest.raises(InputError) as scores:
        raw = read_entries(path, "predictions").raw
        score_soccernet([OfficialGame("m", [LABEL], raw, predictions_file=str(path))], ["PASS"], fps=25)
    assert str(people.value) == str(scores.value) == wrong.reason
    listed = check_results(str(path), path.read_bytes(), ExpectedMatch("l/s/m", {1: 100.0, 2: 100.0}), ["PASS"])
    assert len(listed) == 1 and listed[0].split("; expected")[0] == wrong.reason.split("; expected")[0]


def test_what_only_the_evaluator_makes_something_of(tmp_path):
    """A third half and an unknown label are skipped, 1160.9 ms are cut; a person is told."""
    path = tmp_path / "Labels-ball.json"
    for change, per_class in (({"gameTime": "3 - 00:12"}, 0.0), ({"label": "?"}, 0.0), ({"position": 1160.9}, 1.0)):
        annotations = [LABEL | change]
        path.write_text(json.dumps({"annotations": annotations}))
        spots = [SPOT | {"position": "1160"}]
        scores = score_soccernet([OfficialGame("m", annotations, spots)], ["PASS"], fps=25)["at1"]
        assert scores.per_class["PASS"] == per_class and sum(scores.skipped.values()) == (per_class == 0.0)
        with pytest.raises(InputError, match=r"annotations\[0\]\.(gameTime|label|position) is "):
            read_soccernet_labels(path, 25.0, ["PASS"])


def test_of_another_half_or_class_nothing_else_matters(tmp_path):
    path = tmp_path / "Labels-v2.json"
    broken = {"position": "x", "team": "red"}
    second = LABEL | broken | {"gameTime": "2 - 00:12"}
    path.write_text(json.dumps({"annotations": [LABEL, second, LABEL | broken | {"label": "?"}]}))
    assert len(read_soccernet_labels(path, 25.0, ["PASS"], half=1, unknown="skip")) == 1
    with pytest.raises(InputError, match=r"annotations\[1\].position is 'x'"):
        read_soccernet_labels(path, 25.0, ["PASS"], half=2, unknown="skip")


def test_a_file_from_a_zip_is_read_as_one_from_a_folder(tmp_path):
    path = tmp_path / "results_spotting.json"
    content = json.dumps({"UrlLocal": "l/s/m", "predictions": [SPOT]}).encode()
    path.write_bytes(content)
    assert parse_entries(content, str(path), "predictions") == read_entries(path, "predictions")
    for broken, message in (
        (b"[]", "expected a JSON object"),
        (b"\xff", "UTF-8"),
        (b"{}", "has no field"),
        (b"{", "1"),
    ):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=message) as first:
            read_entries(path, "predictions")
        with pytest.raises(InputError) as second:
            parse_entries(broken, str(path), "predictions")
        assert str(first.value) == str(second.value)
