"""SoccerNet files: labels and predictions of ball actions (one file a match) and of SoccerNet-v2 (two halves).

Time in them is a whole number of milliseconds from the start of the half's video, as a player shows it. The official
evaluator turns it into a frame by truncating, `int(fps * (ms / 1000))`, which in double precision moves one frame in
sixteen a frame too early (1160 ms at 25 fps is frame 28, not 29). Hence two directions: reading gives the nearest frame
and keeps the milliseconds; writing a frame gives the first millisecond that truncates back to it. The map, for these
files and all others, is `course_lib.data.times`.

Format: https://www.soccer-net.org. Introduced in notebook 00.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from course_lib.data.events import Event, Video
from course_lib.data.fields import Unknown, as_mapping
from course_lib.data.formats.soccernet_entries import Expected, game_time, read_entries, team_of
from course_lib.data.times import Times, as_times
from course_lib.files import InputError, write_json

__all__ = [
    "frame_to_position_ms",
    "position_ms_to_frame",
    "read_soccernet_labels",
    "read_soccernet_predictions",
    "soccernet_halves",
    "write_soccernet_labels",
    "write_soccernet_predictions",
]

_END_SLACK_SEC = 1.0  # labels are set by hand on a whole second: the last may lie just behind the last frame


def position_ms_to_frame(position_ms: int, fps: float | Times) -> int:
    """The frame nearest to a time in milliseconds (not the official truncation)."""
    return as_times(fps).frame_of_ms(position_ms)


def frame_to_position_ms(frame: int, fps: float | Times) -> int:
    """The first millisecond that is not before `frame` and that `int(fps * (ms / 1000))` maps back to it."""
    return as_times(fps).position_ms(frame)


def read_soccernet_labels(
    path: str | Path,
    fps: float | Times,
    classes: Sequence[str] | None = None,
    *,
    half: int | None = None,
    unknown: Unknown = "error",
    num_frames: int | None = None,
) -> list[Event]:
    """Read Labels-ball.json or Labels-v2.json, in the order of the file.

    Args:
        path: the file.
        fps: frame rate of the video, for `Event.frame`, or its `Times`, where the picture may begin later.
        classes: the labels to expect; None takes any.
        half: read this half only. None takes all, and then the file must be about one half.
        unknown: "error" refuses a label that is not in `classes`, "skip" leaves it out.
        num_frames: length of the video. An event up to a second behind its end is put on the last frame, since
            annotators set whole seconds; one further behind is refused. None checks nothing.

    Raises:
        InputError: one sentence with the file, the field and what was expected.
    """
    return _read(path, "annotations", fps, classes, half, unknown, num_frames)


def read_soccernet_predictions(
    path: str | Path,
    fps: float | Times,
    classes: Sequence[str] | None = None,
    *,
    half: int | None = None,
    unknown: Unknown = "error",
    num_frames: int | None = None,
) -> list[Event]:
    """Read results_spotting.json: as `read_soccernet_labels`, with a score for every event."""
    return _read(path, "predictions", fps, classes, half, unknown, num_frames)


def soccernet_halves(path: str | Path) -> tuple[int, ...]:
    """Which halves the annotations of a label file are about, in order; empty if it has none."""
    entries = read_entries(path, "annotations")
    found = set()
    for index, entry in enumerate(entries.raw):
        where = f"{entries.where}[{index}]"
        found.add(game_time(as_mapping(entry, where), where)[0])
    return tuple(sorted(found))


def write_soccernet_labels(path: str | Path, video: Video | Sequence[Video]) -> None:
    """Write the events of a video, or of the halves of one match, as a SoccerNet label file (atomically).

    An event without `position_ms` is given the one that official truncation maps back to its frame. `xy` and scores
    have no place in this format and are not written.
    """
    videos = [video] if isinstance(video, Video) else list(video)
    entries = []
    for part in videos:
        for event in part.events:
            entry = _entry(event, part.times, part.half)
            entry["visibility"] = "visible" if event.visible else "not shown"
            if event.comment:
                entry["comment"] = event.comment
            entries.append(entry)
    last = videos[-1]
    data = {
        "UrlLocal": last.game,
        "UrlYoutube": "",
        "halftime": _game_time_text(last.half, last.start_ms + round(last.duration_sec * 1000)),
        "annotations": entries,
    }
    write_json(path, data)


def write_soccernet_predictions(
    path: str | Path,
    game: str,
    events: Sequence[Event] | Mapping[int, Sequence[Event]],
    fps: float | Times | Mapping[int, Times],
    half: int = 1,
) -> None:
    """Write results_spotting.json (atomically).

    Args:
        path: the file.
        game: the match, "league/season/match".
        events: spots of one half, or of each half by number. Every one needs a score.
        fps: frame rate that `Event.frame` counts in, or the `Times` of the video, or of each half by number.
        half: the half, where `events` is a sequence.

    Raises:
        InputError: an event has no score.
    """
    by_half = events if isinstance(events, Mapping) else {half: events}
    entries = []
    for number_of_half, spots in by_half.items():
        for event in spots:
            if event.score is None:
                raise InputError(f"{path}: {event.label} at frame {event.frame} of {game} has no score; expected one")
            times = as_times(fps[number_of_half] if isinstance(fps, Mapping) else fps)
            entry = _entry(event, times, number_of_half)
            # Text, as the challenge server's own files have it; repr of a double reads back as the same double.
            entry["half"] = str(number_of_half)
            entry["confidence"] = repr(float(event.score))
            entries.append(entry)
    write_json(path, {"UrlLocal": game, "predictions": entries})


def _entry(event: Event, times: Times, half: int) -> dict[str, str]:
    stated = event.position_ms
    position_ms = times.position_ms(event.frame) if stated is None else stated + times.start_ms
    entry = {
        "gameTime": _game_time_text(half, position_ms),
        "label": event.label,
        "position": str(position_ms),
    }
    if event.team is not None:
        entry["team"] = event.team
    return entry


def _game_time_text(half: int, position_ms: int) -> str:
    minutes, seconds = divmod(position_ms // 1000, 60)
    return f"{half} - {minutes:02d}:{seconds:02d}"


def _read(
    path: str | Path,
    key: str,
    fps: float | Times,
    classes: Sequence[str] | None,
    half: int | None,
    unknown: Unknown,
    num_frames: int | None,
) -> list[Event]:
    times = as_times(fps)
    entries = read_entries(path, key)
    expected = Expected(classes if unknown == "error" else None)
    events = []
    halves = set()
    for index, entry in enumerate(entries.raw):
        wrong = entries.wrong(index, expected)
        if wrong and wrong[0].field in ("", "gameTime", "half", "label"):
            raise InputError(wrong[0].reason)
        where = f"{entries.where}[{index}]"
        entry_half = int(entry["half"]) if entries.scored else game_time(entry, where)[0]
        if (half is not None and entry_half != half) or (classes is not None and entry["label"] not in classes):
            continue  # nobody asked for it: whatever else is wrong with it doesn't matter
        if wrong:
            raise InputError(wrong[0].reason)
        halves.add(entry_half)
        position_ms = int(entry["position"]) if "position" in entry else game_time(entry, where)[1]
        events.append(
            Event(
                label=entry["label"],
                frame=_frame(position_ms, times, num_frames, where),
                score=float(entry["confidence"]) if entries.scored else None,
                team=team_of(entry),
                visible=entry.get("visibility") != "not shown",
                position_ms=max(position_ms - times.start_ms, 0),
                comment=str(entry.get("comment", "")),
            )
        )
    if len(halves) > 1:
        raise InputError(f"{path}: {key} holds halves 1 and 2; expected one half, or the half to read to be named")
    return events


def _frame(position_ms: int, times: Times, num_frames: int | None, where: str) -> int:
    """The frame nearest to a time; the last one if it is just behind the end, the first before the first picture."""
    frame = max(times.frame_of_ms(position_ms), 0)
    if num_frames is None or frame < num_frames:
        return frame
    end_ms = times.start_ms + num_frames / times.fps * 1000
    if position_ms > end_ms + _END_SLACK_SEC * 1000:
        raise InputError(
            f"{where}.position is {position_ms} ms; expected at most {round(end_ms)} ms, "
            f"where the video ends ({num_frames} frames at {times.fps:g} fps)"
        )
    return num_frames - 1
