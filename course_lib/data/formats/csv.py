"""Spots as a table for spreadsheets, both ways: correct it in any of them, read it back.

Spreadsheets and people's programs write a table in many ways: with commas, semicolons or tabs between cells, with a
line `sep=;` that says so, with a decimal comma, with "FALSE" for no. All are read, and so are lists without frames, of
times that somebody noted from a player. Times are those of a player (`course_lib.data.times`). Introduced in notebook
11.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from course_lib.data.events import Event
from course_lib.data.fields import check_frame, known_label, number, text, whole
from course_lib.data.times import Times, as_times, clock, read_clock
from course_lib.files import InputError, atomic_path, read_text

__all__ = ["cell_of", "clock", "read_csv", "separator_of", "shown_spots", "text_in", "write_csv"]

COLUMNS = ("time", "frame", "class", "score", "x", "y", "team", "shown")
"""Of the table: clock for people, frame for programs, place as fractions of width and height."""

_NO = ("no", "false", "0", "nein", "non", "falsch", "faux")
_SEPARATORS = (",", ";", "\t")


def shown_spots(spots: Sequence[Event], thresholds: float | Mapping[str, float] | None) -> list[Event]:
    """The spots worth showing, in time order.

    Args:
        spots: in any order; one without a score (a label, or one that a person set) is always shown.
        thresholds: lowest score that is shown, one number or one for each class (0 where a class is missing); None
            shows all.
    """
    limits = thresholds if isinstance(thresholds, Mapping) else {}
    flat = 0.0 if thresholds is None or isinstance(thresholds, Mapping) else thresholds
    kept = [spot for spot in spots if spot.score is None or spot.score >= limits.get(spot.label, flat)]
    return sorted(kept, key=lambda spot: spot.frame)


def write_csv(
    path: str | Path,
    spots: Sequence[Event],
    fps: float | Times,
    thresholds: float | Mapping[str, float] | None = None,
) -> None:
    """Write all spots as a table of `COLUMNS`, in time order (atomically). What is unknown stays empty.

    Args:
        path: the file.
        spots: in any order.
        fps: frames a second that `Event.frame` counts in, or the `Times` of the video.
        thresholds: decide what the column "shown" says, yes or no; see `shown_spots`.
    """
    times = as_times(fps)
    shown = set(shown_spots(spots, thresholds))
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for spot in sorted(spots, key=lambda spot: spot.frame):
            x, y = ("", "") if spot.xy is None else (f"{value:.4f}" for value in spot.xy)
            score = "" if spot.score is None else f"{spot.score:.4f}"
            when = clock(times.seconds(spot.frame))
            yes = "yes" if spot in shown else "no"
            table.writerow((when, spot.frame, cell_of(spot.label), score, x, y, cell_of(spot.team or ""), yes))


def read_csv(
    path: str | Path,
    classes: Sequence[str] | None = None,
    num_frames: int | None = None,
    *,
    only_shown: bool = False,
    fps: float | Times | None = None,
) -> list[Event]:
    """Read a table that `write_csv` wrote and a person may have edited: rows removed, added, moved, in any order.

    The frame counts, not the time beside it; where a row has no frame, its time does. Only the columns "class" and
    "frame" (or "time") must be there.

    Args:
        path: the file, whatever stands between its cells.
        classes: the labels to expect; None takes any.
        num_frames: length of the video; None checks nothing.
        only_shown: leave out the rows whose column "shown" says no.
        fps: frames a second, or the `Times` of the video, for rows with a time and no frame.

    Returns:
        Events in time order; no score where the column is empty.

    Raises:
        InputError: one sentence with the file, the line, the field and what was expected.
    """
    path = Path(path)
    lines = read_text(path).splitlines()
    skipped, separator = separator_of(lines)
    rows = csv.DictReader(lines[skipped:], delimiter=separator)
    try:
        names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    except csv.Error as error:
        raise InputError(f"{path}: line {skipped + 1} cannot be read ({error})") from None
    rows.fieldnames = names
    needed = ("class",) if fps is not None and "time" in names else ("frame", "class")
    for column in needed:
        if column not in names:
            raise InputError(f"{path}: has no column {column!r}; expected a first line like {','.join(COLUMNS)}")
    events = []
    for row in _rows(rows, path, skipped):
        where = f"{path}: line {rows.line_num + skipped}"
        given = {key: value.strip() for key, value in row.items() if isinstance(value, str) and value.strip()}
        if not given or (only_shown and given.get("shown", "yes").lower() in _NO):
            continue
        if "frame" not in given and "time" in given and fps is not None:
            frame = as_times(fps).frame(read_clock(given["time"], where))
        else:
            frame = whole(given, "frame", where, "a frame counted from 0")
        if num_frames is not None:
            check_frame(frame, num_frames, where)
        label = text_in(text(given, "class", where, "the name of a class"))
        known_label(label, classes, "error", where)
        given |= {name: given[name].replace(",", ".") for name in ("score", "x", "y") if name in given}
        score = number(given, "score", where, "a number from 0 to 1", 0.0, 1.0) if "score" in given else None
        xy = None
        if "x" in given or "y" in given:
            x, y = (number(given, axis, where, "a fraction from 0 to 1", 0.0, 1.0) for axis in ("x", "y"))
            xy = x, y
        events.append(Event(label, frame, score, xy, team=text_in(given["team"]) if "team" in given else None))
    return sorted(events, key=lambda event: event.frame)


def separator_of(lines: Sequence[str]) -> tuple[int, str]:
    """How many lines stand before the names of the columns, and what stands between cells."""
    first = lines[0].strip("\r\n").strip('"') if lines else ""
    if first.lower().startswith("sep=") and len(first) == 5:  # what a spreadsheet is told, and writes
        return 1, first[-1]
    return 0, max(_SEPARATORS, key=first.count)


_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet runs, and what is written here in its place


def cell_of(text: str) -> str:
    """Text as a spreadsheet shows it instead of running it: an apostrophe before what would begin a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_in(cell: str) -> str:
    """The inverse of `cell_of`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _rows(rows: csv.DictReader, path: Path, skipped: int) -> Iterator[dict[str, str]]:
    """The rows of a table; InputError where the reader gives up, as at a field without end."""
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise InputError(f"{path}: line {rows.line_num + skipped} cannot be read ({error})") from None
        if row is None:
            return
        yield row
