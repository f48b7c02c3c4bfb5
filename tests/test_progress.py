"""progress: every item passes, bar or no bar."""

import sys

import pytest

from course_lib.progress import progress_bar


@pytest.fixture(autouse=True)
def _nobody_has_refused_bars(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)


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


def test_a_bar_without_an_iterable_is_moved_by_hand(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar(None, "preparing", total=4, unit="frame") as bar:
        bar.update(4)
        assert (bar.n, bar.unit) == (4, "frame")
    assert "preparing" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "shown"), [("1", False), ("0", True), ("", True)])
def test_the_environment_can_refuse_bars_also_after_tqdm_was_imported(capsys, monkeypatch, value, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TQDM_DISABLE", value)
    assert list(progress_bar("ab", "reading")) == ["a", "b"]
    assert ("reading" in capsys.readouterr().err) == shown
