"""Every notebook, solution and deck keeps to the rules. Running them is the job of `pytest --nbval-lax`."""

import json
import tomllib
from pathlib import Path

import deck_rules
import notebook_rules as rules
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = NOTEBOOKS / "solutions"
DECKS = ROOT / "slides"

LESSONS = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
SOLVED = {path.stem: path for path in sorted(SOLUTIONS.glob("*.ipynb"))}
EVERY = [*LESSONS.values(), *SOLVED.values()]

lessons = pytest.mark.parametrize("stem", LESSONS)
every_notebook = pytest.mark.parametrize(
    "path", EVERY, ids=lambda path: str(path.relative_to(NOTEBOOKS).with_suffix(""))
)


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def _none(complaints):
    assert not complaints, "\n" + "\n".join(complaints)


def test_numbering():
    _none(rules.numbering(list(LESSONS)))


def test_every_solution_and_deck_has_its_notebook():
    decks = {path.stem for path in DECKS.glob("*.md")} - {"README"}
    assert set(SOLVED) <= set(LESSONS)
    assert decks <= set(LESSONS)


def test_no_name_is_defined_in_two_notebooks():
    _none(rules.defined_twice({stem: _read(path) for stem, path in LESSONS.items()}))


@lessons
def test_anatomy(stem):
    _none(rules.anatomy(_read(LESSONS[stem])))


@lessons
def test_sections_are_numbered_and_have_minutes(stem):
    _none(rules.section_minutes(_read(LESSONS[stem])))


@lessons
def test_previous_and_next_are_linked_at_the_end(stem):
    last = rules.source(_read(LESSONS[stem])["cells"][-1])
    missing = [name for name in rules.neighbours(stem, list(LESSONS)) if f"]({name})" not in last]
    assert not missing, f"the last cell does not link {missing}"


@lessons
def test_length(stem):
    _none(rules.length(_read(LESSONS[stem])))


@lessons
def test_about_five_cells_are_compared(stem):
    _none(rules.compared_cells(_read(LESSONS[stem])))


@lessons
def test_solution(stem):
    assert stem in SOLVED, f"there is no notebooks/solutions/{stem}.ipynb"
    _none(rules.unsolved(_read(SOLVED[stem]), _read(LESSONS[stem])))


@lessons
def test_deck(stem):
    path = DECKS / f"{stem}.md"
    assert path.is_file(), f"there is no slides/{stem}.md"
    _none(deck_rules.deck(path.read_text(encoding="utf-8"), DECKS, f"{stem}.ipynb"))


@lessons
def test_colab_badge_only_with_a_public_address(stem):
    public = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("urls")
    assert public or "colab.research.google.com" not in rules.markdown(_read(LESSONS[stem]))


@every_notebook
def test_size(path):
    assert path.stat().st_size < rules.MAX_BYTES


@every_notebook
def test_outputs(path):
    _none(rules.outputs(_read(path)))


@every_notebook
def test_compared_numbers_are_short(path):
    _none(rules.compared_digits(_read(path)))


@every_notebook
def test_metadata(path):
    _none(rules.metadata(_read(path)))


@every_notebook
def test_links(path):
    _none(rules.broken_links(rules.markdown(_read(path)), path.parent))
