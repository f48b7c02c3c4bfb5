"""Unpacking archives of matches: safely, and one whole match at a time.

An archive comes from elsewhere. Its names may point out of the folder, its links anywhere, and its sizes may lie; so
names are read, never trusted, and everything is refused before the first byte is written if one member is not plain.

The archives of SoccerNet are encrypted. Python reads the old zip encryption by itself, in interpreted code (2 MB/s,
measured), and not the newer AES; pyzipper reads AES (280 MB/s, on the same core).
"""

import hashlib
import lzma
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_lib.files import InputError, shown_path, writing_error
from course_lib.progress import progress_bar

from .credentials import PASSWORD_VARIABLE

__all__ = ["ArchivedMatch", "list_matches", "unpack"]

MAX_FILES = 100_000
MAX_BYTES = 400 << 30  # of one archive, unpacked; the largest real one holds some 9 GB
MAX_RATIO = 200  # unpacked to packed; video hardly shrinks, label files by a factor of twenty
_AES = 99
_WANTED = re.compile(r"(?:[12]_)?(224p|720p)\.(?:mp4|mkv)|(Labels-(?:ball|v2)\.json)")
_CHUNK_BYTES = 1 << 20
_MAX_NAME_BYTES = 240  # file systems take 255, and a little is put before
_UNPACK_ERRORS = (
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True)
class ArchivedMatch:
    """The members of an archive that belong to one match: "league/season/match", and file name → member."""

    name: str
    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, tuple[type[Exception], ...]]]:
    """An archive, and the errors that reading a member raises if the password is wrong or the member damaged."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, struct.error, UnicodeError, NotImplementedError, OverflowError, ValueError):
        raise InputError(f"{shown_path(path)}: is no zip archive, or is damaged; expected one") from None
    with archive:
        if not any(member.compress_type == _AES for member in archive.infolist()):
            yield archive, _UNPACK_ERRORS
            return
    try:
        import pyzipper
    except ModuleNotFoundError:
        raise InputError(
            f"{shown_path(path)}: is encrypted with AES, which Python does not read; `pip install pyzipper` first"
        ) from None
    with pyzipper.AESZipFile(path) as archive:
        yield archive, (*_UNPACK_ERRORS, pyzipper.BadZipFile)


def _plain_parts(archive: Path, member: zipfile.ZipInfo) -> tuple[str, ...]:
    """The parts of a member's name.

    Raises:
        InputError: the name leaves the folder, or the member is neither a file nor a folder.
    """
    name = member.filename
    parts = PurePosixPath(name).parts
    kind = stat.S_IFMT(member.external_attr >> 16)
    strange = (
        not parts
        or name.startswith("/")
        or any(part == ".." or re.search(r"[\\:\x00-\x1f]", part) for part in parts)
        or "\\" in getattr(member, "orig_filename", name)
    )
    if strange:
        raise InputError(f"{shown_path(archive)}: member {name!r} leads out of its folder; expected a plain name")
    if any(len(part.encode(errors="replace")) > _MAX_NAME_BYTES for part in parts):
        raise InputError(
            f"{shown_path(archive)}: member {name!r} has a name that no disk takes; expected at most "
            f"{_MAX_NAME_BYTES} bytes"
        )
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(f"{shown_path(archive)}: member {name!r} is a link or a device; expected files and folders")
    return parts


def list_matches(path: Path, sizes: Sequence[str] = ("224p", "720p")) -> list[ArchivedMatch]:
    """The matches of an archive, with their label files and the videos of these sizes; all else is left out.

    Raises:
        InputError: it is no archive, a member is not plain, or what it unpacks to is out of all proportion.
    """
    with _opened(path) as (archive, _):
        members = archive.infolist()
    if len(members) > MAX_FILES:
        raise InputError(f"{shown_path(path)}: holds {len(members):,} members; expected at most {MAX_FILES:,}")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_BYTES or unpacked > MAX_RATIO * max(packed, 1 << 10):
        raise InputError(f"{shown_path(path)}: {packed:,} bytes unpack to {unpacked:,}; expected no such archive")
    matches: dict[str, ArchivedMatch] = {}
    for member in members:
        parts = _plain_parts(path, member)
        wanted = _WANTED.fullmatch(parts[-1])
        if member.is_dir() or not wanted or parts[0] == "__MACOSX" or (wanted[1] and wanted[1] not in sizes):
            continue
        if len(parts) < 4:
            raise InputError(
                f"{shown_path(path)}: member {member.filename!r} is in no match; expected league/season/match/file"
            )
        if any(part.startswith(".") for part in parts[-4:-1]):  # such as those of matches that are being unpacked
            raise InputError(
                f"{shown_path(path)}: member {member.filename!r} lies in a hidden folder; expected league/season/match"
            )
        name = "/".join(parts[-4:-1])
        match = matches.setdefault(name, ArchivedMatch(name))
        if parts[-1] in match.members:
            raise InputError(f"{shown_path(path)}: holds {name}/{parts[-1]} twice; expected it once")
        match.members[parts[-1]] = member
    return [matches[name] for name in sorted(matches)]


def unpack(path: Path, folder: Path, password: str | None, sizes: Sequence[str] = ("224p", "720p")) -> list[str]:
    """Unpack the matches of an archive into `folder`/league/season/match; return their names.

    A match appears only when it is whole. Files that are there in their right size are not written again.

    Raises:
        InputError: as `list_matches`; no password or a wrong one; the archive is damaged; the disk is full.
    """
    matches = list_matches(path, sizes)
    if not matches:
        raise InputError(f"{shown_path(path)}: holds no matches; expected league/season/match/ with videos and labels")
    missing = {match.name: _missing(match, folder / match.name) for match in matches}
    total = sum(member.file_size for members in missing.values() for member in members)
    if not total:
        return [match.name for match in matches]
    folder.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(folder).free) < total:
        raise InputError(f"{shown_path(path)}: unpacks to {total:,} bytes; {shown_path(folder)} has room for {free:,}")
    key = password.encode() if password else None
    with _opened(path) as (archive, errors), progress_bar(None, f"unpacking {path.name}", total, unit="B") as bar:
        bar.unit_scale = True
        _try_password(path, archive, errors, [m for members in missing.values() for m in members], key)
        for match in matches:
            if missing[match.name]:
                _unpack_match(path, archive, errors, missing[match.name], folder / match.name, key, bar.update)
    return [match.name for match in matches]


def _missing(match: ArchivedMatch, folder: Path) -> list[zipfile.ZipInfo]:
    def there(name: str, member: zipfile.ZipInfo) -> bool:
        return (folder / name).is_file() and (folder / name).stat().st_size == member.file_size

    return [member for name, member in match.members.items() if not there(name, member)]


def _try_password(
    path: Path,
    archive: zipfile.ZipFile,
    errors: tuple[type[Exception], ...],
    members: list[zipfile.ZipInfo],
    key: bytes | None,
) -> None:
    """Read the smallest encrypted member to its end: the check at its start lets one wrong password in 256 pass."""
    encrypted = [member for member in members if member.flag_bits & 1]
    if not encrypted:
        return
    if key is None:
        raise InputError(
            f"{shown_path(path)}: is encrypted and {PASSWORD_VARIABLE} is not set; set it to the password that came "
            "with SoccerNet's agreement (www.soccer-net.org/data)"
        )
    opens = True
    try:
        with archive.open(min(encrypted, key=lambda member: member.file_size), pwd=key) as data:
            while data.read(_CHUNK_BYTES):
                pass
    except (*errors, OSError):
        opens = False
    if not opens:
        raise InputError(
            f"{shown_path(path)}: {PASSWORD_VARIABLE} does not open it; expected the password that came with "
            "SoccerNet's agreement (www.soccer-net.org/data)"
        )


def _unpack_match(
    path: Path,
    archive: zipfile.ZipFile,
    errors: tuple[type[Exception], ...],
    members: list[zipfile.ZipInfo],
    folder: Path,
    key: bytes | None,
    progress: Callable[[int], object],
) -> None:
    """Unpack beside the match's place, then move there: the whole folder, or single files into one that is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A name that the next call finds again, and no longer than the match's own.
    aside = folder.parent / f".unfinished-{hashlib.sha256(folder.name.encode()).hexdigest()[:16]}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    damaged = None
    try:
        for member in members:
            place = aside / PurePosixPath(member.filename).name
            with archive.open(member, pwd=key if member.flag_bits & 1 else None) as data, place.open("wb") as out:
                while chunk := data.read(_CHUNK_BYTES):  # never more than the size that was looked at above
                    out.write(chunk)
                    progress(len(chunk))
        if folder.is_dir():
            for place in aside.iterdir():
                os.replace(place, folder / place.name)
        else:
            aside.rename(folder)
    except errors:
        damaged = member.filename
    except OSError as error:
        if error.errno is not None:  # of the disk; bzip2 says of damaged data that it is an OSError
            raise writing_error(folder, error) from None
        damaged = member.filename
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if damaged:
        raise InputError(f"{shown_path(path)}: {damaged!r} is damaged in it; remove the archive and fetch it again")
