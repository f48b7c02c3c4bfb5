"""Labels as subtitles, SubRip (.srt) and WebVTT (.vtt), both ways: a cue a label, which begins where the event is.

Whoever has no labelling program has a subtitle editor. A line of a cue is the class, with a team behind it if there is
one: "PASS [left]". Places have no room. Read and written by pysubs2. Introduced in notebook 11.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from course_lib.data.formats.marks import Mark, heard, said, text_of
from course_lib.files import InputError, write_text

__all__ = ["read_subtitles", "write_subtitles"]

CUE_MS = 1000  # how long a written one stays
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_SCORE = re.compile(r"(.+) ([01]\.\d\d)", re.DOTALL)  # what `write_srt` puts behind a spot


def read_subtitles(path: str | Path, problems: list[str]) -> list[Mark]:
    """The marks of a file of subtitles, one for each line of each cue.

    Raises:
        InputError: it holds none.
    """
    import pysubs2  # here, since most commands read none

    path = Path(path)
    try:
        file = pysubs2.SSAFile.from_string(text_of(path), format_=path.suffix.lower().lstrip("."))
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError, OverflowError) as error:
        raise InputError(f"{path}: cannot be read as subtitles ({error})") from None
    if not len(file):
        raise InputError(f"{path}: holds no cue; expected subtitles, a label in each")
    marks = []
    for number, cue in enumerate(file, 1):
        for line in cue.plaintext.splitlines():
            where = f"{path}: cue {number}"
            text = _TAG.sub("", line).strip()
            scored = _SCORE.fullmatch(text)
            label, team = heard(scored[1] if scored else text)
            if label:
                marks.append(Mark(label, where, cue.start / 1000, team=team, scored=bool(scored)))
            else:
                problems.append(f"{where} is empty; expected the name of a class")
    return marks


def write_subtitles(path: str | Path, marks: Sequence[Mark]) -> None:
    """Write marks that have seconds, a cue of one second each (atomically); the name's end says which kind."""
    import pysubs2

    path, file = Path(path), pysubs2.SSAFile()
    for mark in marks:
        start = round(mark.seconds * 1000)
        # An arrow within the text would end the cue for a player.
        text = said(mark.label, mark.team).replace("-->", "->")
        file.append(pysubs2.SSAEvent(start=start, end=start + CUE_MS, text=text))
    write_text(path, file.to_string(path.suffix.lower().lstrip(".")))
