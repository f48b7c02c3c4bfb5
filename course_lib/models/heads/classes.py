"""What happens: scores of the classes at every step, of which one is right, or each by itself.

Introduced in notebook 02; independent classes in notebook 08.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.models.head import Batch, Head, Sizes
from course_lib.models.losses import binary_cross_entropy, class_weights, count_weights, weighted_cross_entropy
from course_lib.models.targets import frame_targets

__all__ = ["BinaryHead", "ClassHead"]


class ClassHead(Head):
    """Dropout, then one linear layer: (B, T, D) → "logits" (B, T, K+1); class 0 is background.

    Its answer is a distribution, the softmax of these scores; its loss their weighted cross-entropy with the targets,
    which are hard, dilated or soft as the configuration says; with `train.focal_gamma` it is focal, with
    `train.class_weights` rare classes may weigh more.
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
        # Of each class, once they are known; they follow from the labels, so weights need not hold them.
        self.register_buffer("counts", torch.zeros(num_classes), persistent=False)
        self.counted = False

    @classmethod
    def of(cls, sizes: Sizes) -> Self:
        return cls(sizes.vectors, sizes.num_classes, sizes.dropout)

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        rows = [frame_targets(v.events, length, data, v.fps) for v, length in zip(videos, lengths, strict=True)]
        return {"target": rows}

    def count(self, events: Mapping[str, int]) -> None:
        if len(events) == len(self.counts):
            self.counts.copy_(torch.tensor([float(number) for number in events.values()]))
            self.counted = True

    def weights(self, train: TrainConfig) -> Tensor:
        """Of background and of each class, float32 (K+1,).

        Raises:
            InputError: they go by how often classes occur, and nobody said so.
        """
        if train.class_weights != "equal" and not self.counted:
            raise InputError(
                f"train.class_weights is {train.class_weights!r}, but the events of this head's classes were not "
                "counted; expected 'equal'"
            )
        if train.class_weights == "equal":
            return class_weights(len(self.counts), train.event_weight, self.counts.device)
        return count_weights(self.counts, train.event_weight, train.class_weights, train.effective_beta)

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {"logits": self.linear(self.dropout(x))}  # (B, T, K+1)

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        weights = self.weights(train)
        return weighted_cross_entropy(outputs["logits"], batch["target"], weights, batch["mask"], train.focal_gamma)

    def answer(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"probabilities": outputs["logits"].float().softmax(dim=-1)}


PRIOR = 0.01
"""What a class is taken for before anything is learnt: most steps hold none (Lin et al., 2017, section 4.1)."""


class BinaryHead(ClassHead):
    """Each class by itself: (B, T, D) → "logits" (B, T, K), no background; in place of a `ClassHead`.

    A step may then hold two classes or none, as after mixup it does. Its answer is the sigmoid of each score; its loss
    the binary cross-entropy, focal with `train.focal_gamma`, balanced with `train.focal_balance`. Targets are those of
    `ClassHead`, without their first column.
    """

    def __init__(self, dim: int, num_classes: int, dropout: float = 0.5) -> None:
        super().__init__(dim, num_classes, dropout)
        self.linear = nn.Linear(dim, num_classes)
        nn.init.constant_(self.linear.bias, math.log(PRIOR / (1 - PRIOR)))
        self.answers = {"probabilities": num_classes}

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        target, weights = batch["target"][..., 1:], self.weights(train)[1:]
        focal = train.focal_gamma, train.focal_balance
        return binary_cross_entropy(outputs["logits"], target, weights, batch["mask"], *focal)

    def answer(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"probabilities": outputs["logits"].float().sigmoid()}
