"""Every frame exactly: any container, damage that is told with its place, folders of frames, pictures on their side."""

import struct
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from numbered_video import HEIGHT, WIDTH, encode, number_of, numbered_frame, numbers_of, write_video

from course_lib.data.exact_frames import VideoError
from course_lib.data.frame_folder import FolderSource, folders_at
from course_lib.data.video import VideoReader, VideoWriter, iter_frames, probe
from course_lib.files import InputError
from course_lib.show.video import write_annotated_video

N = 90
TICK = Fraction(1, 25)
KINDS = {
    "long groups, B-frames.mp4": {},
    "short groups.mp4": {"g": "12", "bf": "0", "sc_threshold": "0"},
    "open groups.mp4": {"x264-params": "open-gop=1:keyint=20:min-keyint=20:log-level=none"},
    "key frames in name only.mp4": {"x264-params": "intra-refresh=1:keyint=30:log-level=none"},
    "matroska.mkv": {"g": "30"},
    "transport stream.ts": {"g": "30"},
    "mpeg4.avi": {"codec": "mpeg4", "bf": "2"},
    "no time stamps.mpg": {"codec": "mpeg2video"},
    "jpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
}
ONE, NONE, MINUS, LAST = (struct.pack(">i", value) for value in (0x10000, 0, -0x10000, 0x40000000))
MATRICES = {  # of an mp4's track: how what is stored is to be turned for showing, clockwise
    90: (NONE, ONE, NONE, MINUS, NONE, NONE, NONE, NONE, LAST),
    180: (MINUS, NONE, NONE, NONE, MINUS, NONE, NONE, NONE, LAST),
    270: (NONE, MINUS, NONE, ONE, NONE, NONE, NONE, NONE, LAST),
}
UPRIGHT = b"".join((ONE, NONE, NONE, NONE, ONE, NONE, NONE, NONE, LAST))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return {kind: encode(folder / kind, range(N), TICK, **options) for kind, options in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_count_rate_and_size(videos, kind):
    info = probe(videos[kind])
    assert (info.num_frames, info.fps, info.width, info.height) == (N, 25, WIDTH, HEIGHT)
    assert info.duration_sec == N / 25
    assert not info.variable_frame_rate


@pytest.mark.parametrize("kind", KINDS)
def test_every_read_is_exact(videos, kind):
    random = np.random.default_rng(0)
    with VideoReader(videos[kind]) as video:
        for _ in range(15):
            start, stop = sorted(random.integers(0, N + 1, 2))
            step = int(random.integers(1, 5))
            assert numbers_of(video.read(start, stop, step)) == list(range(start, stop, step))


@pytest.mark.parametrize("kind", KINDS)
def test_going_through_gives_every_frame(videos, kind):
    chunks = list(iter_frames(videos[kind], chunk=32))
    assert [len(chunk) for chunk in chunks] == [32, 32, 26]
    assert numbers_of(np.concatenate(chunks)) == list(range(N))


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_start_other_than_zero(tmp_path, suffix):
    path = encode(tmp_path / f"late.{suffix}", range(1000, 1000 + N), TICK)
    assert probe(path).num_frames == N
    with VideoReader(path) as video:
        assert numbers_of(video.read(40, 60)) == list(range(40, 60))


@pytest.mark.parametrize(("unit", "fps"), [(Fraction(1001, 30000), 30000 / 1001), (Fraction(1, 50), 50)])
def test_other_rates(tmp_path, unit, fps):
    info = probe(encode(tmp_path / "other.mkv", range(N), unit))
    assert info.fps == pytest.approx(fps, abs=1e-9)
    assert not info.variable_frame_rate


def test_a_varying_rate_is_read_by_time(tmp_path):
    gaps = np.random.default_rng(3).integers(20, 61, N)
    stamps = np.cumsum(gaps).tolist()
    path = encode(tmp_path / "varying.mkv", stamps, Fraction(1, 1000))
    info = probe(path)
    assert info.variable_frame_rate
    assert info.num_pictures == N
    assert info.fps == pytest.approx(
        1000 / np.median(np.diff(stamps))
    )  # frames are as far apart as pictures usually are
    shown = np.array(stamps) - stamps[0]
    assert info.num_frames == round(shown[-1] / 1000 * info.fps) + 1
    expected = [int(np.argmin(np.abs(shown - 1000 * i / info.fps))) for i in range(info.num_frames)]
    assert expected != list(range(info.num_frames))
    with VideoReader(path) as video:
        assert numbers_of(video.read(0, info.num_frames)) == expected
        assert numbers_of(video.read(10, 50, 3)) == expected[10:50:3]
    at_25 = [int(np.argmin(np.abs(shown - 40 * i))) for i in range(round(info.duration_sec * 25))]
    assert numbers_of(np.concatenate(list(iter_frames(path, target_fps=25)))) == at_25


def test_a_gap_in_time_is_a_varying_rate(tmp_path):
    stamps = [*range(40), *range(60, 110)]
    assert probe(encode(tmp_path / "gap.mkv", stamps, TICK)).variable_frame_rate


def damaged(path, kind, place=0.5):
    """The file with a stretch of bytes turned over or zeroed, or its end cut off, `place` of the way through."""
    data = bytearray(path.read_bytes())
    at = int(len(data) * place)
    if kind == "flipped":
        data[at : at + len(data) // 30] = bytes(byte ^ 0xFF for byte in data[at : at + len(data) // 30])
    elif kind == "zeros":
        data[at : at + len(data) // 30] = bytes(len(data) // 30)
    else:
        del data[at:]
    copy = path.with_stem(f"{path.stem} {kind}")
    copy.write_bytes(data)
    return copy


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """A video whose packets are all large, so that damage surely hits pictures."""
    path = tmp_path_factory.mktemp("noisy") / "noise.mp4"
    random = np.random.default_rng(0)
    with VideoWriter(path, 25, (WIDTH, HEIGHT), key_every=12, threads=1) as video:
        for _ in range(N):
            video.write(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    return path


@pytest.mark.parametrize("kind", ["flipped", "zeros"])
def test_a_damaged_stretch_raises_with_its_place(noisy, kind):
    path = damaged(noisy, kind)
    good = 0
    with pytest.raises(VideoError, match=rf"frame \d+ of {N} \(at \d.\d\d s\) cannot be decoded") as caught:
        for chunk in iter_frames(path, chunk=1, threads=1):
            good += len(chunk)
    assert isinstance(caught.value, InputError)
    assert str(path) in str(caught.value)
    named = int(str(caught.value).split("frame ")[1].split()[0])
    assert abs(named - N / 2) < 6
    assert good <= named
    with VideoReader(path) as video:
        with pytest.raises(VideoError):
            video.read(N // 2 - 6, N // 2 + 6)
        # What lies before the damage, and from the next key frame on, can still be read.
        whole = VideoReader(noisy)
        for start in (0, N - 6):
            assert np.array_equal(video.read(start, start + 5), whole.read(start, start + 5))


def test_a_few_turned_bytes_are_noticed(tmp_path):
    # The decoder patches such a picture up and only marks it. Not every change can be seen: H.264 has no checksums.
    random = np.random.default_rng(0)
    field = cv2.GaussianBlur(random.integers(0, 256, (HEIGHT, 4 * WIDTH, 3), np.uint8), (5, 5), 0)
    path = tmp_path / "field.mp4"
    with VideoWriter(path, 25, (WIDTH, HEIGHT), crf=12, threads=1) as video:
        for frame in range(N):
            video.write(field[:, 3 * frame : 3 * frame + WIDTH])
    data = path.read_bytes()
    noticed = []
    for place in np.linspace(0.1, 0.9, 12):
        at = int(len(data) * place)
        path.write_bytes(data[:at] + bytes(byte ^ 0xFF for byte in data[at : at + 8]) + data[at + 8 :])
        try:
            list(iter_frames(path, threads=1))
            noticed.append("")
        except VideoError as error:
            noticed.append(str(error).split(": ")[-1].split(";")[0])
    assert noticed.count("the decoder marks it as damaged") > 3
    assert noticed.count("") < 6


class Tampered:
    """A container that does something wrong; the rest it leaves to the real one."""

    def __init__(self, container):
        self.container = container

    def __getattr__(self, name):
        return getattr(self.container, name)


def test_a_picture_that_never_comes_is_named(videos, monkeypatch):
    class LosesFrame30(Tampered):
        def demux(self, stream):
            return (packet for packet in self.container.demux(stream) if packet.pts != 30 * 512)

    really_open = av.open
    with VideoReader(videos["short groups.mp4"]) as video:  # which has listed the file's frames by now
        monkeypatch.setattr(av, "open", lambda path, **rest: LosesFrame30(really_open(path, **rest)))
        assert numbers_of(video.read(20, 30)) == list(range(20, 30))
        with pytest.raises(VideoError, match=r"frame 30 of 90 \(at 1.20 s\) .* gives no picture for it"):
            video.read(31, 34)
        assert numbers_of(video.read(36, 40)) == list(range(36, 40))


def test_a_seek_that_lands_late_is_noticed(videos, monkeypatch):
    class LateSeeks(Tampered):
        def seek(self, pts, stream):
            self.container.seek(pts + 30 * 512, stream=stream)

    really_open = av.open
    with VideoReader(videos["short groups.mp4"]) as video:
        monkeypatch.setattr(av, "open", lambda path, **rest: LateSeeks(really_open(path, **rest)))
        for start in (50, 20, 80, 3):
            assert numbers_of(video.read(start, start + 5)) == list(range(start, start + 5))


@pytest.mark.parametrize("place", [0.3, 0.9])
def test_a_file_that_breaks_off_is_told(videos, noisy, tmp_path, place):
    with pytest.raises(VideoError, match="breaks off at frame|cannot be opened"):
        probe(damaged(noisy, "cut", place))
    matroska = encode(tmp_path / "long.mkv", range(600), TICK, g="20")
    with pytest.raises(VideoError, match="breaks off at frame .* header promises 24"):
        probe(damaged(matroska, "cut", place))


def test_no_video(tmp_path):
    with pytest.raises(VideoError, match="no such video file"):
        probe(tmp_path / "nothing.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError, match="cannot be opened as a video"):
        probe(tmp_path / "text.mp4")


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


def frame_folder(folder, pattern, numbers):
    folder.mkdir()
    for place, number in enumerate(numbers):
        picture = cv2.cvtColor(numbered_frame(place), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / pattern.format(number)), picture)
    return folder


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(("pattern", "shown"), [("{:06d}.jpg", "%06d.jpg"), ("frame{}.jpg", "frame{i}.jpg")])
def test_a_folder_of_frames_is_a_video(tmp_path, pattern, shown, first):
    folder = frame_folder(tmp_path / "rally", pattern, range(first, first + 14))
    info = probe(folder, folder_fps=30)
    assert (info.num_frames, info.fps, info.width, info.height) == (14, 30, WIDTH, HEIGHT)
    assert info.source == f"JPEG files {shown} from {first}"
    assert FolderSource(folder, 30).first == first
    with VideoReader(folder, folder_fps=30) as video:
        assert numbers_of(video.read(3, 14, 2)) == [3, 5, 7, 9, 11, 13]
        assert number_of(video.read(0, 1)[0]) == 0
    frames = np.concatenate(list(iter_frames(folder, folder_fps=30, target_fps=15)))
    assert numbers_of(frames) == list(range(0, 14, 2))


def test_a_folder_of_frames_is_asked_for_its_rate(tmp_path):
    folder = frame_folder(tmp_path / "rally", "{:06d}.jpg", range(6))
    with pytest.raises(VideoError, match=r"does not know its frame rate; expected fps.txt in it .* or --fps"):
        probe(folder)
    with pytest.raises(VideoError, match="does not know its frame rate"):
        VideoReader(folder)
    with folders_at(50):
        assert probe(folder).fps == 50
        assert probe(folder, folder_fps=12).fps == 12  # whoever says it of one folder knows better
    (tmp_path / "fps.txt").write_text("30000/1001\n")  # of all rallies
    assert probe(folder).fps == 30000 / 1001
    (folder / "fps.txt").write_text("\ufeff25.0")
    assert probe(folder).fps == 25
    assert sum(len(frames) for frames in iter_frames(folder, target_fps=50)) == 12
    for text in ("", "fast", "0", "-1", "25/0"):
        (folder / "fps.txt").write_text(text)
        with pytest.raises(VideoError, match="fps.txt: expected frames a second and nothing else"):
            probe(folder)
    with pytest.raises(InputError, match="fps -5: expected frames a second"), folders_at(-5):
        pass


def test_folders_that_are_no_video(tmp_path):
    (tmp_path / "fps.txt").write_text("25")
    gap = frame_folder(tmp_path / "gap", "{:06d}.jpg", [0, 1, 2, 4, 5])
    with pytest.raises(VideoError, match=r"number 3 is missing \(frame 3, at 0.12 s\)"):
        probe(gap)
    late = frame_folder(tmp_path / "late", "frame{}.jpg", [7, 8])
    with pytest.raises(VideoError, match="the first of frame{i}.jpg is 7; expected 0 or 1"):
        probe(late)
    both = frame_folder(tmp_path / "both", "{:06d}.jpg", [0, 1])
    (both / "frame0.jpg").write_bytes((both / "000000.jpg").read_bytes())
    with pytest.raises(VideoError, match="both names"):
        probe(both)
    broken = frame_folder(tmp_path / "broken", "{:06d}.jpg", range(4))
    (broken / "000002.jpg").write_bytes(b"no picture")
    with pytest.raises(VideoError, match=r"000002.jpg: frame 2 \(at 0.08 s\) is not a readable picture"):
        list(iter_frames(broken))
    (tmp_path / "empty").mkdir()
    with pytest.raises(VideoError, match="no numbered pictures; expected a folder of"):
        probe(tmp_path / "empty")


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
