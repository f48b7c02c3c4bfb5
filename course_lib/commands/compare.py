"""Compare trained systems on the same test videos: print what differs, and write a page with figures.

    python -m course_lib compare runs/sweep/smoke/x3d_s+fc-seed0 runs/sweep/smoke/x3d_s+sgp-seed0
    python -m course_lib compare runs/sweep/smoke/x3d_s+{fc,sgp}-seed* --out fc_sgp.html

Runs that differ by nothing but the seed are one system; the first one named is what the others are compared with.
Differences come with intervals from drawing test video and seeds again, and those of single classes are judged
together. The page holds its figures and needs no other file.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.comparison import Comparison

__all__ = ["HELP", "NAME", "add_arguments", "comparison_text", "run"]

NAME = "compare"
HELP = "compare trained systems: which differences are real, and why"

VERDICTS = {"shown": "yes", "alone": "only by itself", "not shown": "not shown"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders, those to beat first")
    parser.add_argument("--data", metavar="NAME|ROOT", help="data set (default: the one that the runs name)")
    parser.add_argument(
        "--out", type=Path, default=Path("comparison.html"), metavar="FILE", help="the page (default: %(default)s)"
    )
    parser.add_argument("--draws", type=int, default=2000, metavar="N", help="of test video (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Group, compare, print, write."""
    from course_lib.comparison import compare_all, group_runs
    from course_lib.comparison_page import write_page
    from course_lib.errors import InputError
    from course_lib.paths import shown_path

    if arguments.draws < 500:
        raise InputError(f"--draws {arguments.draws}: expected 500 or more, or no class could stand among twelve")
    if arguments.out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {arguments.out}: expected a file that ends in .html")
    comparisons = compare_all(group_runs(arguments.runs, arguments.data), repeats=arguments.draws)
    print("\n\n".join(comparison_text(comparison) for comparison in comparisons))
    print()
    print("\n".join(comparisons[0].remarks()))
    print(f"page: {shown_path(write_page(arguments.out, comparisons))}")
    return 0


def comparison_text(comparison: "Comparison") -> str:
    """Scores, differences and errors as text, in per cent."""
    from course_lib.comparison import signed

    sides = (comparison.first, comparison.second)
    names = [f"{side.name} ({len(side.runs)} seed{'s' * (len(side.runs) > 1)})" for side in sides]
    scores = [
        [
            row.name,
            str(row.events),
            *(f"{100 * value:.1f}" for value in (row.first, row.second)),
            f"{signed(100 * row.difference)} [{signed(100 * row.low)}, {signed(100 * row.high)}]",
            VERDICTS[row.verdict],
        ]
        for row in comparison.table().itertuples()
    ]
    errors = [
        [row.kind, *(f"{value:.1f}" for value in (row.number_first, row.number_second))]
        + [*(f"{100 * value:.1f}" for value in (row.cost_first, row.cost_second)), signed(100 * row.cost_difference)]
        for row in comparison.error_table().itertuples()
    ]
    first, second = (side.name for side in sides)
    return "\n\n".join(
        (
            f"{names[1]} against {names[0]}, in per cent",
            _columns(["", "events", first, second, "difference", "a difference?"], scores),
            "errors: how many of the spots worth showing, and the mAP that repairing them would add",
            _columns(["", first, second, "cost " + first, "cost " + second, "difference"], errors),
        )
    )


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    formats = [f"{{:{'>' if place else '<'}{width}}}" for place, width in enumerate(widths)]
    return "\n".join("  ".join(map(str.format, formats, line)).rstrip() for line in lines)
