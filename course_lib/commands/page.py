"""Open a page on this machine that spots in a video, for people who do not code.

    python -m course_lib page runs/first
    python -m course_lib page runs/first runs/second --out spots

Choose a spotter, upload a video, press the button: the video with the spots drawn in, a list of them, and the files
that `predict` writes. The page answers to this machine only. Stop it with Ctrl-C.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_lib.files import InputError, check_writable

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "page"
HELP = "open a page that spots in a video, for people who do not code"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `page`."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run folders, or files of weights in them")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep what is found here (default: only while the page lives)"
    )
    parser.add_argument(
        "--max-upload", type=float, default=8.0, metavar="GB", help="largest video that is taken (default: %(default)g)"
    )
    parser.add_argument("--port", type=int, default=7860, help="of the page's address (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until stopped."""
    if not 1024 <= arguments.port <= 65535:
        raise InputError(f"--port is {arguments.port}; expected 1024 to 65535")
    if not 0 < arguments.max_upload <= 1e6:
        raise InputError(f"--max-upload is {arguments.max_upload}; expected gigabytes, more than 0")
    if arguments.out is not None:
        check_writable(arguments.out / "spots.json")
    names = [path.name for path in arguments.runs]
    runs = {
        path.name if names.count(path.name) == 1 else str(path): path for path in arguments.runs
    }  # two runs of one name are told apart by where they lie
    try:
        from course_lib.page.build import build_page, look
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise InputError("page: Gradio is not installed; pip install -r requirements.txt brings it") from error
    page = build_page(runs, arguments.out)
    try:
        page.launch(server_port=arguments.port, quiet=True, prevent_thread_lock=True, **look(arguments.max_upload))
    except OSError as error:
        raise InputError(f"--port is {arguments.port}, which another program uses; expected a free one") from error
    print(f"open http://127.0.0.1:{arguments.port} in a browser; stop with Ctrl-C", flush=True)
    status = _until_stopped(page)
    if status:
        _leave(arguments.out, status)
    return 0


class _StoppedError(Exception):
    """A signal asks the page to end."""


def _until_stopped(page: Any) -> int:
    """Wait for Ctrl-C, or for another signal that asks a program to end; the exit status that says which."""

    def stop(number: int, frame: object) -> None:
        raise _StoppedError(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        while True:
            time.sleep(3600)
    except _StoppedError as error:
        return 128 + error.args[0]


def _leave(out: Path | None, status: int) -> None:
    """End at once and in good order, also while a video is being worked on.

    Its thread cannot be stopped, the page's own waits for browsers that hold on to it, and a Python that ends in the
    ordinary way takes the ground from under both: an abort.
    """
    from course_lib.leftovers import sweep
    from course_lib.page.build import WORKSPACE

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    for folder in [] if out is None else {out, *(path.parent for path in out.rglob(".*"))}:
        sweep(folder, older_than_sec=0)
    with suppress(OSError):
        print("stopped", file=sys.stderr, flush=True)
    os._exit(status)
