"""Looking a folder of matches over before anything is trained on it: are the files whole, and are they the right ones?

A label file that is read with one wrong assumption trains a network that is quietly worse. So every match is asked the
same questions: is there a video, at 25 frames a second, as long as published? Are all labels known, and inside it? What
is found is counted and laid beside the published numbers. Introduced in notebook x08.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.events import BALL_12, Event
from course_lib.data.exact_frames import VideoError, VideoInfo
from course_lib.data.formats.soccernet import read_soccernet_labels, soccernet_halves
from course_lib.data.published import BALL_FRAMES
from course_lib.data.video import probe
from course_lib.files import InputError, shown_path

__all__ = ["CountDifference", "MatchReport", "count_labels", "count_differences", "inspect_match", "match_videos"]

_VIDEO = re.compile(r"(?:([12])_)?(224p|720p)\.(?:mp4|mkv)")
END_SLACK_SEC = 1.0  # labels are set by hand on a whole second; as far behind the end the reader takes them too
_FPS_SLACK = 0.01


@dataclass(frozen=True)
class MatchReport:
    """What was found in the folder of one match.

    Attributes:
        match: "league/season/match".
        folder: where it lies.
        split: "train", "val", "test" or "challenge".
        num_frames: of its smallest video, both halves together; 0 if none could be read.
        size_bytes: of all its videos.
        counts: labels of each class, unknown ones included.
        problems: a sentence each; a match with any cannot be used.
        notes: a sentence each on what is odd but does no harm.
    """

    match: str
    folder: Path
    split: str
    num_frames: int
    size_bytes: int
    counts: Counter[str]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountDifference:
    """A number of labels that is not the published one."""

    split: str
    label: str
    found: int
    published: int


def match_videos(folder: Path) -> dict[int | None, dict[str, Path]]:
    """The videos in a match's folder: half (None: the whole match in one file) → "224p" or "720p" → file."""
    found: dict[int | None, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        if (name := _VIDEO.fullmatch(path.name)) and path.is_file():
            found.setdefault(int(name[1]) if name[1] else None, {})[name[2]] = path
    return found


def inspect_match(
    folder: Path,
    match: str,
    split: str,
    *,
    label_file: str = "Labels-ball.json",
    classes: Sequence[str] = BALL_12,
    fps: float = 25.0,
) -> MatchReport:
    """Look over one match: its videos are read from end to end without decoding, its labels one by one.

    Args:
        folder: of the match.
        match: "league/season/match"; a length is published for some.
        split: matches of "challenge" need no labels.
        label_file: Labels-ball.json or Labels-v2.json.
        classes: the labels to expect.
        fps: frames a second that every video should have.
    """
    problems: list[str] = []
    notes: list[str] = []
    halves = (1, 2) if label_file == "Labels-v2.json" else (None,)
    found = match_videos(folder)
    infos: dict[int | None, VideoInfo] = {}
    for half in halves:
        start = f"{half}_" if half else ""
        if not found.get(half):
            problems.append(f"{shown_path(folder)}: holds no video; expected {start}224p or {start}720p, mp4 or mkv")
            continue
        info, complaints, odd = _look_at_videos(found[half], fps)
        problems += complaints
        notes += odd
        if info is not None:
            infos[half] = info
    frames = sum(info.num_frames for info in infos.values())
    published = BALL_FRAMES.get(match.rsplit("/", 1)[-1])
    if published and frames and frames != published:
        notes.append(f"{shown_path(folder)}: has {frames:,} frames; {published:,} are published")
    counts: Counter[str] = Counter()
    labels = folder / label_file
    if split != "challenge" and not labels.is_file():
        problems.append(f"{shown_path(folder)}: holds no {label_file}; expected one, as in every match with labels")
    elif split != "challenge":
        lengths = {half or 1: info for half, info in infos.items()}
        counts, complaints = _look_at_labels(labels, classes, fps, lengths)
        problems += complaints
    size = sum(path.stat().st_size for paths in found.values() for path in paths.values())
    return MatchReport(match, folder, split, frames, size, counts, tuple(problems), tuple(notes))


def _look_at_videos(videos: Mapping[str, Path], fps: float) -> tuple[VideoInfo | None, list[str], list[str]]:
    """The smaller video's length and rate; problems; notes."""
    problems, notes, infos = [], [], {}
    for size, path in sorted(videos.items()):
        try:
            info = infos[size] = probe(path)
        except VideoError as error:
            problems.append(str(error))
            continue
        if abs(info.fps - fps) > _FPS_SLACK:
            problems.append(f"{shown_path(path)}: has {info.fps:g} frames a second; expected {fps:g}")
        elif info.variable_frame_rate:
            notes.append(f"{shown_path(path)}: its frames are not evenly spaced; the course reads it by time")
    lengths = {size: info.num_frames for size, info in infos.items()}
    if len(set(lengths.values())) > 1:
        both = " and ".join(f"{size} {frames:,}" for size, frames in lengths.items())
        notes.append(f"{shown_path(path.parent)}: its videos have different lengths in frames, {both}")
    return (infos[min(infos)] if infos else None), problems, notes


def _look_at_labels(
    path: Path, classes: Sequence[str], fps: float, infos: Mapping[int, VideoInfo]
) -> tuple[Counter[str], list[str]]:
    """Labels of each class, and problems."""
    try:
        halves = soccernet_halves(path)
        events = {half: read_soccernet_labels(path, fps, half=half) for half in halves}
    except InputError as error:
        return Counter(), [str(error)]
    counts = Counter(event.label for of_half in events.values() for event in of_half)
    problems = []
    if not counts:
        problems.append(f"{shown_path(path)}: holds no labels; expected some")
    for label in sorted(set(counts) - set(classes)):
        share = f"{counts[label]} of {sum(counts.values())}"
        problems.append(
            f"{shown_path(path)}: label {label!r} ({share}) is unknown; expected one of {', '.join(classes)}"
        )
    for half, of_half in events.items():
        if half not in infos:
            if infos:
                problems.append(f"{shown_path(path)}: has labels for half {half}; expected half {min(infos)} only")
            continue
        info = infos[half]
        problems += _behind_the_end(path, of_half, info.start_ms / 1000 + info.duration_sec)
    return counts, problems


def _behind_the_end(path: Path, events: Iterable[Event], duration_sec: float) -> list[str]:
    late = [event.position_ms / 1000 for event in events if event.position_ms / 1000 > duration_sec + END_SLACK_SEC]
    if not late:
        return []
    lie = f"{len(late)} labels lie" if len(late) > 1 else "1 label lies"
    return [
        f"{shown_path(path)}: {lie} behind the end of the video (up to {max(late):.1f} s); expected none after "
        f"{duration_sec:.1f} s"
    ]


def count_labels(reports: Iterable[MatchReport]) -> dict[str, Counter[str]]:
    """Labels of each class in each split; "challenge" is left out."""
    counts: dict[str, Counter[str]] = {}
    for report in reports:
        if report.split != "challenge":
            counts.setdefault(report.split, Counter()).update(report.counts)
    return counts


def count_differences(
    counts: Mapping[str, Mapping[str, int]], published: Mapping[str, Mapping[str, int]]
) -> list[CountDifference]:
    """Where `counts` are not the published ones: by split and class, in the order published, then what is unknown.

    A split that `counts` lacks altogether is not compared.
    """
    found = []
    for split, of_split in published.items():
        if split in counts:
            labels = [*of_split, *sorted(set(counts[split]) - set(of_split))]
            pairs = [(label, counts[split].get(label, 0), of_split.get(label, 0)) for label in labels]
            found += [CountDifference(split, label, here, there) for label, here, there in pairs if here != there]
    return found
