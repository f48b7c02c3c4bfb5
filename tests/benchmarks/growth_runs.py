"""Growth with the number of runs: the table of all, and a comparison with its page."""

import shutil
from collections.abc import Callable
from pathlib import Path

from growth_case import Case
from toy_runs import toy_dataset, toy_run

from course_lib.runs.comparison import compare_all
from course_lib.runs.report import comparison_text
from course_lib.runs.run import load_runs
from course_lib.runs.systems import group_runs
from course_lib.show.comparison_page import write_page

__all__ = ["CASES"]

MINUTES = 8.0  # of each of the two test matches: those of the quick simulated data


def _load_runs(size: int, folder: Path) -> Callable[[], object]:
    first = toy_run(folder / "runs" / "run0000", toy_dataset(folder, minutes=MINUTES))
    for number in range(1, size):
        shutil.copytree(first.path, folder / "runs" / f"run{number:04}")
    return lambda: load_runs(folder / "runs")


def _compare(size: int, folder: Path) -> Callable[[], object]:
    dataset = toy_dataset(folder, minutes=MINUTES)
    paths = [folder / f"run{number:03}" for number in range(size)]
    for number, path in enumerate(paths):
        toy_run(path, dataset, seed=number % 2, found=0.3 + 0.5 * number / size, train__lr=0.001 * (number // 2 + 1))

    def work() -> None:
        comparisons = compare_all(group_runs(paths, dataset))
        "\n\n".join(comparison_text(comparison) for comparison in comparisons)
        write_page(folder / "page.html", comparisons)

    return work


CASES = (
    Case("load_runs", "runs", (10, 100, 1000), (10, 100), _load_runs),
    Case("compare, two seeds a system, with text and page", "runs", (6, 18, 50), (4, 12), _compare),
)
