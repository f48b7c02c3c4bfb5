"""A folder of somebody's films and labels, read with open eyes: which labels are of which film, and what is wrong.

Names are whatever they are. A file of labels belongs to the film that it names, else to the film whose name it bears
("derby.csv", "derby.labels.csv" beside "derby.mov"), else to the only film of its folder. All that is wrong comes back
in one list, in sentences, since who has labelled an evening long wants to hear everything at once. Introduced in
notebook 11.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.data.events import CLASS_SETS, Event, Video
from course_lib.data.exact_frames import VideoError, VideoInfo
from course_lib.data.folders import files_below
from course_lib.data.formats.common import read_class_file
from course_lib.data.formats.label_files import NotLabels, read_label_file
from course_lib.data.formats.marks import Mark
from course_lib.data.store import content_digest
from course_lib.data.video import probe
from course_lib.files import InputError

__all__ = ["LABEL_SUFFIXES", "OwnFilms", "gather"]

LABEL_SUFFIXES = (".csv", ".tsv", ".json", ".srt", ".vtt", ".eaf", ".xml")
_BETWEEN = " ._-"
_HALF = re.compile(
    r"(.*?)[ _.-]*(?:(?:1st|2nd|first|second)[ _-]*half|(?:half|part|period|set|teil)[ _-]*\d)", re.IGNORECASE
)
_END_SLACK_SEC = 1.0  # labels are set by hand, perhaps a little behind the last frame
_RATE_SLACK = 0.01  # as far as training lets rates differ


@dataclass
class OwnFilms:
    """What was found.

    Attributes:
        videos: films with their labels, ids "match/film" where a match has several.
        classes: of the labels, or of the class file.
        problems: a sentence each on what cannot be used.
        remarks: a sentence each on what was understood in a way that its owner may want to know.
    """

    videos: list[Video] = field(default_factory=list)
    classes: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def gather(folder: Path, films: Sequence[Path], lead_sec: float = 0.0) -> OwnFilms:
    """Bring films and labels together.

    Args:
        folder: where all of it lies; class.txt in it may fix the classes and their order.
        films: the video files.
        lead_sec: of Sportscode's instances, see `read_sportscode`.
    """
    found = OwnFilms()
    infos = _measured(films, found)
    marks = _assigned(_read_all(folder, found, lead_sec), list(infos), folder, found)
    spelling = _classes(folder, [mark for of_film in marks.values() for mark in of_film], found)
    matches = _matches(list(infos), folder, found)
    for film, info in infos.items():
        shown = film.relative_to(folder).as_posix()
        if film not in marks:
            found.remarks.append(f"{shown}: left out, since there is no file of labels of the same name beside it")
            continue
        events = _events(marks[film], info, spelling, found)
        game = matches[film]
        # What stands before the last slash is the match, for whoever loads it.
        video_id = game if film.parent == folder and game == film.stem else f"{game}/{film.stem}"
        size = info.width, info.height
        video = Video(video_id, film, info.num_frames, info.fps, *size, events, game=game, start_ms=info.start_ms)
        found.videos.append(video)
    _check_ids(found)
    return found


def _measured(films: Sequence[Path], found: OwnFilms) -> dict[Path, VideoInfo]:
    """Length and rate of each film that can be read; the same film twice, and other rates, are problems."""
    infos, seen = {}, {}
    for film in films:
        try:
            infos[film] = probe(film)
        except (VideoError, InputError) as error:
            found.problems.append(str(error))
            continue
        first = seen.setdefault(content_digest(film), film)
        if first is not film:
            found.problems.append(f"{film}: is the same film as {first}; expected each once")
    rates = Counter(round(info.fps, 2) for info in infos.values())
    usual = rates.most_common(1)[0][0] if rates else 0.0
    for film, info in infos.items():
        if abs(info.fps / usual - 1) > _RATE_SLACK:
            found.problems.append(
                f"{film}: {info.fps:g} frames a second; expected {usual:g} as most have, since training takes one rate"
            )
    return infos


def _read_all(folder: Path, found: OwnFilms, lead_sec: float) -> dict[Path, list[Mark]]:
    """The marks of each file of labels; files that hold something else are passed over in silence, models' not."""
    read = {}
    for file in files_below(folder, lambda name: Path(name).suffix.lower() in LABEL_SUFFIXES):
        try:
            marks = read_label_file(file, found.problems, lead_sec)
        except NotLabels:
            continue
        except InputError as error:
            found.problems.append(str(error))
            continue
        if marks and all(mark.scored for mark in marks):
            found.remarks.append(f"{file}: holds a model's spots, with scores; passed over: correct them first")
        else:
            read[file] = marks
    return read


def _assigned(
    read: Mapping[Path, Sequence[Mark]], films: Sequence[Path], folder: Path, found: OwnFilms
) -> dict[Path, list[Mark]]:
    """The marks of each film."""
    by_film: dict[Path, dict[Path, list[Mark]]] = defaultdict(dict)
    for file, marks in read.items():
        own = _film_beside(file, films)
        if own is not None and not marks:
            by_film[own][file] = []
        unclear = 0
        for mark in marks:
            film = _named(mark.video, films, folder) if mark.video else own or _film_of_half(file, mark.half, films)
            if film is not None:
                by_film[film].setdefault(file, []).append(mark)
            elif mark.video and (own is None or len(films) > 1):
                found.problems.append(f"{mark.where}: no film is called {mark.video!r}; expected {_listed(films)}")
            elif mark.video:
                by_film[own].setdefault(file, []).append(mark)
            else:
                unclear += 1
        if unclear:
            found.problems.append(
                f"{file}: does not say of which film its labels are; expected a film's name, a column 'video', or one "
                "film in its folder"
            )
    for film, files in by_film.items():
        if len(files) > 1:
            names = " and ".join(file.name for file in files)
            found.problems.append(f"{film}: has labels in {names}; expected one file, so that none counts twice")
    return {film: [mark for marks in files.values() for mark in marks] for film, files in by_film.items()}


def _film_beside(file: Path, films: Sequence[Path]) -> Path | None:
    """The film whose name the file bears, the longest such name; else the only one of its folder."""
    beside = [film for film in films if film.parent == file.parent]
    bearing = [
        film
        for film in beside
        if file.stem == film.stem or (file.stem.startswith(film.stem) and file.stem[len(film.stem)] in _BETWEEN)
    ]
    if bearing:
        return max(bearing, key=lambda film: len(film.stem))
    return beside[0] if len(beside) == 1 else None


def _film_of_half(file: Path, half: int, films: Sequence[Path]) -> Path | None:
    """Of a match in two films, SoccerNet's way: their names begin with the half."""
    mine = [film for film in films if film.parent == file.parent and film.name.startswith(f"{half}_")]
    return mine[0] if half and len(mine) == 1 else None


def _named(name: str, films: Sequence[Path], folder: Path) -> Path | None:
    """The film of this name: its path from the folder on, or its file's name, with or without what follows the dot."""
    wanted = name.replace("\\", "/").lower()
    for names in (
        lambda film: (film.relative_to(folder), film.relative_to(folder).with_suffix("")),
        lambda film: (Path(film.name), Path(film.stem)),
    ):
        fitting = [film for film in films if wanted in {path.as_posix().lower() for path in names(film)}]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _classes(folder: Path, marks: Iterable[Mark], found: OwnFilms) -> dict[str, str]:
    """How each label is to be spelt, and the classes, from class.txt or as found, by how often."""
    counts = Counter(" ".join(mark.label.split()) for mark in marks)
    spelling: dict[str, str] = {}
    by_word: dict[str, list[str]] = defaultdict(list)
    for label, _ in counts.most_common():
        by_word[label.casefold()].append(label)
    listed = read_class_file(folder / "class.txt") if (folder / "class.txt").is_file() else ()
    known = {label.casefold(): label for label in listed}
    classes = []
    for word, labels in by_word.items():
        best = known.get(word, labels[0])
        for label in labels:
            spelling[label] = best
            if label != best:
                found.remarks.append(f"{label!r} ({counts[label]} times) is read as {best!r}")
        if word == "background":
            found.problems.append(f"a class is called {best!r}; expected actions only, since that is what all else is")
        elif listed and word not in known:
            found.problems.append(f"label {best!r}: expected one of {folder / 'class.txt'}: {', '.join(listed)}")
        else:
            classes.append(best)
    # The order of a published list, where the classes are those.
    published = next((of for of in CLASS_SETS.values() if set(of) == set(classes)), tuple(classes))
    found.classes = listed or published
    if not found.classes:
        found.problems.append(f"{folder}: holds no label; expected some")
    return spelling


def _events(marks: Sequence[Mark], info: VideoInfo, spelling: Mapping[str, str], found: OwnFilms) -> tuple[Event, ...]:
    """Labels on frames, by time; two of one class at one frame are one."""
    events: dict[tuple[str, int], Event] = {}
    last, doubled = info.num_frames - 1, 0
    for mark in marks:
        if mark.num_frames and mark.num_frames != info.num_frames:
            found.problems.append(
                f"{mark.where}: counts frames of a film of {mark.num_frames}; this one has {info.num_frames}"
            )
            break  # all of that file are
        frame = mark.frame if mark.frame is not None else info.times.frame(mark.seconds)
        slack = 0 if mark.frame is not None else _END_SLACK_SEC * info.fps
        if not 0 <= frame <= last + slack:
            end = f"frame {last}" if mark.frame is not None else f"{info.times.seconds(info.num_frames):.2f} s"
            said = f"frame {frame}" if mark.frame is not None else f"{mark.seconds:g} s"
            found.problems.append(f"{mark.where} is at {said}; expected at most {end}, where the film ends")
            continue
        label, frame = spelling[" ".join(mark.label.split())], min(frame, last)
        event = Event(label, frame, None, mark.xy, mark.team, mark.visible, source=mark.source)
        doubled += (label, frame) in events
        events.setdefault((label, frame), event)
    if doubled:
        file, number = marks[0].where.split(": ")[0], f"{doubled} label{'s are' if doubled > 1 else ' is'}"
        found.remarks.append(f"{file}: {number} there twice; counted once")
    return tuple(sorted(events.values(), key=lambda event: event.frame))


def _matches(films: Sequence[Path], folder: Path, found: OwnFilms) -> dict[Path, str]:
    """The match of each film: its folder, or, at the top, its name without "2nd half" and the like."""
    matches = {}
    for film in films:
        if film.parent != folder:
            matches[film] = film.parent.relative_to(folder).as_posix()
            continue
        part = _HALF.fullmatch(film.stem)
        matches[film] = part[1] if part and part[1] else film.stem
    parts = Counter(match for film, match in matches.items() if film.parent == folder)
    for match, number in parts.items():
        if number > 1:
            found.remarks.append(f"{match}: {number} films are taken for parts of one match, by their names")
    # A part without another is a film of its own name.
    return {film: film.stem if film.parent == folder and parts[m] == 1 else m for film, m in matches.items()}


def _check_ids(found: OwnFilms) -> None:
    """No two films of one id, such as "final.mp4" and "final.mov" beside each other."""
    for video_id, number in Counter(video.id for video in found.videos).items():
        if number > 1:
            found.problems.append(f"{video_id}: {number} films have this name; expected another for each")
    found.videos.sort(key=lambda video: video.id)


def _listed(films: Sequence[Path]) -> str:
    names = [film.name for film in films[:5]]
    return " or ".join(names) + (" or another" if len(films) > 5 else "")
