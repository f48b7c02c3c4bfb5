"""The Spotter: backbone, neck and heads in one network.

The backbone turns pictures into one vector a step, the neck lets the steps look at each other, the heads answer.
Every system of the course is one of these, so that the training loop, inference and decoding are written once.
Introduced in notebook 02.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["Spotter"]


class Spotter(nn.Module):
    """Frames in, one answer a step out.

    Args:
        backbone: see `course_lib.models.backbones`.
        neck: (B, T, D) → (B, T, D), or `nn.Identity()`.
        heads: by the name of what they answer; "logits" is the class head, "xy" the head for places. That one reads
            what the backbone gives, the others what the neck gives.
        origin: where the backbone's weights come from, in words.
    """

    def __init__(self, backbone: nn.Module, neck: nn.Module, heads: Mapping[str, nn.Module], origin: str = "") -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.heads = nn.ModuleDict(heads)
        self.origin = origin
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
            Features, float (B, T, D).

        Raises:
            ValueError: the frames have another shape.
        """
        if frames.ndim != 5 or frames.shape[2] != 3:
            raise ValueError(f"frames must have the shape (B, T, 3, H, W), not {tuple(frames.shape)}")
        scale = self.scale / 255 if frames.dtype == torch.uint8 else self.scale
        x = torch.addcmul(self.shift, frames.float(), scale)  # one pass over the largest array of all
        return self.backbone(x)  # (B, T, D)

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Score every step.

        Args:
            frames: (B, T, 3, H, W) as for `encode`; or, where that was done before, its features, float (B, T, D).

        Returns:
            What each head says, by its name: "logits" (B, T, K+1), class 0 background; of a spotter that says where,
            "xy" (B, T, 2) in [0, 1].

        Raises:
            ValueError: the frames have another shape.
        """
        encoded = frames.ndim == 3 and frames.is_floating_point()
        features = frames if encoded else self.encode(frames)  # (B, T, D)
        x = self.neck(features)  # (B, T, D')
        return {name: head(features if name == "xy" else x) for name, head in self.heads.items()}
