"""ASTRM: every block of a network for pictures refines what it sees, by place, by step and by clip.

A gated shift moves a quarter of the channels. This module moves nothing by a fixed rule: it says which places of a
picture matter, which steps and channels stand out from their neighbours, and, from the course of the whole clip, how
each channel is to be mixed over neighbouring steps. It stands behind the first convolution of each block.

Adaptive Spatio-Temporal Refinement Module, equations 1 to 4 of the paper on precise event spotting that also brings
SoftIC (2025). There is no public program. What the paper does not say is chosen here: `ASTRM` lists it. Introduced in
notebook x05.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.backbones_2d import shift_steps

__all__ = ["ASTRM", "ClipKernel", "LocalSpatial", "LocalTemporal", "REFINEMENTS"]

REFINEMENTS = ("s", "t", "g")
"""Its three parts by their letter: local in space, local in time, global in time."""


class ASTRM(nn.Module):
    """(B·T, C, H, W) → the same shape, for any T from 1 up.

    With Fs, Ft and G of `LocalSpatial`, `LocalTemporal` and `ClipKernel`, each from x itself::

        y = ((x (1 + Fs)) (1 + Ft)) * G           * is a convolution over time, channel by channel

    A part that is switched off is left out of it. Chosen here, since the paper is silent: the local temporal part is
    half as wide as the block inside, which of the usual shares comes nearest to the paper's 6.46 M parameters; the
    kernel is one a channel and three steps long; it begins at nearly (0, 1, 0), so that a network which knows pictures
    begins as one; and everything is refined once the convolution's normalisation and activation are done.

    Args:
        channels: C.
        parts: letters of `REFINEMENTS`.
        steps: of the clips that `ClipKernel` is made for.
    """

    before = False  # it stands behind the block's first convolution

    def __init__(self, channels: int, parts: str = "stg", steps: int = 50) -> None:
        super().__init__()
        self.spatial = LocalSpatial() if "s" in parts else None
        self.temporal = LocalTemporal(channels) if "t" in parts else None
        self.kernel = ClipKernel(steps) if "g" in parts else None
        self.reach = int("g" in parts)  # the local part's convolution is counted by itself

    def forward(self, x: Tensor, T: int) -> Tensor:
        """Refine.

        Args:
            x: (B·T, C, H, W), the steps of a clip one behind the other.
            T: steps of a clip.
        """
        y = x if self.spatial is None else x * (1 + self.spatial(x))
        if self.temporal is None and self.kernel is None:
            return y
        clips, y = (value.unflatten(0, (-1, T)).transpose(1, 2) for value in (x, y))  # (B, C, T, H, W)
        if self.temporal is not None:
            y = y * (1 + self.temporal(clips))
        if self.kernel is not None:
            before, now, after = self.kernel(clips.mean(dim=(3, 4)))[..., None, None, None].unbind(2)  # (B, C, 1, 1, 1)
            y = before * shift_steps(y, 1) + now * y + after * shift_steps(y, -1)
        return y.transpose(1, 2).flatten(0, 1)  # (B·T, C, H, W)


class LocalSpatial(nn.Module):
    """Fs = sigmoid(conv7x7[mean over channels; maximum over channels]): (N, C, H, W) → (N, 1, H, W), equation 1."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(2, 1, kernel_size=7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        summary = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)  # (N, 2, H, W)
        return torch.sigmoid(self.look(summary))


class LocalTemporal(nn.Module):
    """Ft = sigmoid(conv1x1x1(BN(ReLU(conv3x1x1 x)))): (B, C, T, H, W) → the same shape, equation 2.

    The ReLU comes before the normalisation, as printed.

    Args:
        channels: C; half as many between the two convolutions.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.steps = nn.Conv3d(channels, channels // 2, kernel_size=(3, 1, 1), padding=(1, 0, 0))
        self.norm = nn.BatchNorm3d(channels // 2)
        self.mix = nn.Conv3d(channels // 2, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.mix(self.norm(torch.relu(self.steps(x)))))


class ClipKernel(nn.Module):
    """G = sigmoid(FC(ReLU(FC(course of the channel)))): (B, C, T) → (B, C, 3), equation 3.

    What a channel is on average at each step of the clip becomes the weights of the step before, the step itself and
    the step after. The layers are made for clips of so many steps; of others the course is first brought to that many
    along straight lines.

    Args:
        steps: N of the layers N → 2N → 3.
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(steps, 2 * steps), nn.ReLU(), nn.Linear(2 * steps, 3))
        with torch.no_grad():  # sigmoid of them: 0.05, 0.95, 0.05
            self.layers[2].bias.copy_(torch.tensor([-3.0, 3.0, -3.0]))

    def forward(self, course: Tensor) -> Tensor:
        steps = self.layers[0].in_features
        if course.shape[2] != steps:
            course = F.interpolate(course, steps, mode="linear", align_corners=True)
        return torch.sigmoid(self.layers(course))
