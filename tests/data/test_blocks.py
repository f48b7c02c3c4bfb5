"""Decoded blocks: the right frames in any order, few decodings, bounded memory and files, for each process its own."""

import multiprocessing

import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, numbers_of, write_video

from course_lib.data.store import DecodedBlocks
from course_lib.data.video import VideoReader

BLOCK_BYTES = 25 * HEIGHT * WIDTH * 3
LENGTHS = {"a": 120, "b": 30, "c": 51}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return {name: write_video(folder / f"{name}.mp4", length) for name, length in LENGTHS.items()}


@pytest.fixture
def reads(monkeypatch):
    """The stretches that were decoded."""
    seen, read = [], VideoReader.read

    def counted(self, start, stop, step=1):
        seen.append((self.path.stem, start, stop))
        return read(self, start, stop, step)

    monkeypatch.setattr(VideoReader, "read", counted)
    return seen


def test_blocks_are_decoded_once_and_end_with_the_video(videos, reads):
    blocks = DecodedBlocks(25, 10 * BLOCK_BYTES, 2)
    for name, number in (("a", 0), ("b", 1), ("a", 4), ("a", 0), ("b", 1)):
        shown = numbers_of(blocks.block(videos[name], number, LENGTHS[name]))
        assert shown == list(range(25 * number, min(25 * number + 25, LENGTHS[name])))
    assert reads == [("a", 0, 25), ("b", 25, 30), ("a", 100, 120)]
    assert blocks.num_bytes == BLOCK_BYTES * (25 + 5 + 20) // 25


def test_memory_is_bounded_and_the_oldest_goes_first(videos, reads):
    blocks = DecodedBlocks(25, 2 * BLOCK_BYTES, 2)
    for number in (0, 1, 0, 2, 0, 1):  # block 1 was used longest ago when block 2 came
        blocks.block(videos["a"], number, 120)
        assert blocks.num_bytes <= 2 * BLOCK_BYTES
    assert [start for _, start, _ in reads] == [0, 25, 50, 25]


def test_a_block_larger_than_the_budget_is_kept_until_the_next(videos, reads):
    blocks = DecodedBlocks(25, 1, 2)
    for number in (0, 0, 1, 1, 0):
        blocks.block(videos["a"], number, 120)
    assert [start for _, start, _ in reads] == [0, 25, 0]


def test_the_file_used_longest_ago_is_closed(videos, monkeypatch):
    closed, close = [], VideoReader.close
    monkeypatch.setattr(VideoReader, "close", lambda self: closed.append(self.path.stem) or close(self))
    blocks = DecodedBlocks(25, 10 * BLOCK_BYTES, 2)
    for name, number in (("a", 0), ("b", 0), ("a", 1), ("c", 0), ("a", 2)):
        blocks.block(videos[name], number, LENGTHS[name])
    assert closed == ["b"]


def test_a_file_made_anew_is_read_anew(tmp_path):
    blocks, path = DecodedBlocks(25, 10 * BLOCK_BYTES, 2), write_video(tmp_path / "v.mp4", 10)
    assert len(blocks.block(path, 0, 10)) == 10
    write_video(path, 20)
    blocks.forget(path)
    assert numbers_of(blocks.block(path, 0, 20)) == list(range(20)) and blocks.num_bytes == BLOCK_BYTES * 20 // 25


def _look(blocks, path, answers):
    held = blocks.num_bytes
    answers.put((held, numbers_of(blocks.block(path, 2, 120)), blocks.num_bytes))


def test_a_forked_process_has_its_own(videos, reads):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork on this system")
    context, blocks = multiprocessing.get_context("fork"), DecodedBlocks(25, 10 * BLOCK_BYTES, 2)
    blocks.block(videos["a"], 0, 120)
    answers = context.Queue()
    worker = context.Process(target=_look, args=(blocks, videos["a"], answers), daemon=True)
    worker.start()
    assert numbers_of(blocks.block(videos["a"], 3, 120)) == list(range(75, 100))
    held, shown, after = answers.get(timeout=60)
    worker.join(60)
    assert shown == list(range(50, 75)) and after == BLOCK_BYTES == held
    assert np.array_equal(numbers_of(blocks.block(videos["a"], 0, 120)), range(25)) and len(reads) == 2
