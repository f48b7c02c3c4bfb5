"""Find events with a trained spotter, in any video file, in a folder of them, or in a data set.

    python -m course_lib predict --video match.mp4 --checkpoint runs/first --out spots
    python -m course_lib predict --video matches --checkpoint runs/first --out spots --annotate
    python -m course_lib predict runs/first --data sim-soccer --split test --out spots

A video may have any length, size and frame rate: it is brought to those that the spotter was trained with while it
streams through. OUT gets results_spotting.json (of volleyball spots.json, with places) and <name>.csv with all spots,
<name>.srt with those worth showing, and on request <name>.annotated.mp4. Of a folder of videos each gets a folder of
its own in OUT, under the path that it has; one that cannot be read is named, and the others go on.

The checkpoint is a run folder, or a file of weights within one. For a data set OUT gets
<league>/<season>/<match>/results_spotting.json, as a challenge server and the evaluate command take it (in volleyball
one spots.json), and the scores are printed if there are labels.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.files import InputError

if TYPE_CHECKING:
    from course_lib.runs.spotter import Found, TrainedSpotter

__all__ = ["HELP", "NAME", "add_arguments", "run", "video_files"]

NAME = "predict"
HELP = "find events with a trained spotter, in videos or in a data set"

SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".3gp")
ANNOTATED = ".annotated.mp4"
LISTED = 20  # spots printed of a single video


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `predict`."""
    parser.add_argument("run_dir", type=Path, nargs="?", metavar="RUN", help="the same as --checkpoint RUN")
    parser.add_argument("--checkpoint", type=Path, metavar="RUN|FILE", help="run folder, or weights within one")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", metavar="NAME|ROOT", help="data set name or folder")
    what.add_argument("--video", type=Path, metavar="FILE|FOLDER", help="a video, a folder of videos, or of frames")
    parser.add_argument("--split", default="test", help="which part of the data set (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for what is found")
    parser.add_argument("--annotate", action="store_true", help="also write each video with the spots drawn in")


def run(arguments: argparse.Namespace) -> int:
    """Predict, write, and score where there is something to score against; 2 if a video of a folder failed."""
    given = [path for path in (arguments.run_dir, arguments.checkpoint) if path is not None]
    if len(given) != 1:
        raise InputError("predict: expected a run, either as RUN or as --checkpoint RUN|FILE")
    from course_lib.runs.run import load_spotter

    if arguments.video is not None:
        from course_lib.spotting.decoding import few_labels_note

        videos = video_files(arguments.video)
        spotter = load_spotter(given[0])
        if note := few_labels_note(spotter.few_labels):
            print(note)
        if arguments.video.is_dir() and videos != {Path(): arguments.video}:
            return _predict_folder(spotter, videos, arguments.out, arguments.annotate)
        found = _predict_file(spotter, arguments.video, arguments.out, arguments.annotate)
        _list_shown(spotter, found)
        return 0
    _predict_split(load_spotter(given[0]), arguments.data, arguments.split, arguments.out)
    return 0


def video_files(path: Path) -> dict[Path, Path]:
    """The videos to look at, each under the folder within OUT where what is found in it goes.

    Args:
        path: a video, a folder with videos at any depth, or a folder of numbered pictures.

    Raises:
        InputError: a folder with neither videos nor pictures.
    """
    if not path.is_dir():
        return {Path(): path}
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not file.name.startswith(".")
        # OUT may lie within the folder, and this is not the first call.
        and not file.name.endswith(ANNOTATED)
    ]
    if not files:
        if any(file.suffix.lower() == ".jpg" for file in path.iterdir()):
            return {Path(): path}
        raise InputError(f"{path}: holds no video; expected files like .mp4 or .mkv, or numbered pictures (.jpg)")
    places = [file.relative_to(path).with_suffix("") for file in files]
    # Two videos of one name, told apart by what follows it.
    return {
        place if places.count(place) == 1 else file.relative_to(path): file
        for place, file in zip(places, files, strict=True)
    }


def _predict_file(spotter: "TrainedSpotter", path: Path, out: Path, annotate: bool) -> "Found":
    from course_lib.data.formats.csv import shown_spots
    from course_lib.files import shown_path

    found = spotter.find(path)
    files = spotter.export(found, out, annotate)
    shown, minutes = len(shown_spots(found.spots, spotter.thresholds)), found.info.duration_sec / 60
    print(
        f"{shown_path(path)}: {shown} of {len(found.spots)} spots worth showing; "
        f"{', '.join(file.name for file in files)} in {shown_path(out)}"
    )
    print(
        f"{minutes:.1f} min of video ({found.info.width}x{found.info.height}, {found.info.fps:g} fps) in "
        f"{found.seconds / 60:.1f} min: {found.realtime_factor:.1f} times real time",
        flush=True,
    )
    return found


def _list_shown(spotter: "TrainedSpotter", found: "Found") -> None:
    from course_lib.data.formats.csv import clock, shown_spots

    shown = shown_spots(found.spots, spotter.thresholds)
    for spot in shown[:LISTED]:
        print(f"{clock(spot.frame / found.info.fps)}  {spot.label:24s}  {spot.score:.2f}")
    if len(shown) > LISTED:
        print(f"and {len(shown) - LISTED} more")


def _predict_folder(spotter: "TrainedSpotter", videos: dict[Path, Path], out: Path, annotate: bool) -> int:
    failed = 0
    duration_sec = seconds = 0.0
    for place, path in videos.items():
        try:
            found = _predict_file(spotter, path, out / place, annotate)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            failed += 1
            continue
        duration_sec += found.info.duration_sec
        seconds += found.seconds
    done = len(videos) - failed
    if done:
        print(f"{done} of {len(videos)} videos done: {duration_sec / seconds:.1f} times real time")
    return 2 if failed else 0


def _predict_split(spotter: "TrainedSpotter", data: str, split: str, out: Path) -> None:
    from course_lib.data.datasets import load_dataset
    from course_lib.runs.report import score_table
    from course_lib.runs.run import write_spots
    from course_lib.spotting.inference import predict_videos
    from course_lib.spotting.tasks import TASKS

    dataset = load_dataset(data)
    videos = dataset.splits.get(split)
    if not videos:
        raise InputError(
            f"{dataset.root}: no video in the split {split!r}; expected one of {', '.join(dataset.splits)}"
        )
    config = spotter.config
    predictions = predict_videos(spotter.model, videos, config, spotter.decoding)
    spots = {name: prediction.spots for name, prediction in predictions.items()}
    write_spots(out, videos, spots, config.data.task)
    if any(video.events for video in videos):
        task = TASKS[config.data.task]
        scores = task.score(videos, spots, config.data.rule)
        print(score_table({config.model.system: scores}, config.data.task, dataset.notes))
    print(f"spots of {len(videos)} videos written below {out}")
