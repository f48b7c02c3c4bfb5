"""Recurrent necks: read the clip from both ends, carrying a memory from step to step.

At each step a gated recurrent unit (GRU) keeps a share of its memory and writes the rest anew; the shares are learned
functions of the step and the memory. An LSTM does the same with one gate more and a second memory. One reads forward,
one backward, and a step gets what both know of it: all of the clip, however long.

GRU: Cho et al., 2014. LSTM: Hochreiter and Schmidhuber, 1997. As the neck of a spotter: Hong et al. (E2E-Spot), 2022.
Introduced in notebook x01.
"""

from torch import Tensor, nn

__all__ = ["Recurrent"]


class Recurrent(nn.Module):
    """A bidirectional GRU or LSTM: (B, T, D) → (B, T, 2D), for any T from 1 up.

    With memory h of D numbers, beginning at zero, and ∘ element by element (Cho et al., 2014; as PyTorch has it)::

        r = sigmoid(W_r x + U_r h + b_r)          which of the memory counts for what is written
        z = sigmoid(W_z x + U_z h + b_z)          how much of the memory stays
        n = tanh(W_n x + b_n + r ∘ (U_n h + c_n))
        h ← (1 - z) ∘ n + z ∘ h

    Args:
        dim: D, the width of the input and of each direction's memory.
        layers: how many, one reading what the other gives.
        cell: `nn.GRU` or `nn.LSTM`.
    """

    def __init__(self, dim: int, layers: int = 1, cell: type[nn.GRU] | type[nn.LSTM] = nn.GRU) -> None:
        super().__init__()
        self.dim = 2 * dim
        self.cell = cell(dim, dim, num_layers=layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x)[0]  # (B, T, 2D): forward memory, then backward memory
