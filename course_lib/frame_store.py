"""The frames of one video as training reads them: at random, a stretch at a time, or from memory.

How they are kept, and why, is told in store.py, which makes the files. Introduced in notebook 01.
"""

import mmap
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.errors import InputError
from course_lib.progress import progress_bar
from course_lib.video import DecodedBlocks, iter_frames

__all__ = ["GROUP", "FrameStore", "StoreSettings", "hold_in_memory"]

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
        if not 0 <= start_step <= stop_step <= self.num_steps:
            raise InputError(
                f"{self.path}: steps {start_step} to {stop_step} were asked for; expected a range within 0 to "
                f"{self.num_steps}"
            )
        if self._memory is not None:
            return self._memory[start_step:stop_step]
        frames = np.empty((stop_step - start_step, self.settings.height, self.settings.width, 3), np.uint8)
        for group in range(start_step // GROUP, -(-stop_step // GROUP)):
            first = group * GROUP
            low, high = max(start_step, first), min(stop_step, first + GROUP)
            decoded = _GROUPS.block(self.path, group, self.num_steps)
            frames[low - start_step : high - start_step] = decoded[low - first : high - first]
        return frames

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
