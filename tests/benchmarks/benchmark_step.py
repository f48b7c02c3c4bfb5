"""A training step and the spotting of a whole video, ours beside the same network as it is usually written.

    python tests/benchmarks/benchmark_step.py [--quick] [--system NAME@WxH ...]

The plain one: every frame normalised by torchvision in float32, tensors in the plain layout, PyTorch's own gradients
of depthwise convolutions, pytorchvideo's own Swish, AdamW a tensor at a time, cross-entropy over hard labels; a video
goes through in clips that overlap by half, pictures and all, four clips at a time, their probabilities averaged. Logits
and losses of both are equal, which is checked before anything is timed. Both run in turn on one thread; the ratio is of
the medians of their processor times, above 1 where ours is quicker.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from pytorchvideo.layers.swish import Swish
from torch import Tensor, nn
from torchvision.transforms.functional import normalize

from course_lib.config import Config, override
from course_lib.models.backbones_3d import X3D
from course_lib.models.depthwise import DepthwiseConv3d
from course_lib.models.spotter import Spotter
from course_lib.models.zoo import build
from course_lib.profiles import profile
from course_lib.spotting.inference import score_video
from course_lib.training.optim import OPTIMIZERS

__all__ = ["PlainSpotter", "figures", "plain_scores"]


class Measured(NamedTuple):
    """A system, its picture, clips and frames a clip of a training step, and frames a clip when a video is spotted."""

    system: str
    width: int
    height: int
    clips: int
    clip_len: int
    spotted_len: int


STEPS = (
    Measured("regnety_002+fc", 398, 224, 1, 16, 50),
    Measured("e2e_spot", 224, 224, 1, 16, 100),
    Measured("x3d_s+ed", 112, 64, 2, 32, 50),
    Measured("x3d_s+ed", 398, 224, 1, 16, 50),
)
QUICK = ("e2e_spot@224x224", "x3d_s+ed@112x64")
VIDEO_CLIPS = 3  # length of the video that is spotted, in clips
MOST_APART = 2e-3  # of logits and probabilities: float32 in another order of summing
LR, DECAY, EVENT_WEIGHT = 1e-4, 0.01, 5.0


class PlainSpotter(nn.Module):
    """The same network and weights, written as one would without a thought for speed.

    Args:
        spotter: of a backbone for pictures or X3D, with a head for classes alone; not changed.
    """

    def __init__(self, spotter: Spotter) -> None:
        super().__init__()
        plain = copy.deepcopy(spotter)
        for module in plain.modules():
            if type(module) is DepthwiseConv3d:
                module.__class__ = nn.Conv3d
            for name, child in module.named_children():
                if isinstance(plain.backbone, X3D) and isinstance(child, nn.SiLU):
                    setattr(module, name, Swish())
        for parameter in plain.parameters():
            parameter.data = parameter.data.contiguous()
        self.backbone, self.neck, self.head = plain.backbone, plain.neck, plain.heads["classes"]
        if not isinstance(self.backbone, X3D):
            self.backbone._laid_out = self._laid_out

    def _laid_out(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W) → (B·T, 3, H, W), in the plain layout."""
        for shift in getattr(self.backbone, "shifted", ()):
            shift.num_steps = frames.shape[1]
        return frames.flatten(0, 1).contiguous()

    def normalised(self, frames: Tensor) -> Tensor:
        """uint8 (B, T, 3, H, W) → float32, frame by frame."""
        mean, std = list(self.backbone.mean), list(self.backbone.std)
        clips = [torch.stack([normalize(frame.float() / 255, mean, std) for frame in clip]) for clip in frames]
        return torch.stack(clips)

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 (B, T, 3, H, W) → logits (B, T, K+1)."""
        x = self.normalised(frames)
        if isinstance(self.backbone, X3D):
            x = self.backbone.blocks(x.transpose(1, 2).contiguous()).mean(dim=(3, 4)).transpose(1, 2)  # (B, T, D)
        else:
            x = self.backbone(x)
        return self.head(self.neck(x))["logits"]


def our_step(spotter: Spotter, frames: Tensor, classes: Tensor, config: Config) -> Callable[[], Tensor]:
    """A step as the training loop makes it: gives the loss."""
    optimizer = OPTIMIZERS["adamw"](spotter, LR, DECAY)
    target = F.one_hot(classes, len(config.data.classes) + 1).float()
    batch = {"frames": frames, "mask": torch.ones(classes.shape, dtype=torch.bool), "target": target}

    def step() -> Tensor:
        optimizer.zero_grad()
        outputs = spotter(batch)
        loss = sum(head.loss(outputs, batch, config.train) for head in spotter.heads.values())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(spotter.parameters(), config.train.clip_norm)
        optimizer.step()
        return loss.detach()

    return step


def plain_step(plain: PlainSpotter, frames: Tensor, classes: Tensor, config: Config) -> Callable[[], Tensor]:
    """The same step written plainly."""
    optimizer = torch.optim.AdamW(plain.parameters(), LR, weight_decay=DECAY, foreach=False)
    weight = torch.tensor([1.0] + [EVENT_WEIGHT] * len(config.data.classes))

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(plain(frames).flatten(0, 1), classes.flatten(), weight=weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), config.train.clip_norm)
        optimizer.step()
        return loss.detach()

    return step


class Pictures:
    """A video in memory, as a store: uint8 [T, H, W, 3]."""

    in_memory = True

    def __init__(self, pictures: np.ndarray) -> None:
        self.pictures, self.num_steps = pictures, len(pictures)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.pictures[start:stop]


def plain_scores(plain: PlainSpotter, pictures: np.ndarray, clip_len: int) -> np.ndarray:
    """Probabilities (T, K+1) of a video of whole half clips: clips that overlap by half, averaged."""
    frames = torch.from_numpy(pictures).permute(0, 3, 1, 2)  # (T, 3, H, W)
    starts = range(0, len(frames) - clip_len + 1, clip_len // 2)
    total, counted = None, torch.zeros(len(frames), 1)
    with torch.no_grad():
        for first in range(0, len(starts), 4):
            some = starts[first : first + 4]
            probabilities = plain(torch.stack([frames[start : start + clip_len] for start in some])).softmax(dim=-1)
            total = torch.zeros(len(frames), probabilities.shape[-1]) if total is None else total
            for start, rows in zip(some, probabilities, strict=True):
                total[start : start + clip_len] += rows
                counted[start : start + clip_len] += 1
    return (total / counted).numpy()


def ratio(plain: Callable[[], object], ours: Callable[[], object], repeats: int) -> float:
    """Median processor time of the first over that of the second, in turn, after one of each to warm up."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats + 1):
        for place, work in enumerate((plain, ours)):
            start = time.process_time()
            work()
            if turn:
                times[place].append(time.process_time() - start)
    return statistics.median(times[0]) / statistics.median(times[1])


def compare(measured: Measured, repeats: int) -> dict[str, float]:
    """Figures of one system.

    Raises:
        RuntimeError: the two do not say the same.
    """
    system, width, height, clips, clip_len, spotted_len = measured
    values = {"data.width": width, "data.height": height, "data.clip_len": spotted_len, "model.frozen_backbone": False}
    config = override(profile("smoke", system), values | {"train.event_weight": EVENT_WEIGHT})
    torch.manual_seed(0)
    spotter = build(system, len(config.data.classes), weights="none", dropout=0.0)
    plain = PlainSpotter(spotter)
    random = np.random.default_rng(0)
    video = random.integers(0, 256, (VIDEO_CLIPS * spotted_len, height, width, 3), np.uint8)
    frames = torch.from_numpy(video[: clips * clip_len]).permute(0, 3, 1, 2).contiguous()
    frames = frames.unflatten(0, (clips, clip_len))  # (B, T, 3, H, W)
    classes = torch.from_numpy(random.integers(0, len(config.data.classes) + 1, (clips, clip_len)))

    spotter.eval(), plain.eval()
    with torch.no_grad():
        apart = float((spotter(frames)["logits"] - plain(frames)).abs().max())
    if not apart < MOST_APART:
        raise RuntimeError(f"{system}: logits are {apart} apart; expected one network written in two ways")
    seen = {"ours": 0}
    hook = spotter.backbone.register_forward_hook(lambda _, args, __: seen.update(ours=seen["ours"] + _steps(args)))
    score_video(spotter, Pictures(video), config, encode_once=True)
    hook.remove()
    name = f"{system} at {width}x{height}"
    result = {f"{name}, passes through the backbone a step of video": seen["ours"] / len(video)}
    result[f"{name}, a video spotted: plain / ours"] = ratio(
        lambda: plain_scores(plain, video, spotted_len),
        lambda: score_video(spotter, Pictures(video), config, encode_once=True),
        max(1, repeats // 3),
    )
    spotter.train(), plain.train()
    steps = plain_step(plain, frames, classes, config), our_step(spotter, frames, classes, config)
    losses = [float(step()) for step in steps]
    if not abs(losses[0] - losses[1]) < MOST_APART * abs(losses[0]):
        raise RuntimeError(f"{system}: losses are {losses}; expected one step written in two ways")
    result[f"{name}, a training step: plain / ours"] = ratio(*steps, repeats)
    return result


def _steps(args: Sequence[Tensor]) -> int:
    """Pictures in the first argument of a backbone, (B, T, 3, H, W)."""
    return args[0].shape[0] * args[0].shape[1]


def figures(quick: bool = False) -> dict[str, float]:
    """Ratios by name: plain over ours, of processor time on one thread, and passes through the backbone."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        chosen = [one for one in STEPS if not quick or f"{one.system}@{one.width}x{one.height}" in QUICK]
        return {name: value for one in chosen for name, value in compare(one, 3 if quick else 7).items()}
    finally:
        torch.set_num_threads(threads)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two systems, few steps")
    parser.add_argument("--system", nargs="+", metavar="NAME@WxH", help="these alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for one in STEPS:
        name = f"{one.system}@{one.width}x{one.height}"
        if name in (arguments.system or (QUICK if arguments.quick else [name])):
            for what, value in compare(one, 3 if arguments.quick else 7).items():
                print(f"{what:70} {value:6.2f}", flush=True)


if __name__ == "__main__":
    main()
