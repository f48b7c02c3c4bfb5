"""A folder of matches, or of rallies, as a data set with splits: `load_dataset("sim-soccer")`.

Simulated and real matches lie on disk in the same way, so that changing the name moves a notebook to real data. Three
layouts are known:

- SoccerNet: `<league>/<season>/<match>/` with a video (or one a half) and Labels-ball.json or Labels-v2.json,
  optionally below train/, valid/, test/ or challenge/. `splits.json`, {"train": [match, ...], ...}, may say what is in
  which split; without it and those folders the official lists do. `class.txt` may replace the class list.
- E2E-Spot: `class.txt`, train.json, val.json, test.json, and `videos/` or `frames/` beside them. Where a video's name
  has a slash, what stands before the last one is the match: rallies of one match stay in one split.

`dataset.json`, {"task": ..., "notes": [...]}, may say how to train on it and what belongs to every score.

Lengths and rates are counted in the files, once, and remembered. Of a set that grows, a lesson takes the first so many
matches (`only`), so that it finds the same whether the others are there already or not. Introduced in notebook 00.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from course_lib.data.about import ABOUT_FILE, read_about
from course_lib.data.events import BALL_12, SOCCERNET_17, SpottingDataset, Video
from course_lib.data.exact_frames import VideoInfo
from course_lib.data.folders import composed, folders_below
from course_lib.data.formats.common import read_class_file, read_e2e_json
from course_lib.data.formats.marks import MODEL
from course_lib.data.formats.soccernet import read_soccernet_labels, soccernet_halves
from course_lib.data.published import official_split, same_match
from course_lib.data.video import probe
from course_lib.files import InputError, cache_dir, data_dir, read_json, write_json
from course_lib.shapes import shaped

__all__ = ["DATASETS", "load_dataset", "probe_match"]

_SIMULATE = "make it with `python data_scripts/simulate_soccer.py --size {size}`"
_SIMULATE_VOLLEYBALL = "make it with `python data_scripts/simulate_volleyball.py --size {size}`"
DATASETS = {
    "sim-soccer": _SIMULATE.format(size="quick"),
    "sim-soccer-tiny": _SIMULATE.format(size="tiny"),
    "sim-soccer-full": _SIMULATE.format(size="full"),
    "sim-volleyball": _SIMULATE_VOLLEYBALL.format(size="quick"),
    "sim-volleyball-tiny": _SIMULATE_VOLLEYBALL.format(size="tiny"),
    "sim-volleyball-full": _SIMULATE_VOLLEYBALL.format(size="full"),
    "vnl-stes": "make it from the public download with `python data_scripts/prepare_vnl.py`",
    "soccernet-ball": "by agreement (www.soccer-net.org/data): `python data_scripts/download_soccernet.py`, then "
    "`python data_scripts/prepare_soccernet.py`",
}
"""Names of data sets, which lie in the folder of that name under `data_dir()`, and how to come by each."""

_LABEL_FILES = {"Labels-ball.json": BALL_12, "Labels-v2.json": SOCCERNET_17}
_VIDEO_FILES = ("224p.mp4", "224p.mkv", "720p.mp4", "720p.mkv")  # the smaller, if there: training shrinks it anyway
_ONLY = ("train", "val", "test")
_SHARES = "simulation.json"  # of a simulated set: in "shares", how many matches each split has when all are made
_SPLIT_FOLDERS = {"train": "train", "valid": "val", "val": "val", "test": "test", "challenge": "challenge"}


def load_dataset(name_or_path: str | Path, only: Sequence[int | None] | None = None) -> SpottingDataset:
    """Load a data set by its name (see `DATASETS`) or from any folder in a layout that is known.

    Args:
        name_or_path: the name, or the folder.
        only: how many matches to train, to choose by and to test on, the first ones of each split, as `--only` of
            `simulate_soccer.py` makes them: (4, 2, 2). None in place of a number, or of all three, takes what is there.

    Raises:
        InputError: it is not there, or has fewer matches than `only` asks for (the message names the command that makes
            them), a file in it is malformed, a match is in no split, or is in two.
    """
    dataset = _load(name_or_path)
    return dataset if only is None else _first_matches(dataset, only)


def _first_matches(dataset: SpottingDataset, only: Sequence[int | None]) -> SpottingDataset:
    counts = tuple(only)
    if len(counts) != len(_ONLY) or any(count is not None and count < 0 for count in counts):
        raise InputError(f"only is {only!r}; expected matches to train, to choose by and to test, like (4, 2, 2)")
    splits = dict(dataset.splits)
    for split, count in zip(_ONLY, counts, strict=True):
        there = dataset.matches(split)
        if count is not None and count > len(there):
            matches = f"{len(there)} match{'es' * (len(there) != 1)}"
            raise InputError(f"{dataset.root}: has {matches} in the split {split!r}; {_more(dataset, only)}")
        splits[split] = tuple(video for video in splits.get(split, ()) if video.game in there[:count])
    return replace(dataset, splits=splits, whole={split: dataset.num_matches(split) for split in dataset.splits})


def _more(dataset: SpottingDataset, only: Sequence[int | None]) -> str:
    """What was expected, and how to come by it."""
    asked = ", ".join("all" if count is None else str(count) for count in only)
    expected = f"expected {asked} to train, to choose by and to test"
    how = DATASETS.get(dataset.name, "") if dataset.root == data_dir() / dataset.name else ""
    if dataset.name == "sim-soccer" and how and None not in only:
        how = how.removesuffix("`") + f" --only {','.join(map(str, only))}`"
    return f"{expected}: {how}" if how else expected


def _load(name_or_path: str | Path) -> SpottingDataset:
    name = str(name_or_path)
    if name in DATASETS:
        root = data_dir() / name
        if not root.is_dir():
            raise InputError(f"data set {name!r} is not in {root}: {DATASETS[name]}")
    else:
        root = Path(name_or_path).expanduser()
        if not root.is_dir():
            known = ", ".join(DATASETS)
            raise InputError(f"data set {name!r}: no such folder; expected one of {known}, or a folder of matches")
    # What says of itself what it is needs no look at its videos, which may be called like SoccerNet's.
    matches = [] if (root / ABOUT_FILE).is_file() and (root / "train.json").is_file() else sorted(_find_matches(root))
    if matches:
        return _described(_load_soccernet(root.name, root, matches))
    if (root / "class.txt").is_file() and any((root / f"{split}.json").is_file() for split in _SPLIT_FOLDERS):
        return _described(_load_e2e(root.name, root))
    raise InputError(
        f"{root}: no data set found; expected <league>/<season>/<match>/ folders with a video and Labels-ball.json, or "
        "class.txt with train.json, val.json and test.json"
    )


def _find_matches(root: Path) -> Iterator[Path]:
    """Folders up to four levels down that hold a label file or a match video."""
    wanted = {*_LABEL_FILES, *_VIDEO_FILES, *(f"{half}_{name}" for half in (1, 2) for name in _VIDEO_FILES)}
    for folder in folders_below(root, depth=4):  # a hidden folder is somebody's unfinished work
        if any((folder / name).is_file() for name in wanted):
            yield folder


def _load_soccernet(name: str, root: Path, folders: list[Path]) -> SpottingDataset:
    lists = _read_splits(root, folders)
    listed = None if lists is None else {split: set(map(same_match, matches)) for split, matches in lists.items()}
    label_file = next((f for f in _LABEL_FILES if any((folder / f).is_file() for folder in folders)), None)
    class_file = root / "class.txt"
    classes = read_class_file(class_file) if class_file.is_file() else _LABEL_FILES[label_file or "Labels-ball.json"]
    splits: dict[str, list[Video]] = {"train": [], "val": [], "test": []}
    for folder in folders:
        parts = folder.relative_to(root).parts
        top = _SPLIT_FOLDERS.get(parts[0]) if len(parts) > 1 else None
        match = composed("/".join(parts[1:] if top else parts))
        if listed is not None:
            chosen = [split for split, matches in listed.items() if same_match(match) in matches]
        else:
            chosen = [split] if (split := top or official_split(match)) else []
            if not chosen:
                raise InputError(
                    f"{folder}: is in no split, being none of SoccerNet's own matches; expected {root / 'splits.json'} "
                    'with {"train": [match, ...], "val": [...], "test": [...]}'
                )
        for split in chosen:
            splits.setdefault(split, []).extend(
                _load_match(folder, match, label_file if split != "challenge" else None, classes)
            )
    of_split = {split: tuple(videos) for split, videos in splits.items()}
    return SpottingDataset(name, root, classes, of_split, _shares(root))


def _shares(root: Path) -> dict[str, int]:
    """How many matches each split of a simulated set has when all are made; of others, and of older ones, nothing."""
    about = read_json(root / _SHARES) if (root / _SHARES).is_file() else None
    shares = about.get("shares") if isinstance(about, dict) else None
    return shares if isinstance(shares, dict) and all(type(n) is int for n in shares.values()) else {}


def _read_splits(root: Path, folders: list[Path]) -> dict[str, list[str]] | None:
    """splits.json, checked: every match in it exists. None if there is no such file."""
    path = root / "splits.json"
    if not path.is_file():
        return None
    data = read_json(path)
    if not isinstance(data, dict) or not all(
        isinstance(matches, list) and all(isinstance(match, str) for match in matches) for matches in data.values()
    ):
        raise InputError(f'{path}: expected {{"train": [match, ...], "val": [...], "test": [...]}}')
    parts = [folder.relative_to(root).parts for folder in folders]
    names = {"/".join(p) for p in parts} | {"/".join(p[1:]) for p in parts if p[0] in _SPLIT_FOLDERS}
    present = set(map(same_match, names))
    for split, matches in data.items():
        if split not in _SPLIT_FOLDERS:
            raise InputError(f"{path}: split is {split!r}; expected one of {', '.join(_SPLIT_FOLDERS)}")
        for match in matches:
            if same_match(match) not in present:
                raise InputError(f"{path}: {split} lists {match!r}; expected a folder of that name under {root}")
    return {_SPLIT_FOLDERS[split]: matches for split, matches in data.items()}


def _load_match(folder: Path, match: str, label_file: str | None, classes: tuple[str, ...]) -> list[Video]:
    """The videos of one match: one, or one a half; without events if `label_file` is None."""
    whole, paths = _video_files(folder)
    if not paths:
        raise InputError(
            f"{folder}: holds no video; expected {' or '.join(_VIDEO_FILES[::2])}, or 1_720p.mkv and 2_720p.mkv"
        )
    labels = folder / label_file if label_file else None
    if labels is not None:
        strangers = set(soccernet_halves(labels)) - set(paths)
        if strangers:
            raise InputError(
                f"{labels}: gameTime names half {min(strangers)}; expected only half "
                f"{' and '.join(map(str, paths))}, since {folder.name} has no other video"
            )
    videos = []
    for half, path in paths.items():
        info = _probe_once(path)
        events = ()
        if labels is not None:
            events = tuple(read_soccernet_labels(labels, info.times, classes, half=half, num_frames=info.num_frames))
        video_id = match if whole else f"{match}/{half}"
        size = info.width, info.height
        videos.append(Video(video_id, path, info.num_frames, info.fps, *size, events, half, match, info.start_ms))
    return videos


def probe_match(folder: Path) -> dict[int, VideoInfo]:
    """Length and rate of the videos in the folder of a match, by half; nothing where there is no video."""
    return {half: _probe_once(path) for half, path in _video_files(folder)[1].items()}


def _video_files(folder: Path) -> tuple[bool, dict[int, Path]]:
    """Whether a match lies in one file, and its files by half."""
    whole = next((folder / file for file in _VIDEO_FILES if (folder / file).is_file()), None)
    if whole is not None:
        return True, {1: whole}
    halves = {half: _half_file(folder, half) for half in (1, 2)}
    return False, {half: path for half, path in halves.items() if path is not None}


def _half_file(folder: Path, half: int) -> Path | None:
    return next((folder / f"{half}_{file}" for file in _VIDEO_FILES if (folder / f"{half}_{file}").is_file()), None)


def _load_e2e(name: str, root: Path) -> SpottingDataset:
    classes = read_class_file(root / "class.txt")
    media = next((root / folder for folder in ("videos", "frames") if (root / folder).is_dir()), None)
    splits: dict[str, tuple[Video, ...]] = {"train": (), "val": (), "test": ()}
    for file, split in _SPLIT_FOLDERS.items():
        path = root / f"{file}.json"
        if path.is_file():
            videos = read_e2e_json(path, classes, media=media)
            splits[split] = tuple(_of_match(_checked(video, path)) for video in videos)
    return SpottingDataset(name, root, classes, splits)


def _described(dataset: SpottingDataset) -> SpottingDataset:
    """The data set with what it says of itself, and with what its test labels say of themselves."""
    about = read_about(dataset.root)
    notes = [*about["notes"]]
    test = [event for video in dataset.test for event in video.events]
    proposed = sum(event.source == MODEL for event in test)
    if proposed:
        notes.append(
            f"{proposed} of {len(test)} test labels were born from a model's spots: it scores too well on them"
        )
    return replace(dataset, task=about["task"], notes=tuple(notes))


def _of_match(video: Video) -> Video:
    match, slash, _ = video.id.rpartition("/")
    return replace(video, game=match) if slash else video


def _checked(video: Video, path: Path) -> Video:
    """The video with its size filled in; InputError if its file has another length than the list says."""
    if video.path is None:
        return video
    info = _probe_once(video.path, video.fps)
    # Where the rate varies, lists of this kind count pictures.
    if video.num_frames not in (info.num_frames, info.num_pictures):
        raise InputError(
            f"{path}: num_frames of {video.id!r} is {video.num_frames}; expected {info.num_frames}, as many as "
            f"{video.path} has ({info.source})"
        )
    size = {"width": video.width or info.width, "height": video.height or info.height}
    fps = info.fps if math.isnan(video.fps) else video.fps  # some lists do not know it
    return replace(video, fps=fps, start_ms=info.start_ms, **size)


_PROBED = 2  # raised when the same file would be described otherwise


def _probe_once(path: Path, folder_fps: float | None = None) -> VideoInfo:
    """`probe`, remembered in the cache for as long as the file's size and time of change stay the same."""
    if path.is_dir():
        return probe(path, folder_fps=folder_fps)
    stat = path.stat()
    key = hashlib.sha256(f"{_PROBED}:{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}".encode()).hexdigest()[:24]
    kept = cache_dir() / "probes" / f"{key}.json"
    try:
        return shaped(VideoInfo, read_json(kept), str(kept))
    except InputError:  # not there yet, or of an earlier version of the course
        info = probe(path)
        with suppress(InputError):  # where nothing can be kept it is looked up again the next time
            write_json(kept, asdict(info))
        return info
