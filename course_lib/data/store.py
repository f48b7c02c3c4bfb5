"""The training store: of every video only the frames that training uses, at the size it uses, made for random access.

Short groups of H.264 (a key frame every 12 kept frames), one file a video. Measured on one core of a busy machine with
tests/benchmarks/benchmark_store.py, which prints the whole table; kept frames a second, clips of 32 steps:

    store                             bytes/frame   random clips   stretch by stretch
    112x64    H.264, key every 12             534          6,100               41,500
              JPEG 90                       2,184         22,200              151,600
              uint8 memory map             21,504      1,460,000            1,620,000
    398x224   H.264, key every 12           3,526    2,300-3,500               23,100
              H.264, long groups            1,595          1,400               18,900
              JPEG 90                      15,223          3,700               19,300

At full size H.264 in short groups is as fast as JPEG pictures and four times smaller; long groups are half as fast at
random. What matters more is that windows overlap by 90 %: decoding a stretch once and cutting many clips from it is
worth a factor of six to seven, so a process keeps the groups decoded last (of all stores together: a thousand rallies
would not fit) and the sampler (`course_lib.training.clips`) finishes a stretch before it moves on. At 112x64 any
decoder is far behind plain memory, and seven short matches decode in seconds into less than a gigabyte:
`hold_in_memory` does that, in memory that worker processes share. Below 128 lines colour is kept at full resolution
(37 dB instead of 33), since a shirt is two pixels wide there.

A store is keyed by its video's content and by its settings, so that no other stride, size or newer video finds it, and
it appears under its name only when complete. `DecodedBlocks` keeps what was decoded last, here and for widgets:
training cuts many overlapping clips from a stretch, a widget steps to and fro around what is looked at, and both come
back. Introduced in notebook 01.
"""

import hashlib
import json
import mmap
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from course_lib.data.events import Video
from course_lib.data.local_video import open_local
from course_lib.data.video import VideoReader, VideoWriter, iter_frames, probe
from course_lib.files import InputError, cache_dir, check_room, only_here, parse_json
from course_lib.leftovers import is_foreign, sweep
from course_lib.progress import progress_bar

if TYPE_CHECKING:
    from course_lib.config import DataConfig

__all__ = [
    "GROUP",
    "DecodedBlocks",
    "FrameStore",
    "StoreSettings",
    "build_stores",
    "content_digest",
    "hold_in_memory",
]


class DecodedBlocks:
    """Blocks of any number of videos, the ones used last kept decoded.

    One for all videos, since a budget for each would grow with their number: a thousand rallies held whole would be
    tens of gigabytes in every worker process. Threads may share it, and a forked process starts with an empty one: it
    must not share its parent's places in the files.

    Args:
        block_frames: frames that are decoded together.
        kept_bytes: decoded frames that are kept; one block always is.
        open_files: videos held open: a thousand would be more than systems allow.
    """

    def __init__(self, block_frames: int, kept_bytes: int, open_files: int) -> None:
        self.block_frames, self.kept_bytes, self.open_files = block_frames, kept_bytes, open_files
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._blocks: OrderedDict[tuple[Path, int], np.ndarray] = OrderedDict()
        self._readers: OrderedDict[Path, VideoReader] = OrderedDict()
        self._lock = threading.Lock()
        self.num_bytes = 0

    def block(self, path: Path, number: int, num_frames: int, folder_fps: float | None = None) -> np.ndarray:
        """The frames from `number * block_frames` to before the next block, or to the end of a video of `num_frames`.

        Args:
            path: a video file or a folder of frames.
            number: of the block.
            num_frames: of the video.
            folder_fps: frames a second, if it is a folder; None asks its fps.txt.

        Returns:
            uint8 [n, H, W, 3] RGB, not to be written to.

        Raises:
            VideoError: it cannot be read there.
        """
        with self._own_lock():
            frames = self._blocks.get((path, number))
            if frames is None:
                first = number * self.block_frames
                frames = self._reader(path, folder_fps).read(first, min(first + self.block_frames, num_frames))
                self._blocks[path, number] = frames
                self.num_bytes += frames.nbytes
                while self.num_bytes > self.kept_bytes and len(self._blocks) > 1:
                    self.num_bytes -= self._blocks.popitem(last=False)[1].nbytes
            else:
                self._blocks.move_to_end((path, number))
            return frames

    def forget(self, path: Path) -> None:
        """Let go of a video, as when its file has been made anew."""
        with self._own_lock():
            for key in [key for key in self._blocks if key[0] == path]:
                self.num_bytes -= self._blocks.pop(key).nbytes
            if path in self._readers:
                self._readers.pop(path).close()

    def _own_lock(self) -> threading.Lock:
        if self._pid != os.getpid():
            self._start()
        return self._lock

    def _reader(self, path: Path, folder_fps: float | None) -> VideoReader:
        if path in self._readers:
            self._readers.move_to_end(path)
        else:
            self._readers[path] = VideoReader(path, folder_fps=folder_fps)
            if len(self._readers) > self.open_files:
                self._readers.popitem(last=False)[1].close()
        return self._readers[path]


GROUP = 12
"""Kept frames from one key frame to the next; they are decoded together."""

_FULL_COLOUR_BELOW_PX = 128
# Of all stores of a process: eight open stretches of 150 steps at 398x224 are 320 MB.
_GROUPS = DecodedBlocks(GROUP, kept_bytes=512 << 20, open_files=16)
_MEMORY_BUDGET_BYTES = 1 << 30


@dataclass(frozen=True)
class StoreSettings:
    """What a store keeps of a video: every `stride`-th frame, brought to width x height pixels by averaging areas."""

    width: int
    height: int
    stride: int = 2

    def __post_init__(self) -> None:
        if self.stride < 1 or min(self.width, self.height) < 16:
            raise InputError(f"{self}: expected a stride of 1 or more and sides of 16 pixels or more")
        if not self.full_colour and (self.width % 2 or self.height % 2):
            raise InputError(f"{self}: expected an even width and height, which H.264 needs at this size")

    @property
    def full_colour(self) -> bool:
        """Whether colour is kept at full resolution."""
        return self.height < _FULL_COLOUR_BELOW_PX

    def num_steps(self, num_frames: int) -> int:
        """Kept frames of a video: ceil(num_frames / stride)."""
        return -(-num_frames // self.stride)


class FrameStore:
    """The kept frames of one video. Step i is frame i * stride of the video.

    Safe to hand to worker processes: each opens the file for itself, and frames held in memory are shared with forked
    ones.

    Attributes:
        path: the file.
        settings: size and stride.
        num_steps: kept frames.
    """

    def __init__(self, path: Path, settings: StoreSettings, num_steps: int) -> None:
        self.path = path
        self.settings = settings
        self.num_steps = num_steps
        self._memory: np.ndarray | None = None

    def __getstate__(self) -> dict:
        return {"path": self.path, "settings": self.settings, "num_steps": self.num_steps}

    def __setstate__(self, state: dict) -> None:
        self.__init__(**state)

    @property
    def decoded_bytes(self) -> int:
        """Bytes of all frames as uint8 RGB."""
        return self.num_steps * self.settings.height * self.settings.width * 3

    @property
    def in_memory(self) -> bool:
        """Whether all frames are held decoded."""
        return self._memory is not None

    def read(self, start_step: int, stop_step: int) -> np.ndarray:
        """Steps [start_step, stop_step) as uint8 [n, H, W, 3] RGB. Do not write into it: it may be the store's own.

        Raises:
            InputError: not 0 <= start_step <= stop_step <= num_steps.
            VideoError: the store's file is damaged.
        """
        self._check(start_step, stop_step)
        if self._memory is not None:
            return self._memory[start_step:stop_step]
        frames = np.empty((stop_step - start_step, self.settings.height, self.settings.width, 3), np.uint8)
        self.read_into([(frames, start_step)])
        return frames

    def read_into(self, parts: Sequence[tuple[np.ndarray, int]]) -> None:
        """Fill arrays with steps; what several of them share is looked up, and if need be decoded, once.

        Args:
            parts: (uint8 [n, H, W, 3] RGB to be filled, first step). Pictures that lie plane by plane, [n, 3, H, W],
                are given as their view [n, H, W, 3], and filled as quickly.

        Raises:
            InputError: steps that are not within 0 to num_steps.
            VideoError: the store's file is damaged.
        """
        by_group: dict[int, list[tuple[np.ndarray, int]]] = {}
        for out, start in parts:
            stop = start + len(out)
            self._check(start, stop)
            if self._memory is not None:
                _copy(self._memory[start:stop], out)
                continue
            for group in range(start // GROUP, -(-stop // GROUP)):
                first = group * GROUP
                low, high = max(start, first), min(stop, first + GROUP)
                by_group.setdefault(group, []).append((out[low - start : high - start], low - first))
        for group in sorted(by_group):  # forwards: a decoder that stands before the next group need not seek
            decoded = _GROUPS.block(self.path, group, self.num_steps)
            for out, low in by_group[group]:
                _copy(decoded[low : low + len(out)], out)

    def _check(self, start_step: int, stop_step: int) -> None:
        if not 0 <= start_step <= stop_step <= self.num_steps:
            raise InputError(
                f"{self.path}: steps {start_step} to {stop_step} were asked for; expected a range within 0 to "
                f"{self.num_steps}"
            )

    def hold(self, progress: Callable[[int], object] | None = None) -> None:
        """Decode everything into memory, shared with processes forked later; `progress` is told how many steps."""
        if self._memory is not None:
            return
        height, width = self.settings.height, self.settings.width
        # Anonymous shared memory rather than an array: a fork would copy an array's pages as soon as anything near
        # them is written, and no file is left behind.
        memory = np.frombuffer(mmap.mmap(-1, self.decoded_bytes), np.uint8)
        memory = memory.reshape(self.num_steps, height, width, 3)
        filled = 0
        for frames in iter_frames(self.path, threads=1):
            memory[filled : filled + len(frames)] = frames
            filled += len(frames)
            if progress is not None:
                progress(len(frames))
        self.forget()
        self._memory = memory

    def forget(self) -> None:
        """Let go of the open file and of what is decoded of it, as when the file has been made anew."""
        _GROUPS.forget(self.path)


def _copy(frames: np.ndarray, out: np.ndarray) -> None:
    """Pictures into an array of the same shape, [n, H, W, 3]."""
    planes = np.moveaxis(out, -1, 1)  # [n, 3, H, W]
    if planes.flags.c_contiguous and out.shape == frames.shape:
        for picture, target in zip(frames, planes, strict=True):
            cv2.split(picture, tuple(target))  # as quick as copying; NumPy, byte by byte, takes three times as long
    else:
        out[:] = frames


def hold_in_memory(stores: Sequence[FrameStore], budget_bytes: int = _MEMORY_BUDGET_BYTES) -> bool:
    """Decode all stores into memory if together they fit into `budget_bytes`; return whether they are held."""
    if sum(store.decoded_bytes for store in stores) > budget_bytes:
        return False
    waiting = [store for store in stores if not store.in_memory]
    if waiting:
        total = sum(store.num_steps for store in waiting)
        with progress_bar(None, "reading frames", total, unit="frame") as bar, ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda store: store.hold(bar.update), waiting))
    return True


_VERSION = 1  # part of the key: a change in how stores are made must not find the old ones
_CRF = 18
_LEAST_BYTES_PER_PX = 0.004  # of a kept frame; a tenth of what is usual, since a camera may stand still


def build_stores(
    videos: Sequence[Video], data: "DataConfig", cache: Path | None = None, workers: int = 2
) -> list[FrameStore]:
    """The stores of many videos, in their order, `workers` built at a time with one progress bar over all frames.

    A store is built if it is not there, is damaged, or belongs to another state of its video. Stopped at any point, the
    stores that are complete stay and the next call goes on with the others.

    Args:
        videos: each needs a path.
        data: size and stride.
        cache: folder for stores; default `cache_dir()`.
        workers: stores built at a time.

    Raises:
        InputError: a video has no file, or not the number of frames that it says.
        VideoError: a video cannot be decoded to its end.
    """
    settings = StoreSettings(data.width, data.height, data.stride)
    paths = [_store_path(video, settings, cache) for video in videos]
    stores = [_existing(path, video, settings) for path, video in zip(paths, videos, strict=True)]
    missing = [index for index, store in enumerate(stores) if store is None]
    if not missing:
        return stores
    total = sum(settings.num_steps(videos[index].num_frames) for index in missing)
    least = _LEAST_BYTES_PER_PX * settings.width * settings.height * total
    check_room(paths[missing[0]].parent, least, "the frames of these videos")
    with progress_bar(None, "preparing frames", total, unit="frame") as bar, ThreadPoolExecutor(workers) as pool:
        # Threads are enough: decoding, resizing and encoding all happen outside Python's lock.
        jobs = {i: pool.submit(_build_once, paths[i], videos[i], settings, bar.update) for i in missing}
        try:
            for index, job in jobs.items():
                stores[index] = job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return stores


def content_digest(path: Path) -> str:
    """A digest of a video's content: its size and 64 blocks spread over it, or everything if it is small."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(file for file in path.iterdir() if not is_foreign(file.name)):
            digest.update(f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}".encode())
        return digest.hexdigest()
    size, block, blocks = path.stat().st_size, 1 << 16, 64
    digest.update(str(size).encode())
    with path.open("rb") as file:
        if size <= block * blocks:
            digest.update(file.read())
        else:
            for place in range(blocks):
                file.seek((size - block) * place // (blocks - 1))
                digest.update(file.read(block))
    return digest.hexdigest()


def _store_path(video: Video, settings: StoreSettings, cache: Path | None) -> Path:
    if video.path is None or not video.path.exists():
        raise InputError(f"video {video.id!r}: {video.path or 'no file'} does not exist; expected a video file")
    key = f"{_VERSION}:{GROUP}:{_CRF}:{video.num_frames}:{video.fps}:{content_digest(video.path)}"
    name = re.sub(r"[^\w-]+", "_", video.id)[-80:]
    size = f"{settings.width}x{settings.height}s{settings.stride}"
    folder = (cache_dir() if cache is None else Path(cache)) / "stores"
    return folder / f"{name}.{size}.{hashlib.sha256(key.encode()).hexdigest()[:16]}.mp4"


def _existing(path: Path, video: Video, settings: StoreSettings) -> FrameStore | None:
    """The store under this name if it is whole, else None."""
    num_steps = settings.num_steps(video.num_frames)
    try:
        if path.is_symlink():
            return None  # made by somebody else, of who knows what; it is replaced
        with open_local(path) as container:
            comment = parse_json(container.metadata.get("comment", "{}").encode(), str(path))
        info = probe(path)
        whole = isinstance(comment, dict) and comment.get("store") == path.stem and info.num_frames == num_steps
        whole = whole and (info.width, info.height) == (settings.width, settings.height)
    except (OSError, InputError, av.error.FFmpegError):
        return None
    return FrameStore(path, settings, num_steps) if whole else None


def _build_once(path: Path, video: Video, settings: StoreSettings, progress: Callable[[int], object]) -> FrameStore:
    """The store, which another process may have made while this one waited for it."""
    with only_here(path, "the frames of this video"):
        return _existing(path, video, settings) or _build(path, video, settings, progress)


def _build(path: Path, video: Video, settings: StoreSettings, progress: Callable[[int], object]) -> FrameStore:
    sweep(path.parent)
    num_steps = settings.num_steps(video.num_frames)
    size = (settings.width, settings.height)
    with VideoWriter(
        path,
        video.fps / settings.stride,
        size,
        crf=_CRF,
        key_every=GROUP,
        b_frames=False,
        tune="fastdecode",
        full_colour=settings.full_colour,
        comment=json.dumps({"store": path.stem}),
        threads=1,
    ) as writer:
        for frames in iter_frames(
            video.path, size, settings.stride, target_fps=video.fps, threads=1, folder_fps=video.fps
        ):
            writer.write(frames)
            progress(len(frames))
        if writer.num_frames != num_steps:
            raise InputError(
                f"{video.path}: gives {writer.num_frames} frames at stride {settings.stride}; expected {num_steps}, "
                f"since the data set says that it has {video.num_frames} frames"
            )
    store = FrameStore(path, settings, num_steps)
    store.forget()  # of what was there before under this name
    return store
