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


def test_writes_and_checks_the_tables_of_a_page(folder, capsys):
    page = folder / "page.md"
    page.write_text("before\n<!-- results: systems ball smoke -->\n| old |\n<!-- /results -->\nafter\n")
    words = ["results", "--records", str(folder), "--readme", str(page)]
    old = page.read_bytes()
    assert main([*words, "--check"]) == 1 and page.read_bytes() == old
    told = capsys.readouterr().out.splitlines()
    assert "-| old |" in told and any(line.startswith("+| `x3d_s+ed` |") for line in told)
    assert main(words) == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- results") and text.endswith("-->\nafter\n") and "old" not in text
    assert main([*words, "--check"]) == 0
    assert "are what the records give" in capsys.readouterr().out


def test_a_page_that_cannot_be_made_stays_as_it_was(folder, capsys):
    page = folder / "page.md"
    page.write_text("<!-- results: systems ball smoke --><!-- /results -->\n<!-- results: systems ball full -->")
    old = page.read_bytes()
    assert main(["results", "--records", str(folder), "--readme", str(page)]) == 2
    assert "has no end" in capsys.readouterr().err and page.read_bytes() == old
    assert main(["results", "--readme", str(folder / "nowhere.md")]) == 2
    assert main(["results", "--check"]) == 2
    assert "--check needs --readme" in capsys.readouterr().err
