"""Backbones from simulated matches: what the simulator knows in every frame, asked beside the events.

An event is one step in thirty; a network that starts from nothing learns slowly from so little. The simulator knows
where the ball is at every step, so each step can be asked: in which cell of the picture is the ball (from a map in the
middle of the network, before space is averaged away), and, from the averaged vector that a neck will be given, where
is it, how fast and how high? With these answers in it, that vector is worth keeping. The questions are heads like any
other, but they answer nothing when spotting, and are thrown away.

Auxiliary tasks: R. Caruana, Multitask Learning, 1997. Introduced in notebook 03.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.models.head import Batch, Head, Sizes
from course_lib.models.heads.classes import ClassHead

__all__ = ["PRETRAINING_HEADS", "BallCellHead", "BallMotionHead", "EarlyHead", "ball_targets"]

BALL_FIELDS = ("on screen", "x", "y", "x velocity", "y velocity", "height")
SPEED_SCALE = 20.0  # a pass moves the ball by some 5 % of the picture's width a step: about 1 in these units
HEIGHT_SCALE_M = 4.0
CELLS_MAP, EARLY_MAP = 1, 2  # of the backbone's maps: an eighth and a sixteenth of the picture's size


def ball_targets(video: Video, num_steps: int, stride: int) -> NDArray[np.float32]:
    """What the simulator knows of the ball, float32 [num_steps, 6].

    Columns: 1 if on screen, else 0; place in the picture from 0 to 1, x and y; velocity in both directions, in
    `1 / SPEED_SCALE` of the picture a step; height over the ground in units of `HEIGHT_SCALE_M`. Rows of a ball that is
    not on screen are 0.

    Raises:
        InputError: there is no tracks.npz beside the video (it is not a simulated one), or it is of another length.
    """
    path = Path(video.path or "").parent / "tracks.npz"
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the tracks of a simulated match beside its video")
    with np.load(path) as tracks:
        ball_px, size_px = tracks["ball_px"], tracks["size_px"]
        on_screen, height_m = tracks["ball_on_screen"], tracks["ball_m"][:, 2]
    if len(ball_px) != video.num_frames:
        raise InputError(f"{path}: {len(ball_px)} frames; expected {video.num_frames}, as the video has")
    frames = np.arange(num_steps) * stride
    place = (ball_px / size_px)[frames]  # [num_steps, 2]
    velocity = np.gradient(place, axis=0) * SPEED_SCALE
    rows = np.column_stack([on_screen[frames], place, velocity, height_m[frames] / HEIGHT_SCALE_M])
    return np.where(on_screen[frames, None], np.clip(rows, -3, 3), 0).astype(np.float32)


class BallMotionHead(Head):
    """Where the ball is, how fast and how high, from the vector of a step: (B, T, D) → "motion" (B, T, 5).

    Smooth L1 (threshold 0.1) where the ball is on screen, weight 2.
    """

    reads = "features"
    target_names = ("ball",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, len(BALL_FIELDS) - 1)

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        pairs = zip(videos, lengths, strict=True)
        return {"ball": [ball_targets(video, length, data.stride) for video, length in pairs]}

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {"motion": self.linear(x)}

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        on_screen = batch["ball"][..., 0] > 0  # (B, T); padding is 0
        if not on_screen.any():
            return outputs["motion"].sum() * 0
        return 2.0 * F.smooth_l1_loss(outputs["motion"][on_screen], batch["ball"][on_screen][:, 1:], beta=0.1)


class BallCellHead(Head):
    """In which cell the ball is, from a map before space is averaged away: → "cells" (B, T, h, w), scores.

    Cross-entropy over the cells where the ball is on screen, weight 0.3. Its targets are those of `BallMotionHead`.
    """

    reads = "maps"
    target_names = ("ball",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, 1)

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        return cls(sizes.maps[CELLS_MAP])

    def forward(self, x: Sequence[Tensor], batch: Batch | None = None) -> dict[str, Tensor]:
        return {"cells": self.linear(x[CELLS_MAP].permute(0, 2, 3, 4, 1)).squeeze(-1)}  # (B, T, h, w)

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        on_screen = batch["ball"][..., 0] > 0  # (B, T)
        if not on_screen.any():
            return outputs["cells"].sum() * 0
        h, w = outputs["cells"].shape[2:]
        known = batch["ball"][on_screen]  # (N, 6)
        column = (known[:, 1] * w).long().clamp(0, w - 1)
        row = (known[:, 2] * h).long().clamp(0, h - 1)
        return 0.3 * F.cross_entropy(outputs["cells"][on_screen].flatten(1), row * w + column)


class EarlyHead(ClassHead):
    """The events from a map in the middle, averaged over space: X3D with four blocks ends there. → "early" (B, T, K+1).

    Cross-entropy as of the class head, weight 0.5.
    """

    reads = "maps"

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__(channels, num_classes, dropout=0.0)
        self.answers = {}

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        return cls(sizes.maps[EARLY_MAP], sizes.num_classes)

    def forward(self, x: Sequence[Tensor], batch: Batch | None = None) -> dict[str, Tensor]:
        (scores,) = super().forward(x[EARLY_MAP].mean(dim=(3, 4)).transpose(1, 2)).values()
        return {"early": scores}

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        return 0.5 * super().loss({"logits": outputs["early"]}, batch, train)

    def answer(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {}


_BALL: dict[str, Callable[[Sizes], Head]] = {"ball_cell": BallCellHead.of, "ball_motion": BallMotionHead.of}
PRETRAINING_HEADS: dict[str, dict[str, Callable[[Sizes], Head]]] = {
    "x3d_s": _BALL | {"early": EarlyHead.of},
    "regnety_002": _BALL,
    **{f"regnety_002_{kind}": _BALL for kind in ("gsm", "gsf", "msagsm", "astrm")},
    "efficientnet_b0": _BALL,
}
"""Of each backbone that can be pretrained, the heads that it is taught by beside the class head."""
