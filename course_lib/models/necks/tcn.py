"""Temporal convolutional networks: every step gathers what its neighbours say.

A convolution of three taps lets a step see one neighbour either side. Two ways to see further: more layers, or taps
that stand further apart (dilation). `SlidesTCN` is the plainest of all, two layers of the first kind. `DilatedTCN`
doubles the distance from layer to layer and adds what it finds to what it was given. `MultiStageTCN` runs several such
stacks one behind the other, each correcting the one before.

Bai, Kolter, Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling",
2018, for dilation and residuals; Farha and Gall, "MS-TCN: Multi-Stage Temporal Convolutional Network for Action
Segmentation", 2019. Introduced in notebook 04.
"""

from collections.abc import Sequence

from torch import Tensor, nn

__all__ = ["DilatedLayer", "DilatedTCN", "MultiStageTCN", "SlidesTCN"]


class SlidesTCN(nn.Module):
    """Two convolutions of three taps, each with ReLU: no dilation, residual or normalisation. (B, T, D) → (B, T, D).

    A step sees two steps either side. What the layers do not pass on is lost, since nothing leads around them.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.layers = nn.Sequential(
            nn.Conv1d(dim, dim, 3, padding=1), nn.ReLU(), nn.Conv1d(dim, dim, 3, padding=1), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(x.transpose(1, 2))  # (B, D, T): a Conv1d wants time last
        return x.transpose(1, 2)  # (B, T, D)


class DilatedLayer(nn.Module):
    """y = x + Dropout(W₂ · ReLU(W₁ *_d x)), of Farha and Gall, eq. 1 and 2. (B, T, C) → (B, T, C).

    W₁ has three taps, d steps apart, and zeros beyond the ends of the clip; W₂ has one.

    Args:
        dim: C.
        dilation: d, in steps.
        dropout: share of what is added to x that is left out in training.
    """

    def __init__(self, dim: int, dilation: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.taps = nn.Conv1d(dim, dim, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(dim, dim, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix(self.taps(x.transpose(1, 2)).relu())  # (B, C, T)
        return x + self.dropout(y).transpose(1, 2)  # (B, T, C)


class DilatedTCN(nn.Module):
    """A layer normalisation, then dilated layers with a way around each. (B, T, D) → (B, T, D).

    With the dilations 1, 2, 4 a step sees 7 steps either side. Each layer only adds to what it is given, so a clip of
    one frame, or an event of one frame, arrives at the end whatever the layers have learnt.

    Backbones give numbers of different sizes. The normalisation (Ba et al., "Layer Normalization", 2016) makes them
    alike at the entrance, so that one learning rate fits all. It is over the D numbers of one step: over the batch, a
    single clip of one step could not be trained on.

    Args:
        dim: D.
        dilations: of the layers, in steps.
    """

    def __init__(self, dim: int, dilations: Sequence[int] = (1, 2, 4)) -> None:
        super().__init__()
        self.dim = dim
        self.norm = nn.LayerNorm(dim)
        self.layers = nn.Sequential(*(DilatedLayer(dim, dilation) for dilation in dilations))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.norm(x))  # (B, T, D)


class MultiStageTCN(nn.Module):
    """Stages of dilated layers, each of which corrects the one before: h₁ = S₁(W x), hₛ = hₛ₋₁ + Sₛ(hₛ₋₁).

    (B, T, D) → (B, T, width). It departs from MS-TCN where a neck must, and says so here:

    - There each stage ends in class probabilities, and the next sees nothing else; each has a loss of its own. A neck
      knows no classes, so stages hand on features, and only what the head makes of the last has a loss. Without a loss
      of its own a stage must be easy to pass, hence the sum, which the paper does not need.
    - Clips of four seconds in place of minutes: dilations 1, 2, 4, 8 in place of 1 to 512, so that a stage sees 15
      steps either side; and two refinements in place of three.
    - The paper's smoothing loss is left out: neighbouring steps of a segment are alike, those of a spot are not.

    As there, every stage is 64 wide, has no normalisation, and drops half of what a layer adds.

    Args:
        dim: D.
        width: numbers a step inside and at the end.
        dilations: of the layers of each stage, in steps.
        num_stages: the first one included.
        dropout: in each layer.
    """

    def __init__(
        self,
        dim: int,
        width: int = 64,
        dilations: Sequence[int] = (1, 2, 4, 8),
        num_stages: int = 3,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.dim = width
        self.narrow = nn.Linear(dim, width)
        self.stages = nn.ModuleList(_stage(width, dilations, dropout) for _ in range(num_stages))

    def forward(self, x: Tensor) -> Tensor:
        first, *later = self.stages
        x = first(self.narrow(x))  # (B, T, width)
        for stage in later:
            x = x + stage(x)
        return x


def _stage(width: int, dilations: Sequence[int], dropout: float) -> nn.Sequential:
    """Dilated layers and a linear map at the end, which in the paper gives the classes."""
    layers = [DilatedLayer(width, dilation, dropout) for dilation in dilations]
    return nn.Sequential(*layers, nn.Linear(width, width))
