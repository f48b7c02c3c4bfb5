"""What happens: one score for background and one for each class, at every step. Introduced in notebook 02."""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.models.head import Batch, Head, Sizes
from course_lib.models.losses import class_weights, weighted_cross_entropy
from course_lib.models.targets import frame_targets

__all__ = ["ClassHead"]


class ClassHead(Head):
    """Dropout, then one linear layer: (B, T, D) → "logits" (B, T, K+1); class 0 is background.

    Its answer is a distribution, the softmax of these scores; its loss their weighted cross-entropy with the targets,
    which are hard, dilated or soft as the configuration says.
    """

    target_names = ("target",)
    mixed = ("target",)
    class_rows = ("linear.weight", "linear.bias")

    def __init__(self, dim: int, num_classes: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(dim, num_classes + 1)
        self.answers = {"probabilities": num_classes + 1}
        self.padding = {"target": np.eye(1, num_classes + 1, dtype=np.float32)[0]}  # background

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        return cls(sizes.vectors, sizes.num_classes, sizes.dropout)

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        rows = [frame_targets(v.events, length, data, v.fps) for v, length in zip(videos, lengths, strict=True)]
        return {"target": rows}

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {"logits": self.linear(self.dropout(x))}  # (B, T, K+1)

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        logits = outputs["logits"]
        weights = class_weights(logits.shape[-1] - 1, train.event_weight, logits.device)
        return weighted_cross_entropy(logits, batch["target"], weights, batch["mask"])

    def answer(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"probabilities": outputs["logits"].float().softmax(dim=-1)}
