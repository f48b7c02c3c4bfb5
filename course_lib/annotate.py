"""A video with its spots: under the picture a timeline moves past a playhead, and each spot flashes as it comes.

Spots that say where mark their place with a cross, labels with a circle, for a quarter of a second before and after.
The quickest way to see what a spotter does well and badly. Frames stream from the decoder over the drawing to the
encoder, so memory does not grow with the video. Introduced in notebook 01.
"""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from IPython.display import HTML

from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.outcomes import pair_events
from course_lib.overlay import Mark, Overlay
from course_lib.progress import progress_bar
from course_lib.video import VideoWriter, iter_frames, probe

__all__ = ["show_video", "write_annotated_video"]

SMALLEST_WIDTH_PX = 800  # text on a narrower picture cannot be read


def write_annotated_video(
    video_path: str | Path,
    out_path: str | Path,
    truth: Sequence[Event] | None,
    spots: Sequence[Event],
    classes: Sequence[str],
    start_sec: float = 0.0,
    stop_sec: float | None = None,
    scores: np.ndarray | None = None,
    thresholds: float | Mapping[str, float] | None = None,
    *,
    stride: int = 1,
    tolerance_sec: float = 1.0,
    crf: int = 23,
) -> Path:
    """Write a stretch of a video with labels and spots drawn in, as an H.264 mp4 of the video's own rate.

    Args:
        video_path: the video; narrower than 800 px it is enlarged to 800.
        out_path: the mp4 to make.
        truth: labels of the whole video, frames counted at its rate; None if there are none, and then no spot is
            called right or false.
        spots: predictions for the whole video.
        classes: the class list, which decides colours.
        start_sec, stop_sec: the stretch, to the end by default.
        scores: (T, K) or (T, K+1) frame scores in [0, 1]; adds a row of curves.
        thresholds: spots with a score below are left out; one number, or one for each class.
        stride: frames from one row of `scores` to the next.
        tolerance_sec: full width within which a spot is right, as in the metric.
        crf: quality of H.264, 0 (best) to 51; 30 gives files small enough for a notebook.

    Returns:
        `out_path`.

    Raises:
        InputError: the stretch holds no frame, a spot's class is unknown, or scores do not fit the classes.
        VideoError: the video cannot be read.
    """
    info = probe(video_path)
    first = max(round(start_sec * info.fps), 0)
    stop = info.num_frames if stop_sec is None else min(round(stop_sec * info.fps), info.num_frames)
    if first >= stop:
        until = "the end" if stop_sec is None else f"{stop_sec:g} s"
        raise InputError(
            f"{video_path}: no frame between {start_sec:g} s and {until}; the video lasts {info.duration_sec:.2f} s"
        )
    if scores is not None and scores.shape[1] - len(classes) not in (0, 1):
        raise InputError(f"scores: expected {len(classes)} or {len(classes) + 1} columns, got {scores.shape[1]}")
    if unknown := sorted({event.label for event in (*(truth or ()), *spots)} - set(classes)):
        raise InputError(f"class {unknown[0]!r} of an event is not in the class list {tuple(classes)}")
    spots = [event for event in spots if event.score is None or event.score >= _threshold(thresholds, event.label)]
    labels, found = _marks(truth, spots, tolerance_sec * info.fps / 2)
    width = max(SMALLEST_WIDTH_PX, info.width + info.width % 2)
    overlay = Overlay(
        labels if truth is not None else None,
        found,
        classes,
        info.fps,
        picture_size=(width, 2 * round(info.height * width / info.width / 2)),
        scores=None if scores is None else scores[:, scores.shape[1] - len(classes) :],
        threshold=thresholds if isinstance(thresholds, int | float) else None,
        stride=stride,
    )
    chunks = iter_frames(video_path, chunk=16, start=first, stop=stop)
    frames = (frame for chunk in chunks for frame in chunk)
    with VideoWriter(out_path, info.fps, overlay.size, crf=crf) as writer:
        for number, frame in enumerate(progress_bar(frames, "drawing", stop - first), first):
            writer.write(overlay.draw(frame, number))
    return Path(out_path)


def _threshold(thresholds: float | Mapping[str, float] | None, label: str) -> float:
    """The lowest score with which a spot of this class is shown."""
    if isinstance(thresholds, Mapping):
        return thresholds.get(label, 0.0)
    return 0.0 if thresholds is None else thresholds


def _marks(
    truth: Sequence[Event] | None, spots: Sequence[Event], radius_frames: float
) -> tuple[list[Mark], list[Mark]]:
    """Labels and spots with what became of them, in time order."""
    of_label, of_spot = pair_events(truth or (), spots, radius_frames)
    labels = [
        Mark(event.label, event.frame, None, "found" if index >= 0 else "missed", event.xy)
        for event, index in zip(truth or (), of_label, strict=True)
    ]
    found = [
        Mark(event.label, event.frame, event.score, _outcome(truth, index), event.xy)
        for event, index in zip(spots, of_spot, strict=True)
    ]
    return sorted(labels, key=lambda mark: mark.frame), sorted(found, key=lambda mark: mark.frame)


def _outcome(truth: Sequence[Event] | None, index: int) -> str:
    """What became of a spot that was paired with the label of this index, -1 for none."""
    if truth is None:
        return "spot"
    return "right" if index >= 0 else "false"


def show_video(path: str | Path, width_px: int = 800, embed_below_kb: int = 600) -> HTML:
    """Play an mp4 in a notebook.

    A small file goes into the notebook itself and plays wherever the page is shown. A larger one is linked, which
    plays only beside the file, since a notebook of many megabytes cannot be kept in a repository.

    Args:
        path: an mp4, as `write_annotated_video` makes them; a relative path if it is to be linked.
        width_px: width on the page.
        embed_below_kb: largest file to put into the notebook.

    Raises:
        InputError: there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    source = path.as_posix()
    if path.stat().st_size <= embed_below_kb * 1024:
        source = "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    return HTML(f'<video src="{source}" width="{width_px}" controls loop muted></video>')
