"""Play and film simulated football matches, written as SoccerNet's ball-action data set is.

What it makes, below --out:
  england_efl/2019-2020/<date - home - away>/224p.mp4           the match, filmed (720p.mp4 if higher than 224)
                                             Labels-ball.json   every action, exact to the frame
                                             tracks.npz         where ball and players are in every frame
  splits.json                                                   which matches train, validate and test
  simulation.json                                               the settings, and how many actions of each class

The same settings and seed give the same files. A command that was stopped goes on where it was when it is given again.

Examples:
  python data_scripts/simulate_soccer.py                        the quick set: 7 matches of 8 minutes, in a few minutes
  python data_scripts/simulate_soccer.py --size full            7 halves of 45 minutes, broadcast camera
  python data_scripts/simulate_soccer.py --matches 20 --minutes 10 --seed 3 --out data/more
  python data_scripts/simulate_soccer.py --size full --no-video play only, and print simulated beside real statistics
"""

import argparse
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm.auto import tqdm

from course_lib.errors import InputError
from course_lib.files import read_json, write_json
from course_lib.paths import data_dir, shown_path
from filming.camera import CAMERAS
from filming.fixtures import SEASON, draw_fixtures, split_matches
from filming.production import produce
from filming.soccer_match import FPS, LABELS, TENDENCIES, MatchPlan, is_finished, make_match, play_match
from football.labels import CLASSES
from football.statistics import compare

__all__ = ["main"]

VERSION = 1  # raised whenever the same settings give other matches or other pictures
SETTINGS, SPLITS = "simulation.json", "splits.json"
MIN_SIZE_PX, MAX_SIZE_PX = (96, 64), (1920, 1080)
MAX_MINUTES = 120.0


@dataclass(frozen=True)
class Size:
    """What --size stands for."""

    folder: str
    matches: int
    minutes: float
    resolution: str
    camera: str
    tendencies: str


SIZES = {
    "quick": Size("sim-soccer", 7, 8.0, "398x224", "near", "eventful"),
    "full": Size("sim-soccer-full", 7, 45.0, "398x224", "broadcast", "real"),
    "tiny": Size("sim-soccer-tiny", 3, 0.33, "224x128", "near", "eventful"),
}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--size", choices=SIZES, default="quick", help="sets everything below that is not given (default: quick)")
    add("--out", type=Path, metavar="DIR", help="where to write (default: data/sim-soccer, -full or -tiny, by size)")
    add("--matches", type=int, metavar="N", help="how many matches (quick and full: 7, tiny: 3)")
    add("--minutes", type=float, metavar="M", help="length of each (quick: 8, full: 45, tiny: 0.33)")
    add("--resolution", metavar="WxH", help="size of the picture in pixels, even numbers (398x224; tiny: 224x128)")
    add("--camera", choices=CAMERAS, help="near: players of about 50 px at 398x224; broadcast: of about 28 px (full)")
    add(
        "--tendencies",
        choices=TENDENCIES,
        help="real: as in real matches (full); eventful: every class in a few minutes",
    )
    add("--seed", type=int, default=0, metavar="S", help="another seed gives other matches (default: 0)")
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
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 2 bad input, 130 stopped."""
    arguments = build_parser().parse_args(argv)
    try:
        plans = plan_matches(arguments)
        if arguments.no_video:
            print_statistics(plans)
        else:
            write_matches(plans, arguments)
        return 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; finished matches are kept, the same command goes on from here", file=sys.stderr)
        return 130


def plan_matches(arguments: argparse.Namespace) -> list[MatchPlan]:
    """The matches that the command line asks for.

    Raises:
        InputError: an argument is out of range.
    """
    size = SIZES[arguments.size]
    minutes = size.minutes if arguments.minutes is None else arguments.minutes
    if not 0.05 <= minutes <= MAX_MINUTES:
        raise InputError(f"--minutes is {minutes}; expected 0.05 to {MAX_MINUTES:g}")
    if arguments.workers < 1:
        raise InputError(f"--workers is {arguments.workers}; expected 1 or more")
    if arguments.seed < 0:
        raise InputError(f"--seed is {arguments.seed}; expected 0 or more")
    fixtures = draw_fixtures(size.matches if arguments.matches is None else arguments.matches)
    return [
        MatchPlan(
            index=index,
            fixture=fixture,
            duration_sec=minutes * 60,
            size=_resolution(arguments.resolution or size.resolution),
            camera=arguments.camera or size.camera,
            tendencies=arguments.tendencies or size.tendencies,
            seed=arguments.seed,
        )
        for index, fixture in enumerate(fixtures)
    ]


def _resolution(text: str) -> tuple[int, int]:
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


def print_statistics(plans: list[MatchPlan]) -> None:
    """Play without filming and print simulated beside real."""
    print(compare(play_match(plan) for plan in tqdm(plans, desc="playing", unit="match")))


def write_matches(plans: list[MatchPlan], arguments: argparse.Namespace) -> None:
    """Make every match that is not there yet, then the files about all of them.

    Raises:
        InputError: the folder holds something else.
    """
    out = arguments.out or data_dir() / SIZES[arguments.size].folder
    about = {"simulator": "soccer", "version": VERSION, "settings": _settings(plans)}
    finished = _prepare(out, about, arguments.overwrite)
    jobs = [(plan, out / plan.fixture.match_id) for plan in plans]
    missing = [(plan, folder) for plan, folder in jobs if not is_finished(plan, folder)]
    splits = split_matches([plan.fixture.match_id for plan in plans])
    shares = ", ".join(f"{len(ids)} {split}" for split, ids in splits.items())
    if finished and not missing:
        print(f"{shown_path(out)}: all {len(plans)} matches are there already ({shares}), made with these settings")
        return
    write_json(out / SETTINGS, about | {"finished": False})
    frames = sum(plan.num_frames for plan in plans)
    done = frames - sum(plan.num_frames for plan, _ in missing)
    signal_before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tqdm(
            total=frames, initial=done, desc=f"filming {len(plans)} matches", unit="frame", unit_scale=True
        ) as bar:
            produce(missing, make_match, out, arguments.workers, bar)
    finally:
        signal.signal(signal.SIGTERM, signal_before)
    write_json(out / SPLITS, splits)
    write_json(out / SETTINGS, about | {"finished": True, "statistics": _statistics(out, splits, frames)})
    print(f"{shown_path(out)}: {len(plans)} matches ({shares}), {frames / FPS / 60:.1f} minutes of video")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _settings(plans: list[MatchPlan]) -> dict:
    plan = plans[0]
    return {
        "matches": len(plans),
        "minutes": plan.duration_sec / 60,
        "resolution": f"{plan.size[0]}x{plan.size[1]}",
        "fps": FPS,
        "camera": plan.camera,
        "tendencies": plan.tendencies,
        "seed": plan.seed,
    }


def _prepare(out: Path, about: dict, overwrite: bool) -> bool:
    """Check that `out` is free or ours; returns whether it was finished before."""
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
    if not overwrite:
        old = before.get("settings") if isinstance(before.get("settings"), dict) else {}
        changed = [name for name, value in about["settings"].items() if old.get(name) != value] or ["version"]
        raise InputError(
            f"{out}: was made with other settings ({', '.join(changed)}); give another --out, or --overwrite"
        )
    shutil.rmtree(out / Path(SEASON).parts[0], ignore_errors=True)
    (out / SPLITS).unlink(missing_ok=True)
    path.unlink()
    return False


def _statistics(out: Path, splits: dict[str, list[str]], frames: int) -> dict:
    """How many actions of each class each split holds."""
    counts = {}
    for split, match_ids in splits.items():
        found = Counter(
            annotation["label"] for name in match_ids for annotation in read_json(out / name / LABELS)["annotations"]
        )
        counts[split] = {label: found[label] for label in CLASSES}
    total = sum(sum(of_split.values()) for of_split in counts.values())
    return {"frames": frames, "actions": total, "actions_per_minute": total / (frames / FPS / 60), "counts": counts}


if __name__ == "__main__":
    sys.exit(main())
