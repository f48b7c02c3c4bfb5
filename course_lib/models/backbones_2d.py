"""Networks for pictures, RegNet-Y and EfficientNet, and gated shifts, which let one see the steps around.

By themselves they know nothing of time: shuffled frames give the same vectors, shuffled. A gated shift moves a part of
the channels one step along time, so that the convolution that follows, which knows only pictures, mixes what is now
with what was before and what comes next. A learned gate says, for each place and step, how much moves. Channels are
split in quarters: the first quarter takes part, half of it moving backward, half forward.

In `ShiftBackbone` each block's first convolution, which mixes channels at every place, gets its input shifted; the
block's shortcut does not, so that what a step looks like by itself is never lost. All parameters of the plain network
keep their names, and its pretrained weights fit. Hong et al. (E2E-Spot, 2022) put a GSM into every block, Xarles et al.
(T-DEED, 2024) a GSF into those of stages 3 and 4. Other modules that look along time take the same place or the one
behind the convolution: `course_lib.models.multi_scale_shift` and `course_lib.models.refinement`.

RegNet-Y: Radosavovic et al., 2020; it and EfficientNet are timm's. GSM: Sudhakaran et al., Gate-Shift Networks for
Video Action Recognition, 2020. GSF, which also learns how to join what moved and what stayed: Sudhakaran et al.,
Gate-Shift-Fuse for Video Action Recognition, 2023. Which half moves which way, and that the channels of each half
change places afterwards, is as in the authors' programs; their papers do not say it. Introduced in notebook 02; shifts
in notebook x01.
"""

from collections.abc import Callable
from math import ceil

import timm
import torch
from torch import Tensor, nn

__all__ = ["GSF", "GSM", "FrameBackbone", "ShiftBackbone", "ShiftedConv", "interleave", "shift_steps"]


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


def shift_steps(x: Tensor, steps: int) -> Tensor:
    """Move everything along time, zeros coming in from outside.

    Args:
        x: (B, C, T, H, W).
        steps: 1: forward, step t gets what was at t - 1; -1: backward, step t gets what was at t + 1; and so on.
    """
    far = min(abs(steps), x.shape[2])
    outside = torch.zeros_like(x[:, :, :far])
    return torch.cat([outside, x[:, :, : x.shape[2] - far]] if steps > 0 else [x[:, :, far:], outside], dim=2)


def interleave(half: Tensor) -> Tensor:
    """The second half of the channels laid between the first: 1 2 3 4 5 6 become 1 4 2 5 3 6; (B, C, ...), C even."""
    return half.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)  # (B, 2, C/2, ...) → (B, C/2, 2, ...)


class GSM(nn.Module):
    """Gate-shift module: (B·T, C, H, W) → the same shape, for any T from 1 up; one number of channels for all it does.

    With x the first quarter of the channels and x₁, x₂ its halves (Sudhakaran et al., 2020, equations 1 to 5)::

        g₁, g₂ = tanh(conv3x3x3(ReLU(BN(x))))       one number a place and step for each half, from -1 to 1
        y₁ = interleave(backward(g₁ x₁) + (x₁ - g₁ x₁))    what the gate lets through moves, the rest stays
        y₂ = interleave(forward(g₂ x₂) + (x₂ - g₂ x₂))

    Interleaving puts the channels of a half in another order. The convolution starts at zero: the gates are
    closed, and channels change places without moving in time.

    Args:
        channels: C, of which `folded` take part: a quarter, rounded up to a multiple of 4.

    Attributes:
        before: it stands before the block's first convolution.
        reach: steps either side that it sees beyond its 3D convolutions.
    """

    before = True
    reach = 1

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.folded = 4 * ceil(channels / 16)
        self.norm = nn.BatchNorm3d(self.folded)
        self.gate = nn.Conv3d(self.folded, 2, kernel_size=3, padding=1, groups=2)  # each half makes its own gate
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, x: Tensor, T: int) -> Tensor:
        """Shift.

        Args:
            x: (B·T, C, H, W), the steps of a clip one behind the other.
            T: steps of a clip.
        """
        part = x[:, : self.folded].unflatten(0, (-1, T)).transpose(1, 2)  # (B, F, T, H, W)
        gates = torch.tanh(self.gate(torch.relu(self.norm(part))))  # (B, 2, T, H, W)
        halves = []
        for half, (values, gate) in enumerate(zip(part.chunk(2, dim=1), gates.chunk(2, dim=1), strict=True)):
            gated = gate * values  # (B, F/2, T, H, W)
            halves.append(interleave(self.join(shift_steps(gated, 2 * half - 1), values - gated, half)))
        shifted = torch.cat(halves, dim=1).transpose(1, 2).flatten(0, 1)  # (B·T, F, H, W)
        return torch.cat([shifted, x[:, self.folded :]], dim=1)

    def join(self, moved: Tensor, stayed: Tensor, half: int) -> Tensor:
        """Put together what moved and what stayed, both (B, F/2, T, H, W), in half 0 (backward) or 1 (forward)."""
        return moved + stayed


class GSF(GSM):
    """Gate-shift-fuse module: a GSM that weighs, for each channel and step, what moved against what stayed.

    Both parts of a half are averaged over the picture and laid beside each other as two maps over channel and time
    (Sudhakaran et al., 2023)::

        w = sigmoid(conv3x3(mean of moved, mean of stayed))        (B, F/2, T), from 0 to 1
        y = interleave(w moved + (1 - w) stayed)

    With closed gates y is (1 - w) x, interleaved: unlike a GSM it changes values from the start.
    """

    reach = 2  # what moved, and its weighing, which is a convolution over time

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.fusion = nn.ModuleList(nn.Conv2d(2, 1, kernel_size=3, padding=1) for _ in range(2))

    def join(self, moved: Tensor, stayed: Tensor, half: int) -> Tensor:
        pooled = torch.stack([moved.mean(dim=(3, 4)), stayed.mean(dim=(3, 4))], dim=1)  # (B, 2, F/2, T)
        weight = torch.sigmoid(self.fusion[half](pooled)).squeeze(1)[..., None, None]  # (B, F/2, T, 1, 1)
        return weight * moved + (1 - weight) * stayed


class ShiftedConv(nn.Module):
    """A block's first convolution with a module before or behind it that looks along time.

    It must be told how many steps a clip has. A gated shift was kept as `shift` while it moved the halves the other
    way: its name tells weights of then from today's.

    Args:
        plain: timm's convolution with normalisation and activation; its parts are taken over under their own names.
        kind: of module, such as `GSM`, or a `partial` of one; see `ShiftBackbone`.
    """

    def __init__(self, plain: nn.Module, kind: Callable[[int], nn.Module]) -> None:
        super().__init__()
        if getattr(kind, "func", kind).before:
            self.gated_shift = kind(plain.conv.in_channels)
        else:
            self.refinement = kind(plain.conv.out_channels)
        self.conv = plain.conv
        self.bn = plain.bn  # timm's normalisation, activation included
        self.num_steps = 1

    @property
    def timed(self) -> nn.Module:
        """The module that looks along time."""
        return self.gated_shift if hasattr(self, "gated_shift") else self.refinement

    def forward(self, x: Tensor) -> Tensor:
        if self.timed.before:
            return self.bn(self.conv(self.timed(x, self.num_steps)))
        return self.timed(self.bn(self.conv(x)), self.num_steps)


class ShiftBackbone(FrameBackbone):
    """A RegNet-Y of timm with a shift in its blocks: (B, T, 3, H, W) → (B, T, D), for any T from 1 up.

    Args:
        name: of the plain network, as timm and the shipped weights call it; kept as `weights_of`.
        kind: of shift, `GSM` or `GSF`, or of any module that is made from a number of channels C, is called with
            (B·T, C, H, W) and T, and has the attributes `before` and `reach` of `GSM`; also a `partial` of one.
        stages: those whose blocks get one, of 1 to 4.
    """

    def __init__(self, name: str, kind: Callable[[int], nn.Module], stages: tuple[int, ...] = (1, 2, 3, 4)) -> None:
        super().__init__(name)
        self.weights_of = name
        for stage in stages:
            for block in self.network.get_submodule(f"s{stage}").children():
                block.conv1 = ShiftedConv(block.conv1, kind)
        self.shifted = [module for module in self.modules() if isinstance(module, ShiftedConv)]

    def new_parts(self) -> set[str]:
        """Names of the parameters and statistics that the plain network's weights do not have."""
        return {key for key in self.state_dict() if ".gated_shift." in key or ".refinement." in key}

    def _laid_out(self, frames: Tensor) -> Tensor:
        for module in self.shifted:
            module.num_steps = frames.shape[1]  # which the layout hides from them
        return super()._laid_out(frames)
