"""SoccerNet's annotation and prediction entries, read as the official evaluator reads them.

It has rules of its own for what `Entries` read, which decide scores: milliseconds are truncated to frames in double
precision, a later entry replaces an earlier one of the same class and frame, a negative position counts from the end,
an unknown label is passed over. Introduced in notebook 01.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.errors import InputError
from course_lib.events.soccernet_entries import HALVES, Entries
from course_lib.events.steps import position_steps
from course_lib.metrics.tables import SpotTable

__all__ = ["OfficialGame", "OfficialTables", "official_frames", "official_tables", "vector_frames"]


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


class OfficialTables(NamedTuple):
    """What counts, as columns, and how many entries do not, by reason (only reasons that there are)."""

    labels: SpotTable
    spots: SpotTable
    skipped: dict[str, int]


def vector_frames(fps: float) -> int:
    """Frames of the two hours that the official evaluator gives every half."""
    return int(120 * 60 * fps)


def official_frames(position_ms: ArrayLike, fps: float) -> NDArray[np.int64]:
    """Milliseconds to frames, `int(fps * (ms / 1000))`: at 25 fps 1160 ms is frame 28, not 29.

    Frames past two hours become the last one; a negative frame counts from the end of the two hours, and stays
    negative where it would lie before them.
    """
    frame = np.minimum(position_steps(position_ms, fps), vector_frames(fps) - 1)
    return np.where(frame < 0, frame + vector_frames(fps), frame)


def official_tables(games: Sequence[OfficialGame], classes: Sequence[str], fps: float) -> OfficialTables:
    """Labels and predictions of all games, one video for each half, as the official evaluator sees them.

    Unknown labels, halves other than 1 and 2, and predictions below 0 are skipped, and counted.

    Raises:
        InputError: an entry lacks a field or holds something that is not a number where one is needed.
    """
    index_of = {name: index for index, name in enumerate(classes)}
    size = {"num_classes": len(classes), "num_videos": len(HALVES) * len(games), "num_frames": vector_frames(fps)}
    skipped: Counter[str] = Counter()
    tables = []
    for kind, what in (("annotations", "labels"), ("predictions", "predictions")):
        parts = []
        for place, game in enumerate(games):
            file = game.labels_file if kind == "annotations" else game.predictions_file
            entries = Entries(getattr(game, kind), f"{file}: {kind}", scored=kind == "predictions")
            label, half, position_ms, value = entries.columns()
            class_index = np.array([index_of.get(name, -1) for name in label], np.int64)
            known, halved = class_index >= 0, np.isin(half, HALVES)
            skipped[f"{what} of other classes"] += int((~known).sum())
            skipped[f"{what} of other halves"] += int((known & ~halved).sum())
            kept = known & halved
            frame = official_frames(position_ms[kept], fps)
            if len(frame) and frame.min() < 0:
                earliest = int(position_ms[kept].min())
                raise InputError(f"{game.id}: {kind} hold a position of {earliest} ms, over two hours before the start")
            parts.append((class_index[kept], len(HALVES) * place + half[kept] - 1, frame, value[kept]))
        tables.append(SpotTable.build(*(np.concatenate(columns) for columns in zip(*parts, strict=True)), **size))
    labels, spots = tables[0], tables[1].scored()
    skipped["predictions without a score of 0 or more"] = len(tables[1]) - len(spots)
    return OfficialTables(labels, spots, {reason: count for reason, count in skipped.items() if count})
