import re

import pytest

from course_lib.data.events import BALL_12, CLASS_SETS, class_colours
from course_lib.data.formats.common import resolve_classes
from course_lib.files import InputError


@pytest.mark.parametrize("name", CLASS_SETS)
def test_colours_differ(name):
    colours = class_colours(CLASS_SETS[name])
    assert list(colours) == list(CLASS_SETS[name])
    assert len(set(colours.values())) == len(colours)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours.values())


def test_classes_by_name_or_file(tmp_path):
    assert resolve_classes("ball-12") == BALL_12
    path = tmp_path / "class.txt"
    path.write_text("one\ntwo words\n")
    assert resolve_classes(path) == ("one", "two words")
    with pytest.raises(InputError, match="'ball-13': expected one of ball-12, .*or a file"):
        resolve_classes("ball-13")
