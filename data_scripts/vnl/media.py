"""Where the frames of the rallies are, whether they are whole, and how they are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.events import Event, Video
from course_lib.data.exact_frames import VideoInfo
from course_lib.data.fields import check_frame
from course_lib.data.frame_folder import FolderSource
from course_lib.data.video import probe
from course_lib.files import InputError
from course_lib.progress import progress_bar
from vnl.findings import Findings
from vnl.labels import Rally, Rules

__all__ = ["Checked", "check_media", "find_labels", "find_media", "note_strangers"]

SUFFIXES = (".mp4", ".mkv", ".avi", ".mov")
EXTRA_FRAMES = 1  # a rally may have this many more than its file says: several dozen of the public ones do
FPS_TOLERANCE = 0.01  # of the rate


@dataclass(frozen=True)
class Checked:
    """A rally whose frames have been found and counted.

    Attributes:
        video: as it will be listed; `path` is where its frames are now.
        scheme: what they are, for people: "JPEG files %06d.jpg from 0", "h264 in mp4".
        first: the number of the first file of a folder.
    """

    video: Video
    scheme: str
    first: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of pictures."""
        return self.video.path.is_dir()


def find_labels(source: Path) -> Path:
    """The folder with train.json, val.json and test.json: `source`, or the only folder in it that has them.

    Raises:
        InputError: there is none, or more than one.
    """
    if source.is_file():
        raise InputError(f"{source}: is a file; expected the folder that it unpacks to (unzip {source.name})")
    if not source.is_dir():
        raise InputError(f"{source}: no such folder; expected the unpacked download")
    places = [place for place in (source, *sorted(source.iterdir())) if (place / "train.json").is_file()]
    if len(places) != 1:
        found = f"train.json in {', '.join(str(place) for place in places)}" if places else "no train.json"
        raise InputError(
            f"{source}: holds {found}; expected train.json, val.json and test.json in it or in one folder of it"
        )
    return places[0]


def find_media(folder: Path, rallies: Sequence[Rally]) -> Path:
    """The folder below which every rally lies under its name: `folder`, or the only one in it.

    Raises:
        InputError: there is none, or more than one.
    """
    first = rallies[0].name
    places = [place for place in (folder, *sorted(folder.iterdir())) if place.is_dir() and _locate(place, first)]
    if len(places) != 1:
        found = (
            f"{first} in {', '.join(place.name for place in places)}" if places else f"neither {first}/ nor {first}.mp4"
        )
        raise InputError(f"{folder}: holds {found}; expected one folder with the rallies (or say which with --media)")
    return places[0]


def _locate(media: Path, name: str) -> Path | None:
    candidates = [media / name, *(media / f"{name}{suffix}" for suffix in SUFFIXES)]
    return next((path for path in candidates if path.exists()), None)


def check_media(
    media: Path, splits: dict[str, list[Rally]], rules: Rules, findings: Findings, trust_files: bool = False
) -> dict[str, list[Checked]]:
    """Count the frames of every rally and settle which frame each event is at.

    Args:
        media: the folder of the rallies.
        splits: what the files state.
        rules: of these, only `labels_from` matters here.
        findings: what is noted.
        trust_files: take the number of frames from the files wherever it is another than stated.

    Raises:
        InputError: a rally is missing, a frame in its middle is, it ends before its file says, it has another frame
            rate, or an event lies beyond its end.
    """
    checked: dict[str, list[Checked]] = {split: [] for split in splits}
    total = sum(len(rallies) for rallies in splits.values())
    with progress_bar(None, "checking", total, unit="rally") as bar:
        for split, rallies in splits.items():
            for rally in rallies:
                checked[split].append(_check(media, rally, rules, findings, trust_files))
                bar.update()
    _same_first([one for of_split in checked.values() for one in of_split if one.is_folder])
    return checked


def _same_first(folders: Sequence[Checked]) -> None:
    """Files of one download begin at one number; where a few begin at 1, their first file is missing."""
    by_first = [[one for one in folders if one.first == first] for first in (0, 1)]
    if all(by_first):
        odd, rest = sorted(by_first, key=len)
        raise InputError(
            f"{odd[0].video.path}: its files begin at number {odd[0].first}, those of {len(rest)} other rallies at "
            f"{rest[0].first}; expected the same everywhere (is {'the first file' if odd[0].first else 'a file'} "
            f"{'missing' if odd[0].first else 'too many'}?)"
        )


def _check(media: Path, rally: Rally, rules: Rules, findings: Findings, trust_files: bool) -> Checked:
    path = _locate(media, rally.name)
    if path is None:
        raise InputError(f"{rally.where}: expected {media / rally.name}/ or {media / rally.name}.mp4")
    first = 0
    if path.is_dir():
        source = FolderSource(path, rally.fps)
        info, first = source.info, source.first
    else:
        info = probe(path)
        if abs(info.fps / rally.fps - 1) > FPS_TOLERANCE:
            raise InputError(f"{rally.where}.fps is {rally.fps:g}; expected {info.fps:g}, the rate of {path}")
    _compare_length(rally, info, path, findings, trust_files)
    events = _count_from_zero(rally, info, path, first, rules)
    video = Video(rally.id, path, info.num_frames, rally.fps, info.width, info.height, events, game=rally.match)
    return Checked(video, info.source, first)


def _compare_length(rally: Rally, info: VideoInfo, path: Path, findings: Findings, trust_files: bool) -> None:
    extra = info.num_frames - rally.num_frames
    if extra == 0:
        return
    if not trust_files and not 0 < extra <= EXTRA_FRAMES:
        why = "is the download complete?" if extra < 0 else "is it another rally?"
        raise InputError(
            f"{rally.where}.num_frames is {rally.num_frames}; expected {info.num_frames}, as many as {path} has "
            f"({why} --trust-files takes the files' word for it)"
        )
    words = "more frames" if extra > 0 else "fewer frames"
    findings.add(f"num_frames is out of date; the files have {abs(extra)} {words}, and count", rally.name)


def _count_from_zero(rally: Rally, info: VideoInfo, path: Path, first: int, rules: Rules) -> tuple[Event, ...]:
    labels_from = rules.labels_from
    if labels_from is None:
        if first != 0 and rally.events:
            raise InputError(
                f"{path}: its files begin at number {first}, and nothing says whether the labels do; expected "
                "--labels-from 0 (frame is a place in the rally) or --labels-from 1 (frame is the number of a file)"
            )
        labels_from = 0
    events = []
    for index, event in enumerate(rally.events):
        frame = event.frame - labels_from
        check_frame(frame, info.num_frames, f"{rally.where}.events[{index}] ({event.label})")
        events.append(Event(event.label, frame, xy=event.xy))
    return tuple(events)


def note_strangers(media: Path, splits: dict[str, list[Rally]], findings: Findings) -> None:
    """Note what lies in the matches' folders but in no label file."""
    known = {rally.name for rallies in splits.values() for rally in rallies}
    for folder in sorted({(media / name).parent for name in known}):
        for entry in sorted(folder.iterdir()):
            name = (entry if entry.is_dir() else entry.with_suffix("")).relative_to(media).as_posix()
            is_rally = entry.is_dir() or entry.suffix in SUFFIXES
            is_parent = any(other.startswith(f"{name}/") for other in known) if entry.is_dir() else False
            if is_rally and not is_parent and name not in known:
                findings.add("rally without labels in any split (left out)", name)
