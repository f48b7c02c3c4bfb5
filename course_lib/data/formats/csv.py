"""Spots as a table for spreadsheets, both ways: correct it in any of them, read it back.

Times follow the rule of the course: frame i is shown i / fps seconds after the first. Introduced in notebook 11.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from course_lib.data.events import Event
from course_lib.data.fields import check_frame, known_label, number, text, whole
from course_lib.files import InputError, atomic_path

__all__ = ["clock", "read_csv", "shown_spots", "write_csv"]

COLUMNS = ("time", "frame", "class", "score", "x", "y", "team", "shown")
"""Of the table: clock for people, frame for programs, place as fractions of width and height."""


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


def clock(seconds: float, point: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds: 3725.5 is "01:02:05.500"."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"


def write_csv(
    path: str | Path,
    spots: Sequence[Event],
    fps: float,
    thresholds: float | Mapping[str, float] | None = None,
) -> None:
    """Write all spots as a table of `COLUMNS`, in time order (atomically). What is unknown stays empty.

    Args:
        path: the file.
        spots: in any order.
        fps: frames a second that `Event.frame` counts in.
        thresholds: decide what the column "shown" says, yes or no; see `shown_spots`.
    """
    shown = set(shown_spots(spots, thresholds))
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for spot in sorted(spots, key=lambda spot: spot.frame):
            x, y = ("", "") if spot.xy is None else (f"{value:.4f}" for value in spot.xy)
            score = "" if spot.score is None else f"{spot.score:.4f}"
            when = clock(spot.frame / fps)
            yes = "yes" if spot in shown else "no"
            table.writerow((when, spot.frame, _cell(spot.label), score, x, y, _cell(spot.team or ""), yes))


def read_csv(
    path: str | Path,
    classes: Sequence[str] | None = None,
    num_frames: int | None = None,
    *,
    only_shown: bool = False,
) -> list[Event]:
    """Read a table that `write_csv` wrote and a person may have edited: rows removed, added, moved, in any order.

    The frame counts, not the time beside it. Only the columns "frame" and "class" must be there.

    Args:
        path: the file, with commas or, as some spreadsheets save it, with semicolons.
        classes: the labels to expect; None takes any.
        num_frames: length of the video; None checks nothing.
        only_shown: leave out the rows whose column "shown" says no.

    Returns:
        Events in time order; no score where the column is empty.

    Raises:
        InputError: one sentence with the file, the line, the field and what was expected.
    """
    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    lines = content.splitlines()
    rows = csv.DictReader(lines, delimiter=";" if lines and lines[0].count(";") > lines[0].count(",") else ",")
    try:
        names = rows.fieldnames or ()
    except csv.Error as error:
        raise InputError(f"{path}: line 1 cannot be read ({error})") from None
    for column in ("frame", "class"):
        if column not in names:
            raise InputError(f"{path}: has no column {column!r}; expected a first line like {','.join(COLUMNS)}")
    events = []
    for row in _rows(rows, path):
        where = f"{path}: line {rows.line_num}"
        given = {key: value for key, value in row.items() if key and value and value.strip()}
        if not given or (only_shown and given.get("shown", "yes").strip().lower() == "no"):
            continue
        frame = whole(given, "frame", where, "a frame counted from 0")
        if num_frames is not None:
            check_frame(frame, num_frames, where)
        label = _text_of(text(given, "class", where, "the name of a class").strip())
        known_label(label, classes, "error", where)
        score = number(given, "score", where, "a number from 0 to 1", 0.0, 1.0) if "score" in given else None
        xy = None
        if "x" in given or "y" in given:
            x, y = (number(given, axis, where, "a fraction from 0 to 1", 0.0, 1.0) for axis in ("x", "y"))
            xy = x, y
        events.append(Event(label, frame, score, xy, team=_text_of(given["team"]) if "team" in given else None))
    return sorted(events, key=lambda event: event.frame)


_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what a spreadsheet runs, and what is written here in its place


def _cell(text: str) -> str:
    """Text as a spreadsheet shows it instead of running it: an apostrophe before what would begin a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _text_of(cell: str) -> str:
    """The inverse of `_cell`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _rows(rows: csv.DictReader, path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table; InputError where the reader gives up, as at a field without end."""
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise InputError(f"{path}: line {rows.line_num} cannot be read ({error})") from None
        if row is None:
            return
        yield row
