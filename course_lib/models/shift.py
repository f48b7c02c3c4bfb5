"""Gated shifts: what lets a network for pictures see one step either side, at almost no cost.

A part of the channels is moved one step along time, so that the convolution that follows, which knows only pictures,
mixes what is now with what was before and what comes next. A learned gate says, for each place and step, how much
moves. Channels are split in quarters: the first quarter takes part, half of it moving forward, half backward.

GSM: Sudhakaran et al., Gate-Shift Networks for Video Action Recognition, 2020. GSF, which also learns how to join what
moved and what stayed: Sudhakaran et al., Gate-Shift-Fuse for Video Action Recognition, 2023. The authors' code also
interleaves the channels of each half afterwards, which their papers do not say; here channels keep their places, so
that closed gates leave the network exactly as it was. Introduced in notebook x01.
"""

from math import ceil

import torch
from torch import Tensor, nn

__all__ = ["GSF", "GSM", "shift_steps"]


def shift_steps(x: Tensor, steps: int) -> Tensor:
    """Move everything along time by one step, zeros coming in from outside.

    Args:
        x: (B, C, T, H, W).
        steps: 1: forward, step t gets what was at t - 1; -1: backward, step t gets what was at t + 1.
    """
    outside = torch.zeros_like(x[:, :, :1])
    return torch.cat([outside, x[:, :, :-1]] if steps == 1 else [x[:, :, 1:], outside], dim=2)


class GSM(nn.Module):
    """Gate-shift module: (B·T, C, H, W) → the same shape, for any T from 1 up; one number of channels for all it does.

    With x the first quarter of the channels and x₁, x₂ its halves (Sudhakaran et al., 2020, equations 1 to 5)::

        g₁, g₂ = tanh(conv3x3x3(ReLU(BN(x))))       one number a place and step for each half, from -1 to 1
        y₁ = forward(g₁ x₁) + (x₁ - g₁ x₁)          what the gate lets through moves on, the rest stays
        y₂ = backward(g₂ x₂) + (x₂ - g₂ x₂)

    The convolution starts at zero: the gates are closed and y = x.

    Args:
        channels: C, of which `folded` take part: a quarter, rounded up to a multiple of 4.
    """

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
            halves.append(self.join(shift_steps(gated, 1 - 2 * half), values - gated, half))
        shifted = torch.cat(halves, dim=1).transpose(1, 2).flatten(0, 1)  # (B·T, F, H, W)
        return torch.cat([shifted, x[:, self.folded :]], dim=1)

    def join(self, moved: Tensor, stayed: Tensor, half: int) -> Tensor:
        """Put together what moved and what stayed, both (B, F/2, T, H, W), in half 0 (forward) or 1 (backward)."""
        return moved + stayed


class GSF(GSM):
    """Gate-shift-fuse module: a GSM that weighs, for each channel and step, what moved against what stayed.

    Both parts of a half are averaged over the picture and laid beside each other as two maps over channel and time
    (Sudhakaran et al., 2023)::

        w = sigmoid(conv3x3(mean of moved, mean of stayed))        (B, F/2, T), from 0 to 1
        y = w moved + (1 - w) stayed

    With closed gates y = (1 - w) x: unlike a GSM it changes the network from the start.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.fusion = nn.ModuleList(nn.Conv2d(2, 1, kernel_size=3, padding=1) for _ in range(2))

    def join(self, moved: Tensor, stayed: Tensor, half: int) -> Tensor:
        pooled = torch.stack([moved.mean(dim=(3, 4)), stayed.mean(dim=(3, 4))], dim=1)  # (B, 2, F/2, T)
        weight = torch.sigmoid(self.fusion[half](pooled)).squeeze(1)[..., None, None]  # (B, F/2, T, 1, 1)
        return weight * moved + (1 - weight) * stayed
