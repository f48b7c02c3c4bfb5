"""The Spotter: backbone, neck and heads in one network.

The backbone turns pictures into one vector a step, the neck lets the steps look at each other, the heads answer.
Every system of the course is one of these, so that the training loop, inference and decoding are written once.
Introduced in notebook 02.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from course_lib.models.head import Batch, Head

__all__ = ["Spotter"]


class Spotter(nn.Module):
    """Frames in, one answer a step out.

    Args:
        backbone: see `course_lib.models.zoo`.
        neck: (B, T, D) → (B, T, D), or `nn.Identity()`; one whose attribute `uses_mask` is true is called with the
            mask too.
        heads: by their name in `HEADS`; see `course_lib.models.head`.
        origin: where the backbone's weights come from, in words.
    """

    def __init__(self, backbone: nn.Module, neck: nn.Module, heads: Mapping[str, Head], origin: str = "") -> None:
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

    def with_backbone(self, backbone: nn.Module) -> "Spotter":
        """The same spotter, neck, heads and all, with another backbone that gives the same vectors."""
        other = copy.copy(self)
        other._modules = {**self._modules, "backbone": backbone}  # a dictionary of its own, of the same modules
        return other

    def encode(self, frames: Tensor) -> Tensor:
        """What the backbone makes of the frames.

        Args:
            frames: (B, T, 3, H, W), uint8 in 0..255 or float in [0, 1]; any T from 1 up.

        Returns:
            Features, float (B, T, D). Heads that read the backbone's maps answer on the way, since nothing of the maps
            is left afterwards: their answers are the columns from D on.

        Raises:
            ValueError: the frames have another shape.
        """
        features, outputs = self._encode(frames, {})
        answers = [head.answer(outputs)[name] for head in self._on_maps() for name in head.answers]
        return torch.cat([features, *answers], dim=-1) if answers else features

    def _on_maps(self) -> list[Head]:
        """The heads that read the backbone's maps; of those that answer nothing, none but in training."""
        return [head for head in self.heads.values() if head.reads == "maps" and (head.answers or self.training)]

    def _encode(self, frames: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (B, T, D), and what was read off the maps on the way."""
        if frames.ndim != 5 or frames.shape[2] != 3:
            raise ValueError(f"frames must have the shape (B, T, 3, H, W), not {tuple(frames.shape)}")
        scale = self.scale / 255 if frames.dtype == torch.uint8 else self.scale
        x = torch.addcmul(self.shift, frames.float(), scale)  # one pass over the largest array of all
        heads = self._on_maps()
        if not heads:
            return self.backbone(x), {}
        maps, outputs = self.backbone.maps(x), {}
        for head in heads:
            outputs |= head(maps, batch)
        return self.backbone.pool(maps[-1]), outputs

    def forward(self, batch: Batch | Tensor) -> dict[str, Tensor]:
        """Ask every head about every step.

        Args:
            batch: its "frames" are (B, T, 3, H, W) as for `encode`, or, where that was done before, what it gave. A
                tensor stands for a batch of nothing else.

        Returns:
            All that the heads put out, by name: "logits" (B, T, K+1) of the class head, class 0 background, and so on;
            see their `forward`.

        Raises:
            ValueError: the frames have another shape.
        """
        batch = batch if isinstance(batch, Mapping) else {"frames": batch}
        frames = batch["frames"]
        if frames.ndim == 3 and frames.is_floating_point():
            widths = {name: width for head in self._on_maps() for name, width in head.answers.items()}
            features, *answers = frames.split([self.backbone.dim, *widths.values()], dim=-1)
            outputs = dict(zip(widths, answers, strict=True))
        else:
            features, outputs = self._encode(frames, batch)
        views = {"features": features, "vectors": self._through_neck(features, batch.get("mask"))}
        for head in self.heads.values():
            if head.reads in views:
                outputs |= head(views[head.reads], batch)
        return outputs

    def _through_neck(self, x: Tensor, mask: Tensor | None) -> Tensor:
        for part in self.neck if isinstance(self.neck, nn.Sequential) else [self.neck]:
            x = part(x, mask) if getattr(part, "uses_mask", False) else part(x)
        return x

    def answer(self, batch: Batch | Tensor, mirrored: bool = False) -> dict[str, Tensor]:
        """What there is to say of every step of clips: float32 (B, T, n) each, to be averaged where clips overlap.

        "probabilities" are those of the classes, a distribution (B, T, K+1), class 0 background, or independent ones
        (B, T, K), as the class head has it; the others are named after the field of an `Event` that they fill.

        Args:
            batch: as for `forward`.
            mirrored: left and right of its frames, or of those that its features were made of, were exchanged; the
                answers are for the clips as they were filmed.
        """
        batch = batch if isinstance(batch, Mapping) else {"frames": batch}
        outputs, frames = self(batch), batch["frames"]
        mask = batch.get("mask", torch.ones(frames.shape[:2], dtype=torch.bool, device=frames.device))
        answers = {name: value for head in self.heads.values() for name, value in head.answer(outputs).items()}
        for head in self.heads.values():
            answers = head.settle(answers, mask)
        for head in self.heads.values() if mirrored else ():
            answers = head.unmirror(answers)
        return answers
