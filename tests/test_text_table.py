"""Tables as text: by hand."""

from course_lib.text_table import percent_table, text_table


def test_a_table_by_hand():
    rows = [("PASS", ["9", "10.0"]), ("BLOCK", ["12345", ""])]
    assert text_table(["n", "AP in %"], rows, "class").splitlines() == [
        "class      n  AP in %",
        "PASS       9     10.0",
        "BLOCK  12345",
    ]


def test_stacked_titles_end_on_one_line():
    rows = [("tcn", ["1", "2"])]
    assert text_table(["of all", "n"], rows, "system", stacked=True).splitlines() == [
        "         of",
        "system  all  n",
        "tcn       1  2",
    ]


def test_fractions_are_shown_in_per_cent_and_short_rows_end_early():
    rows = {"PASS": [9, 0.12345, "-"], "mAP": [9, 1.0]}
    assert percent_table(["labels", "AP", "x"], rows).splitlines() == [
        "      labels      AP  x",
        "PASS       9   12.35  -",
        "mAP        9  100.00",
    ]
