"""Notebooks that are kept: of an output with a picture, only the picture stays.

A saved notebook holds no widget state, so JupyterLab would show "model not found" where a tool was displayed, until the
cell is run again. With the live view taken out it shows the picture, as GitHub does. Name it to nbconvert:

    jupyter nbconvert --to notebook --execute --inplace \\
        --NotebookExporter.preprocessors=course_lib.widgets.static.KeepPictures notebook.ipynb

Introduced in notebook 10.
"""

from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

__all__ = ["WIDGET_VIEW", "KeepPictures"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class KeepPictures(Preprocessor):
    """Takes the live view out of outputs that have a PNG beside it, and widget state out of the notebook."""

    enabled = True

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Change the notebook in place."""
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            for output in cell.get("outputs", ()):
                if "image/png" in output.get("data", {}):
                    output.data.pop(WIDGET_VIEW, None)
        return nb, resources
