"""Down to coarse steps for what happens, up again to fine steps for when: three networks of this shape.

- `EncoderDecoder`, out of SGP layers. Going down, each level halves the number of steps, so that the next layer sees
  twice as far; what a level knew before it was halved is kept. Going up, a mixer brings the two together, the coarse
  steps stretched to the length of the fine ones: each is looked at through gated windows and by itself, as in SGP, and
  one matrix decides what of it goes on. Xarles et al., T-DEED: Temporal-Discriminability Enhancer Encoder-Decoder for
  Precise Event Spotting in Sports Videos, 2024 (arXiv 2404.05392).
- `Deconvolution`: down at one stroke, up by transposed convolutions, the decoder that has nothing but the coarse steps
  to go by. A maximum over eight steps keeps that something was there and drops when. Transposed convolutions then write
  each coarse step out into finer ones. Nothing leads around the narrow place: whatever it is trained on, this neck
  cannot tell at which of its eight steps a feature was high. Described on the slides that started this course, without
  a score. Zeiler et al., Deconvolutional Networks, 2010.
- `TemporalUNet`: halved by strided convolutions, doubled again, with a shortcut at every length. Each convolution on
  the way down sees twice as far as the one before. On the way up, what is far-sighted and coarse is laid beside what
  was kept at that length, and a convolution reads both: the kept half says when, the other half what. Ronneberger,
  Fischer, Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation, 2015 (arXiv 1505.04597), here over one
  axis, with group norm (Wu and He, 2018, arXiv 1803.08494), which does not care how many clips are in a batch.

Introduced in notebook 06.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.necks.sgp import SGP, depthwise, up_kernel

__all__ = ["Deconvolution", "EncoderDecoder", "SGPMixer", "TemporalUNet"]


class EncoderDecoder(nn.Module):
    """The SGP-Mixer encoder-decoder; (B, T, dim) → (B, T, dim), any T from 1 up.

    Down, `levels` times: SGP, keep, maximum over about two steps: T → ceil(T/2) → ceil(T/4) …, 50 → 25 → 13. SGP at the
    bottom. Up, as often: `SGPMixer` with what was kept, SGP. That is 2·levels + 1 SGP layers and `levels` mixers. The
    learned temporal embedding that T-DEED adds to the input is a neck of its own, "positions".

    Args:
        dim: C, a multiple of 16.
        levels: how often time is halved; L in the paper.
        kernel: w, the shorter window of every layer, in steps of its own level; odd.
        k: how much longer the other window is; see `up_kernel`.
        residual_norm: of its SGP layers; true in T-DEED's program, and in the zoo's "ed_ln".
    """

    def __init__(self, dim: int, levels: int = 2, kernel: int = 9, k: float = 4, residual_norm: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.down = nn.ModuleList(SGP(dim, kernel, k, residual_norm) for _ in range(levels))
        self.bottom = SGP(dim, kernel, k, residual_norm)
        self.mixers = nn.ModuleList(SGPMixer(dim, kernel, k) for _ in range(levels))
        self.up = nn.ModuleList(SGP(dim, kernel, k, residual_norm) for _ in range(levels))

    def forward(self, x: Tensor) -> Tensor:
        T = x.shape[1]
        kept = []
        for level, layer in enumerate(self.down, 1):
            kept.append(layer(x))
            steps = -(-T // 2**level)  # rounded up, so that one step stays one step
            x = F.adaptive_max_pool1d(kept[-1].transpose(1, 2), steps).transpose(1, 2)  # (B, ceil(T / 2^level), C)
        x = self.bottom(x)
        for mixer, layer in zip(self.mixers, self.up, strict=True):
            x = layer(mixer(x, kept.pop()))  # twice the steps
        return x


class SGPMixer(nn.Module):
    """Coarse steps x and fine steps z into fine steps; (B, T', dim) and (B, T, dim) → (B, T, dim).

    With ẑ = LayerNorm(z), x̂ = LayerNorm(x) stretched to T steps along straight lines, and every DW, gate and norm with
    weights of its own for each of the two::

        window(v) = DW_w(v) · (DW_w(v) + DW_kw(v))            one factor is the gate ψ
        instant(v) = ReLU(DW_1(mean over time of v)) · DW_1(v)
        y = GELU(W [window(ẑ), window(x̂), instant(ẑ), instant(x̂), ẑ, x̂])       W: 6 dim → dim, step by step
        out = y + MLP(GroupNorm_16(y))                        dim → 4 dim, GELU, → dim, step by step

    No shortcut leads around W. Stretching puts the first and the last coarse step on the first and the last fine one,
    as in the authors' program: a peak moves by up to half a fine step towards the nearer end of the clip.

    Args:
        dim, kernel, k: as of `EncoderDecoder`.
    """

    def __init__(self, dim: int, kernel: int = 9, k: float = 4) -> None:
        super().__init__()
        self.fine_norm = nn.LayerNorm(dim)
        self.coarse_norm = nn.LayerNorm(dim)
        self.fine = _Terms(dim, kernel, k)
        self.coarse = _Terms(dim, kernel, k)
        self.mix = nn.Linear(6 * dim, dim)  # W
        self.mlp_norm = nn.GroupNorm(16, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        z = self.fine_norm(z).transpose(1, 2)  # (B, C, T)
        x = self.coarse_norm(x).transpose(1, 2)  # (B, C, T')
        x = F.interpolate(x, z.shape[2], mode="linear", align_corners=True)  # (B, C, T)
        (fine_window, fine_instant), (coarse_window, coarse_instant) = self.fine(z), self.coarse(x)
        terms = torch.cat([fine_window, coarse_window, fine_instant, coarse_instant, z, x], dim=1)  # (B, 6 C, T)
        y = F.gelu(self.mix(terms.transpose(1, 2)))  # (B, T, C)
        normed = self.mlp_norm(y.transpose(1, 2)).transpose(1, 2)  # (B, T, C)
        return y + self.mlp(normed)


class _Terms(nn.Module):
    """The window and the instant term of one of a mixer's two inputs; (B, C, T) → twice (B, C, T)."""

    def __init__(self, dim: int, kernel: int, k: float) -> None:
        super().__init__()
        self.window = depthwise(dim, kernel)
        self.long_window = depthwise(dim, up_kernel(kernel, k))
        self.window_gate = depthwise(dim, kernel)  # ψ
        self.instant = depthwise(dim, 1)
        self.instant_gate = depthwise(dim, 1)

    def forward(self, v: Tensor) -> tuple[Tensor, Tensor]:
        window = self.window_gate(v) * (self.window(v) + self.long_window(v))
        instant = self.instant_gate(v.mean(2, keepdim=True)).relu() * self.instant(v)
        return window, instant


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


class TemporalUNet(nn.Module):
    """A temporal U-Net; (B, T, dim) → (B, T, dim), any T from 1 up.

    Every convolution has 3 taps and is followed by a group norm of 16 groups and a ReLU. All lengths are equally wide;
    doubling the width at each, as the U-Net for pictures does, would make the neck several times its backbone.

    Args:
        dim: D, a multiple of 16.
        levels: how often time is halved: 50 → 25 → 13 → 7 steps for 3.
    """

    def __init__(self, dim: int, levels: int = 3) -> None:
        super().__init__()
        self.dim = dim
        self.first = nn.Sequential(nn.Conv1d(dim, dim, 3, padding=1), *_norm_relu(dim))
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv1d(dim, dim, 3, stride=2, padding=1), *_norm_relu(dim)) for _ in range(levels)
        )
        # A coarse step sits on the fine step 2i, going down and up alike: nothing moves in time.
        self.longer = nn.ModuleList(nn.ConvTranspose1d(dim, dim, 3, stride=2, padding=1) for _ in range(levels))
        self.longer_norm = nn.ModuleList(nn.Sequential(*_norm_relu(dim)) for _ in range(levels))
        self.merge = nn.ModuleList(
            nn.Sequential(nn.Conv1d(2 * dim, dim, 3, padding=1), *_norm_relu(dim)) for _ in range(levels)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x.transpose(1, 2))  # (B, D, T)
        kept = []
        for layer in self.down:
            kept.append(x)
            x = layer(x)  # (B, D, ceil(T / 2)), and so on
        for longer, norm, merge in zip(self.longer, self.longer_norm, self.merge, strict=True):
            z = kept.pop()
            x = norm(longer(x, output_size=z.shape[2:]))  # as long as z: 2n - 1 or 2n
            x = merge(torch.cat([x, z], dim=1))  # (B, 2 D, ·) → (B, D, ·)
        return x.transpose(1, 2)  # (B, T, D)


def _norm_relu(dim: int) -> list[nn.Module]:
    return [nn.GroupNorm(16, dim), nn.ReLU()]
