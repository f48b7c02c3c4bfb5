"""A trained spotter ready for any video: `load_spotter("runs/first").find("match.mp4")`, and what it found as files.

Brings together what a run folder keeps: the weights, the configuration they were trained with, the decoding and the
thresholds that validation chose. `export_spots` writes the JSON of evaluators, and for people a table, subtitles and
the video with all drawn in. Introduced in notebook 11.
"""

import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.config import Config
from course_lib.data.events import Event, Video
from course_lib.data.exact_frames import VideoInfo
from course_lib.data.formats.csv import shown_spots, write_csv
from course_lib.data.formats.srt import write_srt
from course_lib.data.video import probe
from course_lib.models.spotter import Spotter
from course_lib.progress import progress_bar
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.inference import StepScores, predict_video, resampled_fps

__all__ = ["Found", "TrainedSpotter", "export_spots"]


def export_spots(
    folder: str | Path,
    video_path: str | Path,
    spots: Sequence[Event],
    classes: Sequence[str],
    thresholds: float | Mapping[str, float] | None = None,
    *,
    task: str = "ball",
    annotate: bool = False,
    scores: np.ndarray | None = None,
) -> list[Path]:
    """Write everything for one video, all spots as JSON and as a table, those worth showing as subtitles.

    Args:
        folder: where to; made if missing.
        video_path: the video. <name>.csv and <name>.srt take its name.
        spots: with scores; frames counted at the video's own rate.
        classes: the class list.
        thresholds: see `shown_spots`.
        task: decides the JSON: in football results_spotting.json, as SoccerNet has it; in volleyball spots.json in the
            common format of precise spotting, which has room for places.
        annotate: write <name>.annotated.mp4 too, see `course_lib.show.video`; takes longer than all else.
        scores: (frames, K+1), curves for the annotated video.

    Returns:
        The files written, the JSON first.

    Raises:
        InputError: a spot has no score.
        VideoError: the video cannot be read.
    """
    # Here, so that reading a table needs no decoder.
    from course_lib.data.video import probe
    from course_lib.spotting.tasks import TASKS

    folder, video_path = Path(folder), Path(video_path)
    info, name = probe(video_path), video_path.name if video_path.is_dir() else video_path.stem
    stem = _short(name)
    size = info.width, info.height
    video = Video(name, video_path, info.num_frames, info.fps, *size, start_ms=info.start_ms)
    files = [TASKS[task].spots_files.write_one(folder, video, spots)]
    files += [folder / f"{stem}.csv", folder / f"{stem}.srt"]
    write_csv(files[1], spots, info.times, thresholds)
    write_srt(files[2], shown_spots(spots, thresholds), info.times)
    if annotate:
        from course_lib.show.video import write_annotated_video

        files.append(folder / f"{stem}.annotated.mp4")
        write_annotated_video(video_path, files[3], None, spots, classes, scores=scores, thresholds=thresholds)
    return files


_LONGEST_BYTES = 200  # of a file's name, before what is added to it; systems take 255


def _short(name: str) -> str:
    """A name that leaves room for what is added to it; one that was cut says which by a digest."""
    encoded = os.fsencode(name)
    if len(encoded) <= _LONGEST_BYTES:
        return name
    kept = encoded[: _LONGEST_BYTES - 9].decode("utf-8", "ignore")
    return f"{kept}-{hashlib.sha256(encoded).hexdigest()[:8]}"


class Found(NamedTuple):
    """What was found in one video, and how long it took.

    Attributes:
        path: of the video.
        info: what the video is.
        spots: with scores; frames counted at the video's own rate.
        scores: of the spotter's steps.
        seconds: from opening the file to the last spot.
    """

    path: Path
    info: VideoInfo
    spots: list[Event]
    scores: StepScores
    seconds: float

    @property
    def realtime_factor(self) -> float:
        """Seconds of video that were done in a second; from 1 on it could follow a live picture."""
        return self.info.duration_sec / self.seconds

    def frame_scores(self) -> NDArray[np.float32]:
        """Probabilities of every frame of the video, (num_frames, K+1): those of the step nearest in time."""
        rows = self.scores.probabilities
        place = np.linspace(0, len(rows), self.info.num_frames, endpoint=False)
        return rows[np.minimum(np.round(place), len(rows) - 1).astype(np.int64)]


@dataclass(frozen=True)
class TrainedSpotter:
    """What is needed to find events in a video.

    Attributes:
        model: on its device, ready to score.
        config: that it was trained with.
        decoding: how its scores become spots.
        thresholds: by class, the score from which a spot is worth showing.
        few_labels: of those, the classes where it was chosen on few labels, and on how many.
    """

    model: Spotter
    config: Config
    decoding: DecodeConfig
    thresholds: Mapping[str, float]
    few_labels: Mapping[str, int] = field(default_factory=dict)

    def find(self, path: str | Path, encode_once: bool = True) -> Found:
        """Find the events of a video of any length, size and frame rate, with a progress bar.

        Args:
            path: a video file, or a folder of frames.
            encode_once: see `course_lib.spotting.inference.score_video`; False scores as validation does.

        Raises:
            VideoError: the file cannot be read to its end.
        """
        path, data = Path(path), self.config.data
        started = time.perf_counter()
        info = probe(path)
        frames = info.num_frames if resampled_fps(path, data) is None else info.duration_sec * data.fps
        with progress_bar(None, path.name, math.ceil(frames / data.stride), unit="step") as bar:
            spots, scores = predict_video(
                self.model,
                path,
                self.config,
                self.decoding,
                encode_once=encode_once,
                on_steps=_advance(bar, data.stride / data.fps),
            )
        return Found(path, info, spots, scores, time.perf_counter() - started)

    def export(self, found: Found, folder: str | Path, annotate: bool = False) -> list[Path]:
        """Write what was found into a folder; see `export_spots`."""
        data = self.config.data
        scores = found.frame_scores() if annotate else None
        return export_spots(
            folder,
            found.path,
            found.spots,
            data.classes,
            self.thresholds,
            task=data.task,
            annotate=annotate,
            scores=scores,
        )


def _advance(bar: progress_bar, step_sec: float) -> Callable[[int], None]:
    """Move a bar, and show how fast the video goes by beside real time."""
    started = time.perf_counter()

    def advance(steps: int) -> None:
        bar.update(steps)
        factor = bar.n * step_sec / max(time.perf_counter() - started, 1e-9)
        bar.set_postfix_str(f"{factor:.1f}x real time", refresh=False)

    return advance
