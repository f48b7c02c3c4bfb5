"""Names under which teams are shown: their own, or pseudonyms that stand in a file of the instructor's.

A table is passed on, and the names of a learning platform are those of people. A pseudonym is drawn by chance, not made
from the name, so that nobody works it out; who is who stands in the file alone, where it can also be changed.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from course_lib.challenge.submissions import printable
from course_lib.files import InputError, read_json, write_json

__all__ = ["pseudonyms", "own_names"]

_WHICH = ("brown", "crested", "golden", "grey", "little", "long-eared", "northern", "quick", "quiet", "red", "white")
_WHO = (
    "avocet", "bittern", "crane", "curlew", "dipper", "dunlin", "egret", "falcon", "finch", "gannet",
    "godwit", "goshawk", "grebe", "harrier", "heron", "hoopoe", "jackdaw", "jay", "kestrel", "kite",
    "lapwing", "lark", "linnet", "magpie", "merlin", "nuthatch", "oriole", "osprey", "owl", "petrel",
    "plover", "puffin", "raven", "robin", "rook", "shrike", "siskin", "skua", "snipe", "starling", "stork",
    "swallow", "swift", "tern", "thrush", "wagtail", "warbler", "wren",
)  # fmt: skip


def own_names(teams: Mapping[str, str]) -> dict[str, str]:
    """Each team's own name by its key; teams of one name are told apart by their keys."""
    names = list(teams.values())
    return {team: name if names.count(name) == 1 else f"{name} ({team})" for team, name in teams.items()}


def pseudonyms(path: Path, teams: Mapping[str, str]) -> dict[str, str]:
    """The pseudonym of each team by its key; teams that the file does not have are added to it (atomically).

    Args:
        path: the file; made if it is not there.
        teams: names by key.

    Raises:
        InputError: the file is malformed, or has a pseudonym twice.
    """
    known = _read(path) if path.is_file() else {}
    shown = [entry["shown as"] for entry in known.values()]
    twice = next((name for name in shown if shown.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: 'shown as' is {twice!r} twice; expected a different pseudonym for each team")
    missing = [team for team in teams if team not in known]
    for team in missing:
        known[team] = {"team": teams[team], "shown as": _draw({entry["shown as"] for entry in known.values()})}
    if missing or not path.is_file():
        write_json(path, known)
    return {team: printable(known[team]["shown as"]) for team in teams}


def _read(path: Path) -> dict[str, dict[str, str]]:
    data = read_json(path)
    if not isinstance(data, dict) or not all(
        isinstance(entry, dict) and isinstance(entry.get("shown as"), str) and entry["shown as"].strip()
        for entry in data.values()
    ):
        expected = '{key: {"team": name, "shown as": pseudonym}, ...}, as this command makes'
        raise InputError(f"{path}: expected {expected}")
    return data


def _draw(taken: set[str]) -> str:
    left = [name for which in _WHICH for who in _WHO if (name := f"{which} {who}") not in taken]
    if left:
        return secrets.choice(left)
    return f"team {len(taken) + 1}"
