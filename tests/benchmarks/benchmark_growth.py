"""Does anything grow faster than what it is made for? Time and peak memory at three sizes each, and their powers.

    PYTHONPATH=tests/helpers python tests/benchmarks/benchmark_growth.py [--quick] [WORD ...]

A thousand runs, fifty compared, 45 minutes of video, hundreds of matches: each case is prepared and run in a process of
its own (see growth_case.py). A power of 1 is linear. Words choose cases: "widget", "load", "interval".
"""

import argparse

import growth_runs
import growth_scores
import growth_training
import growth_widgets
from growth_case import LINEAR, chosen, measure, table

__all__ = ["figures"]

CASES = (*growth_runs.CASES, *growth_training.CASES, *growth_scores.CASES, *growth_widgets.CASES)


def figures(quick: bool = False) -> dict[str, float]:
    """Powers by what grows and in what; 1 is linear. At quick sizes what is constant hides some of the rest."""
    return {
        f"{what} of {case.name}: power of growth": power
        for case in CASES
        for what, power in table(case, measure(case, quick))[1].items()
    }


def main() -> int:
    """Print every case; 1 if one is worse than linear."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="of the names of cases (default: all)")
    parser.add_argument("--quick", action="store_true", help="two small sizes each")
    parser.add_argument("--repeats", type=int, default=1, help="the least of so many is taken (default: %(default)s)")
    arguments = parser.parse_args()
    worst = 0.0
    for case in chosen(CASES, arguments.words):
        lines, powers = table(case, measure(case, arguments.quick, arguments.repeats))
        print(lines, flush=True)
        worst = max(worst, *powers.values())
    return int(worst > LINEAR)


if __name__ == "__main__":
    raise SystemExit(main())
