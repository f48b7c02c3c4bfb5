"""Random access that is quick where one frame follows another: videos are decoded a block at a time, and blocks kept.

Training cuts many overlapping clips from a stretch, a widget steps to and fro around what is looked at: both come back
to what they decoded last. Introduced in notebook 01.
"""

import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from course_lib.video.video import VideoReader

__all__ = ["DecodedBlocks"]


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

    def block(self, path: Path, number: int, num_frames: int, folder_fps: float = 25.0) -> np.ndarray:
        """The frames from `number * block_frames` to before the next block, or to the end of a video of `num_frames`.

        Args:
            path: a video file or a folder of frames.
            number: of the block.
            num_frames: of the video.
            folder_fps: frames a second, if it is a folder.

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

    def _reader(self, path: Path, folder_fps: float) -> VideoReader:
        if path in self._readers:
            self._readers.move_to_end(path)
        else:
            self._readers[path] = VideoReader(path, folder_fps=folder_fps)
            if len(self._readers) > self.open_files:
                self._readers.popitem(last=False)[1].close()
        return self._readers[path]
