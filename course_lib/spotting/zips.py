"""Reading a zip that anybody may have made: nothing is unpacked onto the disk, and nothing grows without bound.

A zip says of itself how long its files are, and can lie: forty kilobytes can hold gigabytes of zeros. It can hold
links, paths that climb out of a folder, one name twice, a list of a million files. So a file is read by name into
memory, no further than a limit, and only if it is packed in a way that can be stopped half-way (bzip2 and LZMA
cannot, in Python's library). Whatever is wrong is a sentence. Introduced in notebook 11.
"""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.files import InputError, found

__all__ = ["MOST_ZIP_BYTES", "BoundedZip", "DamagedError", "open_zip", "zip_entry"]

MOST_ZIP_BYTES = 256 << 20
MOST_LIST_BYTES = 4 << 20  # of the list of files: some thirty thousand
MOST_FILE_BYTES = 16 << 20  # a hundred thousand spots
MOST_BYTES = 256 << 20  # of all files that are read
_CHUNK_BYTES = 1 << 20
MOST_BRACKETS = 1 << 20  # each object or list of a JSON file takes memory, however short it is written

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # it asks for a password, or is packed in a way that Python doesn't know
    ValueError,
    OverflowError,
    MemoryError,
)


class DamagedError(InputError):
    """A file in the zip is not what the zip says it is."""


class BoundedZip:
    """An open zip; use `open_zip`.

    Attributes:
        names: of its files, in their order, folders left out; a name that it holds twice stands here twice.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        self.names = [entry.filename for entry in self._entries]
        self._bytes_read = 0

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            DamagedError: it is damaged.
            InputError: it is no plain file, is packed in an unusual way or with a password, or is too long.
        """
        entry = next(entry for entry in self._entries if entry.filename == name)
        where = f"{self._path}: {name}"
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise InputError(f"{where} is a link or a device; expected a file")
        if entry.flag_bits & 1:
            raise InputError(f"{where} is locked with a password; expected a file that anybody can read")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{where} is packed in an unusual way; expected an ordinary zip (method deflate)")
        if entry.file_size > MOST_FILE_BYTES:
            raise InputError(
                f"{self._path}: {found(name)} is {entry.file_size:,} bytes; expected {MOST_FILE_BYTES:,} or less"
            )
        with _told(self._path):
            try:
                with self._archive.open(entry) as file:
                    content = b"".join(iter(lambda: file.read(_CHUNK_BYTES), b""))
            except zipfile.BadZipFile:
                raise DamagedError(f"{self._path}: {name} is damaged; expected an undamaged zip") from None
        if content.count(b"{") + content.count(b"[") > MOST_BRACKETS:
            raise InputError(f"{where} holds more than {MOST_BRACKETS:,} objects and lists; expected fewer spots")
        self._bytes_read += len(content)
        if self._bytes_read > MOST_BYTES:
            raise InputError(f"{self._path}: holds more than {MOST_BYTES >> 20} MB; expected fewer spots")
        return content


@contextmanager
def open_zip(path: str | Path) -> Iterator[BoundedZip]:
    """Within this block a zip can be read, within bounds.

    Raises:
        InputError: no such file, no zip, or one that is too big.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.stat().st_size > MOST_ZIP_BYTES:
        raise InputError(f"{path}: is larger than {MOST_ZIP_BYTES >> 20} MB; expected nothing but spots in it")
    with _told(path):
        file = _ShortReads(path)
    with file:
        with _told(path):
            archive = zipfile.ZipFile(file)
        with archive:
            yield BoundedZip(path, archive)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What Python's library finds wrong with a zip, as a sentence."""
    try:
        yield
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a zip ({error}); expected an undamaged one") from None


def zip_entry(name: str) -> zipfile.ZipInfo:
    """How a file of this name is to be packed: with a fixed date, so that making the zip again changes nothing."""
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return entry


class _ShortReads(io.FileIO):
    """A file of which no one takes much at once: Python's library reads a zip's list of files in one go."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if (left if size is None or size < 0 else min(size, left)) > MOST_LIST_BYTES:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size)
