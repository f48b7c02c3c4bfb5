"""Heads: from the D numbers that describe a step to what is asked about it.

Introduced in notebook 02; places in notebook 09.
"""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ClassHead", "HeatHead", "PlaceHead"]


class ClassHead(nn.Module):
    """Dropout, then one linear layer: a score for background and for each class.

    (B, T, D) → (B, T, K+1); class 0 is background.
    """

    def __init__(self, dim: int, num_classes: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(dim, num_classes + 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.dropout(x))  # (B, T, K+1)


class PlaceHead(nn.Module):
    """Where in the picture it would be if something happened at this step: (B, T, D) → (B, T, 2).

    A multilayer perceptron D → 3D → D with ReLU, a linear layer to two numbers and a sigmoid: x and y as fractions of
    width and height, (0, 0) top left (STES, the spotter published with VNL-STES). It reads the backbone's features, not
    the neck's: what a neck adds of other moments says nothing of where the ball is now.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, 3 * dim), nn.ReLU(), nn.Linear(3 * dim, dim), nn.ReLU(), nn.Linear(dim, 2)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).sigmoid()  # (B, T, 2)


class HeatHead(nn.Module):
    """The same answer from a heat map over the picture, made of what the backbone sees before it averages.

    Each of the backbone's maps gives scores to its cells (a linear layer to 32 channels, ReLU, a linear layer to one);
    those of the smaller maps, which know what happens, are stretched and added to those of the largest, which knows
    where. A softmax over the cells makes shares of the scores, and the answer is the mean of the cells' centres,
    weighted by them. Nothing in it is tied to a part of the picture: it has to point at something.

    Long et al., Fully Convolutional Networks for Semantic Segmentation, 2015 (the sum over sizes); Nibali et al.,
    Numerical Coordinate Regression with Convolutional Neural Networks, 2018 (the mean of the shares).

    Args:
        dims: channels of the maps, the largest map first.
    """

    def __init__(self, dims: Sequence[int], width: int = 32) -> None:
        super().__init__()
        self.scores = nn.ModuleList(
            nn.Sequential(nn.Conv3d(dim, width, 1), nn.ReLU(inplace=True), nn.Conv3d(width, 1, 1)) for dim in dims
        )

    def heat(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps (B, C, T, h, w) of several sizes → a score for each cell of the first one's grid: (B, T, h, w)."""
        large, *smaller = (score(map)[:, 0] for score, map in zip(self.scores, maps, strict=True))  # (B, T, h, w) each
        stretch = partial(F.interpolate, size=large.shape[2:], mode="bilinear", align_corners=False)
        return sum((stretch(scores) for scores in smaller), start=large)

    def forward(self, heat: Tensor) -> Tensor:
        """(B, T, h, w) → (B, T, 2): x and y as fractions of width and height."""
        shares = heat.flatten(2).softmax(dim=-1).view_as(heat)
        x, y = (torch.arange(0.5, size, device=heat.device) / size for size in (heat.shape[3], heat.shape[2]))
        return torch.stack([(shares.sum(dim=2) * x).sum(dim=-1), (shares.sum(dim=3) * y).sum(dim=-1)], dim=-1)
