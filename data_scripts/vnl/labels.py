"""The label files of the download: train.json, val.json and test.json, as their authors left them.

They are E2E-Spot JSON with places, but not everywhere what that format promises, so that the strict reader of the
course would refuse them: `num_events` is out of date in hundreds of rallies, `num_frames` in dozens, and class.txt
counts background as a class. What can be settled without a guess is settled here and noted; the rest is refused with
one sentence. Events are never moved, renamed or left out unless the caller says so.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.data.events import VOLLEYBALL_6, Event
from course_lib.data.fields import as_list, as_mapping, number, text, whole
from course_lib.files import InputError, read_json
from vnl.findings import Findings

__all__ = ["Rally", "Rules", "SPLITS", "note_class_file", "read_rallies"]

SPLITS = ("train", "val", "test")
XY_SLACK = 0.01  # of the width or height: a click on the very edge, rounded, not another unit


@dataclass(frozen=True)
class Rules:
    """What the caller has decided about these labels.

    Attributes:
        classes: the class list to write; labels are matched to it whatever their case.
        rename: label in the files -> class, lower case on the left.
        drop: labels to leave out, lower case.
        match_pattern: finds the match in a video's name: group 1, or the group called "match". None: what stands
            before the last "/".
        xy_size: (width, height) of the pictures in whose pixels places are given; None: they are fractions.
        labels_from: 0 or 1, the number of a rally's first frame in `frame`; None: not said.
    """

    classes: tuple[str, ...] = VOLLEYBALL_6
    rename: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    match_pattern: re.Pattern[str] | None = None
    xy_size: tuple[int, int] | None = None
    labels_from: int | None = None


@dataclass(frozen=True)
class Rally:
    """One rally as its file states it.

    Attributes:
        name: the name in the file, which is also where its frames lie.
        match, id: the match, and the name in the new data set, "<match>/<rally>".
        where: the place for messages: file, index and name.
        num_frames, fps: as stated; 0 where no length is.
        events: in the order of the file, frames not yet counted from 0.
    """

    name: str
    match: str
    id: str
    where: str
    num_frames: int
    fps: float
    events: tuple[Event, ...]


def read_rallies(folder: Path, rules: Rules, findings: Findings) -> dict[str, list[Rally]]:
    """The rallies of the three splits.

    Raises:
        InputError: a file is missing or malformed, a label or a place cannot be understood, a name says nothing of its
            match, two rallies have one name, or a match is in two splits.
    """
    splits = {split: _read_split(folder / f"{split}.json", rules, findings) for split in SPLITS}
    split_of: dict[str, str] = {}
    owner: dict[str, Rally] = {}
    for split, rallies in splits.items():
        for rally in rallies:
            if split_of.setdefault(rally.match, split) != split:
                raise InputError(
                    f"{rally.where}: match {rally.match!r} is in {split_of[rally.match]}.json too; expected every "
                    "match in one split only (if this is not the match, say what is with --match-pattern)"
                )
            if (other := owner.setdefault(rally.id, rally)) is not rally:
                raise InputError(
                    f"{rally.where}: is {rally.id!r} again, after {other.where}; expected every rally once"
                )
    return splits


def note_class_file(folder: Path, rules: Rules, findings: Findings) -> None:
    """Compare class.txt of the download, if there is one, with the class list that will be written."""
    path = folder / "class.txt"
    if not path.is_file():
        findings.add("no class file in the download; the classes are those of the course", path.name)
        return
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if any(line.lower() == "background" for line in lines):
        findings.add("class file lists background, which is class 0 without a line here", path.name)
    listed = [rules.rename.get(line.lower(), line.lower()) for line in lines if line.lower() != "background"]
    expected = [label.lower() for label in rules.classes]
    if set(listed) != set(expected):
        findings.add(f"class file has other classes ({', '.join(lines)}) than {', '.join(rules.classes)}", path.name)
    elif listed != expected:
        findings.add(
            f"class file has another order ({', '.join(lines)}); labels are read by name, so identifiers here follow "
            f"{', '.join(rules.classes)}",
            path.name,
        )


def _read_split(path: Path, rules: Rules, findings: Findings) -> list[Rally]:
    rallies = []
    for index, raw in enumerate(as_list(read_json(path), str(path))):
        place = f"{path}: [{index}]"
        entry = as_mapping(raw, place)
        name = text(entry, "video", place, "the name of the rally")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{place}.video is {name!r}; expected a name below the folder of the frames")
        where = f"{place} ({name})"
        raw_events = as_list(entry.get("events"), f"{where}.events")
        stated = entry.get("num_events", len(raw_events))
        if stated != len(raw_events):
            findings.add(f"num_events of {path.name} is not the number of events listed (the list counts)", name)
        events = [_event(item, f"{where}.events[{i}]", name, rules, findings) for i, item in enumerate(raw_events)]
        kept = tuple(event for event in events if event is not None)
        for (frame, label), count in Counter((event.frame, event.label) for event in kept).items():
            if count > 1:
                findings.add("event listed more than once (all are kept)", f"{name} {label} at {frame}")
        match, rally_id = _match(name, where, rules)
        num_frames = whole(entry, "num_frames", where, "a number of frames, 1 or more", low=1)
        fps = number(entry, "fps", where, "frames a second, more than 0", low=1e-6)
        rallies.append(Rally(name, match, rally_id, where, num_frames, fps, kept))
    return rallies


def _match(name: str, where: str, rules: Rules) -> tuple[str, str]:
    """The match of a rally, and its id."""
    if rules.match_pattern is None:
        match, _, rally = name.rpartition("/")
        if not match:
            raise InputError(
                f"{where}: the name does not say which match the rally is of; expected <match>/<rally>, or "
                "--match-pattern with a regular expression whose first group is the match"
            )
        return match, f"{match}/{rally}"
    found = rules.match_pattern.search(name)
    match = (found.groupdict().get("match") or found.group(1)) if found else None
    if not match:
        raise InputError(f"{where}: --match-pattern {rules.match_pattern.pattern!r} finds no match in the name")
    rally = name.removeprefix(f"{match}/").replace("/", "_")
    return match, f"{match}/{rally}"


def _event(raw: Any, place: str, name: str, rules: Rules, findings: Findings) -> Event | None:
    item = as_mapping(raw, place)
    frame = whole(item, "frame", place, "a frame", low=0)
    stated = text(item, "label", place, "the name of a class").strip()
    if stated.lower() in rules.drop:
        findings.add(f"event of the label {stated!r} left out, as asked", f"{name} at {frame}")
        return None
    wanted = rules.rename.get(stated.lower(), stated)
    label = next((known for known in rules.classes if known.lower() == wanted.lower()), None)
    if label is None:
        raise InputError(
            f"{place}.label is {stated!r}; expected one of {', '.join(rules.classes)} (or --rename {stated}=CLASS, "
            f"--drop {stated}, or --classes with a file that lists it)"
        )
    if stated != label:
        findings.add(f"label {stated!r} read as {label!r}", f"{name} at {frame}")
    return Event(label, frame, xy=_place(item, place, f"{name} {label} at {frame}", rules, findings))


def _place(
    item: Mapping[str, Any], place: str, event: str, rules: Rules, findings: Findings
) -> tuple[float, float] | None:
    """x and y as fractions of width and height; None where nobody knows."""
    values = item.get("xy")
    if values is None and item.get("x") is not None and item.get("y") is not None:
        values = [item["x"], item["y"]]
    if values is None:
        findings.add("event without a place (it is scored as a miss in space)", event)
        return None
    if not isinstance(values, list) or len(values) != 2:
        raise InputError(f"{place}.xy is {values!r}; expected two numbers, fractions of width and height")
    pair = {f"xy[{axis}]": value for axis, value in enumerate(values)}
    x, y = (number(pair, key, place, "a finite number") for key in pair)
    if (x, y) == (0.0, 0.0):
        findings.add(
            "event at (0, 0), which the authors' own reader writes where a place is unknown (taken as so)", event
        )
        return None
    if rules.xy_size is not None:
        x, y = x / rules.xy_size[0], y / rules.xy_size[1]
    if not all(-XY_SLACK <= value <= 1 + XY_SLACK for value in (x, y)):
        raise InputError(
            f"{place}.xy is {values!r}; expected "
            + (
                f"pixels within {rules.xy_size[0]}x{rules.xy_size[1]}, as --xy-size says"
                if rules.xy_size
                else "fractions of width and height from 0 to 1 (if they are pixels, give --xy-size WxH of the "
                "pictures that they were marked on)"
            )
        )
    clipped = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    if clipped != (x, y):
        findings.add("place outside the picture by less than 1 %, moved to its edge", event)
    return clipped
