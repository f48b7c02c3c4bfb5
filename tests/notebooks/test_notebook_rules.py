"""The rules for notebooks and decks: a good one has no complaints, and every way of breaking it is noticed."""

import copy

import deck_rules
import notebook_rules as rules
import pytest


def _md(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text, count, *outputs, tags=()):
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": text.splitlines(keepends=True),  # a list, as files have it
        "execution_count": count,
        "outputs": list(outputs),
    }


def _stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": [text]}


TIME = "10 min reading, 5 min exercises; smoke 10 s, full 1 s"
EXERCISE = "def score(x):\n    return x\n\n# NBVAL_IGNORE_OUTPUT\nchecks.score(score)"


def _good():
    checked = [_code(f"print({n})", n + 2, _stream(f"{n}\n"), tags=["nbval-check-output"]) for n in range(5)]
    return {
        "metadata": {"kernelspec": {"name": "python3"}},
        "cells": [
            _md("# Toy\n\nThe detector finds 3 of 4."),
            _md("## Objectives\n\n- count\n- match\n- plot\n\n## Time\n\n" + TIME),
            _md("Builds on [the one before](00_first.ipynb)."),
            _code("%matplotlib inline\nimport course_lib", 1),
            _md("## 1. Look (5 min)\n\n### Detail\n\n```\n## 7. not a heading\n```"),
            *checked,
            _md("## 2. Score (4 min)"),
            _code(EXERCISE, 7, _stream("not yet: score\n")),
            _md("## Check yourself (2 min)\n\nWhy?"),
            _md("## Recap\n\n- It counts."),
            _md("## Exercises\n\n### Easy\n\n### Medium\n\n### Open"),
            _md("## References\n\n- [a paper](https://example.org/a)\n\n[previous](00_first.ipynb)"),
        ],
    }


def _find(notebook, start):
    return next(cell for cell in notebook["cells"] if rules.source(cell).startswith(start))


ALL_RULES = (
    rules.anatomy,
    rules.section_minutes,
    rules.length,
    rules.outputs,
    rules.metadata,
    rules.compared_cells,
    rules.compared_digits,
)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_passes(rule):
    assert rule(_good()) == []


def _set(start, key, value):
    def change(notebook):
        _find(notebook, start)[key] = value

    return change


def _replace(start, old, new):
    def change(notebook):
        cell = _find(notebook, start)
        assert old in rules.source(cell)
        cell["source"] = rules.source(cell).replace(old, new)

    return change


def _output(data):
    return [{"output_type": "display_data", "data": data, "metadata": {}}]


BROKEN = [
    (rules.anatomy, _replace("# Toy", "\n\nThe detector finds 3 of 4.", ""), "first cell"),
    (rules.anatomy, _replace("## Recap", "Recap", "Summary"), "'## Recap', found 0"),
    (rules.anatomy, _replace("## Objectives", "- count\n- match", "- count"), "found 2"),
    (rules.anatomy, _replace("## Objectives", "full", "large"), "'full'"),
    (rules.anatomy, _replace("## Exercises", "### Open", "### Last"), "no open one"),
    (rules.anatomy, _replace("Builds on", "Builds on", "See"), "builds on"),
    (rules.anatomy, lambda n: n["cells"].insert(1, n["cells"].pop(-2)), "order"),
    (rules.section_minutes, _replace("## 2.", " (4 min)", ""), "without minutes"),
    (rules.section_minutes, _replace("## 2.", "2.", "3."), "from 1"),
    (rules.length, lambda n: n["cells"].extend([_md("x")] * 50), "at most 60"),
    (rules.length, lambda n: n["cells"].extend([_code("x = 1\n" * 30, 9)] * 9), "at most 250"),
    (rules.length, _set("def score", "source", "x = 1\n" * 31), "31 lines"),
    (rules.outputs, _set("def score", "execution_count", 8), "expected 1 to 7"),
    (rules.outputs, _set("def score", "execution_count", None), "expected 1 to 7"),
    (rules.outputs, _set("def score", "outputs", [{"output_type": "error", "ename": "KeyError"}]), "KeyError"),
    (rules.outputs, _set("def score", "outputs", [_stream("oh", "stderr")]), "standard error"),
    (rules.outputs, _set("def score", "outputs", _output({"image/svg+xml": "<svg/>"})), "SVG"),
    (rules.outputs, _set("def score", "outputs", _output({"application/vnd.jupyter.widget-view+json": {}})), "widget"),
    (
        rules.outputs,
        _set("def score", "outputs", _output({"application/vnd.jupyter.widget-view+json": {}, "image/png": ""})),
        "live view beside its picture",
    ),
    (rules.outputs, _set("def score", "outputs", [_stream("see /home/me/x.mp4")]), "path of the machine"),
    (rules.metadata, lambda n: n["metadata"].update(widgets={}), "widget state"),
    (rules.metadata, _set("def score", "metadata", {"tags": ["NBVAL_SKIP"]}), "lower case"),
    (rules.metadata, _set("def score", "metadata", {"tags": ["smoke-output"]}), "must stand beside it"),
    (rules.metadata, _replace("def score", "return x", "return x  # NBVAL_SKIP"), "alone"),
    (rules.compared_cells, lambda n: n["cells"].__delitem__(slice(5, 8)), "2 cells"),
    (rules.compared_cells, _set("print(0)", "outputs", []), "prints nothing"),
    (rules.compared_digits, _set("print(0)", "outputs", [_stream("xy: [0.6706571309969699]")]), "16 digits of 0.67"),
    (rules.compared_digits, _set("print(0)", "outputs", _output({"text/plain": "123.4567891"})), "10 digits of 123"),
]


@pytest.mark.parametrize(("rule", "change", "complaint"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_notebook_is_noticed(rule, change, complaint):
    notebook = copy.deepcopy(_good())
    change(notebook)
    assert any(complaint in text for text in rule(notebook)), rule(notebook)


def test_a_widget_with_a_picture_is_fine():
    both = _output({"application/vnd.jupyter.widget-view+json": {}}) + _output({"image/png": ""})
    notebook = _good()
    _find(notebook, "def score")["outputs"] = both
    assert rules.outputs(notebook) == []


def test_a_rounding_error_may_be_shown_with_all_its_digits():
    notebook = _good()
    _find(notebook, "print(0)")["outputs"] = [_stream("28.999999999999996 12,345,678,901 1234.5678\n")]
    assert rules.compared_digits(notebook) == []


def test_numbering():
    assert (
        rules.numbering([]) == rules.numbering(["00_matches_and_events", "09_volleyball", "x08_real_soccernet"]) == []
    )
    for wrong in ("00_a", "08_volleyball", "x09_volleyball", "Untitled"):
        (complaint,) = rules.numbering(["03_x3d", wrong])
        assert complaint.startswith(f"{wrong}: is not in the curriculum")


def test_neighbours():
    stems = ["00_a", "01_b", "02_c", "x01_d"]
    assert rules.neighbours("00_a", stems) == ["01_b.ipynb"]
    assert rules.neighbours("01_b", stems) == ["00_a.ipynb", "02_c.ipynb"]
    assert rules.neighbours("x01_d", stems) == []


def test_names_defined_twice():
    one = {"cells": [_code("%time\nclass A:\n    def f(self): ...\n\ndef g(): ...", 1)]}
    two = {"cells": [_code("!ls\nasync def g():\n    def f(): ...", 1)]}
    assert rules.definitions(one) == {"A", "g"}
    assert rules.defined_twice({"00_a": one, "01_b": two}) == ["g is defined in 00_a and 01_b"]
    assert rules.defined_twice({"00_a": one}) == []


def test_links(tmp_path):
    (tmp_path / "a.png").touch()
    good = 'see ![](a.png), [b](a.png#part), [c](https://example.org), [d](#here), <img src="a.png" width="3">'
    assert rules.broken_links(good, tmp_path) == []
    assert len(rules.broken_links('![](b.png) [x](y/z.ipynb "title") <img width="3" src="c.png">', tmp_path)) == 3


def test_solutions():
    lesson = _good()
    solved = {"cells": [_code("checks.score(score)", 1, _stream("ok\n"))]}
    assert rules.unsolved(solved, lesson) == []
    assert rules.unsolved({"cells": []}, lesson) == ["checks.score is not called"]
    for printed in ("not yet: score\n", "", "ok then\n"):
        complaints = rules.unsolved({"cells": [_code("checks.score(score)", 1, _stream(printed))]}, lesson)
        assert len(complaints) == 1 and "does not print ok" in complaints[0]
    twice = {"cells": [_code("checks.score(score)\nchecks.other(score)", 1, _stream("ok\n"))]}
    assert len(rules.unsolved(twice, lesson)) == 1


def _deck(
    slides=12, text="three short words", note="2 min. Misconception: none.", last="[Open it](../01_b.ipynb). Why?"
):
    pages = [f"# Slide {n}\n\n{text}\n\n<!-- {note} -->\n" for n in range(slides - 1)]
    return "---\nmarp: true\ntheme: default\n---\n\n" + "\n---\n\n".join(
        [*pages, f"# End\n\n{last}\n\n<!-- 1 min -->\n"]
    )


def test_decks(tmp_path):
    (tmp_path / "deck").mkdir()
    (tmp_path / "01_b.ipynb").touch()
    (tmp_path / "deck" / "f.png").touch()

    def complaints(*arguments, **options):
        return deck_rules.deck(_deck(*arguments, **options), tmp_path / "deck", "01_b.ipynb")

    assert complaints() == []
    assert (
        complaints(text="![](f.png)\n\n" + "word " * 25 + "\n\n```python\na b c d\n```\n\n<!-- _class: lead -->") == []
    )
    assert "11 slides" in complaints(11)[0]
    assert "21 slides" in complaints(21)[0]
    assert "slide 1 has 26 words" in complaints(text="word " * 26)[0]
    assert "2 figures" in complaints(text="![](f.png) ![](f.png)")[0]
    assert "g.png, which does not exist" in complaints(text="![w:900](g.png)")[0]
    assert "slide 1 has no notes" in complaints(note="Misconception: none.")[0]
    assert "misconception" in complaints(note="2 min")[0]
    assert "must link" in complaints(last="Why?")[0]
    assert "ask a question" in complaints(last="[Open it](../01_b.ipynb).")[0]
    assert "marp" in deck_rules.deck(_deck().replace("marp: true\n", ""), tmp_path / "deck", "01_b.ipynb")[0]


def test_words_of_a_slide():
    assert deck_rules.words("# Heading here\n\n- one **two** [three](x.md)\n- `four` 5.5 % of x_y") == 7
    assert deck_rules.notes("<!-- _class: lead -->\n<!-- 3 min: say it -->").strip() == "3 min: say it"
