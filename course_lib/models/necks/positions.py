"""Learned positions: what it means to be the first, the second, the last step of a clip.

A convolution treats every step alike. Added to the features, one learned vector for each step of a clip says where the
step stands, and the neck behind it may use that or not. T-DEED adds such a temporal embedding before its
encoder-decoder (Xarles et al., 2024); sines of the transformer neck do the same without learning.

Introduced in notebook x04.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["LearnedPositions", "stretched"]


class LearnedPositions(nn.Module):
    """Adds a learned vector to each step: (B, T, D) → (B, T, D), for any T from 1 up.

    The table has a row for each step of the clips that it was made for, drawn from a normal distribution of standard
    deviation 1 / clip_len, as in T-DEED's program. Clips of another length get its rows at T places along it, the first
    and the last among them, with straight lines between.

    Args:
        dim: D.
        clip_len: steps of the clips that it is made for.
    """

    bound_to_length = True

    def __init__(self, dim: int, clip_len: int = 50) -> None:
        super().__init__()
        self.dim = dim
        self.table = nn.Parameter(torch.randn(clip_len, dim) / clip_len)

    def forward(self, x: Tensor) -> Tensor:
        return x + stretched(self.table, x.shape[1])  # (B, T, D)


def stretched(table: Tensor, length: int) -> Tensor:
    """Rows of a table at `length` even places from its first to its last, (N, D) → (length, D); of one place the first.

    Straight lines stand between rows; where `length` is N the table itself is returned.
    """
    if len(table) == length:
        return table
    return F.interpolate(table.T[None], length, mode="linear", align_corners=True)[0].T
