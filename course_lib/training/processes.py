"""Several processes train one spotter: each takes its share of every batch, and the first alone writes and speaks.

    accelerate launch -m course_lib train …                             a process for each GPU
    torchrun --standalone --nproc_per_node 2 -m course_lib train …      the same, and on a machine without a GPU too

(Without a GPU `accelerate launch` starts a single process, unless mpirun is there.) Two processes make the steps that
one would make with twice the batch: their gradients are averaged, and what a loss divides by is summed over both (see
`course_lib.models.losses.shared_divisor`). Each has random numbers of its own for dropout and augmentation, and batch
norm sees its own part of the batch. Introduced in notebook 02.
"""

import os
from datetime import timedelta

import torch
from accelerate import PartialState

__all__ = ["processes"]

# The first process makes stores and features, and scores, while the others wait: hours, where ten minutes are usual.
_PATIENCE = timedelta(days=2)


def processes() -> PartialState:
    """Which of how many processes this is; the first call gets in touch with the others.

    Accelerate looks for others on a CPU only if it is told that this is one.
    """
    started = "LOCAL_RANK" in os.environ  # by a launcher
    told = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes", "on", "y", "t")
    return PartialState(cpu=told or (started and not torch.accelerator.is_available()), timeout=_PATIENCE)
