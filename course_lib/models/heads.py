"""Heads: from the D numbers that describe a step to what is asked about it.

Introduced in notebook 02.
"""

from torch import Tensor, nn

__all__ = ["ClassHead"]


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
