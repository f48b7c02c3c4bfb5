"""Memory for batches: lent once at a time, to its holder alone, and lent again."""

import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from course_lib.training.buffers import BatchMemory

SHAPE = (8, 1 << 18)  # 2 MB of uint8


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_memory_that_nobody_holds_is_lent_again(dtype):
    memory = BatchMemory()
    first = memory.empty(SHAPE, dtype)
    assert first.shape == SHAPE and first.numpy().dtype == dtype
    place = first.data_ptr()
    del first
    assert memory.empty(SHAPE, dtype).data_ptr() == place
    assert memory.empty((6, SHAPE[1]), dtype).data_ptr() == place  # the last batch of an epoch may be smaller


@pytest.mark.parametrize("view", [lambda batch: batch[1:2, 5], lambda batch: batch.numpy()[2], lambda batch: batch.t()])
def test_memory_is_not_lent_while_any_part_is_looked_at(view):
    memory = BatchMemory()
    batch = memory.empty(SHAPE, np.uint8).fill_(1)
    part = view(batch)
    del batch
    others = [memory.empty(SHAPE, np.uint8).fill_(2) for _ in range(4)]
    assert (part == 1).all()
    assert len({other.data_ptr() for other in others}) == 4


def test_little_is_kept_and_nothing_far_too_large():
    memory = BatchMemory()
    batches = [memory.empty(SHAPE, np.uint8) for _ in range(5)]
    del batches
    assert len(memory._spare) == 2
    assert memory.empty((1, 1000), np.uint8).shape == (1, 1000) and len(memory._spare) == 2  # small ones are not lent
    places = {spare.ctypes.data for spare in memory._spare}
    for rows in (9, 3.9):  # too large for them, and so small that half a spare would lie idle
        assert memory.empty((round(rows * SHAPE[1]),), np.uint8).data_ptr() not in places
    assert pickle.loads(pickle.dumps(memory))._spare == []


class Batches(Dataset):
    def __init__(self):
        self.memory = BatchMemory()
        self.memory.empty(SHAPE, np.uint8)  # a spare that a forked worker must not touch

    def __getitem__(self, index):
        batch = self.memory.empty(SHAPE, np.uint8).fill_(index)
        return batch, batch.is_shared()


def test_a_worker_fills_shared_memory():
    for workers in (0, 2):
        answers = list(DataLoader(Batches(), None, sampler=range(5), num_workers=workers, collate_fn=lambda x: x))
        assert [shared for _, shared in answers] == [bool(workers)] * 5
        assert all(
            torch.equal(batch, torch.full(SHAPE, index, dtype=torch.uint8)) for index, (batch, _) in enumerate(answers)
        )
