"""Files that people keep labels in: every format there and back, what people type, and what must not get in."""

import codecs

import pytest

from course_lib.data.events import Event, Video
from course_lib.data.formats.label_files import LABEL_FORMATS, NotLabels, marks_of, read_label_file, write_labels
from course_lib.data.formats.marks import MODEL, Mark, seconds_of
from course_lib.files import InputError, write_json

FPS = 29.97
EVENTS = (
    Event("Throw", 0, team="left"),
    Event("7 m", 31, xy=(0.25, 0.875)),
    Event("Yellow->red card", 31, team="away", source=MODEL),
    Event("Parade (Torhüter)", 107_000, xy=(0.5, 1.0), team="left"),
)
VIDEO = Video("derby", None, 108_000, FPS, 640, 360, EVENTS)


def read(path, **settings):
    problems = []
    marks = read_label_file(path, problems, **settings)
    assert problems == []
    return marks


@pytest.mark.parametrize("name", LABEL_FORMATS)
def test_there_and_back(tmp_path, name):
    """Every label comes back on its frame, with all that the format says it has room for."""
    path, kind = tmp_path / f"derby{LABEL_FORMATS[name].suffix}", LABEL_FORMATS[name]
    write_labels(path, name, [VIDEO])
    marks = sorted(read(path), key=lambda mark: (mark.frame or 0, mark.seconds or 0, mark.label))
    expected = sorted(EVENTS, key=lambda event: (event.frame, event.label))
    frames = [mark.frame if mark.seconds is None else round(mark.seconds * FPS) for mark in marks]
    assert [mark.label for mark in marks] == [event.label for event in expected]
    assert frames == [event.frame for event in expected]
    assert [mark.team for mark in marks] == [event.team for event in expected]
    if "place" in kind.holds:
        assert [mark.xy for mark in marks] == [event.xy for event in expected]
    if "source" in kind.holds:
        assert [mark.source for mark in marks] == [event.source for event in expected]
    assert kind.lost(marks_of(VIDEO)) == {
        "csv": {},
        "json": {},
        "sportscode": {"which were a model's": 1},
    }.get(name, {"places": 2, "which were a model's": 1})


def test_a_team_of_another_name_stays_where_there_is_room(tmp_path):
    video = Video("derby", None, 100, 25.0, 640, 360, (Event("Throw", 3, team="THW Kiel"),))
    for name, kind in LABEL_FORMATS.items():
        path = tmp_path / f"{name}{kind.suffix}"
        write_labels(path, name, [video])
        (mark,) = read(path)
        held = name in ("csv", "json", "sportscode")
        assert (mark.label, mark.team) == ("Throw", "THW Kiel" if held else None)
        assert kind.lost(marks_of(video)) == ({} if held else {"teams": 1})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75.5", 75.5),
        ("75,5", 75.5),
        ("1:15.5", 75.5),
        ("01:15,500", 75.5),
        ("0:01:15.500", 75.5),
        ("62:05", 3725.0),
        ("1:02:05.040", 3725.04),
        (" 3 ", 3.0),
        ("7.", 7.0),
        *[(text, None) for text in ("", "x", "-1", "1:75", "1:60:00", "1.234,5", "00:00:01:12", "1e3", "nan", "٣x")],
    ],
)
def test_times_as_people_write_them(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_any_spreadsheet(tmp_path, encoding, separator):
    rows = [
        ["Label", " TIME", "X", "y", "team", "note"],
        ["Wurf, hart", "1:15,5", "0,25", "0,5", "left", ""],
        ["Block", "80", "", "", "", "?"],
        [],
    ]
    path = tmp_path / "derby.csv"
    quoted = [separator.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    path.write_text("\n".join(quoted), encoding=encoding)
    marks = read(path)
    assert [(m.label, m.seconds, m.xy, m.team) for m in marks] == [
        ("Wurf, hart", 75.5, (0.25, 0.5), "left"),
        ("Block", 80.0, None, None),
    ]
    assert marks[1].where == f"{path}: line 3"


def test_a_table_that_names_its_separator_and_films(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("sep=;\nvideo;frame;class\nderby.mov;12;Throw\n", encoding="utf-8")
    (mark,) = read(path)
    assert (mark.video, mark.frame, mark.seconds, mark.where) == ("derby.mov", 12, None, f"{path}: line 3")


def test_all_that_is_wrong_with_a_table_is_said_at_once(tmp_path):
    path = tmp_path / "derby.csv"
    lines = [
        "time,frame,class,x,y",
        "1:99,,Throw,,",
        ",-3,Throw,,",
        "4,,,,",
        ",,Throw,,",
        "5,,Throw,0.5,",
        "6,,Throw,7,1",
    ]
    path.write_text("\n".join([*lines, "7,,Throw,0,1"]), encoding="utf-8")
    problems = []
    (mark,) = read_label_file(path, problems)
    assert (mark.seconds, mark.xy) == (7.0, (0.0, 1.0))
    assert problems == [
        f"{path}: line 2.time is '1:99'; expected a time like 75.5, 1:15.5 or 0:01:15.500",
        f"{path}: line 3.frame is '-3'; expected a frame counted from 0",
        f"{path}: line 4 has no class; expected one in every row",
        f"{path}: line 5 has no time and no frame; expected one of them in every row",
        f"{path}: line 6.y is missing; expected a fraction of the picture, from 0 to 1",
        f"{path}: line 7.x is '7'; expected a fraction of the picture, from 0 to 1",
    ]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"when,what\n1,Throw\n", "has no column 'time' or 'frame'; expected a first line like time,class"),
        ("a.csv", b"time;who\n1;Throw\n", "has no column 'class' or 'label'"),
        ("a.csv", b"", "found nothing"),
        ("a.csv", b"time,class\n1,\xff\n", "cannot be read as UTF-8 text"),
        ("a.csv", codecs.BOM_UTF16_LE + b"t", "cannot be read as UTF-16 text"),
        ("a.srt", b"nothing here", "holds no cue"),
        ("a.eaf", b"<file/>", "is <file>; expected ELAN's"),
        ("a.eaf", b"<ANNOTATION_DOCUMENT/>", "cannot be read as a file of ELAN's"),
        ("a.xml", b"<file><rows/></file>", "holds no <ALL_INSTANCES>"),
        ("a.xml", b"<file>", "cannot be read as XML"),
        ("a.xml", b'<?xml version="1.0" encoding="nonsense"?><file/>', "cannot be read as XML"),
        ("a.xml", b"<a>" * 70 + b"</a>" * 70, "more elements, or deeper ones"),
        ("a.json", b"[1", "not valid JSON"),
    ],
)
def test_what_is_refused(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_label_file(tmp_path / name, [])
    assert sentence in str(raised.value) and str(tmp_path / name) in str(raised.value)
    assert not isinstance(raised.value, NotLabels)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
BODY = "<file><ALL_INSTANCES><instance><start>1</start><code>&a;</code></instance></ALL_INSTANCES></file>"


@pytest.mark.parametrize("suffix", [".xml", ".eaf"])
@pytest.mark.parametrize("head", [BOMB, OUTSIDE, "<!DOCTYPE x>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_document_type_gets_in(tmp_path, suffix, head, encoding):
    path = tmp_path / f"a{suffix}"
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{head}{BODY}', encoding=encoding)
    with pytest.raises(InputError, match="has a document type"):
        read_label_file(path, [])


def test_a_large_xml_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.data.formats.plain_xml.MOST_BYTES", 10)
    (tmp_path / "a.xml").write_text(BODY.replace("&a;", "Throw"))
    with pytest.raises(InputError, match="expected at most"):
        read_label_file(tmp_path / "a.xml", [])


def test_instances_of_sportscode_begin_before_what_they_show(tmp_path):
    path = tmp_path / "derby.xml"
    instance = "<instance><ID>{}</ID><start>{}</start><end>20</end><code>{}</code>{}</instance>"
    label = "<label><group>Team</group><text>home</text></label><label><text>counter</text></label>"
    pixels = "<label><group>x</group><text>312</text></label><label><group>y</group><text>20</text></label>"
    parts = [instance.format(1, "10.25", " Throw ", label + pixels), instance.format(2, "x", "Throw", "")]
    parts += [instance.format(3, "11", "", "")]
    path.write_text(f"<file><ALL_INSTANCES>{''.join(parts)}</ALL_INSTANCES><ROWS/></file>", encoding="utf-16")
    problems = []
    (mark,) = read_label_file(path, problems, lead_sec=4.0)
    assert (mark.label, mark.seconds, mark.team, mark.xy) == ("Throw", 14.25, "home", None)
    assert problems == [
        f"{path}: instance 2.start is 'x'; expected seconds",
        f"{path}: instance 3 has no code; expected the name of a class",
    ]


def test_tiers_of_elan(tmp_path):
    """A tier a class, as some work; a tier that says something of another one's annotations; one without a time."""
    from pympi.Elan import Eaf

    file = Eaf(author="")
    file.remove_tier("default")
    for name in ("Throw", "events"):
        file.add_tier(name)
    file.add_annotation("Throw", 2000, 2500, "")
    file.add_annotation("events", 1000, 1500, "Block [HOME]")
    file.add_annotation("events", 3000, 3500, "")
    file.add_linguistic_type("said of it", "Symbolic_Association")
    file.add_tier("comment", ling="said of it", parent="events")
    file.add_ref_annotation("comment", "events", 1000, "late")
    file.to_file(tmp_path / "a.eaf")
    problems = []
    marks = read_label_file(tmp_path / "a.eaf", problems)
    assert [(m.label, m.seconds, m.team) for m in marks] == [("Block", 1.0, "home"), ("Throw", 2.0, None)]
    assert len(problems) == 1 and "tier 'events'" in problems[0] and "is empty" in problems[0]


def test_subtitles_with_tags_and_several_lines(tmp_path):
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:01:15,500 --> 00:01:16,000\n<i>Throw</i> [Left]\nBlock\n\n2\n00:02:00,000 --> 00:02:01,000\nPASS 0.83\n",
        encoding="utf-8-sig",
    )
    marks = read(path)
    assert [(m.label, m.seconds, m.team, m.scored) for m in marks] == [
        ("Throw", 75.5, "left", False),
        ("Block", 75.5, None, False),
        ("PASS", 120.0, None, True),
    ]


def test_json_that_is_something_else_and_json_of_a_model(tmp_path):
    write_json(tmp_path / "config.json", {"profile": "smoke"})
    with pytest.raises(NotLabels):
        read_label_file(tmp_path / "config.json", [])
    spot = {"gameTime": "1 - 0:12", "label": "PASS", "position": "12480", "half": "1", "confidence": "0.83"}
    write_json(tmp_path / "results_spotting.json", {"UrlLocal": "a/b/c", "predictions": [spot]})
    (mark,) = read(tmp_path / "results_spotting.json")
    assert mark == Mark("PASS", mark.where, 12.48, half=1, scored=True)
    label = {"gameTime": "2 - 0:12", "label": "PASS", "position": "12480", "team": "left", "visibility": "not shown"}
    write_json(tmp_path / "Labels-ball.json", {"annotations": [label, {"label": 3}]})
    problems = []
    (mark,) = read_label_file(tmp_path / "Labels-ball.json", problems)
    assert (mark.half, mark.team, mark.visible) == (2, "left", False)
    assert problems and all("annotations[1]" in problem for problem in problems)
