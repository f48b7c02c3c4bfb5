"""Reading videos: files and folders of frames alike, at random or from end to end.

A frame number always means a time: frame i is the picture at i / fps seconds after the first. At a constant rate this
is the i-th picture of the file; where the rate varies, or another rate is asked for, it is the picture nearest in time,
so that labels given in milliseconds stay where they belong. Introduced in notebook 01.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from course_lib.errors import InputError
from course_lib.video.file import FileSource
from course_lib.video.folder import FolderSource
from course_lib.video.index import read_index
from course_lib.video.info import VideoInfo

__all__ = ["VideoReader", "iter_frames", "probe"]

_FOLDER_FPS = 25.0


def probe(path: str | Path, *, folder_fps: float = _FOLDER_FPS) -> VideoInfo:
    """Count and measure a video without decoding it (a pass over the file; a folder of frames is listed).

    Args:
        path: a video file or a folder of frames.
        folder_fps: frames a second, if it is a folder.

    Raises:
        VideoError: it is missing, is no video, or breaks off early.
    """
    path = Path(path)
    return FolderSource(path, folder_fps).info if path.is_dir() else read_index(path).info


class VideoReader:
    """Exact random access to the frames of a video.

    Args:
        path: a video file or a folder of frames.
        threads: of the decoder; 1 for random access, 0 (as many as it likes) for reading from end to end.
        folder_fps: frames a second, if it is a folder.

    Example:
        >>> with VideoReader("match.mp4") as video:
        ...     frames = video.read(100, 150, step=2)  # uint8 [25, H, W, 3]
    """

    def __init__(self, path: str | Path, *, threads: int = 1, folder_fps: float = _FOLDER_FPS) -> None:
        path = Path(path)
        self.path = path
        self._source = FolderSource(path, folder_fps) if path.is_dir() else FileSource(path, threads)

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    @property
    def info(self) -> VideoInfo:
        """What was counted and measured."""
        return self._source.info

    def read(self, start: int, stop: int, step: int = 1) -> np.ndarray:
        """Frames start, start + step, ... before stop, as uint8 [n, H, W, 3] RGB.

        Raises:
            InputError: not 0 <= start <= stop <= num_frames.
            VideoError: a frame cannot be decoded.
        """
        if not 0 <= start <= stop <= self.info.num_frames or step < 1:
            raise InputError(
                f"{self.path}: frames {start} to {stop} in steps of {step} were asked for; expected a range within 0 "
                f"to {self.info.num_frames}"
            )
        numbers = range(start, stop, step)
        frames = np.empty((len(numbers), self.info.height, self.info.width, 3), np.uint8)
        for place, picture in enumerate(self.pictures(numbers)):
            frames[place] = picture
        return frames

    def pictures(self, numbers: Sequence[int], fps: float | None = None) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, 3] RGB for frame numbers that do not decrease, counted at `fps` (default: the video's)."""
        if self.info.variable_frame_rate or (fps is not None and fps != self.info.fps):
            seconds = np.asarray(numbers, np.float64) / (fps or self.info.fps)
            numbers = self._nearest(seconds)
        return self._source.pictures(numbers)

    def _nearest(self, seconds: np.ndarray) -> np.ndarray:
        if isinstance(self._source, FileSource):
            return self._source.index.nearest(seconds)
        frames = np.round(seconds * self.info.fps).astype(np.int64)
        return np.clip(frames, 0, self.info.num_frames - 1)


def iter_frames(
    path: str | Path,
    size: tuple[int, int] | None = None,
    step: int = 1,
    chunk: int = 64,
    *,
    start: int = 0,
    stop: int | None = None,
    target_fps: float | None = None,
    threads: int = 0,
    folder_fps: float = _FOLDER_FPS,
) -> Iterator[np.ndarray]:
    """Go through a video in memory that does not grow with its length.

    Args:
        path: a video file or a folder of frames.
        size: (width, height) to bring the frames to, by averaging areas; None keeps theirs.
        step: give every step-th frame.
        chunk: frames in a yielded array; the last may have fewer.
        start, stop: frame range, counted at `target_fps` if that is given.
        target_fps: resample by time to this rate; None keeps the video's.
        threads: of the decoder, 0 = as many as it likes.
        folder_fps: frames a second, if `path` is a folder.

    Yields:
        uint8 [n, H, W, 3] RGB, n <= chunk.

    Raises:
        VideoError: a frame cannot be decoded; nothing after it is given.
    """
    with VideoReader(path, threads=threads, folder_fps=folder_fps) as video:
        total = video.info.num_frames
        if target_fps is not None:
            total = max(1, round(video.info.duration_sec * target_fps))
        numbers = range(start, total if stop is None else min(stop, total), step)
        width, height = size or (video.info.width, video.info.height)
        frames = np.empty((chunk, height, width, 3), np.uint8)
        filled = 0
        for picture in video.pictures(numbers, target_fps):
            if picture.shape[:2] == (height, width):
                frames[filled] = picture
            else:
                cv2.resize(picture, (width, height), dst=frames[filled], interpolation=cv2.INTER_AREA)
            filled += 1
            if filled == chunk:
                yield frames
                frames = np.empty_like(frames)  # the caller may keep what it was given
                filled = 0
        if filled:
            yield frames[:filled]
