"""Videos whose every frame says which one it is, for tests: ten bars, black or white, spell the number in binary."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from course_lib.data.video import VideoWriter

WIDTH, HEIGHT = 96, 64
_BARS = 10


def numbered_frame(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 [H, W, 3]."""
    frame = np.full((height, width, 3), 60, np.uint8)
    edges = np.linspace(0, width, _BARS + 1).astype(int)
    for bar in range(_BARS):
        frame[: height // 2, edges[bar] : edges[bar + 1]] = 230 if number >> bar & 1 else 20
    frame[height // 2 :, (number * 3) % (width - 8) : (number * 3) % (width - 8) + 8] = (200, 80, 40)
    return frame


def number_of(frame: np.ndarray) -> int:
    """The number that a frame (of any size, [H, W, 3]) spells."""
    edges = np.linspace(0, frame.shape[1], _BARS + 1)
    centres = ((edges[:-1] + edges[1:]) / 2).astype(int)
    return sum(1 << bar for bar, x in enumerate(centres) if frame[frame.shape[0] // 4, x].mean() > 125)


def numbers_of(frames: np.ndarray) -> list[int]:
    """The numbers of [n, H, W, 3]."""
    return [number_of(frame) for frame in frames]


def write_video(path: Path, num_frames: int, fps: float = 25, **options: object) -> Path:
    """A numbered video made by the course's own writer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps, (WIDTH, HEIGHT), threads=1, **options) as video:
        for number in range(num_frames):
            video.write(numbered_frame(number))
    return path


def encode(
    path: Path,
    stamps: Sequence[int],
    unit: Fraction,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    first: int = 0,
    **options: str,
) -> Path:
    """A video numbered from `first` on, with these time stamps (in `unit` seconds), made by PyAV directly."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        stream.codec_context.time_base = unit
        for number, stamp in enumerate(stamps, first):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number), format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = stamp, unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
