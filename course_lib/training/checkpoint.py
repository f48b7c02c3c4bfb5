"""Checkpoints: all that a training run needs to go on as if it had never stopped.

One file, last.pt, written whole or not at all after every epoch. Random numbers are not in it: the order of the clips,
augmentation and dropout of an epoch all follow from (seed, epoch), so a run killed inside an epoch starts that epoch
again and ends with the same weights. Introduced in notebook 02.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_lib.files import InputError, atomic_path, reason
from course_lib.models.weights import refuse_outdated
from course_lib.shapes import shaped

__all__ = ["History", "load_checkpoint", "save_checkpoint"]


@dataclass
class History:
    """What has happened in a run, epoch by epoch.

    Attributes:
        rows: the lines of log.csv, one dictionary an epoch.
        best_map, best_epoch: highest validation mAP (0..1) so far, and the epoch (from 1) whose weights gave it.
        reference_map: the mAP that an epoch must exceed by `min_delta` for patience to start again.
        waited: epochs since `reference_map` was set.
        stopped: early stopping has ended the run.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    best_map: float = -1.0
    best_epoch: int = 0
    reference_map: float = -1.0
    waited: int = 0
    stopped: bool = False

    @property
    def epochs_done(self) -> int:
        """Whole epochs."""
        return len(self.rows)

    @property
    def seconds(self) -> float:
        """Time of all epochs, validation included."""
        return sum(row["seconds"] for row in self.rows)

    def add(self, row: dict[str, float], patience: int, min_delta: float) -> bool:
        """Take in the row of an epoch (with its "val_map"); returns whether it is the best so far."""
        first = not self.rows
        self.rows.append(row)
        val_map = row["val_map"]
        if first or val_map > self.reference_map + min_delta:
            self.reference_map, self.waited = val_map, 0
        else:
            self.waited += 1
            self.stopped = self.waited >= patience
        is_best = val_map > self.best_map
        if is_best:
            self.best_map, self.best_epoch = val_map, len(self.rows)
        return is_best


def save_checkpoint(path: Path, history: History, **parts: Any) -> None:
    """Write the history and the `state_dict()` of every part (model, optimizer, scheduler …) atomically."""
    state = {name: part.state_dict() for name, part in parts.items()}
    with atomic_path(path) as temporary:
        torch.save({"history": asdict(history), **state}, temporary)


def load_checkpoint(path: Path, **parts: Any) -> History:
    """Bring every part to the state that `save_checkpoint` wrote.

    A part that checkpoints of earlier versions lack says in `absent` what they stand for.

    Raises:
        InputError: the file is damaged, or was written by another kind of run or by a version that computes otherwise.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name, part in parts.items():
            if isinstance(part, nn.Module):
                refuse_outdated(part, state[name], str(path))
            if name not in state and hasattr(part, "absent"):
                part.load_state_dict(part.absent)
            else:
                part.load_state_dict(state[name])
        shaped(History, state["history"], f"{path}: history")
        return History(**state["history"])
    except InputError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise InputError(f"{path}: not a checkpoint of this run ({reason(error)}); remove it to start again") from None
