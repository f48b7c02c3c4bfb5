"""Time our average-mAP beside a plain one, on the large case: scoring alone, and as whole commands.

    PYTHONPATH=tests/helpers python tests/benchmarks/benchmark_metrics.py [--kinds v2 ball] [--metrics at1 tight loose]

The plain one, `plain_evaluator.py`, follows the official algorithm step by step; it is also what the tests compare
with. Times are processor times. Scoring alone: both get their data in the form they work on (vectors there, sorted
columns here); reading is timed separately. For orientation: the official package itself took 1.00 s for at1 of the v2
case on two shared cores. Whole commands: from the start of Python, with its imports, to the printed table, the same
files for both, one after the other in turns; the ratio is that of the medians. Files are indented by four, as the
programs that write them for SoccerNet's server do.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from large_case import make_large_case
from plain_evaluator import plain_average_map, plain_vectors

from course_lib.scoring.average_map import METRICS
from course_lib.scoring.ball import OfficialGame, official_tables, score_tables

__all__ = ["figures"]

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"v2": ("at1", "tight", "loose"), "ball": ("at1",)}
"""Metrics of the whole commands, by the kind of the case."""
LABEL_FILES = {"v2": "Labels-v2.json", "ball": "Labels-ball.json"}


def timed(work, repeats):
    """Best of several processor times in seconds (other work on the machine counts less), and the result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def time_scoring(kind, metrics):
    """Print the times of reading entries and of scoring; returns metric to the ratio of the latter."""
    case = make_large_case(kind)
    games = [OfficialGame(*game) for game in case.games]
    plain_reading, vectors = timed(lambda: plain_vectors(case.games, case.classes, case.fps), 1)
    our_reading, (labels, spots, _) = timed(lambda: official_tables(games, case.classes, case.fps), 3)
    print(f"{kind}: {len(games)} games, {len(labels):,} labels, {len(spots):,} predictions, {case.fps} fps")
    print(f"entries to vectors {plain_reading:6.2f} s; entries to columns {our_reading:6.2f} s")
    ratios = {}
    for metric in metrics:
        tolerances = METRICS[metric]
        slow, expected = timed(lambda: plain_average_map(*vectors, case.fps, tolerances), 1)  # noqa: B023
        fast, scores = timed(lambda: score_tables(labels, spots, case.classes, case.fps, [metric]), 15)  # noqa: B023
        weights = np.ones(len(tolerances))
        if len(tolerances) > 1:
            weights[[0, -1]] = 0.5
        per_class = np.tensordot(weights / weights.sum(), expected, axes=1)  # (3, K)
        ours = scores[metric]
        named = (ours.per_class, ours.per_class_visible, ours.per_class_unshown)
        difference = np.abs(np.array([list(values.values()) for values in named]) - per_class).max()
        ratios[metric] = slow / fast
        print(
            f"{metric:>6}: plain {slow:7.3f} s, ours {1000 * fast:7.2f} ms, {slow / fast:6.0f} times as fast; "
            f"mAP {ours.mAP:.9f}, largest difference {difference:.1e}"
        )
    return ratios


def write_case(folder, kind):
    """The large case as SoccerNet folders, `labels` and `spots`, with `class.txt`; returns its frames a second."""
    case = make_large_case(kind)
    for game, annotations, predictions in case.games:
        for root, name, key, entries in (
            ("labels", LABEL_FILES[kind], "annotations", annotations),
            ("spots", "results_spotting.json", "predictions", predictions),
        ):
            path = folder / root / game / name
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({"UrlLocal": game, key: entries}, indent=4))
    (folder / "class.txt").write_text("\n".join(case.classes))
    return case.fps


def command_seconds(command, environment):
    """Processor time of a command, user and system, with all that it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, printed


def time_commands(kind, metrics, repeats):
    """Print the medians of both commands, in seconds; returns metric to their ratio."""
    ratios = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fps = write_case(folder, kind)
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        # As in an installation that has run before: bytecode is at hand for both.
        environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        files, rule = [folder / "labels", folder / "spots"], ["--classes", folder / "class.txt", "--fps", str(fps)]
        plain = [sys.executable, Path(__file__).with_name("plain_evaluator.py"), *files, *rule]
        ours = [sys.executable, "-m", "course_lib", "evaluate", "--labels", files[0], "--predictions", files[1], *rule]
        ours += ["--label-file", LABEL_FILES[kind], "--json", folder / "ours.json"]
        command_seconds(ours, environment)
        for metric in metrics:
            seconds = {"plain": [], "ours": []}
            for _ in range(repeats):
                taken, printed = command_seconds([*plain, "--metric", metric], environment)
                seconds["plain"].append(taken)
                seconds["ours"].append(command_seconds([*ours, "--metric", metric], environment)[0])
            expected, report = json.loads(printed), json.loads((folder / "ours.json").read_text())
            difference = max(abs(report["per_class"][key] - value) for key, value in expected["per_class"].items())
            slow, fast = (statistics.median(several) for several in seconds.values())
            ratios[metric] = slow / fast
            print(
                f"{kind} {metric:>5}, whole command: plain {slow:6.2f} s, ours {fast:5.2f} s, {slow / fast:5.1f} times "
                f"as fast; mAP {report['mAP']:.9f}, largest difference {difference:.1e}",
                flush=True,
            )
    return ratios


def figures(quick: bool = False) -> dict[str, float]:
    """Ratios of processor time, the plain evaluator over ours; `quick`: at1 alone, three times each."""
    found = {}
    for kind, metrics in COMMANDS.items():
        wanted = metrics[:1] if quick else metrics
        whole = time_commands(kind, wanted, 3 if quick else 5)
        found |= {f"evaluate {kind} {metric}, whole command": ratio for metric, ratio in whole.items()}
        scoring = time_scoring(kind, wanted)
        found |= {f"evaluate {kind} {metric}, scoring alone": ratio for metric, ratio in scoring.items()}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--metrics", nargs="+", choices=COMMANDS["v2"], default=["at1"])
    parser.add_argument("--repeats", type=int, default=5, help="of each whole command (default: %(default)s)")
    arguments = parser.parse_args()
    for kind in arguments.kinds:
        time_scoring(kind, arguments.metrics)
        time_commands(kind, arguments.metrics, arguments.repeats)


if __name__ == "__main__":
    main()
