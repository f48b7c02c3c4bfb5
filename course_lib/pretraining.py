"""Backbones from simulated matches: what the simulator knows in every frame, asked beside the events.

An event is one step in thirty; a network that starts from nothing learns slowly from so little. The simulator knows
where the ball is at every step, so each step can be asked: in which cell of the picture is the ball (from a map in the
middle of the network, before space is averaged away), and, from the averaged vector that a neck will be given, where
is it, how fast and how high? With these answers in it, that vector is worth keeping. The extra heads are thrown away.

Auxiliary tasks: R. Caruana, Multitask Learning, 1997. Introduced in notebook 03.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.engine import Loss
from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.frame_store import FrameStore
from course_lib.losses import weighted_cross_entropy
from course_lib.models import Spotter

__all__ = ["LAYERS", "Layers", "PretrainingNetwork", "ball_targets", "pretraining_loss"]

BALL_FIELDS = ("on screen", "x", "y", "x velocity", "y velocity", "height")
SPEED_SCALE = 20.0  # a pass moves the ball by some 5 % of the picture's width a step: about 1 in these units
HEIGHT_SCALE_M = 4.0


class Layers(NamedTuple):
    """Names of a backbone's layers that are asked in pretraining.

    Attributes:
        cells: gives the map in which the ball is looked for, of an eighth of the picture's size.
        early: gives a map from which, averaged over space, the events are asked too; "" for none. X3D with four blocks
            ends there.
    """

    cells: str
    early: str = ""


LAYERS = {
    "x3d_s": Layers("blocks.2", "blocks.3"),
    "regnety_002": Layers("network.s2"),
    "efficientnet_b0": Layers("network.blocks.2"),
}
"""Of each backbone that can be pretrained."""


def ball_targets(video: Video, store: FrameStore) -> NDArray[np.float32]:
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
    frames = np.arange(store.num_steps) * store.settings.stride
    place = (ball_px / size_px)[frames]  # [num_steps, 2]
    velocity = np.gradient(place, axis=0) * SPEED_SCALE
    rows = np.column_stack([on_screen[frames], place, velocity, height_m[frames] / HEIGHT_SCALE_M])
    return np.where(on_screen[frames, None], np.clip(rows, -3, 3), 0).astype(np.float32)


class PretrainingNetwork(nn.Module):
    """A spotter with the heads that are only there to teach its backbone.

    Frames as for `Spotter` → "logits" (B, T, K+1), "cells" (B, T, h, w), "ball" (B, T, 5), and "early" (B, T, K+1)
    where there is such a layer.

    Args:
        spotter: of a backbone in `LAYERS`.
        layers: of that backbone.
        num_classes: K.
    """

    def __init__(self, spotter: Spotter, layers: Layers, num_classes: int) -> None:
        super().__init__()
        self.spotter = spotter
        self._maps: dict[str, Tensor] = {}
        for name, layer in layers._asdict().items():
            if layer:
                spotter.backbone.get_submodule(layer).register_forward_hook(self._keep(name))
        channels = self._channels()
        self.cells = nn.Linear(channels["cells"], 1)
        self.ball = nn.Linear(spotter.backbone.dim, len(BALL_FIELDS) - 1)
        self.early = nn.Linear(channels["early"], num_classes + 1) if layers.early else None

    def _keep(self, name: str):
        def hook(module: nn.Module, inputs: tuple, output: Tensor) -> None:
            self._maps[name] = output

        return hook

    def _channels(self) -> dict[str, int]:
        training = self.spotter.training
        with torch.no_grad():
            self.spotter.eval().encode(torch.zeros(1, 1, 3, 64, 64))
        self.spotter.train(training)
        return {name: found.shape[1] for name, found in self._maps.items()}

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        B, T = frames.shape[:2]
        x = self.spotter.encode(frames)  # (B, T, D)
        answers = self.spotter(x)
        if self.training:  # validation asks for events alone
            answers["ball"] = self.ball(x)
            answers["cells"] = self.cells(_steps_first(self._maps["cells"], B, T)).squeeze(-1)  # (B, T, h, w)
            if self.early is not None:
                answers["early"] = self.early(_steps_first(self._maps["early"], B, T).mean(dim=(2, 3)))
        self._maps.clear()
        return answers


def _steps_first(x: Tensor, B: int, T: int) -> Tensor:
    """(B, C, T, h, w) of a 3D network, or (B·T, C, h, w) of a 2D one → (B, T, h, w, C)."""
    return x.permute(0, 2, 3, 4, 1) if x.ndim == 5 else x.permute(0, 2, 3, 1).unflatten(0, (B, T))


def pretraining_loss(class_weights: Sequence[float] | Tensor, ball_weight: float = 1.0) -> Loss:
    """The loss of a `PretrainingNetwork`: events, and the ball where it is on screen.

    Cross-entropy of the events, as in any training; cross-entropy over the cells of the map; smooth L1 (threshold 0.1)
    of place, velocity and height.

    Args:
        class_weights: (K+1,) for the events.
        ball_weight: of the two ball tasks together, beside 1 for the events.
    """
    weights = torch.as_tensor(class_weights)

    def loss(answers: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
        target, mask, ball = batch["target"], batch["mask"], batch["ball"]
        total = weighted_cross_entropy(answers["logits"], target, weights.to(target.device), mask)
        if "early" in answers:
            total = total + 0.5 * weighted_cross_entropy(answers["early"], target, weights.to(target.device), mask)
        on_screen = ball[..., 0] > 0  # (B, T); padding is 0
        if on_screen.any():
            h, w = answers["cells"].shape[2:]
            known = ball[on_screen]  # (N, 6)
            column = (known[:, 1] * w).long().clamp(0, w - 1)
            row = (known[:, 2] * h).long().clamp(0, h - 1)
            cells = F.cross_entropy(answers["cells"][on_screen].flatten(1), row * w + column)
            motion = F.smooth_l1_loss(answers["ball"][on_screen], known[:, 1:], beta=0.1)
            total = total + ball_weight * (0.3 * cells + 2.0 * motion)
        return total

    return loss
