"""Which file is whose: a shared folder, or what Moodle or Canvas gives as "download all submissions", unpacked.

    submissions/TEAM.zip                                   a shared folder: the file has the team's name,
    submissions/TEAM/anything.zip                          or lies in a folder of that name
    submissions/Ada Lovelace_123_assignsubmission_file/…   Moodle, a folder each; a group has its name and number
    submissions/Ada Lovelace_123_assignsubmission_file_spots.zip   Moodle, without folders
    submissions/lovelaceada_45_678_spots-1.zip             Canvas; _LATE_ in it if late, anon_ where it is anonymous

A person keeps the number of the platform through every export, so that a changed name does not make another team. Files
are taken by the time at which they were last changed. Links are not followed, wherever they lead.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.files import InputError
from course_lib.leftovers import is_foreign
from course_lib.spotting.zips import MOST_ZIP_BYTES

__all__ = ["Submission", "find_submissions", "printable"]

MOST_DEPTH = 6
MOST_NAME = 60
_MOODLE = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
_CANVAS = re.compile(r"(?P<name>[^_].*?)(?:_LATE)?_(?P<id>\d+)_\d+_.+", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(r"(?:LATE_)?anon_(?P<id>[^_]+)_\d+_.+", re.DOTALL)


@dataclass(frozen=True)
class Submission:
    """A file that was handed in.

    Attributes:
        path: the file.
        shown: its path within the folder of submissions, as a terminal and a page may show it.
        team: whose it is: the platform and its number, or the name.
        name: what the team is called.
        changed: when the file was last changed, in ISO 8601, UTC.
        wrong: why it cannot be taken for a zip, in one sentence; "" if it may be one.
    """

    path: Path
    shown: str
    team: str
    name: str
    changed: str
    wrong: str = ""


def find_submissions(folder: str | Path) -> list[Submission]:
    """Everything that was handed in, the oldest first.

    Raises:
        InputError: no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the submissions, a zip each")
    found = []
    for path, linked in _files(folder, MOST_DEPTH):
        parts = path.relative_to(folder).parts
        team, name = _team_of(parts)
        shown, wrong = printable("/".join(parts), 4 * MOST_NAME), ""
        status = os.stat(path, follow_symlinks=False)
        if linked:
            wrong = f"{shown}: is a link or no ordinary file; expected a zip"
        elif path.suffix.lower() != ".zip":
            wrong = f"{shown}: is no zip; expected what `submit` makes"
        elif status.st_size > MOST_ZIP_BYTES:
            wrong = f"{shown}: is larger than {MOST_ZIP_BYTES >> 20} MB; expected nothing but spots in it"
        changed = datetime.fromtimestamp(max(0.0, min(status.st_mtime, 4e9)), UTC).isoformat(timespec="seconds")
        found.append((status.st_mtime_ns, _natural(shown), Submission(path, shown, team, name, changed, wrong)))
    return [submission for _, _, submission in sorted(found, key=lambda entry: entry[:2])]


def printable(text: str, most: int = MOST_NAME) -> str:
    """Text as it may be shown: no control characters, nothing that turns the writing round, not too long."""
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _files(folder: Path, depth: int) -> Iterator[tuple[Path, bool]]:
    """Files below a folder and whether they are anything but ordinary ones; what other programs leave is left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder, True
        return
    for entry in entries:
        if is_foreign(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from _files(Path(entry.path), depth - 1)
        else:
            yield Path(entry.path), not entry.is_file(follow_symlinks=False)


def _team_of(parts: tuple[str, ...]) -> tuple[str, str]:
    """Key and name of the team whose file lies there."""
    first = unicodedata.normalize("NFC", parts[0])
    if moodle := _MOODLE.fullmatch(first):
        name = printable(moodle["name"])
        return (f"moodle {moodle['id']}" if moodle["id"] else f"moodle {name}"), name
    if len(parts) == 1:
        if anonymous := _CANVAS_ANONYMOUS.fullmatch(first):
            return f"canvas {printable(anonymous['id'])}", f"anon {printable(anonymous['id'])}"
        if canvas := _CANVAS.fullmatch(first):
            return f"canvas {canvas['id']}", printable(canvas["name"])
        first = first[: -len(".zip")] if first.lower().endswith(".zip") else first
    name = printable(first) or "unnamed"
    return f"team {name}", name


def _natural(text: str) -> list[tuple[int, str]]:
    """So that 10 comes after 9."""
    return [(int(part), "") if part.isdecimal() and len(part) < 19 else (-1, part) for part in re.split(r"(\d+)", text)]
