"""SoccerNet's annotation and prediction entries, read as the official evaluator reads them.

Its reading has rules of its own, which decide scores: milliseconds are truncated to frames in double precision, a
later entry replaces an earlier one of the same class and frame, a negative position counts from the end. They are
kept here, apart from `course_lib.events`, which reads the same files for people who want to know when something
happened. Introduced in notebook 01.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.errors import InputError
from course_lib.metrics.tables import SpotTable

__all__ = ["OfficialGame", "official_frames", "official_tables", "vector_frames"]

HALVES = (1, 2)


@dataclass(frozen=True)
class OfficialGame:
    """One game as its two files state it.

    Attributes:
        id: the game, "league/season/match".
        annotations, predictions: the lists of the same names in the two files, unchanged.
        labels_file, predictions_file: what error messages call the files.
    """

    id: str
    annotations: Sequence[Mapping[str, Any]]
    predictions: Sequence[Mapping[str, Any]]
    labels_file: str = "labels"
    predictions_file: str = "predictions"


def vector_frames(fps: float) -> int:
    """Frames of the two hours that the official evaluator gives every half."""
    return int(120 * 60 * fps)


def official_frames(position_ms: ArrayLike, fps: float) -> NDArray[np.int64]:
    """Milliseconds to frames, `int(fps * (ms / 1000))`: at 25 fps 1160 ms is frame 28, not 29.

    Frames past two hours become the last one; a negative frame counts from the end of the two hours, and stays
    negative where it would lie before them.
    """
    frame = (fps * (np.asarray(position_ms, np.float64) / 1000)).astype(np.int64)
    frame = np.minimum(frame, vector_frames(fps) - 1)
    return np.where(frame < 0, frame + vector_frames(fps), frame)


def official_tables(games: Sequence[OfficialGame], classes: Sequence[str], fps: float) -> tuple[SpotTable, SpotTable]:
    """Labels and predictions of all games, one video for each half, as the official evaluator sees them.

    Unknown labels, and halves other than 1 and 2, are skipped.

    Raises:
        InputError: an entry lacks a field or holds something that is not a number where one is needed.
    """
    index_of = {name: index for index, name in enumerate(classes)}
    size = {"num_classes": len(classes), "num_videos": len(HALVES) * len(games), "num_frames": vector_frames(fps)}
    tables = []
    for kind, read in (("annotations", _read_annotation), ("predictions", _read_prediction)):
        columns = _Columns([], [], [], [])
        for place, game in enumerate(games):
            file = game.labels_file if kind == "annotations" else game.predictions_file
            _read_entries(getattr(game, kind), read, f"{file}: {kind}", index_of, len(HALVES) * place, columns)
        frame = official_frames(columns.position_ms, fps)
        if len(frame) and frame.min() < 0:
            game = games[columns.video_index[int(frame.argmin())] // len(HALVES)]
            raise InputError(
                f"{game.id}: {kind} hold a position of {min(columns.position_ms)} ms, over two hours before the start"
            )
        tables.append(SpotTable.build(columns.class_index, columns.video_index, frame, columns.value, **size))
    return tables[0], tables[1].scored()


class _Columns(NamedTuple):
    class_index: list[int]
    video_index: list[int]
    position_ms: list[int]
    value: list[float]


def _read_entries(
    entries: Sequence[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], tuple[int, float]],
    where: str,
    index_of: Mapping[str, int],
    first_video: int,
    columns: _Columns,
) -> None:
    """Append the entries of one file; `where` names it in errors, `read` gives half and value of an entry."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise InputError(f"{where} must be a list of entries")
    for number, entry in enumerate(entries):
        try:
            half, value = read(entry)
            position = int(entry["position"]) if "position" in entry else _clock_ms(entry["gameTime"])
            known = index_of.get(entry["label"])
        except KeyError as missing:
            raise InputError(f"{where}[{number}] has no {missing.args[0]!r}") from None
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{where}[{number}] is malformed ({error}): {str(entry)[:120]}") from None
        if known is not None and half in HALVES:
            columns.class_index.append(known)
            columns.video_index.append(first_video + half - 1)
            columns.position_ms.append(position)
            columns.value.append(value)


def _read_annotation(entry: Mapping[str, Any]) -> tuple[int, float]:
    return int(entry["gameTime"][0]), -1.0 if entry.get("visibility") == "not shown" else 1.0


def _read_prediction(entry: Mapping[str, Any]) -> tuple[int, float]:
    return int(entry["half"]), float(entry["confidence"])


def _clock_ms(game_time: str) -> int:
    """Milliseconds of "1 - mm:ss", from its last five characters: three-digit minutes lose their first digit."""
    return 1000 * (60 * int(game_time[-5:-3]) + int(game_time[-2:]))
