"""What a container or a cluster may lack, made good in time: a name for the user, a home, shared memory.

Programs are often run there under a number that no list of users knows, without a home, and with little memory that
processes can share. What torch keeps under a fixed name in the folder of temporary files, which other users write to
as well, goes to the course's own caches.
"""

import getpass
import os
import shutil
from pathlib import Path

__all__ = ["make_good", "workers_that_fit"]

SHARED_MEMORY = Path("/dev/shm")
_PREFETCHED = 2  # batches that a loader's worker makes ahead


def make_good() -> None:
    """Name the user, and give a home, where the system has none."""
    from course_lib.files import cache_dir

    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):
        os.environ["USER"] = f"user{os.getuid()}" if hasattr(os, "getuid") else "user"
    try:
        Path.home()
    except (KeyError, RuntimeError):
        os.environ["HOME"] = str(cache_dir() / "home")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_dir() / "inductor"))


def workers_that_fit(workers: int, batch_bytes: int) -> int:
    """How many of the processes that read clips can hand them on: where memory cannot be shared, none, and a line."""
    if not workers or not SHARED_MEMORY.is_dir():
        return workers
    free = shutil.disk_usage(SHARED_MEMORY).free
    fit = min(workers, free // (_PREFETCHED * batch_bytes + 1))
    if fit < workers:
        words = f"{fit} of {workers} processes" if fit else "no other process"
        print(
            f"{SHARED_MEMORY}: {free / 1e6:.0f} MB are free for processes to share (docker run --shm-size gives more); "
            f"{words} will read clips",
            flush=True,
        )
    return fit
