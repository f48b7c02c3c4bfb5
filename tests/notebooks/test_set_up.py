"""The set-up cell: one text, which finds the course from wherever it is run, and makes failed commands failed cells."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import notebook_rules as rules
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "notebooks").rglob("*.ipynb"))
NOTEBOOKS = {path.relative_to(ROOT / "notebooks"): json.loads(path.read_text("utf-8")) for path in FILES}
SET_UP = rules.source(rules.code_cells(NOTEBOOKS[Path("00_matches_and_events.ipynb")])[0])
SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
cells = json.loads(sys.stdin.read())
told = {cell: shell.run_cell(cell, store_history=False).success for cell in cells}
import os, course_lib
print(json.dumps([told, os.getcwd(), course_lib.__file__]))
"""


def ran(cells, folder, clone=ROOT):
    """Which cells went well, then the working folder and the library that they worked with."""
    environment = os.environ | {"PYTHONPATH": str(clone)}  # as an editable installation has it
    done = subprocess.run(
        [sys.executable, "-c", SHELL], input=json.dumps(cells), cwd=folder, env=environment,
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def spaced(tmp_path):
    """Another clone, under a path with spaces."""
    clone = tmp_path / "my sports" / "a course"
    shutil.copytree(ROOT / "course_lib", clone / "course_lib", ignore=shutil.ignore_patterns("weights", "__pycache__"))
    (clone / "notebooks" / "solutions").mkdir(parents=True)
    return clone


def test_it_is_one_text_in_all_notebooks_and_solutions():
    others = [path for path, notebook in NOTEBOOKS.items() if rules.source(rules.code_cells(notebook)[0]) != SET_UP]
    assert len(NOTEBOOKS) > 20 and others == []


@pytest.mark.parametrize("folder", [".", "notebooks/solutions", "elsewhere"])
def test_it_finds_the_course_from_wherever_it_is_run(tmp_path, folder):
    """VS Code may start in the folder that was opened, Jupyter in the notebook's, papermill where it was called."""
    place = tmp_path if folder == "elsewhere" else ROOT / folder
    told, here, library = ran([SET_UP], place)
    assert told == {SET_UP: True}
    assert (Path(here), Path(library).parent) == (ROOT / "notebooks", ROOT / "course_lib")


def test_it_takes_the_course_that_it_lies_in_and_a_failed_command_is_a_failed_cell(spaced):
    (spaced / "notebooks" / "refuses.py").write_text("import sys\nprint(len(sys.argv))\nsys.exit(2)\n")
    (spaced / "notebooks" / "breaks.py").write_text("1 / 0\n")
    (spaced / "notebooks" / "works.py").write_text("import sys\nsys.exit(0)\n")
    expected = {
        SET_UP: True,
        "!exit 3": False,
        f"{SET_UP}\n": True,  # once more
        f"!{sys.executable} -c 'import nothing_of_the_kind'": False,
        f"!{sys.executable} -c 'print(5)'": True,
        "%run refuses.py --size quick": False,
        "%run breaks.py": False,
        "%run works.py": True,
        "lines = !exit 3": True,  # what is captured is for the cell to judge
    }
    told, here, library = ran(list(expected), spaced / "notebooks" / "solutions")
    assert told == expected
    assert (Path(here), Path(library).parent) == (spaced / "notebooks", spaced / "course_lib")


def test_a_kernel_stops_there(spaced):
    cells = [nbformat.v4.new_code_cell(source) for source in (SET_UP, "!exit 3", "went_on = True")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, timeout=300, startup_timeout=300, resources={"metadata": {"path": str(spaced)}})
    with pytest.raises(CellExecutionError, match="returned non-zero exit status 3"):
        asyncio.run(client.async_execute())  # `execute` leaves its event loop open, which a later test would be told of
    assert notebook.cells[0].execution_count == 1 and notebook.cells[2].execution_count is None


def test_a_library_without_its_notebooks_says_so(spaced):
    shutil.rmtree(spaced / "notebooks")
    assert ran([SET_UP], spaced, spaced)[0] == {SET_UP: False}
