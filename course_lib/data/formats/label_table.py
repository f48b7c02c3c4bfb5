"""Labels as a table that a person typed, or that another program wrote.

A first line names the columns, in any order: `time` (seconds, mm:ss or h:mm:ss.mmm) or `frame`, `class` or `label`, and
if there, `team`, `x` and `y` (fractions of the picture), `video` and `source`. Other columns are passed over. Between
cells stand commas, semicolons or tabs; numbers have a point or a comma. Introduced in notebook 11.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from course_lib.data.formats.csv import cell_of, separator_of, text_in
from course_lib.data.formats.marks import MODEL, Mark, seconds_of, text_of
from course_lib.data.times import clock
from course_lib.files import InputError, atomic_path

__all__ = ["columns_of", "place_of", "read_table", "rows_of", "write_table"]

COLUMNS = ("time", "class", "team", "x", "y", "source")
_TIMES = "a time like 75.5, 1:15.5 or 0:01:15.500"


def rows_of(
    path: str | Path, needed: Sequence[Sequence[str]], example: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Of each row that is not empty its place and its filled cells, by the names of the columns in small letters.

    Args:
        path: the file.
        needed: columns that must be there, each under one of several names.
        example: a first line, for the sentence that says so.

    Raises:
        InputError: the file cannot be read as a table, or lacks a column.
    """
    table, skipped = _opened(path)
    for either in needed:
        if not set(either) & set(table.fieldnames):
            found = ", ".join(filter(None, table.fieldnames)) or "nothing"
            raise InputError(
                f"{path}: has no column {' or '.join(map(repr, either))}; expected a first line like "
                f"{','.join(example)}, found {found}"
            )
    return _filled(table, path, skipped)


def _opened(path: str | Path) -> tuple[csv.DictReader, int]:
    """The table, and how many lines stand before the names of its columns."""
    lines = text_of(path).splitlines()
    skipped, separator = separator_of(lines)
    table = csv.DictReader(lines[skipped:], delimiter=separator)
    try:
        table.fieldnames = [(name or "").strip().lower() for name in table.fieldnames or ()]
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from None
    return table, skipped


def _filled(table: csv.DictReader, path: str | Path, skipped: int) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        for row in table:
            cells = {name: text_in(of.strip()) for name, of in row.items() if isinstance(of, str) and of.strip()}
            if cells:
                yield f"{path}: line {table.line_num + skipped}", cells
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from None


def read_table(path: str | Path, problems: list[str]) -> list[Mark]:
    """The marks of a table; what is wrong with a row becomes a sentence in `problems`.

    Raises:
        InputError: it is no table, or lacks a column.
    """
    rows = rows_of(path, (("time", "frame"), ("class", "label")), COLUMNS)
    marks = []
    for where, cells in rows:
        try:
            marks.append(_mark(cells, where))
        except InputError as error:
            problems.append(str(error))
    return marks


def write_table(path: str | Path, marks: Sequence[Mark]) -> None:
    """Write marks that have seconds as a table of `COLUMNS` (atomically). What is unknown stays empty."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for mark in marks:
            x, y = ("", "") if mark.xy is None else (f"{value:.6g}" for value in mark.xy)
            table.writerow((clock(mark.seconds), cell_of(mark.label), cell_of(mark.team or ""), x, y, mark.source))


def columns_of(path: str | Path) -> set[str]:
    """Names of the columns, in small letters.

    Raises:
        InputError: the file cannot be read as a table.
    """
    return set(_opened(path)[0].fieldnames)


def _mark(cells: Mapping[str, str], where: str) -> Mark:
    label = cells.get("class", cells.get("label"))
    if label is None:
        raise InputError(f"{where} has no class; expected one in every row")
    seconds = frame = None
    if "frame" in cells:
        if not cells["frame"].isdecimal():
            raise InputError(f"{where}.frame is {cells['frame'][:40]!r}; expected a frame counted from 0")
        frame = int(cells["frame"])
    elif "time" in cells:
        seconds = seconds_of(cells["time"])
        if seconds is None:
            raise InputError(f"{where}.time is {cells['time'][:40]!r}; expected {_TIMES}")
    else:
        raise InputError(f"{where} has no time and no frame; expected one of them in every row")
    source = cells.get("source", "").lower()
    return Mark(
        label,
        where,
        seconds,
        frame,
        place_of(cells, where),
        cells.get("team"),
        cells.get("video", ""),
        source=MODEL if source == MODEL else "",
        scored="score" in cells,
    )


def place_of(cells: Mapping[str, str], where: str) -> tuple[float, float] | None:
    """The place in the picture that the columns x and y give; None without both.

    Raises:
        InputError: one of them is missing or no fraction.
    """
    if "x" not in cells and "y" not in cells:
        return None
    place = []
    for axis in ("x", "y"):
        try:
            value = float(cells.get(axis, "").replace(",", "."))
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            found = repr(cells[axis][:40]) if axis in cells else "missing"
            raise InputError(f"{where}.{axis} is {found}; expected a fraction of the picture, from 0 to 1")
        place.append(value)
    return place[0], place[1]
