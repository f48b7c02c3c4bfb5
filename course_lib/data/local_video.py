"""A video is one local file of a video format: what FFmpeg could be made to open besides is not opened.

A playlist (`.m3u8`, DASH, SDP, a list for the concat demuxer) is a text that makes FFmpeg open what it names: other
files of this disk, addresses in the net. So only formats that hold their pictures themselves are read, and only from
files. A header that promises more than the file can hold is not believed for long. Introduced in notebook 01.
"""

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path

import av

__all__ = ["FORMATS", "bounded_packets", "open_local"]

FORMATS = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "asf", "asf_o", "flv", "mxf",
    "gxf", "ogg", "nut", "ivf", "obu", "wtv", "dv", "rm", "lxf", "nuv", "mlv", "dhav", "ty", "cine", "amv",
    "yuv4mpegpipe", "h261", "h263", "h264", "hevc", "vvc", "av1", "m4v", "mpegvideo", "mjpeg", "vc1", "vc1test",
    "cavsvideo", "dirac", "gif", "apng",
)  # fmt: skip
"""FFmpeg's names of containers and streams of moving pictures."""

MAX_PX = 1 << 26  # 8192 x 8192; a header can ask for gigabytes a picture
_SLACK_PACKETS, _SLACK_TIMES = 1000, 16  # an edit list may show a part several times


def open_local(path: Path, options: Mapping[str, str] | None = None) -> av.container.InputContainer:
    """Open a video.

    Args:
        path: a file.
        options: of the container's reader, beside those that keep it local.

    Raises:
        OSError: it is no ordinary file, of another format, or has larger pictures than any camera makes.
    """
    if not path.is_file():
        raise OSError(errno.EINVAL, "no ordinary file")  # a pipe would be waited for
    local = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    try:
        container = av.open(f"file:{path}", options={**(options or {}), **local})  # "concat:a|b.mp4" may be a name
    except av.error.ArgumentError:
        raise OSError(errno.EINVAL, "of no video format that is one file by itself") from None
    for stream in container.streams.video:
        # One without a decoder has no size either.
        if stream.codec_context is not None and stream.width * stream.height > MAX_PX:
            container.close()
            raise OSError(errno.EINVAL, f"pictures of {stream.width}x{stream.height} px")
    return container


def bounded_packets(container: av.container.InputContainer, path: Path) -> Iterator[av.Packet]:
    """The packets of a file, as long as it can hold them.

    Raises:
        OSError: there are more than the file has bytes, as an index of a few bytes may promise.
    """
    size = path.stat().st_size
    given = 0
    for number, packet in enumerate(container.demux()):
        given += packet.size
        if number >= size + _SLACK_PACKETS or given > _SLACK_TIMES * size:
            raise OSError(errno.EINVAL, f"promises more than its {size} bytes can hold")
        yield packet
