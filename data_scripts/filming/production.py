"""Making many matches: side by side, each whole or not there at all, with one progress bar over everything.

A match is made in a hidden folder beside its place and renamed into it when all its files are written. Somebody who
stops the command, or whose machine does, therefore keeps every match that was finished and loses only those under way.
"""

import multiprocessing
import os
import queue
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

__all__ = ["Job", "Make", "produce"]

UNFINISHED = ".unfinished-"
ABANDONED_SEC = 300.0  # nothing writes to a living folder as seldom as this
POLL_SEC = 0.2

# A plan, and the folder that is to hold what it makes; or several, each with the name that it has while being made.
Job = tuple[Any, Path | Mapping[str, Path]]
Make = Callable[[Any, Path, Callable[[int], None]], None]


class _StoppedError(Exception):
    """Raised inside a worker when the whole command is being stopped, or was killed."""


def produce(jobs: Sequence[Job], make: Make, root: Path, workers: int, bar: tqdm) -> None:
    """Make every job's folder.

    Args:
        jobs: plans and their folders, below `root`.
        make: `make(plan, folder, report)` fills a folder (or the folders in it, if the job has several) and calls
            `report(n)` for every n frames done. With several workers it must be importable, since the processes are
            started afresh.
        root: of the data set; unfinished folders lie here, hidden.
        workers: how many processes; 1 works in this one.
        bar: is advanced by the frames reported.

    Raises:
        Whatever `make` raises first; jobs that were finished stay, the others are stopped and leave nothing.
    """
    root.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(root)
    if min(workers, len(jobs)) <= 1:
        for plan, folder in jobs:
            with _whole_folder(folder, root) as temporary:
                make(plan, temporary, bar.update)
        return
    # Spawned, not forked: OpenCV's and FFmpeg's threads do not survive a fork. The same on every system.
    context = multiprocessing.get_context("spawn")
    reports, stop = context.Queue(), context.Event()
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, _start_worker, (reports, stop))
    try:
        pending = {pool.submit(_work, make, plan, folder, root) for plan, folder in jobs}
        while pending:
            done, pending = wait(pending, timeout=POLL_SEC, return_when=FIRST_COMPLETED)
            _drain(reports, bar)
            _raise_first(done)
        _drain(reports, bar)
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _drain(reports, bar)
        reports.close()


def _raise_first(done: set[Future]) -> None:
    for future in done:
        future.result()


def _drain(reports: Any, bar: tqdm) -> None:
    while True:
        try:
            bar.update(reports.get_nowait())
        except queue.Empty:
            return


_worker: dict[str, Any] = {}


def _start_worker(reports: Any, stop: Any) -> None:
    # Ctrl-C reaches every process of a terminal; only the first acts on it, and stops the others in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker.update(reports=reports, stop=stop, working=threading.Lock())
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A pool's processes outlive a parent that is killed, and would wait for work for ever."""
    multiprocessing.parent_process().join()
    with _worker["working"]:  # the job under way notices too, and cleans up first
        os._exit(1)


def _work(make: Make, plan: Any, folder: Path | Mapping[str, Path], root: Path) -> None:
    def report(frames: int) -> None:
        if _worker["stop"].is_set() or not multiprocessing.parent_process().is_alive():
            raise _StoppedError
        _worker["reports"].put(frames)

    with _worker["working"], _whole_folder(folder, root) as temporary:
        make(plan, temporary, report)


@contextmanager
def _whole_folder(folder: Path | Mapping[str, Path], root: Path) -> Iterator[Path]:
    """Yield an empty folder; put it in the place of `folder` if the block succeeds, remove it if not.

    Of several folders the yielded one holds each under its name; they are put in their places one after the other.
    """
    # Not by `tempfile`: its folders are private, and there are file systems that refuse to change that.
    temporary = root / f"{UNFINISHED}{secrets.token_hex(4)}"
    temporary.mkdir()
    try:
        made = {temporary / name: place for name, place in folder.items()} if isinstance(folder, Mapping) else {}
        for part in made:
            part.mkdir()
        yield temporary
        for source, place in (made or {temporary: folder}).items():
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():  # incomplete, or somebody else's from the same settings
                shutil.rmtree(place)
            source.rename(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _clear_abandoned(root: Path) -> None:
    """Remove what a run that was killed left behind; a run that is alive writes too often to be hit."""
    for leftover in root.glob(f"{UNFINISHED}*"):
        newest = max(path.stat().st_mtime for path in (leftover, *leftover.rglob("*")))
        if time.time() - newest > ABANDONED_SEC:
            shutil.rmtree(leftover, ignore_errors=True)
