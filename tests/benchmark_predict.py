"""How fast `predict` is, and how much memory it takes, on videos of several lengths, sizes and frame rates.

    python tests/benchmark_predict.py runs/first --out notebooks/results/predict.json

Long videos are made by laying simulated matches end to end, unchanged; others by encoding a minute anew. Each is
predicted in a process of its own, whose peak memory and processor time the system tells. Not a test: nothing else
should run meanwhile, and 45 minutes of video take minutes.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2

from course_lib.datasets import load_dataset
from course_lib.files import write_json
from course_lib.runs import Run
from course_lib.video import VideoWriter, iter_frames, probe

LONG_MIN = (1, 10, 45)
OTHERS = ((398, 224, 50.0), (640, 360, 30.0), (1280, 720, 25.0), (1280, 720, 50.0), (1920, 1080, 50.0))
"""Width and height in pixels, frames a second."""


def lay_end_to_end(sources: list[Path], num_frames: int, path: Path) -> None:
    """A video of `num_frames` out of the packets of others, again and again from the first, without encoding."""
    done = 0
    with av.open(str(path), "w") as container:
        stream = None
        while done < num_frames:
            with av.open(str(sources[0])) as source:
                theirs = source.streams.video[0]
                stream = stream or container.add_stream_from_template(theirs)
                ticks = round(1 / (theirs.average_rate * theirs.time_base))
                packets = [packet for packet in source.demux(theirs) if packet.size]
                first = min(packet.pts for packet in packets)
                for packet in packets[: num_frames - done]:
                    packet.pts += done * ticks - first
                    packet.dts += done * ticks - first
                    packet.stream = stream
                    container.mux(packet)
                done += len(packets[: num_frames - done])
            sources = [*sources[1:], sources[0]]


def encode_anew(source: Path, seconds: float, size: tuple[int, int], fps: float, path: Path) -> None:
    """The beginning of a video at another size and rate."""
    with VideoWriter(path, fps, size) as writer:
        for chunk in iter_frames(source, stop=round(seconds * fps), target_fps=fps):
            for frame in chunk:
                writer.write(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC))


def predict(run: Path, video: Path, out: Path) -> dict[str, float]:
    """Seconds, processor seconds and peak memory of one call; `factor` as the command itself says it."""
    command = [sys.executable, "-m", "course_lib", "predict", "--video", video, "--checkpoint", run, "--out", out]
    started = time.perf_counter()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{video}: predict failed")
    return {
        "times_real_time": float(re.search(r"([\d.]+) times real time", printed)[1]),
        "seconds": round(time.perf_counter() - started, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),  # kilobytes, on Linux
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, nargs="*", default=LONG_MIN)
    parser.add_argument("--no-others", action="store_true", help="only the lengths")
    arguments = parser.parse_args()
    run = Run(arguments.run)
    sources = [video.path for video in load_dataset(run.config.data.dataset).videos]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "video.mp4"

        def measure() -> None:
            info = probe(path)
            row = {"minutes": round(info.duration_sec / 60, 2), "width": info.width, "height": info.height}
            rows.append(row | {"fps": info.fps} | predict(run.path, path, folder / "out"))
            print(rows[-1], flush=True)

        for minutes in arguments.minutes:
            lay_end_to_end(sources, round(minutes * 60 * 25), path)
            measure()
        for width, height, fps in () if arguments.no_others else OTHERS:
            encode_anew(sources[0], 60, (width, height), fps, path)
            measure()
    machine = {"platform": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
    write_json(
        arguments.out, {"system": run.config.model.system, "profile": run.config.profile, **machine, "rows": rows}
    )


if __name__ == "__main__":
    main()
