"""What a GPU gains: frames a second of loading, of training, of features and of whole videos, beside the CPU's.

    python tests/benchmarks/benchmark_gpu.py [--systems e2e_spot …] [--sizes smoke full] [--precision bf16] [--compile]
    python tests/benchmarks/benchmark_gpu.py --quick        # a few seconds: does everything run?

For whoever has a GPU: it runs in a few minutes there, on the first minute of a simulated match or, where there is none,
on random pictures. Training is the course's own loop: augmentation, forward, backward, update; once with a batch that
is there already, once with everything from the store on. "Features" is the backbone alone, "spotting" a whole video
from its store to the scores of its steps. A frame is a picture that goes in, one step of a clip. The CPU's half is
measured afterwards, in a process of its own that sees no GPU; its clips at full size come one at a time. Without a GPU
there is only that half. Networks begin with random weights: what a picture costs does not depend on them.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_lib.config import Config, override
from course_lib.data.datasets import load_dataset
from course_lib.data.events import BALL_12, Event, Video
from course_lib.data.store import FrameStore, build_stores
from course_lib.data.video import VideoWriter, iter_frames
from course_lib.files import InputError, read_json, write_json
from course_lib.models.zoo import build
from course_lib.spotting.features import encode_steps, half_precision
from course_lib.spotting.inference import iter_steps, score_video
from course_lib.training import engine
from course_lib.training.clips import ClipDataset
from course_lib.training.experiment import _asked

SYSTEMS = ("tiny3d+bigru", "regnety_002+fc", "e2e_spot", "x3d_s+ed", "regnety_002_gsf+ed+displacement")
FPS = 25.0


class Size(NamedTuple):
    """Pictures and clips of a profile; `cpu_batch` clips go through a CPU at a time."""

    width: int
    height: int
    clip_len: int
    batch: int
    cpu_batch: int


SIZES = {"tiny": Size(64, 36, 8, 2, 2), "smoke": Size(112, 64, 32, 8, 8), "full": Size(398, 224, 50, 4, 1)}


class Settings(NamedTuple):
    """What is measured.

    Attributes:
        seconds: that each measurement takes, about.
        video_sec: length of the video.
    """

    systems: Sequence[str] = SYSTEMS
    sizes: Sequence[str] = ("smoke", "full")
    workers: Sequence[int] = (1, 2, 4, 8)
    precision: str = "auto"
    compile: bool = False
    seconds: float = 1.5
    video_sec: float = 60.0


QUICK = Settings(("tiny3d+bigru", "regnety_002+fc"), ("tiny",), (1, 2), seconds=0.2, video_sec=8.0)
Row = dict[str, Any]


def make_video(path: Path, seconds: float) -> Video:
    """The beginning of a simulated match, or blocks of random colours, with an event every three seconds."""
    count = round(seconds * FPS)
    try:
        source = load_dataset("sim-soccer").train[0].path
        pieces: Iterator[np.ndarray] = iter_frames(source, (398, 224), stop=count)
    except (InputError, IndexError):
        random = np.random.default_rng(0)
        blocks = (random.integers(0, 255, (1, 28, 50, 3), dtype=np.uint8) for _ in range(count))
        pieces = (block.repeat(8, axis=1).repeat(8, axis=2)[:, :, :398] for block in blocks)
    with VideoWriter(path, FPS, (398, 224)) as writer:
        for piece in pieces:
            writer.write(piece)
    events = tuple(Event(BALL_12[frame % 12], frame) for frame in range(40, count, 75))
    return Video("bench/mark/one", path, count, FPS, 398, 224, events)


def configured(system: str, size: Size, settings: Settings, batch: int, workers: int) -> Config:
    """The common recipe at this size."""
    values = {"model.system": system, "model.weights": "none", "train.precision": settings.precision}
    values |= {"data.width": size.width, "data.height": size.height, "data.clip_len": size.clip_len}
    values |= {"data.memory_gb": 0.0, "train.batch_size": batch, "train.workers": workers}
    return override(Config(), values)


def rate(work: Callable[[], int], seconds: float, device: torch.device) -> float:
    """Frames a second of `work`, which gives back how many went through it; the first time does not count."""
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    work()  # chooses kernels, fills caches
    wait()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    frames = work()
    wait()
    once = time.perf_counter() - started
    if once > seconds:
        return frames / once
    repeats = min(200, round(seconds / once))
    started = time.perf_counter()
    frames = sum(work() for _ in range(repeats))
    wait()
    return frames / (time.perf_counter() - started)


def peak_gib(device: torch.device) -> float | None:
    """The most memory that was in use on the GPU since the last measurement began."""
    return round(torch.cuda.max_memory_allocated() / 2**30, 2) if device.type == "cuda" else None


class Bench:
    """One video, and all that is measured on it, on one device."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.video = make_video(folder / "video.mp4", settings.video_sec)
        self.rows: list[Row] = []

    def run(self, say: Callable[[str], object] = print) -> list[Row]:
        """Everything; `say` is told of each row as it comes."""
        for name in self.settings.sizes:
            size = SIZES[name]
            (store,) = build_stores([self.video], configured("tiny3d+fc", size, self.settings, 1, 0).data, self.folder)
            for workers in self.settings.workers:
                self.note(say, "loading", f"{workers} workers", name, self.loading(size, store, workers))
            for system in self.settings.systems:
                for what, frames_per_sec in self.of_system(system, size, store):
                    self.note(say, what, system, name, frames_per_sec)
        if self.device.type == "cuda":
            for layout, frames_per_sec in depthwise_layouts(self.settings.seconds, self.device).items():
                self.note(say, "depthwise 3x3x3", layout, "full", frames_per_sec)
        return self.rows

    def note(self, say: Callable[[str], object], what: str, who: str, size: str, frames_per_sec: float) -> None:
        row = {"what": what, "who": who, "size": size, "device": self.device.type}
        row |= {"frames_per_sec": round(frames_per_sec, 1), "peak_gib": peak_gib(self.device)}
        self.rows.append(row)
        say(f"  {self.device.type:4}  {what:16} {who:33} {size:6} {frames_per_sec:10,.0f} frames/s")

    def loading(self, size: Size, store: FrameStore, workers: int) -> float:
        """An epoch of clips without a network, from the second batch on."""
        config = configured("tiny3d+fc", size, self.settings, size.batch, workers)
        batches = iter(engine._loader(ClipDataset([self.video], [store], config.data), config))
        next(batches)
        started = time.perf_counter()
        frames = sum(batch["frames"].shape[0] * size.clip_len for batch in batches)
        return frames / (time.perf_counter() - started)

    def of_system(self, system: str, size: Size, store: FrameStore) -> Iterator[tuple[str, float]]:
        """What is measured, and frames a second."""
        settings, device, on_gpu = self.settings, self.device, self.device.type == "cuda"
        batch_size = size.batch if on_gpu else size.cpu_batch
        workers = min(4, max(settings.workers, default=0)) if on_gpu else 0
        config = configured(system, size, settings, batch_size, workers)
        torch.manual_seed(0)
        model = build(system, len(BALL_12), "none")
        targets, padding = _asked(model, [self.video], [store], config.data)
        clips = ClipDataset([self.video], [store], config.data, None, targets, padding)
        fit = engine._Fit(model, clips, [self.video], [store], config, self.folder, None)
        forward = fit._compiled() if settings.compile else fit.model
        model.train()
        batch, generator = next(iter(fit.loader)), torch.Generator().manual_seed(0)

        def step() -> int:
            fit._update(forward, [fit._prepared(batch, generator)])
            return batch_size * size.clip_len

        with engine.gpu_kernels(settings.precision, same_shapes=True):
            yield "training", rate(step, settings.seconds, device)
            if on_gpu:
                yield "with loading", self.with_loading(fit, forward, size)
        fit.accelerator.unwrap_model(fit.model, keep_fp32_wrapper=False)
        model.eval()
        half = half_precision(device, settings.precision)
        part = Beginning(store, store.num_steps if on_gpu else 2 * size.clip_len)

        def features() -> int:
            return sum(len(rows) for rows in encode_steps(model, iter_steps(part, config.data), half))

        def spotting() -> int:
            score_video(model, part, config, encode_once=True)
            return part.num_steps

        with engine.gpu_kernels(settings.precision):
            yield "features", rate(features, settings.seconds, device)
            yield "spotting", rate(spotting, settings.seconds, device)

    def with_loading(self, fit: engine._Fit, forward: Callable, size: Size) -> float:
        """Epochs as in training, the first of which starts the workers and does not count."""
        fit._train_epoch(forward, 1)
        epochs, passed, started = 0, 0.0, time.perf_counter()
        while passed < self.settings.seconds:
            fit._train_epoch(forward, 2 + epochs)  # ends with the mean loss, for which it waits
            epochs, passed = epochs + 1, time.perf_counter() - started
        return epochs * len(fit.loader.dataset) * size.clip_len / passed


class Beginning:
    """The first steps of a store."""

    def __init__(self, store: FrameStore, num_steps: int) -> None:
        self.read, self.settings, self.num_steps = store.read, store.settings, min(num_steps, store.num_steps)


def depthwise_layouts(seconds: float, device: torch.device) -> dict[str, float]:
    """X3D's typical layer, forward and backward, as its pictures lie now and as they might: which is the quicker one?

    On a CPU and for all other layers it is channels last. A GPU has other kernels for this one in each layout.
    """
    layer = nn.Conv3d(108, 108, 3, padding=1, groups=108, bias=False).to(device, torch.float16)
    found = {}
    for name, layout in (("plain", torch.contiguous_format), ("channels last", torch.channels_last_3d)):
        layer.weight.data = layer.weight.data.contiguous(memory_format=layout)
        x = torch.randn(4, 108, 50, 28, 50, device=device, dtype=torch.float16).contiguous(memory_format=layout)
        x.requires_grad_()

        def both(x: torch.Tensor = x) -> int:
            layer(x).sum().backward()
            return 200

        found[name] = rate(both, seconds, device)
    return found


def of_the_cpu(settings: Settings, folder: Path) -> list[Row]:
    """The same, loading apart, in a process that sees no GPU."""
    path = folder / "cpu.json"
    command = [sys.executable, __file__, "--json", str(path), "--seconds", str(settings.seconds), "--workers"]
    command += ["--video-seconds", str(settings.video_sec), "--sizes", *settings.sizes, "--systems", *settings.systems]
    subprocess.run(command, check=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""}, stdout=subprocess.DEVNULL)
    return read_json(path)["rows"]


def measure(settings: Settings, say: Callable[[str], object] = print) -> list[Row]:
    """Rows of the GPU, if there is one, and of the CPU."""
    with tempfile.TemporaryDirectory() as name:
        rows = Bench(settings, Path(name)).run(say)
        if torch.cuda.is_available():
            say("the CPU's half …")
            rows += of_the_cpu(settings, Path(name))
    return rows


def machine(settings: Settings) -> dict[str, Any]:
    """What the numbers belong to."""
    there = torch.cuda.is_available()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "machine": f"{platform.machine()}, {cores} cores",
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if there else None,
        "driver": driver() if there else None,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "precision": settings.precision,
        "compile": settings.compile,
    }


def driver() -> str | None:
    """The version of the GPU's driver, if its tool is there to ask."""
    try:
        command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def table(rows: Sequence[Row]) -> str:
    """A line for each thing measured: the GPU's number, the CPU's, how many times as fast, and peak memory."""
    lines = [f"{'frames a second':50} {'size':6} {'GPU':>10} {'CPU':>10} {'times':>7} {'GiB':>6}"]
    by_device: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        by_device.setdefault((row["what"], row["who"], row["size"]), {})[row["device"]] = row
    for (what, who, size), of in by_device.items():
        gpu, cpu = (of.get(name, {}).get("frames_per_sec") for name in ("cuda", "cpu"))
        if what == "loading":  # the processor's work on any machine
            gpu, cpu = None, gpu or cpu
        cells = [f"{value:10,.0f}" if value else f"{'':>10}" for value in (gpu, cpu)]
        times, memory = gpu / cpu if gpu and cpu else None, of.get("cuda", {}).get("peak_gib") if gpu else None
        cells += [f"{times:7.1f}" if times else f"{'':>7}", f"{memory:6.2f}" if memory else f"{'':>6}"]
        lines.append(f"{what:16} {who:33} {size:6} {' '.join(cells)}".rstrip())
    return "\n".join(lines)


def figures(quick: bool = False) -> dict[str, float]:
    """How many times as fast a GPU trains and spots as the CPU beside it; nothing where there is no GPU."""
    if not torch.cuda.is_available():
        return {}
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in measure(QUICK if quick else Settings(), say=lambda _: None):
        found.setdefault((row["what"], row["who"], row["size"]), {})[row["device"]] = row["frames_per_sec"]
    return {
        f"{what} {who} {size}, GPU to CPU": of["cuda"] / of["cpu"]
        for (what, who, size), of in found.items()
        if what in ("training", "spotting") and len(of) == 2
    }


def report(settings: Settings, path: Path | None = None) -> None:
    """Measure, print, and keep as JSON."""
    about: Mapping[str, Any] = machine(settings)
    print("\n".join(f"{name:9} {value}" for name, value in about.items() if value is not None))
    if not torch.cuda.is_available():
        print("no GPU that PyTorch can use: only the CPU's half follows")
    rows = measure(settings, lambda line: print(line, flush=True))
    print(f"\n{table(rows)}")
    if path is not None:
        write_json(path, {**about, "rows": rows})


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="+", help=f"default {' '.join(SYSTEMS)}")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, help="default smoke full")
    parser.add_argument("--workers", nargs="*", type=int, help="processes that load, default 1 2 4 8")
    parser.add_argument("--precision", choices=("auto", "no", "tf32", "fp16", "bf16"), help="of the GPU, default auto")
    parser.add_argument("--compile", action="store_true", default=None, help="with torch.compile in training")
    parser.add_argument("--seconds", type=float, help="a measurement, default 1.5")
    parser.add_argument("--video-seconds", type=float, dest="video_sec", help="length of the video, default 60")
    parser.add_argument("--quick", action="store_true", help="two systems at a tiny size, to see whether it runs")
    parser.add_argument("--json", type=Path, help="keep the rows in this file")
    given = vars(parser.parse_args(words))
    quick, path = given.pop("quick"), given.pop("json")
    asked = {name: value for name, value in given.items() if value is not None}
    report((QUICK if quick else Settings())._replace(**asked), path)


if __name__ == "__main__":
    main()
