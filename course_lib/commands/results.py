"""Print what the recorded trainings score: for each task a table of systems, and one of classes.

    python -m course_lib results --profile smoke
    python -m course_lib results --task volleyball --markdown

Scores are means over seeds, with the lowest and the highest in brackets. The records are those that come with the
course, or those that `sweep --records DIR` wrote.
"""

import argparse
from pathlib import Path

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "results"
HELP = "print the table of recorded systems"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `results`."""
    from course_lib.spotting.tasks import TASKS

    parser.add_argument("--profile", choices=("smoke", "full"), help="only this one (default: all that is recorded)")
    parser.add_argument("--task", choices=tuple(TASKS), help="only this one (default: both)")
    parser.add_argument("--records", type=Path, metavar="DIR", help="folder of records (default: those of the course)")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables of each profile."""
    from course_lib.files import InputError, shown_path
    from course_lib.runs.records import RESULTS, load_chance, load_records
    from course_lib.runs.report import results_text
    from course_lib.spotting.tasks import TASKS

    folder, texts = arguments.records or RESULTS, []
    for task in [arguments.task] if arguments.task else TASKS:
        records = load_records(folder, arguments.profile, task)
        for profile, of_profile in records.groupby("profile") if len(records) else ():
            texts.append(results_text(of_profile, load_chance(folder, profile, task), arguments.markdown))
    if not texts:
        raise InputError(f"{shown_path(folder)}: holds no record of a training; expected some from the sweep command")
    print("\n\n".join(texts))
    return 0
