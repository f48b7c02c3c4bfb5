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
        self.map_dims = (*(stage["num_chs"] for stage in network.feature_info[1:-1]), self.dim)
        self.mean: tuple[float, ...] = network.pretrained_cfg["mean"]
        self.std: tuple[float, ...] = network.pretrained_cfg["std"]
        self.hub_id: str | None = network.pretrained_cfg["hf_hub_id"]

    def maps(self, frames: Tensor) -> list[Tensor]:
        """(B, T, 3, H, W) → what every stage sees: 4, 8, 16 and 32 times smaller than the pictures."""
        last, stages = self.network.forward_intermediates(self._laid_out(frames))
        maps = [*stages[1:-1], last]  # without the stem; in EfficientNet more layers follow the last stage
        return [map.unflatten(0, frames.shape[:2]).transpose(1, 2) for map in maps]  # (B, C, T, h, w)

    def pool(self, smallest: Tensor) -> Tensor:
        """(B, D, T, h, w) → (B, T, D)."""
        x = self.network.forward_head(smallest.transpose(1, 2).flatten(0, 1))  # (B·T, D)
        return x.view(len(smallest), -1, self.dim)

    def forward(self, frames: Tensor) -> Tensor:
        return self.network(self._laid_out(frames)).view(*frames.shape[:2], self.dim)  # (B, T, D)

    def _laid_out(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W) → (B·T, 3, H, W), channels last: convolutions then read all channels of a pixel at once."""
        return frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)
