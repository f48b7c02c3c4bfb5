"""Play and film simulated volleyball rallies, written as the data sets of precise spotting are: one clip a rally.

What it makes, below --out:
  class.txt                                  serve, receive, set, spike, block, score
  train.json, val.json, test.json            every event: its exact frame, and where the ball is in the picture (xy)
  videos/<date - home - away>/rally_001.mp4  the rallies, filmed
  tracks/<date - home - away>/rally_001.npz  where ball and players are in every frame, and the camera
  simulation.json                            the settings, and how many events of each class

The same settings and seed give the same files. A command that was stopped goes on where it was when it is given again.

Examples:
  python data_scripts/simulate_volleyball.py                    the quick set: 24 matches of 7 rallies, near camera
  python data_scripts/simulate_volleyball.py --size full        1,028 rallies (811, 102, 115), broadcast camera
  python data_scripts/simulate_volleyball.py --matches 12 --rallies 30 --seed 3 --out data/more-volleyball
  python data_scripts/simulate_volleyball.py --size full --no-video  play only, and print simulated beside real numbers
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
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
from course_lib.data.formats.common import write_class_file
from course_lib.files import InputError, data_dir, read_json, write_json
from course_lib.progress import progress_bar
from filming.fixtures import VOLLEYBALL_SEASON, draw_fixtures, split_matches
from filming.hall import HALL_CAMERAS
from filming.production import Make
from volleyball.filmed import FPS, LABELS, MatchPlan, make_match, play_rallies
from volleyball.labels import CLASSES
from volleyball.statistics import compare

__all__ = ["main"]

VERSION = 1  # raised whenever the same settings give other rallies or other pictures
CLASS_FILE, VIDEOS, TRACKS = "class.txt", "videos", "tracks"
SPLITS = ("train", "val", "test")
MADE = (VIDEOS, TRACKS, CLASS_FILE, *(f"{split}.json" for split in SPLITS))
SHARE = 1 / 6  # of the matches to validate with, and as many to test
MAX_RALLIES = 500


@dataclass(frozen=True)
class Size:
    """What --size stands for."""

    folder: str
    rallies: tuple[int, ...]  # of each match
    resolution: str
    camera: str
    seed: int = 0


SIZES = {
    # Many matches of few rallies: with eight halls and kits a network learnt those, and failed in the next.
    "quick": Size("sim-volleyball", (7,) * 24, "398x224", "near"),
    # As many rallies as VNL-STES has in each split: 811, 102 and 115.
    "full": Size("sim-volleyball-full", (136, *(135,) * 5, 102, 115), "398x224", "broadcast"),
    "tiny": Size("sim-volleyball-tiny", (3,) * 3, "224x128", "near"),
    # For the tests, in place of the quick set. With this seed every split has every class.
    "check": Size("sim-volleyball", (1,) * 24, "398x224", "near", seed=10),
}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = new_parser(__doc__)
    texts = {
        "out": "where to write (default: data/sim-volleyball, -full or -tiny, by size)",
        "matches": "how many matches (quick: 24, full: 8, tiny: 3)",
        "camera": "near: turns after the ball, which is about 6 px wide; broadcast: the whole court, 4 px (full)",
    }
    add_arguments(parser, SIZES, HALL_CAMERAS, texts)
    parser.add_argument(
        "--rallies", type=int, metavar="R", help="rallies of each match (quick: 7, full: 135 or so, tiny: 3)"
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
    check_arguments(arguments)
    count = len(size.rallies) if arguments.matches is None else arguments.matches
    seed = chosen_seed(arguments, size.seed, _out(arguments))
    fixtures = draw_fixtures(count, VOLLEYBALL_SEASON, seed)
    rallies = size.rallies if count == len(size.rallies) else (size.rallies[-1],) * count
    if arguments.rallies is not None:
        if not 1 <= arguments.rallies <= MAX_RALLIES:
            raise InputError(f"--rallies is {arguments.rallies}; expected 1 to {MAX_RALLIES}")
        rallies = (arguments.rallies,) * count
    return [
        MatchPlan(
            index=index,
            fixture=fixture,
            num_rallies=num_rallies,
            size=parse_resolution(arguments.resolution or size.resolution),
            camera=arguments.camera or size.camera,
            seed=seed,
        )
        for index, (fixture, num_rallies) in enumerate(zip(fixtures, rallies, strict=True))
    ]


def _out(arguments: argparse.Namespace) -> Path:
    return arguments.out or data_dir() / chosen_size(arguments, SIZES).folder


def print_statistics(plans: list[MatchPlan]) -> None:
    """Play without filming and print simulated beside real."""
    total = sum(plan.num_rallies for plan in plans)
    rallies = (tracks for plan in plans for tracks in play_rallies(plan))
    print(compare(progress_bar(rallies, "playing", total, unit="rally")))


def write_matches(plans: list[MatchPlan], arguments: argparse.Namespace, make: Make = make_match) -> None:
    """Make every match that is not there yet, then the files about all of them.

    Raises:
        InputError: the folder holds something else.
    """
    out = _out(arguments)
    about = {"simulator": "volleyball", "version": VERSION, "settings": _settings(plans)}
    splits = split_matches([plan.fixture.match_id for plan in plans], SHARE, SHARE)
    # Tracks before videos: a match whose videos are there is whole.
    jobs = [(plan, {name: out / name / plan.fixture.match_id for name in (TRACKS, VIDEOS)}) for plan in plans]
    data_set = DataSet(out, about, MADE, jobs, splits)
    if fill(data_set, make, arguments, "rally"):
        clips = {
            split: [clip for name in ids for clip in read_json(out / TRACKS / name / LABELS)]
            for split, ids in splits.items()
        }
        write_class_file(out / CLASS_FILE, CLASSES)
        for split, entries in clips.items():
            write_json(out / f"{split}.json", entries)
        rallies, statistics = sum(map(len, clips.values())), _statistics(clips)
        finish(data_set, statistics)
        say_what_is_there(data_set, f"{rallies} rallies of {len(plans)} matches", statistics["frames"], FPS)


def _settings(plans: list[MatchPlan]) -> dict:
    plan = plans[0]
    return {
        "matches": len(plans),
        "rallies": [plan.num_rallies for plan in plans],
        "resolution": f"{plan.size[0]}x{plan.size[1]}",
        "fps": FPS,
        "camera": plan.camera,
        "seed": plan.seed,
    }


def _statistics(clips: dict[str, list[dict]]) -> dict:
    """How many rallies, frames and events of each class each split holds."""
    every = [clip for of_split in clips.values() for clip in of_split]
    events = [event for clip in every for event in clip["events"]]
    frames = sum(clip["num_frames"] for clip in every)
    counts = {
        split: label_counts([event["label"] for clip in of_split for event in clip["events"]], CLASSES)
        for split, of_split in clips.items()
    }
    return {
        "rallies": {split: len(of_split) for split, of_split in clips.items()},
        "frames": frames,
        "frames_per_rally": frames / len(every),
        "events": len(events),
        "events_in_picture": sum(event.get("xy") is not None for event in events),
        "counts": counts,
    }


if __name__ == "__main__":
    sys.exit(main())
