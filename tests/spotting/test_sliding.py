"""sliding: the clips of a stream are those of a video, whatever the pieces that it comes in."""

import numpy as np
import pytest

from course_lib.spotting.windows import batched, cover, sliding_clips


def in_pieces(frames, size):
    return (frames[start : start + size] for start in range(0, len(frames), size))


@pytest.mark.parametrize("num_steps", [1, 5, 15, 16, 17, 31, 32, 33, 100])
@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("piece", [1, 7, 64])
def test_clips_are_those_that_cover_a_video(num_steps, overlap, piece):
    frames = np.arange(num_steps)[:, None, None, None] * np.ones((1, 4, 5, 3), int)  # step i is full of i
    clips = list(sliding_clips(in_pieces(frames, piece), 16, overlap))
    assert [start for start, _, _ in clips] == cover(num_steps, 16, overlap)
    for start, clip, length in clips:
        assert clip.shape == (16, 4, 5, 3) and length == min(16, num_steps)
        assert (clip[:, 0, 0, 0] == np.minimum(np.arange(start, start + 16), num_steps - 1)).all()


def test_vectors_are_cut_like_pictures():
    vectors = np.stack([np.arange(37), -np.arange(37)], axis=1).astype(np.float32)
    clips = list(sliding_clips(in_pieces(vectors, 5), 16, 0.5))
    assert [start for start, _, _ in clips] == [0, 8, 16, 21]
    for start, clip, length in clips:
        assert length == 16
        np.testing.assert_array_equal(clip, vectors[start : start + 16])


def test_batches():
    assert list(batched(iter(range(7)), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched([], 3)) == []


def test_memory_stays_flat():
    """Only a clip and a piece of the video are held, however long it is."""
    held = []

    def endless():
        for start in range(0, 20_000, 50):
            piece = np.zeros((50, 4, 4, 3), np.uint8)
            held.append(start)
            yield piece

    for start, _, _ in sliding_clips(endless(), 16, 0.5):
        assert held[-1] + 50 - start <= 50 + 2 * 16
