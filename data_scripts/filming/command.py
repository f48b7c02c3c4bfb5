"""What every command that simulates a data set shares: its arguments, its folder, and how it is stopped.

A command fills a folder of its own; `simulation.json` in it says with which settings, so that the same command goes on
where it was, and another one touches nothing without being told to.
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from course_lib.errors import InputError
from course_lib.files import read_json, write_json

__all__ = [
    "SETTINGS",
    "add_arguments",
    "check_arguments",
    "chosen_size",
    "parse_resolution",
    "prepare",
    "run",
    "stoppable",
    "write_about",
]

S = TypeVar("S")
SETTINGS = "simulation.json"
MIN_SIZE_PX, MAX_SIZE_PX = (96, 64), (1920, 1080)


def add_arguments(parser: argparse.ArgumentParser, sizes: Iterable[str], cameras: Iterable[str], texts: dict[str, str]):
    """Add the arguments that all commands have.

    Args:
        parser: the command line.
        sizes: names of sizes; "quick" is the default.
        cameras: names of cameras.
        texts: help for `out`, `matches` and `camera`, where the numbers of a sport stand.
    """
    add = parser.add_argument
    add("--size", choices=sizes, default="quick", help="sets everything below that is not given (default: quick)")
    add("--out", type=Path, metavar="DIR", help=texts["out"])
    add("--matches", type=int, metavar="N", help=texts["matches"])
    add("--resolution", metavar="WxH", help="size of the picture in pixels, even numbers (398x224; tiny: 224x128)")
    add("--camera", choices=cameras, help=texts["camera"])
    add("--seed", type=int, metavar="S", help="another seed gives other matches (default: 0; check: a chosen one)")
    add(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="matches made at a time (default: cores)",
    )
    add(
        "--overwrite",
        action="store_true",
        help="first remove what other settings have left in --out",
    )
    add("--no-video", action="store_true", help="only play; print simulated and real statistics and write nothing")


def check_arguments(arguments: argparse.Namespace) -> None:
    """Check what `add_arguments` has added, but for the number of matches.

    Raises:
        InputError: an argument is out of range.
    """
    if arguments.workers < 1:
        raise InputError(f"--workers is {arguments.workers}; expected 1 or more")
    if arguments.seed is not None and arguments.seed < 0:
        raise InputError(f"--seed is {arguments.seed}; expected 0 or more")


def chosen_size(arguments: argparse.Namespace, sizes: Mapping[str, S]) -> S:
    """What --size stands for. Lessons ask for "quick": where `COURSE_PROFILE` is "check" they get the tests' minutes.

    Those go where the quick set does, so that lessons find them: the tests have a `COURSE_HOME` of their own.
    """
    tested = arguments.size == "quick" and os.environ.get("COURSE_PROFILE") == "check"
    return sizes["check" if tested else arguments.size]


def parse_resolution(text: str) -> tuple[int, int]:
    """Width and height in pixels of "398x224".

    Raises:
        InputError: something else, an odd number, or a size that no film is made in.
    """
    parts = text.lower().split("x")
    if len(parts) == 2 and all(part.isdecimal() for part in parts):
        size = int(parts[0]), int(parts[1])
        fits = all(low <= value <= high for low, value, high in zip(MIN_SIZE_PX, size, MAX_SIZE_PX, strict=True))
        if fits and not size[0] % 2 and not size[1] % 2:
            return size
    raise InputError(
        f"--resolution is {text!r}; expected width x height in even pixels, {MIN_SIZE_PX[0]}x{MIN_SIZE_PX[1]} to "
        f"{MAX_SIZE_PX[0]}x{MAX_SIZE_PX[1]}, like 398x224"
    )


def run(command: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    """Run a command; returns the exit status: 0 done, 2 bad input, 130 stopped."""
    try:
        command(arguments)
        return 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; finished matches are kept, the same command goes on from here", file=sys.stderr)
        return 130


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block a polite kill (SIGTERM) stops the command as Ctrl-C does, in good order."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def prepare(out: Path, about: dict, overwrite: bool, made: Sequence[str]) -> bool:
    """Check that `out` is free or ours.

    Args:
        out: the data set's folder.
        about: what the command is and its "settings".
        overwrite: remove what other settings have left.
        made: names of the files and folders in `out` that the command makes beside `simulation.json`.

    Returns:
        Whether it was finished before.

    Raises:
        InputError: the folder holds something else, or matches of other settings.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; expected a folder for --out")
    path = out / SETTINGS
    if not path.is_file():
        if out.is_dir() and any(not entry.name.startswith(".") for entry in out.iterdir()):
            raise InputError(f"{out}: holds files that this command did not make; expected an empty folder for --out")
        return False
    before = read_json(path)
    if not isinstance(before, dict):
        raise InputError(f"{path}: holds a {type(before).__name__}; expected the settings of an earlier simulation")
    if all(before.get(key) == value for key, value in about.items()):
        return before.get("finished") is True
    if before.get("simulator") != about["simulator"]:
        raise InputError(
            f"{out}: holds simulated {before.get('simulator')}; expected {about['simulator']}, or an empty folder for "
            "--out"
        )
    if not overwrite:
        old = before.get("settings") if isinstance(before.get("settings"), dict) else {}
        changed = [name for name, value in about["settings"].items() if old.get(name) != value] or ["version"]
        raise InputError(
            f"{out}: was made with other settings ({', '.join(changed)}); give another --out, or --overwrite"
        )
    for name in made:
        if (out / name).is_dir():
            shutil.rmtree(out / name, ignore_errors=True)
        else:
            (out / name).unlink(missing_ok=True)
    path.unlink()
    return False


def write_about(out: Path, about: dict, statistics: dict | None = None) -> None:
    """Write `simulation.json`: finished, with these statistics, or (None) not yet."""
    if statistics is None:
        write_json(out / SETTINGS, about | {"finished": False})
    else:
        write_json(out / SETTINGS, about | {"finished": True, "statistics": statistics})
