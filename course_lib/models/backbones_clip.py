"""I3D and R3D: 3D networks made to name a whole clip, and what it takes to ask them about single steps.

Both were built for "what is this clip?", so they shrink time on the way. Spotting wants a vector a step:

- `I3D`: ResNet-50 inflated to three dimensions. It halves time once; the vectors in between are interpolated, so that
  there are T again. What lies within two neighbouring frames is blurred, and no more.
- `ClipVector`: torchvision's `r3d_18` as the ball-action slides used it under the name I3D: time and space are averaged
  away, and the one vector that is left is repeated T times. Every step is told the same; no neck without positions can
  tell the steps apart any more, and none at all can know when something happened. Kept to show just that.

- J. Carreira, A. Zisserman, Quo Vadis, Action Recognition?, 2017 (I3D).
- D. Tran et al., A Closer Look at Spatiotemporal Convolutions for Action Recognition, 2018 (R3D).

Kinetics weights: neither is on the hub as safetensors. Their makers keep them as PyTorch files at `weights_url`, which
are read with `weights_only=True`. Introduced in notebook x02.
"""

import torch.nn.functional as F
from pytorchvideo.models.resnet import create_resnet
from torch import Tensor, nn
from torchvision.models.video import R3D_18_Weights, r3d_18

from course_lib.models.layout import clips_channels_last

__all__ = ["I3D", "ClipVector"]

OVER_TIME, ALONE = (3, 1, 1), (1, 1, 1)
"""Kernels (time, height, width)."""


class I3D(nn.Module):
    """A backbone (see `backbones`): (B, T, 3, H, W) → (B, T, 2048); 27.2 M parameters.

    ResNet-50 with temporal kernels (5 in the stem, 3 in every block or every other one), of pytorchvideo, without its
    classifier. Space is averaged. A vector sees 18 or 19 frames either side. The last scale of every block begins at 0:
    untrained, the blocks pass on what they get.
    """

    dim = 2048
    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    hub_id = None
    hub_prefix = ""
    weights_url = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/I3D_8x8_R50.pyth"

    def __init__(self) -> None:
        super().__init__()
        network = create_resnet(
            stem_conv_kernel_size=(5, 7, 7),
            stage1_pool=nn.MaxPool3d,
            # Of the first convolution of a block, for each stage; two of them take turns.
            stage_conv_a_kernel_size=(OVER_TIME, [OVER_TIME, ALONE], [OVER_TIME, ALONE], [ALONE, OVER_TIME]),
        )
        self.blocks = nn.Sequential(*network.blocks[:-1])  # the last one pools and classifies
        self.blocks[2].ceil_mode = True  # the only step over time: an odd last frame, or the only one, is kept

    def forward(self, frames: Tensor) -> Tensor:
        T = frames.shape[1]
        x = clips_channels_last(frames)  # (B, 3, T, H, W)
        x = self.blocks(x).mean(dim=(3, 4))  # (B, 2048, ceil(T/2))
        # Doubled and cut, not stretched to T: vector j then lies between the frames 2j and 2j + 1 for odd T too.
        x = F.interpolate(x, scale_factor=2, mode="linear", align_corners=False)[..., :T]  # (B, 2048, T)
        return x.transpose(1, 2)  # (B, T, 2048)


class ClipVector(nn.Module):
    """A backbone (see `backbones`): (B, T, 3, H, W) → (B, T, 512), the same vector T times; 33.2 M parameters.

    `r3d_18` averages over time and space; when something happens within the clip is lost there.
    """

    dim = 512
    mean = (0.43216, 0.394666, 0.37645)
    std = (0.22803, 0.22145, 0.216989)
    hub_id = None
    hub_prefix = "network."
    weights_url = R3D_18_Weights.KINETICS400_V1.url

    def __init__(self) -> None:
        super().__init__()
        self.network = r3d_18(weights=None)
        self.network.fc = nn.Identity()

    def forward(self, frames: Tensor) -> Tensor:
        x = clips_channels_last(frames)  # (B, 3, T, H, W)
        x = self.network(x)  # (B, 512)
        return x[:, None].expand(-1, frames.shape[1], -1)  # (B, T, 512)
