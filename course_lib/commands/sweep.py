"""Train systems with several seeds and record what each training scores.

    python -m course_lib sweep x3d_s+fc x3d_s+tcn --seeds 0 1 2 --profile smoke --records notebooks/results

One run folder for each system and seed; what is finished is not done again, so a sweep that was stopped goes on. One
record for each, written as soon as it is scored: DIR/<profile>/<system>-seed<number>.json, beside chance.json with the
scores of a guesser on the same matches. `results` prints them as a table.

--set changes the recipe, as for the train command; several values of a field, separated by commas, are tried one by
one, of several fields in every combination:

    python -m course_lib sweep x3d_s+sgp --set train.lr=1e-3,2e-3,4e-3 --set train.epochs=16

Such runs are recorded as systems of their own, "x3d_s+sgp (lr=0.001, epochs=16)"; --label gives a shorter name.

Several sweeps can run side by side: a training that another process has begun is passed over.
"""

import argparse
import itertools
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib.commands.train import assignments, default_data
from course_lib.files import InputError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "sweep"
HELP = "train systems with several seeds and record their scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sweep`."""
    from course_lib.profiles import CHOICES
    from course_lib.spotting.tasks import TASKS

    parser.add_argument("systems", nargs="+", metavar="SYSTEM", help="names of the zoo, such as tiny3d+fc")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="S", help="default: 0 1 2")
    parser.add_argument("--data", metavar="NAME|ROOT", help="data set (default: as for the train command)")
    parser.add_argument("--profile", choices=CHOICES, help="default: as for the train command")
    parser.add_argument("--task", choices=tuple(TASKS), help="default: as for the train command")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE,...",
        help="a field of the configuration and what to try for it, such as train.lr=1e-3,2e-3; may be repeated",
    )
    parser.add_argument("--label", metavar="NAME", help="what to call the recipe that --set makes, such as focal")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where the runs go (default: runs/sweep)")
    parser.add_argument("--records", type=Path, metavar="DIR", help="where the records go (default: runs/records)")


def run(arguments: argparse.Namespace) -> int:
    """Train what is missing, record it, print the table."""
    # The heavy imports come here, so that `--help` answers at once.
    from course_lib.config import override
    from course_lib.data.datasets import load_dataset
    from course_lib.files import Busy, check_writable, passed_on_words, runs_dir, shown_path
    from course_lib.models.zoo import check_system
    from course_lib.profiles import profile
    from course_lib.runs.records import (
        load_chance,
        load_records,
        records_folder,
        shown_name,
        write_chance,
        write_record,
    )
    from course_lib.runs.report import results_text
    from course_lib.spotting.tasks import task_of
    from course_lib.training.experiment import train_and_score
    from course_lib.training.processes import processes

    for system in arguments.systems:  # all names, before any work
        check_system(system)
    recipes = _recipes(arguments)
    dataset = load_dataset(default_data(arguments))
    task = arguments.task or task_of(dataset.classes, dataset.task)
    configs = {
        (system, label): override(profile(arguments.profile, system, task), values)
        for label, values in recipes.items()
        for system in arguments.systems
    }
    for seed in arguments.seeds:
        override(next(iter(configs.values())), {"train.seed": seed})  # says what is wrong with one, before any work
    folder = arguments.run_dir or runs_dir() / "sweep"
    records = arguments.records or runs_dir() / "records"
    check_writable(records / "record.json")
    command = "python -m course_lib " + shlex.join(passed_on_words(sys.argv[1:]))
    files = []
    for seed in arguments.seeds:
        for (system, label), config in configs.items():
            run_dir = (
                records_folder(folder, config.profile, task) / f"{shown_name(system, label, for_file=True)}-seed{seed}"
            )
            processes().print(f"\n-- {shown_name(system, label)}, seed {seed}", flush=True)
            try:
                finished = train_and_score(system, dataset, config, run_dir, seed, resume=True, wait=False)
            except Busy as error:
                if processes().num_processes > 1:
                    raise  # the others wait for this one at the training that it would pass over
                print(f"passed over: {error}", flush=True)
                continue
            if processes().is_main_process:  # the others may be ahead of it, and a record is written once
                files.append(write_record(finished, dataset, records, command, label))
    if files:
        name = finished.config.profile
        write_chance(dataset, finished.config.data, records, name)
        table = load_records(records, name, task)
        mine = table[table["system"].isin([shown_name(*key) for key in configs])]
        place = shown_path(records_folder(records, name, task))
        print(f"\n{results_text(mine, load_chance(records, name, task))}\n\nrecords: {place}")
    return 0


def _recipes(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What to change for each recipe that is to be tried, by its name; one without a name where nothing is changed.

    Raises:
        InputError: a name that is given to several recipes or that no file can have.
    """
    tried = {field: _values(text) for field, text in assignments(arguments.set).items()}
    combinations = [dict(zip(tried, values, strict=True)) for values in itertools.product(*tried.values())]
    if arguments.label is None:
        names = [", ".join(f"{field.split('.')[-1]}={_short(v)}" for field, v in one.items()) for one in combinations]
        return dict(zip(names, combinations, strict=True))
    if len(combinations) > 1 or not tried:
        raise InputError(
            f"--label {arguments.label}: names one recipe; --set makes {len(combinations) if tried else 0}"
        )
    if not re.fullmatch(r"[\w.=-]+( [\w.=-]+)*", arguments.label):
        raise InputError(f"--label {arguments.label!r}: expected words of letters, digits and . = _ -")
    return {arguments.label: combinations[0]}


def _values(text: str) -> Sequence[str]:
    """The values of one field: a list in JSON is one value."""
    return [text] if text.startswith("[") else text.split(",")


def _short(value: str) -> str:
    """A number as it is written shortest, so that 1e-3 and 0.001 are one recipe."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return re.sub(r"[^\w.=-]+", "_", value)
