"""What a data set says of itself, in `dataset.json`: how to train on it, and what belongs to every score on it.

    {"task": "ball", "notes": ["parts of one film, cut by time …"]}

Most say nothing. Introduced in notebook 11.
"""

from pathlib import Path
from typing import Any

from course_lib.data.fields import as_list, as_mapping
from course_lib.files import read_json

__all__ = ["ABOUT_FILE", "read_about"]

ABOUT_FILE = "dataset.json"


def read_about(root: Path) -> dict[str, Any]:
    """The "task" (empty where the classes decide), "notes", and "made_by", the command that made it (empty if none).

    Raises:
        InputError: the file is malformed.
    """
    file = root / ABOUT_FILE
    about = as_mapping(read_json(file), str(file)) if file.is_file() else {}
    notes = tuple(str(note) for note in as_list(about.get("notes", []), f"{file}.notes"))
    return {"task": str(about.get("task", "")), "notes": notes, "made_by": str(about.get("made_by", ""))}
