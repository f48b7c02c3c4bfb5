"""Score prediction files against label files, exactly as the official evaluators do.

SoccerNet folders, one game each, below two roots that are built alike; every game that is scored needs predictions:

    python -m course_lib evaluate --labels data/sim-soccer --predictions runs/mine/spots --split test --metric at1

The common JSON of the precise-spotting papers, one file each:

    python -m course_lib evaluate --format e2e --labels val.json --predictions pred.json --tolerances 0,1,2,4

The same files for volleyball, where predictions say where, too:

    python -m course_lib evaluate --metric volleyball --labels test.json --predictions pred.json

A run counts in steps of its own, which are longer than a frame; `--stride 2` brings labels and predictions to steps of
two frames, and a run that did the same gets the score that it gave itself.

Prints a table; --json writes the same numbers to a file, as fractions.
"""

import argparse
from pathlib import Path

from course_lib.files import InputError, check_writable, write_json

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "evaluate"
HELP = "score predictions against labels: SoccerNet's mAP, frame mAP, or volleyball's time and place"
MOST_FRAMES = 1_000_000
MOST_FPS = 1000
PLACED = ("volleyball",)
"""Metrics of files that say where, too: the tasks that do. Named here, since tasks bring more than scoring needs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    from course_lib.data.events import CLASS_SETS
    from course_lib.scoring.average_map import METRICS

    parser.add_argument(
        "--format", choices=("soccernet", "e2e"), help="(default: soccernet; e2e where --metric is volleyball)"
    )
    parser.add_argument(
        "--metric",
        choices=(*METRICS, *PLACED),
        default="at1",
        help="of SoccerNet folders, atN: a tolerance N seconds wide; tight: 1 to 5 s; loose: 5 to 60 s; of the common "
        "JSON, volleyball: time, place and both combined (default: %(default)s, or frame mAP)",
    )
    parser.add_argument("--labels", type=Path, required=True, metavar="ROOT|FILE", help="label folders, or the JSON")
    parser.add_argument("--predictions", type=Path, required=True, metavar="ROOT|FILE", help="what was predicted")
    parser.add_argument(
        "--classes",
        metavar="|".join([*CLASS_SETS, "FILE"]),
        help="class list, or a file with one class a line (default: ball-12; for e2e, the labels in the file; for "
        "--metric volleyball, volleyball-6)",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the scores to this file too")
    parser.add_argument(
        "--stride", type=int, default=1, metavar="N", help="score steps of N frames, as a run does (default: frames)"
    )
    soccernet = parser.add_argument_group("SoccerNet folders")
    soccernet.add_argument("--fps", type=float, help="rate to score at (default: 25; 2 for soccernet-17)")
    soccernet.add_argument("--split", help="only this split: by ROOT/splits.json, ROOT/<split>, or officially")
    soccernet.add_argument(
        "--games", nargs="+", metavar="GAME|FILE", help="only these games (league/season/match), or a file of them"
    )
    soccernet.add_argument("--label-file", metavar="NAME", help="name of the label files (default: by class list)")
    e2e = parser.add_argument_group("common JSON")
    e2e.add_argument(
        "--tolerances", default="0,1,2,4", metavar="N,N,...", help="frames (steps) either side (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Score, print, write."""
    if arguments.stride < 1:
        raise InputError(f"--stride {arguments.stride}: expected 1 or more")
    if arguments.stride > MOST_FRAMES:
        raise InputError(f"--stride {arguments.stride}: expected {MOST_FRAMES} or less")
    if arguments.fps is not None and not arguments.fps <= MOST_FPS:
        raise InputError(f"--fps {arguments.fps}: expected {MOST_FPS} or less")
    if arguments.json is not None:
        check_writable(arguments.json)
    # Each kind of file is scored by code of its own, and only that is loaded.
    if arguments.metric in PLACED:
        from course_lib.commands.evaluate_e2e import run_volleyball

        if arguments.format == "soccernet":
            raise InputError(f"--metric {arguments.metric} needs --format e2e: SoccerNet's files do not say where")
        report = run_volleyball(arguments)
    elif arguments.format == "e2e":
        from course_lib.commands.evaluate_e2e import run_frames

        report = run_frames(arguments)
    else:
        from course_lib.commands.evaluate_soccernet import run_soccernet

        report = run_soccernet(arguments)
    from course_lib.commands.evaluate_steps import stride_note
    from course_lib.data.about import read_about

    if note := stride_note(arguments, report):
        print(note)
    for said in read_about(arguments.labels if arguments.labels.is_dir() else arguments.labels.parent)["notes"]:
        print(said)
    if arguments.json is not None:
        write_json(arguments.json, report)
        print(f"written to {arguments.json}")
    return 0
