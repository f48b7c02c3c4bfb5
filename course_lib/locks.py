"""Locks: what two processes want to make at the same time is made by one, and the other waits for it.

Two lessons run side by side want the same training, and the same features of the same matches. A lock is a hidden file
beside what is made, held by an open file of the process: it goes with the process, however that ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from course_lib.errors import InputError
from course_lib.paths import shown_path

__all__ = ["only_here"]

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
