"""Spots for other programs: a table for spreadsheets, subtitles for players, the video with all drawn in.

The JSON files of `course_lib.events` are for evaluators; these are for people. The table goes both ways: correct it in
any spreadsheet, read it back. Times follow the rule of the course: frame i is shown i / fps seconds after the first.
Introduced in notebook 11.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from course_lib.errors import InputError
from course_lib.events import Event, Video
from course_lib.events.fields import check_frame, known_label, number, text, whole
from course_lib.files import atomic_path, write_text

__all__ = ["clock", "export_spots", "read_csv", "shown_spots", "write_csv", "write_srt"]

COLUMNS = ("time", "frame", "class", "score", "x", "y", "team", "shown")
"""Of the table: clock for people, frame for programs, place as fractions of width and height."""

CUE_SEC = 1.0  # how long a subtitle stays
TOGETHER_SEC = 0.4  # nearer than this, the first could not be read before the second replaces it


def shown_spots(spots: Sequence[Event], thresholds: float | Mapping[str, float] | None) -> list[Event]:
    """The spots worth showing, in time order.

    Args:
        spots: in any order; one without a score (a label, or one that a person set) is always shown.
        thresholds: lowest score that is shown, one number or one for each class (0 where a class is missing); None
            shows all.
    """
    limits = thresholds if isinstance(thresholds, Mapping) else {}
    flat = 0.0 if thresholds is None or isinstance(thresholds, Mapping) else thresholds
    kept = [spot for spot in spots if spot.score is None or spot.score >= limits.get(spot.label, flat)]
    return sorted(kept, key=lambda spot: spot.frame)


def clock(seconds: float, point: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds: 3725.5 is "01:02:05.500"."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"


def write_csv(
    path: str | Path,
    spots: Sequence[Event],
    fps: float,
    thresholds: float | Mapping[str, float] | None = None,
) -> None:
    """Write all spots as a table of `COLUMNS`, in time order (atomically). What is unknown stays empty.

    Args:
        path: the file.
        spots: in any order.
        fps: frames a second that `Event.frame` counts in.
        thresholds: decide what the column "shown" says, yes or no; see `shown_spots`.
    """
    shown = set(shown_spots(spots, thresholds))
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for spot in sorted(spots, key=lambda spot: spot.frame):
            x, y = ("", "") if spot.xy is None else (f"{value:.4f}" for value in spot.xy)
            score = "" if spot.score is None else f"{spot.score:.4f}"
            when = clock(spot.frame / fps)
            yes = "yes" if spot in shown else "no"
            table.writerow((when, spot.frame, spot.label, score, x, y, spot.team or "", yes))


def read_csv(
    path: str | Path,
    classes: Sequence[str] | None = None,
    num_frames: int | None = None,
    *,
    only_shown: bool = False,
) -> list[Event]:
    """Read a table that `write_csv` wrote and a person may have edited: rows removed, added, moved, in any order.

    The frame counts, not the time beside it. Only the columns "frame" and "class" must be there.

    Args:
        path: the file, with commas or, as some spreadsheets save it, with semicolons.
        classes: the labels to expect; None takes any.
        num_frames: length of the video; None checks nothing.
        only_shown: leave out the rows whose column "shown" says no.

    Returns:
        Events in time order; no score where the column is empty.

    Raises:
        InputError: one sentence with the file, the line, the field and what was expected.
    """
    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    lines = content.splitlines()
    rows = csv.DictReader(lines, delimiter=";" if lines and lines[0].count(";") > lines[0].count(",") else ",")
    for column in ("frame", "class"):
        if column not in (rows.fieldnames or ()):
            raise InputError(f"{path}: has no column {column!r}; expected a first line like {','.join(COLUMNS)}")
    events = []
    for row in rows:
        where = f"{path}: line {rows.line_num}"
        given = {key: value for key, value in row.items() if key and value and value.strip()}
        if not given or (only_shown and given.get("shown", "yes").strip().lower() == "no"):
            continue
        frame = whole(given, "frame", where, "a frame counted from 0")
        if num_frames is not None:
            check_frame(frame, num_frames, where)
        label = text(given, "class", where, "the name of a class").strip()
        known_label(label, classes, "error", where)
        score = number(given, "score", where, "a number from 0 to 1", 0.0, 1.0) if "score" in given else None
        xy = None
        if "x" in given or "y" in given:
            x, y = (number(given, axis, where, "a fraction from 0 to 1", 0.0, 1.0) for axis in ("x", "y"))
            xy = x, y
        events.append(Event(label, frame, score, xy, team=given.get("team")))
    return sorted(events, key=lambda event: event.frame)


def write_srt(path: str | Path, spots: Sequence[Event], fps: float) -> None:
    """Write SubRip subtitles, which every player shows beside a video of the same name (atomically).

    Each spot stays for a second, or until the next one. Spots within 0.4 s of the first of a cue share it, a line each,
    since nobody could read them one after the other.

    Args:
        path: the file.
        spots: those to show, in any order.
        fps: frames a second that `Event.frame` counts in.
    """
    cues: list[tuple[float, list[str]]] = []  # (start in seconds, lines)
    for spot in sorted(spots, key=lambda spot: spot.frame):
        start, line = spot.frame / fps, _cue_line(spot)
        if cues and start - cues[-1][0] < TOGETHER_SEC:
            cues[-1][1].append(line)
        else:
            cues.append((start, [line]))
    ends = [min(start + CUE_SEC, after) for (start, _), (after, _) in zip(cues, cues[1:], strict=False)]
    ends += [start + CUE_SEC for start, _ in cues[-1:]]
    blocks = [
        f"{index}\n{clock(start, ',')} --> {clock(end, ',')}\n" + "\n".join(lines) + "\n"
        for index, ((start, lines), end) in enumerate(zip(cues, ends, strict=True), 1)
    ]
    write_text(path, "\n".join(blocks))


def export_spots(
    folder: str | Path,
    video_path: str | Path,
    spots: Sequence[Event],
    classes: Sequence[str],
    thresholds: float | Mapping[str, float] | None = None,
    *,
    task: str = "ball",
    annotate: bool = False,
    scores: np.ndarray | None = None,
) -> list[Path]:
    """Write everything for one video, all spots as JSON and as a table, those worth showing as subtitles.

    Args:
        folder: where to; made if missing.
        video_path: the video. <name>.csv and <name>.srt take its name.
        spots: with scores; frames counted at the video's own rate.
        classes: the class list.
        thresholds: see `shown_spots`.
        task: decides the JSON: in football results_spotting.json, as SoccerNet has it; in volleyball spots.json in the
            common format of precise spotting, which has room for places.
        annotate: write <name>.annotated.mp4 too, see `course_lib.annotate`; takes longer than all else.
        scores: (frames, K+1), curves for the annotated video.

    Returns:
        The files written, the JSON first.

    Raises:
        InputError: a spot has no score.
        VideoError: the video cannot be read.
    """
    # Here, so that reading a table needs no decoder.
    from course_lib.tasks import TASKS
    from course_lib.video import probe

    folder, video_path = Path(folder), Path(video_path)
    info, name = probe(video_path), video_path.name if video_path.is_dir() else video_path.stem
    video = Video(name, video_path, info.num_frames, info.fps, info.width, info.height)
    files = [TASKS[task].spots_files.write_one(folder, video, spots)]
    files += [folder / f"{name}.csv", folder / f"{name}.srt"]
    write_csv(files[1], spots, info.fps, thresholds)
    write_srt(files[2], shown_spots(spots, thresholds), info.fps)
    if annotate:
        from course_lib.annotate import write_annotated_video

        files.append(folder / f"{name}.annotated.mp4")
        write_annotated_video(video_path, files[3], None, spots, classes, scores=scores, thresholds=thresholds)
    return files


def _cue_line(spot: Event) -> str:
    # An arrow or an empty line within the text would end the cue for a player.
    label = " ".join(spot.label.split()).replace("-->", "->")
    return label if spot.score is None else f"{label} {spot.score:.2f}"
