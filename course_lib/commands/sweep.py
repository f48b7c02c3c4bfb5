"""Train systems with several seeds and record what they score in one small file.

    python -m course_lib sweep regnety_002+fc tiny3d+fc --seeds 0 1 2 --record notebooks/results/smoke_baselines.json

One run folder for each system and seed; what is finished is not done again, so a sweep that was stopped goes on. The
record holds the scores of every run, those of a guesser on the same matches, the data set, the machine and the command.
"""

import argparse
import platform
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.events import SpottingDataset
    from course_lib.runs import Run

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "sweep"
HELP = "train systems with several seeds and record their scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sweep`."""
    parser.add_argument("systems", nargs="+", metavar="SYSTEM", help="names of the zoo, such as tiny3d+fc")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="S", help="default: 0 1 2")
    parser.add_argument("--data", default="sim-soccer", metavar="NAME|ROOT", help="data set (default: %(default)s)")
    parser.add_argument("--profile", choices=("smoke", "full"), help="default: as for the train command")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where the runs go (default: runs/sweep)")
    parser.add_argument("--record", type=Path, required=True, metavar="FILE", help="the JSON file to write")


def run(arguments: argparse.Namespace) -> int:
    """Train what is missing, then write the record and print the means."""
    # The heavy imports come here, so that `--help` answers at once.
    from course_lib.config import profile
    from course_lib.datasets import load_dataset
    from course_lib.experiment import train_and_score
    from course_lib.files import write_json
    from course_lib.models.zoo import check_system
    from course_lib.paths import runs_dir

    for system in arguments.systems:
        check_system(system)
    dataset = load_dataset(arguments.data)
    folder = arguments.run_dir or runs_dir() / "sweep"
    runs = []
    for seed in arguments.seeds:
        for system in arguments.systems:
            config = profile(arguments.profile, system)
            run_dir = folder / config.profile / f"{system}-seed{seed}"
            print(f"\n-- {system}, seed {seed}", flush=True)
            runs.append(train_and_score(system, dataset, config, run_dir, seed, resume=True))
    record = _record(runs, dataset)
    write_json(arguments.record, record)
    for system in arguments.systems:
        values = [100 * row["map12"] for row in record["runs"] if row["system"] == system]
        print(f"{system:16s} mAP-12 {sum(values) / len(values):.1f} ({min(values):.1f} to {max(values):.1f})")
    print(f"{'chance':16s} mAP-12 {100 * record['chance']['map12']:.1f}\nrecord: {arguments.record}")
    return 0


def _record(runs: "list[Run]", dataset: "SpottingDataset") -> dict[str, Any]:
    """What is worth keeping of a sweep, as JSON takes it; AP and mAP as fractions."""
    from course_lib.metrics import score_chance

    first = runs[0]
    data, environment = first.config.data, first.environment
    chance = score_chance(dataset.test, data.classes, dataset.train, stride=data.stride, fps=data.fps)
    return {
        "data": f"{dataset.name}: {len(dataset.train)} train, {len(dataset.val)} val, {len(dataset.test)} test matches",
        "profile": first.config.profile,
        "metric": "mAP@1 on the test matches",
        "command": "python -m course_lib " + shlex.join(sys.argv[1:]),
        "machine": f"{platform.system()} {platform.machine()}, {environment['cpu_cores']} CPU cores, "
        + (", ".join(environment["gpus"]) or "no GPU"),
        "date": environment["started"][:10],
        "counts": chance.counts,
        "chance": {"map12": chance.map12, "map10": chance.map10, "per_class": chance.per_class},
        "runs": [
            {
                "system": finished.config.model.system,
                "seed": finished.config.train.seed,
                **{key: finished.scores["test"][key] for key in ("map12", "map10", "per_class")},
                "val_map12": finished.scores["val"]["map12"],
                **{key: finished.scores[key] for key in ("parameters", "best_epoch", "seconds", "weights")},
                "seconds_per_epoch": round(float(finished.log["seconds"].mean()), 1),
                "commit": finished.environment["commit"],
            }
            for finished in runs
        ],
    }
