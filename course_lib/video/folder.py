"""A folder of numbered pictures as a video: `%06d.jpg` (E2E-Spot) or `frame{i}.jpg` (T-DEED).

Numbers may begin at 0 or 1; whichever was found is said in `VideoInfo.source`. A number that is missing in between is a
missing frame, not the end of the video.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from course_lib.video.info import VideoError, VideoInfo

__all__ = ["FolderSource"]

_PATTERNS = {
    "%06d.jpg": re.compile(r"(\d{6})\.jpg"),
    "frame{i}.jpg": re.compile(r"frame(\d+)\.jpg"),
}


class FolderSource:
    """Pictures of a folder by frame number.

    Args:
        path: the folder.
        fps: a folder does not know its rate.

    Attributes:
        first: the number of the first picture, 0 or 1.

    Raises:
        VideoError: no numbered pictures, both patterns mixed, a gap in the numbers, or a first number above 1.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
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
