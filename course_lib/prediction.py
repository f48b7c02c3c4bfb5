"""From frame scores to spots on disk: what a trained spotter finds in whole videos.

Joins inference, decoding and the metric: choose the decoding on validation videos, decode others with it, write
results_spotting.json. Introduced in notebook 02.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.config import Config, DataConfig
from course_lib.decoding import DecodeConfig, choose_decoding, decode
from course_lib.events import Event, Video
from course_lib.features import FeatureStore
from course_lib.frame_store import FrameStore
from course_lib.inference import resampled_fps, score_video
from course_lib.metrics.ball_actions import BallScores, score_ball_actions
from course_lib.models import Spotter
from course_lib.progress import progress_bar
from course_lib.video import probe

__all__ = ["Prediction", "choose_and_score", "decode_videos", "predict_video", "predict_videos", "score_videos"]


class Prediction(NamedTuple):
    """What was found in one video.

    Attributes:
        spots: events with scores; frames counted in the video itself.
        scores: (T, K+1) probabilities of each step, at the rate and stride of the configuration.
    """

    spots: list[Event]
    scores: NDArray[np.float32]


def score_videos(
    model: Spotter, stores: Sequence[FrameStore | FeatureStore], config: Config, description: str
) -> list[NDArray[np.float32]]:
    """Frame scores (T, K+1) of each store, with a progress bar; see `course_lib.inference.score_video`."""
    return [score_video(model, store, config) for store in progress_bar(stores, description)]


def decode_videos(
    scores: Sequence[NDArray[np.float32]], videos: Sequence[Video], decoding: DecodeConfig, data: DataConfig
) -> dict[str, list[Event]]:
    """Spots of each video, by its id.

    Args:
        scores: of each video, (T, K+1).
        videos: in the same order.
        decoding: rule, window, threshold.
        data: classes and stride.
    """
    settings = asdict(decoding)
    return {
        video.id: decode(rows, data.classes, stride=data.stride, **settings)
        for video, rows in zip(videos, scores, strict=True)
    }


def choose_and_score(
    scores: Sequence[NDArray[np.float32]], videos: Sequence[Video], data: DataConfig
) -> tuple[DecodeConfig, BallScores]:
    """The decoding that is best for these (validation) videos, and what it scores there. Arguments as above."""
    decoding = choose_decoding(scores, videos, data.classes, stride=data.stride, fps=data.fps)
    spots = decode_videos(scores, videos, decoding, data)
    return decoding, score_ball_actions(videos, spots, data.classes, stride=data.stride, fps=data.fps)


def predict_video(model: Spotter, path: str | Path, config: Config, decoding: DecodeConfig) -> Prediction:
    """Find the events of one video file, of any length, size and frame rate, in memory that does not grow with it.

    Args:
        model: the spotter.
        path: a video file, or a folder of frames.
        config: of the run that the model comes from.
        decoding: as chosen on validation.

    Raises:
        VideoError: the file cannot be read to its end.
    """
    scores = score_video(model, path, config)
    spots = decode(scores, config.data.classes, stride=config.data.stride, **asdict(decoding))
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
