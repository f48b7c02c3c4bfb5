"""Notebooks with widgets where no kernel runs: a page shows the pictures, and the file keeps no state."""

import base64
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from toy_run import toy_dataset, toy_run

from course_lib.widgets.static import WIDGET_VIEW, KeepPictures

CELLS = (
    "from course_lib.data.datasets import load_dataset\n"
    "from course_lib.widgets import clip_scrubber, error_browser, run_explorer\n"
    "dataset = load_dataset('data')\n"
    "%matplotlib inline",
    "clip_scrubber(dataset.test[0], length_sec=4)",
    "run_explorer(['run'], dataset)",
    "error_browser('run', dataset)",
    "clip_scrubber('missing.mp4')",
)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook, run from top to bottom."""
    root = tmp_path_factory.mktemp("notebook")
    toy_run(root / "run", toy_dataset(root / "data"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    client = NotebookClient(
        notebook, timeout=300, startup_timeout=300, kernel_name="python3", resources={"metadata": {"path": str(root)}},
        store_widget_state=False,
    )  # fmt: skip
    return client.execute()


def pngs(notebook):
    return [output["data"]["image/png"] for cell in notebook.cells[1:] for output in cell.outputs]


def test_each_display_is_one_output_with_both(executed):
    assert executed.cells[0].outputs == []
    for cell in executed.cells[1:]:
        (output,) = cell.outputs
        assert {WIDGET_VIEW, "image/png", "text/plain"} == set(output["data"])
    assert "widgets" not in executed.metadata
    assert executed.cells[4].outputs[0]["data"]["text/plain"] == "Clip scrubber: missing.mp4: no such video file"


def test_a_page_without_a_kernel_shows_the_pictures(executed):
    body, _ = HTMLExporter().from_notebook_node(executed)
    embedded = re.findall(r'<img[^>]*src="data:image/png;base64,([^"]+)"', body)
    assert [base64.b64decode(text) for text in embedded] == [base64.b64decode(text) for text in pngs(executed)]
    assert len(embedded) == 4 and WIDGET_VIEW not in body


def test_a_kept_notebook_holds_pictures_alone(executed):
    notebook = nbformat.from_dict(executed)
    notebook.metadata["widgets"] = {"state": {}}
    before = pngs(notebook)
    text = nbformat.v4.new_output("display_data", {WIDGET_VIEW: {"model_id": "x"}, "text/plain": "a bar of progress"})
    notebook.cells[0].outputs = [text]
    kept, _ = KeepPictures().preprocess(notebook, {})
    assert "widgets" not in kept.metadata and pngs(kept) == before
    assert all(WIDGET_VIEW not in output["data"] for cell in kept.cells[1:] for output in cell.outputs)
    assert WIDGET_VIEW in kept.cells[0].outputs[0]["data"]  # without a picture the view is all there is
    nbformat.validate(kept)
