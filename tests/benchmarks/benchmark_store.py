"""Which store serves random training clips best on few cores and little disk? Prints the table that store.py quotes.

    python tests/benchmarks/benchmark_store.py [--video FILE] [--size 112x64] [--seconds 60]

Each candidate holds every second frame at the model's size. Measured: bytes a kept frame, frames a second written, and
kept frames a second read in clips of 32 steps from random places ("random") and in the order of the training sampler,
which finishes a stretch before it moves on ("stretches"); and how far the pictures are from the resized originals.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from course_lib.data.video import VideoReader, VideoWriter, iter_frames

CLIP = 32
STRETCH = 96  # steps decoded at once and cut into clips


def synthetic_video(path: Path, seconds: float) -> None:
    """A panning camera over grass, 22 moving players, a ball of two pixels: 398x224 at 25 fps."""
    random = np.random.default_rng(0)
    field = cv2.GaussianBlur(random.integers(0, 255, (400, 1200, 3), dtype=np.uint8), (9, 9), 0)
    field = (field * 0.5 + np.array([30, 90, 30])).astype(np.uint8)
    places, steps = random.random((22, 2)) * (1100, 200), random.normal(0, 1, (22, 2))
    with VideoWriter(path, 25, (398, 224), threads=1) as video:
        for frame in range(round(seconds * 25)):
            left = int(300 + 200 * np.sin(frame / 80))
            picture = field[40:264, left : left + 398].copy()
            places = (places + steps) % (1100, 224)
            for player, (x, y) in enumerate(places):
                colour = (220, 30, 30) if player < 11 else (30, 30, 220)
                cv2.ellipse(picture, (int(x - left), int(y)), (3, 8), 0, 0, 360, colour, -1)
            ball = int(200 + 100 * np.sin(frame / 9)), int(110 + 40 * np.cos(frame / 7))
            cv2.circle(picture, ball, 2, (255, 255, 255), -1)
            video.write(picture)


def h264(crf: int, key_every: int, b_frames: bool = False, full_colour: bool = False) -> tuple[Callable, Callable]:
    """H.264 at this quality and group length."""

    def write(frames: np.ndarray, path: Path) -> None:
        height, width = frames.shape[1:3]
        with VideoWriter(
            path,
            12.5,
            (width, height),
            crf=crf,
            key_every=key_every,
            b_frames=b_frames,
            tune="fastdecode",
            full_colour=full_colour,
            threads=1,
        ) as video:
            video.write(frames)

    def open_reader(path: Path) -> Callable[[int, int], np.ndarray]:
        return VideoReader(path).read

    return write, open_reader


def jpeg(quality: int) -> tuple[Callable, Callable]:
    """One file of JPEG pictures behind each other, with their places."""

    def write(frames: np.ndarray, path: Path) -> None:
        codes = [cv2.imencode(".jpg", f[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for f in frames]
        ends = np.cumsum([0] + [len(code) for code in codes])
        path.write_bytes(np.concatenate(codes).tobytes())
        np.save(path.with_suffix(".npy"), ends)

    def open_reader(path: Path) -> Callable[[int, int], np.ndarray]:
        data, ends = np.memmap(path, np.uint8, "r"), np.load(path.with_suffix(".npy"))

        def read(start: int, stop: int) -> np.ndarray:
            return np.stack(
                [cv2.imdecode(data[ends[i] : ends[i + 1]], cv2.IMREAD_COLOR_RGB) for i in range(start, stop)]
            )

        return read

    return write, open_reader


def raw() -> tuple[Callable, Callable]:
    """uint8 pictures in a memory-mapped file."""

    def open_reader(path: Path) -> Callable[[int, int], np.ndarray]:
        data = np.load(path, mmap_mode="r")
        return lambda start, stop: np.array(data[start:stop])

    return lambda frames, path: np.save(path, frames), open_reader


CANDIDATES = {
    "H.264 crf 18, key every 12": (*h264(18, 12), ".mp4"),
    "H.264 crf 18, key every 6": (*h264(18, 6), ".mp4"),
    "H.264 crf 18, key every 25": (*h264(18, 25), ".mp4"),
    "H.264 crf 18, key every 250, B": (*h264(18, 250, True), ".mp4"),
    "H.264 crf 18, key frames only": (*h264(18, 1), ".mp4"),
    "H.264 crf 14, key every 12": (*h264(14, 12), ".mp4"),
    "H.264 crf 23, key every 12": (*h264(23, 12), ".mp4"),
    "H.264 4:4:4 crf 18, key every 12": (*h264(18, 12, full_colour=True), ".mp4"),
    "JPEG 90": (*jpeg(90), ".bin"),
    "JPEG 75": (*jpeg(75), ".bin"),
    "uint8 memory map": (*raw(), ".npy"),
}


def measure(frames: np.ndarray, folder: Path, seconds: float) -> None:
    """Print one row a candidate."""
    print(f"{'store':34} {'bytes/frame':>11} {'written/s':>10} {'random/s':>10} {'stretches/s':>11} {'PSNR dB':>8}")
    random = np.random.default_rng(1)
    for name, (write, open_reader, suffix) in CANDIDATES.items():
        path = folder / f"store{suffix}"
        begin = time.perf_counter()
        write(frames, path)
        writing = len(frames) / (time.perf_counter() - begin)
        read = open_reader(path)
        stored = read(0, len(frames))
        error = np.mean((stored.astype(np.float32) - frames) ** 2)
        psnr = 10 * np.log10(255**2 / error) if error else np.inf
        served = {}
        for order in ("random", "stretches"):
            count, begin = 0, time.perf_counter()
            while (passed := time.perf_counter() - begin) < seconds:
                if order == "random":
                    start = int(random.integers(0, len(frames) - CLIP))
                    read(start, start + CLIP)
                    count += CLIP
                else:
                    start = int(random.integers(0, (len(frames) - STRETCH) // 12)) * 12
                    stretch = read(start, start + STRETCH)
                    # Clips that overlap by 90 %: one begins every three steps.
                    for offset in range(0, STRETCH - CLIP + 1, 3):
                        count += len(stretch[offset : offset + CLIP].copy())
            served[order] = count / passed
        size = path.stat().st_size / len(frames)
        print(
            f"{name:34} {size:11.0f} {writing:10.0f} {served['random']:10.0f} {served['stretches']:11.0f} {psnr:8.1f}"
        )


def main() -> None:
    """Measure every candidate on one video."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a match to measure on (default: a synthetic one)")
    parser.add_argument("--size", default="112x64", help="width x height of the store (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of video to use (default %(default)s)")
    parser.add_argument("--budget", type=float, default=1.5, help="seconds to read in each order (default %(default)s)")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = args.video
        if video is None:
            video = folder / "match.mp4"
            synthetic_video(video, args.seconds)
        stop = round(args.seconds * 25)
        frames = np.concatenate(list(iter_frames(video, (width, height), step=2, stop=stop, threads=1)))
        print(f"{len(frames)} frames of {width}x{height} from {video.name}")
        measure(frames, folder, args.budget)


if __name__ == "__main__":
    main()
