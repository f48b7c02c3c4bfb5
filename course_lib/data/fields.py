"""Taking one field out of a JSON file, or saying in one sentence why that cannot be done.

Every reader goes through these, so every complaint has the same three parts: the file, the place in it with its field,
and what was expected there instead of what was found.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from course_lib.files import InputError, found

__all__ = ["Unknown", "as_list", "as_mapping", "check_frame", "known_label", "number", "text", "whole"]

LARGEST = 1 << 53
"""Whole number: floats hold all up to here, and nothing that is counted in a video comes near."""

Unknown = Literal["error", "skip"]
"""What to do with a label that is not in the class list."""


def _get(entry: Mapping[str, Any], field: str, where: str, expected: str) -> Any:
    if field not in entry:
        raise InputError(f"{where} has no field {field!r}; expected {expected}")
    return entry[field]


def as_mapping(value: Any, where: str) -> Mapping[str, Any]:
    """`value` as a JSON object; InputError if it is anything else."""
    if not isinstance(value, Mapping):
        raise InputError(f"{where} is {found(value)}; expected a JSON object")
    return value


def as_list(value: Any, where: str) -> Sequence[Any]:
    """`value` as a JSON list; InputError if it is anything else."""
    if not isinstance(value, list):
        raise InputError(f"{where} is {found(value)}; expected a list")
    return value


def text(entry: Mapping[str, Any], field: str, where: str, expected: str = "non-empty text") -> str:
    """The field as text that is not empty."""
    value = _get(entry, field, where, expected)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where}.{field} is {found(value)}; expected {expected}")
    return value


def number(
    entry: Mapping[str, Any],
    field: str,
    where: str,
    expected: str,
    low: float = -math.inf,
    high: float = math.inf,
) -> float:
    """The field as a finite number in [low, high]; SoccerNet writes numbers as text, so text is taken too."""
    value = _get(entry, field, where, expected)
    try:
        if isinstance(value, bool):
            raise TypeError
        result = float(value)
    except (OverflowError, TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result) or not low <= result <= high:
        raise InputError(f"{where}.{field} is {found(value)}; expected {expected}")
    return result


def whole(entry: Mapping[str, Any], field: str, where: str, expected: str, low: int = 0) -> int:
    """The field as a whole number of at least `low`, written as a number or as text."""
    value = _get(entry, field, where, expected)
    try:
        # int() alone would cut 12.5 to 12 and take True for 1.
        if isinstance(value, bool | float) and (isinstance(value, bool) or not value.is_integer()):
            raise TypeError
        result = int(value)
    except (OverflowError, TypeError, ValueError):
        raise InputError(f"{where}.{field} is {found(value)}; expected {expected}") from None
    if not low <= result <= LARGEST:
        raise InputError(f"{where}.{field} is {found(value)}; expected {expected}")
    return result


def known_label(label: str, classes: Sequence[str] | None, unknown: Unknown, where: str) -> bool:
    """Whether to keep an event of this label: it is in `classes`, or `classes` is None.

    Raises:
        InputError: the label is not in `classes` and `unknown` is "error".
    """
    if classes is None or label in classes:
        return True
    if unknown == "error":
        raise InputError(f"{where}.label is {found(label)}; expected one of {', '.join(classes)}")
    return False


def check_frame(frame: int, num_frames: int, where: str, field: str = "frame") -> None:
    """Raise InputError if `frame` is not in [0, num_frames), and say so if counting from 1 would explain it."""
    if 0 <= frame < num_frames:
        return
    hint = " (frames count from 0: was this file counted from 1?)" if frame == num_frames else ""
    raise InputError(f"{where}.{field} is {found(frame)}; expected a frame from 0 to {num_frames - 1}{hint}")
