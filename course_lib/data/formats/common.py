"""The common JSON of precise spotting, as E2E-Spot (Hong 2022) introduced it, and its class file.

A list of videos, each with its events by frame, counted from 0. Used for tennis, figure skating, diving, gymnastics
and volleyball (which adds `xy`); predictions are the same with a `score`, often without the length of the video.
Where labels have them, events here also hold `team`, `visible` (false) and `source`, which other programs pass over,
and a video that was cut from a film `part_of`. Introduced in notebook 00.
"""

import math
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from course_lib.data.events import CLASS_SETS, Event, FilmPart, Video
from course_lib.data.fields import Unknown, as_list, as_mapping, check_frame, known_label, number, text, whole
from course_lib.data.folders import composed
from course_lib.files import InputError, check_inside, found, parse_json, read_json, read_text, write_json, write_text

__all__ = [
    "parse_e2e_predictions",
    "read_class_file",
    "read_e2e_json",
    "read_e2e_predictions",
    "resolve_classes",
    "write_class_file",
    "write_e2e_json",
    "write_e2e_predictions",
]

VIDEO_SUFFIXES = (
    *(".mp4", ".mkv", ".avi", ".mov"),
    *(".webm", ".m4v", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".3gp"),
)
UNKNOWN_FPS = -1  # what FineDiving's files say


def read_class_file(path: str | Path) -> tuple[str, ...]:
    """Read class.txt: one class a line; the first line is class 1, since 0 is background.

    Raises:
        InputError: no class, an empty line between classes, a class listed twice, or one called background (it would
            move every identifier by one).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected one class a line")
    lines = [line.strip() for line in read_text(path).rstrip().splitlines()]
    if not lines:
        raise InputError(f"{path}: is empty; expected one class a line")
    for index, line in enumerate(lines):
        where = f"{path}: line {index + 1}"
        if not line:
            raise InputError(f"{where} is empty; expected a class name, since line numbers are identifiers")
        if line.lower() == "background":
            raise InputError(f"{where} is {line!r}; expected actions only, since background is class 0 without a line")
        if line in lines[:index]:
            raise InputError(f"{where} is {line!r} a second time; expected every class once")
    return tuple(lines)


def write_class_file(path: str | Path, classes: Sequence[str]) -> None:
    """Write class.txt (atomically)."""
    write_text(path, "".join(f"{label}\n" for label in classes))


def read_e2e_json(
    path: str | Path,
    classes: Sequence[str] | None = None,
    *,
    unknown: Unknown = "error",
    media: str | Path | None = None,
    skipped: Counter[str] | None = None,
) -> list[Video]:
    """Read an E2E-Spot label file; scores are kept where events have them.

    Args:
        path: the file.
        classes: the labels to expect; None takes any.
        unknown: "error" refuses a label that is not in `classes`, "skip" leaves it out.
        media: a folder that holds `<video>.mp4` (or another extension) or a folder of frames `<video>/`.
        skipped: counts the labels that were left out.

    Returns:
        Videos in the order of the file, with 0 for a width or height that the file does not state, and NaN for an fps
        of -1, as FineDiving's files have it: frame mAP needs none.

    Raises:
        InputError: one sentence with the file, the field and what was expected.
    """
    videos = []
    entries = _entries(read_json(path), str(path))
    _note_stale_counts(path, entries)
    for where, entry in entries:
        num_frames = whole(entry, "num_frames", where, "a number of frames, 1 or more", low=1)
        fps = _fps(entry, where)
        events = _events(entry, where, classes, unknown, num_frames, False, skipped)
        name = composed(text(entry, "video", where, "the name of the video"))
        width, height = (
            whole(entry, side, where, "pixels, 1 or more", low=1) if entry.get(side) else 0
            for side in ("width", "height")
        )
        found = None if media is None else _find_media(Path(media), name, where)
        part = _part_of(entry, where)
        videos.append(Video(name, found, num_frames, fps, width, height, tuple(events), part_of=part))
    return videos


def read_e2e_predictions(
    path: str | Path,
    classes: Sequence[str] | None = None,
    *,
    unknown: Unknown = "error",
    skipped: Counter[str] | None = None,
) -> dict[str, list[Event]]:
    """Read an E2E-Spot prediction file: events by video, each with a score. Only `video` and `events` are needed."""
    return _predictions(read_json(path), str(path), classes, unknown, skipped)


def parse_e2e_predictions(
    content: bytes, where: str, classes: Sequence[str] | None = None, *, unknown: Unknown = "error"
) -> dict[str, list[Event]]:
    """As `read_e2e_predictions`, of the bytes of a file that messages call `where`."""
    return _predictions(parse_json(content, where), where, classes, unknown, None)


def _predictions(
    data: Any, file: str, classes: Sequence[str] | None, unknown: Unknown, skipped: Counter[str] | None
) -> dict[str, list[Event]]:
    spots = {}
    for where, entry in _entries(data, file):
        num_frames = None
        if "num_frames" in entry:
            num_frames = whole(entry, "num_frames", where, "a number of frames, 1 or more", low=1)
        name = composed(text(entry, "video", where, "the name of the video"))
        spots[name] = _events(entry, where, classes, unknown, num_frames, True, skipped)
    return spots


def write_e2e_json(path: str | Path, videos: Sequence[Video]) -> None:
    """Write videos and their events as an E2E-Spot file (atomically)."""
    write_json(path, [_video_entry(video) for video in videos])


def write_e2e_predictions(path: str | Path, videos: Sequence[Video], spots: Mapping[str, Sequence[Event]]) -> None:
    """Write spots by video id as an E2E-Spot prediction file (atomically); a video without spots gets an empty list.

    Raises:
        InputError: a spot has no score, or is of a video that is not among `videos`.
    """
    strangers = sorted(set(spots) - {video.id for video in videos})
    if strangers:
        raise InputError(f"{path}: spots of the unknown video {strangers[0]!r}; expected only videos of this data set")
    entries = []
    for video in videos:
        events = tuple(spots.get(video.id, ()))
        for event in events:
            if event.score is None:
                raise InputError(f"{path}: {event.label} at frame {event.frame} of {video.id} has no score")
        entries.append(_video_entry(replace(video, events=events)))
    write_json(path, entries)


def _entries(data: Any, path: str) -> list[tuple[str, Mapping[str, Any]]]:
    """(place for messages, entry) of every video of the file, names checked to be different."""
    entries = []
    seen: dict[str, int] = {}
    for index, raw in enumerate(as_list(data, path)):
        where = f"{path}: [{index}]"
        entry = as_mapping(raw, where)
        name = composed(text(entry, "video", where, "the name of the video"))
        check_inside(name, f"{where}.video")
        if name in seen:
            raise InputError(f"{where}.video is {name!r}, as in [{seen[name]}]; expected every video once")
        seen[name] = index
        entries.append((f"{where} ({name})", entry))
    return entries


def _note_stale_counts(path: str | Path, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Some published lists were edited and their counts left as they were: the events that are listed count."""
    stale = []
    for where, entry in entries:
        events, stated = entry.get("events"), entry.get("num_events")
        if isinstance(events, list) and stated not in (None, len(events)):
            stale.append(f"{where}.num_events is {str(stated)[:20]}, but {len(events)} are listed, which count")
    if stale:
        more = f" (and {len(stale) - 1} more like it)" if len(stale) > 1 else ""
        print(f"note: {stale[0]}{more}", file=sys.stderr)


def _events(
    entry: Mapping[str, Any],
    where: str,
    classes: Sequence[str] | None,
    unknown: Unknown,
    num_frames: int | None,
    scored: bool,
    skipped: Counter[str] | None,
) -> list[Event]:
    if "events" not in entry:
        raise InputError(f"{where} has no field 'events'; expected a list of events")
    raw_events = as_list(entry["events"], f"{where}.events")
    events = []
    for index, raw in enumerate(raw_events):
        place = f"{where}.events[{index}]"
        item = as_mapping(raw, place)
        frame = whole(item, "frame", place, "a frame counted from 0")
        if num_frames is not None:
            check_frame(frame, num_frames, place)
        label = text(item, "label", place, "the name of a class")
        if not known_label(label, classes, unknown, place):
            if skipped is not None:
                skipped[label] += 1
            continue
        score = number(item, "score", place, "a finite number") if scored or "score" in item else None
        comment = item.get("comment") or ""
        events.append(
            Event(
                label,
                frame,
                score,
                _xy(item, place, scored),
                text(item, "team", place, "the name of a team") if item.get("team") else None,
                item.get("visible") is not False,
                comment=str(comment),
                source=str(item.get("source") or ""),
            )
        )
    return events


def _xy(item: Mapping[str, Any], place: str, scored: bool) -> tuple[float, float] | None:
    if item.get("xy") is None:
        return None
    # What a network says may lie a little outside the picture, and is then scored as it is; pixels are a mistake.
    low, high = (-1.0, 2.0) if scored else (0.0, 1.0)
    expected = f"two numbers from {low:g} to {high:g}, fractions of width and height"
    values = item["xy"]
    if not isinstance(values, list) or len(values) != 2:
        raise InputError(f"{place}.xy is {found(values)}; expected {expected}")
    pair = {f"xy[{axis}]": value for axis, value in enumerate(values)}
    x, y = (number(pair, name, place, expected, low=low, high=high) for name in pair)
    return x, y


def _video_entry(video: Video) -> dict[str, Any]:
    events = []
    for event in video.events:
        item: dict[str, Any] = {"frame": event.frame, "label": event.label, "comment": event.comment}
        if event.score is not None:
            item["score"] = event.score
        if event.xy is not None:
            item["xy"] = list(event.xy)
        if event.team is not None:
            item["team"] = event.team
        if not event.visible:
            item["visible"] = False
        if event.source:
            item["source"] = event.source
        events.append(item)
    return {
        "video": video.id,
        "num_frames": video.num_frames,
        "fps": UNKNOWN_FPS if math.isnan(video.fps) else video.fps,
        "width": video.width,
        "height": video.height,
        "num_events": len(events),
        **({} if video.part_of is None else {"part_of": asdict(video.part_of)}),
        "events": events,
    }


def _part_of(entry: Mapping[str, Any], where: str) -> FilmPart | None:
    if "part_of" not in entry:
        return None
    place = f"{where}.part_of"
    part = as_mapping(entry["part_of"], place)
    film, key = (text(part, field, place) for field in ("film", "key"))
    return FilmPart(film, key, *(whole(part, field, place, "a frame counted from 0") for field in ("first", "stop")))


def _fps(entry: dict[str, Any], where: str) -> float:
    if entry.get("fps") == UNKNOWN_FPS:
        return math.nan
    return number(entry, "fps", where, "frames a second, more than 0 (or -1 where nobody knows)", low=1e-6)


def _find_media(folder: Path, name: str, where: str) -> Path:
    for form in dict.fromkeys((name, unicodedata.normalize("NFD", name))):
        for suffix in ("", *VIDEO_SUFFIXES):
            if (folder / f"{form}{suffix}").exists():
                return folder / f"{form}{suffix}"
    raise InputError(f"{where}.video is {name!r}; expected {folder / name}.mp4 or a folder of frames of that name")


def resolve_classes(name_or_file: str | Path) -> tuple[str, ...]:
    """The class list of this name (a key of `CLASS_SETS`), or of this file (one class a line).

    Raises:
        InputError: neither a known name nor a readable class file.
    """
    if str(name_or_file) in CLASS_SETS:
        return CLASS_SETS[str(name_or_file)]

    path = Path(name_or_file)
    if not path.is_file():
        known = ", ".join(CLASS_SETS)
        raise InputError(f"classes {str(name_or_file)!r}: expected one of {known}, or a file with one class a line")
    return read_class_file(path)
