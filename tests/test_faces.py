"""Faces: what a folder shows is there, and labels and scores come without torch."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import course_lib

LIBRARY = Path(course_lib.__file__).parent
FACES = [
    ".".join(("course_lib", *path.parent.relative_to(LIBRARY).parts))
    for path in sorted(LIBRARY.rglob("*/__init__.py"))
    if "face(" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", FACES)
def test_what_a_face_shows_is_there(name):
    face = import_module(name)
    assert face.__all__ == dir(face) == sorted(set(face.__all__))
    modules = {path.stem for path in Path(str(face.__file__)).parent.glob("*.py")}
    for shown in face.__all__:
        assert getattr(face, shown) is not None
        assert shown not in modules, "once imported, the module stands in its place"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing


def test_faces_are_all_found():
    assert {"course_lib.data", "course_lib.models.necks", "course_lib.scoring", "course_lib.runs"} <= set(FACES)


def test_what_labels_and_scores_show_needs_no_torch():
    shown = "*".join(("from course_lib.data import ", "; from course_lib.scoring import ", ""))
    code = f"{shown}; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
