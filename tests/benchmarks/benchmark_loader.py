"""How many frames of training clips does a second of processor time deliver, here and read as others read them?

    python tests/benchmarks/benchmark_loader.py [--video FILE] [--size 398x224] [--seconds 128] [--rounds 3] [--quick]

Clips of 50 steps that overlap by 90 %, batches of 8, one process. Beside the course's loader stand plain versions of
what is usual, written from how these programs read: a folder of JPEG pictures, clip by clip, with OpenCV or
torchvision, as bytes or as floats; and the course's own stores read clip by clip, as it once did. Files are in the
system's cache, so disks play no part. Rounds are interleaved, since other work on a machine slows all alike; ratios are
of medians.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torchvision
from benchmark_store import synthetic_video
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from course_lib.config import DataConfig
from course_lib.data.events import Video
from course_lib.data.store import FrameStore, StoreSettings, build_stores
from course_lib.data.video import probe
from course_lib.training.clips import ClipDataset, ShuffledWindows, collate_clips

CLIP_LEN, BATCH, OVERLAP = 50, 8, 0.9
JPEG_BATCHES = 2  # a round of a folder: every batch costs the same, while a store's decoding is shared by many

OURS = "ours"
CLIP_BY_CLIP = "our store read clip by clip"
OPENCV = "JPEG folder read clip by clip"
BYTES = "JPEG folder read as bytes, as T-DEED does"
FLOATS = "JPEG folder read as floats, as E2E-Spot does"


class StoreClips(Dataset):
    """Windows of a store one by one: read, brought to the length of a clip, turned to planes."""

    def __init__(self, clips: ClipDataset) -> None:
        self.clips, self.store = clips, clips.stores[0]

    def __getitem__(self, clip: tuple[int, int]) -> Tensor:
        start = clip[1]
        steps = self.store.read(start, start + CLIP_LEN)
        frames = np.empty((CLIP_LEN, *steps.shape[1:]), np.uint8)
        frames[:] = steps
        return torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous()


class JpegClips(Dataset):
    """Windows of a folder of pictures, which are read one by one."""

    def __init__(self, folder: Path, read: Callable[[Path], Tensor]) -> None:
        self.folder, self.read = folder, read

    def __getitem__(self, clip: tuple[int, int]) -> Tensor:
        return torch.stack([self.read(self.folder / f"{step:06d}.jpg") for step in range(clip[1], clip[1] + CLIP_LEN)])


def read_with_opencv(size: tuple[int, int]) -> Callable[[Path], Tensor]:
    """[H, W, 3]; turning it to planes is left to the network, and not counted."""

    def read(path: Path) -> Tensor:
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        if picture.shape[1::-1] != size:
            picture = cv2.resize(picture, size)
        return torch.from_numpy(picture)

    return read


def read_bytes(path: Path) -> Tensor:
    """uint8 [3, H, W]."""
    return torchvision.io.read_image(str(path))


def read_floats(path: Path) -> Tensor:
    """float32 [3, H, W] in [0, 1]."""
    return torchvision.io.read_image(str(path)).float() / 255


def write_jpeg(store: FrameStore, folder: Path) -> int:
    """The steps of a store as files, at OpenCV's usual quality; returns their bytes."""
    folder.mkdir()
    for step in range(store.num_steps):
        picture = store.read(step, step + 1)[0]
        cv2.imwrite(str(folder / f"{step:06d}.jpg"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return sum(path.stat().st_size for path in folder.iterdir())


@dataclass(frozen=True)
class Measured:
    """Of one way to read.

    Attributes:
        frames_per_sec: median over rounds, of processor time.
        bytes_per_frame: on disk.
    """

    frames_per_sec: float
    bytes_per_frame: float


def measure(
    video: Path | None = None, size: tuple[int, int] = (398, 224), seconds: float = 128, rounds: int = 3
) -> dict[str, Measured]:
    """Every way to read on one video, by its name.

    Args:
        video: at 25 frames a second or so; default a synthetic one.
        size: width and height in pixels that clips have.
        seconds: of the video to use; less than 64 keeps everything decoded, which flatters stores.
        rounds: of each; in one a store goes through all its windows, beginning with nothing decoded.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "match.mp4"
        if video is None:
            synthetic_video(source, seconds)
        else:
            source = video
        info = probe(source)
        record = Video("match", source, info.num_frames, info.fps, info.width, info.height, ())
        (store,) = build_stores([record], StoreSettings(*size), folder)
        store.num_steps = min(store.num_steps, round(seconds * info.fps) // 2)
        jpeg_bytes = write_jpeg(store, folder / "jpeg") / store.num_steps
        store_bytes = store.path.stat().st_size / StoreSettings(*size).num_steps(info.num_frames)
        clips = ClipDataset([record], [store], DataConfig(classes=("NONE",), clip_len=CLIP_LEN), OVERLAP)
        ways = {
            OURS: (_loader(clips, clips, collate_clips), store_bytes),
            CLIP_BY_CLIP: (_loader(StoreClips(clips), clips), store_bytes),
            OPENCV: (_loader(JpegClips(folder / "jpeg", read_with_opencv(size)), clips), jpeg_bytes),
            BYTES: (_loader(JpegClips(folder / "jpeg", read_bytes), clips), jpeg_bytes),
            FLOATS: (_loader(JpegClips(folder / "jpeg", read_floats), clips), jpeg_bytes),
        }
        speeds = {way: [] for way in ways}
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            for _ in range(rounds):
                for way, (loader, _) in ways.items():
                    store.forget()
                    speeds[way].append(_frames_per_sec(loader, JPEG_BATCHES if "JPEG" in way else len(loader)))
        finally:
            torch.set_num_threads(threads)
        return {way: Measured(statistics.median(speeds[way]), size) for way, (_, size) in ways.items()}


def _loader(dataset: Dataset, clips: ClipDataset, collate: Callable | None = None) -> DataLoader:
    sampler: Sampler = ShuffledWindows(clips, seed=0)
    return DataLoader(dataset, BATCH, sampler=sampler, collate_fn=collate, generator=torch.Generator())


def _frames_per_sec(loader: DataLoader, batches: int) -> float:
    count, begin = 0, time.process_time()
    for _, batch in zip(range(batches), loader, strict=False):
        frames = batch["frames"] if isinstance(batch, dict) else batch
        count += frames.shape[0] * frames.shape[1]
    return count / (time.process_time() - begin)


def figures(quick: bool = False) -> dict[str, float]:
    """Ratios by name, for the table of all benchmarks; `quick` is one short round."""
    found = measure(seconds=64, rounds=1) if quick else measure()
    ours = found[OURS]
    speeds = {
        f"training frames per CPU second, ours / {way}": ours.frames_per_sec / other.frames_per_sec
        for way, other in found.items()
        if way != OURS
    }
    return speeds | {"bytes on disk, JPEG folder / ours": found[OPENCV].bytes_per_frame / ours.bytes_per_frame}


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a match to measure on (default: a synthetic one)")
    parser.add_argument("--size", default="398x224", help="width x height of the clips (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=128, help="of video to use (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round on 64 seconds")
    args = parser.parse_args(arguments)
    width, height = map(int, args.size.split("x"))
    seconds, rounds = (64, 1) if args.quick else (args.seconds, args.rounds)
    found = measure(args.video, (width, height), seconds, rounds)
    print(f"{'read as':46} {'frames/CPU s':>12} {'ours / this':>11} {'bytes/frame':>11}")
    for way, row in found.items():
        ratio = found[OURS].frames_per_sec / row.frames_per_sec
        print(f"{way:46} {row.frames_per_sec:12.0f} {ratio:11.2f} {row.bytes_per_frame:11.0f}")


if __name__ == "__main__":
    main()
