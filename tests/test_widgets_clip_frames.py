"""Clip frames: the right frame in any order; crosses and rings where they belong."""

import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, number_of, write_video

from course_lib.errors import InputError
from course_lib.events import Video
from course_lib.widgets.clip_frames import ClipFrames, Place, mark_places, resized


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return [
        Video(name, write_video(folder / f"{name}.mp4", length), length, 25.0, WIDTH, HEIGHT)
        for name, length in (("a", 120), ("b", 30))
    ]


def test_every_frame_in_any_order(videos):
    frames = ClipFrames()
    for number in (0, 119, 24, 25, 60, 59, 118, 1):
        assert number_of(frames.frame(videos[0], number)) == number
    assert number_of(frames.frame(videos[1], 29)) == 29


def test_a_video_without_a_file_says_so():
    with pytest.raises(InputError, match="video 'only labels': there is no file of it here"):
        ClipFrames().frame(Video("only labels", None, 10, 25.0, 8, 8), 0)


def test_marks_lie_at_their_places():
    for shape in ("cross", "ring"):
        picture = np.full((120, 240, 3), 90, np.uint8)
        mark_places(picture, [Place((0.25, 0.5), (200, 30, 30), shape)])
        rows, columns = np.nonzero((picture != 90).any(axis=2))
        assert abs(rows.mean() - 59.5) < 1 and abs(columns.mean() - 59.75) < 1
        assert rows.max() - rows.min() < 24
        middle = picture[60, 60].tolist()
        assert middle == [200, 30, 30] if shape == "cross" else middle == [90, 90, 90]  # one sees what is in a ring


def test_a_mark_over_the_edge_is_cut_off():
    picture = np.zeros((40, 60, 3), np.uint8)
    mark_places(picture, [Place((1.3, -0.2), (255, 0, 0), "cross", "set"), Place((0, 0), (0, 255, 0), "cross")])
    assert picture[0, 0].tolist() == [0, 255, 0]


def test_resizing_keeps_the_shape_and_makes_a_copy():
    frame = np.zeros((10, 20, 3), np.uint8)
    assert resized(frame, 50).shape == (25, 50, 3) and resized(frame, 8).shape == (4, 8, 3)
    same = resized(frame, 20)
    same += 1
    assert not frame.any()
