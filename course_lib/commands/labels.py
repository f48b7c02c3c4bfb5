"""Labels of your own sport in, out and corrected.

    python -m course_lib labels import films --out data/handball
    python -m course_lib labels correct spots edits.csv
    python -m course_lib labels export data/handball --format sportscode --out xml

`import` takes a folder of videos of any names with labels beside them: tables (.csv, .tsv) with the columns time or
frame, class or label, and if there team, x, y, video; the common JSON of precise spotting; SoccerNet's JSON; subtitles
(.srt, .vtt); ELAN (.eaf); Sportscode (.xml), as Hudl, Nacsport, LongoMatch and Catapult export it. It writes a data set
that `train --data` takes. A film is a match of its own; films in a folder of their own are one match.

`export` writes each of these formats, from a data set or from what `predict` left. `correct` applies a table of
corrections to what `predict` left.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.files import InputError, shown_path

if TYPE_CHECKING:
    from course_lib.data.events import Video

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "labels"
HELP = "bring labels of your own films in and out, and correct what predict found"

LISTED = 100  # problems named one by one


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `labels`."""
    from course_lib.data.formats.label_files import LABEL_FORMATS
    from course_lib.spotting.tasks import TASKS

    ways = parser.add_subparsers(dest="way", required=True, metavar="WAY")

    way = ways.add_parser("import", help="make a data set of a folder of films and labels")
    way.add_argument("folder", type=Path, metavar="FOLDER", help="with videos and, beside them, labels")
    way.add_argument("--out", type=Path, metavar="DIR", help="the data set (default: data/FOLDER)")
    way.add_argument("--task", choices=tuple(TASKS), help="how to train and score (default: ball, see below)")
    for split, what in (("val", "to choose by"), ("test", "to test on")):
        way.add_argument(f"--{split}", nargs="+", default=[], metavar="MATCH", help=f"matches {what}")
    way.add_argument("--lead-sec", type=float, default=0.0, metavar="S", help="Sportscode's stretches begin so early")
    way.add_argument("--skip-problems", action="store_true", help="leave out what cannot be used, and go on")
    way.add_argument("--copy", action="store_true", help="copy the films instead of linking to them")
    way.set_defaults(carry_out=_import)
    way.epilog = "The task is volleyball if the classes are the six of volleyball, else ball; it is written down."

    way = ways.add_parser("export", help="write labels, or spots worth showing, in another format")
    way.add_argument("source", metavar="DATA|OUT", help="data set name or folder, or what predict left")
    way.add_argument("--format", choices=tuple(LABEL_FORMATS), required=True, help="json is the common one")
    way.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    way.set_defaults(carry_out=_export)

    way = ways.add_parser("correct", help="apply corrections to what predict left")
    way.add_argument("found", type=Path, metavar="OUT", help="folder that predict wrote")
    way.add_argument(
        "edits",
        type=Path,
        metavar="EDITS",
        help="table with the columns action (accept, reject, move, rename, add), label, time, to (a time for move, a "
        "class for rename), and if needed team, x, y, video",
    )
    way.set_defaults(carry_out=_correct)


def run(arguments: argparse.Namespace) -> int:
    """Go the way that was chosen."""
    return arguments.carry_out(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from course_lib.commands.predict import video_files
    from course_lib.data.own_dataset import earlier_splits, write_own_dataset
    from course_lib.data.own_films import gather
    from course_lib.files import data_dir

    folder = arguments.folder
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with videos and, beside them, labels")
    root = arguments.out or data_dir() / folder.resolve().name
    fixed = earlier_splits(root)
    if root.resolve() == folder.resolve() or root.resolve() in folder.resolve().parents:
        raise InputError(f"--out {root}: holds the films themselves; expected another folder")
    films = [film for film in video_files(folder).values() if root.resolve() not in film.resolve().parents]
    if films == [folder]:
        raise InputError(f"{folder}: holds no video; expected files like .mp4 or .mkv")
    found = gather(folder, films, arguments.lead_sec)
    for remark in found.remarks:
        print(remark)
    _list_problems(found.problems)
    if not found.videos or not found.classes or (found.problems and not arguments.skip_problems):
        number = len(found.problems)
        raise InputError(
            f"{folder}: {number} problem{'s' * (number != 1)}, named above; nothing was written (with --skip-problems "
            "what cannot be used is left out)"
        )
    splits, notes = _splits(found.videos, found.classes, arguments, fixed)
    dataset = write_own_dataset(
        root, splits, found.classes, arguments.task or _task(found.classes), notes, copy=arguments.copy
    )
    _describe(dataset.splits, dataset.classes)
    for note in dataset.notes:
        print(note)
    place = shown_path(root)
    print(f'data set: {place}, task {dataset.task}\ntrain on it: python -m course_lib train x3d_s+sgp --data "{place}"')
    return 0


def _list_problems(problems: Sequence[str]) -> None:
    for problem in problems[:LISTED]:
        print(f"problem: {problem}", file=sys.stderr)
    if len(problems) > LISTED:
        print(f"problem: and {len(problems) - LISTED} more", file=sys.stderr)


def _task(classes: Sequence[str]) -> str:
    """Of own films: only the whole list of volleyball is taken for it, not one that happens to share its words."""
    from course_lib.data.events import VOLLEYBALL_6

    return "volleyball" if set(classes) == set(VOLLEYBALL_6) else "ball"


def _splits(
    videos: "Sequence[Video]", classes: Sequence[str], arguments: argparse.Namespace, fixed: dict[str, str]
) -> "tuple[dict[str, tuple[Video, ...]], list[str]]":
    """Videos by split, and what every table is to say of that."""
    from course_lib.data.own_splits import cut_by_time, split_by_match
    from course_lib.data.store import content_digest
    from course_lib.profiles import longest_clip_frames

    matches = {video.game for video in videos}
    for split in ("val", "test"):
        for match in getattr(arguments, split):
            if match not in matches:
                raise InputError(f"--{split} {match}: no such match; expected one of {', '.join(sorted(matches))}")
            fixed = fixed | {match: split}
    if len(matches) >= 3:
        return split_by_match(videos, classes, fixed), []
    gap_frames = longest_clip_frames()
    keys = {video.id: content_digest(video.path) for video in videos}
    gap_sec = gap_frames / videos[0].fps
    films = "one film" if len(videos) == 1 else f"the same {len(videos)} films"
    note = (
        f"parts of {films}, cut by time with {gap_sec:.1f} s between them, to learn from, to choose by and to test on: "
        "how another match would come out is not known"
    )
    return cut_by_time(videos, keys, gap_frames), [note]


def _describe(splits: "dict[str, Sequence[Video]]", classes: Sequence[str]) -> None:
    """A table of labels by split, and which matches each has."""
    from course_lib.data.events import count_labels
    from course_lib.data.own_splits import missing_classes
    from course_lib.text_table import text_table

    splits = {split: videos for split, videos in splits.items() if videos}
    counts = {split: count_labels(videos) for split, videos in splits.items()}
    rows = [(label, [f"{of[label]:,}" if of[label] else "–" for of in counts.values()]) for label in classes]
    print(text_table(list(splits), rows, "labels"))
    for split, videos in splits.items():
        print(f"{split}: {', '.join(dict.fromkeys(video.game for video in videos))}")
    for split, labels in missing_classes(splits, classes).items():
        if labels:
            print(f"without labels in {split}: {', '.join(labels)}")


def _export(arguments: argparse.Namespace) -> int:
    from course_lib.data.datasets import load_dataset
    from course_lib.data.formats.label_files import LABEL_FORMATS, marks_of, write_labels
    from course_lib.data.found_tables import found_tables, shown_marks

    name, kind, out, lost = arguments.format, LABEL_FORMATS[arguments.format], arguments.out, Counter()
    if tables := found_tables(Path(arguments.source)):
        if kind.write is None:
            raise InputError(f"--format {name}: states frames and halves; expected a data set, or a format of times")
        number = 0
        for place, table in tables.items():
            marks = shown_marks(table)
            kind.write(out / place.with_name(place.name + kind.suffix), marks)
            lost, number = lost + kind.lost(marks), number + len(marks)
        print(f"{number} spots worth showing in {len(tables)} videos written below {shown_path(out)}")
    else:
        dataset = load_dataset(arguments.source)
        if name == "json":
            write_labels(out / "labels.json", name, dataset.videos)
        else:
            for video in dataset.videos:
                write_labels(out / f"{video.id}{kind.suffix}", name, [video])
                lost += kind.lost(marks_of(video))
        number = sum(len(video.events) for video in dataset.videos)
        print(f"{number} labels of {len(dataset.videos)} videos written below {shown_path(out)}")
    for what, of in lost.items():
        print(f"{name} has no room for {what}: left out of {of}")
    return 0


def _correct(arguments: argparse.Namespace) -> int:
    from course_lib.data.formats.edits import read_edits
    from course_lib.data.found_tables import correct_table, edits_by_table, found_tables

    tables = found_tables(arguments.found)
    if not tables:
        raise InputError(f"{arguments.found}: holds no table of spots; expected a folder that predict wrote")
    problems: list[str] = []
    edits = edits_by_table(read_edits(arguments.edits, problems), tables, problems)
    _list_problems(problems)
    if problems:
        number = len(problems)
        raise InputError(f"{arguments.edits}: {number} problem{'s' * (number != 1)}, named above; nothing was written")
    for place, of_table in edits.items():
        done = correct_table(tables[place], of_table)
        print(
            f"{place}: {done.confirmed} of {done.labels} labels confirmed or added; {done.file.name} beside the spots"
        )
        for edit in done.unmatched:
            print(f"{place}: no spot to {edit.action}: {edit.label} at {edit.seconds:g} s")
    print("to train on them: lay each .labels.csv beside its video, then labels import")
    return 0
