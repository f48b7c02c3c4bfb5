"""tiny3d: five 3D convolutions that two CPU cores can train from nothing in a minute.

An action is a change, so the network must see several frames at once; a ball is three pixels, so averaging over the
picture washes it out. Hence convolutions over time as well as space, no stride in time (T frames in, T vectors out),
and the average and the maximum over space side by side. Ours. Introduced in notebook 02.
"""

import torch
from torch import Tensor, nn

__all__ = ["Tiny3D"]

# The first layer costs most, since it sees the largest picture; 16 channels run faster on a CPU than 12 do, because
# 16 float32 fill a vector register.
WIDTHS = (16, 24, 48, 64, 64)


class Tiny3D(nn.Module):
    """A backbone (see `backbones`): (B, T, 3, H, W) → (B, T, 128), each vector seeing five steps either side."""

    dim = 2 * WIDTHS[-1]  # as many averages and as many maxima
    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    hub_id = None
    hub_prefix = ""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for index, width in enumerate(WIDTHS):
            kernel, padding = ((3, 5, 5), (1, 2, 2)) if index == 0 else (3, 1)
            stride = 1 if index == len(WIDTHS) - 1 else (1, 2, 2)
            layers += [
                nn.Conv3d(channels, width, kernel, stride=stride, padding=padding, bias=False),
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
