"""Videos in and out: files and folders of frames alike, at random or from end to end, and H.264 in mp4 to write.

A frame number always means a time: frame i is the picture at i / fps seconds after the first. At a constant rate this
is the i-th picture of the file; where the rate varies, or another rate is asked for, it is the picture nearest in time,
so that labels given in milliseconds stay where they belong, and a recording that was paused is as long as its clock.
What is written plays in browsers and notebooks, and is there whole or not at all. Introduced in notebook 01.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from course_lib.data.exact_frames import FileSource, VideoError, VideoInfo, read_index
from course_lib.data.frame_folder import FolderSource
from course_lib.files import InputError, atomic_path

__all__ = ["VideoError", "VideoInfo", "VideoReader", "VideoWriter", "iter_frames", "probe"]


def probe(path: str | Path, *, folder_fps: float | None = None) -> VideoInfo:
    """Count and measure a video without decoding it (a pass over the file; a folder of frames is listed).

    Args:
        path: a video file or a folder of frames.
        folder_fps: frames a second, if it is a folder; None asks its fps.txt.

    Raises:
        VideoError: it is missing, is no video, breaks off early, or is a folder of nobody knows what rate.
    """
    path = Path(path)
    return FolderSource(path, folder_fps).info if path.is_dir() else read_index(path).info


class VideoReader:
    """Exact random access to the frames of a video.

    Args:
        path: a video file or a folder of frames.
        threads: of the decoder; 1 for random access, 0 (as many as it likes) for reading from end to end.
        folder_fps: frames a second, if it is a folder; None asks its fps.txt.

    Example:
        >>> with VideoReader("match.mp4") as video:
        ...     frames = video.read(100, 150, step=2)  # uint8 [25, H, W, 3]
    """

    def __init__(self, path: str | Path, *, threads: int = 1, folder_fps: float | None = None) -> None:
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
    folder_fps: float | None = None,
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
        folder_fps: frames a second, if `path` is a folder; None asks its fps.txt.

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


class VideoWriter:
    """Encode frames to an mp4; the file appears under its name only when the `with` block ends without an error.

    Args:
        path: the file to make.
        fps: frames a second.
        size: (width, height) in pixels, both even unless `full_colour`.
        crf: quality of H.264, 0 (lossless) to 51; 18 looks like the original, 23 is the usual.
        preset: x264's trade of time for size, "ultrafast" ... "veryslow".
        key_every: frames from one key frame to the next; None leaves it to the encoder (up to 250).
        b_frames: allow frames that refer to later ones: smaller files, slower random access.
        tune: x264's tuning, such as "fastdecode"; None for none.
        full_colour: keep colour at full resolution (4:4:4). Browsers do not play that; pictures of a hundred pixels
            need it, where a player's shirt is two pixels wide.
        comment: text kept in the file's metadata.
        threads: of the encoder; 0 = as many as it likes.

    Raises:
        InputError: an odd width or height, which colour at half the resolution does not allow.
    """

    def __init__(
        self,
        path: str | Path,
        fps: float,
        size: tuple[int, int],
        *,
        crf: int = 20,
        preset: str = "veryfast",
        key_every: int | None = None,
        b_frames: bool = True,
        tune: str | None = None,
        full_colour: bool = False,
        comment: str = "",
        threads: int = 0,
    ) -> None:
        width, height = size
        if min(size) < 2 or (not full_colour and (width % 2 or height % 2)):
            raise InputError(f"{path}: the frame size is {width}x{height} px; expected even numbers of 2 or more")
        self.path = Path(path)
        self.num_frames = 0
        self._shape = (height, width, 3)
        self._fps = Fraction(fps).limit_denominator(1001)
        options = {"crf": str(crf), "preset": preset}
        if key_every is not None:
            options |= {"g": str(key_every), "keyint_min": str(key_every), "sc_threshold": "0"}
        if not b_frames:
            options["bf"] = "0"
        if tune is not None:
            options["tune"] = tune
        self._options = options
        self._pixel_format = "yuv444p" if full_colour else "yuv420p"
        self._comment = comment
        self._threads = threads
        self._stack = ExitStack()
        self._reformatter = VideoReformatter()

    def __enter__(self) -> "VideoWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path))
            # faststart puts the index in front, so that a browser can begin before it has the whole file.
            self._container = stack.enter_context(
                av.open(str(temporary.absolute()), "w", format="mp4", options={"movflags": "+faststart"})
            )
            if self._comment:
                self._container.metadata["comment"] = self._comment
            self._stream = self._container.add_stream("libx264", rate=self._fps, options=self._options)
            self._stream.height, self._stream.width, _ = self._shape
            self._stream.pix_fmt = self._pixel_format
            self._stream.codec_context.thread_count = self._threads
            self._stack = stack.pop_all()
        return self

    def write(self, frames: np.ndarray) -> None:
        """Append one frame, uint8 [H, W, 3] RGB, or several, [n, H, W, 3].

        Raises:
            InputError: another dtype or size.
        """
        for frame in frames if frames.ndim == 4 else frames[None]:
            if frame.shape != self._shape or frame.dtype != np.uint8:
                raise InputError(
                    f"{self.path}: frame {self.num_frames} is {frame.dtype} {frame.shape}; expected uint8 {self._shape}"
                )
            # No copy: the reformatter makes a picture of its own.
            picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame), format="rgb24")
            picture = self._reformatter.reformat(picture, format=self._pixel_format, threads=1)
            picture.pts = self.num_frames
            picture.time_base = 1 / self._fps
            self._container.mux(self._stream.encode(picture))
            self.num_frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if self.num_frames == 0:
                    raise InputError(f"{self.path}: no frame was written; expected at least one")
                self._container.mux(self._stream.encode(None))
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._stack.__exit__(kind, error, trace)
