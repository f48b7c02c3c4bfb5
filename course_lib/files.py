"""Where files are, that they are whole or not there, that one process makes them, and the one error of bad input.

Data and runs live under the project's folder, or wherever COURSE_HOME points. A file is written beside its place, then
renamed into it. What a killed process was writing keeps a name of its own, so that it is known for what it is, and goes
with the next `leftovers.sweep`. Two lessons run side by side want the same training, and the same features of the same
matches: one of them makes it and the other waits (`only_here`). The lock is a hidden file beside what is made, held by
an open file of the process: it goes with the process, however that ends. JSON comes in and goes out here and nowhere
else. The message of an `InputError` is the sentence that the user reads. Introduced in notebook 00.
"""

import errno
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from course_lib.leftovers import WRITING

__all__ = [
    "Busy",
    "InputError",
    "NoRoom",
    "atomic_path",
    "cache_dir",
    "check_inside",
    "check_room",
    "check_writable",
    "data_dir",
    "found",
    "home_dir",
    "only_here",
    "passed_on",
    "passed_on_words",
    "parse_json",
    "parse_json_as",
    "pointer_sentence",
    "read_file",
    "read_json",
    "read_text",
    "reason",
    "runs_dir",
    "sentence",
    "shown_path",
    "write_json",
    "write_text",
    "writing_error",
]


class InputError(ValueError):
    """Something the user gave is wrong.

    The message is one sentence that names the file or the argument, the field, and what was expected. Commands print
    it without a traceback and leave with status 2. What it quotes may be anybody's: characters that a terminal obeys
    are written out, and a quotation is cut where it gets long.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_QUOTED.sub(lambda match: _shortened(match.group()), _CONTROLS.sub(_written_out, message)))


_QUOTED_CHARACTERS = 80
# Also what is not in quotation marks: a number of thousands of digits. Paths are divided by their slashes.
_QUOTED = re.compile(
    rf"(?<![^\s(\[{{=:])(?:'[^'\n]{{{_QUOTED_CHARACTERS},}}'|\"[^\"\n]{{{_QUOTED_CHARACTERS},}}\")|[^\s/\\]{{260,}}"
)
# The C0 and C1 controls, what turns the direction of text, line and paragraph ends, and halves of pairs.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED_CHARACTERS else text[: _QUOTED_CHARACTERS - 4] + "..." + text[-1]


def found(value: Any) -> str:
    """A value that was found in a file, as a message quotes it: at most 60 characters of it."""
    try:
        shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except (RecursionError, ValueError):  # lists too deep in each other, a number too long to be printed
        return f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else shown[:57] + "..."


class NoRoom(InputError):
    """The disk is full; what was whole before still is, and the work goes on when there is room again."""


class Busy(InputError):
    """Another process makes the same thing."""


def reason(error: BaseException) -> str:
    """What an error of somebody else's says, the first sentence of it: torch explains itself for a page."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return _shortened(first.split(". ")[0])


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


def passed_on(path: str | Path) -> str:
    """A path as a file that is passed on holds it: from `home_dir()` on, elsewhere only its name."""
    if not Path(path).is_absolute():
        return str(path)
    shown = shown_path(path)
    return Path(path).name if Path(shown).is_absolute() else shown


def passed_on_words(words: Iterable[str]) -> list[str]:
    """The words of a command line with paths as `passed_on` has them, also behind an = in a word."""
    parts = [word.rpartition("=") for word in words]
    return [name + equals + passed_on(value) for name, equals, value in parts]


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix in the same folder; rename it to `path` if the block succeeds.

    Missing parent folders are made. If the block raises, the temporary file is removed and `path` is untouched.

    Raises:
        InputError: nothing can be written there.
        NoRoom: the disk is full.
    """
    path = Path(path)
    # Not by `tempfile`: its files are private, and there are file systems that refuse to change that.
    temporary = path.with_name(f"{WRITING}{secrets.token_hex(4)}{path.suffix[:40]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise writing_error(path, error) from error
    try:
        yield temporary
        try:
            temporary.replace(path)
        except OSError as error:  # a folder lies there, or the place has gone
            raise writing_error(path, error) from error
    except BaseException as error:
        full = isinstance(error, Exception) and _is_full(path.parent, error)  # asked while the file is still there
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if full and not isinstance(error, InputError):
            raise NoRoom(_no_room(path)) from error
        raise


_FULL = (errno.ENOSPC, errno.EDQUOT)
_OF_THE_PLACE = (
    *_FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR,
    errno.EEXIST, errno.EFBIG, errno.EIO, errno.ESTALE,
)  # fmt: skip


def writing_error(path: str | Path, error: OSError) -> InputError:
    """Why nothing can be written at `path`, as the sentence to raise."""
    path = Path(path)
    if error.errno in _FULL:
        return NoRoom(_no_room(path))
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); expected a place where files can be made"
    )


def sentence(error: OSError) -> str | None:
    """What a command says of an error that is the fault of the place; None if it is the program's own."""
    if error.errno in _FULL:
        return _no_room(Path(os.fsdecode(error.filename)) if error.filename else Path("output"))
    if error.errno in _OF_THE_PLACE and error.filename:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return None


def _no_room(path: Path) -> str:
    return f"{path}: no space left on this disk; make room there, then the same command goes on"


def _is_full(folder: Path, error: Exception) -> bool:
    """Whether an error in the middle of writing is one of a full disk; some libraries do not pass on which it was."""
    if getattr(error, "errno", None) in _FULL or "No space left" in str(error):
        return True
    probe = folder / f"{WRITING}{secrets.token_hex(4)}"
    try:
        probe.write_bytes(bytes(1 << 14))
    except OSError as found:
        return found.errno in _FULL
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return False


def check_room(folder: str | Path, num_bytes: float, what: str) -> None:
    """Raise NoRoom if `folder` (or where it will be made) has less room than `what` surely takes."""
    import shutil

    try:
        free = shutil.disk_usage(_there(Path(folder))).free
    except OSError:
        return  # it will be seen on writing
    if free < num_bytes:
        raise NoRoom(
            f"{folder}: no space left on this disk for {what}: {free / 1e6:,.0f} MB are free; expected "
            f"{num_bytes / 1e6:,.0f} MB or more"
        )


def check_inside(name: str, where: str) -> None:
    """Raise InputError if a name that is taken for a path below a folder would lead out of it."""
    parts = re.split(r"[/\\\\]", name)
    if ".." in parts or name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name) or "\0" in name:
        raise InputError(f"{where} is {found(name)}; expected a name that stays below its folder")


def check_writable(path: str | Path) -> None:
    """Raise InputError if no file can be made beside `path`: better before an hour of work than after it."""
    folder = _there(Path(path).absolute().parent)
    probe = folder / f"{WRITING}{secrets.token_hex(4)}"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError as error:
        raise writing_error(path, error) from error


def _there(folder: Path) -> Path:
    """The folder, or what there is of the way to it."""
    return next((place for place in (folder, *folder.parents) if place.exists()), Path.cwd())


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


_LARGEST_TEXT_BYTES = 1 << 28  # the labels of all of SoccerNet are a tenth of it


def read_file(path: str | Path) -> bytes:
    """The bytes of a text file.

    Raises:
        InputError: the file is missing, unreadable, or larger than any that holds labels.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # What states no length, such as a pipe, is read as far as text goes.
            content = b"" if size > _LARGEST_TEXT_BYTES else file.read(-1 if size else _LARGEST_TEXT_BYTES + 1)
        if max(size, len(content)) > _LARGEST_TEXT_BYTES:
            raise InputError(f"{path}: is longer than {_LARGEST_TEXT_BYTES:,} bytes; expected a file of text")
        return content
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

    Where no file can be made there is nothing to lock: the block may read, and says why when it writes. On a disk
    without locks a line says so.

    Args:
        path: what is made; the lock lies beside it, and its folder is made if need be.
        what: its name for the line that says what is waited for.
        wait: for the other process; else its work is an error.

    Raises:
        Busy: another process holds the lock, and `wait` is false.
        NoRoom: the disk is full.
    """
    from filelock import FileLock, Timeout  # here, since most commands lock nothing

    path = Path(path).resolve()
    # For all, so that those who share a cache can lock it too; nothing is written into it.
    lock = FileLock(path.with_name(f".{path.name[-200:]}.lock"), mode=0o666)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_PATIENCE_SEC)
    except Timeout:
        if not wait:
            raise Busy(
                f"{shown_path(path)}: another process makes {what}; expected it to end first, or another place"
            ) from None
        print(f"{shown_path(path)}: another process makes {what}; waiting for it", flush=True)
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        number = getattr(error, "errno", None)
        if number in _FULL:
            raise NoRoom(_no_room(path)) from error
        if number not in (errno.EROFS, errno.EACCES, errno.EPERM):
            print(
                f"{shown_path(path)}: no locks here ({error}); let no other process make {what} meanwhile", flush=True
            )
    try:
        yield
    finally:
        lock.release()
