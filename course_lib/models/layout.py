"""How clips lie in memory before a 3D network sees them. Introduced in notebook 03."""

import torch
from torch import Tensor

__all__ = ["clips_channels_last"]


def clips_channels_last(frames: Tensor) -> Tensor:
    """(B, T, 3, H, W) → (B, 3, T, H, W), all channels of a pixel side by side in memory.

    Convolutions of a CPU and of tensor cores read them at once: X3D runs 1.7 times faster on a CPU than in the plain
    layout.
    """
    return frames.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)
