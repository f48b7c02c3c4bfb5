"""What lies below a folder of data: links are followed, and what is no data is passed over, by every command alike.

What other programs leave (`course_lib.leftovers`) may hold copies of the data, and none of it is a match. A folder that
cannot be read, such as `lost+found`, is a note, not the end. Introduced in notebook 00.
"""

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from course_lib.leftovers import is_foreign

__all__ = ["composed", "files_below", "folders_below"]


def composed(name: str) -> str:
    """A name as most systems write it: macOS takes letters and accents apart, and the same match gets two names."""
    return unicodedata.normalize("NFC", name)


def folders_below(root: str | Path, depth: int | None = None) -> Iterator[Path]:
    """`root`'s folders, each before those in it, in the order of their names; links are followed, but not in circles.

    Args:
        root: an existing folder, itself not given.
        depth: how many levels down; None for all.
    """
    root = Path(root)
    for folder, _ in _walk(root, depth, (_identity(root),)):
        if folder != root:
            yield folder


def files_below(root: str | Path, wanted: Callable[[str], bool], depth: int | None = None) -> list[Path]:
    """The files below a folder whose name is wanted, sorted; arguments as for `folders_below`."""
    root = Path(root)
    return sorted(
        folder / name for folder, names in _walk(root, depth, (_identity(root),)) for name in names if wanted(name)
    )


def _walk(folder: Path, depth: int | None, above: tuple[object, ...]) -> Iterator[tuple[Path, list[str]]]:
    """Each folder with the names of its files."""
    folders, files = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_foreign(entry.name):
                    continue
                try:
                    (folders if entry.is_dir() else files).append(entry.name)
                except OSError:  # a link in a circle, or to what may not be asked
                    continue
    except OSError as error:
        _note(f"note: {folder}: passed over, since it cannot be read ({error.strerror})")
        return
    yield folder, sorted(files)
    if depth == 0:
        return
    for name in sorted(folders):
        below = folder / name
        identity = _identity(below)
        if identity is not None and identity not in above:
            yield from _walk(below, None if depth is None else depth - 1, (*above, identity))


@cache  # a command looks more than once
def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _identity(folder: Path) -> object:
    """What tells a folder from all others, whatever way led to it; None if it cannot be asked."""
    try:
        stat = folder.stat()
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino) if stat.st_ino else os.path.realpath(folder)
