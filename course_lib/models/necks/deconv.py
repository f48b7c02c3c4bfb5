"""Down at one stroke, up by transposed convolutions: the decoder that has nothing but the coarse steps to go by.

A maximum over eight steps keeps that something was there and drops when. Transposed convolutions then write each
coarse step out into finer ones. Nothing leads around the narrow place: whatever it is trained on, this neck cannot
tell at which of its eight steps a feature was high. Described on the slides that started this course, without a score.

Transposed convolutions: Zeiler et al., Deconvolutional Networks, 2010. Introduced in notebook 06.
"""

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Deconvolution"]

POOL_STEPS = 8
WIDTHS = (128, 64, 32)


class Deconvolution(nn.Module):
    """Time shrunk to an eighth and written out again; (B, T, dim) → (B, T, dim), any T from 1 up.

    Maximum over time to ceil(T/8) steps; three times a transposed convolution of 5 taps that doubles the steps, batch
    norm, ReLU, with 128, 64 and 32 channels; a 1x1 convolution back to `dim`; straight lines between, to T steps.

    Where T is no multiple of 8 the maxima are taken over ceil(T/8) stretches as even as can be, shorter than 8 and
    overlapping: the stretching at the end then returns each to the place it came from, and no step is left out.

    Args:
        dim: D.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        layers: list[nn.Module] = []
        width = dim
        for narrower in WIDTHS:
            # On (B, C, T) this is the (5, 1, 1) convolution over (B, C, T, 1, 1). The padding makes n steps 2n.
            double = nn.ConvTranspose1d(width, narrower, kernel_size=5, stride=2, padding=2, output_padding=1)
            layers += [double, nn.BatchNorm1d(narrower), nn.ReLU()]
            width = narrower
        self.up = nn.Sequential(*layers)
        self.back = nn.Conv1d(width, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        T = x.shape[1]
        x = F.adaptive_max_pool1d(x.transpose(1, 2), -(-T // POOL_STEPS))  # (B, D, ceil(T / 8))
        x = self.back(self.up(x))  # (B, D, 8 ceil(T / 8))
        return F.interpolate(x, T, mode="linear").transpose(1, 2)  # (B, T, D)
