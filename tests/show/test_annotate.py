"""Annotated videos: decoded again, they have the right frames, the right size, and marks where the events are."""

import base64

import numpy as np
import pytest

from course_lib.data.events import BALL_12, Event
from course_lib.data.video import VideoReader, VideoWriter
from course_lib.files import InputError
from course_lib.show.video import show_video, write_annotated_video

FPS = 10
NUM_FRAMES = 30


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """30 grey frames of 98x56, each brighter than the one before."""
    path = tmp_path_factory.mktemp("video") / "grey.mp4"
    with VideoWriter(path, FPS, (98, 56), crf=10) as writer:
        for number in range(NUM_FRAMES):
            writer.write(np.full((56, 98, 3), 40 + 5 * number, np.uint8))
    return path


def _decode(path):
    with VideoReader(path) as reader:
        return reader.info, reader.read(0, reader.info.num_frames)


def test_frames_and_size(video, tmp_path):
    info, frames = _decode(write_annotated_video(video, tmp_path / "out.mp4", [], [], BALL_12))
    assert (info.num_frames, info.fps, info.width) == (NUM_FRAMES, FPS, 800)
    assert info.height > round(56 * 800 / 98)  # the picture, and under it the panel
    middle = frames[:, 200:260, 350:450].mean(axis=(1, 2, 3))
    assert np.abs(middle - (40 + 5 * np.arange(NUM_FRAMES))).max() < 4  # every frame in its place


def test_a_stretch(video, tmp_path):
    out = write_annotated_video(video, tmp_path / "out.mp4", None, [Event("PASS", 12, 0.9)], BALL_12, 0.8, 1.6)
    info, frames = _decode(out)
    assert info.num_frames == 8
    assert abs(frames[0, 200:260, 350:450].mean() - (40 + 5 * 8)) < 4
    corner = frames[:, 8:52, 8:200].std(axis=(1, 2, 3))
    assert corner[:3].max() < 5 < corner[4:].min()  # the spot of frame 12 comes in the stretch's frame 4


def test_spots_change_the_picture_when_they_come(video, tmp_path):
    arguments = dict(classes=BALL_12, crf=15)
    _, plain = _decode(write_annotated_video(video, tmp_path / "a.mp4", [], [], **arguments))
    spots = [Event("PASS", 10, 0.9), Event("SHOT", 24, 0.1)]
    out = write_annotated_video(video, tmp_path / "b.mp4", [Event("PASS", 13)], spots, thresholds=0.5, **arguments)
    _, drawn = _decode(out)

    def change(rows, columns):
        """Mean difference that the events make there, for each frame."""
        both = (frames[:, rows, columns].astype(int) for frames in (drawn, plain))
        return np.abs(next(both) - next(both)).mean(axis=(1, 2, 3))

    corner = change(slice(8, 52), slice(8, 200))
    assert corner[:9].max() < 2  # before the spot
    assert corner[10:14].min() > 15  # its name flashes
    assert corner[20:].max() < 2  # gone again; the spot under the threshold never came
    label_corner = change(slice(8, 52), slice(600, 795))
    assert label_corner[:12].max() < 2 and label_corner[13:17].min() > 15
    assert change(slice(460, None), slice(None)).min() > 0.1  # the timeline shows them all the time


def test_bad_input(video, tmp_path):
    out = tmp_path / "out.mp4"
    with pytest.raises(InputError, match="no frame between 9 s and the end"):
        write_annotated_video(video, out, [], [], BALL_12, 9.0)
    with pytest.raises(InputError, match="'KICK'"):
        write_annotated_video(video, out, [], [Event("KICK", 1, 0.5)], BALL_12)
    with pytest.raises(InputError, match="12 or 13 columns, got 5"):
        write_annotated_video(video, out, [], [], BALL_12, scores=np.zeros((60, 5)))
    assert not list(tmp_path.iterdir())


def test_show_video(video, tmp_path):
    html = show_video(video).data
    encoded = html.split("base64,")[1].split('"')[0]
    assert base64.b64decode(encoded) == video.read_bytes()
    linked = show_video(video, embed_below_kb=0).data
    assert "base64" not in linked and video.as_posix() in linked
    with pytest.raises(InputError, match="no such file"):
        show_video(tmp_path / "none.mp4")


def test_places_are_marked_in_the_video(video, tmp_path):
    """A cross for the spot and a circle for the label, where they say, when they come."""
    classes = ("serve", "set")
    truth, spots = [Event("serve", 12, xy=(0.25, 0.75))], [Event("serve", 14, 0.9, xy=(0.75, 0.75))]
    out = write_annotated_video(video, tmp_path / "a.mp4", truth, spots, classes, crf=5)
    bare = write_annotated_video(
        video, tmp_path / "b.mp4", [Event("serve", 12)], [Event("serve", 14, 0.9)], classes, crf=5
    )
    (info, drawn), (_, plain) = _decode(out), _decode(bare)
    height = round(56 * 800 / 98 / 2) * 2
    y = round(0.75 * height)

    def change(x):
        """For each frame how much a square of 30 pixels around the place differs."""
        both = (frames[:, y - 15 : y + 15, x - 15 : x + 15].astype(int) for frames in (drawn, plain))
        return np.abs(next(both) - next(both)).mean(axis=(1, 2, 3))

    for x, frame in ((200, 12), (600, 14)):
        assert change(x)[frame - 2 : frame + 3].min() > 3  # 10 fps: two frames either side
        assert change(x)[frame] == change(x).max()
        assert np.delete(change(x), range(frame - 2, frame + 3)).max() < 1
    assert change(400).max() < 1 and info.num_frames == NUM_FRAMES
