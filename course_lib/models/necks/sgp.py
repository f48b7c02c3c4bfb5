"""Scalable-granularity perception: convolutions that keep a short event sharp while they look around it.

Self-attention mixes the steps of a clip by weights that are positive and sum to one: an average, and averages of
averages become alike. SGP mixes by signed kernels of two lengths, gated step by step, beside a branch that touches one
step alone, so that neighbouring steps stay different. `SGP` is the published layer, `SlidesSGP` the one on the slides
that started this course; they share the name and the idea of two branches, not the equations.

Shi et al., TriDet, 2023 (arXiv 2303.07347), eq. 1 to 3; Xarles et al., T-DEED, 2024 (arXiv 2404.05392).
Introduced in notebook 05.
"""

import torch
from torch import Tensor, nn

__all__ = ["SGP", "SlidesSGP", "depthwise", "up_kernel"]


def depthwise(dim: int, kernel: int) -> nn.Conv1d:
    """A convolution over time that treats each of the `dim` channels by itself; (B, dim, T) → (B, dim, T).

    Args:
        dim: C.
        kernel: length in steps, odd, so that as many zeros stand before the clip as after it.
    """
    return nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=dim)


def up_kernel(kernel: int, k: float) -> int:
    """Length in steps of the longer of the two windows, kw in the papers: round((kernel + 1) · k), made odd."""
    length = round((kernel + 1) * k)
    return length + 1 if length % 2 == 0 else length


class SGP(nn.Module):
    """One layer of scalable-granularity perception; (B, T, dim) → (B, T, dim), any T from 1 up.

    With x̂ = LayerNorm(x), every DW a depthwise convolution with a bias of its own, and the mean taken over time::

        φ = ReLU(DW_1(mean x̂))                                one gate a channel, for the whole clip
        ψ = DW_w(x̂)                                           one gate a channel and step, of either sign
        y = x + φ · DW_1(x̂) + ψ · (DW_w(x̂) + DW_kw(x̂))        instant branch, window branch
        out = y + MLP(GroupNorm_16(y))                        dim → 4 dim, GELU, → dim, step by step

    The mean and the group norm look at the whole clip: every step depends on every other, if faintly beyond the window.
    The authors' programs add x̂ to y once more; the equation, here as printed in the papers, does not. In the zoo the
    first is "sgp_ln", the second "sgp".

    Args:
        dim: C, a multiple of 16.
        kernel: w, the shorter window in steps, odd.
        k: how much longer the other window is; see `up_kernel`.
        residual_norm: add x̂ too, as the programs do.
    """

    def __init__(self, dim: int, kernel: int = 9, k: float = 4, residual_norm: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.residual_norm = residual_norm
        self.norm = nn.LayerNorm(dim)
        self.instant = depthwise(dim, 1)
        self.instant_gate = depthwise(dim, 1)  # φ
        self.window = depthwise(dim, kernel)
        self.long_window = depthwise(dim, up_kernel(kernel, k))
        self.window_gate = depthwise(dim, kernel)  # ψ
        self.mlp_norm = nn.GroupNorm(16, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        z = self.norm(x).transpose(1, 2)  # (B, C, T)
        phi = self.instant_gate(z.mean(2, keepdim=True)).relu()  # (B, C, 1)
        psi = self.window_gate(z)  # (B, C, T)
        y = phi * self.instant(z) + psi * (self.window(z) + self.long_window(z))  # (B, C, T)
        y = x.transpose(1, 2) + (y + z if self.residual_norm else y)
        normed = self.mlp_norm(y).transpose(1, 2)  # (B, T, C): statistics of 16 groups of channels over all steps
        return y.transpose(1, 2) + self.mlp(normed)


class SlidesSGP(nn.Module):
    """The layer that the slides call SGP; (B, T, dim) → (B, T, dim), any T from 1 up.

    The instant branch is a bottleneck MLP on what a step has beyond the mean of its clip; the window branch is three
    convolutions of 3 taps, with dilations 1, 2 and 3 (windows of 3, 5 and 7 steps), side by side and mixed by a 1x1.
    The two are added. There is no norm, no gate and no shortcut around the layer, and no activation in the window
    branch, which is therefore one convolution of 7 taps. But for the mean, no step sees further than 3 to either side.

    Args:
        dim: C, even.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.instant = nn.Sequential(nn.Linear(dim, dim // 2), nn.ReLU(), nn.Linear(dim // 2, dim))
        self.windows = nn.ModuleList(nn.Conv1d(dim, dim, 3, padding=d, dilation=d) for d in (1, 2, 3))
        self.mix = nn.Conv1d(3 * dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        instant = self.instant(x - x.mean(1, keepdim=True))  # (B, T, C)
        z = x.transpose(1, 2)  # (B, C, T)
        window = self.mix(torch.cat([conv(z) for conv in self.windows], dim=1))  # (B, 3 C, T) → (B, C, T)
        return instant + window.transpose(1, 2)
