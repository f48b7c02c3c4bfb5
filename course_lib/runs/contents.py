"""What the files of a run folder hold, as data classes: what is read from one that somebody passed on is checked first.

`course_lib.shapes.shaped` reads them. Fields with a default are missing from runs of earlier versions; fields that are
not named here, as a later version may write, are passed over. Introduced in notebook 02.
"""

import csv
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from course_lib.files import InputError, check_inside, found, read_file, read_json
from course_lib.scoring.suppression import SUPPRESSIONS
from course_lib.shapes import shaped
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.tasks import Task, named_today

__all__ = [
    "read_chance",
    "read_decoding",
    "read_environment",
    "read_frame_scores",
    "read_log",
    "read_record",
    "read_scores",
]

_LARGEST_ARRAY_BYTES = 1 << 28  # two hours in every frame, of a hundred classes, are 36 million
LOG_COLUMNS = ("epoch", "train_loss", "val_map", "lr", "seconds")


@dataclass(frozen=True)
class Decoding:
    """decode.json."""

    window_steps: float
    threshold: float
    suppression: str | None = None
    rule: str | None = None  # as it was called at first
    display_thresholds: dict[str, float] = field(default_factory=dict)
    few_labels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """environment.json."""

    started: str = ""
    command: list[str] = field(default_factory=list)
    commit: str | None = None
    python: str = ""
    packages: dict[str, str | None] = field(default_factory=dict)
    machine: str = ""
    cpu_cores: int | None = None
    gpus: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ScoredVideo:
    """A test video, in scores.json."""

    game: str
    half: int
    fps: float


@dataclass(frozen=True)
class TaskScores:
    """What a split scores: these, and the scores of the task, each by its name."""

    per_class: dict[str, float | None]
    counts: dict[str, int]


@dataclass(frozen=True)
class Summary:
    """scores.json."""

    test: dict[str, Any]
    val: dict[str, Any]
    best_epoch: int
    seconds: float
    parameters: int
    weights: str
    videos: dict[str, ScoredVideo]
    stage_seconds: dict[str, float] = field(default_factory=dict)
    trained_parameters: int | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """What is kept of a run with the course; see `course_lib.runs.records`."""

    system: str
    seed: int
    profile: str
    test: dict[str, Any]
    val: dict[str, Any]
    backbone: str = ""
    neck: str = ""
    task: str = ""
    dataset: str = ""
    data: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    parameters: int = 0
    trained_parameters: int = 0
    seconds_per_epoch: float = 0.0
    frozen_backbone: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PerClass:
    """What of the scores in a record has a name of its own."""

    per_class: dict[str, float | None]


@dataclass(frozen=True)
class Chance:
    """chance.json."""

    per_class: dict[str, float | None]
    counts: dict[str, int]
    dataset: str = ""


def read_record(file: Path, task: Task) -> dict[str, Any]:
    """The record of a run, checked."""
    data = _renamed(read_json(file), ("test", "val"))
    record = shaped(Record, data, str(file), unknown=True)
    shaped(PerClass, record.test, str(file), unknown=True, prefix="test.")
    for split, scores in (("test", record.test), ("val", record.val)):
        _check_task(scores, task, f"{file}: {split}.")
    for name in task.names:
        interval = record.test.get(f"{name}_interval")
        pair = isinstance(interval, list) and len(interval) == 2 and all(map(_is_fraction, interval))
        if interval is not None and not pair:
            raise InputError(f"{file}: test.{name}_interval is {found(interval)}; expected two numbers from 0 to 1")
    return data


def read_chance(file: Path, task: Task) -> dict[str, Any]:
    """What a guesser scores, checked."""
    data = read_json(file)
    data = named_today(data) if isinstance(data, dict) else data
    shaped(Chance, data, str(file), unknown=True)
    _check_task(data, task, f"{file}: ")
    return data


def read_environment(file: Path) -> dict[str, Any]:
    """Where and when a run ran, checked."""
    data = read_json(file)
    shaped(Environment, data, str(file), unknown=True)
    return data


def read_decoding(file: Path) -> tuple[DecodeConfig, dict[str, float], dict[str, int]]:
    """How frame scores become spots, from which score on a spot of a class is worth showing, and of which classes that
    was chosen on few labels (how many)."""
    decoding = shaped(Decoding, read_json(file), str(file), unknown=True)
    suppression = decoding.suppression or decoding.rule
    if suppression not in SUPPRESSIONS:
        raise InputError(f"{file}: suppression is {found(suppression)}; expected {' or '.join(SUPPRESSIONS)}")
    if not (decoding.window_steps >= 0 and decoding.window_steps == int(decoding.window_steps)):
        raise InputError(f"{file}: window_steps is {decoding.window_steps}; expected a whole number, 0 or more")
    decode = DecodeConfig(suppression, int(decoding.window_steps), decoding.threshold)
    return decode, decoding.display_thresholds, decoding.few_labels


def read_scores(file: Path, task: Task) -> dict[str, Any]:
    """What a finished run scores, checked; see `course_lib.runs.run.Run.scores`."""
    data = _renamed(read_json(file), ("test", "val"))
    summary = shaped(Summary, data, str(file), unknown=True)
    for name, video in summary.videos.items():
        check_inside(name, f"{file}: videos")
        check_inside(video.game, f"{file}: videos.game")
    for split, scores in (("test", summary.test), ("val", summary.val)):
        shaped(TaskScores, scores, str(file), unknown=True, prefix=f"{split}.")
        _check_task(scores, task, f"{file}: {split}.")
    return data


def _renamed(data: Any, parts: Sequence[str]) -> Any:
    """The file with today's names in these parts, where they are such as have names."""
    if not isinstance(data, dict):
        return data
    return data | {part: named_today(data[part]) for part in parts if isinstance(data.get(part), dict)}


def _check_task(scores: Mapping[str, Any], task: Task, where: str) -> None:
    for name in task.names:
        value = scores.get(name, "nothing")
        if value is not None and not _is_fraction(value):
            raise InputError(f"{where}{name} is {found(value)}; expected a number from 0 to 1, or null")


def _is_fraction(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def read_frame_scores(file: Path, num_classes: int) -> NDArray[np.float32]:
    """The probabilities in a file of frame scores, float32 [T, columns].

    Args:
        file: as a run has written it.
        num_classes: K; there are as many columns, or with background one more.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = max(member.file_size for member in archive.infolist())
        if size > _LARGEST_ARRAY_BYTES:  # packed, this may be a small file
            raise InputError(f"{file}: holds an array of {size:,} bytes; expected {_LARGEST_ARRAY_BYTES:,} or less")
        with np.load(file, allow_pickle=False) as arrays:
            rows = arrays["probabilities"]
            rows = rows.astype(np.float32) if rows.dtype.kind == "f" else rows
    except InputError:
        raise
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise InputError(f"{file}: cannot be read as frame scores ({error})") from None
    columns = (num_classes + 1, num_classes)
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] not in columns:
        raise InputError(f"{file}: probabilities are {rows.dtype} {rows.shape}; expected float16 (steps, {columns[0]})")
    return rows


def read_log(file: Path, columns: Sequence[str] = LOG_COLUMNS) -> pd.DataFrame:
    """log.csv as numbers, a row an epoch."""
    try:
        content = read_file(file).decode("utf-8")
        rows = list(csv.reader(content.splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}: cannot be read as a table ({error})") from None
    if not rows or not set(columns) <= set(rows[0]):
        raise InputError(f"{file}: has the first line {found(rows[0] if rows else '')}; expected {','.join(columns)}")
    for number, row in enumerate(rows[1:], 2):
        if row and (len(row) != len(rows[0]) or not all(_is_number(value) for value in row)):
            raise InputError(f"{file}: line {number} is {found(row)}; expected {len(rows[0])} numbers")
    return pd.read_csv(file)


def _is_number(text: str) -> bool:
    try:
        return not text or not math.isinf(float(text))
    except ValueError:
        return False
