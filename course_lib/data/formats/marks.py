"""Marks: labels as people's files state them, before anybody has looked at the video.

A file says a second (or a frame, or milliseconds of a half) and a class; which frame that is depends on the video's
rate, and which video is meant sometimes on where the file lies. So readers give marks, and `course_lib.data.own_films`
makes labels of them. A reader does not stop at what is wrong in a line: it adds a sentence to a list and goes on, so
that a person is told everything at once. Introduced in notebook 11.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.files import InputError, read_file, read_text

__all__ = ["MODEL", "TEAMS", "Mark", "heard", "said", "seconds_of", "text_of"]

MODEL = "model"
"""What `Mark.source` and `Event.source` say of a label that a model proposed and a person let stand."""

TEAMS = ("left", "right", "home", "away")
"""Words that stand for a team where a format has room for nothing but text."""

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,4}):)?(\d+(?:[.,]\d*)?)")
_WITH_TEAM = re.compile(rf"(.+) \[({'|'.join(TEAMS)})\]", re.IGNORECASE | re.DOTALL)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Mark:
    """One label of a file.

    Attributes:
        label: its class.
        where: file and place, for sentences about it.
        seconds: as a player shows it (`course_lib.data.times`); None where the file counts frames.
        frame: counted from 0 at the video's own rate; None where the file states a time.
        xy: fractions of width and height; None if unknown.
        team: any text; None if unknown.
        video: what the file calls the video; empty where it does not say.
        half: of a match in two files, 1 or 2; 0 where the file does not say.
        num_frames: how long the file says that the video is; 0 where it does not.
        visible: False for an action that was not shown.
        source: `MODEL`, or empty.
        scored: it has a score: nobody's label but what a model found.
    """

    label: str
    where: str
    seconds: float | None = None
    frame: int | None = None
    xy: tuple[float, float] | None = None
    team: str | None = None
    video: str = ""
    half: int = 0
    num_frames: int = 0
    visible: bool = True
    source: str = ""
    scored: bool = False


def seconds_of(text: str) -> float | None:
    """Seconds of a time as people write it: "75.5", "75,5", "1:15.5" or "0:01:15.500"; None of anything else."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = match[1], match[2], float(match[3].replace(",", "."))
    if (minutes is not None and seconds >= 60) or (hours is not None and int(minutes) >= 60):
        return None
    total = 3600 * int(hours or 0) + 60 * int(minutes or 0) + seconds
    return total if math.isfinite(total) else None


def said(label: str, team: str | None) -> str:
    """Class and team as one text: "PASS [left]"; a team that is none of `TEAMS` has no room there."""
    one_line = " ".join(label.split())
    return f"{one_line} [{team}]" if team in TEAMS else one_line


def heard(text: str) -> tuple[str, str | None]:
    """Class and team of such a text."""
    text = " ".join(text.split())
    match = _WITH_TEAM.fullmatch(text)
    return (match[1], match[2].lower()) if match else (text, None)


def text_of(path: str | Path) -> str:
    """The text of a person's file: UTF-8, or UTF-16 that says so, as spreadsheets save tables with tabs.

    Raises:
        InputError: it is missing, unreadable or written otherwise.
    """
    content = read_file(path)
    if not content.startswith(_UTF16_MARKS):
        return read_text(path)
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read as UTF-16 text ({error})") from None
