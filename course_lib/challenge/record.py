"""What was tried and what was shown, with dates: one small file, whole after every kill.

    sealed/shown.json                 every try in order, and the scores of those that were shown
    sealed/received/HASH.zip          a submission that was shown, as it was handed in
    sealed/received/HASH.public.npy   its draws; made again if they are missing

A score that was shown stays what it was, whatever becomes of the file or of this library. The file is written beside
its place and renamed after each try; a kill loses at most the try under way, which comes next time.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib.files import InputError, atomic_path, read_json, write_json
from course_lib.leftovers import sweep

__all__ = ["OUTCOMES", "RECORD_FILE", "Record", "Try", "file_hash", "load_record", "now"]

RECORD_FILE = "shown.json"
RECEIVED = "received"
FORMAT = 1
OUTCOMES = ("shown", "within the noise", "refused")


@dataclass(frozen=True)
class Try:
    """A file that was handed in, and what came of it.

    Attributes:
        team, name, file, changed: as of a `Submission`.
        sha256: of the file.
        scored: when, in ISO 8601, UTC.
        outcome: one of `OUTCOMES`.
        why: what was wrong with it, if it was refused.
        numbers: its scores on the public half if it was shown, see `Scored`.
    """

    team: str
    name: str
    file: str
    changed: str
    sha256: str
    scored: str
    outcome: str
    why: str = ""
    numbers: Mapping[str, Any] | None = None


@dataclass
class Record:
    """All tries of a challenge.

    Attributes:
        folder: the sealed one.
        tries: in the order in which they were scored.
        final: hash of each submission that was shown on the private half: its "numbers", and when it was "scored".
    """

    folder: Path
    tries: list[Try] = field(default_factory=list)
    final: dict[str, dict[str, Any]] = field(default_factory=dict)

    def known(self, team: str, sha256: str) -> bool:
        """Whether a team has tried this very file before."""
        return any(one.team == team and one.sha256 == sha256 for one in self.tries)

    def of_teams(self) -> dict[str, list[Try]]:
        """Tries of each team, in the order of their first ones."""
        teams: dict[str, list[Try]] = {}
        for one in self.tries:
            teams.setdefault(one.team, []).append(one)
        return teams

    def shown(self, team: str) -> Try | None:
        """What is shown of a team: of what the Ladder let through the last."""
        climbed = [one for one in self.tries if one.team == team and one.outcome == "shown"]
        return climbed[-1] if climbed else None

    def received(self, sha256: str, ending: str = ".zip") -> Path:
        """Where what belongs to a submission is kept."""
        return self.folder / RECEIVED / f"{sha256}{ending}"

    def keep(self, path: Path, sha256: str) -> None:
        """Keep a submission as it was handed in."""
        if not self.received(sha256).is_file():
            with atomic_path(self.received(sha256)) as temporary:
                shutil.copyfile(path, temporary)

    def save(self) -> None:
        """Write the file (atomically)."""
        tries = [asdict(one) for one in self.tries]
        write_json(self.folder / RECORD_FILE, {"format": FORMAT, "tries": tries, "final": self.final})


def load_record(sealed: Path) -> Record:
    """The record of a challenge, an empty one before the first try; what a kill has left half-written is removed.

    Raises:
        InputError: the file is malformed.
    """
    for folder in (sealed, sealed / RECEIVED):
        sweep(folder, older_than_sec=0)  # nobody else writes here while this command does
    path = sealed / RECORD_FILE
    if not path.is_file():
        return Record(sealed)
    data = read_json(path)
    try:
        if data["format"] != FORMAT:
            raise InputError(f"{path}: format is {data['format']!r}; expected {FORMAT}, made by this version")
        return Record(sealed, [Try(**one) for one in data["tries"]], dict(data["final"]))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: is malformed ({error}); expected it as scoring has left it") from None


def file_hash(path: Path) -> str:
    """SHA-256 of a file that is no link."""
    # Neither through a link, nor for ever at a pipe that took the place of a file.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    with os.fdopen(handle, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def now() -> str:
    """This moment, in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
