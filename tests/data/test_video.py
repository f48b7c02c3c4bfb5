"""Reading a video by ranges and from end to end, and writing one."""

import tracemalloc
from fractions import Fraction

import av
import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, encode, numbered_frame, numbers_of, write_video

from course_lib.data.video import VideoReader, VideoWriter, iter_frames, probe
from course_lib.files import InputError

N = 90


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("videos") / "short groups.mp4", range(N), Fraction(1, 25), g="12", bf="0")


def test_a_read_behind_the_end_is_refused(path):
    with VideoReader(path) as video:
        assert video.read(N, N).shape == (0, HEIGHT, WIDTH, 3)
        for start, stop in ((0, N + 1), (-1, 3), (5, 4)):
            with pytest.raises(InputError, match=f"expected a range within 0 to {N}"):
                video.read(start, stop)


def test_resampling_to_another_rate(path):
    assert numbers_of(np.concatenate(list(iter_frames(path, target_fps=12.5)))) == list(range(0, N, 2))
    doubled = numbers_of(np.concatenate(list(iter_frames(path, target_fps=50))))
    assert len(doubled) == 2 * N
    assert doubled[::2] == list(range(N))
    assert numbers_of(np.concatenate(list(iter_frames(path, target_fps=12.5, step=3)))) == list(range(0, N, 6))


def test_resizing_averages_areas(path):
    whole = np.concatenate(list(iter_frames(path)))
    small = np.concatenate(list(iter_frames(path, (WIDTH // 4, HEIGHT // 4), step=7)))
    blocks = whole[::7].reshape(-1, HEIGHT // 4, 4, WIDTH // 4, 4, 3).mean(axis=(2, 4))
    assert np.abs(small - blocks).max() <= 0.51


def test_start_and_stop(path):
    frames = np.concatenate(list(iter_frames(path, step=2, start=31, stop=40)))
    assert numbers_of(frames) == [31, 33, 35, 37, 39]


def test_memory_does_not_grow_with_length(tmp_path):
    path = write_video(tmp_path / "long.mp4", 400)
    tracemalloc.start()
    for _ in iter_frames(path, chunk=8, threads=1):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * WIDTH * HEIGHT * 3


def test_the_writer_makes_what_browsers_play(tmp_path):
    path = write_video(tmp_path / "out.mp4", 30, fps=12.5, key_every=12, b_frames=False)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert [p.pts for p in container.demux(stream) if p.is_keyframe] == [0, 12 * 1024, 24 * 1024]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert probe(path).fps == 12.5
    assert list(tmp_path.iterdir()) == [path]


def test_full_colour_keeps_what_half_resolution_blurs(tmp_path):
    # Red and green columns one pixel wide: half the colour resolution makes them one colour.
    frame = np.zeros((32, 31, 3), np.uint8)
    frame[:, ::2, 0] = frame[:, 1::2, 1] = 200
    with VideoWriter(tmp_path / "full.mp4", 25, (31, 32), crf=5, full_colour=True, threads=1) as video:
        video.write(frame)
    stored = VideoReader(tmp_path / "full.mp4").read(0, 1)[0]
    assert np.abs(stored.astype(int) - frame).mean() < 6


def test_the_writer_leaves_nothing_half_written(tmp_path):
    with pytest.raises(InputError, match="the frame size is 95x64 px; expected even numbers"):
        VideoWriter(tmp_path / "odd.mp4", 25, (95, 64))
    with pytest.raises(RuntimeError), VideoWriter(tmp_path / "failed.mp4", 25, (96, 64)) as video:
        video.write(numbered_frame(0))
        raise RuntimeError
    with pytest.raises(InputError, match="expected uint8"), VideoWriter(tmp_path / "size.mp4", 25, (96, 64)) as video:
        video.write(numbered_frame(0, width=48))
    with pytest.raises(InputError, match="no frame was written"), VideoWriter(tmp_path / "none.mp4", 25, (96, 64)):
        pass
    assert list(tmp_path.iterdir()) == []
