"""What came out of a JSON file as the data class that says what should be in it, or one sentence about what is not.

The data class is the whole description: its fields, their types, and which of them may be missing. Configurations and
all else that a run folder holds are read so. Introduced in notebook 02.
"""

import dataclasses
import math
import types
from dataclasses import is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from course_lib.files import InputError, found

__all__ = ["shaped"]

Kind = TypeVar("Kind")
_NAMES = {int: "int", float: "float", str: "str", bool: "bool", type(None): "null"}
_LARGEST = 1 << 63  # what a whole number anywhere is smaller than


def shaped(kind: type[Kind], data: Any, source: str, *, unknown: bool = False, prefix: str = "") -> Kind:
    """A data class from nested dictionaries. Fields that are missing keep their default.

    Args:
        kind: the data class. Its fields are bool, int, float, str, None, `Any`, `Literal`, lists, tuples of one type,
            dictionaries by name, other data classes, and unions of these.
        data: what JSON gave.
        source: the file's name, for the sentence.
        unknown: pass over keys that are no fields, as a later version may write; else they are refused.
        prefix: where `data` sits in the whole, such as "train.".

    Raises:
        InputError: an unknown key, a field that is missing and has no default, a section that is no object, or a value
            of the wrong type or no finite number.
    """
    if not isinstance(data, dict):
        raise InputError(f"{source}: {prefix.rstrip('.') or 'the whole'} is {found(data)}; expected an object")
    hints = get_type_hints(kind)
    values = {}
    for key, value in data.items():
        if key in hints:
            values[key] = _value(value, hints[key], source, prefix + key, unknown)
        elif not unknown:
            raise InputError(f"{source}: unknown key {prefix + key!r}; expected one of {', '.join(hints)}")
    for field in dataclasses.fields(kind):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in values:
            expected = _words(hints[field.name])
            raise InputError(f"{source}: has no field {prefix + field.name!r}; expected {expected}")
    return kind(**values)


def _value(value: Any, hint: Any, source: str, name: str, unknown: bool) -> Any:
    """`value` as the type of its field asks for it."""
    if hint is Any:
        return value
    if is_dataclass(hint):
        return shaped(hint, value, source, unknown=unknown, prefix=name + ".")
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (list, tuple) and isinstance(value, list | tuple) and not _misfits(value, inner[0]):
        return origin(_value(entry, inner[0], source, f"{name}[{i}]", unknown) for i, entry in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _value(entry, inner[1], source, f"{name}.{key}", unknown) for key, entry in value.items()}
    kinds = inner if origin in (Union, types.UnionType) else (hint,)
    for kind in kinds:
        if is_dataclass(kind) and isinstance(value, dict):
            return shaped(kind, value, source, unknown=unknown, prefix=name + ".")
    if origin is Literal and value in inner:
        return value
    if type(value) in kinds and not isinstance(value, int | float):
        return value
    if type(value) is bool and bool in kinds:
        return value
    if type(value) is int and abs(value) < _LARGEST and (int in kinds or float in kinds):
        return value if int in kinds else float(value)
    if type(value) is float and float in kinds and math.isfinite(value):
        return value
    raise InputError(f"{source}: {name} is {found(value)}; expected {_words(hint)}")


def _misfits(values: Any, hint: Any) -> bool:
    """Whether a list holds something else than the plain strings that its field asks for."""
    return hint is str and not all(isinstance(value, str) for value in values)


def _words(hint: Any) -> str:
    """A type as a message calls it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (list, tuple):
        return "a list of strings" if inner[0] is str else "a list"
    if origin is dict or is_dataclass(hint):
        return "an object"
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin in (Union, types.UnionType):
        return " | ".join(_NAMES.get(kind, "None") if kind is not type(None) else "None" for kind in inner)
    return _NAMES.get(hint, str(hint))
