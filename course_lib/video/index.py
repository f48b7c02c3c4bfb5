"""The frame index: every frame's time stamp, in the order of showing, from one pass over the file without decoding.

A container's header may say any number of frames and any rate, and a seek lands wherever it likes. With the list of
time stamps, frame i is what carries stamp i, so that seeking is exact, a frame that is missing is noticed, and a rate
that varies is seen. Introduced in notebook 01.
"""

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from course_lib.video.info import VideoError, VideoInfo

__all__ = ["FrameIndex", "read_index", "video_stream"]


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
        with av.open(str(path)) as container:
            if video_stream(container) is None:
                raise VideoError(f"{path}: has no video stream; expected a video")
            return _demux(path, container)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: cannot be opened as a video ({error.strerror}); is it complete?") from None


def video_stream(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first stream of moving pictures; None if there is none. The picture on the cover of a song is not one."""
    covers = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)


def _demux(path: Path, container: av.container.InputContainer) -> FrameIndex:
    stream = video_stream(container)
    pts, keys = [], []
    usable = True
    end_sec = 0.0  # of any stream: a sound track may be longer than the picture
    for packet in container.demux():
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
    with av.open(str(path)) as container:
        try:
            picture = next(container.decode(video_stream(container)), None)
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
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video_stream(container)))
