"""X3D: a 3D network grown out of a tiny 2D one, axis by axis, as far as each axis pays.

All looking over space and time is done by depthwise convolutions, one small filter a channel; 1x1x1 convolutions mix
the channels, and squeeze-and-excitation weighs them by what the whole clip holds. Nothing strides over time, so T
frames in give T vectors out. S and M are *one* network: M was only trained with more and larger pictures, so here they
differ in nothing but the Kinetics weights that they start from. L is the deeper one.

C. Feichtenhofer, X3D: Expanding Architectures for Efficient Video Recognition, 2020. The network is pytorchvideo's.
Kinetics weights are not on the hub as safetensors; their makers keep them at `weights_url`. Introduced in notebook 03.
"""

import torch
from pytorchvideo.layers.swish import Swish
from pytorchvideo.models.x3d import create_x3d
from torch import Tensor, nn

from course_lib.models.depthwise import use_quick_depthwise
from course_lib.models.layout import clips_channels_last

__all__ = ["X3D"]

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
        self.blocks = use_quick_depthwise(kept).to(memory_format=torch.channels_last_3d)
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
