"""A folder of numbered pictures as a video: `%06d.jpg` (E2E-Spot) or `frame{i}.jpg` (T-DEED).

Numbers may begin at 0 or 1; whichever was found is said in `VideoInfo.source`. A number that is missing in between is a
missing frame, not the end of the video. A folder does not know how many frames a second it holds. That is asked, never
assumed: at a wrong rate everything that is found lies at a wrong time. Introduced in notebook 01.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from course_lib.data.exact_frames import VideoError, VideoInfo
from course_lib.files import InputError

__all__ = ["FolderSource", "folders_at"]

_PATTERNS = {
    "%06d.jpg": re.compile(r"(\d{6})\.jpg"),
    "frame{i}.jpg": re.compile(r"frame(\d+)\.jpg"),
}


RATE_FILE = "fps.txt"
_said_fps: ContextVar[float | None] = ContextVar("said_fps", default=None)


@contextmanager
def folders_at(fps: float | None) -> Iterator[None]:
    """Within this block, folders of pictures whose reader is told no rate have this one; None says nothing.

    Raises:
        InputError: it is not above 0.
    """
    if fps is not None and not 0 < fps < float("inf"):
        raise InputError(f"fps {fps:g}: expected frames a second, more than 0")
    before = _said_fps.set(fps if fps is not None else _said_fps.get())
    try:
        yield
    finally:
        _said_fps.reset(before)


def _stated_fps(folder: Path) -> float:
    """The rate that somebody said, or that fps.txt in the folder or beside it says."""
    if (said := _said_fps.get()) is not None:
        return said
    for path in (folder / RATE_FILE, folder.parent / RATE_FILE):
        if path.is_file():
            try:
                fps = float(Fraction(path.read_text(encoding="utf-8-sig").strip()))
                if fps > 0:
                    return fps
            except (OSError, ValueError, ZeroDivisionError):
                pass
            raise VideoError(f"{path}: expected frames a second and nothing else, like 25 or 30000/1001")
    raise VideoError(
        f"{folder}: a folder of pictures does not know its frame rate; expected {RATE_FILE} in it with frames a "
        "second, like 25, or --fps"
    )


class FolderSource:
    """Pictures of a folder by frame number.

    Args:
        path: the folder.
        fps: frames a second; None where only fps.txt, or `folders_at`, knows.

    Attributes:
        first: the number of the first picture, 0 or 1.

    Raises:
        VideoError: no numbered pictures, both patterns mixed, a gap in the numbers, a first number above 1, or no
            frame rate.
    """

    def __init__(self, path: str | Path, fps: float | None = None) -> None:
        self.path = Path(path)
        names = [entry.name for entry in self.path.iterdir()]
        found = {}
        for pattern, regex in _PATTERNS.items():
            numbers = {int(match[1]): match[0] for name in names if (match := regex.fullmatch(name))}
            if numbers:
                found[pattern] = numbers
        expected = " or ".join(_PATTERNS)
        if len(found) != 1:
            what = "pictures under both names" if found else "no numbered pictures"
            raise VideoError(f"{self.path}: holds {what}; expected a folder of {expected}")
        pattern, numbers = found.popitem()
        fps = _stated_fps(self.path) if fps is None else fps
        first = min(numbers)
        if first > 1:
            raise VideoError(f"{self.path}: the first of {pattern} is {first}; expected 0 or 1")
        for frame in range(len(numbers)):
            if first + frame not in numbers:
                raise VideoError(
                    f"{self.path}: {pattern} number {first + frame} is missing (frame {frame}, at {frame / fps:.2f} s) "
                    f"but later ones exist; expected every number from {first} to {max(numbers)}"
                )
        self.first = first
        self._names = [numbers[first + frame] for frame in range(len(numbers))]
        height, width = self._load(0, fps).shape[:2]
        self.info = VideoInfo(
            num_frames=len(numbers),
            fps=float(fps),
            width=width,
            height=height,
            duration_sec=len(numbers) / fps,
            variable_frame_rate=False,
            source=f"JPEG files {pattern} from {first}",
            num_pictures=len(numbers),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def pictures(self, frames: Sequence[int]) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, 3] RGB for each of these frame numbers.

        Raises:
            VideoError: a file is not a picture, or has another size than the first.
        """
        for frame in frames:
            picture = self._load(int(frame), self.info.fps)
            if picture.shape != (self.info.height, self.info.width, 3):
                raise VideoError(
                    f"{self.path / self._names[frame]}: is {picture.shape[1]}x{picture.shape[0]} px (frame {frame}); "
                    f"expected {self.info.width}x{self.info.height} px like the first"
                )
            yield picture

    def _load(self, frame: int, fps: float) -> np.ndarray:
        path = self.path / self._names[frame]
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            raise VideoError(f"{path}: frame {frame} (at {frame / fps:.2f} s) is not a readable picture")
        return picture
