"""Corrections as a table: a row says that a spot stays, goes, moves or is another class, or that one is missing.

Columns: `action` (accept, reject, move, rename, add), `label` (or class), `time`, `to` (a time for move, a class for
rename), and if there, `team`, `x`, `y`, and `video` where several were looked at. Introduced in notebook 11.
"""

from collections.abc import Mapping
from pathlib import Path

from course_lib.data.corrections import Edit
from course_lib.data.formats.label_table import place_of, rows_of
from course_lib.data.formats.marks import seconds_of
from course_lib.files import InputError

__all__ = ["read_edits"]

_NEEDED = (("action",), ("label", "class"), ("time",))


def read_edits(path: str | Path, problems: list[str]) -> list[tuple[str, str, Edit]]:
    """The corrections, each after its place in the file and the name of its video ("" where there is none).

    What is wrong with a row becomes a sentence in `problems`.

    Raises:
        InputError: it is no table, or lacks a column.
    """
    rows = rows_of(path, _NEEDED, ("action", "label", "time", "to"))
    edits = []
    for where, cells in rows:
        try:
            edits.append((where, cells.get("video", ""), _edit(cells, where)))
        except InputError as error:
            problems.append(str(error))
    return edits


def _edit(cells: Mapping[str, str], where: str) -> Edit:
    label = cells.get("label", cells.get("class"))
    if label is None:
        raise InputError(f"{where} has no label; expected the class of the spot that is meant")
    action = cells.get("action", "").lower()
    to = cells.get("to")
    if action == "move":
        to = _seconds(cells, "to", where)
    try:
        return Edit(action, label, _seconds(cells, "time", where), to, cells.get("team"), place_of(cells, where))
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None


def _seconds(cells: Mapping[str, str], column: str, where: str) -> float:
    seconds = seconds_of(cells.get(column, ""))
    if seconds is None:
        found = repr(cells[column][:40]) if column in cells else "missing"
        raise InputError(f"{where}.{column} is {found}; expected a time like 75.5, 1:15.5 or 0:01:15.500")
    return seconds
