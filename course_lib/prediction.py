"""From frame scores to spots: what a trained spotter finds in whole videos.

Joins inference, decoding and the score of the task: choose the decoding on validation videos, decode others with it.
Introduced in notebook 02.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from course_lib.config import Config, DataConfig
from course_lib.decoding import DecodeConfig, decode
from course_lib.events import Event, Video
from course_lib.features import FeatureStore
from course_lib.frame_store import FrameStore
from course_lib.inference import StepScores, resampled_fps, score_video
from course_lib.models import Spotter
from course_lib.progress import progress_bar
from course_lib.tasks import TASKS, Scores
from course_lib.video import probe

__all__ = ["Prediction", "choose_and_score", "decode_videos", "predict_video", "predict_videos", "score_videos"]


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
    """Scores of each store's steps, with a progress bar; see `course_lib.inference.score_video`."""
    return [score_video(model, store, config) for store in progress_bar(stores, description)]


def decode_videos(
    scores: Sequence[StepScores], videos: Sequence[Video], decoding: DecodeConfig, data: DataConfig
) -> dict[str, list[Event]]:
    """Spots of each video, by its id.

    Args:
        scores: of the steps of each video.
        videos: in the same order.
        decoding: rule, window, threshold.
        data: classes and stride.
    """
    return {video.id: _decoded(steps, decoding, data) for video, steps in zip(videos, scores, strict=True)}


def choose_and_score(
    scores: Sequence[StepScores], videos: Sequence[Video], data: DataConfig
) -> tuple[DecodeConfig, Scores]:
    """The decoding that is best for these (validation) videos by the first score of the task, and what it scores there.
    Arguments as above."""
    task = TASKS[data.task]
    decoding = task.choose([steps.probabilities for steps in scores], videos, data)
    return decoding, task.score(videos, decode_videos(scores, videos, decoding, data), data)


def predict_video(
    model: Spotter,
    path: str | Path,
    config: Config,
    decoding: DecodeConfig,
    *,
    encode_once: bool = False,
    on_steps: Callable[[int], object] | None = None,
) -> Prediction:
    """Find the events of one video file, of any length, size and frame rate, in memory that does not grow with it.

    Args:
        model: the spotter.
        path: a video file, or a folder of frames.
        config: of the run that the model comes from.
        decoding: as chosen on validation.
        encode_once, on_steps: as for `course_lib.inference.score_video`.

    Raises:
        VideoError: the file cannot be read to its end.
    """
    scores = score_video(model, path, config, encode_once=encode_once, on_steps=on_steps)
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
    bar = progress_bar(videos, "predicting")
    return {video.id: predict_video(model, video.path, config, decoding) for video in bar}


def _decoded(scores: StepScores, decoding: DecodeConfig, data: DataConfig) -> list[Event]:
    return decode(scores.probabilities, data.rule, decoding, scores.fields)
