"""Whose file it is, in a shared folder and in what Moodle and Canvas give."""

import os

import pytest

from course_lib.challenge.names import own_names, pseudonyms
from course_lib.challenge.submissions import find_submissions, printable
from course_lib.files import InputError


def touch(root, name, when=0, content=b"x"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_700_000_000 + when, 1_700_000_000 + when))
    return path


@pytest.mark.parametrize(
    ("file", "team", "name"),
    [
        ("Blue Team.zip", "team Blue Team", "Blue Team"),
        ("Blue Team/second try.zip", "team Blue Team", "Blue Team"),
        ("Blue Team/deep/er/x.ZIP", "team Blue Team", "Blue Team"),
        ("red.v2.zip", "team red.v2", "red.v2"),
        # Moodle: with folders (before 4.0 their names end in _), without, groups, the default group, blind marking
        ("Ada Lovelace_123_assignsubmission_file_/mine.zip", "moodle 123", "Ada Lovelace"),
        ("Ada Lovelace_123_assignsubmission_file/sub/mine.zip", "moodle 123", "Ada Lovelace"),
        ("Ada Lovelace_123_assignsubmission_file_my_spots_2.zip", "moodle 123", "Ada Lovelace"),
        ("Group 7_45_assignsubmission_file/mine.zip", "moodle 45", "Group 7"),
        ("Default group_assignsubmission_file/mine.zip", "moodle Default group", "Default group"),
        ("Participant_987_assignsubmission_file_/x.zip", "moodle 987", "Participant"),
        # Canvas: on time, late, a second try, a name with a number, anonymous
        ("lovelaceada_45_678_mine.zip", "canvas 45", "lovelaceada"),
        ("lovelaceada_LATE_45_678_mine-1.zip", "canvas 45", "lovelaceada"),
        ("lovelace_ada_45_678_my_1_2_x.zip", "canvas 45", "lovelace_ada"),
        ("anon_Ab3dE_678_mine.zip", "canvas Ab3dE", "anon Ab3dE"),
        ("LATE_anon_Ab3dE_678_mine.zip", "canvas Ab3dE", "anon Ab3dE"),
        # within a team's folder a name is only a name
        ("Blue Team/x_1_2_y.zip", "team Blue Team", "Blue Team"),
    ],
)
def test_whose_it_is(tmp_path, file, team, name):
    touch(tmp_path, file)
    (found,) = find_submissions(tmp_path)
    assert (found.team, found.name, found.shown, found.wrong) == (team, name, file, "")


def test_the_oldest_comes_first_and_of_one_moment_by_number(tmp_path):
    for name, when in (("b/10.zip", 5), ("b/9.zip", 5), ("a.zip", 9), ("c.zip", 1)):
        touch(tmp_path, name, when)
    found = find_submissions(tmp_path)
    assert [one.shown for one in found] == ["c.zip", "b/9.zip", "b/10.zip", "a.zip"]
    assert found[0].changed == "2023-11-14T22:13:21+00:00"


def test_one_team_whatever_its_letters_are_made_of(tmp_path):
    touch(tmp_path, "Cafe\u0301/1.zip")
    touch(tmp_path, "Caf\u00e9.zip")
    assert {one.team for one in find_submissions(tmp_path)} == {"team Caf\u00e9"}


def test_what_is_no_submission(tmp_path):
    for name in (".hidden.zip", "__MACOSX/x.zip", ".DS_Store", "a/.git/x.zip"):
        touch(tmp_path, name)
    assert find_submissions(tmp_path) == []
    touch(tmp_path, "notes.pdf")
    touch(tmp_path, "Ada_1_assignsubmission_onlinetext_/onlinetext.html")
    text, note = find_submissions(tmp_path)
    assert text.team == "moodle 1" and "is no zip" in text.wrong and "is no zip" in note.wrong
    (tmp_path / "far").symlink_to("/")
    linked = next(one for one in find_submissions(tmp_path) if one.shown == "far")
    assert "is a link" in linked.wrong
    with pytest.raises(InputError, match="nowhere: no such folder"):
        find_submissions(tmp_path / "nowhere")


def test_what_is_huge_is_not_even_read(tmp_path):
    path = touch(tmp_path, "a.zip")
    os.truncate(path, 1 << 40)  # a file of nothing, which takes no room
    (found,) = find_submissions(tmp_path)
    assert "is larger than 256 MB" in found.wrong


def test_printable():
    assert printable("a\x1b[2Jb\u202ec\ud800") == "a\ufffd[2Jb\ufffdc\ufffd"
    assert printable("x" * 100) == "x" * 59 + "…"


def test_teams_of_one_name_are_told_apart():
    assert own_names({"moodle 1": "Ann", "moodle 2": "Ann", "team x": "x"}) == {
        "moodle 1": "Ann (moodle 1)", "moodle 2": "Ann (moodle 2)", "team x": "x",
    }  # fmt: skip


def test_pseudonyms_are_drawn_once_and_never_twice(tmp_path):
    path = tmp_path / "who.json"
    teams = {f"team {number}": f"{number}" for number in range(600)}
    shown = pseudonyms(path, teams)
    assert len(set(shown.values())) == 600 and pseudonyms(path, teams) == shown
    more = pseudonyms(path, teams | {"team new": "new"})
    assert more.pop("team new") not in shown.values() and more == shown
    path.unlink()
    assert pseudonyms(path, teams) != shown  # by chance, not from the name
    for text in ("[]", '{"a": 3}', '{"a": {"shown as": ""}}'):
        path.write_text(text)
        with pytest.raises(InputError, match="who.json: expected"):
            pseudonyms(path, teams)
