"""Exactly that picture: the time stamp of every frame of a video, and its pictures by number.

A container's header may say any number of frames and any rate, and a seek lands wherever it likes. So the frame index
lists every frame's stamp, in the order of showing, from one pass over the file without decoding: frame i is what
carries stamp i, a frame that is missing is noticed, and a rate that varies is seen. To reach a frame of a file (any
codec, any group length, B-frames, any start time), go back to the key frame before it and decode forward, checking
every frame's stamp against the index on the way. What is missing, out of place or marked as damaged by the decoder
raises, with its position; what cannot be shown, since the file begins between key frames, is no part of it. (H.264 has
no checksums: a few bytes that turn into other valid ones are a wrong picture that no decoder can know of.) Introduced
in notebook 01.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from course_lib.data.local_video import bounded_packets, open_local
from course_lib.data.stamps import Packets, Rate, arrange, even_rate
from course_lib.data.times import Times
from course_lib.files import InputError, pointer_sentence

__all__ = ["FileSource", "FrameIndex", "VideoError", "VideoInfo", "read_index"]

SAME_SHAPE = 0.02  # by which the sides of two pictures of one shape may differ, being whole numbers
JOINED_SEC = 3600.0  # a clock that steps on by more belongs to another recording
_SEVERAL_CLOCKS = ("mpegts", "mpeg")  # containers without an index, which people join end to end


class VideoError(InputError):
    """A video cannot be read, or not to its end; the message names the file and the place (frame and second).

    It is never swallowed: a decoder's patched-up picture would be a training example that says something false.
    """


@dataclass(frozen=True)
class VideoInfo:
    """What was counted and measured in a video; a header is believed only where it agrees.

    Attributes:
        num_frames: frames in the file, by counting; where the rate varies, as many as last as long.
        fps: frames a second; where the rate varies, of the usual distance between pictures.
        width, height: in pixels.
        duration_sec: num_frames / fps.
        variable_frame_rate: some picture is further than half a frame from its place i / fps.
        source: what was found, for people: "h264 in mp4", "JPEG files %06d.jpg from 0".
        start_ms: when a player, which counts from where the sound begins, shows the first picture; 0 if that is less
            than half a frame.
        num_pictures: pictures in the file; another number than of frames where the rate varies.
        pixel_aspect: how many times as wide as high a pixel is shown.
    """

    num_frames: int
    fps: float
    width: int
    height: int
    duration_sec: float
    variable_frame_rate: bool
    source: str = ""
    start_ms: int = 0
    num_pictures: int = 0
    pixel_aspect: float = 1.0

    @property
    def times(self) -> Times:
        """The map between its frames and a player's times."""
        return Times(self.fps, self.start_ms)


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Time stamps of a file, N pictures in the order in which they are shown. Frames are counted in pictures here.

    Attributes:
        info: what was counted and measured.
        pts: [N] int64, ascending, in units of `time_base`; None if the file has no usable stamps, so that frames can
            only be counted from the start.
        keys: [M] int64, ascending, the frames where decoding can begin, 0 always among them.
        time_base: seconds of one unit.
        quarter_turns: by which stored pictures are turned, counterclockwise, to stand upright: a telephone held upright
            stores pictures that lie on their side, and says so.
        first_packet: where decoding begins, counted in packets of the stream; those before refer to what is not there.
        clock: [packets], stamps that packets are given in place of their own, as `course_lib.data.stamps.Arranged` has
            them; None where their own serve.
    """

    info: VideoInfo
    pts: np.ndarray | None
    keys: np.ndarray
    time_base: Fraction
    quarter_turns: int = 0
    first_packet: int = 0
    clock: np.ndarray | None = None

    @property
    def num_pictures(self) -> int:
        """N, which the information calls frames where the rate is even."""
        return self.info.num_frames if self.pts is None else len(self.pts)

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
            stream = _video_stream(container)
            if stream is None:
                raise VideoError(f"{path}: has no video stream; expected a video")
            if stream.codec_context is None:
                raise VideoError(f"{path}: its pictures are in a format that is not known here; expected a usual one")
            return _demux(path, container)
    except (av.error.FFmpegError, OSError) as error:
        if pointer := _pointer_sentence(path):
            raise VideoError(pointer) from None
        raise VideoError(f"{path}: cannot be opened as a video ({error.strerror}); is it complete?") from None


def _pointer_sentence(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe would be waited for
            return ""
        with path.open("rb") as file:
            return pointer_sentence(file.read(200), str(path))
    except OSError:
        return ""


def _video_stream(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first stream of moving pictures; None if there is none. The picture on the cover of a song is not one."""
    covers = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)


def _demux(path: Path, container: av.container.InputContainer) -> FrameIndex:
    stream = _video_stream(container)
    packets = Packets(whole="mp4" in container.format.name)
    begin_sec = end_sec = 0.0  # of any stream: a sound track may be longer than the picture
    sound_sec: dict[int, float] = {}  # of each stream of sound, where it begins
    for packet in bounded_packets(container, path):
        if packet.size == 0:  # the flush packet
            continue
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            end_sec = max(end_sec, float((stamp + (packet.duration or 0)) * packet.time_base))
            if not packet.is_discard:
                begin_sec = min(begin_sec, float(stamp * packet.time_base))
                if packet.stream.type == "audio":
                    # The stream's own word first: it leaves out the run-up of the sound's decoder.
                    begin = packet.stream.start_time
                    begin = stamp if begin is None else begin
                    sound_sec.setdefault(packet.stream_index, float(begin * packet.time_base))
        if packet.stream_index != stream.index:
            continue
        packets.pts.append(packet.pts)
        packets.dts.append(packet.dts)
        packets.key.append(packet.is_keyframe)
        packets.hidden.append(packet.is_discard)
    if not packets.pts:
        raise VideoError(f"{path}: holds no video frame")
    first = _first_picture(path, packets.first_key())
    unit_sec = float(stream.time_base)
    joined_from = round(JOINED_SEC / unit_sec) if container.format.name in _SEVERAL_CLOCKS else None
    arranged = arrange(packets, first.pts, joined_from)
    if arranged is not None:
        stamps, starts, clock = arranged
        header_fps = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
        rate = even_rate(stamps, unit_sec, header_fps)
        num_pictures = len(stamps)
    else:
        stamps, starts, clock = None, np.zeros(1, np.int64), None
        num_pictures = _count_by_decoding(path)
        rate = Rate(float(stream.average_rate or stream.guessed_rate or 25), num_pictures, False)
    turns = first.quarter_turns
    width, height = (stream.height, stream.width) if turns % 2 else (stream.width, stream.height)
    turned = f", turned by {turns * 90 if turns < 3 else -90} degrees" if turns else ""
    aspect = float(stream.sample_aspect_ratio or 1)
    start_sec = 0.0
    if stamps is not None:
        start_sec = _start_sec(packets, int(stamps[0]), unit_sec, sound_sec.values())
    info = VideoInfo(
        num_frames=rate.num_frames,
        fps=rate.fps,
        width=width,
        height=height,
        duration_sec=rate.num_frames / rate.fps,
        variable_frame_rate=rate.varies,
        source=f"{stream.codec_context.name} in {path.suffix.lstrip('.') or container.format.name}{turned}",
        start_ms=round(start_sec * 1000) if start_sec * rate.fps >= 0.5 else 0,
        num_pictures=num_pictures,
        pixel_aspect=1 / aspect if turns % 2 else aspect,
    )
    # Stamps begin before 0 where a clock of 33 bits starts again soon after.
    _check_end(path, container, stream, info, end_sec - begin_sec)
    # In a file without stamps, frames are counted from the first picture that the decoder gives.
    first_packet = packets.first_key() if stamps is not None else 0
    return FrameIndex(info, stamps, starts, stream.time_base, turns, first_packet, clock)


class _First(NamedTuple):
    """Of the first picture that the decoder gives: its stamp, and as `FrameIndex.quarter_turns`."""

    pts: int | None = None
    quarter_turns: int = 0


def _first_picture(path: Path, first_packet: int) -> _First:
    with open_local(path) as container:
        stream = _video_stream(container)
        packets = (packet for packet in container.demux(stream) if packet.size)
        for packet in islice(packets, first_packet, None):
            try:
                pictures = stream.codec_context.decode(packet)
            except av.error.FFmpegError:
                continue  # a damaged picture is for the reader to complain about
            for picture in pictures:
                if not picture.is_corrupt:
                    return _First(picture.pts, round(picture.rotation / 90) % 4)
        try:
            pictures = stream.codec_context.decode(None)
        except av.error.FFmpegError:
            pictures = []
        return next((_First(one.pts, round(one.rotation / 90) % 4) for one in pictures if not one.is_corrupt), _First())


def _start_sec(packets: Packets, first: int, unit_sec: float, sound_sec: Iterable[float]) -> float:
    """When a player shows the picture with the stamp `first`: it counts from the file's first packet, and leaves out
    what sound has before 0."""
    # It cannot show what refers to packets that are not there, but it counts from them.
    stored = first if packets.hidden[0] else min(first, *packets.pts[: packets.first_key() + 1])
    begin = min([stored * unit_sec, *(max(0.0, second) for second in sound_sec)])
    return first * unit_sec - begin


def _check_end(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, info: VideoInfo, end_sec: float
) -> None:
    """Raise VideoError if the file breaks off before its header says."""
    promised_sec = 0.0 if container.duration is None else container.duration / av.time_base
    # mp4 counts its frames exactly; other headers are rounded or estimated, hence a second or one per cent of slack.
    short_frames = (
        "mp4" in container.format.name
        and stream.frames > info.num_pictures
        and stream.frames > _count_stored(path)  # an edit list may hide some of them
    )
    if short_frames or end_sec < promised_sec - max(1.0, 0.01 * promised_sec):
        raise VideoError(
            f"{path}: breaks off at frame {info.num_pictures} ({info.duration_sec:.2f} s) although its header promises "
            f"{f'{stream.frames} frames' if short_frames else f'{promised_sec:.2f} s'}; expected a complete file"
        )


def _count_stored(path: Path) -> int:
    """Pictures in an mp4, those too that its edit list leaves out."""
    with open_local(path, {"ignore_editlist": "1"}) as container:
        return sum(1 for packet in container.demux(_video_stream(container)) if packet.size)


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
                return self._upright(picture, target)
        raise self._error(target, "the file ends before it")

    def _upright(self, picture: av.VideoFrame, frame: int) -> np.ndarray:
        """uint8 [H, W, 3], of the size that the file has, whatever this picture's own is."""
        turns, size = self.index.quarter_turns, {}
        width, height = (self.info.height, self.info.width) if turns % 2 else (self.info.width, self.info.height)
        if (picture.width, picture.height) != (width, height):
            # A broadcast that changes its resolution keeps its shape; another shape is another picture.
            if abs(picture.width * height / (picture.height * width) - 1) > SAME_SHAPE:
                raise self._error(
                    frame, f"it has {picture.width}x{picture.height} px where the first has {width}x{height} px"
                )
            size = {"width": width, "height": height}
        shown = self._reformatter.reformat(picture, format="rgb24", threads=1, **size).to_ndarray()
        return np.ascontiguousarray(np.rot90(shown, turns))

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
        while key > 0 and self.index.clock is None:  # where several recordings are one file, a stamp is no place
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
        packets = self._from_the_start(self._container.demux(_video_stream(self._container)))
        self._frames, self._next, self._origin = self._decode(None, packets, 0), 0, 0

    def _from_the_start(self, packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
        """The packets of the whole file, but for those that refer to what is not there."""
        for number, packet in enumerate(packets):
            if packet.size and number < self.index.first_packet:
                continue
            if packet.size and self.index.clock is not None:
                packet.pts = packet.dts = int(self.index.clock[number])
            yield packet

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
        if expected < self.index.num_pictures:
            raise self._error(expected, "the file ends before it")

    def _error(self, frame: int, why: str) -> VideoError:
        return VideoError(
            f"{self.path}: frame {frame} of {self.index.num_pictures} (at {self.index.seconds(frame):.2f} s) cannot be "
            f"decoded: {why}; expected an undamaged video"
        )
