"""A U-Net over time: halved by strided convolutions, doubled again, with a shortcut at every length.

Each convolution on the way down sees twice as far as the one before. On the way up, what is far-sighted and coarse is
laid beside what was kept at that length, and a convolution reads both: the kept half says when, the other half what.

Ronneberger, Fischer, Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation, 2015 (arXiv 1505.04597),
here over one axis, with group norm (Wu and He, 2018, arXiv 1803.08494), which does not care how many clips are in a
batch. Introduced in notebook 06.
"""

import torch
from torch import Tensor, nn

__all__ = ["TemporalUNet"]


class TemporalUNet(nn.Module):
    """A temporal U-Net; (B, T, dim) → (B, T, dim), any T from 1 up.

    Every convolution has 3 taps and is followed by a group norm of 16 groups and a ReLU. All lengths are equally wide;
    doubling the width at each, as the U-Net for pictures does, would make the neck several times its backbone.

    Args:
        dim: D, a multiple of 16.
        levels: how often time is halved: 50 → 25 → 13 → 7 steps for 3.
    """

    def __init__(self, dim: int, levels: int = 3) -> None:
        super().__init__()
        self.dim = dim
        self.first = nn.Sequential(nn.Conv1d(dim, dim, 3, padding=1), *_norm_relu(dim))
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, 3, stride=2, padding=1), *_norm_relu(dim)) for _ in range(levels)
        )
        # A coarse step sits on the fine step 2i, going down and up alike: nothing moves in time.
        self.longer = nn.ModuleList(nn.ConvTranspose1d(dim, dim, 3, stride=2, padding=1) for _ in range(levels))
        self.longer_norm = nn.ModuleList(nn.Sequential(*_norm_relu(dim)) for _ in range(levels))
        self.merge = nn.ModuleList(
            nn.Sequential(nn.Conv1d(2 * dim, dim, 3, padding=1), *_norm_relu(dim)) for _ in range(levels)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x.transpose(1, 2))  # (B, D, T)
        kept = []
        for layer in self.down:
            kept.append(x)
            x = layer(x)  # (B, D, ceil(T / 2)), and so on
        for longer, norm, merge in zip(self.longer, self.longer_norm, self.merge, strict=True):
            z = kept.pop()
            x = norm(longer(x, output_size=z.shape[2:]))  # as long as z: 2n - 1 or 2n
            x = merge(torch.cat([x, z], dim=1))  # (B, 2 D, ·) → (B, D, ·)
        return x.transpose(1, 2)  # (B, T, D)


def _norm_relu(dim: int) -> list[nn.Module]:
    return [nn.GroupNorm(16, dim), nn.ReLU()]
