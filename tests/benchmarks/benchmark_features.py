"""What a backbone for looking saves: processor time of a window plain, folded and compiled, and of a whole video.

    python tests/benchmarks/benchmark_features.py [--quick] [--threads 1] [--compile]

Prints ratios, each of medians of processor time measured in turn, so that what else runs on the machine harms both
alike. "Clips" are how programs for spotting commonly score a video: clips that overlap by almost a half go through the
whole network, and the scores of a step are averaged, 1.87 passes of every step in those that were looked at.
"""

import argparse
import math
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_lib.config import Config, override
from course_lib.data.store import StoreSettings
from course_lib.models import compiling
from course_lib.models.compiling import compiled_spotter
from course_lib.models.folding import folded_spotter
from course_lib.models.spotter import Spotter
from course_lib.models.zoo import build
from course_lib.spotting.features import BATCH_WINDOWS, WINDOW_STEPS
from course_lib.spotting.inference import score_video

HEIGHT, WIDTH, CLASSES = 64, 112, 12
BACKBONES = ("x3d_s", "regnety_002")
CLIP_STEPS, CLIP_HOP = 50, 27  # steps; their ratio is how often a step goes through the backbone


class Noise:
    """A store of pictures that hold nothing."""

    in_memory = True

    def __init__(self, num_steps: int) -> None:
        self.settings, self.num_steps = StoreSettings(WIDTH, HEIGHT, 2), num_steps
        self._frames = np.random.default_rng(0).integers(0, 256, (num_steps, HEIGHT, WIDTH, 3), dtype=np.uint8)

    def read(self, start: int, stop: int) -> np.ndarray:
        """uint8 [n, H, W, 3]."""
        return self._frames[start:stop]


def in_turn(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median processor seconds of each, after one call that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.process_time()
            call()
            taken[name].append(time.process_time() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


def _all_seconds() -> float:
    """Of this process and of what it started."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def a_spotter(system: str) -> Spotter:
    torch.manual_seed(0)
    model = build(system, CLASSES, "none").eval()
    for part in model.backbone.modules():  # a fresh network's branches end in a scale of zero
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
    return model


def of_windows(backbone: str, rounds: int, compile_too: bool) -> dict[str, float]:
    """Plain to folded, and to compiled with the windows after which compiling has paid."""
    model = a_spotter(f"{backbone}+fc")
    frames = torch.randint(0, 256, (BATCH_WINDOWS, WINDOW_STEPS, 3, HEIGHT, WIDTH), dtype=torch.uint8)
    ways = {"plain": model, "folded": folded_spotter(model)}
    started = _all_seconds()
    if compile_too and (compiled := compiled_spotter(model, BATCH_WINDOWS, WINDOW_STEPS, HEIGHT, WIDTH)) is not None:
        ways["compiled"] = compiled
    compiling_seconds = _all_seconds() - started
    with torch.inference_mode():
        seconds = in_turn({name: lambda way=way: way.encode(frames) for name, way in ways.items()}, rounds)
    for name, value in seconds.items():
        print(f"{backbone:12s} {name:9s} {1000 * value / BATCH_WINDOWS:6.1f} ms a window of {WINDOW_STEPS} steps")
    found = {f"{backbone}: plain / folded": seconds["plain"] / seconds["folded"]}
    if "compiled" in seconds:
        gained = (seconds["folded"] - seconds["compiled"]) / BATCH_WINDOWS
        found[f"{backbone}: plain / compiled"] = seconds["plain"] / seconds["compiled"]
        found[f"{backbone}: windows until compiling pays"] = compiling_seconds / gained if gained > 0 else math.inf
    return found


@torch.inference_mode()
def clips_through_everything(model: Spotter, store: Noise) -> np.ndarray:
    """Scores (T, K+1) by overlapping clips, every one of them through the whole network."""
    starts = range(0, store.num_steps - CLIP_STEPS + CLIP_HOP, CLIP_HOP)
    total, counted = np.zeros((store.num_steps, CLASSES + 1), np.float32), np.zeros((store.num_steps, 1), np.float32)
    for first in range(0, len(starts), BATCH_WINDOWS):
        batch = starts[first : first + BATCH_WINDOWS]
        frames = np.zeros((len(batch), CLIP_STEPS, HEIGHT, WIDTH, 3), np.uint8)
        for clip, start in zip(frames, batch, strict=True):
            seen = store.read(start, start + CLIP_STEPS)  # the last clip may end beyond the video, in black
            clip[: len(seen)] = seen
        scores = model(torch.from_numpy(frames).permute(0, 1, 4, 2, 3))["logits"].softmax(dim=-1).numpy()
        for rows, start in zip(scores, batch, strict=True):
            part = slice(start, start + CLIP_STEPS)
            total[part] += rows[: len(total[part])]
            counted[part] += 1
    return total / counted


def of_videos(backbone: str, rounds: int, num_steps: int) -> dict[str, float]:
    """Clips through everything to `score_video` with the backbone once."""
    system = f"{backbone}+{'ed' if backbone.startswith('x3d') else 'bigru'}"
    model, store = a_spotter(system), Noise(num_steps)
    values = {"model.system": system, "data.width": WIDTH, "data.height": HEIGHT, "data.clip_len": CLIP_STEPS}
    config = override(Config(), values)
    calls = {
        "clips": lambda: clips_through_everything(model, store),
        "once": lambda: score_video(model, store, config, overlap=0.5, encode_once=True),
    }
    seconds = in_turn(calls, rounds)
    for name, value in seconds.items():
        print(f"{system:18s} {name:6s} {1000 * value / num_steps:6.2f} ms a step of a video of {num_steps}")
    return {f"{system}: clips through everything / backbone once": seconds["clips"] / seconds["once"]}


def figures(quick: bool = False, compile_too: bool | None = None) -> dict[str, float]:
    """Ratios by name, higher is better for us.

    Args:
        quick: a few rounds, and nothing is compiled.
        compile_too: whether to compile as well, a minute for each backbone; default unless quick.
    """
    compile_too = (not quick if compile_too is None else compile_too) and compiling._compiler() is not None
    found: dict[str, float] = {}
    for backbone in BACKBONES:
        found |= of_windows(backbone, 3 if quick else 9, compile_too)
    for backbone in BACKBONES:
        found |= of_videos(backbone, 1 if quick else 3, 200 if quick else 600)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few rounds, nothing compiled")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="also when quick")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name, value in figures(arguments.quick, arguments.compile or None).items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
