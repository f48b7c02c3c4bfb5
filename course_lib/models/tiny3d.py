"""tiny3d: five 3D convolutions that two CPU cores can train from nothing in two to three minutes.

An action is a change, so the network must see several frames at once; a ball is three pixels, so averaging over the
picture washes it out. Hence no stride in time (T frames in, T vectors out), and the average and the maximum over space
side by side. The first two layers look at each picture alone, where pictures are large and time would triple the cost;
the last three look over time. Ours. Introduced in notebook 02.
"""

import torch
from torch import Tensor, nn

from course_lib.models.layout import clips_channels_last

__all__ = ["Tiny3D"]

# Channels, kernel (time, height, width), stride in space, and spacing in time of each layer. Of the first layer's cost
# on a CPU most is memory traffic: 16 channels run faster than 12 do, because 16 float32 fill a vector register.
LAYERS = (
    (16, (1, 5, 5), 2, 1),
    (32, (1, 3, 3), 2, 1),
    (48, (3, 3, 3), 2, 1),
    (64, (3, 3, 3), 2, 2),
    (64, (3, 3, 3), 1, 2),
)


class Tiny3D(nn.Module):
    """A backbone (see `backbones`): (B, T, 3, H, W) → (B, T, 128), each vector seeing five steps either side."""

    map_dims = (32, 48, 64)
    dim = 2 * map_dims[-1]  # as many averages and as many maxima
    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    hub_id = None
    hub_prefix = ""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width, kernel, stride, spacing in LAYERS:
            padding = (spacing * (kernel[0] // 2), kernel[1] // 2, kernel[2] // 2)
            layers += [
                nn.Conv3d(channels, width, kernel, (1, stride, stride), padding, (spacing, 1, 1), bias=False),
                nn.BatchNorm3d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        self.layers = nn.Sequential(*layers)

    def maps(self, frames: Tensor) -> list[Tensor]:
        """(B, T, 3, H, W) → what the second, third and last layer see: 4, 8 and 16 times smaller than the pictures."""
        x, maps = clips_channels_last(frames), []
        for begin, end in ((0, 6), (6, 9), (9, None)):  # a convolution, its normalisation and its ReLU each
            x = self.layers[begin:end](x)
            maps.append(x)
        return maps

    def pool(self, smallest: Tensor) -> Tensor:
        """(B, 64, T, h, w) → (B, T, 128)."""
        return torch.cat([smallest.mean(dim=(3, 4)), smallest.amax(dim=(3, 4))], dim=1).transpose(1, 2)

    def forward(self, frames: Tensor) -> Tensor:
        return self.pool(self.layers(clips_channels_last(frames)))  # (B, T, 128)
