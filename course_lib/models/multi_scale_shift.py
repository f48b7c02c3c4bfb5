"""A gated shift of several lengths at once, which then looks at places: MSAGSM.

A GSM moves channels by one step. What a foot does is told by neighbouring steps, where a ball goes by those further
away, and many blocks in a row are a long way round. So the same values are moved by one, two and four steps side by
side, each with a gate of its own, and learned shares say what each length counts for. What comes out is weighed place
by place, in groups of channels that may each look at something else.

Multi-Scale Attention Gate Shift Module, H. Xu et al., 2025 (arXiv 2507.07381); its third version calls it Multi-Focus
Temporal Shifting, with a Group Focus Module. The text names the ideas, "multi-scale temporal shifts and channel grouped
spatial attention"; lengths, shares, groups and kernels are our own reading, chosen so that one length without a look at
places is a GSM, and so that the module begins as one. Introduced in notebook x05.
"""

import torch
from torch import Tensor, nn

from course_lib.models.backbones_2d import GSM, interleave, shift_steps

__all__ = ["MSAGSM", "GroupFocus"]


class MSAGSM(GSM):
    """Shifts of several lengths, then attention over places: (B·T, C, H, W) → the same shape, for any T from 1 up.

    With x, x₁, x₂ as in `GSM`, lengths s and their shares a = softmax(learned numbers, one set for each half)::

        g₁ₛ, g₂ₛ = tanh(conv3x3x3(ReLU(BN(x))))                a number a place, step and length for each half
        y₁ = interleave(Σₛ aₛ backwardₛ(g₁ₛ x₁) + (x₁ - Σₛ aₛ g₁ₛ x₁))
        y₂ = interleave(Σₛ aₛ forwardₛ(g₂ₛ x₂) + (x₂ - Σₛ aₛ g₂ₛ x₂))
        y = focus(y)                                           see `GroupFocus`

    The gates begin closed, as in a GSM, and the focus begins even: channels change places, and nothing else happens.

    Args:
        channels: C, of which as many take part as in a `GSM`.
        lengths: by how many steps to move.
        groups: of the attention, a divisor of the channels that take part.
    """

    def __init__(self, channels: int, lengths: tuple[int, ...] = (1, 2, 4), groups: int = 4) -> None:
        super().__init__(channels)
        self.lengths, self.reach = lengths, max(lengths)
        self.gate = nn.Conv3d(self.folded, 2 * len(lengths), kernel_size=3, padding=1, groups=2)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)
        self.shares = nn.Parameter(torch.zeros(2, len(lengths)))
        self.focus = GroupFocus(groups)

    def forward(self, x: Tensor, T: int) -> Tensor:
        part = x[:, : self.folded].unflatten(0, (-1, T)).transpose(1, 2)  # (B, F, T, H, W)
        gates = torch.tanh(self.gate(torch.relu(self.norm(part))))  # (B, 2 S, T, H, W)
        halves = []
        for half, values in enumerate(part.chunk(2, dim=1)):  # (B, F/2, T, H, W)
            own = gates.chunk(2, dim=1)[half].split(1, dim=1)  # S times (B, 1, T, H, W)
            moved, stayed = torch.zeros_like(values), values
            for length, gate, share in zip(self.lengths, own, self.shares[half].softmax(0), strict=True):
                gated = share * gate * values
                moved = moved + shift_steps(gated, length if half else -length)
                stayed = stayed - gated
            halves.append(interleave(self.join(moved, stayed, half)))
        shifted = torch.cat(halves, dim=1).transpose(1, 2).flatten(0, 1)  # (B·T, F, H, W)
        return torch.cat([self.focus(shifted), x[:, self.folded :]], dim=1)


class GroupFocus(nn.Module):
    """Each group of channels weighed place by place: (N, F, H, W) → the same shape.

    For a group, 2 sigmoid(conv7x7[mean over its channels; maximum over its channels]), from 0 to 2; 1 at the start.
    Spatial attention as in S. Woo et al., CBAM, 2018, in groups.

    Args:
        groups: how many, a divisor of F.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.look = nn.Conv2d(2 * groups, groups, kernel_size=7, padding=3, groups=groups)
        nn.init.zeros_(self.look.weight)
        nn.init.zeros_(self.look.bias)

    def forward(self, x: Tensor) -> Tensor:
        grouped = x.unflatten(1, (self.groups, -1))  # (N, G, F/G, H, W)
        summary = torch.stack([grouped.mean(dim=2), grouped.amax(dim=2)], dim=2)  # (N, G, 2, H, W)
        weight = 2 * torch.sigmoid(self.look(summary.flatten(1, 2)))  # (N, G, H, W)
        return (grouped * weight.unsqueeze(2)).flatten(1, 2)
