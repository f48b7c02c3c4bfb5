"""Transformer encoder: every step asks all steps of its clip, and takes what answers best.

Attention: each step makes a query, a key and a value, three linear maps of its vector. Query times key says how much
one step matters to another; softmax turns a row of these into shares; the step gets the values in these shares. Nothing
in it knows the order of the steps, hence the sinusoidal positions that are added first. Its cost grows with T².

A. Vaswani et al., Attention Is All You Need, 2017: attention eq. 1, layers section 3.1 (each part is normalised after
it was added), positions section 3.5.

Two encoder layers behind X3D-S, and one behind I3D, are systems of the ball-action slides. Introduced in notebook x02.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["EncoderLayer", "SelfAttention", "SinusoidalPositions", "TransformerNeck", "sinusoids"]

LONGEST = 10_000.0
"""The slowest sine takes 2π times as many steps to come round."""


def sinusoids(num_steps: int, dim: int, device: torch.device | None = None) -> Tensor:
    """The position of each step as waves, from one of 2π steps to one of 2π·10,000 steps (section 3.5).

    Args:
        num_steps: T.
        dim: even.
        device: where to compute; made there rather than sent, which would make the program wait for a GPU.

    Returns:
        float32 (T, dim) in [-1, 1]: column 2i is sin(t / 10000^(2i/dim)), column 2i + 1 the cosine of the same.
    """
    rates = torch.exp(torch.arange(0, dim, 2, device=device) * (-math.log(LONGEST) / dim))  # (dim/2,)
    angles = torch.arange(num_steps, device=device)[:, None] * rates  # (T, dim/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class SinusoidalPositions(nn.Module):
    """Adds `sinusoids` to (B, T, D). Computed for the T at hand, so a clip may be longer than any seen in training."""

    def forward(self, x: Tensor) -> Tensor:
        return x + sinusoids(*x.shape[1:], x.device).to(x)  # (B, T, D)


class SelfAttention(nn.Module):
    """Several attentions side by side, each on its own part of the vector: (B, T, D) → (B, T, D), any T.

    Args:
        dim: D, a multiple of `heads`.
        heads: how many.
        dropout: share of the attention weights that are dropped in training.
    """

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.project = nn.Linear(dim, 3 * dim)  # queries, keys, values
        self.out = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.project.weight)
        nn.init.zeros_(self.project.bias)
        nn.init.zeros_(self.out.bias)

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """Queries, keys, values: each (B, heads, T, D/heads)."""
        return self.project(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind()

    def forward(self, x: Tensor) -> Tensor:
        queries, keys, values = self._parts(x)
        dropout = self.dropout if self.training else 0.0
        # Equation 1, by whichever kernel is quickest here; the (T, T) weights need never be in memory as a whole.
        seen = F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)  # (B, heads, T, D/heads)
        return self.out(seen.transpose(1, 2).flatten(2))  # (B, T, D)

    def weights(self, x: Tensor) -> Tensor:
        """How much of each step (last axis) each step (last but one) takes: (B, heads, T, T), rows sum to 1."""
        queries, keys, _ = self._parts(x)
        return (queries @ keys.mT / math.sqrt(queries.shape[-1])).softmax(dim=-1)


class EncoderLayer(nn.Module):
    """Attention, then two linear maps on each step alone; each is added to its input and the sum normalised.

    (B, T, D) → (B, T, D), any T. The same as `nn.TransformerEncoderLayer`, opened up so that its weights can be shown.

    Args:
        dim: D.
        heads: of the attention.
        hidden: width between the two linear maps.
        dropout: of both parts.
    """

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attention = SelfAttention(dim, heads, dropout)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, dim))
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x)))  # (B, T, D)
        return self.norm2(x + self.dropout(self.mlp(x)))  # (B, T, D)


class TransformerNeck(nn.Module):
    """Linear map to `width`, positions, encoder layers: (B, T, D) → (B, T, width), any T from 1 up.

    Args:
        dim: D of the backbone.
        layers: how many; 2 behind X3D-S, 1 behind I3D.
        heads: of each attention.
        width: of every vector inside, also between the two linear maps of a layer.
        dropout: behind the positions and in the layers.

    Attributes:
        dim: `width`.
        positions: what is added to the steps; `nn.Identity()` in its place takes the order of the steps away.
    """

    def __init__(self, dim: int, layers: int = 2, heads: int = 8, width: int = 512, dropout: float = 0.1) -> None:
        super().__init__()
        self.dim = width
        self.project = nn.Linear(dim, width)
        self.positions = SinusoidalPositions()
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(EncoderLayer(width, heads, width, dropout) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self._placed(x)
        for layer in self.layers:
            x = layer(x)
        return x  # (B, T, width)

    def attention_maps(self, x: Tensor) -> Tensor:
        """Who looks where, in each layer: (layers, B, heads, T, T), rows sum to 1; without dropout in `eval` mode.

        Args:
            x: (B, T, D), as for `forward`.
        """
        maps = []
        x = self._placed(x)
        for layer in self.layers:
            maps.append(layer.attention.weights(x))
            x = layer(x)
        return torch.stack(maps)

    def _placed(self, x: Tensor) -> Tensor:
        return self.dropout(self.positions(self.project(x)))  # (B, T, width)
