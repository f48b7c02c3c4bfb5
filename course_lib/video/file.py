"""Exact pictures out of a video file: any codec, any group length, B-frames, any start time.

To reach a frame, go back to the key frame before it and decode forward, checking every frame's time stamp against the
index on the way. What is missing, out of place or marked as damaged by the decoder raises, with its position. (H.264
has no checksums: a few bytes that turn into other valid ones are a wrong picture that no decoder can know of.)
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from course_lib.video.index import FrameIndex, read_index, video_stream
from course_lib.video.info import VideoError, VideoInfo

__all__ = ["FileSource"]


class FileSource:
    """Pictures of a video file by frame number, in the order of showing.

    Args:
        path: any file that FFmpeg opens.
        threads: of the decoder. One is the fastest for short random reads; 0 lets it choose, for whole videos.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        self.path = Path(path)
        self.index: FrameIndex = read_index(path)
        self._threads = threads
        self._container: av.container.InputContainer | None = None
        self._frames: Iterator[tuple[int, av.VideoFrame]] | None = None  # decoding goes on from here
        self._next = 0  # the frame that `_frames` gives next
        self._origin = 0  # the key frame at which it began
        self._reformatter = VideoReformatter()

    @property
    def info(self) -> VideoInfo:
        """What was counted and measured."""
        return self.index.info

    def close(self) -> None:
        """Close the file; a later read opens it again."""
        self._frames = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def pictures(self, frames: Sequence[int]) -> Iterator[np.ndarray]:
        """Yield uint8 [H, W, 3] RGB for each of these frame numbers, which must not decrease.

        Raises:
            VideoError: a frame on the way cannot be decoded.
        """
        picture = None
        last = -1
        for frame in frames:
            if frame != last:
                picture = self._picture(int(frame))
                last = frame
            yield picture

    def _picture(self, target: int) -> np.ndarray:
        if self._frames is None or target < self._next or self.index.key_before(target) > self._next:
            self._seek(target, self.index.key_before(target))
        back = 1
        failure: VideoError | None = None
        while True:
            try:
                return self._decode_to(target)
            except VideoError as error:
                # A key frame may be one by name only (streams that refresh a strip at a time): only what fails from
                # further ahead, and in the end from the start of the file, is damaged.
                failure = failure or error
                if self._origin == 0:
                    raise failure from None
                place = int(np.searchsorted(self.index.keys, self._origin)) - back
                self._seek(target, int(self.index.keys[max(place, 0)]))
                back *= 2

    def _decode_to(self, target: int) -> np.ndarray:
        frames, self._frames = self._frames, None  # a generator that raised is spent
        for frame, picture in frames:
            if frame == target:
                self._frames, self._next = frames, frame + 1
                shown = self._reformatter.reformat(picture, format="rgb24", threads=1).to_ndarray()
                return np.ascontiguousarray(np.rot90(shown, self.index.quarter_turns))
        raise self._error(target, "the file ends before it")

    def _open(self) -> av.container.InputContainer:
        try:
            container = av.open(str(self.path))
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(f"{self.path}: cannot be opened as a video ({error.strerror})") from None
        context = video_stream(container).codec_context
        context.thread_count = self._threads
        context.thread_type = "AUTO" if self._threads != 1 else "SLICE"
        return container

    def _seek(self, target: int, key: int) -> None:
        """Make `_frames` begin at frame `key` or, where no seek leads there, before it."""
        while key > 0:
            if self._container is None:
                self._container = self._open()
            stream = video_stream(self._container)
            try:
                self._container.seek(int(self.index.pts[key]), stream=stream)
                packets = self._container.demux(stream)
                first = next(packets)
                landed = self.index.frame_of(first.pts)
            except (av.error.FFmpegError, StopIteration):
                landed = None
            if landed is not None and first.is_keyframe and landed <= target:
                self._frames, self._next, self._origin = self._decode(first, packets, landed), landed, landed
                return
            key = self.index.key_before(key - 1)  # landed behind the frame, or nowhere: try further ahead
        self.close()
        self._container = self._open()
        packets = self._container.demux(video_stream(self._container))
        self._frames, self._next, self._origin = self._decode(None, packets, 0), 0, 0

    def _decode(
        self, first: av.Packet | None, packets: Iterator[av.Packet], expected: int
    ) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield every frame from `expected` on, and raise at the first that is damaged or missing."""
        context = video_stream(self._container).codec_context
        count = 0
        while True:
            packet = first
            try:
                if packet is None:
                    packet = next(packets, None)
                pictures = () if packet is None else context.decode(packet if packet.size else None)
            except av.error.EOFError:
                return
            except av.error.FFmpegError as error:
                broken = self.index.frame_of(packet.pts) if packet is not None else None
                raise self._error(expected if broken is None else broken, error.strerror) from None
            first = None
            if packet is None:
                break
            for picture in pictures:
                frame = count if self.index.pts is None else self.index.frame_of(picture.pts)
                count += 1
                if frame is None or frame < expected:
                    continue  # a leading picture of an open group, decoded without what it refers to
                if frame > expected:
                    raise self._error(expected, "the decoder gives no picture for it")
                if picture.is_corrupt:
                    raise self._error(frame, "the decoder marks it as damaged")
                yield frame, picture
                expected = frame + 1
        if expected < self.info.num_frames:
            raise self._error(expected, "the file ends before it")

    def _error(self, frame: int, why: str) -> VideoError:
        return VideoError(
            f"{self.path}: frame {frame} of {self.info.num_frames} (at {self.index.seconds(frame):.2f} s) cannot be "
            f"decoded: {why}; expected an undamaged video"
        )
