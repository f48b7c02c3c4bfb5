"""Whole videos in, spots out, in memory that does not grow with the video.

Clips slide over the video; where several cover a step their answers (probabilities, places) are averaged, which evens
out what a network cannot know at the edge of a clip. The frames come from a training store or straight from a video
file. With a frozen backbone they first become features, by the windows of `course_lib.spotting.features`, and the
clips slide over those.

Without one, overlapping clips send every picture through the backbone several times, for an average that hardly needs
it: what differs from clip to clip is mostly the neck. `encode_once` therefore cuts windows that overlap just by what
the backbone sees over time, and lets the clips slide over their features.

A second view is one more clip for the average: the same one in a mirror (`data.test_mirrored`), as in T-DEED's program.
The film then goes by twice.

Decoding is chosen on validation videos by the score of the task, and others are decoded with it. Introduced in
notebook 02.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from course_lib.config import Config, DataConfig
from course_lib.data.events import Event, Video
from course_lib.data.frame_folder import folders_at
from course_lib.data.store import FrameStore
from course_lib.data.video import iter_frames, probe
from course_lib.files import InputError
from course_lib.models.backbones_3d import temporal_reach
from course_lib.models.folding import folded_spotter
from course_lib.models.spotter import Spotter
from course_lib.models.transfer import one_behind, stacked, to_device
from course_lib.progress import progress_bar
from course_lib.spotting.decoding import DecodeConfig, decode
from course_lib.spotting.features import FeatureStore, encode_steps, half_precision, quick_spotter
from course_lib.spotting.tasks import TASKS, Scores
from course_lib.spotting.windows import batched, sliding_clips

__all__ = [
    "ENOUGH_STEPS",
    "Prediction",
    "StepScores",
    "choose_and_score",
    "decode_videos",
    "edge_steps",
    "iter_steps",
    "predict_video",
    "predict_videos",
    "resampled_fps",
    "score_video",
    "score_videos",
]

ENOUGH_STEPS = 4
"""Margin of a window beyond which nothing is gained, however far the kernels reach: see notebook 11."""

# Frames held at once while reading on; small beside the clips of a batch.
READ_STEPS = 64


class StepScores(NamedTuple):
    """What a spotter says of every step of a video.

    Attributes:
        probabilities: float32 (T, K+1), rows summing to 1 (or (T, K), independent ones, of a class head that gives
            those); step t is frame t * stride. A row of zeros: nothing is said of that step.
        fields: by the name of the field of an event that it fills, float32 (T, n), what it would be if something
            happened at that step: "xy" (T, 2) in [0, 1], where in the picture, of a spotter with a head for places.
    """

    probabilities: NDArray[np.float32]
    fields: Mapping[str, NDArray[np.float32]] = MappingProxyType({})


def score_video(
    model: Spotter,
    source: FrameStore | FeatureStore | str | Path,
    config: Config,
    *,
    overlap: float | None = None,
    mirrored: bool | None = None,
    batch_size: int = 8,
    encode_once: bool = False,
    on_steps: Callable[[int], object] | None = None,
    planned_steps: int | None = None,
) -> StepScores:
    """Score every step of one video.

    On a CPU the backbone goes folded, or compiled where the work is long; the model itself stays as it is.

    Args:
        model: a spotter; its device is used, its training mode is restored afterwards.
        source: the video's store, of frames or of features, or a video file or folder of frames.
        config: of the run that the model comes from: picture size, stride, clip length, whether its backbone is frozen.
        overlap: share of a clip that the next one covers again; default `config.data.test_overlap`.
        mirrored: whether each clip is seen in a mirror as well; default `config.data.test_mirrored`.
        batch_size: clips at a time.
        encode_once: let the clips slide over features instead of pictures, also where the backbone learned along; see
            `edge_steps`. Of a network for pictures the same numbers, several times as fast.
        on_steps: called with the number of steps whenever some were read.
        planned_steps: of all videos that are to be scored, which decides whether compiling pays; default of this one.

    Raises:
        InputError: a mirrored view is asked for of features, or of a head that cannot turn its answer back.
        VideoError: the video cannot be read to its end.
    """
    data = config.data
    mirrored = data.test_mirrored if mirrored is None else mirrored
    if mirrored and isinstance(source, FeatureStore):
        raise InputError("data.test_mirrored: features cannot be seen in a mirror; expected false with them")
    views = (False, True) if mirrored else (False,)
    device = next(model.parameters()).device
    half = half_precision(device, config.train.precision)
    on_steps = None if on_steps is None else _shared(on_steps, len(views))
    was_training = model.training
    asked, encode = model.eval(), None
    if not isinstance(source, FeatureStore):
        edge = edge_steps(model, data.clip_len) if encode_once else None
        size = data.height, data.width
        if config.model.frozen_backbone or edge is not None:
            planned_steps = _num_steps(source, data) if planned_steps is None else planned_steps
        if config.model.frozen_backbone:
            encode = partial(encode_steps, quick_spotter(model, planned_steps, *size), half=half)
        elif edge is not None:
            quick = quick_spotter(model, planned_steps, *size, data.clip_len)
            window = {"window_steps": data.clip_len, "margin_steps": edge, "rounded": False}
            encode = partial(encode_steps, quick, half=half, **window)
        else:  # the whole network on every clip, perhaps between two epochs, so that nothing compiled would last
            asked = folded_spotter(model)
    means: dict[str, _Mean] = {}

    def batches(in_mirror: bool) -> Iterator[Sequence[tuple[int, NDArray, int]]]:
        steps: Iterable[NDArray] = iter_steps(source, data)
        if on_steps is not None:
            steps = _told(steps, on_steps)
        if in_mirror:
            steps = (np.ascontiguousarray(pictures[:, :, ::-1]) for pictures in steps)
        steps = steps if encode is None else encode(steps)
        clips = sliding_clips(steps, data.clip_len, data.test_overlap if overlap is None else overlap)
        return batched(clips, batch_size)

    def answers(batch: Sequence[tuple[int, NDArray, int]], in_mirror: bool) -> dict[str, Tensor]:
        x = stacked([clip for _, clip, _ in batch], device)  # (B, T, H, W, 3) or (B, T, D)
        lengths = torch.tensor([length for _, _, length in batch])
        mask = to_device(torch.arange(data.clip_len) < lengths[:, None], device)  # (B, T)
        seen = {"frames": x.permute(0, 1, 4, 2, 3) if x.ndim == 5 else x, "mask": mask}
        return asked.answer(seen, mirrored=True) if in_mirror else asked.answer(seen)

    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=half):
        views_of_clips = ((batch, answers(batch, view)) for view in views for batch in batches(view))
        for batch, answered in one_behind(views_of_clips):
            for name, answer in answered.items():
                mean = means.setdefault(name, _Mean())
                for (start, _, length), rows in zip(batch, answer, strict=True):
                    mean.add(start, rows[:length])
    model.train(was_training)
    averaged = {name: mean.value() for name, mean in means.items()}
    return StepScores(averaged.pop("probabilities"), averaged)


def _num_steps(source: FrameStore | str | Path, data: DataConfig) -> int:
    """About how many steps a video has."""
    return (
        int(probe(source).duration_sec * data.fps / data.stride) if isinstance(source, str | Path) else source.num_steps
    )


class _Mean:
    """The mean of rows that clips give to the steps of a stream; a row of zeros does not count."""

    def __init__(self) -> None:
        self.total = np.zeros((0, 0), np.float32)  # (capacity, n)
        self.counted = np.zeros(0, np.float32)  # (capacity,): rows that were added to each step
        self.end = 0

    def add(self, start: int, rows: NDArray[np.float32]) -> None:
        stop = start + len(rows)
        if stop > len(self.counted):  # doubling, since a stream does not say how long it is
            more = max(stop, 2 * len(self.counted)) - len(self.counted)
            self.total = np.pad(self.total, ((0, more), (0, rows.shape[1] - self.total.shape[1])))
            self.counted = np.pad(self.counted, (0, more))
        self.total[start:stop] += rows
        self.counted[start:stop] += rows.any(axis=1)
        self.end = max(self.end, stop)

    def value(self) -> NDArray[np.float32]:
        return self.total[: self.end] / np.maximum(self.counted[: self.end, None], 1)


def edge_steps(model: nn.Module, clip_len: int) -> int | None:
    """Steps at either edge of a window of `clip_len` that a backbone had better see in the neighbouring window.

    As far as its kernels reach, but not more than `ENOUGH_STEPS`, and not more than a quarter of the window. 0 for a
    network for pictures; None if features of windows cannot replace those of clips: the backbone makes one vector of a
    whole clip, or `model` is no `Spotter`.
    """
    reach = temporal_reach(model.backbone) if isinstance(model, Spotter) else None
    return None if reach is None else min(reach, ENOUGH_STEPS, clip_len // 4)


def iter_steps(source: FrameStore | FeatureStore | str | Path, data: DataConfig) -> Iterator[NDArray]:
    """The pictures of all steps in order, uint8 [n, H, W, 3], a few at a time; features [n, D] of a store of those.

    A video file is brought to the size and, where its frame rate is another, to the rate of the configuration.
    """
    if isinstance(source, str | Path):
        size, fps = (data.width, data.height), resampled_fps(source, data)
        yield from iter_frames(source, size, data.stride, READ_STEPS, target_fps=fps)
    else:
        for start in range(0, source.num_steps, READ_STEPS):
            yield source.read(start, min(start + READ_STEPS, source.num_steps))


def resampled_fps(path: str | Path, data: DataConfig) -> float | None:
    """The rate that a file must be resampled to, or None if its own is within 1 % of the configuration's.

    One per cent apart, a clip of four seconds is a frame longer or shorter: less than people differ in labelling.
    """
    return None if abs(probe(path).fps / data.fps - 1) < 0.01 else data.fps


def _shared(on_steps: Callable[[int], object], views: int) -> Callable[[int], object]:
    """Tells of the steps of a video once, however often it goes by."""
    seen = 0

    def tell(steps: int) -> None:
        nonlocal seen
        before, seen = seen, seen + steps
        on_steps(seen // views - before // views)

    return tell


def _told(pieces: Iterable[NDArray], on_steps: Callable[[int], object]) -> Iterator[NDArray]:
    for piece in pieces:
        on_steps(len(piece))
        yield piece


class Prediction(NamedTuple):
    """What was found in one video.

    Attributes:
        spots: events with scores, and with places from a spotter that says where; frames counted in the video itself.
        scores: of each step, at the rate and stride of the configuration.
    """

    spots: list[Event]
    scores: StepScores


def score_videos(
    model: Spotter, stores: Sequence[FrameStore | FeatureStore], config: Config, description: str
) -> list[StepScores]:
    """Scores of each store's steps, with a progress bar; see `course_lib.spotting.inference.score_video`."""
    planned = sum(store.num_steps for store in stores)
    return [score_video(model, store, config, planned_steps=planned) for store in progress_bar(stores, description)]


def decode_videos(
    scores: Sequence[StepScores], videos: Sequence[Video], decoding: DecodeConfig, data: DataConfig
) -> dict[str, list[Event]]:
    """Spots of each video, by its id.

    Args:
        scores: of the steps of each video.
        videos: in the same order.
        decoding: suppression, window, threshold.
        data: classes and stride.
    """
    return {video.id: _decoded(steps, decoding, data) for video, steps in zip(videos, scores, strict=True)}


def choose_and_score(
    scores: Sequence[StepScores], videos: Sequence[Video], data: DataConfig
) -> tuple[DecodeConfig, Scores]:
    """The decoding that is best for these (validation) videos by the first score of the task, and what it scores there.
    Arguments as above."""
    task = TASKS[data.task]
    decoding = task.choose([steps.probabilities for steps in scores], videos, data.rule, data.suppression)
    return decoding, task.score(videos, decode_videos(scores, videos, decoding, data), data.rule)


def predict_video(
    model: Spotter,
    path: str | Path,
    config: Config,
    decoding: DecodeConfig,
    *,
    encode_once: bool = False,
    on_steps: Callable[[int], object] | None = None,
    planned_steps: int | None = None,
) -> Prediction:
    """Find the events of one video file, of any length, size and frame rate, in memory that does not grow with it.

    Args:
        model: the spotter.
        path: a video file, or a folder of frames.
        config: of the run that the model comes from.
        decoding: as chosen on validation.
        encode_once, on_steps, planned_steps: as for `course_lib.spotting.inference.score_video`.

    Raises:
        VideoError: the file cannot be read to its end.
    """
    scores = score_video(model, path, config, encode_once=encode_once, on_steps=on_steps, planned_steps=planned_steps)
    spots = _decoded(scores, decoding, config.data)
    fps = resampled_fps(path, config.data)
    if fps is not None:
        info = probe(path)
        spots = [replace(spot, frame=min(round(spot.frame * info.fps / fps), info.num_frames - 1)) for spot in spots]
    return Prediction(spots, scores)


def predict_videos(
    model: Spotter, videos: Sequence[Video], config: Config, decoding: DecodeConfig
) -> dict[str, Prediction]:
    """`predict_video` for many, by their id, with a progress bar."""
    data, bar = config.data, progress_bar(videos, "predicting")
    planned = sum(int(video.num_frames / video.fps * data.fps / data.stride) for video in videos)
    found = {}
    for video in bar:
        with folders_at(video.fps if video.fps > 0 else None):  # unknown is NaN
            found[video.id] = predict_video(model, video.path, config, decoding, planned_steps=planned)
    return found


def _decoded(scores: StepScores, decoding: DecodeConfig, data: DataConfig) -> list[Event]:
    return decode(scores.probabilities, data.rule, decoding, scores.fields)
