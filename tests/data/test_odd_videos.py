"""What a header says against what can be shown: cuts without encoding, broadcasts, joined recordings, odd formats."""

from fractions import Fraction

import av
import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, encode, number_of, numbered_frame, numbers_of
from odd_videos import FRAME, QUICK, copied, recording

from course_lib.data.exact_frames import VideoError
from course_lib.data.video import VideoReader, iter_frames, probe
from course_lib.show.video import write_annotated_video

X265 = {"codec": "libx265", "x265-params": "keyint=20:min-keyint=20:log-level=none:pools=none:frame-threads=1"}
OPEN_GROUPS = {"preset": "veryfast", "x264-params": "open-gop=1:keyint=20:min-keyint=20:bframes=2:log-level=none"}
GROUPS = {"preset": "veryfast", "g": "25", "bf": "2"}
WRAP = 2**33 // FRAME * FRAME  # where a clock of 33 bits begins again, in whole frames


def check(path, expected):
    """Counted, read from end to end, at random and backwards, these and no other pictures."""
    info = probe(path)
    assert (info.num_frames, info.fps, info.variable_frame_rate) == (len(expected), 25, False)
    assert numbers_of(np.concatenate(list(iter_frames(path)))) == expected
    with VideoReader(path) as video:
        for frame in (len(expected) - 1, len(expected) // 2, 0, 3, len(expected) // 3):
            assert number_of(video.read(frame, frame + 1)[0]) == expected[frame]
    return info


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_an_edit_list_hides_the_first_samples(tmp_path, suffix, codec):
    """Stored from a key frame on, shown from 1.32 s on: `ffmpeg -ss 1.32 -c copy`."""
    whole = recording(tmp_path / f"whole.{suffix}", 60, **(X265 if codec == "hevc" else GROUPS))
    cut = copied(whole, tmp_path / f"cut.{suffix}", shift_sec=-1.32, skip_packets=0 if codec == "hevc" else 25)
    with av.open(str(cut)) as container:
        assert container.streams.video[0].frames > 27
    assert check(cut, list(range(33, 60))).start_ms == 0


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_cut_that_breaks_off_is_still_told(tmp_path, cut):
    noise = np.random.default_rng(0)
    path, broken = tmp_path / "noise.mp4", tmp_path / "broken.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=25, options=QUICK | {"g": "25"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(75):
            picture = noise.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                packet.pts, packet.dts = packet.pts - 8, packet.dts - 8
                out.mux(packet)
        out.mux(stream.encode(None))
    data = path.read_bytes()
    broken.write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(VideoError, match="breaks off at frame|cannot be opened"):
        probe(broken)


@pytest.mark.parametrize(
    ("name", "options", "skip", "expected"),
    [
        ("closed groups.ts", GROUPS, 7, range(25, 60)),
        ("open groups.ts", OPEN_GROUPS, 7, range(20, 60)),
        ("open groups from a key frame.ts", OPEN_GROUPS, 20, range(20, 60)),
        ("mpeg-2.ts", {"codec": "mpeg2video", "g": "12", "bf": "2"}, 5, range(12, 60)),
        ("mpeg-2.mpg", {"codec": "mpeg2video", "g": "12", "bf": "2"}, 5, range(12, 60)),
        ("hevc.ts", X265, 5, range(20, 60)),
    ],
)
def test_a_recording_that_begins_between_key_frames(tmp_path, name, options, skip, expected):
    whole = recording(tmp_path / f"whole.{name[-3:].strip('.')}", 60, **options)
    info = check(copied(whole, tmp_path / name, skip_packets=skip), list(expected))
    # A player counts from what it received first, though it could not show it.
    assert (info.start_ms > 0) == (skip < 20)


def test_a_stream_that_is_cut_anywhere(tmp_path):
    data = recording(tmp_path / "whole.ts", 60, **OPEN_GROUPS).read_bytes()
    for place in (188 * 20, 188 * 20 + 57):  # between two packets of transport, and within one
        (tmp_path / "cut.ts").write_bytes(data[place:])
        check(tmp_path / "cut.ts", list(range(20, 60)))


def test_a_damaged_first_picture_is_not_passed_over(tmp_path):
    path = recording(tmp_path / "whole.mp4", 30, g="10")
    with av.open(str(path)) as container:
        first = next(container.demux(container.streams.video[0]))
    data = bytearray(path.read_bytes())
    data[first.pos : first.pos + first.size] = b"\xff" * first.size
    path.write_bytes(data)
    with VideoReader(path) as video, pytest.raises(VideoError, match="frame 0 of 30"):
        video.read(0, 1)


@pytest.mark.parametrize("begin", [WRAP - 30 * FRAME, WRAP - 160 * FRAME])
def test_a_clock_that_begins_again(tmp_path, begin):
    assert check(recording(tmp_path / "wrap.ts", 100, begin=begin, g="20"), list(range(100))).start_ms == 0


def test_a_clock_that_begins_again_long_after_the_beginning(tmp_path):
    unit = Fraction(1, 90000)
    stamps = [WRAP - 90000 * 70 + 90000 * second for second in range(100)]
    path = encode(tmp_path / "late.ts", stamps, unit, **QUICK, g="10")
    assert (probe(path).num_frames, probe(path).fps) == (100, 1)
    with VideoReader(path) as video:
        assert [number_of(video.read(frame, frame + 1)[0]) for frame in (99, 69, 71, 0, 70)] == [99, 69, 71, 0, 70]


@pytest.mark.parametrize(
    ("begin", "skip", "second"),
    [
        (0, 0, range(100, 160)),  # both begin at once
        (45000, 0, range(100, 160)),  # half a second into the first
        (45000, 5, range(125, 160)),  # and between its key frames
        (90000 * 7200, 0, range(100, 160)),  # hours later: nobody waits for that
    ],
)
def test_two_recordings_joined_end_to_end(tmp_path, begin, skip, second):
    first = recording(tmp_path / "first.ts", 50, g="25")
    then = recording(tmp_path / "second.ts", 60, begin=begin, first=100, g="25")
    if skip:
        then = copied(then, tmp_path / "cut.ts", skip_packets=skip)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + then.read_bytes())
    check(joined, [*range(50), *second])


@pytest.mark.parametrize(("suffix", "name"), [("mp4", b"avc1"), ("mkv", b"V_MPEG4/ISO/AVC")])
def test_pictures_in_a_format_that_nobody_knows(tmp_path, suffix, name):
    path = recording(tmp_path / f"own.{suffix}", 5)
    path.write_bytes(path.read_bytes().replace(name, b"z" + name[1:] if suffix == "mp4" else b"V_ZZZZ4/ISO/AVC"))
    with pytest.raises(VideoError, match="its pictures are in a format that is not known here"):
        probe(path)


def sized(path, width, height, first):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options=QUICK)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(first, first + 10):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered_frame(number, width, height), format="rgb24")))
        out.mux(stream.encode(None))
    return path.read_bytes()


def test_a_size_that_changes_in_the_stream(tmp_path):
    one = sized(tmp_path / "one.ts", 96, 64, 0)
    path = tmp_path / "changing.ts"
    path.write_bytes(one + sized(tmp_path / "two.ts", 192, 128, 10))
    info = check(path, list(range(20)))
    assert (info.width, info.height) == (96, 64)
    path.write_bytes(one + sized(tmp_path / "three.ts", 64, 96, 10))
    with VideoReader(path) as video, pytest.raises(VideoError, match="it has 64x96 px where the first has 96x64 px"):
        video.read(8, 12)


def test_pixels_that_are_not_square_stay_in_shape(tmp_path):
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options=QUICK)
        stream.width, stream.height, stream.pix_fmt = 96, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 9)
        for number in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered_frame(number, 96, 96), format="rgb24")))
        out.mux(stream.encode(None))
    assert (probe(path).width, probe(path).height) == (96, 96) and probe(path).pixel_aspect == pytest.approx(16 / 9)
    drawn = probe(write_annotated_video(path, tmp_path / "drawn.mp4", None, [], ("PASS",)))
    square = probe(write_annotated_video(sized_square(tmp_path), tmp_path / "plain.mp4", None, [], ("PASS",)))
    assert drawn.width == square.width == 800
    assert square.height - drawn.height == pytest.approx(800 - 800 * 9 / 16, abs=2)


def sized_square(folder):
    sized(folder / "square.mp4", 96, 96, 0)
    return folder / "square.mp4"
