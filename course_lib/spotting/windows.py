"""Clips that cover a video of known length, or a stream, without holding the stream.

Windows cover every step. The last one of a video is moved back so that it ends with the video instead of being dropped,
which would lose seconds of every match and most of a rally. Introduced in notebook 01; streams in notebook 02.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from course_lib.files import InputError

__all__ = ["batched", "cover", "sliding_clips"]


def cover(num_steps: int, clip_len: int, overlap: float = 0.0) -> list[int]:
    """Starts of windows that together hold every step of a video at least once.

    Args:
        num_steps: steps of the video, 1 or more.
        clip_len: steps of a window.
        overlap: share of a window that the next one holds too, in [0, 1).

    Returns:
        Ascending starts from 0; the last window ends exactly with the video, unless the video is shorter than a window.

    Raises:
        InputError: an argument out of its range.
    """
    if num_steps < 1 or clip_len < 1 or not 0 <= overlap < 1:
        raise InputError(
            f"windows: num_steps {num_steps}, clip_len {clip_len}, overlap {overlap}; expected 1 or more, 1 or more, "
            "and 0 <= overlap < 1"
        )
    # Rounded: in double precision int((1 - 0.9) * 100) is 9.
    step = max(1, round(clip_len * (1 - overlap)))
    last = max(num_steps - clip_len, 0)
    return [*range(0, last, step), last]


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
