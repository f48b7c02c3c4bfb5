"""Find events with a trained spotter, in any video file, in a folder of them, or in a data set.

    python -m course_lib predict --video match.mp4 --checkpoint runs/first --out spots
    python -m course_lib predict --video matches --checkpoint runs/first --out spots --annotate
    python -m course_lib predict runs/first --data sim-soccer --split test --out spots

A video may have any length, size and frame rate: it is brought to those that the spotter was trained with while it
streams through. OUT gets results_spotting.json (of volleyball spots.json, with places) and <name>.csv with all spots,
<name>.srt with those worth showing, and on request <name>.annotated.mp4. Of a folder of videos each gets a folder of
its own in OUT, under the path that it has; one that cannot be read is named, and the others go on. A folder of numbered
pictures needs its frame rate: --fps, or a file fps.txt in it. Times are those that a player of the video shows.

The checkpoint is a run folder, or a file of weights within one. For a data set OUT gets
<league>/<season>/<match>/results_spotting.json, as a challenge server and the evaluate command take it (in volleyball
one spots.json), and the scores are printed if there are labels.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.files import InputError, NoRoom, check_writable

if TYPE_CHECKING:
    from course_lib.runs.spotter import Found, TrainedSpotter

__all__ = ["HELP", "NAME", "add_arguments", "run", "video_files"]

NAME = "predict"
HELP = "find events with a trained spotter, in videos or in a data set"

SUFFIXES = (
    ".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".3gp", ".flv",
    ".mxf", ".vob", ".ogv", ".asf", ".f4v", ".3g2", ".m2v", ".dv",
)  # fmt: skip
"""Of video files, in a folder."""
BESIDE = (".json", ".csv", ".srt", ".txt", ".npz", ".jpg", ".jpeg", ".png", ".pdf", ".md", ".zip", ".xml", ".html")
"""What lies beside videos and is none: labels, notes, pictures, what this command wrote."""
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
    parser.add_argument("--fps", type=float, help="frames a second of a folder of pictures (default: its fps.txt)")
    parser.add_argument("--annotate", action="store_true", help="also write each video with the spots drawn in")


def run(arguments: argparse.Namespace) -> int:
    """Predict, write, and score where there is something to score against; 2 if a video of a folder failed."""
    given = [path for path in (arguments.run_dir, arguments.checkpoint) if path is not None]
    if len(given) != 1:
        raise InputError("predict: expected a run, either as RUN or as --checkpoint RUN|FILE")
    check_writable(arguments.out / "spots.json")  # before minutes of looking
    from course_lib.runs.run import load_spotter

    if arguments.video is not None:
        from course_lib.data.frame_folder import folders_at
        from course_lib.spotting.decoding import few_labels_note

        videos = video_files(arguments.video)
        with folders_at(arguments.fps):
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
    from course_lib.data.folders import files_below

    below = files_below(path, lambda name: not name.endswith(ANNOTATED))  # OUT may lie within, from an earlier call
    files = [file for file in below if file.suffix.lower() in SUFFIXES]
    if not files:
        if any(file.suffix.lower() == ".jpg" for file in path.iterdir()):
            return {Path(): path}
        raise InputError(f"{path}: holds no video; expected files like .mp4 or .mkv, or numbered pictures (.jpg)")
    suffixes = Counter(file.suffix.lower() for file in below)
    if odd := {suffix or "no suffix": n for suffix, n in suffixes.items() if suffix not in (*SUFFIXES, *BESIDE)}:
        listed = ", ".join(f"{number} of {suffix}" for suffix, number in sorted(odd.items()))
        print(f"note: passed over in {path}, being no video by name: {listed}", file=sys.stderr)
    return _places([file.relative_to(path) for file in files], path)


def _places(files: list[Path], root: Path) -> dict[Path, Path]:
    """A folder of its own for each file, also where systems do not tell names apart by case or by accents' form."""

    def key(place: Path) -> str:
        return composed(place.as_posix()).casefold()

    from course_lib.data.folders import composed

    plain = Counter(key(file.with_suffix("")) for file in files)
    taken: dict[str, Path] = {}
    found = {}
    for file in files:
        # Two videos of one name are told apart by what follows it, else by a number.
        place = file.with_suffix("") if plain[key(file.with_suffix(""))] == 1 else file
        number = 2
        while key(place) in taken:
            place, number = file.with_name(f"{file.name} ({number})"), number + 1
        taken[key(place)] = file
        found[place] = root / file
    return found


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
    from course_lib.data.formats.csv import shown_spots
    from course_lib.data.times import clock

    shown = shown_spots(found.spots, spotter.thresholds)
    for spot in shown[:LISTED]:
        print(f"{clock(found.info.times.seconds(spot.frame))}  {spot.label:24s}  {spot.score:.2f}")
    if len(shown) > LISTED:
        print(f"and {len(shown) - LISTED} more")


def _predict_folder(spotter: "TrainedSpotter", videos: dict[Path, Path], out: Path, annotate: bool) -> int:
    failed = 0
    duration_sec = seconds = 0.0
    for place, path in videos.items():
        try:
            found = _predict_file(spotter, path, out / place, annotate)
        except NoRoom:
            raise  # there is none for the others either
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
    from course_lib.data.events import count_labels
    from course_lib.data.label_hints import unknown_labels
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
    labels = count_labels(videos)
    strangers = {label: number for label, number in labels.items() if label not in config.data.classes}
    if len(strangers) < len(labels):
        task = TASKS[config.data.task]
        scores = task.score(videos, spots, config.data.rule)
        print(score_table({config.model.system: scores}, config.data.task, dataset.notes))
    if strangers:  # a spotter of one class list, matches labelled by another
        print(unknown_labels(strangers, config.data.classes, "labels"))
    print(f"spots of {len(videos)} videos written below {out}")
