"""Large files from a hub: what it has, and each file fetched once, resumable and checked.

The hub's own client (`hf_hub_download`, from version 1 on) begins a file anew after every interruption, since it loads
into a file of a name that no later call knows. Archives of gigabytes need better: here what has arrived stays beside
its place, under a name that holds its checksum, and the next call asks for the rest (HTTP Range). A file appears under
its own name only if its SHA-256 is the one that the hub states.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, get_session, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import build_hf_headers

from course_lib.files import InputError, read_json, shown_path, write_json, writing_error
from course_lib.progress import progress_bar

from .credentials import AGREEMENT, TOKEN_VARIABLE, token

__all__ = ["Hub", "HubFile"]

# The hub's client is built on one HTTP library or another, by version; the base of its own error is that library's.
_HTTPError = HfHubHTTPError.__bases__[0]
_ATTEMPTS = 4
_CHUNK_BYTES = 1 << 20
_SLOWEST, _SLOW_SEC = 1000, 120.0  # bytes a second, and for how long
CHECKED = ".checked.json"


@dataclass(frozen=True)
class HubFile:
    """One file of a repository.

    Attributes:
        name: path inside the repository.
        size_bytes: as the hub states it.
        sha256: as the hub states it; None for small files that are kept in Git itself.
    """

    name: str
    size_bytes: int
    sha256: str | None


class Hub:
    """A data set's repository on a hub.

    Args:
        endpoint: address of the hub.
        repository: "owner/name".
        revision: branch, tag or commit.
        wait_sec: pause before the second attempt after a lost connection; doubled before each further one.
    """

    def __init__(self, endpoint: str, repository: str, revision: str = "main", wait_sec: float = 2.0) -> None:
        self.endpoint = endpoint
        self.repository = repository
        self.revision = revision
        self.wait_sec = wait_sec

    def files(self) -> dict[str, HubFile]:
        """Name → file, as of the revision.

        Raises:
            InputError: the hub cannot be reached, or does not let us in.
        """
        api = HfApi(endpoint=self.endpoint, token=token())
        problem = None
        try:
            info = api.dataset_info(self.repository, revision=self.revision, files_metadata=True, timeout=30)
            found = {entry.rfilename: _checked(entry) for entry in info.siblings or []}
        except (_HTTPError, OfflineModeIsEnabled) as error:
            problem = self._explained(error)
        except Exception as error:  # whatever reading an answer that is none of a hub's may raise
            problem = self._strange(error)
        if problem:  # raised out here, since an error of the hub's client knows the request, and with it the token
            raise problem
        self.revision = info.sha or self.revision  # from here on one commit, also if the branch moves meanwhile
        return found

    def fetch(self, file: HubFile, folder: Path) -> Path:
        """Bring one file into a folder, from where an earlier call left off; return its path.

        Raises:
            InputError: no way in, no connection, no room, or the file arrives damaged twice.
        """
        target = folder / Path(file.name).name
        if _is_checked(target, file):
            return target
        target.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        key = (file.sha256 or hashlib.sha256(f"{self.revision}/{file.name}".encode()).hexdigest())[:16]
        part = folder / f".{target.name}.{key}.part"
        for _ in range(2):
            self._fetch_rest(file, part)
            if _digest_matches(part, file):
                os.replace(part, target)
                _remember(target, file)
                return target
            part.unlink()
        raise InputError(
            f"{file.name}: arrived damaged twice; expected {file.size_bytes} bytes with the SHA-256 that "
            f"{self.repository} states"
        )

    def _fetch_rest(self, file: HubFile, part: Path) -> None:
        """Add to `part` what it lacks, trying again as long as something arrives."""
        have, failures, problem = _size(part), 0, None
        missing = file.size_bytes - have
        if (free := shutil.disk_usage(part.parent).free) < missing:
            raise InputError(f"{file.name}: {missing:,} bytes are to come; {part.parent} has room for {free:,}")
        with progress_bar(None, file.name, file.size_bytes, unit="B") as bar:
            bar.unit_scale = True
            while not part.exists() or have < file.size_bytes:
                bar.n = have
                try:
                    self._stream(file, part, have, bar.update)
                except (_HTTPError, OfflineModeIsEnabled) as error:
                    problem = None if _may_pass(error) else self._explained(error)
                except InputError as error:  # said by us, it knows nothing of the request
                    problem = error
                except OSError as error:
                    problem = writing_error(part, error)
                except Exception as error:
                    problem = self._strange(error)
                if problem:
                    raise problem
                now = _size(part)
                failures = 0 if now > have else failures + 1
                if failures == _ATTEMPTS:
                    raise InputError(
                        f"{file.name}: {self.endpoint} cannot be reached after {now:,} of {file.size_bytes:,} bytes, "
                        "which are kept; is there a network? Give the same command again to go on"
                    )
                if now < file.size_bytes:
                    time.sleep(self.wait_sec * 2**failures)
                have = now

    def _stream(self, file: HubFile, part: Path, have: int, progress: Callable[[int], object]) -> None:
        """One request for everything from byte `have` on."""
        url = hf_hub_url(
            self.repository, file.name, repo_type="dataset", revision=self.revision, endpoint=self.endpoint
        )
        headers = build_hf_headers(token=token()) | {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with get_session().stream("GET", url, headers=headers, timeout=30, follow_redirects=True) as answer:
            if answer.status_code >= 400:
                answer.raise_for_status()
            # A server may ignore the range and send everything: what is known of it is passed over. What has come stays
            # whatever else it sends; a login page may be in the way, of this file or in the middle of it.
            passed = 0 if answer.headers.get("Content-Range", "").startswith(f"bytes {have}-") else have
            self._check_answer(answer, file, have, passed)
            pace = _Pace(file, have)
            with part.open("ab") as out:
                for chunk in answer.iter_bytes():  # as it comes: gathered into larger pieces, the last would be lost
                    pace.add(len(chunk))
                    fresh, passed = chunk[passed:], max(0, passed - len(chunk))
                    fresh = fresh[: file.size_bytes - have]  # a body may be longer than was stated
                    out.write(fresh)
                    have += len(fresh)
                    progress(len(fresh))
                    if have == file.size_bytes:
                        break

    def _check_answer(self, answer: Any, file: HubFile, have: int, passed: int) -> None:
        """Raise InputError if an answer is not the file: what has come is then kept."""
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
        length = answer.headers.get("Content-Length", "")
        expected = file.size_bytes - have + passed
        if answer.status_code not in (200, 206) or (kind == "text/html" and not file.name.endswith((".html", ".htm"))):
            found = f"a page of the web ({kind})" if kind == "text/html" else f"status {answer.status_code}"
        elif length.isdecimal() and int(length) < expected:
            found = f"{int(length):,} bytes where {expected:,} are to come"
        else:
            return
        raise InputError(
            f"{file.name}: {self.endpoint} answers with {found}; expected the file, so is a login or a proxy in the "
            f"way? {have:,} of {file.size_bytes:,} bytes are kept; give the same command again to go on"
        )

    def _strange(self, error: Exception) -> InputError:
        return InputError(
            f"{self.endpoint} answers what no hub does ({type(error).__name__}); expected a hub there, so is a login "
            "or a proxy in the way?"
        )

    def _explained(self, error: Exception) -> InputError:
        """What went wrong in one sentence, which quotes nothing of the request."""
        if isinstance(error, OfflineModeIsEnabled):
            return InputError("HF_HUB_OFFLINE is set, so nothing can be fetched; expected it unset")
        status = _status(error)
        agreement = AGREEMENT.format(repository=self.repository)
        if status is None:
            return InputError(f"{self.endpoint} cannot be reached; expected a hub there, so is there a network?")
        if status == 401:
            state = "not accepted" if token() else "not set"
            return InputError(
                f"{self.repository} is open by agreement only and {TOKEN_VARIABLE} is {state}: {agreement}, "
                f"then set {TOKEN_VARIABLE} to a token of that account"
            )
        if status == 403:
            return InputError(f"{self.repository} is not open to the account of {TOKEN_VARIABLE} yet: {agreement}")
        if status == 404:
            return InputError(f"{self.endpoint} has no {self.repository}, or no revision {self.revision!r} of it")
        return InputError(f"{self.endpoint} answered with status {status}; try again later")


class _Pace:
    """How quickly a file comes.

    Args:
        file: for the sentence.
        have: bytes of it that were there before.
    """

    def __init__(self, file: HubFile, have: int) -> None:
        self.file, self.have = file, have
        self.since, self.num_bytes = time.monotonic(), 0

    def add(self, num_bytes: int) -> None:
        """Raise InputError if less than `_SLOWEST` bytes a second came in `_SLOW_SEC` seconds; what came is kept."""
        self.num_bytes += num_bytes
        self.have += num_bytes
        seconds = time.monotonic() - self.since
        if seconds >= _SLOW_SEC:
            if self.num_bytes < _SLOWEST * seconds:
                raise InputError(
                    f"{self.file.name}: comes with {self.num_bytes / seconds:.0f} bytes a second; given up. What came "
                    "is kept; give the same command again to go on"
                )
            self.since, self.num_bytes = time.monotonic(), 0


def _checked(entry: Any) -> HubFile:
    """A file as the hub lists it; ValueError if it cannot be one."""
    size, checksum = entry.size or 0, entry.lfs.sha256 if entry.lfs else None
    if not isinstance(entry.rfilename, str) or not isinstance(size, int) or not 0 <= size < 1 << 60:
        raise ValueError
    if checksum is not None and not re.fullmatch("[0-9a-f]{64}", checksum):
        raise ValueError
    return HubFile(entry.rfilename, size, checksum)


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _may_pass(error: Exception) -> bool:
    """Whether asking again may help: no answer, too many requests, trouble on the other side."""
    status = _status(error)
    return not isinstance(error, OfflineModeIsEnabled) and (status is None or status in (408, 429) or status >= 500)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _digest_matches(path: Path, file: HubFile) -> bool:
    if path.stat().st_size != file.size_bytes:
        return False
    return file.sha256 is None or _sha256(path, file.name) == file.sha256


def _sha256(path: Path, name: str) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as data, progress_bar(None, f"checking {name}", path.stat().st_size, unit="B") as bar:
        bar.unit_scale = True
        while chunk := data.read(_CHUNK_BYTES):
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def _stamp(path: Path, file: HubFile) -> list:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, file.sha256]


def _remembered(folder: Path) -> dict:
    try:
        kept = read_json(folder / CHECKED)
    except InputError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _remember(path: Path, file: HubFile) -> None:
    write_json(path.parent / CHECKED, _remembered(path.parent) | {path.name: _stamp(path, file)})


def _is_checked(path: Path, file: HubFile) -> bool:
    """Whether a file is there and whole; one that has not changed since it was last checked is not read again."""
    if not path.is_file():
        return False
    if _remembered(path.parent).get(path.name) == _stamp(path, file):
        return True
    if not _digest_matches(path, file):
        print(f"{shown_path(path)}: is not what the hub has; fetching it again")
        return False
    _remember(path, file)
    return True
