"""The entries of SoccerNet's files, and what is wrong with each: the one reader for people, for scores and for servers.

The three want different things of a malformed entry. Whoever looks at events wants to be told and to get none; the
evaluator takes whatever it can read and passes over what it does not know; before a submission one wants a list. So
nothing is decided here: `Entries.columns` gives, quickly, what the evaluator would read, and `Entries.wrong` says
everything that is wrong with an entry, in sentences. `read_columns` gives the columns of a file without making its
entries first, where all of them are as SoccerNet writes them. Introduced in notebook 01.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.data.fields import as_list, as_mapping, known_label, number, text, whole
from course_lib.files import InputError, parse_json, parse_json_as, read_file, read_json

__all__ = [
    "HALVES",
    "RESULTS_FILE",
    "Entries",
    "EntryColumns",
    "Expected",
    "Wrong",
    "game_time",
    "parse_entries",
    "read_columns",
    "read_entries",
    "team_of",
]

HALVES = (1, 2)
RESULTS_FILE = "results_spotting.json"
"""What SoccerNet's server calls the predictions of a match."""

_GAME_TIME = re.compile(r"\s*(\d)\s*-\s*(\d+):([0-5]\d)\s*")  # minutes may run past 45, and past 99
_GAME_TIME_EXPECTED = 'half, minutes and seconds like "1 - 47:05"'
_OWN_GAME_TIME_EXPECTED = 'half, minutes and seconds of its position like "1 - 47:05"'
_POSITION_EXPECTED = 'whole milliseconds from the start of the video, 0 or more, like "12480"'
_SIDES = ("left", "right")
_TEAMS = (*_SIDES, "home", "away")
_NO_TEAM = ("", "none", "not applicable")  # what SoccerNet-v2 writes for a substitution's referee and the like
_UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


@dataclass(frozen=True)
class Expected:
    """What entries should keep to.

    Attributes:
        classes: the labels; None takes any.
        half_ms: for predictions that go to a server: the last millisecond of each half of the match, by number. None
            where a person reads, who asks for less.
        teams: whether the server must be told the team of every prediction.
    """

    classes: Sequence[str] | None = None
    half_ms: Mapping[int, int] | None = None
    teams: bool = False


class Wrong(NamedTuple):
    """Something wrong with an entry.

    Attributes:
        field: the field, or "" if it is no entry at all.
        reason: one sentence with the file, the field and what was expected.
    """

    field: str
    reason: str


class EntryColumns(NamedTuple):
    """What SoccerNet's evaluator reads in the entries of one file: columns as long as the list, and the labels' names.

    Attributes:
        names: the labels that there are, as stated, each once.
        label: int64, places in `names`.
        half: int64, whatever number is stated.
        position_ms: float64, whole numbers, perhaps negative.
        value: float64: confidence of a prediction, perhaps negative or NaN; 1 for a label, -1 for one not shown.
    """

    names: list[Any]
    label: NDArray[np.int64]
    half: NDArray[np.int64]
    position_ms: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True)
class Entries:
    """The annotations or the predictions of one file.

    Attributes:
        raw: the list as JSON holds it.
        where: what messages call the list, like "Labels-ball.json: annotations".
        scored: whether they are predictions.
        game: the match that the file says it is of.

    Raises:
        InputError: `raw` is no list.
    """

    raw: Sequence[Any]
    where: str
    scored: bool
    game: Any = None

    def __post_init__(self) -> None:
        as_list(self.raw, self.where)

    def columns(self) -> EntryColumns:
        """The entries as the evaluator reads them (SoccerNet package 0.2.0), whatever it makes of them.

        A position is cut to whole milliseconds; without one it comes from the last five characters of gameTime. The
        half of a label is the first character of gameTime.

        Raises:
            InputError: an entry at which the evaluator would stop, with what is wrong with it.
        """
        try:
            return _columns(self.raw, self.scored)
        except _UNREADABLE:
            self._refuse_first_unreadable()
            raise

    def wrong(self, index: int, expected: Expected = Expected()) -> list[Wrong]:  # noqa: B008
        """Everything that is wrong with one entry, a field at a time; nothing for a good one."""
        where, entry = f"{self.where}[{index}]", self.raw[index]
        try:
            as_mapping(entry, where)
        except InputError as error:
            return [Wrong("", str(error))]
        found = []
        for field, check in self._checks(expected):
            try:
                check(entry, where, expected)
            except InputError as error:
                found.append(Wrong(field, str(error)))
        return found

    def _checks(self, expected: Expected) -> tuple[tuple[str, "_Check"], ...]:
        if not self.scored:
            return _OF_LABELS
        return _OF_PREDICTIONS if expected.half_ms is None else _OF_SUBMISSIONS

    def _refuse_first_unreadable(self) -> None:
        for index, entry in enumerate(self.raw):
            try:
                _columns([entry], self.scored)
            except _UNREADABLE as error:
                for wrong in self.wrong(index):
                    raise InputError(wrong.reason) from None
                raise InputError(f"{self.where}[{index}] is malformed ({error}): {str(entry)[:120]}") from None


def read_entries(path: str | Path, key: str) -> Entries:
    """The list `key` ("annotations" or "predictions") of a file.

    Raises:
        InputError: no such file, no JSON, or no such list in it.
    """
    return _entries(read_json(path), str(path), key)


def parse_entries(content: bytes, where: str, key: str) -> Entries:
    """As `read_entries`, of the bytes of a file that messages call `where`."""
    return _entries(parse_json(content, where), where, key)


def read_columns(path: str | Path, key: str) -> EntryColumns | Sequence[Any]:
    """The list `key` of a file for the evaluator: its columns, in half the time that reading its entries takes.

    Returns:
        The entries themselves if one of them is not as SoccerNet writes it: `Entries.columns` tells what to make of it.

    Raises:
        InputError: as `read_entries`.
    """
    content = read_file(path)
    columns = _plain_columns(content, scored=key == "predictions")
    return parse_entries(content, str(Path(path)), key).raw if columns is None else columns


def game_time(entry: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Half and milliseconds of the field gameTime.

    Raises:
        InputError: it is missing or malformed.
    """
    value = text(entry, "gameTime", where, _GAME_TIME_EXPECTED)
    match = _GAME_TIME.fullmatch(value)
    if match is None or int(match[1]) not in HALVES:
        raise InputError(f"{where}.gameTime is {value!r}; expected {_GAME_TIME_EXPECTED}")
    half, minutes, seconds = (int(part) for part in match.groups())
    return half, (60 * minutes + seconds) * 1000


def team_of(entry: Mapping[str, Any]) -> str | None:
    """The team of an entry with which nothing is wrong; None where the file names none."""
    value = entry.get("team")
    return None if value is None or value.lower() in _NO_TEAM else value


def _entries(data: Any, where: str, key: str) -> Entries:
    data = as_mapping(data, where)
    if key not in data:
        raise InputError(f"{where} has no field {key!r}; expected a list of {key}")
    return Entries(data[key], f"{where}: {key}", key == "predictions", data.get("UrlLocal"))


def _columns(raw: Sequence[Any], scored: bool) -> EntryColumns:
    """The columns, or one of `_UNREADABLE` if an entry cannot be read."""
    # A column after the other, which is quicker than an entry after the other.
    label = [entry["label"] for entry in raw]
    if scored:
        half = [int(entry["half"]) for entry in raw]
        value = [float(entry["confidence"]) for entry in raw]
    else:
        half = [int(entry["gameTime"].lstrip()[0]) for entry in raw]
        value = [-1.0 if entry.get("visibility") == "not shown" else 1.0 for entry in raw]
    position_ms = [int(entry["position"]) if "position" in entry else _last_five_ms(entry["gameTime"]) for entry in raw]
    return _as_columns(label, half, position_ms, value)


def _as_columns(label: list[Any], half: ArrayLike, position_ms: ArrayLike, value: ArrayLike) -> EntryColumns:
    place_of: defaultdict[Any, int] = defaultdict(count().__next__)  # a list in place of a label cannot be looked up
    places = np.fromiter(map(place_of.__getitem__, label), np.int64, len(label))
    arrays = np.array(half, np.int64), np.array(position_ms, np.float64), np.array(value, np.float64)
    return EntryColumns(list(place_of), places, *arrays)


def _last_five_ms(clock: str) -> int:
    """Milliseconds of "1 - mm:ss", from its last five characters: three-digit minutes lose their first digit."""
    return 1000 * (60 * int(clock[-5:-3]) + int(clock[-2:]))


class _Label(msgspec.Struct, gc=False):
    """An annotation as SoccerNet writes it, without what is not scored."""

    gameTime: str
    label: str
    position: str | int | float
    visibility: str = ""


class _Spot(msgspec.Struct, gc=False):
    """A prediction as SoccerNet writes it, without what is not scored."""

    half: str | int | float
    label: str
    position: str | int | float
    confidence: str | float


class _Labels(msgspec.Struct):
    annotations: list[_Label]


class _Spots(msgspec.Struct):
    predictions: list[_Spot]


def _plain_columns(content: bytes, scored: bool) -> EntryColumns | None:
    """What `_columns` makes of the entries in the bytes of a file; None where `_columns` has to be asked."""
    file = parse_json_as(content, _Spots if scored else _Labels)
    if file is None:
        return None
    entries = file.predictions if scored else file.annotations
    try:
        if scored:
            half = _whole_numbers([entry.half for entry in entries])
            value = _numbers([entry.confidence for entry in entries])
        else:
            half = [int(entry.gameTime.lstrip()[0]) for entry in entries]
            value = [-1.0 if entry.visibility == "not shown" else 1.0 for entry in entries]
        position_ms = _whole_numbers([entry.position for entry in entries])
        return _as_columns([entry.label for entry in entries], half, position_ms, value)
    except _UNREADABLE:
        return None


def _numbers(stated: list[str | float]) -> ArrayLike:
    """`float` of each."""
    try:
        return array("d", stated)
    except TypeError:  # text
        return [float(one) for one in stated]


def _whole_numbers(stated: list[str | int | float]) -> list[int] | NDArray[np.int64]:
    """`int` of each: what SoccerNet writes, text of digits, by NumPy; all else by `int` itself."""
    try:
        text_of_all = " ".join(stated)
    except TypeError:  # numbers
        return [int(one) for one in stated]
    if text_of_all.isascii() and text_of_all.replace(" ", "").isdigit() and text_of_all.count(" ") < len(stated):
        values = np.fromstring(text_of_all, np.int64, sep=" ")
        if len(values) == len(stated) and values.max() < 10**15:  # longer ones may not have fitted
            return values
    return [int(one) for one in stated]


_Check = Callable[[Mapping[str, Any], str, Expected], object]
"""Raises InputError if something is wrong with one field of an entry; told the entry, its place, what is expected."""


def _check_game_time(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    game_time(entry, where)


def _check_half(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    halves = HALVES if expected.half_ms is None else tuple(expected.half_ms)
    named = " or ".join(f'"{half}"' for half in halves)
    half = whole(entry, "half", where, named, low=1)
    if half not in halves:
        raise InputError(f"{where}.half is {half}; expected {named}")


def _check_label(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    known_label(text(entry, "label", where, "the name of a class"), expected.classes, "error", where)


def _check_position(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    if "position" in entry:
        whole(entry, "position", where, _POSITION_EXPECTED)
    else:
        game_time(entry, where)


def _check_confidence(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    number(entry, "confidence", where, "a finite number")


def _check_team(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    value = entry.get("team")
    if value is None or (isinstance(value, str) and value.lower() in _NO_TEAM):
        return
    if value not in _TEAMS:
        raise InputError(f"{where}.team is {value!r}; expected one of {', '.join(_TEAMS)}")


def _check_own_position(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    try:
        end_ms = expected.half_ms[int(entry.get("half", 1))]
    except _UNREADABLE:
        end_ms = max(expected.half_ms.values())  # of the half another check complains
    wanted = f"whole milliseconds from 0 to {end_ms}, where the video ends"
    position_ms = whole(entry, "position", where, wanted)
    if position_ms > end_ms:
        raise InputError(f"{where}.position is {position_ms}; expected {wanted}")


def _check_share(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    number(entry, "confidence", where, "a number from 0 to 1", 0.0, 1.0)


def _check_own_game_time(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    value = text(entry, "gameTime", where, _OWN_GAME_TIME_EXPECTED)
    found = _GAME_TIME.fullmatch(value)
    if found is not None:
        half, minutes, seconds = map(int, found.groups())
        try:
            # A second of slack: some programs round where others cut.
            off_sec = abs(int(entry["position"]) / 1000 - 0.5 - 60 * minutes - seconds)
            agrees = off_sec < 1.5 and half == int(entry["half"])
        except _UNREADABLE:
            agrees = True  # of those fields others complain
        if agrees:
            return
    raise InputError(f"{where}.gameTime is {value!r}; expected {_OWN_GAME_TIME_EXPECTED}")


def _check_side(entry: Mapping[str, Any], where: str, expected: Expected) -> None:
    if ("team" in entry or expected.teams) and entry.get("team") not in _SIDES:
        found = repr(entry["team"]) if "team" in entry else "missing"
        raise InputError(f"{where}.team is {found}; expected {' or '.join(_SIDES)}")


_TIME, _HALF, _LABEL = ("gameTime", _check_game_time), ("half", _check_half), ("label", _check_label)
_OF_EVENTS = (("team", _check_team),)  # whatever `visibility` says but "not shown" is visible, as to the evaluator
_OF_LABELS = (_TIME, _LABEL, ("position", _check_position), *_OF_EVENTS)
_OF_PREDICTIONS = (_HALF, _LABEL, ("position", _check_position), ("confidence", _check_confidence), *_OF_EVENTS)
_OF_SUBMISSIONS = (
    _LABEL,
    _HALF,
    ("position", _check_own_position),
    ("confidence", _check_share),
    ("gameTime", _check_own_game_time),
    ("team", _check_side),
)
