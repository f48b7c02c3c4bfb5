"""Video files as telephones and music players write them: on their side, with sound only, with a cover."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, number_of, numbered_frame, write_video

from course_lib.annotate import write_annotated_video
from course_lib.video import VideoError, VideoReader, iter_frames, probe

ONE, NONE, MINUS, LAST = (struct.pack(">i", value) for value in (0x10000, 0, -0x10000, 0x40000000))
MATRICES = {  # of an mp4's track: how what is stored is to be turned for showing, clockwise
    90: (NONE, ONE, NONE, MINUS, NONE, NONE, NONE, NONE, LAST),
    180: (MINUS, NONE, NONE, NONE, MINUS, NONE, NONE, NONE, LAST),
    270: (NONE, MINUS, NONE, ONE, NONE, NONE, NONE, NONE, LAST),
}
UPRIGHT = b"".join((ONE, NONE, NONE, NONE, ONE, NONE, NONE, NONE, LAST))


@pytest.fixture
def turned(tmp_path):
    """Makes a numbered video that says it is to be turned clockwise by so many degrees."""

    def make(degrees):
        path = write_video(tmp_path / f"{degrees}.mp4", 30)
        data = path.read_bytes()
        place = data.index(UPRIGHT, data.index(b"tkhd"))
        path.write_bytes(data[:place] + b"".join(MATRICES[degrees]) + data[place + 36 :])
        return path

    return make


@pytest.mark.parametrize("degrees", MATRICES)
def test_a_video_on_its_side_is_turned_upright(turned, degrees):
    path = turned(degrees)
    info = probe(path)
    size = (WIDTH, HEIGHT) if degrees == 180 else (HEIGHT, WIDTH)
    assert (info.width, info.height, info.num_frames) == (*size, 30)
    expected = np.rot90(numbered_frame(21), -degrees // 90)  # counterclockwise, in NumPy
    with VideoReader(path) as video:
        (shown,) = video.read(21, 22)
    assert shown.shape == expected.shape and shown.flags.c_contiguous
    assert np.abs(shown.astype(int) - expected).mean() < 12
    assert number_of(np.rot90(shown, degrees // 90)) == 21
    small = np.concatenate(list(iter_frames(path, size=(32, 48))))
    assert small.shape == (30, 48, 32, 3)
    clockwise = {90: "-90", 180: "180", 270: "90"}[degrees]
    assert info.source == f"h264 in mp4, turned by {clockwise} degrees"


def test_an_upright_video_is_drawn_in(turned, tmp_path):
    out = write_annotated_video(turned(90), tmp_path / "out.mp4", None, [], ("PASS",))
    assert probe(out).height > probe(out).width  # a standing picture stays one


def sound(container):
    stream = container.add_stream("aac", rate=44100, layout="mono")
    for start in range(0, 44100, 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def test_sound_alone_is_no_video(tmp_path):
    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as container:
        sound(container)
    with pytest.raises(VideoError, match=r"song.m4a: has no video stream; expected a video$"):
        probe(tmp_path / "song.m4a")


def test_a_cover_is_no_video(tmp_path):
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mjpeg", rate=1)
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(numbered_frame(0), format="rgb24").reformat(format="yuvj420p")
        packets = [*picture.encode(frame), *picture.encode(None)]
        sound(container)
        container.mux(packets)
    with av.open(str(path)) as container:
        assert container.streams.video[0].disposition & av.stream.Disposition.attached_pic
    with pytest.raises(VideoError, match=r"cover.mp4: has no video stream; expected a video$"):
        probe(path)
