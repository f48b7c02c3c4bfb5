"""Compare trained systems on the same test videos: print what differs, and write a page with figures.

    python -m course_lib compare runs/sweep/smoke/x3d_s+fc-seed0 runs/sweep/smoke/x3d_s+sgp-seed0
    python -m course_lib compare runs/sweep/smoke/x3d_s+{fc,sgp}-seed* --out fc_sgp.html

Runs that differ by nothing but the seed are one system; the first one named is what the others are compared with.
Differences come with intervals for other minutes of the test matches and, where a system has several, for other seeds;
those of single classes are judged together, and so are several systems that are compared with the first. The page holds
its figures and needs no other file.

Runs are compared on the test matches that all were scored on. If the data set has others, --score-missing scores them
first, with each run's own weights, and keeps that with the run.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset
    from course_lib.runs.run import Run

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "compare"
HELP = "compare trained systems: which differences are real, and why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders, those to beat first")
    parser.add_argument("--data", metavar="NAME|ROOT", help="data set (default: the one that the runs name)")
    parser.add_argument(
        "--out", type=Path, default=Path("comparison.html"), metavar="FILE", help="the page (default: %(default)s)"
    )
    parser.add_argument(
        "--score-missing", action="store_true", help="first score the test matches that a run was not scored on"
    )
    parser.add_argument("--draws", type=int, default=2000, metavar="N", help="of test video (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Group, compare, print, write."""
    from course_lib.data.datasets import load_dataset
    from course_lib.files import InputError, check_writable, shown_path
    from course_lib.runs.comparison import compare_all
    from course_lib.runs.report import RANKING_REMARK, as_text, comparison_text, ranking_table
    from course_lib.runs.run import Run
    from course_lib.runs.systems import group_runs
    from course_lib.show.comparison_page import write_page

    if arguments.draws < 500:
        raise InputError(f"--draws {arguments.draws}: expected 500 or more: fewer know their own spread too roughly")
    if arguments.draws > 1_000_000:
        raise InputError(f"--draws {arguments.draws}: expected 1000000 or fewer")
    if arguments.out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {arguments.out}: expected a file that ends in .html")
    check_writable(arguments.out)
    runs = [Run(path) for path in arguments.runs]
    dataset = load_dataset(arguments.data or runs[0].config.data.dataset)
    if arguments.score_missing:
        runs = _score_missing(runs, dataset)
    systems = group_runs(runs, dataset)
    comparisons = compare_all(systems, repeats=arguments.draws)
    print("\n\n".join(comparison_text(comparison) for comparison in comparisons))
    print()
    if len(ranking := ranking_table(comparisons)):
        print(f"{as_text(ranking)}\n{RANKING_REMARK}\n")
    print("\n".join(comparisons[0].remarks()))
    if not arguments.score_missing and (more := len(dataset.matches("test")) - len(systems[0].runs[0].matches)):
        print(
            f"The data set has {more} more test match{'es' * (more > 1)}: --score-missing scores what is missing first."
        )
    print(f"page: {shown_path(write_page(arguments.out, comparisons))}")
    return 0


def _score_missing(runs: "Sequence[Run]", dataset: "SpottingDataset") -> "list[Run]":
    """The runs as they are once the test matches that they lack are scored; a line for each that lacked some."""
    from course_lib.training.experiment import train_and_score
    from course_lib.training.missing_matches import missing_videos

    scored = []
    for run in runs:
        if missing_videos(run, dataset):
            config, own = run.config, replace(dataset, name=run.config.data.dataset)  # however it is called here
            run = train_and_score(config.model.system, own, config, run.path, config.train.seed, resume=True)
        scored.append(run)
    return scored
