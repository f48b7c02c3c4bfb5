"""TPN: three convolutions side by side that step through time at different paces, then brought back together.

Branch s (s = 1, 2, 4) looks at every s-th step, h_s[j] = ReLU(BN(conv3(x[s·j − 1], x[s·j], x[s·j + 1]))), and its
answer stands until the next one (nearest up-sampling). A 1x1 convolution reads all three at every step:
y = ReLU(BN(W [h_1; h_2; h_4])). The idea of several paces over one video is that of Yang et al., Temporal Pyramid
Network for Action Recognition, 2020 (arXiv:2004.03548), from which this neck departs:

- they take features from two depths of a 3D backbone, with space still in them; here is one vector a step;
- their levels pass information up and down before they are joined; these do not see each other;
- in their code a level keeps the maximum over each stretch; here what lies between a branch's steps may go unseen;
- they pool over time to name a clip; a spotter needs an answer at every step.

Introduced in notebook 07.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["STRIDES", "TemporalPyramid"]

STRIDES = (1, 2, 4)
"""Steps between two looks of each branch."""


class _BatchNorm(nn.BatchNorm1d):
    """Batch normalisation that also survives a single value a channel in training.

    A single value has no spread: less its own mean it is 0, whatever it was, so PyTorch refuses. It is scaled by the
    running statistics instead, as in use, and does not enter them. Here that happens for one clip of up to four steps.
    """

    def forward(self, x: Tensor) -> Tensor:
        B, _, T = x.shape
        if self.training and B * T == 1:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)


class TemporalPyramid(nn.Module):
    """(B, T, D) → (B, T, D), any T from 1 up.

    No branch sees further than another: three neighbouring steps each. A branch's answer is held, so step t is told
    what was around step s·⌊t/s⌋, and the neck as a whole reaches from four steps back to one step ahead (T a multiple
    of 4; else ⌈T/s⌉ answers are spread evenly over T steps). Which steps these are depends on where in the clip t lies:
    shift the clip, and the answers do not just shift.

    Args:
        dim: D, of the input, of every branch and of the output.
        strides: steps between two looks of each branch.
    """

    def __init__(self, dim: int, strides: tuple[int, ...] = STRIDES) -> None:
        super().__init__()
        self.dim = dim
        # The biases before a batch normalisation cancel in training; the slides' count has them.
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, 3, stride, padding=1), _BatchNorm(dim), nn.ReLU()) for stride in strides
        )
        self.fuse = nn.Sequential(nn.Conv1d(dim * len(strides), dim, 1), _BatchNorm(dim), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        T = x.shape[1]
        x = x.transpose(1, 2)  # (B, D, T)
        levels = [branch(x) for branch in self.branches]  # (B, D, ⌈T/s⌉) each
        x = torch.cat([F.interpolate(level, size=T, mode="nearest") for level in levels], dim=1)  # (B, 3D, T)
        return self.fuse(x).transpose(1, 2)  # (B, T, D)
