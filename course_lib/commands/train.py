"""Train a spotter on a data set and score it on the test matches.

    python -m course_lib train tiny3d+fc --data sim-soccer --run-dir runs/first

SYSTEM is a backbone, what lets its steps look at each other, and a linear head: tiny3d+fc, x3d_s+tcn, x3d_s+tcn+sgp,
where fc stands for nothing in between; +xy or +heat at its end adds where in the picture (volleyball). The profile
decides sizes and length of training: `smoke` takes up to three minutes on two CPU cores, `full` wants a GPU. Everything
goes to the run folder: configuration, log, weights, spots, scores.

Backbones that two cores cannot train stay frozen in `smoke`: each video goes through once, and the rest learns from
what came out, which is kept for other systems. --set model.frozen_backbone=false trains all of it.

--from RUN begins with all weights of a finished run, also for other classes: what it knows of a class goes on by the
class's name. The schedule is a new one. A match that those weights have learnt from cannot be in the new val or test.

A run that was stopped goes on with --resume and ends with the same weights as one that was not.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.files import InputError, NoRoom

if TYPE_CHECKING:
    from course_lib.config import Config

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

    parser.add_argument("system", nargs="?", metavar="SYSTEM", help="which network, such as tiny3d+fc or x3d_s+tcn")
    parser.add_argument(
        "--from",
        dest="from_run",
        type=Path,
        metavar="RUN",
        help="begin with all weights of this run, and its configuration unless --profile is given",
    )
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
    from course_lib.runs.matches import on_matches
    from course_lib.runs.report import score_table
    from course_lib.spotting.decoding import few_labels_note
    from course_lib.spotting.tasks import TASKS, task_of
    from course_lib.training.experiment import train_and_score
    from course_lib.training.processes import processes

    values = _overrides(arguments)
    base = _begun_with(arguments, values)
    system = arguments.system or base.model.system  # one of them is there
    check_system(system)

    def told(task: str) -> "Config":
        """What the run is told; of a run that it begins with, all that is not changed stays."""
        if base is None or arguments.profile:
            return override(profile(arguments.profile, system, task), values)
        return override(base, {"data.task": task} | values)

    # Once before the data are read, which takes a while, so that a wrong setting is said at once.
    config = told(arguments.task or "ball")
    dataset = load_dataset(default_data(arguments))
    task = arguments.task or task_of(dataset.classes, dataset.task)
    if task != config.data.task:
        config = told(task)
    name = f"{system}_{config.profile}_{arguments.seed}"
    if base is not None:
        name += f"_from_{arguments.from_run.resolve().name}"
    run_dir = arguments.run_dir or runs_dir() / TASKS[task].prefixed(name, "_")
    try:
        finished = train_and_score(system, dataset, config, run_dir, arguments.seed, arguments.resume, wait=False)
    except NoRoom as error:
        raise NoRoom(f"{error} (with --resume, if {run_dir} holds a run by then)") from error
    if processes().is_main_process:
        print(score_table({system: finished.scores["test"]}, finished.config.data.task, finished.notes))
        print(on_matches(len(finished.matches), dataset.num_matches("test")))
        if note := few_labels_note(finished.few_labels):
            print(note)
        print(f"run folder: {finished.path}")
    return 0


def _begun_with(arguments: argparse.Namespace, values: dict[str, Any]) -> "Config | None":
    """The configuration of the run that --from names, None without; and `model.from_run` in `values`.

    Raises:
        InputError: neither a system nor a run is named, --weights says something else, or it is no finished run.
    """
    from course_lib.runs.run import BEST_WEIGHTS, Run

    if arguments.from_run is None:
        if arguments.system is None:
            raise InputError("train: expected a SYSTEM, such as tiny3d+fc, or --from RUN")
        return None
    if "model.weights" in values:
        raise InputError("--weights and --from: expected one of them, since --from takes all weights of a run")
    run = Run(arguments.from_run)
    config = run.config
    if not (run.path / BEST_WEIGHTS).is_file():
        raise InputError(f"--from {run.path}: holds no {BEST_WEIGHTS}; expected a run that finished an epoch")
    values |= {"model.from_run": str(run.path.resolve()), "model.weights": "none"}
    return config


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
