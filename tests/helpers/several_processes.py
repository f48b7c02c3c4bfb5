"""A training as one of several processes runs it: features of a frozen backbone, nothing random but the weights.

    torchrun --standalone --nproc_per_node 2 tests/helpers/several_processes.py DATA RUN BATCH [N]

With N the last process dies in the middle of its N-th loss.
"""

import os
import sys

from blinking import CLASSES, blinking_config

from course_lib.data.datasets import load_dataset
from course_lib.models.heads.classes import ClassHead
from course_lib.training.experiment import train_and_score
from course_lib.training.processes import processes

SYSTEM, EPOCHS, CLIPS = "tiny3d+bigru", 3, 24


def config(batch_size):
    changed = {"model__frozen_backbone": True, "model__system": SYSTEM, "train__batch_size": batch_size}
    recipe = {"train__clips_per_epoch": CLIPS, "train__epochs": EPOCHS, "train__augment": 0.0, "train__flip": 0.0}
    return blinking_config(**changed, **recipe, data__clip_len=12)


def main(data, run_dir, batch_size, fatal_loss=0):
    """Train, resuming what is there."""
    calls, plain = [], ClassHead.loss

    def loss(self, outputs, batch, train):
        calls.append(1)
        if len(calls) == int(fatal_loss) and processes().is_last_process:
            os._exit(9)
        return plain(self, outputs, batch, train)

    ClassHead.loss = loss
    dataset = load_dataset(data)
    assert dataset.classes == CLASSES
    run = train_and_score(SYSTEM, dataset, config(int(batch_size)), run_dir, 0, resume=True)
    print(f"process {processes().process_index} of {processes().num_processes}: {len(calls)} losses", flush=True)
    return run


if __name__ == "__main__":
    main(*sys.argv[1:])
