"""Writing a video: H.264 in mp4, which browsers and notebooks play, whole or not at all."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from course_lib.errors import InputError
from course_lib.files import atomic_path

__all__ = ["VideoWriter"]


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
                av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"})
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
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
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
