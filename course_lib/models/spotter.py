"""The Spotter: backbone, neck and heads in one network.

The backbone turns pictures into one vector a step, the neck lets the steps look at each other, the heads answer.
Every system of the course is one of these, so that the training loop, inference and decoding are written once.
Introduced in notebook 02.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from course_lib.models.heads import HeatHead

__all__ = ["Spotter"]


class Spotter(nn.Module):
    """Frames in, one answer a step out.

    Args:
        backbone: see `course_lib.models.backbones`.
        neck: (B, T, D) → (B, T, D), or `nn.Identity()`.
        heads: by the name of what they answer; "logits" is the class head, "xy" the head for places. That one reads
            what the backbone gives, or its maps (`HeatHead`); the class head what the neck gives.
        origin: where the backbone's weights come from, in words.
    """

    def __init__(self, backbone: nn.Module, neck: nn.Module, heads: Mapping[str, nn.Module], origin: str = "") -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.heads = nn.ModuleDict(heads)
        self.origin = origin
        self.reads_maps = isinstance(heads.get("xy"), HeatHead)
        self.backbone_frozen = False
        std = torch.tensor(backbone.std)
        # (x - mean) / std as x * scale + shift. Not kept with the weights: they follow from the backbone.
        self.register_buffer("scale", (1 / std).view(3, 1, 1), persistent=False)
        self.register_buffer("shift", (-torch.tensor(backbone.mean) / std).view(3, 1, 1), persistent=False)

    def freeze_backbone(self) -> None:
        """Keep the backbone as it is: no gradient reaches it, and its batch statistics stay, also in training mode."""
        self.backbone_frozen = True
        self.backbone.requires_grad_(False)
        self.backbone.eval()

    def train(self, mode: bool = True) -> "Spotter":
        """As for every module, but a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.backbone_frozen:
            self.backbone.eval()
        return self

    def encode(self, frames: Tensor) -> Tensor:
        """What the backbone makes of the frames.

        Args:
            frames: (B, T, 3, H, W), uint8 in 0..255 or float in [0, 1]; any T from 1 up.

        Returns:
            Features, float (B, T, D). Of a spotter that reads places off a heat map also these, (B, T, D + 2): nothing
            of the maps is left afterwards.

        Raises:
            ValueError: the frames have another shape.
        """
        features, answers = self._encode(frames)
        return torch.cat([features, answers["xy"]], dim=-1) if self.reads_maps else features

    def _encode(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (B, T, D), and what was read off the maps on the way."""
        if frames.ndim != 5 or frames.shape[2] != 3:
            raise ValueError(f"frames must have the shape (B, T, 3, H, W), not {tuple(frames.shape)}")
        scale = self.scale / 255 if frames.dtype == torch.uint8 else self.scale
        x = torch.addcmul(self.shift, frames.float(), scale)  # one pass over the largest array of all
        if not self.reads_maps:
            return self.backbone(x), {}
        maps, head = self.backbone.maps(x), self.heads["xy"]
        heat = head.heat(maps)  # (B, T, h, w)
        return self.backbone.pool(maps[-1]), {"heat": heat, "xy": head(heat)}

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Score every step.

        Args:
            frames: (B, T, 3, H, W) as for `encode`; or, where that was done before, what it gave.

        Returns:
            What each head says, by its name: "logits" (B, T, K+1), class 0 background; of a spotter that says where,
            "xy" (B, T, 2) in [0, 1]; of one that reads it off a heat map, and was given pictures, also the scores of
            the map's cells, "heat" (B, T, h, w).

        Raises:
            ValueError: the frames have another shape.
        """
        if frames.ndim == 3 and frames.is_floating_point():
            features, places = frames.tensor_split([self.backbone.dim], dim=-1)  # (B, T, D) and (B, T, 2 or 0)
            answers = {"xy": places} if self.reads_maps else {}
        else:
            features, answers = self._encode(frames)
        if "xy" in self.heads and not self.reads_maps:
            answers["xy"] = self.heads["xy"](features)
        return {"logits": self.heads["logits"](self.neck(features)), **answers}
