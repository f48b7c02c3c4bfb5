"""Networks for pictures, on each frame by itself: RegNet-Y (Radosavovic et al., 2020) and EfficientNet, of timm.

They know nothing of time: shuffled frames give the same vectors, shuffled. Introduced in notebook 02.
"""

import timm
import torch
from torch import Tensor, nn

__all__ = ["FrameBackbone"]


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
