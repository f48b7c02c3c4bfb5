"""Where files are, that they are whole or not there, that one process makes them, and the one error of bad input.

Data and runs live under the project's folder, or wherever COURSE_HOME points. A file is written beside its place, then
renamed into it. Two lessons run side by side want the same training, and the same features of the same matches: one of
them makes it and the other waits (`only_here`). The lock is a hidden file beside what is made, held by an open file of
the process: it goes with the process, however that ends. JSON comes in and goes out here and nowhere else. The message
of an `InputError` is the sentence that the user reads. Introduced in notebook 00.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

__all__ = [
    "InputError",
    "atomic_path",
    "cache_dir",
    "data_dir",
    "home_dir",
    "only_here",
    "parse_json",
    "parse_json_as",
    "pointer_sentence",
    "read_file",
    "read_json",
    "read_text",
    "runs_dir",
    "shown_path",
    "write_json",
    "write_text",
]


class InputError(ValueError):
    """Something the user gave is wrong.

    The message is one sentence that names the file or the argument, the field, and what was expected. Commands print
    it without a traceback and leave with status 2.
    """


def home_dir() -> Path:
    """The folder that holds `data/` and `runs/`.

    `COURSE_HOME` if set; else the clone that this package is imported from; else (a copy installed without its
    clone) the current directory.
    """
    if chosen := os.environ.get("COURSE_HOME"):
        return Path(chosen).expanduser().resolve()
    clone = Path(__file__).resolve().parent.parent
    return clone if (clone / "pyproject.toml").is_file() else Path.cwd()


def data_dir() -> Path:
    """Data sets, one folder each."""
    return home_dir() / "data"


def cache_dir() -> Path:
    """Training stores: everything here can be deleted and is made again when needed."""
    return data_dir() / "cache"


def runs_dir() -> Path:
    """Run folders, one a training run."""
    return home_dir() / "runs"


def shown_path(path: str | Path) -> str:
    """A path as a message should show it: from `home_dir()` on if it lies there, so that outputs name no machine."""
    path = Path(path).resolve()
    return path.relative_to(home_dir()).as_posix() if path.is_relative_to(home_dir()) else str(path)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix in the same folder; rename it to `path` if the block succeeds.

    Missing parent folders are made. If the block raises, the temporary file is removed and `path` is untouched.
    """
    import tempfile  # here, since most commands only read

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; give them the permissions that any other new file would get.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write `text` atomically as UTF-8."""
    with atomic_path(path) as temporary:
        # Names of files may hold bytes that are no UTF-8: written out, they can be read.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: str | Path, data: Any, indent: int | None = 1) -> None:
    """Write `data` atomically as JSON; NaN and infinities are refused, since JSON has none."""
    write_text(path, json.dumps(data, indent=indent, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: the file is missing, unreadable, or not JSON (with the line at which it stops being JSON).
    """
    path = Path(path)
    return parse_json(read_file(path), str(path))


def read_file(path: str | Path) -> bytes:
    """The bytes of a text file.

    Raises:
        InputError: the file is missing or unreadable.
    """
    path = Path(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from None


_MARKS = {  # what programs write in front of text to say how it is written
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_UTF8_MARK = b"\xef\xbb\xbf"


def read_text(path: str | Path) -> str:
    """The text of a file, without the mark that some programs put in front of it.

    Raises:
        InputError: the file is missing, unreadable, or not UTF-8.
    """
    return _decoded(read_file(path), str(Path(path)))


def _decoded(content: bytes, where: str) -> str:
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            raise InputError(
                f"{where}: is written in {name}; expected UTF-8 (in PowerShell: Set-Content -Encoding utf8)"
            )
    try:
        return content.removeprefix(_UTF8_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: cannot be read as UTF-8 text ({error})") from None


_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def pointer_sentence(content: bytes, where: str) -> str:
    """What to say of a file that only points at a large one, as a clone without git-LFS has it; "" of any other."""
    if not content.startswith(_LFS_POINTER):
        return ""
    return f"{where}: is a git-LFS pointer, not the file itself; fetch that with `git lfs pull`"


def parse_json(content: bytes, where: str) -> Any:
    """The JSON in the bytes of a file that messages call `where`: the one door through which JSON comes in.

    What msgspec refuses, Python's own parser reads: it takes more (NaN, endless numbers, half a surrogate pair) and
    says where it had to stop. What msgspec takes, it takes as that one does.

    Raises:
        InputError: they are not JSON (with the line at which they stop being JSON), or lists in lists without end.
    """
    content = content.removeprefix(_UTF8_MARK)
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        pass
    text = _decoded(content, where)
    if pointer := pointer_sentence(content, where):
        raise InputError(pointer)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{where}: holds lists or objects too deep in each other to be read") from None
    except ValueError as error:
        raise InputError(f"{where}: holds a number too long to be read ({error})") from None


_Shape = TypeVar("_Shape")


def parse_json_as(content: bytes, shape: type[_Shape]) -> _Shape | None:
    """Of the JSON in these bytes only what `shape` names, several times as quick as all of it.

    Args:
        content: the file.
        shape: a `msgspec.Struct`; what it does not name is passed over.

    Returns:
        None if it is no JSON, or JSON of another shape. `parse_json` then says what it is.
    """
    content = content.removeprefix(_UTF8_MARK)
    try:
        if not content.isascii():
            content.decode("utf-8")  # in text that it passes over msgspec takes any byte
        return _decoder(shape).decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


@cache
def _decoder(shape: type[_Shape]) -> msgspec.json.Decoder[_Shape]:
    return msgspec.json.Decoder(shape)


_PATIENCE_SEC = 1.0  # shorter waits are not worth a line


@contextmanager
def only_here(path: str | Path, what: str, wait: bool = True) -> Iterator[None]:
    """Within this block no other process is in a block with the same path.

    Args:
        path: what is made; the lock lies beside it, and its folder is made if need be.
        what: its name for the line that says what is waited for.
        wait: for the other process; else its work is an error.

    Raises:
        InputError: another process holds the lock, and `wait` is false.
    """
    from filelock import FileLock, Timeout  # here, since most commands lock nothing

    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=_PATIENCE_SEC)
    except Timeout:
        if not wait:
            raise InputError(
                f"{shown_path(path)}: another process makes {what}; expected it to end first, or another place"
            ) from None
        print(f"{shown_path(path)}: another process makes {what}; waiting for it", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
