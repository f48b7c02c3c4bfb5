"""Backbones: from pictures to one vector a step, under one contract.

A backbone takes float frames (B, T, 3, H, W), already normalised, and gives (B, T, D) for any T from 1 up. It has

- `dim`: D;
- `mean`, `std`: of the three input channels of the pictures that its weights were made with;
- `hub_id`: where the hub keeps pretrained weights, None if nowhere; `hub_prefix`: what its own parameter names have
  in front of the hub's.

This module holds the 2D networks of timm, which look at every frame by itself: RegNet-Y (Radosavovic et al., 2020).
Introduced in notebook 02.
"""

from collections.abc import Callable
from functools import partial

import timm
import torch
from torch import Tensor, nn

from course_lib.models.tiny3d import Tiny3D

__all__ = ["BACKBONES", "FrameBackbone"]


class FrameBackbone(nn.Module):
    """A network of timm on each frame alone, averaged over space: (B, T, 3, H, W) → (B, T, D).

    Args:
        name: as timm calls it.
    """

    hub_prefix = "network."

    def __init__(self, name: str) -> None:
        super().__init__()
        network = timm.create_model(name, pretrained=False, num_classes=0)
        self.network = network.to(memory_format=torch.channels_last)
        self.dim: int = network.num_features
        self.mean: tuple[float, ...] = network.pretrained_cfg["mean"]
        self.std: tuple[float, ...] = network.pretrained_cfg["std"]
        self.hub_id: str | None = network.pretrained_cfg["hf_hub_id"]

    def forward(self, frames: Tensor) -> Tensor:
        B, T = frames.shape[:2]
        # Channels last: convolutions then read all channels of a pixel at once, on CPUs and on tensor cores alike.
        x = frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)  # (B·T, 3, H, W)
        return self.network(x).view(B, T, self.dim)  # (B, T, D)


BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "regnety_002": partial(FrameBackbone, "regnety_002"),  # 200 million multiplications a picture
    "tiny3d": Tiny3D,
}
"""Every backbone by the name that systems begin with."""
