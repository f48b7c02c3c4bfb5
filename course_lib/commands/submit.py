"""Make a zip for SoccerNet's evaluation server, or check one before the server does.

    python -m course_lib submit runs/first --data soccernet-ball --split challenge --out results_spotting.zip
    python -m course_lib submit spots --data soccernet-ball --split test --out results_spotting.zip
    python -m course_lib submit --check results_spotting.zip --data soccernet-ball --split test
    python -m course_lib submit --check results_spotting.zip --split challenge

SOURCE is a run, or a folder with <league>/<season>/<match>/results_spotting.json below it, as `predict` writes. A run
that has not seen the matches of the split predicts them first. The zip holds these files for every match of the split
and nothing else. What is wrong with it is said in a sentence each; then no zip is written, and the exit status is 1.
Without --data the matches are those of SoccerNet's own split, and no position is too late for the video.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.files import InputError, check_writable

if TYPE_CHECKING:
    from course_lib.spotting.submission import ExpectedMatch

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "submit"
HELP = "make a zip for SoccerNet's evaluation server, and check it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `submit`."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("source", type=Path, nargs="?", metavar="SOURCE", help="run folder, or a folder of spots")
    what.add_argument("--check", type=Path, metavar="ZIP", help="only check this zip")
    parser.add_argument("--data", metavar="NAME|ROOT", help="data set of the matches (default: SoccerNet's own lists)")
    parser.add_argument("--split", default="challenge", help="matches to submit (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("results_spotting.zip"), metavar="ZIP", help="%(default)s")
    parser.add_argument("--teams", action="store_true", help="every prediction must name its team (2025 challenge)")


def run(arguments: argparse.Namespace) -> int:
    """Make or check; returns 1 if something is wrong with the zip."""
    from course_lib.spotting.submission import check_results, check_zip, write_zip

    matches, classes = _matches(arguments)
    if arguments.check is not None:
        path, defects = arguments.check, check_zip(arguments.check, matches, classes, teams=arguments.teams)
    else:
        check_writable(arguments.out)
        path, results = arguments.out, _results(arguments, matches)
        defects = [
            defect
            for match in matches
            for defect in (
                check_results(match.game, results[match.game], match, classes, teams=arguments.teams)
                if match.game in results
                else [f"{arguments.source}: has no spots of {match.game}; expected every match of the split"]
            )
        ]
        if not defects:
            write_zip(path, results)
            defects = check_zip(path, matches, classes, teams=arguments.teams)
    for defect in defects:
        print(defect, file=sys.stderr)
    if not defects:
        print(f"{path}: {len(matches)} matches of the split {arguments.split}, ready to submit")
    return 1 if defects else 0


def _matches(arguments: argparse.Namespace) -> tuple[list["ExpectedMatch"], tuple[str, ...]]:
    """The matches of the split, and the labels that its server knows."""
    from course_lib.data.events import BALL_12
    from course_lib.spotting.submission import matches_of, official_matches

    if arguments.data is None:
        return official_matches(arguments.split), BALL_12
    from course_lib.data.datasets import load_dataset

    dataset = load_dataset(arguments.data)
    videos = dataset.splits.get(arguments.split)
    if not videos:
        filled = ", ".join(split for split, videos in dataset.splits.items() if videos)
        raise InputError(f"{dataset.root}: no video in the split {arguments.split!r}; expected one of {filled}")
    return matches_of(videos, str(dataset.root)), dataset.classes


def _results(arguments: argparse.Namespace, matches: list["ExpectedMatch"]) -> dict[str, bytes]:
    """The result files, by match: those that the folder holds, or of a run those that it makes."""
    from course_lib.spotting.submission import find_results

    source = arguments.source
    if not (source / "config.json").is_file():
        return find_results(source, matches)
    kept = source / "spots"
    if len(found := _kept(kept, matches)) == len(matches):
        return found
    if arguments.data is None:
        raise InputError(
            f"{source}: has no spots of the split {arguments.split!r} yet; expected --data to find them in"
        )
    import tempfile

    from course_lib.data.datasets import load_dataset
    from course_lib.runs.run import Run, write_spots
    from course_lib.spotting.inference import predict_videos

    spotter = Run(source).spotter()
    videos = load_dataset(arguments.data).splits[arguments.split]
    predictions = predict_videos(spotter.model, videos, spotter.config, spotter.decoding)
    with tempfile.TemporaryDirectory() as folder:
        write_spots(folder, videos, {name: prediction.spots for name, prediction in predictions.items()})
        return find_results(folder, matches)


def _kept(folder: Path, matches: list["ExpectedMatch"]) -> dict[str, bytes]:
    """What a run has found in these matches already."""
    from course_lib.spotting.submission import find_results

    try:
        return find_results(folder, matches)
    except InputError:  # no spots at all, or of other matches
        return {}
