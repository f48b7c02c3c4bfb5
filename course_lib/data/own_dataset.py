"""Somebody's own films as a data set that `load_dataset` takes, in the common layout of precise spotting.

The films stay where they are; `videos/` holds links to them. Parts that were cut by time are files of their own, small
ones, exact to the frame. Which match is in which split is kept from one import to the next, so that a match that was
tested on is not learnt from later. Introduced in notebook 11.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from course_lib.data.about import ABOUT_FILE, read_about
from course_lib.data.datasets import load_dataset
from course_lib.data.events import SpottingDataset, Video
from course_lib.data.formats.common import read_e2e_json, write_class_file, write_e2e_json
from course_lib.data.video import VideoWriter, iter_frames
from course_lib.files import InputError, cache_dir, only_here, write_json
from course_lib.progress import progress_bar

__all__ = ["MADE_BY", "earlier_splits", "write_own_dataset"]

MADE_BY = "labels import"
PART_LINES = 224  # height of cut parts, as of SoccerNet's small files: training shrinks them anyway


def earlier_splits(root: Path) -> dict[str, str]:
    """Match to split, of the data set that an earlier import left in this folder; empty if there is none.

    Raises:
        InputError: something else is there.
    """
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return {}
    if not root.is_dir() or read_about(root)["made_by"] != MADE_BY:
        raise InputError(f"{root}: exists and was not made by {MADE_BY!r}; expected a new or empty folder")
    splits = {}
    for split in ("train", "val", "test"):
        for video in read_e2e_json(root / f"{split}.json"):
            if video.part_of is None:  # what was cut by time can be split anew
                match, slash, _ = video.id.rpartition("/")
                splits[match if slash else video.id] = split
    return splits


def write_own_dataset(
    root: Path,
    splits: Mapping[str, Sequence[Video]],
    classes: Sequence[str],
    task: str,
    notes: Sequence[str],
    *,
    copy: bool = False,
) -> SpottingDataset:
    """Write the data set, whole or not at all, in place of what an earlier import left there, and load it.

    Args:
        root: its folder.
        splits: videos with their labels and the paths of their films; parts are cut out of these.
        classes: the class list.
        task: how to train and score on it.
        notes: what every table is to say.
        copy: films into the folder instead of links to them.
    """
    earlier_splits(root)
    SpottingDataset(root.name, root, tuple(classes), splits)  # asserts that every match is in one split
    root.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}."))
    try:
        made.chmod(0o755)
        for split, videos in splits.items():
            placed = [_placed(video, made / "videos", copy) for video in videos]
            write_e2e_json(made / f"{split}.json", placed)
        write_class_file(made / "class.txt", classes)
        write_json(made / ABOUT_FILE, {"made_by": MADE_BY, "task": task, "notes": list(notes)})
        load_dataset(made)  # whatever is wrong shows now, while nothing stands in its place
        if root.exists():
            old = root.with_name(f"{made.name}.old")
            root.rename(old)
            made.rename(root)
            shutil.rmtree(old)
        else:
            made.rename(root)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return load_dataset(root)


def _placed(video: Video, folder: Path, copy: bool) -> Video:
    """The video with its file below the folder, under its id."""
    film = video.path
    if video.part_of is None:
        place = folder / f"{video.id}{film.suffix.lower()}"
        place.parent.mkdir(parents=True, exist_ok=True)
        if copy:
            shutil.copy2(film, place)
        else:
            _link(film.resolve(), place)
        return replace(video, path=place)
    part = _cut(video)
    place = folder / f"{video.id}.mp4"
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(part, place)
    except OSError:  # another disk, or one that knows no links
        shutil.copy2(part, place)
    return replace(video, path=place, width=0, height=0, start_ms=0)


def _link(film: Path, place: Path) -> None:
    try:
        place.symlink_to(film)
    except OSError:  # not everybody may make them
        try:
            os.link(film, place)
        except OSError:
            shutil.copy2(film, place)


def _cut(video: Video) -> Path:
    """The file of a part, made once: frames of the film, exactly, at most `PART_LINES` high."""
    part, film = video.part_of, video.path
    height = min(PART_LINES, video.height) // 2 * 2
    width = round(video.width * height / video.height / 2) * 2
    path = cache_dir() / "parts" / f"{part.key[:24]}.{part.first}-{part.stop}.{width}x{height}.mp4"
    with only_here(path, "this part of a film"):
        if not path.is_file():
            with (
                progress_bar(None, f"cutting {video.id}", part.stop - part.first, unit="frame") as bar,
                VideoWriter(path, video.fps, (width, height), crf=18, key_every=12, threads=1) as writer,
            ):
                for frames in iter_frames(film, (width, height), start=part.first, stop=part.stop):
                    writer.write(frames)
                    bar.update(len(frames))
    return path
