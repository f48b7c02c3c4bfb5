"""Make a zip for an evaluation server or a class's challenge, or check one before they do.

    python -m course_lib submit runs/first --data soccernet-ball --split challenge --out results_spotting.zip
    python -m course_lib submit spots --data soccernet-ball --split test --out results_spotting.zip
    python -m course_lib submit --check results_spotting.zip --data soccernet-ball --split test
    python -m course_lib submit --check results_spotting.zip --split challenge
    python -m course_lib submit runs/rallies --data sim-volleyball --split test --out rallies.zip

SOURCE is a run, or a folder with <league>/<season>/<match>/results_spotting.json below it, as `predict` writes. A run
that has not seen the matches of the split predicts them first. The zip holds these files for every match of the split
and nothing else. Data without SoccerNet's folders (rallies, or whatever is in the common JSON) needs one file: the zip
holds predictions.json, made from SOURCE's spots.json. What is wrong with it is said in a sentence each; then no zip is
written, and the exit status is 1. Without --data the matches are those of SoccerNet's own split, and no position is too
late for the video.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.files import InputError, check_writable

if TYPE_CHECKING:
    from course_lib.data.events import Video
    from course_lib.scoring.ball import Spots
    from course_lib.spotting.submission import ExpectedMatch

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "submit"
HELP = "make a zip for an evaluation server or a challenge, and check it"


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
    from course_lib.data.events import BALL_12
    from course_lib.spotting.submission import matches_of, official_matches, soccernet_folders

    path = arguments.out if arguments.check is None else arguments.check
    if arguments.check is None:
        check_writable(arguments.out)
    if arguments.data is None:
        matches, classes = official_matches(arguments.split), BALL_12
    else:
        videos, classes, root = _videos(arguments)
        matches = matches_of(videos, root) if soccernet_folders(videos) else None
    if matches is None:
        defects, what = _common(arguments, videos, classes, root), f"{len(videos)} videos"
    else:
        defects, what = _soccernet(arguments, matches, classes), f"{len(matches)} matches"
    for defect in defects:
        print(defect, file=sys.stderr)
    if not defects:
        print(f"{path}: {what} of the split {arguments.split}, ready to submit")
    return 1 if defects else 0


def _videos(arguments: argparse.Namespace) -> "tuple[Sequence[Video], tuple[str, ...], str]":
    """The videos of the split, their classes, and where they lie."""
    from course_lib.data.datasets import load_dataset

    dataset = load_dataset(arguments.data)
    videos = dataset.splits.get(arguments.split)
    if not videos:
        filled = ", ".join(split for split, videos in dataset.splits.items() if videos)
        raise InputError(f"{dataset.root}: no video in the split {arguments.split!r}; expected one of {filled}")
    return videos, dataset.classes, str(dataset.root)


def _soccernet(
    arguments: argparse.Namespace, matches: "Sequence[ExpectedMatch]", classes: tuple[str, ...]
) -> list[str]:
    """What is wrong with the zip of SoccerNet's files that was given or, if nothing is, made."""
    from course_lib.spotting.submission import check_results, check_zip, write_zip

    if arguments.check is not None:
        return check_zip(arguments.check, matches, classes, teams=arguments.teams)
    results = _results(arguments, matches)
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
        write_zip(arguments.out, results)
        defects = check_zip(arguments.out, matches, classes, teams=arguments.teams)
    return defects


def _common(arguments: argparse.Namespace, videos: "Sequence[Video]", classes: tuple[str, ...], root: str) -> list[str]:
    """The same of a zip that holds one predictions.json."""
    from course_lib.spotting.common_submission import check_predictions, read_common_zip, write_common_zip

    if arguments.teams:
        raise InputError(f"--teams: the spots of {root} go into one file, which has no room for teams")
    if arguments.check is not None:
        return read_common_zip(arguments.check, videos, classes)[0]
    content = _predictions(arguments.source, videos)
    defects, _ = check_predictions(str(arguments.source), content, videos, classes)
    if not defects:
        write_common_zip(arguments.out, content)
    return defects


def _predictions(source: Path, videos: "Sequence[Video]") -> bytes:
    """The common JSON that a folder or a run holds; a run that has not seen these videos predicts them."""
    from course_lib.data.formats.common import parse_e2e_predictions, write_e2e_predictions
    from course_lib.files import read_file
    from course_lib.spotting.common_submission import PREDICTIONS_FILE

    is_run = (source / "config.json").is_file()
    folder = source / "spots" if is_run else source
    kept = [file for name in (PREDICTIONS_FILE, "spots.json") if (file := folder / name).is_file()]
    if kept and not is_run:
        return read_file(kept[0])
    if not is_run:
        raise InputError(f"{source}: holds neither {PREDICTIONS_FILE} nor spots.json; expected one of them, or a run")
    if kept and {video.id for video in videos} == set(
        parse_e2e_predictions(content := read_file(kept[0]), str(kept[0]))
    ):
        return content
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write_e2e_predictions(Path(folder) / PREDICTIONS_FILE, videos, _spots_of(source, videos))
        return read_file(Path(folder) / PREDICTIONS_FILE)


def _results(arguments: argparse.Namespace, matches: "Sequence[ExpectedMatch]") -> dict[str, bytes]:
    """The result files, by match: those that the folder holds, or of a run those that it makes."""
    from course_lib.spotting.submission import find_results

    source = arguments.source
    if not (source / "config.json").is_file():
        return find_results(source, matches)
    if len(found := _kept(source / "spots", matches)) == len(matches):
        return found
    if arguments.data is None:
        raise InputError(
            f"{source}: has no spots of the split {arguments.split!r} yet; expected --data to find them in"
        )
    import tempfile

    from course_lib.runs.run import write_spots

    videos, _, _ = _videos(arguments)
    with tempfile.TemporaryDirectory() as folder:
        write_spots(folder, videos, _spots_of(source, videos))
        return find_results(folder, matches)


def _kept(folder: Path, matches: "Sequence[ExpectedMatch]") -> dict[str, bytes]:
    """What a run has found in these matches already."""
    from course_lib.spotting.submission import find_results

    try:
        return find_results(folder, matches)
    except InputError:  # no spots at all, or of other matches
        return {}


def _spots_of(run: Path, videos: "Sequence[Video]") -> "Spots":
    from course_lib.runs.run import Run
    from course_lib.spotting.inference import predict_videos

    spotter = Run(run).spotter()
    predictions = predict_videos(spotter.model, videos, spotter.config, spotter.decoding)
    return {name: prediction.spots for name, prediction in predictions.items()}
