"""matches: every table says what its scores are of, and one of different matches says it of each row."""

import json

import pytest
from toy_records import record, write_toy_records

from course_lib.runs.comparison import results_table
from course_lib.runs.matches import each_row_scored_on, on_matches, records_scored_on, scored_on
from course_lib.runs.readme import with_results
from course_lib.runs.records import RESULTS, load_chance, load_records
from course_lib.runs.report import classes_table, results_text, systems_table

TWO, EIGHT = ["a", "b"], list("abcdefgh")


def named(names, of=8):
    return {"test_matches": names, "test_matches_of": of}


@pytest.fixture
def folder(tmp_path):
    """Two systems with a seed each and chance, all of two of eight matches."""
    write(tmp_path, record("x3d_s+fc", 0, 0.2, 0.4, **named(TWO)))
    write(tmp_path, record("x3d_s+ed", 0, 0.5, 0.3, **named(TWO)))
    chance = {"dataset": "toy", "map12": 0.03, "map10": 0.05, "per_class": {"PASS": 0.05, "GOAL": 0.01}}
    chance |= {"counts": {"PASS": 9, "GOAL": 1}} | named(TWO)
    (tmp_path / "smoke" / "chance.json").write_text(json.dumps(chance))
    return tmp_path


def write(folder, entry):
    path = folder / "smoke" / f"{entry['system']}-seed{entry['seed']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entry))


def test_words():
    assert on_matches(2, 8) == "on 2 of 8 test matches" and on_matches(1, 1) == "on 1 of 1 test match"
    assert str(scored_on(named(TWO))) == "2 of 8"


def test_one_set_of_matches_is_said_once(folder):
    records, chance = load_records(folder), load_chance(folder)
    assert records["test_matches"].tolist() == [("a", "b")] * 2 and records["test_matches_of"].tolist() == [8, 8]
    assert records_scored_on(records, chance) == "on 2 of 8 test matches" and not each_row_scored_on(records, chance)
    text = results_text(records, chance)
    assert ": mAP@1 in % on 2 of 8 test matches; mean (lowest to highest) over seeds" in text.splitlines()[0]
    for table in (
        results_table(records, chance=chance),
        systems_table(records, chance),
        classes_table(records, chance),
    ):
        assert "test matches" not in table
    page = with_results("<!-- results: systems ball smoke --><!-- /results -->", "page", folder)
    assert page.endswith("|\n\nOn 2 of 8 test matches.\n\n<!-- /results -->")


def test_different_matches_are_said_of_each_row(folder):
    write(folder, record("x3d_s+fc", 1, 0.4, 0.0, **named(EIGHT)))
    write(folder, record("x3d_s+tcn", 0, 0.4, 0.0, **named(EIGHT)))
    records, chance = load_records(folder), load_chance(folder)
    rows = {"x3d_s+ed": "2 of 8", "x3d_s+fc": "2 of 8 and 8 of 8", "x3d_s+tcn": "8 of 8", "chance": "2 of 8"}
    assert each_row_scored_on(records, chance) == rows
    table = results_table(records, "x3d_s+ed", chance=chance)
    assert table.columns[0] == "test matches" and table.loc[list(rows), "test matches"].to_dict() == rows
    assert table.loc["x3d_s+fc - x3d_s+ed", "test matches"] == ""
    assert systems_table(records, chance)["test matches"].to_dict() == rows
    assert classes_table(records, chance)["test matches"].to_dict() == rows | {"labels": "2 of 8"}
    said = "on different test matches (2 of 8 and 8 of 8): only rows of the same ones compare"
    assert said in results_text(records, chance)
    asked = "<!-- results: classes ball smoke x3d_s+ed x3d_s+fc --><!-- /results -->"
    page = with_results(asked, "page", folder).splitlines()
    assert "| test matches | 2 of 8 | 2 of 8 | 2 of 8 | 2 of 8 and 8 of 8 |" in page
    assert f"O{said[1:]}." in page


def test_a_guesser_of_other_matches_is_told_apart(folder):
    chance = load_chance(folder) | named(EIGHT)
    records = load_records(folder)
    assert each_row_scored_on(records, chance) == {"x3d_s+ed": "2 of 8", "x3d_s+fc": "2 of 8", "chance": "8 of 8"}
    assert not each_row_scored_on(records)
    guess = {name: chance[name] for name in ("map12", "map10", "per_class")}  # scored here, on what the caller knows
    assert "test matches" not in results_table(records, chance=guess)


def test_records_from_before_are_of_the_matches_that_there_were(tmp_path):
    """Those of the course are of the first two; of other data sets nobody knows."""
    old = load_records(RESULTS, "smoke")
    kept = [scored_on(json.loads(file.read_text())) for file in (RESULTS / "smoke").glob("*.json")]
    assert len(old) and all(scored.of == 8 and len(scored.names) in (2, 8) for scored in kept)
    assert str(scored_on({"dataset": "sim-soccer"})) == "2 of 8"
    assert str(scored_on({"dataset": "sim-volleyball"})) == "4 of 4"
    toy = write_toy_records(tmp_path)
    records, chance = load_records(toy), load_chance(toy)
    assert records_scored_on(records, chance) == "" and not each_row_scored_on(records, chance)
    assert "mAP@1 in % on the test videos; mean" in results_text(records, chance)
    write(toy, record("x3d_s+tcn", 0, 0.4, 0.0, **named(EIGHT)))
    assert each_row_scored_on(load_records(toy))["x3d_s+fc"] == "unknown"
