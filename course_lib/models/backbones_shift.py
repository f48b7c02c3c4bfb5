"""RegNet-Y with gated shifts: a network for pictures that sees the steps around.

Each block's first convolution, which mixes channels at every place, gets its input shifted; the block's shortcut does
not, so that what a step looks like by itself is never lost. All parameters of the plain network keep their names, and
its pretrained weights fit. Hong et al. (E2E-Spot, 2022) put a GSM into every block, Xarles et al. (T-DEED, 2024) a GSF
into those of stages 3 and 4. Introduced in notebook x01.
"""

from torch import Tensor, nn

from course_lib.models.backbones_frame import FrameBackbone
from course_lib.models.shift import GSM

__all__ = ["ShiftBackbone", "ShiftedConv"]


class ShiftedConv(nn.Module):
    """A block's first convolution with a shift before it; it must be told how many steps a clip has.

    Args:
        plain: timm's convolution with normalisation and activation; its parts are taken over under their own names.
        kind: of shift, `GSM` or `GSF`.
    """

    def __init__(self, plain: nn.Module, kind: type[GSM]) -> None:
        super().__init__()
        self.shift = kind(plain.conv.in_channels)
        self.conv = plain.conv
        self.bn = plain.bn  # timm's normalisation, activation included
        self.num_steps = 1

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(self.shift(x, self.num_steps)))


class ShiftBackbone(FrameBackbone):
    """A RegNet-Y of timm with a shift in its blocks: (B, T, 3, H, W) → (B, T, D), for any T from 1 up.

    Args:
        name: of the plain network, as timm and the shipped weights call it; kept as `weights_of`.
        kind: of shift, `GSM` or `GSF`.
        stages: those whose blocks get one, of 1 to 4.
    """

    def __init__(self, name: str, kind: type[GSM], stages: tuple[int, ...] = (1, 2, 3, 4)) -> None:
        super().__init__(name)
        self.weights_of = name
        for stage in stages:
            for block in self.network.get_submodule(f"s{stage}").children():
                block.conv1 = ShiftedConv(block.conv1, kind)
        self.shifted = [module for module in self.modules() if isinstance(module, ShiftedConv)]

    def new_parts(self) -> set[str]:
        """Names of the parameters and statistics that the plain network's weights do not have."""
        return {key for key in self.state_dict() if ".shift." in key}

    def _laid_out(self, frames: Tensor) -> Tensor:
        for module in self.shifted:
            module.num_steps = frames.shape[1]  # which the layout hides from them
        return super()._laid_out(frames)
