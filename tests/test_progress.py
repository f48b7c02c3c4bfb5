"""progress: every item passes, bar or no bar."""

import sys

from course_lib.progress import progress_bar


def test_where_nobody_watches_there_is_no_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    bar = progress_bar(range(3), "counting")
    bar.set_postfix(loss="0.1")
    assert list(bar) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_in_a_terminal_there_is_one_unless_unwanted(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(progress_bar(iter("ab"), "reading", total=2)) == ["a", "b"]
    assert "reading" in capsys.readouterr().err
    assert list(progress_bar(iter("ab"), "reading", show=False)) == ["a", "b"]
    assert capsys.readouterr().err == ""
