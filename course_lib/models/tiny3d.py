"""tiny3d: five 3D convolutions that two CPU cores can train from nothing in two to three minutes.

An action is a change, so the network must see several frames at once; a ball is three pixels, so averaging over the
picture washes it out. Hence no stride in time (T frames in, T vectors out), and the average and the maximum over space
side by side. The first two layers look at each picture alone, where pictures are large and time would triple the cost;
the last three look over time. Ours. Introduced in notebook 02.
"""

import torch
from torch import Tensor, nn

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

    dim = 2 * LAYERS[-1][0]  # as many averages and as many maxima
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

    def forward(self, frames: Tensor) -> Tensor:
        # Channels last: the convolutions of a CPU and of tensor cores read all channels of a pixel at once.
        x = frames.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)  # (B, 3, T, H, W)
        x = self.layers(x)  # (B, 64, T, H/16, W/16)
        x = torch.cat([x.mean(dim=(3, 4)), x.amax(dim=(3, 4))], dim=1)  # (B, 128, T)
        return x.transpose(1, 2)  # (B, T, 128)
