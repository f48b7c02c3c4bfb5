"""Memory for batches: filled again when nobody holds the batch that lay in it, and shared where a worker fills it.

A batch of eight clips of 50 steps at 398x224 is 107 MB. In fresh memory the system first has to find and clear its
pages, which takes as long as filling them: measured on one of two cores with AVX-512, batches of frames that are held
decoded come at 7,000 frames a second of processor time, and at 13,000 in memory that was used before.
"""

import math
import weakref

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor
from torch.utils.data import get_worker_info

__all__ = ["BatchMemory"]

_SPARES = 2  # one batch is in use while the next is filled
_SMALL_BYTES = 1 << 20  # the allocator does well there


class BatchMemory:
    """Lends tensors. A copy, as in another process, starts with nothing."""

    def __init__(self) -> None:
        self._spare: list[NDArray[np.uint8]] = []

    def __reduce__(self) -> tuple:
        return BatchMemory, ()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Tensor:
        """A tensor to be filled, which is its holder's own for as long as it, or any view of it, is held.

        In a worker process it lies in the memory from which the training process will read: else it would be copied
        there to be sent.
        """
        num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        if get_worker_info() is not None:
            kind = torch.from_numpy(np.empty(0, dtype)).dtype
            return torch.empty(0, dtype=kind).set_(torch.UntypedStorage._new_shared(num_bytes), 0, shape)
        if num_bytes < _SMALL_BYTES:
            return torch.from_numpy(np.empty(shape, dtype))
        memory = self._spare.pop() if self._spare else None
        if memory is None or not num_bytes <= len(memory) <= 2 * num_bytes:
            memory = np.empty(num_bytes, np.uint8)  # NumPy asks for large pages, torch.empty does not
        lent = memory[:num_bytes].view(dtype).reshape(shape)
        # The tensor's storage holds `lent`, and whoever looks into the tensor holds the storage.
        weakref.finalize(lent, self._take_back, memory).atexit = False
        return torch.from_numpy(lent)

    def _take_back(self, memory: NDArray[np.uint8]) -> None:
        if len(self._spare) < _SPARES:
            self._spare.append(memory)
