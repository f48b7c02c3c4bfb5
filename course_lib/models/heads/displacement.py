"""How far off: the distance to the spot, learnt beside the classes (T-DEED).

A step two before a pass looks almost like the pass itself, and a target that is dilated says PASS there too. So each
step is also asked how far it lies from the event that its target names, and when spotting its scores go to where it
points: several steps that agree make one sharp spot.

A. Xarles et al., T-DEED: Temporal-Discriminability Enhancer Encoder-Decoder for Precise Event Spotting in Sports
Videos, 2024; what the paper leaves open as in the authors' program. Introduced in notebook x04.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.models.head import Batch, Head
from course_lib.models.losses import shared_divisor
from course_lib.models.targets import nearest_event

__all__ = ["DisplacementHead"]


class DisplacementHead(Head):
    """A linear layer to one number: (B, T, D) → "displacement" (B, T, 1), steps from the event to here.

    A step i whose target holds the class of an event at t, because |i - t| is at most the radius of the dilated
    targets, has the displacement i - t; every other step 0. The loss is the mean squared error over all steps. When
    spotting, the scores of step i move to i - round(d), clamped to the clip, before overlapping clips are averaged;
    where several arrive the largest of each class stays, and a step that all left says nothing.
    """

    target_names = ("displacement",)
    mixed = ("displacement",)
    # T-DEED's, at 12.5 steps a second.
    recipe = {"data.target_kind": "dilated", "data.target_radius": 2, "data.suppression": "soft"}

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, 1)
        self.answers = {"displacement": 1}

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        radius, rows = 0 if data.target_kind == "hard" else data.target_radius, []
        for video, length in zip(videos, lengths, strict=True):
            _, offset = nearest_event(video.events, data.classes, length, data.stride, video.fps)
            rows.append(np.where(np.abs(offset) <= radius, offset, 0)[:, None].astype(np.float32))
        return {"displacement": rows}

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {"displacement": self.linear(x)}  # (B, T, 1)

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        error = (outputs["displacement"].float() - batch["displacement"]).square().squeeze(-1)  # (B, T)
        return (error * batch["mask"]).sum() / shared_divisor(batch["mask"].sum(), 1)

    def settle(self, answers: dict[str, Tensor], mask: Tensor) -> dict[str, Tensor]:
        offset, scores = answers.pop("displacement").squeeze(-1), answers["probabilities"]  # (B, T), (B, T, K+1)
        steps = torch.arange(offset.shape[1], device=offset.device)
        first = mask.int().argmax(dim=1, keepdim=True)  # (B, 1), the first step of the clip that is no padding
        last = first + mask.sum(dim=1, keepdim=True) - 1
        to = (steps - offset.round().long()).clamp(first, last)  # (B, T)
        scores = scores * mask.unsqueeze(-1)  # padding has nothing to say
        moved = torch.zeros_like(scores).scatter_reduce(1, to.unsqueeze(-1).expand_as(scores), scores, "amax")
        return {**answers, "probabilities": moved}
