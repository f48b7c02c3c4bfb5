"""report: what stands in a table stands in its text, in columns that line up."""

import pandas as pd
import pytest
from toy_records import write_toy_records

from course_lib.data.events import BALL_12
from course_lib.runs.records import load_chance, load_records
from course_lib.runs.report import as_markdown, as_text, points, results_text, score_table

TABLE = pd.DataFrame(
    {"parameters (M)": ["2.00", "12.00"], "note": ["a | b", ""]}, index=pd.Index(["fc", "tcn+sgp"], name="system")
)


def test_text_by_hand():
    assert as_text(TABLE).splitlines() == [
        "system   parameters (M)   note",
        "fc                 2.00  a | b",
        "tcn+sgp           12.00",
    ]
    assert as_text(TABLE, stacked=True).splitlines() == [
        "         parameters",
        "system          (M)   note",
        "fc             2.00  a | b",
        "tcn+sgp       12.00",
    ]
    assert as_text(TABLE.rename_axis(None)).splitlines()[0] == "         parameters (M)   note"


def test_markdown_by_hand():
    table = TABLE[["parameters (M)"]]
    assert as_markdown(table).splitlines() == [
        "| system | parameters (M) |",
        "| --- | ---: |",
        "| fc | 2.00 |",
        "| tcn+sgp | 12.00 |",
    ]


@pytest.mark.parametrize(("value", "text"), [(0.256, "25.6"), (0.0, "0.0"), (None, ""), (float("nan"), "")])
def test_points(value, text):
    assert points(value) == text


def test_score_table_by_hand():
    ours = {"map": 0.25, "map10": 0.5, "per_class": {"PASS": 0.5, "GOAL": 0.0}, "counts": {"PASS": 9, "GOAL": 1}}
    guess = {**ours, "map": 0.055, "map10": 0.1, "per_class": {"PASS": 0.1, "GOAL": 0.01}}
    assert score_table({"chance": guess, "tiny3d+fc": ours}).splitlines() == [
        "AP in %   labels  chance  tiny3d+fc",
        "PASS           9    10.0       50.0",
        "GOAL           1     1.0        0.0",
        "mAP of 2             5.5       25.0",
        "mAP-10              10.0       50.0",
    ]


def test_a_class_without_labels_has_no_score():
    """Nor does it count, unless the list is an official one, where it counts 0 and that is said."""
    own = {"map": 0.5, "map10": None, "per_class": {"serve": 0.4, "set": 0.6, "foul": 0.0}}
    own["counts"] = {"serve": 9, "set": 1, "foul": 0}
    assert score_table({"tiny3d+fc": own}, notes=["cut by time"]).splitlines() == [
        "AP in %   labels  tiny3d+fc",
        "serve          9       40.0",
        "set            1       60.0",
        "foul           0          –",
        "mAP of 2               50.0",
        "1 of 3 without labels: left out of the mean",
        "cut by time",
    ]
    official = {"map": 0.5, "map10": 0.6, "per_class": dict.fromkeys(BALL_12, 0.6) | {"GOAL": 0.0, "SHOT": 0.0}}
    official["counts"] = dict.fromkeys(BALL_12, 3) | {"GOAL": 0, "SHOT": 0}
    lines = score_table({"tiny3d+fc": official}).splitlines()
    assert lines[-3].split() == ["mAP-12", "50.0"]
    assert lines[-1] == "2 of 12 without labels: 0 in mAP-12, as SoccerNet counts"
    assert [line.split()[0] for line in lines if line.endswith("–")] == ["SHOT", "GOAL"]


def test_results_by_hand(tmp_path):
    folder = write_toy_records(tmp_path)
    lines = results_text(load_records(folder), load_chance(folder)).splitlines()
    assert lines[0].startswith("toy (1 train, 1 val, 1 test videos), profile smoke: mAP@1")
    cells = {words[0]: words[1:] for words in (line.split() for line in lines) if words}
    at = lines.index(next(line for line in lines if line.startswith("x3d_s+fc")))
    words = [" ".join(line.split()) for line in lines[at : at + 3]]
    assert words[0] == "x3d_s+fc 2.00 0.03 2 25.0 (20.0 to 30.0) 30.0 (20.0 to 40.0) 1.5 37.3"
    assert words[1:] == ["tiny3d+fc 2.00 all 1 10.0 10.0 1.0", "chance 3.0 5.0"]
    assert cells["x3d_s+fc"] == ["30.0", "20.0"] and cells["chance"] == ["5.0", "1.0"] and cells["labels"] == ["9", "1"]
    assert "another data set" in "\n".join(lines)
    markdown = results_text(load_records(folder), load_chance(folder), markdown=True).splitlines()
    assert "| x3d_s+fc | 2.00 | 0.03 | 2 | 25.0 (20.0 to 30.0) | 30.0 (20.0 to 40.0) | 1.5 | 37.3 |" in markdown
    assert "| chance | 5.0 | 1.0 |" in markdown
