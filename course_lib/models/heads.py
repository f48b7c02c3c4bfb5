"""Heads: from the D numbers that describe a step to what is asked about it.

Introduced in notebook 02; places in notebook 09.
"""

from torch import Tensor, nn

__all__ = ["ClassHead", "PlaceHead"]


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
