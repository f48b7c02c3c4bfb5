"""Exactly that picture: the time stamp of every frame of a video, and its pictures by number.

A container's header may say any number of frames and any rate, and a seek lands wherever it likes. So the frame index
lists every frame's stamp, in the order of showing, from one pass over the file without decoding: frame i is what
carries stamp i, a frame that is missing is noticed, and a rate that varies is seen. To reach a frame of a file (any
codec, any group length, B-frames, any start time), go back to the key frame before it and decode forward, checking
every frame's stamp against the index on the way. What is missing, out of place or marked as damaged by the decoder
raises, with its position. (H.264 has no checksums: a few bytes that turn into other valid ones are a wrong picture that
no decoder can know of.)

A folder of numbered pictures is a video too: `%06d.jpg` (E2E-Spot) or `frame{i}.jpg` (T-DEED). Numbers may begin at 0
or 1; whichever was found is said in `VideoInfo.source`. A number that is missing in between is a missing frame, not the
end of the video. Introduced in notebook 01.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from course_lib.data.local_video import bounded_packets, open_local
from course_lib.files import InputError

__all__ = ["FileSource", "FolderSource", "FrameIndex", "VideoError", "VideoInfo", "read_index"]

_PATTERNS = {
    "%06d.jpg": re.compile(r"(\d{6})\.jpg"),
    "frame{i}.jpg": re.compile(r"frame(\d+)\.jpg"),
}


class VideoError(InputError):
    """A video cannot be read, or not to its end; the message names the file and the place (frame and second).

    It is never swallowed: a decoder's patched-up picture would be a training example that says something false.
    """


@dataclass(frozen=True)
class VideoInfo:
    """What was counted and measured in a video; a header is believed only where it agrees.

    Attributes:
        num_frames: frames in the file, by counting.
        fps: frames a second; the mean where the rate varies.
        width, height: in pixels.
        duration_sec: num_frames / fps.
        variable_frame_rate: some frame is further than half a frame from its place i / fps.
        source: what was found, for people: "h264 in mp4", "JPEG files %06d.jpg from 0".
    """

    num_frames: int
    fps: float
    width: int
    height: int
    duration_sec: float
    variable_frame_rate: bool
    source: str = ""


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Time stamps of a file, N frames in the order in which they are shown.

    Attributes:
        info: what was counted and measured.
        pts: [N] int64, ascending, in units of `time_base`; None if the file has no usable stamps, so that frames can
            only be counted from the start.
        keys: [M] int64, ascending, the frames where decoding can begin, 0 always among them.
        time_base: seconds of one unit.
        quarter_turns: by which stored pictures are turned, counterclockwise, to stand upright: a telephone held upright
            stores pictures that lie on their side, and says so.
    """

    info: VideoInfo
    pts: np.ndarray | None
    keys: np.ndarray
    time_base: Fraction
    quarter_turns: int = 0

    def seconds(self, frame: int) -> float:
        """When a frame is shown, from the first frame on."""
        if self.pts is None or not 0 <= frame < len(self.pts):
            return frame / self.info.fps
        return float((int(self.pts[frame]) - int(self.pts[0])) * self.time_base)

    def frame_of(self, pts: int | None) -> int | None:
        """The frame that carries this stamp, None if no frame does."""
        if pts is None or self.pts is None:
            return None
        frame = int(np.searchsorted(self.pts, pts))
        return frame if frame < len(self.pts) and self.pts[frame] == pts else None

    def key_before(self, frame: int) -> int:
        """The last frame at or before `frame` where decoding can begin."""
        return int(self.keys[np.searchsorted(self.keys, frame, side="right") - 1])

    def nearest(self, seconds: np.ndarray) -> np.ndarray:
        """[n] float seconds from the first frame on → [n] int, the frame nearest in time."""
        if self.pts is None:
            frames = np.round(np.asarray(seconds) * self.info.fps)
            return np.clip(frames, 0, self.info.num_frames - 1).astype(np.int64)
        shown = (self.pts - self.pts[0]) * float(self.time_base)
        after = np.clip(np.searchsorted(shown, seconds), 1, max(len(shown) - 1, 1))
        after = np.minimum(after, len(shown) - 1)
        before = np.maximum(after - 1, 0)
        return np.where(seconds - shown[before] <= shown[after] - seconds, before, after)


def read_index(path: str | Path) -> FrameIndex:
    """Index a video file; remembered while the file does not change.

    Raises:
        VideoError: no such file, not a video, or it ends before its header says.
    """
    path = Path(path)
    try:
        stat = path.stat()
    except OSError:
        raise VideoError(f"{path}: no such video file") from None
    return _read_index(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _read_index(path: Path, size: int, mtime_ns: int) -> FrameIndex:
    try:
        with open_local(path) as container:
            if _video_stream(container) is None:
                raise VideoError(f"{path}: has no video stream; expected a video")
            return _demux(path, container)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: cannot be opened as a video ({error.strerror}); is it complete?") from None


def _video_stream(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first stream of moving pictures; None if there is none. The picture on the cover of a song is not one."""
    covers = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)


def _demux(path: Path, container: av.container.InputContainer) -> FrameIndex:
    stream = _video_stream(container)
    pts, keys = [], []
    usable = True
    end_sec = 0.0  # of any stream: a sound track may be longer than the picture
    for packet in bounded_packets(container, path):
        if packet.size == 0:  # the flush packet
            continue
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            end_sec = max(end_sec, float((stamp + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index != stream.index or packet.is_discard:
            continue
        usable &= packet.pts is not None
        pts.append(packet.pts)
        keys.append(packet.is_keyframe)
    if not pts:
        raise VideoError(f"{path}: holds no video frame")
    usable = usable and len(set(pts)) == len(pts)
    num_frames = len(pts) if usable else _count_by_decoding(path)
    if usable:
        order = np.argsort(pts, kind="stable")
        stamps = np.asarray(pts, np.int64)[order]
        starts = np.union1d(np.flatnonzero(np.asarray(keys, bool)[order]), [0])
        fps, variable = _rate(stamps, stream)
    else:
        stamps, starts = None, np.zeros(1, np.int64)
        fps, variable = float(stream.average_rate or stream.guessed_rate or 25), False
    turns = _quarter_turns(path)
    width, height = (stream.height, stream.width) if turns % 2 else (stream.width, stream.height)
    turned = f", turned by {turns * 90 if turns < 3 else -90} degrees" if turns else ""
    info = VideoInfo(
        num_frames=num_frames,
        fps=fps,
        width=width,
        height=height,
        duration_sec=num_frames / fps,
        variable_frame_rate=variable,
        source=f"{stream.codec_context.name} in {path.suffix.lstrip('.') or container.format.name}{turned}",
    )
    _check_end(path, container, stream, info, end_sec)
    return FrameIndex(info, stamps, starts, stream.time_base, turns)


def _quarter_turns(path: Path) -> int:
    """As `FrameIndex.quarter_turns`; the first picture carries it."""
    with open_local(path) as container:
        try:
            picture = next(container.decode(_video_stream(container)), None)
        except av.error.FFmpegError:
            return 0  # a damaged picture is for the reader to complain about
        return 0 if picture is None else round(picture.rotation / 90) % 4


def _rate(pts: np.ndarray, stream: av.VideoStream) -> tuple[float, bool]:
    """Frames a second, and whether the rate varies."""
    header = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
    if len(pts) == 1:
        return (header or [25.0])[0], False
    shown = (pts - pts[0]) * float(stream.time_base)
    measured = (len(pts) - 1) / float(shown[-1])
    # Stamps are rounded (to milliseconds in mkv), so of the rates that fit about equally well a usual one is taken.
    rates = [*header, float(round(measured)), round(measured * 1.001) * 1000 / 1001, measured]
    frames = np.arange(len(pts))
    off_frames = [float(np.abs(shown * fps - frames).max()) if fps > 0 else np.inf for fps in rates]
    if min(off_frames) > 0.5:
        return measured, True
    rounding_frames = float(stream.time_base) * measured
    return next(
        fps for fps, off in zip(rates, off_frames, strict=True) if off <= min(off_frames) + rounding_frames
    ), False


def _check_end(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, info: VideoInfo, end_sec: float
) -> None:
    """Raise VideoError if the file breaks off before its header says."""
    promised_sec = 0.0 if container.duration is None else container.duration / av.time_base
    # mp4 counts its frames exactly; other headers are rounded or estimated, hence a second or one per cent of slack.
    short_frames = stream.frames > info.num_frames and "mp4" in container.format.name
    if short_frames or end_sec < promised_sec - max(1.0, 0.01 * promised_sec):
        raise VideoError(
            f"{path}: breaks off at frame {info.num_frames} ({info.duration_sec:.2f} s) although its header promises "
            f"{f'{stream.frames} frames' if short_frames else f'{promised_sec:.2f} s'}; expected a complete file"
        )


def _count_by_decoding(path: Path) -> int:
    with open_local(path) as container:
        return sum(1 for _ in container.decode(_video_stream(container)))


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
            container = open_local(self.path)
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(f"{self.path}: cannot be opened as a video ({error.strerror})") from None
        context = _video_stream(container).codec_context
        context.thread_count = self._threads
        context.thread_type = "AUTO" if self._threads != 1 else "SLICE"
        return container

    def _seek(self, target: int, key: int) -> None:
        """Make `_frames` begin at frame `key` or, where no seek leads there, before it."""
        while key > 0:
            if self._container is None:
                self._container = self._open()
            stream = _video_stream(self._container)
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
        packets = self._container.demux(_video_stream(self._container))
        self._frames, self._next, self._origin = self._decode(None, packets, 0), 0, 0

    def _decode(
        self, first: av.Packet | None, packets: Iterator[av.Packet], expected: int
    ) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield every frame from `expected` on, and raise at the first that is damaged or missing."""
        context = _video_stream(self._container).codec_context
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
