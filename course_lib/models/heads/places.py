"""Where in the picture: two heads for the place of what happens. Introduced in notebook 09."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import DataConfig, TrainConfig
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.models.head import Batch, Head
from course_lib.models.losses import heat_loss, place_loss
from course_lib.models.targets import place_targets

__all__ = ["HeatHead", "PlaceHead", "flip_places"]


def flip_places(xy: Tensor, flipped: Tensor) -> Tensor:
    """Places in clips of which some were mirrored: x becomes 1 - x there.

    Args:
        xy: float [B, T, n], x first, as a fraction of the width.
        flipped: bool [B].
    """
    x = torch.where(flipped[:, None], 1 - xy[..., 0], xy[..., 0])
    return torch.cat([x.unsqueeze(-1), xy[..., 1:]], dim=-1)


class _WhereHead(Head):
    """What both have in common: the question. Half way between two balls is none, so places cannot be mixed."""

    target_names = ("xy",)
    fields = ("xy",)

    def __init__(self) -> None:
        super().__init__()
        self.answers = {"xy": 2}

    def targets(self, videos: Sequence[Video], lengths: Sequence[int], data: DataConfig) -> dict[str, list[NDArray]]:
        rows = [
            place_targets(video.events, data.classes, length, data.stride, data.xy_radius, video.fps)
            for video, length in zip(videos, lengths, strict=True)
        ]
        if not any(of_video[:, 2].any() for of_video in rows):
            raise InputError(f"{data.dataset}: no training label has a place (xy); expected some for +xy or +heat")
        return {"xy": rows}

    def mirror(self, batch: Batch, flipped: Tensor) -> Batch:
        return {**batch, "xy": flip_places(batch["xy"], flipped)}

    def unmirror(self, answers: dict[str, Tensor]) -> dict[str, Tensor]:
        xy = answers["xy"]
        return {**answers, "xy": flip_places(xy, torch.ones(len(xy), dtype=torch.bool, device=xy.device))}

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        return train.xy_weight * place_loss(outputs["xy"], batch["xy"])

    def lr_factor(self, train: TrainConfig) -> float:
        return train.xy_lr_factor


class PlaceHead(_WhereHead):
    """Where in the picture it would be if something happened at this step: (B, T, D) → "xy" (B, T, 2).

    Linear D → 3D, ReLU, linear 3D → D, linear D → 2, sigmoid: x and y as fractions of width and height, (0, 0) top
    left. No ReLU stands between the last two, as in the authors' program (STES, the spotter published with VNL-STES).
    It reads the backbone's features, not the neck's: what a neck adds of other moments says nothing of where the ball
    is now. It learns only at steps that have a place.
    """

    reads = "features"

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim, 3 * dim), nn.ReLU(), nn.Linear(3 * dim, dim), nn.Linear(dim, 2))

    def forward(self, x: Tensor, batch: Batch | None = None) -> dict[str, Tensor]:
        return {"xy": self.layers(x).sigmoid()}  # (B, T, 2)


class HeatHead(_WhereHead):
    """The same answer from a heat map over the picture, made of what the backbone sees before it averages.

    Each of the backbone's maps gives scores to its cells (a linear layer to 32 channels, ReLU, a linear layer to one);
    those of the smaller maps, which know what happens, are stretched and added to those of the largest, which knows
    where. A softmax over the cells makes shares of the scores, and the answer is the mean of the cells' centres,
    weighted by them. Nothing in it is tied to a part of the picture: it has to point at something.

    Long et al., Fully Convolutional Networks for Semantic Segmentation, 2015 (the sum over sizes); Nibali et al.,
    Numerical Coordinate Regression with Convolutional Neural Networks, 2018 (the mean of the shares).

    Args:
        dims: channels of the maps, the largest map first.
    """

    reads = "maps"

    def __init__(self, dims: Sequence[int], width: int = 32) -> None:
        super().__init__()
        self.scores = nn.ModuleList(
            nn.Sequential(nn.Conv3d(dim, width, 1), nn.ReLU(inplace=True), nn.Conv3d(width, 1, 1)) for dim in dims
        )

    def heat(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps (B, C, T, h, w) of several sizes → a score for each cell of the first one's grid: (B, T, h, w)."""
        large, *smaller = (score(map)[:, 0] for score, map in zip(self.scores, maps, strict=True))  # (B, T, h, w) each
        stretch = partial(F.interpolate, size=large.shape[2:], mode="bilinear", align_corners=False)
        return sum((stretch(scores) for scores in smaller), start=large)

    def place(self, heat: Tensor) -> Tensor:
        """(B, T, h, w) → (B, T, 2): x and y as fractions of width and height."""
        shares = heat.flatten(2).softmax(dim=-1).view_as(heat)
        x, y = (torch.arange(0.5, size, device=heat.device) / size for size in (heat.shape[3], heat.shape[2]))
        return torch.stack([(shares.sum(dim=2) * x).sum(dim=-1), (shares.sum(dim=3) * y).sum(dim=-1)], dim=-1)

    def forward(self, x: Sequence[Tensor], batch: Batch | None = None) -> dict[str, Tensor]:
        heat = self.heat(x)  # (B, T, h, w)
        return {"heat": heat, "xy": self.place(heat)}

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch, train: TrainConfig) -> Tensor:
        return super().loss(outputs, batch, train) + train.heat_weight * heat_loss(outputs["heat"], batch["xy"])
