"""A stream of steps cut into clips that cover all of it, without holding the stream.

The windows are those that `course_lib.clips.cover` gives for a video of known length. Introduced in notebook 02.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["batched", "sliding_clips"]

Entry = TypeVar("Entry")


def sliding_clips(pieces: Iterable[NDArray], clip_len: int, overlap: float) -> Iterator[tuple[int, NDArray, int]]:
    """Cut a stream of pictures, or of features, into the clips of `cover`, holding little more than one of them.

    Args:
        pieces: arrays [n, H, W, 3] or [n, D] that follow each other.
        clip_len: steps a clip.
        overlap: share of a clip that the next one covers again, at least 0 and less than 1.

    Yields:
        First step, pictures [clip_len, H, W, 3] or features [clip_len, D], and how many of them are of the video: fewer
        than `clip_len` only where the whole video is shorter, and then the rest repeats the last step. The last clip
        ends with the video.
    """
    hop = max(1, round(clip_len * (1 - overlap)))
    held: list[NDArray] = []  # single steps, the first of which is step `base`
    base = next_start = covered = 0
    for piece in pieces:
        held.extend(piece)
        while base + len(held) >= next_start + clip_len:
            del held[: next_start - base]
            base = next_start
            yield base, np.stack(held[:clip_len]), clip_len
            covered, next_start = base + clip_len, base + hop
    stop = base + len(held)
    if stop > covered:
        start = max(0, stop - clip_len)
        tail = held[start - base :]
        yield start, np.stack(tail + [tail[-1]] * (clip_len - len(tail))), len(tail)


def batched(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """Lists of `size` entries, in their order; the last may be shorter. (`itertools.batched` needs Python 3.12.)"""
    batch = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
