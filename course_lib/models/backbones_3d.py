"""Networks that look over space and time at once: tiny3d, X3D, I3D, R3D, and how far each of them looks.

- `Tiny3D`: five 3D convolutions that two CPU cores can train from nothing in two to three minutes. An action is a
  change, so the network must see several frames at once; a ball is three pixels, so averaging over the picture washes
  it out. Hence no stride in time (T frames in, T vectors out), and the average and the maximum over space side by side.
  The first two layers look at each picture alone, where pictures are large and time would triple the cost; the last
  three look over time. Ours.
- `X3D`: grown out of a tiny 2D network, axis by axis, as far as each axis pays. All looking over space and time is done
  by depthwise convolutions, one small filter a channel; 1x1x1 convolutions mix the channels, and squeeze-and-excitation
  weighs them by what the whole clip holds. Nothing strides over time. S and M are *one* network: M was only trained
  with more and larger pictures, so here they differ in nothing but the Kinetics weights that they start from. L is the
  deeper one. C. Feichtenhofer, X3D: Expanding Architectures for Efficient Video Recognition, 2020. The network is
  pytorchvideo's.

Two were made to name a whole clip ("what is this?"), so they shrink time on the way. Spotting wants a vector a step:

- `I3D`: ResNet-50 inflated to three dimensions. It halves time once; the vectors in between are interpolated, so that
  there are T again. What lies within two neighbouring frames is blurred, and no more. J. Carreira, A. Zisserman, Quo
  Vadis, Action Recognition?, 2017.
- `ClipVector`: torchvision's `r3d_18` as the ball-action slides used it under the name I3D: time and space are averaged
  away, and the one vector that is left is repeated T times. Every step is told the same; no neck without positions can
  tell the steps apart any more, and none at all can know when something happened. Kept to show just that. D. Tran et
  al., A Closer Look at Spatiotemporal Convolutions for Action Recognition, 2018 (R3D).

Kinetics weights are not on the hub as safetensors. Their makers keep them as PyTorch files at `weights_url`, which are
read with `weights_only=True`.

How far a backbone looks, `temporal_reach`, is what the clips of a stream must overlap by so that nothing changes. A
kernel of three steps sees one either side; a second one on top sees two, and so on. The sum over all layers is where
looking ends, not what matters: the far ends go through every layer's outermost weight. What X3D's
squeeze-and-excitation sees is left out, since it is the average of the whole window and has no reach of its own; so is
what ASTRM makes its kernels of.
Introduced in notebooks 02 (tiny3d), 03 (X3D), 11 (reach) and x02 (I3D, R3D).
"""

import torch
import torch.nn.functional as F
from pytorchvideo.layers.swish import Swish
from pytorchvideo.models.resnet import create_resnet
from pytorchvideo.models.x3d import create_x3d
from torch import Tensor, nn
from torchvision.models.video import R3D_18_Weights, r3d_18

from course_lib.models.backbones_2d import ShiftedConv
from course_lib.models.depthwise import DepthwiseConv3d, use_quick_depthwise
from course_lib.models.pointwise import use_quick_pointwise

__all__ = ["I3D", "X3D", "ClipVector", "Tiny3D", "clips_channels_last", "temporal_reach"]


def clips_channels_last(frames: Tensor) -> Tensor:
    """(B, T, 3, H, W) → (B, 3, T, H, W), all channels of a pixel side by side in memory.

    Convolutions of a CPU and of tensor cores read them at once: X3D runs 1.7 times faster on a CPU than in the plain
    layout.
    """
    return frames.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)


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


URL = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/X3D_{}.pyth"
DEPTH_FACTORS = {"S": 2.2, "M": 2.2, "L": 5.0}


class X3D(nn.Module):
    """A backbone (see `backbones`): (B, T, 3, H, W) → (B, T, D), averaged over space.

    Args:
        size: "S", "M" or "L".
        blocks: 5 for the whole network without its classifier (D = 192, pictures shrunk 32 times), 4 without the last
            stage (D = 96, 16 times).
    """

    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    hub_id = None
    hub_prefix = ""
    weights_of = "x3d_s"  # of the weights that the course ships; M and four blocks of S fit them, L does not

    def __init__(self, size: str = "S", blocks: int = 5) -> None:
        super().__init__()
        # The clip's length and size only shape the classifier, which is left out.
        network = create_x3d(input_clip_length=16, input_crop_size=160, depth_factor=DEPTH_FACTORS[size])
        kept = _with_torch_silu(nn.Sequential(*network.blocks[:blocks]))
        self.blocks = use_quick_pointwise(use_quick_depthwise(kept)).to(memory_format=torch.channels_last_3d)
        self.map_dims = (24, 48, 96, 192)[: blocks - 1]
        self.dim = self.map_dims[-1]
        self.weights_url = URL.format(size)
        if size == "L":
            self.weights_of = "x3d_l"

    def new_parts(self) -> set[str]:
        """Entries that the weights it starts from lack: none."""
        return set()

    def maps(self, frames: Tensor) -> list[Tensor]:
        """(B, T, 3, H, W) → what every block but the stem sees: 4, 8, 16 and 32 times smaller than the pictures."""
        x, maps = clips_channels_last(frames), []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps[1:]

    def pool(self, smallest: Tensor) -> Tensor:
        """(B, D, T, h, w) → (B, T, D)."""
        return smallest.mean(dim=(3, 4)).transpose(1, 2)

    def forward(self, frames: Tensor) -> Tensor:
        return self.pool(self.blocks(clips_channels_last(frames)))  # (B, T, D)


def _with_torch_silu(network: nn.Module) -> nn.Module:
    """x · sigmoid(x) by PyTorch, in one pass each way; pytorchvideo's own takes several, and has no weights to lose."""
    for parent in network.modules():
        for name, child in parent.named_children():
            if isinstance(child, Swish):
                setattr(parent, name, nn.SiLU())
    return network


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


def temporal_reach(backbone: nn.Module) -> int | None:
    """Steps either side that a step's vector depends on; 0 for a network for pictures.

    None if there is no such number: one that averages over time makes of each clip something else.
    """
    reach, spacing = 0, 1  # spacing: steps of the video from one of the layer's steps to the next
    for module in backbone.modules():
        if isinstance(module, nn.AdaptiveAvgPool3d):
            return None
        if isinstance(module, nn.Conv3d | DepthwiseConv3d | nn.MaxPool3d):
            width, stride, dilation = (_over_time(module, name) for name in ("kernel_size", "stride", "dilation"))
            reach += spacing * ((dilation * (width - 1) + 1) // 2)  # of an even kernel the longer side
            spacing *= stride
        elif isinstance(module, ShiftedConv):
            reach += module.timed.reach  # beside its convolutions, which are counted above
    return reach if spacing == 1 else reach + spacing - 1  # vectors in between are interpolated


def _over_time(module: nn.Module, name: str) -> int:
    value = getattr(module, name, 1)
    return int(value[0] if isinstance(value, tuple | list) else value)
