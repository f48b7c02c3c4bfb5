"""What every notebook must keep to, as functions that return a list of complaints, empty if there are none.

`test_notebooks.py` applies them to the notebooks of the course, `test_notebook_rules.py` to broken ones.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

Notebook = Mapping[str, Any]

CURRICULUM = (
    "00_matches_and_events",
    "01_scoring_spots",
    "02_regnety_baseline",
    "03_x3d",
    "04_tcn",
    "05_sgp",
    "06_encoder_decoder",
    "07_tpn",
    "08_rare_classes",
    "09_volleyball",
    "10_compare_experiments",
    "11_your_own_video",
    "x01_gated_shift",
    "x02_transformers",
    "x03_dense_anchors",
    "x04_displacement",
    "x05_refinement",
    "x06_scene_entities",
    "x07_actionformer",
    "x08_real_soccernet",
)
"""Every notebook that the course is to have; numbers of those that are not written yet stay free."""
HEADINGS = ("Objectives", "Time", "Check yourself", "Recap", "Exercises", "References")
MAX_CELLS = 60  # besides the set-up cell, which is the same everywhere
MAX_CODE_LINES = 250
MAX_CELL_LINES = 30
MAX_BYTES = 1_000_000
MAX_DIGITS = 8  # as many as a float32 has, about
CHECKED_CELLS = range(3, 9)  # about five
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<(?:img|a)\s[^>]*(?:src|href)=\"([^\"]+)\"")
MARKER = re.compile(r"NBVAL_|PYTEST_VALIDATE")


def source(cell: Mapping[str, Any]) -> str:
    """A cell's text; notebook files hold it as one string or as a list of lines."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def markdown(notebook: Notebook) -> str:
    """All markdown cells as one text."""
    return "\n\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def code_cells(notebook: Notebook) -> list[Mapping[str, Any]]:
    """The code cells that hold something."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and source(cell).strip()]


def headings(text: str) -> list[tuple[int, str]]:
    """(level, title) of the headings of a markdown text, those in code fences left out."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [(len(marks), title.strip()) for marks, title in re.findall(r"^(#+) +(.+)$", text, flags=re.M)]


def section(text: str, title: str) -> str:
    """What stands under the heading that begins with `title`, up to the next of the same or a higher level."""
    match = re.search(rf"^(#+) +{re.escape(title)}[^\n]*\n", text, flags=re.M)
    if not match:
        return ""
    rest = text[match.end() :]
    following = re.search(rf"^#{{1,{len(match[1])}}} ", rest, flags=re.M)
    return rest[: following.start()] if following else rest


def numbering(stems: Sequence[str]) -> list[str]:
    """Only notebooks of the curriculum, under their number there."""
    return [
        f"{stem}: is not in the curriculum, which has {', '.join(CURRICULUM)}"
        for stem in stems
        if stem not in CURRICULUM
    ]


def anatomy(notebook: Notebook) -> list[str]:
    """Title and a line or picture, then the parts that NOTEBOOKS asks for, in their order."""
    wrong = []
    text = markdown(notebook)
    found = headings(text)
    first = source(notebook["cells"][0]).strip() if notebook["cells"] else ""
    if not first.startswith("# ") or len(first.splitlines()) < 2:
        wrong.append("the first cell must be a title with a picture or a line of result under it")
    places = []
    for heading in HEADINGS:
        at = [index for index, (level, title) in enumerate(found) if level == 2 and title.startswith(heading)]
        if len(at) != 1:
            wrong.append(f"expected one heading '## {heading}', found {len(at)}")
        places += at
    if places != sorted(places):
        wrong.append(f"the headings must come in the order {', '.join(HEADINGS)}")
    bullets = re.findall(r"^\s*(?:[-*]|\d+\.) ", section(text, "Objectives"), flags=re.M)
    if not 3 <= len(bullets) <= 5:
        wrong.append(f"expected 3 to 5 objectives, found {len(bullets)}")
    for word in ("min", "read", "exercise", "smoke", "full"):
        if word not in section(text, "Time").lower():
            wrong.append(f"'Time' does not mention {word!r}")
    for word in ("easy", "medium", "open"):
        if word not in section(text, "Exercises").lower():
            wrong.append(f"'Exercises' has no {word} one")
    before_code = next((i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"), 0)
    if "builds on" not in markdown({"cells": notebook["cells"][:before_code]}).lower():
        wrong.append("before the set-up cell, say what the notebook builds on")
    return wrong


def section_minutes(notebook: Notebook) -> list[str]:
    """Numbered sections '## 1. Title (5 min)' from 1 on, each with its minutes."""
    numbered = [
        re.match(r"(\d+)\. .*?(\(.*\))?$", title) for level, title in headings(markdown(notebook)) if level == 2
    ]
    sections = [match for match in numbered if match]
    wrong = [f"section without minutes: {m[0]}" for m in sections if not re.search(r"\(\d+ min\)$", m[0])]
    if [int(match[1]) for match in sections] != list(range(1, len(sections) + 1)) or not sections:
        wrong.append(f"sections must be numbered from 1: {[match[1] for match in sections]}")
    return wrong


def length(notebook: Notebook) -> list[str]:
    """At most 60 cells and 250 lines of code besides the set-up cell, no cell of more than 30."""
    lines = [sum(bool(line.strip()) for line in source(cell).splitlines()) for cell in code_cells(notebook)[1:]]
    wrong = []
    if len(notebook["cells"]) - 1 > MAX_CELLS:
        wrong.append(f"{len(notebook['cells']) - 1} cells besides the set-up cell, at most {MAX_CELLS}")
    if sum(lines) > MAX_CODE_LINES:
        wrong.append(f"{sum(lines)} lines of code, at most {MAX_CODE_LINES}")
    wrong += [
        f"code cell {i} has {n} lines, at most {MAX_CELL_LINES}" for i, n in enumerate(lines, 2) if n > MAX_CELL_LINES
    ]
    return wrong


def outputs(notebook: Notebook) -> list[str]:
    """One clean run: counts 1..N, no errors, nothing on standard error, pictures as PNG, no machine's paths."""
    wrong = []
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        wrong.append(f"execution counts are {counts}, expected 1 to {len(counts)}")
    for cell in code_cells(notebook):
        number = cell.get("execution_count")
        for output in cell["outputs"]:
            data = output.get("data", {})
            if output["output_type"] == "error":
                wrong.append(f"cell [{number}] raised {output.get('ename')}")
            if output.get("name") == "stderr":
                wrong.append(f"cell [{number}] wrote to standard error: {''.join(output['text'])[:80]!r}")
            if "image/svg+xml" in data:
                wrong.append(f"cell [{number}] shows an SVG; figures are PNG")
            if "application/vnd.jupyter.widget-view+json" in data and not shows_picture(cell):
                wrong.append(f"cell [{number}] shows a widget without a PNG beside it")
            if "application/vnd.jupyter.widget-view+json" in data and "image/png" in data:
                wrong.append(
                    f"cell [{number}] keeps a live view beside its picture; `make notebooks` keeps the picture"
                )
            if re.search(
                r"(?<![\w.])/(?:home|root|tmp|Users)/", str(output.get("text", "")) + str(data.get("text/plain", ""))
            ):
                wrong.append(f"cell [{number}] prints a path of the machine it ran on")
    return wrong


def shows_picture(cell: Mapping[str, Any]) -> bool:
    """Whether the cell has a PNG among its outputs."""
    return any("image/png" in output.get("data", {}) for output in cell["outputs"])


def metadata(notebook: Notebook) -> list[str]:
    """No widget state, which makes GitHub show 'Invalid Notebook'; tags in lower case; markers alone on their line."""
    wrong = ["widget state is saved in metadata.widgets"] if "widgets" in notebook["metadata"] else []
    for cell in notebook["cells"]:
        tags = cell.get("metadata", {}).get("tags", [])
        wrong += [f"tag {tag!r} must be in lower case" for tag in tags if tag != tag.lower()]
        if "smoke-output" in tags and "nbval-check-output" not in tags:
            wrong.append("smoke-output says when an output is compared, so nbval-check-output must stand beside it")
        for line in source(cell).splitlines():
            if cell["cell_type"] == "code" and MARKER.search(line) and not re.fullmatch(r"#\s*[A-Z_]+", line.strip()):
                wrong.append(f"a marker comment must stand alone on its line: {line.strip()!r}")
    return wrong


def compared_cells(notebook: Notebook) -> list[str]:
    """About five cells whose printed output the tests compare."""
    tagged = [c for c in code_cells(notebook) if "nbval-check-output" in c.get("metadata", {}).get("tags", [])]
    wrong = [
        f"cell [{c['execution_count']}] is tagged nbval-check-output but prints nothing"
        for c in tagged
        if not c["outputs"]
    ]
    if len(tagged) not in CHECKED_CELLS:
        wrong.append(f"{len(tagged)} cells are tagged nbval-check-output; expected about five")
    return wrong


def compared_digits(notebook: Notebook) -> list[str]:
    """No compared output holds a number of more than eight digits: the last ones differ between processors.

    A rounding error that is shown on purpose (28.999999999999996) is the same everywhere, and no complaint.
    """
    wrong = []
    for cell in code_cells(notebook):
        if "nbval-check-output" not in cell.get("metadata", {}).get("tags", []):
            continue
        for output in cell["outputs"]:
            text = "".join(output.get("text") or output.get("data", {}).get("text/plain") or "")
            for number in re.findall(r"\d+\.\d+", text):
                digits = len(number.replace(".", "").lstrip("0"))
                if digits > MAX_DIGITS and abs(float(number) - float(f"{float(number):.{MAX_DIGITS}g}")) > 1e-12:
                    wrong.append(f"cell [{cell['execution_count']}] compares the {digits} digits of {number}")
    return wrong


def broken_links(text: str, folder: Path) -> list[str]:
    """Links and pictures of a markdown text that point to no file, read from `folder`."""
    wrong = []
    for groups in LINK.findall(text):
        target = (groups[0] or groups[1]).split("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (folder / target).exists():
            wrong.append(f"link to {target}, which does not exist")
    return wrong


def neighbours(stem: str, stems: Sequence[str]) -> list[str]:
    """The file names that the last cell of this notebook must link: the one before and the one after."""
    row = sorted(other for other in stems if other.startswith("x") == stem.startswith("x"))
    at = row.index(stem)
    return [f"{other}.ipynb" for other in row[max(at - 1, 0) : at] + row[at + 1 : at + 2]]


def definitions(notebook: Notebook) -> set[str]:
    """Names of the functions and classes defined at the top level of code cells."""
    names = set()
    for cell in code_cells(notebook):
        tree = ast.parse(TransformerManager().transform_cell(source(cell)))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        names |= {node.name for node in tree.body if isinstance(node, kinds)}
    return names


def defined_twice(notebooks: Mapping[str, Notebook]) -> list[str]:
    """Functions and classes that more than one notebook defines."""
    where = defaultdict(list)
    for stem, notebook in notebooks.items():
        for name in definitions(notebook):
            where[name].append(stem)
    return [f"{name} is defined in {' and '.join(sorted(at))}" for name, at in sorted(where.items()) if len(at) > 1]


def check_calls(notebook: Notebook) -> dict[str, list[str]]:
    """Exercise checks that the notebook calls, with the text that each calling cell printed."""
    calls: dict[str, list[str]] = {}
    for cell in code_cells(notebook):
        printed = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
        for name in re.findall(r"\bchecks\.(\w+)\(", source(cell)):
            calls.setdefault(name, []).append(printed)
    return calls


def unsolved(solution: Notebook, lesson: Notebook) -> list[str]:
    """Checks of the lesson that its solution notebook does not call, or that do not print `ok` there."""
    calls = check_calls(solution)
    wrong = [f"checks.{name} is not called" for name in sorted(set(check_calls(lesson)) - set(calls))]
    for cell in code_cells(solution):
        expected = len(re.findall(r"\bchecks\.(\w+)\(", source(cell)))
        printed = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
        if printed.splitlines().count("ok") < expected or "not yet" in printed:
            wrong.append(f"cell [{cell['execution_count']}] does not print ok for each check: {printed!r}")
    return wrong
