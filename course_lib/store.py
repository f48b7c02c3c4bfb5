"""The training store: of every video only the frames that training uses, at the size it uses, made for random access.

Short groups of H.264 (a key frame every 12 kept frames), one file a video. Measured on one core of a busy machine with
tests/benchmark_store.py, which prints the whole table; kept frames a second, clips of 32 steps:

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
would not fit) and the sampler (samplers.py) finishes a stretch before it moves on. At 112x64 any decoder is far behind
plain memory, and seven short matches decode in seconds into less than a gigabyte: `hold_in_memory` does that, in memory
that worker processes share. Below 128 lines colour is kept at full resolution (37 dB instead of 33), since a shirt is
two pixels wide there.

A store is keyed by its video's content and by its settings, so that no other stride, size or newer video finds it, and
it appears under its name only when complete. Introduced in notebook 01.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av

from course_lib.config import DataConfig
from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.frame_store import GROUP, FrameStore, StoreSettings, hold_in_memory
from course_lib.locks import only_here
from course_lib.paths import cache_dir
from course_lib.progress import progress_bar
from course_lib.video import VideoError, VideoWriter, iter_frames, probe

__all__ = ["FrameStore", "build_stores", "hold_in_memory"]

_VERSION = 1  # part of the key: a change in how stores are made must not find the old ones
_CRF = 18
_LEFTOVER_SEC = 3600.0


def build_stores(
    videos: Sequence[Video], data: DataConfig, cache: Path | None = None, workers: int = 2
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


def _content_digest(path: Path) -> str:
    """A digest of a video's content: its size and 64 blocks spread over it, or everything if it is small."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir()):
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
    key = f"{_VERSION}:{GROUP}:{_CRF}:{video.num_frames}:{video.fps}:{_content_digest(video.path)}"
    name = re.sub(r"[^\w-]+", "_", video.id)[-80:]
    size = f"{settings.width}x{settings.height}s{settings.stride}"
    folder = (cache_dir() if cache is None else Path(cache)) / "stores"
    return folder / f"{name}.{size}.{hashlib.sha256(key.encode()).hexdigest()[:16]}.mp4"


def _existing(path: Path, video: Video, settings: StoreSettings) -> FrameStore | None:
    """The store under this name if it is whole, else None."""
    num_steps = settings.num_steps(video.num_frames)
    try:
        with av.open(str(path)) as container:
            comment = json.loads(container.metadata.get("comment", "{}"))
        whole = comment.get("store") == path.stem and probe(path).num_frames == num_steps
    except (FileNotFoundError, VideoError, av.error.FFmpegError, json.JSONDecodeError):
        return None
    return FrameStore(path, settings, num_steps) if whole else None


def _build_once(path: Path, video: Video, settings: StoreSettings, progress: Callable[[int], object]) -> FrameStore:
    """The store, which another process may have made while this one waited for it."""
    with only_here(path, "the frames of this video"):
        return _existing(path, video, settings) or _build(path, video, settings, progress)


def _build(path: Path, video: Video, settings: StoreSettings, progress: Callable[[int], object]) -> FrameStore:
    _remove_leftovers(path)
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


def _remove_leftovers(path: Path) -> None:
    """Delete what builds that were killed left in the folder; one that may still be running is left alone."""
    for leftover in path.parent.glob(".*.mp4"):
        try:
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_SEC:
                leftover.unlink()
        except FileNotFoundError:
            continue
