"""Output goes to whatever terminal and whatever file there is."""

import os
import subprocess
import sys

import pytest

from course_lib.files import write_text

SPEAK = """
from course_lib.terminal import print_anywhere
print_anywhere()
print("\\u00b15 \\u2192 M\\u00e1laga \\u6771 b\\udcff.mp4")
import sys
print("done", file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", "+-5 -> M\\xe1laga \\u6771 b\\udcff.mp4"),
        ("cp1252", "±5 -> Málaga \\u6771 b\\udcff.mp4"),
        ("utf-8", "±5 → Málaga 東 b\\udcff.mp4"),
    ],
)
def test_what_an_encoding_lacks_is_written_otherwise(encoding, expected):
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", SPEAK], capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).strip() == expected and b"done" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_commands_print_their_help_and_their_errors_anywhere(encoding, tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    words = ["evaluate", "--labels", "東 b\udcff", "--predictions", "x"]
    done = subprocess.run(
        [sys.executable, "-m", "course_lib", *words], capture_output=True, env=environment, timeout=120
    )
    assert done.returncode == 2 and b"no such folder" in done.stderr and b"Traceback" not in done.stderr


def test_a_name_that_is_no_utf8_is_written_out(tmp_path):
    write_text(tmp_path / "page.html", "b\udcff")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "b\\udcff"
