"""Beginning with another run's weights: all of them, also where the classes are others.

What a backbone and a neck have learnt of one sport serves the next. Of a class head only the rows can go on whose
classes are the same, by their name; a new class begins with new numbers. Introduced in notebook 11.
"""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from course_lib.files import InputError
from course_lib.models.spotter import Spotter
from course_lib.models.weights import read_weights

__all__ = ["begin_with"]


def begin_with(spotter: Spotter, path: str | Path, theirs: Sequence[str], ours: Sequence[str]) -> str:
    """Copy the weights of a run into a spotter of the same system.

    Args:
        spotter: freshly built for the classes `ours`; unchanged where the file does not fit.
        path: of the run's weights.
        theirs: the run's class list.
        ours: the class list from now on.

    Returns:
        What was taken and what is new, in words.

    Raises:
        InputError: the file is not one, or is of another system.
    """
    state, own = read_weights(spotter, path), spotter.state_dict()
    of_classes = {f"heads.{name}.{parameter}" for name, head in spotter.heads.items() for parameter in head.class_rows}
    taken: dict[str, Tensor] = {}
    for key, value in own.items():
        rows = state.get(key)
        if rows is None:
            raise InputError(f"{path}: no weights for {key!r}; expected those of the same system")
        if key in of_classes and len(rows) == len(theirs) + 1 and rows.shape[1:] == value.shape[1:]:
            rows = _rows_by_name(rows, value, theirs, ours)
        if rows.shape != value.shape:
            shapes = f"{tuple(rows.shape)}, expected {tuple(value.shape)}"
            raise InputError(f"{path}: {key!r} has the shape {shapes}")
        taken[key] = rows
    spotter.load_state_dict(taken)
    said = [f"all weights ({len(taken)} arrays)"]
    if tuple(theirs) != tuple(ours):
        both = [label for label in ours if label in theirs]
        new = [label for label in ours if label not in theirs]
        left = [label for label in theirs if label not in ours]
        for what, labels in (("going on", both), ("new", new), ("left out", left)):
            if labels:
                said.append(f"{len(labels)} class{'es' * (len(labels) > 1)} {what}: {', '.join(labels)}")
    unused = sorted({".".join(key.split(".")[:2]) for key in state.keys() - own.keys()})
    if unused:
        said.append(f"left there: {', '.join(unused)}")
    return "; ".join(said)


def _rows_by_name(rows: Tensor, fresh: Tensor, theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    """Background and the classes of the same name from `rows`, the others as they are in `fresh`."""
    made = fresh.clone()
    made[0] = rows[0]
    for place, label in enumerate(ours, 1):
        if label in theirs:
            made[place] = rows[list(theirs).index(label) + 1]
    return made
