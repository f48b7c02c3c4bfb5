"""Spots and labels as sorted columns: the form that all scoring works on.

A score of a hundred games touches hundreds of thousands of spots, so nothing here is an object per spot. An entry is
placed by one integer `key`, which orders entries by class, then video, then frame, with a gap between videos as long
as a video: a window around an entry is then a plain range of keys that never reaches into the next video.
Introduced in notebook 01.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SpotTable"]


@dataclass(frozen=True)
class SpotTable:
    """Entries sorted by class, video and frame, at most one for each triple.

    Attributes:
        key: int64 (N,), strictly rising: `(class * num_videos + video) * 2 * num_frames + frame`.
        value: float64 (N,): a prediction's score; for a label 1, or -1 where the action is not shown.
        num_classes, num_videos: sizes of the first two axes; a video here is a file, so a half is one too.
        num_frames: frames of the longest video.
    """

    key: NDArray[np.int64]
    value: NDArray[np.float64]
    num_classes: int
    num_videos: int
    num_frames: int

    @classmethod
    def build(
        cls,
        class_index: ArrayLike,
        video_index: ArrayLike,
        frame: ArrayLike,
        value: ArrayLike,
        *,
        num_classes: int,
        num_videos: int,
        num_frames: int,
    ) -> "SpotTable":
        """Sort entries given in any order; of several with the same class, video and frame the last one stays.

        Args:
            class_index, video_index, frame: whole numbers (N,), each in [0, its `num_`).
            value: (N,). Negative and NaN values overwrite like any other; `scored` drops them afterwards.
        """
        group = np.asarray(class_index, np.int64) * num_videos + np.asarray(video_index, np.int64)
        key = group * (2 * num_frames) + np.asarray(frame, np.int64)
        value = np.asarray(value, np.float64)
        if not (key[1:] > key[:-1]).all():
            order = _stable_order(key)
            key, value = key[order], value[order]
            last = np.append(key[1:] > key[:-1], True) if len(key) else np.zeros(0, bool)
            key, value = key[last], value[last]
        return cls(key, value, num_classes, num_videos, num_frames)

    def scored(self) -> "SpotTable":
        """Only the entries whose value is 0 or more: neither negative nor NaN."""
        return self.select(self.value >= 0)

    def select(self, rows: NDArray) -> "SpotTable":
        """The entries at `rows` (a mask, or rising indices)."""
        return SpotTable(self.key[rows], self.value[rows], self.num_classes, self.num_videos, self.num_frames)

    @property
    def group(self) -> NDArray[np.int64]:
        """int64 (N,): class * num_videos + video."""
        return self.key // (2 * self.num_frames)

    @property
    def class_index(self) -> NDArray[np.int64]:
        """int64 (N,): class of each entry."""
        return self.key // (2 * self.num_frames * self.num_videos)

    @property
    def video_index(self) -> NDArray[np.int64]:
        """int64 (N,): video of each entry."""
        return self.group % self.num_videos

    @property
    def frame(self) -> NDArray[np.int64]:
        """int64 (N,): frame of each entry within its video."""
        return self.key % (2 * self.num_frames)

    def class_starts(self) -> NDArray[np.int64]:
        """int64 (K + 1,): entries of class c are `[starts[c], starts[c + 1])`."""
        firsts = np.arange(self.num_classes + 1, dtype=np.int64) * (2 * self.num_frames * self.num_videos)
        return np.searchsorted(self.key, firsts)

    def __len__(self) -> int:
        return len(self.key)


def _stable_order(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """`argsort(key, kind="stable")` of keys of 0 or more."""
    bits = len(key).bit_length()
    if key.max().item().bit_length() + bits > 63:
        return np.argsort(key, kind="stable")
    # One number that sorts by key, then by row: a plain sort is several times faster than a stable one of two.
    return np.sort((key << bits) | np.arange(len(key))) & ((1 << bits) - 1)
