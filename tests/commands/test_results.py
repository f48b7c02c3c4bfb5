"""The command results: the tables of what was recorded."""

import pytest
from toy_records import write_toy_records

from course_lib.__main__ import main


@pytest.fixture
def folder(tmp_path):
    return write_toy_records(tmp_path)


def test_prints_what_is_recorded(folder, capsys):
    assert main(["results", "--records", str(folder), "--profile", "smoke"]) == 0
    text = capsys.readouterr().out
    assert text.index("x3d_s+ed") < text.index("x3d_s+fc") < text.index("tiny3d+fc") < text.index("chance")
    assert max(map(len, text.splitlines())) < 130
    assert main(["results", "--records", str(folder), "--markdown"]) == 0
    assert "| system | parameters (M) |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"), [(["--profile", "full"], "holds no record of a training"), ([], "no such folder of records")]
)
def test_what_it_refuses(folder, words, sentence, capsys):
    assert main(["results", "--records", str(folder if words else folder / "nowhere"), *words]) == 2
    assert sentence in capsys.readouterr().err
