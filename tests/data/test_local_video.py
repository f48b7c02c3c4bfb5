"""A video is one local file: what names other files, waits, or promises more than it has is refused."""

import itertools
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from numbered_video import write_video

from course_lib.data.local_video import FORMATS, bounded_packets
from course_lib.data.video import VideoError, VideoReader, probe

LISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:4,\n{film}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:4,\n{film}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{name}'\n",
    "list.mkv": "ffconcat version 1.0\nfile '{name}'\n",
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
    'bandwidth="1"><BaseURL>{film}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "page.html": "<html><body>log in first</body></html>",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_other_films_are_not_followed(tmp_path, name):
    secret = write_video(tmp_path / "elsewhere" / "secret.ts.mp4", 20)
    (tmp_path / "elsewhere" / name).write_text(LISTS[name].format(film=secret, name=secret.name))
    with pytest.raises(VideoError, match=f"{name}: cannot be opened as a video"):
        probe(tmp_path / "elsewhere" / name)
    with pytest.raises(VideoError), VideoReader(tmp_path / "elsewhere" / name):
        pass


def test_names_that_ffmpeg_would_take_for_addresses_are_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    film = write_video(tmp_path / "a.mp4", 8)
    for name in ("concat:a.mp4|a.mp4", "http:x.mp4", "file:b.mp4", "50%d.mp4"):
        os.link(film, name)
        assert probe(Path(name)).num_frames == 8
    with pytest.raises(VideoError, match="no such video file"):
        probe("subfile,,start,0,end,0,,:a.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    done = []

    def look():
        with pytest.raises(VideoError, match="no ordinary file"):
            probe(tmp_path / "pipe.mp4")
        done.append(True)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(20)
    assert done


@pytest.mark.parametrize("packet_bytes", [0, 1, 5000])
def test_an_index_that_promises_millions_is_not_believed_for_long(tmp_path, packet_bytes):
    """Such as one that says of all samples that they are the same few bytes."""
    film = write_video(tmp_path / "film.mp4", 30)
    size, packet = film.stat().st_size, SimpleNamespace(size=packet_bytes)
    endless = SimpleNamespace(demux=lambda: itertools.repeat(packet))
    given = 0
    with pytest.raises(OSError, match=f"promises more than its {size} bytes can hold"):
        for _ in bounded_packets(endless, film):
            given += 1
    assert given <= size + 1000 and given * packet_bytes <= 16 * size
    with av.open(str(film)) as container:
        assert sum(packet.size > 0 for packet in bounded_packets(container, film)) == 30


def test_what_cameras_and_programs_write_is_still_read(tmp_path):
    known = set(",".join(av.formats_available).split(","))
    assert len(known & set(FORMATS)) > 30
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    for suffix, codec in (("mp4", "mpeg4"), ("mkv", "ffv1"), ("avi", "mpeg4"), ("ts", "mpeg2video"), ("mov", "mjpeg"),
                          ("webm", "libvpx"), ("mpg", "mpeg2video"), ("flv", "flv1"), ("gif", "gif"), ("wmv", "wmv2"),
                          ("mxf", "mpeg2video"), ("h264", "libx264"), ("y4m", "wrapped_avframe")):  # fmt: skip
        path = tmp_path / f"film.{suffix}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height = 96, 64
            stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
            for _ in range(10):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
            container.mux(stream.encode(None))
        assert probe(path).width == 96, suffix
