"""Text files as people's programs write them: marks in front, other encodings, commas, tabs, stale counts."""

import json

import pytest

from course_lib.data.events import Event
from course_lib.data.formats.common import read_class_file, read_e2e_json, read_e2e_predictions
from course_lib.data.formats.csv import read_csv
from course_lib.data.formats.soccernet import read_soccernet_labels
from course_lib.files import InputError, parse_json_as, read_json

ENTRY = {"gameTime": "1 - 00:01", "label": "PASS", "position": "1000", "team": "left", "visibility": "visible"}
LABELS = {"annotations": [ENTRY]}
VIDEO = {"video": "v", "num_frames": 100, "fps": 25, "events": [{"frame": 5, "label": "serve", "score": 0.5}]}
READERS = {
    "labels": (read_soccernet_labels, json.dumps(LABELS), (25,)),
    "common": (read_e2e_json, json.dumps([VIDEO]), ()),
    "predictions": (read_e2e_predictions, json.dumps([VIDEO]), ()),
    "any JSON": (read_json, '{"ä": 1}', ()),
    "classes": (read_class_file, "PASS\nDRIVE\n", ()),
    "table": (read_csv, "frame,class\n5,PASS\n", ()),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_mark_in_front_is_no_text_and_other_encodings_are_named(tmp_path, kind):
    reader, text, more = READERS[kind]
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    plain = reader(path, *more)
    path.write_text(text, encoding="utf-8-sig")
    assert reader(path, *more) == plain
    for encoding, name in (("utf-16", "UTF-16"), ("utf-32", "UTF-32")):
        path.write_text(text, encoding=encoding)
        with pytest.raises(InputError, match=f"file: is written in {name}; expected UTF-8"):
            reader(path, *more)
    path.write_bytes("Málaga".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read as UTF-8 text"):
        reader(path, *more)


def test_the_quick_way_into_json_knows_the_mark_too():
    assert parse_json_as(b"\xef\xbb\xbf[1]", list) == [1]


TABLE = [Event("PASS", 5, 0.5, (0.25, 0.75)), Event("DRIVE", 10)]


@pytest.mark.parametrize(
    "text",
    [
        "frame,class,score,x,y,shown\n5,PASS,0.5,0.25,0.75,yes\n10,DRIVE,,,,\n",
        "frame;class;score;x;y;shown\n5;PASS;0,5;0,25;0,75;yes\n10;DRIVE;;;;\n",
        "frame\tclass\tscore\tx\ty\tshown\n5\tPASS\t0,5\t0.25\t0,75\tTRUE\n10\tDRIVE\t\t\t\t\n",
        "sep=;\r\nframe;class;score;x;y;shown\r\n5;PASS;0,5;0,25;0,75;WAHR\r\n10;DRIVE;;;;\r\n",
        '"sep=,"\nFrame,Class,Score,X,Y,Shown\n5,PASS,"0,5","0,25","0,75",1\n10,DRIVE,,,,\n',
        "frame,class,score,x,y,shown\n10,DRIVE,,,,\n7,PASS,0.1,,,FALSE\n8,PASS,0.1,,,No\n9,PASS,0.1,,,FALSCH\n"
        "5,PASS,.5,.25,.75,TRUE\n",
    ],
)
def test_tables_of_all_spreadsheets_are_one(tmp_path, text):
    path = tmp_path / "spots.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    assert read_csv(path, only_shown=True) == TABLE


def test_lines_of_a_table_are_counted_with_the_one_in_front(tmp_path):
    (tmp_path / "spots.csv").write_text("sep=;\nframe;class\nx;PASS\n")
    with pytest.raises(InputError, match="line 3.frame is 'x'"):
        read_csv(tmp_path / "spots.csv")


def test_a_count_that_nobody_kept_up_is_a_note(tmp_path, capsys):
    path = tmp_path / "train.json"
    entries = [VIDEO | {"video": name, "num_events": number} for name, number in (("v", 7), ("w", 1), ("x", 0))]
    path.write_text(json.dumps(entries))
    assert [len(video.events) for video in read_e2e_json(path)] == [1, 1, 1]
    note = f"note: {path}: [0] (v).num_events is 7, but 1 are listed, which count (and 1 more like it)\n"
    assert capsys.readouterr().err == note
    path.write_text(json.dumps(entries[1:2]))
    read_e2e_json(path)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("visibility", ["visible", "", "shown", None, 7, "not shown"])
def test_all_but_not_shown_is_visible(tmp_path, visibility):
    (tmp_path / "labels.json").write_text(json.dumps({"annotations": [ENTRY | {"visibility": visibility}]}))
    (event,) = read_soccernet_labels(tmp_path / "labels.json", 25)
    assert event.visible == (visibility != "not shown")
