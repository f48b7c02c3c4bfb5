"""How fast `predict` is, and how much memory it takes, on videos of several lengths, sizes and frame rates.

    python tests/benchmarks/benchmark_predict.py runs/first --out notebooks/results/predict.json
    python tests/benchmarks/benchmark_predict.py runs/first --out notebooks/results/predict.json --margins

Long videos are made by laying simulated matches end to end, unchanged; others by encoding a minute anew. Each is
predicted in a process of its own, whose peak memory and processor time the system tells. Not a test: nothing else
should run meanwhile, and 45 minutes of video take minutes.

With --margins instead: how much the scores of a test match change with the margin of the windows in which pictures go
through the backbone once, against clips of pictures that overlap by 90 %. What the file holds beside is kept.
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
import numpy as np

from course_lib.config import override
from course_lib.data.datasets import load_dataset
from course_lib.data.store import StoreSettings, build_stores
from course_lib.data.video import VideoWriter, iter_frames, probe
from course_lib.files import read_json, write_json
from course_lib.runs.run import Run
from course_lib.spotting.features import FeatureStore, encode_steps
from course_lib.spotting.inference import score_video

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


MARGINS = (0, 1, 2, 4, 6, 8, 12, 16)
NUM_STEPS = 600  # 48 s: clips that overlap by 90 % are slow


class Beginning:
    """The first steps of a store."""

    in_memory = True

    def __init__(self, store) -> None:
        self.store, self.settings, self.num_steps = store, store.settings, min(NUM_STEPS, store.num_steps)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.store.read(start, stop)


def compare_margins(run: Run) -> dict[str, object]:
    """Mean over steps of the largest difference in probability, for each margin, and for clips that overlap by half."""
    config = override(run.config, {"model.frozen_backbone": False})  # pictures go in, whatever it learnt from
    data, model = config.data, run.model()
    videos = load_dataset(data.dataset).test[:1]
    (store,) = map(Beginning, build_stores(videos, StoreSettings(data.width, data.height, data.stride)))
    inner = slice(0, NUM_STEPS - data.clip_len + 10)  # at the cut no window has a neighbour
    reference = score_video(model, store, config, overlap=0.9).probabilities

    def difference(scores: np.ndarray) -> float:
        return round(float(np.abs(scores - reference)[inner].max(axis=1).mean()), 3)

    rows = []
    for margin in MARGINS:
        settings = {"window_steps": data.clip_len, "margin_steps": margin, "rounded": False}
        features = np.concatenate(list(encode_steps(model, iter([store.read(0, NUM_STEPS)]), False, **settings)))
        scores = score_video(model, FeatureStore(features, store.settings), config, overlap=0.5).probabilities
        times = round(data.clip_len / (data.clip_len - 2 * margin), 2)
        rows.append({"margin": margin, "times through": times, "difference": difference(scores)})
        print(rows[-1], flush=True)
    half = difference(score_video(model, store, config, overlap=0.5).probabilities)
    what = (
        f"windows of {data.clip_len} steps; mean over steps of the largest difference in probability from clips that "
    )
    return {"what": what + "overlap by 90 %; 45 s of a test match", "rows": rows, "clips_half": half}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, nargs="*", default=LONG_MIN)
    parser.add_argument("--no-others", action="store_true", help="only the lengths")
    parser.add_argument("--margins", action="store_true", help="compare margins instead")
    parser.add_argument("--note", default="nothing else running", help="what else the machine was doing")
    arguments = parser.parse_args()
    run = Run(arguments.run)
    known = read_json(arguments.out) if arguments.out.is_file() else {}
    if arguments.margins:
        known["margins"] = known.get("margins", {}) | compare_margins(run)
        write_json(arguments.out, known)
        return
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
    machine = {"platform": platform.system(), "cores": os.cpu_count(), "python": platform.python_version()}
    told = {"system": run.config.model.system, "profile": run.config.profile, **machine, "note": arguments.note}
    write_json(arguments.out, known | told | {"rows": rows})


if __name__ == "__main__":
    main()
