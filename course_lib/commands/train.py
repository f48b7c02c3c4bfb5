"""Train a spotter on a data set and score it on the test matches.

    python -m course_lib train tiny3d+fc --data sim-soccer --run-dir runs/first

SYSTEM is a backbone, what lets its steps look at each other, and a linear head: tiny3d+fc, x3d_s+tcn, x3d_s+tcn+sgp,
where fc stands for nothing in between; +xy or +heat at its end adds where in the picture (volleyball). The profile
decides sizes and length of training: `smoke` takes up to three minutes on two CPU cores, `full` wants a GPU. Everything
goes to the run folder: configuration, log, weights, spots, scores.

Backbones that two cores cannot train stay frozen in `smoke`: each video goes through once, and the rest learns from
what came out, which is kept for other systems. --set model.frozen_backbone=false trains all of it.

A run that was stopped goes on with --resume and ends with the same weights as one that was not.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib.files import InputError

__all__ = ["HELP", "NAME", "add_arguments", "assignments", "default_data", "run"]

NAME = "train"
HELP = "train a spotter on a data set and score it"

# Options with a name of their own; every other field can be set with --set.
SHORTCUTS = {
    "epochs": ("train.epochs", int, "passes of training"),
    "clips_per_epoch": ("train.clips_per_epoch", int, "random clips in one epoch"),
    "batch_size": ("train.batch_size", int, "clips in one step"),
    "lr": ("train.lr", float, "highest learning rate"),
    "weights": ("model.weights", str, "what it starts from: auto, none, a .safetensors file, or a published .pt file"),
    "workers": ("train.workers", int, "processes that read clips"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train`."""
    from course_lib.profiles import CHOICES
    from course_lib.spotting.tasks import TASKS

    parser.add_argument("system", metavar="SYSTEM", help="which network, such as tiny3d+fc or x3d_s+tcn")
    parser.add_argument(
        "--data", metavar="NAME|ROOT", help="data set name or folder (default: sim-soccer, sim-volleyball by --task)"
    )
    parser.add_argument(
        "--task", choices=tuple(TASKS), help="how to train and score (default: by the classes of the data)"
    )
    parser.add_argument(
        "--profile", choices=CHOICES, help="default: $COURSE_PROFILE, else full with a GPU and smoke without"
    )
    parser.add_argument(
        "--run-dir", type=Path, metavar="DIR", help="where to write (default: runs/SYSTEM_PROFILE_SEED)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same run (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on with the interrupted run in the run folder")
    overrides = parser.add_argument_group("to change what the profile says")
    for name, (field, kind, text) in SHORTCUTS.items():
        flag = "--" + name.replace("_", "-")
        overrides.add_argument(flag, type=kind, metavar=kind.__name__.upper(), help=f"{text} ({field})")
    overrides.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any other field of the configuration, such as data.clip_len=64; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train, score, print the table."""
    # The heavy imports come here, so that `--help` answers at once.
    from course_lib.config import override
    from course_lib.data.datasets import load_dataset
    from course_lib.files import runs_dir
    from course_lib.models.zoo import check_system
    from course_lib.profiles import profile
    from course_lib.runs.report import score_table
    from course_lib.spotting.tasks import TASKS, task_of
    from course_lib.training.experiment import train_and_score
    from course_lib.training.processes import processes

    check_system(arguments.system)
    values = _overrides(arguments)
    # Once before the data are read, which takes a while, so that a wrong setting is said at once.
    config = override(profile(arguments.profile, arguments.system, arguments.task or "ball"), values)
    dataset = load_dataset(default_data(arguments))
    task = arguments.task or task_of(dataset.classes, dataset.task)
    if task != config.data.task:
        config = override(profile(arguments.profile, arguments.system, task), values)
    name = f"{arguments.system}_{config.profile}_{arguments.seed}"
    run_dir = arguments.run_dir or runs_dir() / TASKS[task].prefixed(name, "_")
    finished = train_and_score(arguments.system, dataset, config, run_dir, arguments.seed, arguments.resume)
    if processes().is_main_process:
        print(score_table({arguments.system: finished.scores["test"]}, finished.config.data.task, finished.notes))
        print(f"run folder: {finished.path}")
    return 0


def default_data(arguments: argparse.Namespace) -> str:
    """The data set that is asked for, or the simulated one of the task."""
    from course_lib.spotting.tasks import TASKS

    return arguments.data or TASKS[arguments.task or "ball"].dataset


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    values = {field: getattr(arguments, name) for name, (field, _, _) in SHORTCUTS.items()}
    values = {field: value for field, value in values.items() if value is not None}
    return values | assignments(arguments.set)


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """What --set says: the text of each field's value.

    Raises:
        InputError: one is not FIELD=VALUE.
    """
    values = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text}: expected FIELD=VALUE, such as data.clip_len=64")
        values[field] = value
    return values
