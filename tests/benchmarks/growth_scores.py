"""Growth with the length of the video, and with matches or rallies: prediction, scores, errors, intervals."""

from collections.abc import Callable
from pathlib import Path

import torch
from benchmark_predict import lay_end_to_end
from growth_case import Case
from numbered_video import write_video
from toy_runs import toy_dataset, toy_spots

from course_lib.config import Config, override
from course_lib.data.events import BALL_12, VOLLEYBALL_6
from course_lib.models.zoo import build
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.bootstrap import bootstrap_interval, bootstrap_volleyball_interval
from course_lib.scoring.diagnosis import diagnose
from course_lib.scoring.volleyball import score_volleyball
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.inference import predict_video
from course_lib.spotting.tasks import TASKS

__all__ = ["CASES"]

BALL = TASKS["ball"].rule(BALL_12, stride=2, fps=25.0)
RALLY = TASKS["volleyball"].rule(VOLLEYBALL_6, stride=2, fps=25.0)


def _predict(minutes: int, folder: Path) -> Callable[[], object]:
    torch.set_num_threads(1)
    path = folder / "match.mp4"
    lay_end_to_end([write_video(folder / "minute.mp4", 1500)], 1500 * minutes, path)
    values = {"model.system": "tiny3d+fc", "data.width": 96, "data.height": 64, "data.clip_len": 32}
    config = override(Config(profile="smoke"), values)
    model = build("tiny3d+fc", len(BALL_12), weights="none")
    return lambda: predict_video(model, path, config, DecodeConfig(), encode_once=True)


def _ball(work: Callable[..., object]) -> Callable[[int, Path], Callable[[], object]]:
    def prepare(size: int, folder: Path) -> Callable[[], object]:
        dataset = toy_dataset(folder, videos=size, minutes=10.0)
        spots = toy_spots(dataset, 0.6)
        return lambda: work(dataset.test, spots, BALL)

    return prepare


def _rallies(work: Callable[..., object]) -> Callable[[int, Path], Callable[[], object]]:
    def prepare(size: int, folder: Path) -> Callable[[], object]:
        dataset = toy_dataset(folder, "volleyball", videos=size, minutes=0.4)
        spots = toy_spots(dataset, 0.6)
        return lambda: work(dataset.test, spots, RALLY)

    return prepare


MATCHES, FEW_MATCHES = (10, 40, 160), (4, 16)
RALLIES, FEW_RALLIES = (50, 200, 800), (20, 80)
CASES = (
    Case("predict a video file", "minutes", (5, 15, 45), (1, 3), _predict),
    Case("score, football, 10 minutes a match", "matches", MATCHES, FEW_MATCHES, _ball(score_ball_actions)),
    Case("kinds of errors, football, 10 minutes a match", "matches", MATCHES, FEW_MATCHES, _ball(diagnose)),
    Case("interval, football, 1,000 draws of minutes", "matches", MATCHES, FEW_MATCHES, _ball(bootstrap_interval)),
    Case("score, volleyball", "rallies", RALLIES, FEW_RALLIES, _rallies(score_volleyball)),
    Case(
        "interval, volleyball, 1,000 draws of rallies",
        "rallies",
        RALLIES,
        FEW_RALLIES,
        _rallies(bootstrap_volleyball_interval),
    ),
)
