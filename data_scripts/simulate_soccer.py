"""Play and film simulated football matches, written as SoccerNet's ball-action data set is.

What it makes, below --out:
  england_efl/2019-2020/<date - home - away>/224p.mp4           the match, filmed (720p.mp4 if higher than 224)
                                             Labels-ball.json   every action, exact to the frame
                                             tracks.npz         where ball and players are in every frame
  splits.json                                                   which matches train, validate and test
  simulation.json                                               the settings, and how many actions of each class

The same settings and seed give the same files. A command that was stopped goes on where it was when it is given again.

Examples:
  python data_scripts/simulate_soccer.py                        the quick set: 14 matches of 8 minutes, in six minutes
  python data_scripts/simulate_soccer.py --only 3,1,1           of these 3 to train, 1 to choose by, 1 to test
  python data_scripts/simulate_soccer.py --size full            7 halves of 45 minutes, broadcast camera
  python data_scripts/simulate_soccer.py --matches 20 --minutes 10 --seed 3 --out data/more
  python data_scripts/simulate_soccer.py --size full --no-video play only, and print simulated beside real statistics
  python data_scripts/simulate_soccer.py --label-jitter-ms 80 --out data/jittered
                                                                the quick set, its training labels off by two frames
"""

import argparse
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from command_line import new_parser, run
from command_line.simulation import (
    DataSet,
    add_arguments,
    check_arguments,
    chosen_seed,
    chosen_size,
    fill,
    finish,
    label_counts,
    parse_resolution,
    say_what_is_there,
)
from course_lib.files import InputError, data_dir, read_json, write_json
from course_lib.progress import progress_bar
from filming.camera import CAMERAS
from filming.fixtures import SEASON, draw_fixtures, split_by_role, split_matches
from filming.production import Make
from football.filmed import FPS, LABELS, TENDENCIES, MatchPlan, make_match, play_match
from football.labels import CLASSES
from football.statistics import compare

__all__ = ["main"]

VERSION = 1  # raised whenever the same settings give other matches or other pictures
SPLITS = "splits.json"
MAX_MINUTES = 120.0
MAX_JITTER_MS = 1000.0


@dataclass(frozen=True)
class Size:
    """What --size stands for."""

    folder: str
    matches: int
    minutes: float
    resolution: str
    camera: str
    tendencies: str
    seed: int = 0
    roles: tuple[str, ...] = ()  # what the first matches are for; the others test; see `split`


# To learn from, what the smallest public set has; to test on, what it takes to tell systems apart that are three points
# of mAP apart. The first seven are for the same as when there were no more.
_ROLES = ("train", "train", "train", "train", "val", "test", "test", "val")

SIZES = {
    "quick": Size("sim-soccer", 14, 8.0, "398x224", "near", "eventful", roles=_ROLES),
    "full": Size("sim-soccer-full", 7, 45.0, "398x224", "broadcast", "real"),
    "tiny": Size("sim-soccer-tiny", 3, 0.33, "224x128", "near", "eventful"),
    # For the tests, in place of the quick set. With this seed, the only one of a hundred, every split has every class.
    "check": Size("sim-soccer", 9, 1.5, "398x224", "near", "eventful", seed=40, roles=_ROLES),
}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = new_parser(__doc__)
    texts = {
        "out": "where to write (default: data/sim-soccer, -full or -tiny, by size)",
        "matches": "how many matches (quick: 14, full: 7, tiny: 3)",
        "camera": "near: players of about 50 px at 398x224; broadcast: of about 28 px (full)",
    }
    add_arguments(parser, SIZES, CAMERAS, texts)
    add = parser.add_argument
    add("--only", metavar="TRAIN,VAL,TEST", help="make only so many matches of each split now (default: all)")
    add("--minutes", type=float, metavar="M", help="length of each (quick: 8, full: 45, tiny: 0.33)")
    add(
        "--label-jitter-ms",
        type=float,
        default=0.0,
        metavar="SD",
        help="labels are off by a normal distribution of this standard deviation, as people's are (default: 0, exact)",
    )
    add(
        "--label-jitter-of",
        default="train",
        metavar="SPLITS",
        help="whose labels: train (default), or several of train,val,test",
    )
    add(
        "--tendencies",
        choices=TENDENCIES,
        help="real: as in real matches (full); eventful: every class in a few minutes",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 2 bad input, 130 stopped."""
    return run(simulate, build_parser().parse_args(argv), "finished matches are kept")


def simulate(arguments: argparse.Namespace) -> None:
    """Make the data set, or only play.

    Raises:
        InputError: an argument is out of range, or the folder holds something else.
    """
    plans = plan_matches(arguments)
    if arguments.no_video:
        print_statistics(plans)
    else:
        write_matches(plans, arguments)


def plan_matches(arguments: argparse.Namespace) -> list[MatchPlan]:
    """The matches that the command line asks for.

    Raises:
        InputError: an argument is out of range.
    """
    size = chosen_size(arguments, SIZES)
    minutes = size.minutes if arguments.minutes is None else arguments.minutes
    if not 0.05 <= minutes <= MAX_MINUTES:
        raise InputError(f"--minutes is {minutes}; expected 0.05 to {MAX_MINUTES:g}")
    check_arguments(arguments)
    count = size.matches if arguments.matches is None else arguments.matches
    seed = chosen_seed(arguments, size.seed, _out(arguments))
    plans = [
        MatchPlan(
            index=index,
            fixture=fixture,
            duration_sec=minutes * 60,
            size=parse_resolution(arguments.resolution or size.resolution),
            camera=arguments.camera or size.camera,
            tendencies=arguments.tendencies or size.tendencies,
            seed=seed,
        )
        for index, fixture in enumerate(draw_fixtures(count, seed=seed))
    ]
    return _with_jitter(plans, arguments)


def _with_jitter(plans: list[MatchPlan], arguments: argparse.Namespace) -> list[MatchPlan]:
    """The same plans, those of the splits that are asked for with labels that are off.

    Raises:
        InputError: a jitter below 0 or above a second, or a split that there is not.
    """
    off_ms, names, splits = arguments.label_jitter_ms, arguments.label_jitter_of, split(plans, arguments)
    if not 0 <= off_ms <= MAX_JITTER_MS:
        raise InputError(f"--label-jitter-ms is {off_ms}; expected 0 to {MAX_JITTER_MS:g}")
    if not set(names.split(",")) <= set(splits):
        raise InputError(f"--label-jitter-of is {names!r}; expected some of {', '.join(splits)}, like train,val")
    off = {match for name in names.split(",") for match in splits[name]}
    return [replace(plan, label_jitter_ms=off_ms) if plan.fixture.match_id in off else plan for plan in plans]


def _out(arguments: argparse.Namespace) -> Path:
    return arguments.out or data_dir() / chosen_size(arguments, SIZES).folder


def print_statistics(plans: list[MatchPlan]) -> None:
    """Play without filming and print simulated beside real."""
    print(compare(play_match(plan) for plan in progress_bar(plans, "playing", unit="match")))


def write_matches(plans: list[MatchPlan], arguments: argparse.Namespace, make: Make = make_match) -> None:
    """Make every match that is wanted now and not there yet, then the files about all that are there.

    Of a part it says the same whatever was there before: a lesson's output does not tell what its reader has made.

    Raises:
        InputError: the folder holds something else.
    """
    out = _out(arguments)
    about = {"simulator": "soccer", "version": VERSION, "settings": _settings(plans) | _jitter(plans, arguments)}
    splits = split(plans, arguments)
    jobs = [(plan, out / plan.fixture.match_id) for plan in plans]
    wanted = _wanted(splits, arguments.only)
    now = [(plan, folder) for plan, folder in jobs if plan.fixture.match_id in wanted]
    data_set = DataSet(out, about, (Path(SEASON).parts[0], SPLITS), now, splits)
    filmed = fill(data_set, make, arguments, "frame")
    there = {plan.fixture.match_id: plan.num_frames for plan, folder in jobs if plan.is_finished(folder)}
    made = _of_splits(splits, there)
    if filmed or read_json(out / SPLITS) != made:  # stopped between the last film and the list of them
        write_json(out / SPLITS, made)
        finish(data_set, _statistics(out, made, sum(there.values())), whole=len(there) == len(jobs))
    if filmed or len(now) < len(jobs):
        content = f"{len(jobs)} matches" if len(now) == len(jobs) else f"{len(now)} of {len(jobs)} matches"
        asked = replace(data_set, splits=_of_splits(splits, wanted))
        say_what_is_there(asked, content, sum(plan.num_frames for plan, _ in now), FPS)


def split(plans: list[MatchPlan], arguments: argparse.Namespace) -> dict[str, list[str]]:
    """What each match is for: as its size says, or for another number of matches as SoccerNet's seven are shared."""
    match_ids, size = [plan.fixture.match_id for plan in plans], chosen_size(arguments, SIZES)
    if size.roles and len(plans) == size.matches:
        return split_by_role(match_ids, size.roles)
    return split_matches(match_ids)


def _of_splits(splits: Mapping[str, Sequence[str]], names: Container[str]) -> dict[str, list[str]]:
    """Of each split the matches that are among these."""
    return {split: [name for name in of_split if name in names] for split, of_split in splits.items()}


def _wanted(splits: dict[str, list[str]], only: str | None) -> set[str]:
    """The matches to make now.

    Raises:
        InputError: `only` is not three whole numbers of 0 or more, one of them more.
    """
    if only is None:
        return {name for names in splits.values() for name in names}
    counts = only.split(",")
    if len(counts) != len(splits) or not all(count.isdecimal() for count in counts) or not any(map(int, counts)):
        raise InputError(f"--only is {only!r}; expected matches to train, to choose by and to test, like 3,1,1")
    return {name for names, count in zip(splits.values(), counts, strict=True) for name in names[: int(count)]}


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


def _jitter(plans: list[MatchPlan], arguments: argparse.Namespace) -> dict:
    """Settings of labels that are off; none of exact ones, so that sets from before stay what they are."""
    if not any(plan.label_jitter_ms for plan in plans):
        return {}
    return {"label_jitter_ms": arguments.label_jitter_ms, "label_jitter_of": arguments.label_jitter_of}


def _statistics(out: Path, splits: dict[str, list[str]], frames: int) -> dict:
    """How many actions of each class each split holds."""
    counts = {}
    for split, match_ids in splits.items():
        annotations = [one for name in match_ids for one in read_json(out / name / LABELS)["annotations"]]
        counts[split] = label_counts([one["label"] for one in annotations], CLASSES)
    total = sum(sum(of_split.values()) for of_split in counts.values())
    return {"frames": frames, "actions": total, "actions_per_minute": total / (frames / FPS / 60), "counts": counts}


if __name__ == "__main__":
    sys.exit(main())
