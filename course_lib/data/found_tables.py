"""The tables that `predict` leaves, corrected: spots of a model in, labels of a person out.

Times are counted in whole milliseconds here, since a table stands without its video. What a person confirmed, and what
was worth showing and let stand, becomes a label; each says whether a model proposed it. Introduced in notebook 11.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.corrections import Edit, apply_edits
from course_lib.data.events import Event
from course_lib.data.formats.label_table import columns_of, place_of, rows_of, write_table
from course_lib.data.formats.marks import MODEL, Mark, seconds_of
from course_lib.data.formats.subtitles import write_subtitles
from course_lib.files import InputError

__all__ = ["CorrectedTable", "correct_table", "edits_by_table", "found_tables", "shown_marks"]

_MS = 1000  # "frames" a second
_OF_PREDICT = {"time", "class", "score", "shown"}


@dataclass(frozen=True)
class CorrectedTable:
    """What became of one table.

    Attributes:
        file: of the labels.
        labels: how many there are.
        confirmed: how many of them a person confirmed or added.
        unmatched: edits that met no spot.
    """

    file: Path
    labels: int
    confirmed: int
    unmatched: list[Edit]


def found_tables(folder: Path) -> dict[Path, Path]:
    """The tables that `predict` left in a folder, each under its place in it, without the ending; none elsewhere."""
    tables = {}
    for file in sorted(folder.rglob("*.csv")) if folder.is_dir() else ():
        try:
            names = columns_of(file)
        except InputError:
            continue
        if names >= _OF_PREDICT:
            tables[file.relative_to(folder).with_suffix("")] = file
    return tables


def shown_marks(table: Path) -> list[Mark]:
    """The spots worth showing, as marks with seconds."""
    return [_mark(spot, str(table)) for spot, shown in _read(table) if shown]


def edits_by_table(
    edits: Sequence[tuple[str, str, Edit]], tables: Mapping[Path, Path], problems: list[str]
) -> dict[Path, list[Edit]]:
    """The edits of each table, by the name of the video where there are several."""
    of_table: dict[Path, list[Edit]] = defaultdict(list)
    for where, video, edit in edits:
        wanted = video.replace("\\", "/").lower()
        fitting = [
            place
            for place in tables
            if not wanted or wanted in {place.as_posix().lower(), place.name.lower()} or _bears(wanted, place)
        ]
        if len(fitting) == 1:
            of_table[fitting[0]].append(edit)
        else:
            known = ", ".join(place.as_posix() for place in tables)
            said = f"no table is of {video!r}" if video else "names no video"
            problems.append(f"{where} {said}; expected in the column 'video' one of {known}")
    return dict(of_table)


def correct_table(table: Path, edits: Sequence[Edit]) -> CorrectedTable:
    """Apply edits to the spots of a table and write the labels beside it, as NAME.labels.csv and NAME.labels.srt."""
    rows = _read(table)
    done = apply_edits([spot for spot, _ in rows], [edit for edit in edits if edit.action != "add"], _MS)
    added = apply_edits([], [edit for edit in edits if edit.action == "add"], _MS).events
    hidden = {id(spot) for spot, shown in rows if not shown}
    proposed = [event for event in done.events if id(event) not in hidden]
    untouched = sum(id(event) in {id(spot) for spot, _ in rows} for event in proposed)
    marks = [_mark(event, str(table), MODEL) for event in proposed] + [_mark(event, str(table)) for event in added]
    marks.sort(key=lambda mark: mark.seconds)
    file = table.with_name(f"{table.stem}.labels.csv")
    write_table(file, marks)
    write_subtitles(file.with_suffix(".srt"), marks)
    return CorrectedTable(file, len(marks), len(marks) - untouched, done.unmatched)


def _bears(name: str, place: Path) -> bool:
    return Path(name).stem == place.name.lower() and "/" not in name


def _read(table: Path) -> list[tuple[Event, bool]]:
    """Spots, with milliseconds for frames, and whether each is worth showing."""
    rows = []
    for where, cells in rows_of(table, [[name] for name in sorted(_OF_PREDICT)], sorted(_OF_PREDICT)):
        seconds, label = seconds_of(cells.get("time", "")), cells.get("class")
        if seconds is None or label is None:
            raise InputError(f"{where}: expected a time and a class, as predict writes them")
        try:
            score = float(cells.get("score", "1").replace(",", "."))
        except ValueError:
            raise InputError(f"{where}.score is {cells['score'][:40]!r}; expected a number from 0 to 1") from None
        spot = Event(label, round(seconds * _MS), score, place_of(cells, where), cells.get("team"))
        rows.append((spot, cells.get("shown", "yes").lower() != "no"))
    return rows


def _mark(event: Event, where: str, source: str = "") -> Mark:
    return Mark(event.label, where, event.frame / _MS, xy=event.xy, team=event.team, source=source)
