"""Who may come in to the page, what may be brought, and where it lies meanwhile: a folder of its own that goes with it.

The page listens on this machine alone. That keeps other machines out, but not other websites: one that is open in the
same browser can send requests to any address, and by renaming itself (DNS rebinding) read the answers. So requests must
be addressed to this machine by one of its own names, and must not come from another website. Names, not ports: people
tunnel. Introduced in notebook 11.
"""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

__all__ = ["NAMES", "Door", "close_environment", "private_folder"]

NAMES = ("127.0.0.1", "localhost")
_PREFIX = "spots-page-"
_LOCK = ".lock"
_YOUNG_SEC = 60.0  # in which a folder may not have its lock yet


def close_environment() -> None:
    """Take away what would open the page by itself, and keep calls to this machine on it.

    Gradio reads some forty variables: names to listen on, folders to give out, a tunnel, a history in the browser.
    """
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    for name in ("no_proxy", "NO_PROXY"):  # a proxy would be asked for this machine's own page
        known = [word for word in os.environ.get(name, "").split(",") if word]
        os.environ[name] = ",".join([*known, *(own for own in NAMES if own not in known)])


def private_folder() -> Path:
    """A new folder that nobody else can look into, removed at the end; those of pages that were killed are removed now.

    It is locked for as long as this process lives, so that the next page knows.
    """
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _remove_abandoned(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK)
    lock.acquire()

    def remove(owner: int = os.getpid()) -> None:
        if os.getpid() == owner:  # not in a process that was forked from it
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _remove_abandoned(folder: Path) -> None:
    stat = folder.lstat()
    mine = not hasattr(os, "geteuid") or stat.st_uid == os.geteuid()
    if folder.is_symlink() or not folder.is_dir() or not mine:
        return
    if not (folder / _LOCK).is_file() and time.time() - stat.st_mtime < _YOUNG_SEC:
        return
    lock = FileLock(folder / _LOCK)
    with suppress(Timeout):
        lock.acquire(timeout=0)
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


class Door:
    """ASGI middleware: requests from other websites are refused, and so is what is too large; broken uploads vanish.

    Args:
        app: what is behind it.
        folder: where uploads arrive, in files whose names begin with "tmp" until they are whole.
        most_bytes: of one request.
        names: that a page may come from, without ports.
    """

    def __init__(self, app: Any, folder: Path, most_bytes: int, names: Sequence[str] = NAMES) -> None:
        self.app, self.folder, self.most_bytes, self.names = app, folder, most_bytes, names
        self._uploads = 0
        self._broken = False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin, length = headers.get(b"origin"), headers.get(b"content-length", "0")
        if origin is not None and urlsplit(origin).hostname not in self.names:
            await _refuse(scope, send, 403, "This page answers to itself alone.")
        elif length.isdecimal() and int(length) > self.most_bytes:
            words = f"Larger than {self.most_bytes / 1e9:g} GB; start the page with a higher --max-upload."
            await _refuse(scope, send, 413, words)
        elif scope["type"] == "http" and scope["path"].rstrip("/").endswith("/upload"):
            await self._upload(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        whole = False

        async def answer(message: dict[str, Any]) -> None:
            nonlocal whole
            whole = whole or message.get("status") == 200
            await send(message)

        self._uploads += 1
        try:
            await self.app(scope, receive, answer)
        finally:
            self._uploads -= 1
            self._broken |= not whole
            if self._broken and not self._uploads:  # else it cannot be told whose they are
                self._broken = False
                for left in self.folder.glob("tmp*"):
                    with suppress(OSError):
                        left.unlink()


async def _refuse(scope: dict[str, Any], send: Any, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))  # what is still on its way is not waited for
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
