"""Videos as broadcasts, cameras and cuts leave them, made from numbered pictures, packet by packet."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numbered_video import encode

UNIT = Fraction(1, 90000)
FRAME = 3600  # of UNIT, at 25 a second
QUICK = {"preset": "ultrafast", "threads": "1"}


def recording(path: Path, num_frames: int, begin: int = 0, first: int = 0, **options: str) -> Path:
    """Numbered from `first` on, 25 a second, with stamps from `begin` (in 1/90000 s, whole frames) on."""
    stamps = range(begin // FRAME, begin // FRAME + num_frames)
    return encode(path, stamps, Fraction(1, 25), first=first, **(QUICK if "codec" not in options else {}) | options)


def copied(source: Path, target: Path, *, shift_sec: float = 0.0, skip_packets: int = 0) -> Path:
    """The packets of a video in another file, as `ffmpeg -c copy` does: some left out in front, stamps shifted."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = container.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for number, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
            if number < skip_packets:
                continue
            shift = round(shift_sec / stream.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copy
            out.mux(packet)
    return target


def with_sound(path: Path, source: Path, picture_sec: float, sound_sec: float, codec: str = "aac") -> Path:
    """The pictures of a video from one second on, beside a second of silence from another on."""
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = container.streams.video[0]
        copy, sound = out.add_stream_from_template(stream), out.add_stream(codec, rate=44100, layout="mono")
        packets = []
        sample = "fltp" if codec == "aac" else "s16"
        kind = np.float32 if codec == "aac" else np.int16
        for start in range(0, 44100, 1152):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), kind), format=sample, layout="mono")
            frame.rate, frame.time_base = 44100, Fraction(1, 44100)
            frame.pts = start + round(sound_sec * 44100)
            packets += sound.encode(frame)
        packets += sound.encode(None)
        for packet in container.demux(stream):
            if packet.size:
                shift = round(picture_sec / stream.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copy
                packets.append(packet)
        for packet in packets:
            out.mux(packet)
    return path
