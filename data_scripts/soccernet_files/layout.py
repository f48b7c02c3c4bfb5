"""Bringing matches, however somebody's copy of them lies, into the layout and the names that the course reads.

Files are not copied but linked where the disk allows it, so that preparing costs no room: a hard link keeps the file
also when the downloads are removed. A match appears in its place at once or not at all.
"""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.folders import composed, folders_below
from course_lib.data.inspect import match_videos
from course_lib.data.published import BALL_SEASON, official_game, official_split, same_match
from course_lib.files import InputError, read_json, shown_path

__all__ = ["SPLIT_NAMES", "FoundMatch", "find_matches", "lay"]

SPLIT_NAMES = {"train": "train", "valid": "val", "val": "val", "test": "test", "challenge": "challenge"}
_SEASON = re.compile(r"\d{4}-\d{4}")
_DEPTH = 6


@dataclass(frozen=True)
class FoundMatch:
    """A match in somebody's copy: where it lies, what it is called officially, and its split (None: in none)."""

    folder: Path
    name: str  # league/season/match
    split: str | None


def find_matches(source: Path, label_file: str) -> list[FoundMatch]:
    """Every folder below `source` that holds a video or the label file, whatever folders are around it.

    The split is that of splits.json in `source`, else of a folder train/, valid/, test/ or challenge/ on the way, else
    the official one.

    Raises:
        InputError: the folder is not there, a match is there twice, or splits.json is malformed.
    """
    if not source.is_dir():
        raise InputError(f"{source}: no such folder; expected one with SoccerNet's matches below it")
    listed = _listed_splits(source)
    found: dict[str, FoundMatch] = {}
    for folder in sorted(folders_below(source, _DEPTH)):
        if not (folder / label_file).is_file() and not match_videos(folder):
            continue
        parts = folder.relative_to(source).parts
        name = _official_id(parts)
        on_the_way = next((SPLIT_NAMES[part] for part in parts[:-1] if part in SPLIT_NAMES), None)
        split = listed.get(same_match(name)) or on_the_way or official_split(name)
        if name in found:
            raise InputError(
                f"{shown_path(source)}: holds {name!r} twice, in {shown_path(found[name].folder)} and in "
                f"{shown_path(folder)}; expected it once"
            )
        found[name] = FoundMatch(folder, name, split)
    order = list(SPLIT_NAMES.values())
    return sorted(found.values(), key=lambda match: (order.index(match.split) if match.split else -1, match.name))


def _official_id(parts: tuple[str, ...]) -> str:
    """league/season/match of a match's folder, given the folders that lead to it."""
    if official := official_game(parts[-1]):
        return official
    if len(parts) >= 3 and _SEASON.fullmatch(parts[-2]):
        return composed("/".join(parts[-3:]))
    return f"{BALL_SEASON}/{composed(parts[-1])}"


def _listed_splits(source: Path) -> dict[str, str]:
    path = source / "splits.json"
    if not path.is_file():
        return {}
    data = read_json(path)
    if not isinstance(data, dict) or not all(
        split in SPLIT_NAMES and isinstance(matches, list) for split, matches in data.items()
    ):
        raise InputError(f'{shown_path(path)}: expected {{"train": [match, ...], "val": [...], "test": [...]}}')
    return {same_match(str(match)): SPLIT_NAMES[split] for split, matches in data.items() for match in matches}


def lay(folder: Path, place: Path, files: list[str], copy: bool = False) -> None:
    """Link (or copy) files of a match's folder into its place; those that are there already stay.

    Raises:
        InputError: the place cannot be written.
    """
    if place.exists() and folder.samefile(place):
        return
    missing = [name for name in files if not _same(folder / name, place / name)]
    if not missing:
        return
    try:
        if place.is_dir():
            for name in missing:
                # Not `atomic_path`, which would set permissions, and with a link those of the source.
                beside = place / f".unfinished-{name}"
                beside.unlink(missing_ok=True)
                _bring(folder / name, beside, copy)
                os.replace(beside, place / name)
            return
        aside = place.parent / f".unfinished-{place.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            for name in missing:
                _bring(folder / name, aside / name, copy)
            aside.rename(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise InputError(f"{shown_path(place)}: cannot be written ({error.strerror})") from None


def _same(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    here, there = source.stat(), target.stat()
    return os.path.samestat(here, there) or (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)


def _bring(source: Path, target: Path, copy: bool) -> None:
    if copy:
        _copy(source, target)
        return
    source = source.resolve()
    try:
        target.hardlink_to(source)
    except OSError:  # another disk, or one without hard links
        try:
            target.symlink_to(source)
        except OSError:
            _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with suppress(OSError):  # a disk may refuse permissions and times
        shutil.copystat(source, target)
