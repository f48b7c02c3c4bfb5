"""What every command that simulates a data set shares: its arguments, its folder, and how that is filled.

A command fills a folder of its own; `simulation.json` in it says with which settings, so that the same command goes on
where it was, and another one touches nothing without being told to.
"""

import argparse
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from command_line import check_at_least, stoppable
from course_lib.files import InputError, check_room, read_json, shown_path, write_json
from course_lib.leftovers import is_foreign
from course_lib.progress import progress_bar
from filming.production import Job, Make, produce
from filming.seeds import SECRET_BITS, secret_seed

__all__ = [
    "SETTINGS",
    "DataSet",
    "add_arguments",
    "check_arguments",
    "chosen_seed",
    "chosen_size",
    "parse_resolution",
    "fill",
    "finish",
    "label_counts",
    "say_what_is_there",
]

S = TypeVar("S")
SETTINGS = "simulation.json"
LEAST_BYTES_A_FRAME = 200  # of film and tracks; a tenth of what is usual at 398x224
SECRET = "secret"  # for --seed
MIN_SIZE_PX, MAX_SIZE_PX = (96, 64), (1920, 1080)


@dataclass(frozen=True)
class DataSet:
    """A data set that a command is to make.

    Attributes:
        out: its folder.
        about: what the command is and its "settings".
        made: names of the files and folders in `out` that the command makes beside `simulation.json`.
        jobs: the plan of each match that it is to make now, and where its files go.
        splits: split → its matches, those for another time too.
    """

    out: Path
    about: dict[str, Any]
    made: Sequence[str]
    jobs: Sequence[Job]
    splits: Mapping[str, Sequence[str]]

    @property
    def shares(self) -> dict[str, int]:
        """How many matches each split has."""
        return {split: len(matches) for split, matches in self.splits.items()}

    @property
    def content(self) -> str:
        """The same in words: "4 train, 1 val, 2 test"."""
        return ", ".join(f"{count} {split}" for split, count in self.shares.items())

    @property
    def matches(self) -> int:
        """How many matches it has when it is whole."""
        return sum(self.shares.values())


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
    add(
        "--seed",
        type=_seed,
        metavar="S",
        help="another seed gives other matches (default: 0; check: a chosen one); secret: one that nobody can guess, "
        "which simulation.json keeps",
    )
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
    check_at_least(1, "--workers", arguments.workers)
    if arguments.seed != SECRET:
        check_at_least(0, "--seed", arguments.seed, most=(1 << SECRET_BITS) - 1)


def chosen_size(arguments: argparse.Namespace, sizes: Mapping[str, S]) -> S:
    """What --size stands for. Lessons ask for "quick": where `COURSE_PROFILE` is "check" they get the tests' minutes.

    Those go where the quick set does, so that lessons find them: the tests have a `COURSE_HOME` of their own.
    """
    tested = arguments.size == "quick" and os.environ.get("COURSE_PROFILE") == "check"
    return sizes["check" if tested else arguments.size]


def chosen_seed(arguments: argparse.Namespace, default: int, out: Path) -> int:
    """The seed: as given, that of the size, or the secret one that `out` was begun with, else a new one."""
    if arguments.seed != SECRET:
        return default if arguments.seed is None else arguments.seed
    before = read_json(out / SETTINGS) if (out / SETTINGS).is_file() else {}
    settings = before.get("settings") if isinstance(before, dict) else None
    seed = settings.get("seed") if isinstance(settings, dict) else None
    return seed if isinstance(seed, int) and seed.bit_length() == SECRET_BITS else secret_seed()


def _seed(text: str) -> int | str:
    if text == SECRET:
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number, or {SECRET}") from None


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


def fill(data_set: DataSet, make: Make, arguments: argparse.Namespace, unit: str) -> bool:
    """Make every match that is not there yet; False if there is none, with a line that says so of a whole set. (Of some
    of its matches a lesson asks for the command says the same whether it has just made them or not.)

    Args:
        data_set: the matches.
        make: see `produce`; it reports each plan's `length` in all.
        arguments: of the command line.
        unit: what is reported.

    Raises:
        InputError: the folder holds something else, or matches of other settings.
    """
    out, wanted, total = data_set.out, len(data_set.jobs), data_set.matches
    finished = _prepare(data_set, arguments.overwrite)
    missing = [(plan, places) for plan, places in data_set.jobs if not plan.is_finished(places)]
    if (finished or wanted < total) and not missing and all((out / name).exists() for name in data_set.made):
        if wanted == total:
            there = f"all {total} matches are there already ({data_set.content})"
            print(f"{shown_path(out)}: {there}, made with these settings")
        return False
    write_json(out / SETTINGS, data_set.about | {"shares": data_set.shares, "finished": False})
    frames = sum(plan.length for plan, _ in missing)
    check_room(out, LEAST_BYTES_A_FRAME * frames, "these matches")
    with stoppable(), progress_bar(None, f"filming {len(missing)} of {wanted} matches", frames, unit=unit) as bar:
        produce(missing, make, out, arguments.workers, bar)
    return True


def _prepare(data_set: DataSet, overwrite: bool) -> bool:
    """Check that the folder is free or ours, and remove what other settings have left if told to.

    Returns:
        Whether it was finished before.
    """
    out, about = data_set.out, data_set.about
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; expected a folder for --out")
    path = out / SETTINGS
    if not path.is_file():
        if out.is_dir() and any(not is_foreign(entry.name) for entry in out.iterdir()):
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
    old = before.get("settings") if isinstance(before.get("settings"), dict) else {}
    new = about["settings"]
    changed = [name for name in new | old if old.get(name) != new.get(name)] or ["version"]
    if changed == ["matches"] and _is_part(out, data_set):
        return False
    if not overwrite:
        raise InputError(
            f"{out}: was made with other settings ({', '.join(changed)}); give another --out, or --overwrite"
        )
    for name in data_set.made:
        if (out / name).is_dir():
            shutil.rmtree(out / name, ignore_errors=True)
        else:
            (out / name).unlink(missing_ok=True)
    path.unlink()
    return False


def _is_part(out: Path, data_set: DataSet) -> bool:
    """Whether the folder holds the same matches, only fewer of them, each for the same purpose: such a set grows."""
    lists = [out / name for name in data_set.made if name.endswith("splits.json")]
    there = read_json(lists[0]) if lists and lists[0].is_file() else None
    return isinstance(there, dict) and all(
        isinstance(names, list) and set(names) <= set(data_set.splits.get(split, ())) for split, names in there.items()
    )


def finish(data_set: DataSet, statistics: dict, whole: bool = True) -> None:
    """What was asked for is made: say so in `simulation.json`.

    Args:
        data_set: that was filled.
        statistics: of all that there is now, for the file.
        whole: whether nothing of the set is left for another time.
    """
    about = data_set.about | {"shares": data_set.shares, "finished": whole, "statistics": statistics}
    write_json(data_set.out / SETTINGS, about)


def say_what_is_there(data_set: DataSet, content: str, frames: int, fps: float) -> None:
    """One line: where, what, for what, how long.

    Args:
        data_set: what was asked for.
        content: like "7 matches".
        frames: of all its videos together.
        fps: frames per second.
    """
    print(f"{shown_path(data_set.out)}: {content} ({data_set.content}), {frames / fps / 60:.1f} minutes of video")


def label_counts(labels: Iterable[str], classes: Sequence[str]) -> dict[str, int]:
    """How often each class occurs, in the order of `classes`."""
    found = Counter(labels)
    return {label: found[label] for label in classes}
