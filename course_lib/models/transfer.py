"""Between the processor's memory and a GPU's, without waiting for each other.

A GPU works off a queue. The program that fills it runs ahead, and both are busy as long as nothing asks for a result.
Copies ask more often than one thinks: from ordinary memory the program waits until the queue is empty. From pinned
memory, which the system may not move, a copy queues up like everything else; so does one back, and whoever reads it
must wait for that copy alone. On a CPU nothing of this happens, and the numbers are the same. Introduced in notebook
02.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["one_behind", "stacked", "to_device"]

Key = TypeVar("Key")


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """A tensor of the processor's on the device, with the same dtype; on a GPU the copy is queued, not waited for."""
    if device.type == "cuda" and values.device.type == "cpu":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def stacked(arrays: Sequence[NDArray], device: torch.device) -> Tensor:
    """Arrays of one shape behind each other, as `np.stack`, on the device.

    For a GPU they are laid into pinned memory at once, so that they are copied once and not twice before they leave.
    """
    if device.type != "cuda":
        return torch.from_numpy(np.stack(arrays)).to(device)
    kind = torch.from_numpy(np.empty(0, arrays[0].dtype)).dtype
    pinned = torch.empty((len(arrays), *arrays[0].shape), dtype=kind, pin_memory=True)
    np.stack(arrays, out=pinned.numpy())
    return pinned.to(device, non_blocking=True)


def one_behind(results: Iterable[tuple[Key, Mapping[str, Tensor]]]) -> Iterator[tuple[Key, dict[str, NDArray]]]:
    """Results as arrays, each handed out when the next one has been asked of the GPU, which so never lies idle.

    Args:
        results: pairs of anything and the tensors that belong to it, made as they are taken. Those of a CPU are handed
            out at once.
    """
    waiting = None
    for key, tensors in results:
        copies = {name: tensor.detach().to("cpu", non_blocking=True) for name, tensor in tensors.items()}
        if not any(tensor.is_cuda for tensor in tensors.values()):
            yield key, _arrays(copies)
            continue
        copied = torch.cuda.Event()
        copied.record()
        if waiting is not None:
            yield _arrived(*waiting)
        waiting = key, copies, copied
    if waiting is not None:
        yield _arrived(*waiting)


def _arrived(key: Key, copies: Mapping[str, Tensor], copied: torch.cuda.Event) -> tuple[Key, dict[str, NDArray]]:
    copied.synchronize()
    return key, _arrays(copies)


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}
