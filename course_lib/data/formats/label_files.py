"""Every file that people keep labels in, by its ending: tables, JSON, subtitles, ELAN, Sportscode.

`read_label_file` gives the marks of any of them, `LABEL_FORMATS` says how each is written and what it has no room for.
Introduced in notebook 11.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.data.events import Event, Video
from course_lib.data.fields import as_mapping
from course_lib.data.formats.common import read_e2e_json, write_e2e_json
from course_lib.data.formats.elan import read_elan, write_elan
from course_lib.data.formats.label_table import read_table, write_table
from course_lib.data.formats.marks import TEAMS, Mark
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.data.formats.soccernet_entries import Expected, game_time, parse_entries, team_of
from course_lib.data.formats.sportscode import read_sportscode, write_sportscode
from course_lib.data.formats.subtitles import read_subtitles, write_subtitles
from course_lib.files import InputError, parse_json, read_file

__all__ = ["LABEL_FORMATS", "LabelFormat", "NotLabels", "marks_of", "read_label_file", "write_labels"]


class NotLabels(InputError):
    """The file has an ending that files of labels have, and is something else: nothing is wrong with it."""


@dataclass(frozen=True)
class LabelFormat:
    """One of them.

    Attributes:
        suffix: of its files.
        write: marks with seconds into a file; None where the videos themselves are needed.
        holds: what there is room for beside class and time: of "place", "team", "any team", "source".
    """

    suffix: str
    write: Callable[[Path, Sequence[Mark]], None] | None
    holds: frozenset[str]

    def lost(self, marks: Sequence[Mark]) -> Counter[str]:
        """What of these marks there is no room for, and of how many."""
        lost = Counter()
        for mark in marks:
            lost["places"] += mark.xy is not None and "place" not in self.holds
            lost["teams"] += mark.team is not None and not self._room_for(mark.team)
            lost["which were a model's"] += bool(mark.source) and "source" not in self.holds
        return +lost

    def _room_for(self, team: str) -> bool:
        return "any team" in self.holds or ("team" in self.holds and team in TEAMS)


def _format(suffix: str, write: Callable[[Path, Sequence[Mark]], None] | None, *holds: str) -> LabelFormat:
    return LabelFormat(suffix, write, frozenset(holds))


LABEL_FORMATS: Mapping[str, LabelFormat] = {
    "csv": _format(".csv", write_table, "place", "any team", "source"),
    "json": _format(".json", None, "place", "any team", "source"),
    "soccernet": _format(".json", None, "team"),
    "srt": _format(".srt", write_subtitles, "team"),
    "vtt": _format(".vtt", write_subtitles, "team"),
    "elan": _format(".eaf", write_elan, "team"),
    "sportscode": _format(".xml", write_sportscode, "place", "any team"),
}
"""Each format by the name that the command line has for it; "json" is the common one of precise spotting."""


def read_label_file(path: str | Path, problems: list[str], lead_sec: float = 0.0) -> list[Mark]:
    """The marks of a file in any of the formats.

    Args:
        path: the file; its ending says which format.
        problems: where sentences go about single entries that cannot be read.
        lead_sec: of Sportscode's instances, see `read_sportscode`.

    Raises:
        NotLabels: it is something else.
        InputError: it cannot be read.
    """
    path = Path(path)
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return read_table(path, problems)
        case ".srt" | ".vtt":
            return read_subtitles(path, problems)
        case ".eaf":
            return read_elan(path, problems)
        case ".xml":
            return read_sportscode(path, problems, lead_sec)
        case ".json":
            return _read_json(path, problems)
    raise NotLabels(f"{path}: expected a file that ends in .csv, .tsv, .json, .srt, .vtt, .eaf or .xml")


def marks_of(video: Video) -> list[Mark]:
    """The labels of a video as marks: a player's seconds, by time."""
    return [
        Mark(
            event.label,
            video.id,
            video.times.seconds(event.frame),
            event.frame,
            event.xy,
            event.team,
            visible=event.visible,
            source=event.source,
        )
        for event in sorted(video.events, key=lambda event: event.frame)
    ]


def write_labels(path: str | Path, name: str, videos: Sequence[Video]) -> None:
    """Write the labels of videos (one, unless the format is "json") in the format of this name (atomically)."""
    path, kind = Path(path), LABEL_FORMATS[name]
    if name == "json":
        write_e2e_json(path, videos)
    elif name == "soccernet":
        write_soccernet_labels(path, [_for_soccernet(video) for video in videos])
    else:
        kind.write(path, [mark for video in videos for mark in marks_of(video)])


def _read_json(path: Path, problems: list[str]) -> list[Mark]:
    content = read_file(path)
    data = parse_json(content, str(path))
    if isinstance(data, list) and data and all(isinstance(entry, dict) and "events" in entry for entry in data):
        return [mark for video in read_e2e_json(path) for mark in _of_common(video, path)]
    key = next((key for key in ("annotations", "predictions") if isinstance(data, dict) and key in data), None)
    if key is None:
        raise NotLabels(f"{path}: holds neither videos with events nor SoccerNet's annotations")
    return _of_soccernet(content, str(path), key, problems)


def _of_common(video: Video, path: Path) -> list[Mark]:
    def mark(event: Event, number: int) -> Mark:
        return Mark(
            event.label,
            f"{path}: {video.id}, events[{number}]",
            frame=event.frame,
            xy=event.xy,
            team=event.team,
            video=video.id,
            num_frames=video.num_frames,
            visible=event.visible,
            source=event.source,
            scored=event.score is not None,
        )

    return [mark(event, number) for number, event in enumerate(video.events)]


def _of_soccernet(content: bytes, path: str, key: str, problems: list[str]) -> list[Mark]:
    entries = parse_entries(content, path, key)
    expected, marks = Expected(None), []
    for index, raw in enumerate(entries.raw):
        wrong = entries.wrong(index, expected)
        if wrong:
            problems.extend(one.reason for one in wrong)
            continue
        where = f"{entries.where}[{index}]"
        entry = as_mapping(raw, where)
        half, time_ms = (int(entry["half"]), 0) if entries.scored else game_time(entry, where)
        position_ms = int(entry["position"]) if "position" in entry else time_ms
        about = {"team": team_of(entry), "half": half, "scored": entries.scored}
        visible = entry.get("visibility", "visible") == "visible"
        marks.append(Mark(entry["label"], where, position_ms / 1000, visible=visible, **about))
    return marks


def _for_soccernet(video: Video) -> Video:
    events = [replace(event, team=event.team if event.team in TEAMS else None) for event in video.events]
    return replace(video, events=tuple(events))
