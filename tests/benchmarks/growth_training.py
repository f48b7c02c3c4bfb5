"""Growth with the number of matches: opening a data set, and all that training holds."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from growth_case import Case
from numbered_video import HEIGHT, WIDTH, write_video
from toy_runs import toy_dataset

from course_lib.config import Config, override
from course_lib.data.datasets import load_dataset
from course_lib.data.events import BALL_12, Event, SpottingDataset, Video
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.data.store import FrameStore, StoreSettings, build_stores, hold_in_memory
from course_lib.files import write_json
from course_lib.models.zoo import build
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.inference import StepScores, choose_and_score
from course_lib.training.clips import ClipDataset, RandomClips, ShuffledWindows
from course_lib.training.engine import fit

__all__ = ["CASES"]

MINUTES = 10.0
DIM = 192  # numbers a step of the smaller backbones
SMALL = StoreSettings(112, 64)
CONFIG = override(
    Config(profile="smoke"),
    {"data.width": 112, "data.height": 64, "data.clip_len": 32, "train.augment": 0.0, "train.workers": 0},
)


def _open(size: int, folder: Path, known: bool) -> Callable[[], object]:
    """A folder of matches of eight seconds, with as many labels as ten minutes have; `known`: opened before."""
    video = write_video(folder / "video.mp4", 200)
    events = tuple(Event(BALL_12[number % 4], number) for number in range(180))
    label = Video("match", None, 200, 25.0, WIDTH, HEIGHT, events)
    write_soccernet_labels(folder / "labels.json", label)
    matches = [f"league/season/match{number:03}" for number in range(size)]
    root = folder / "matches"
    for match in matches:
        (root / match).mkdir(parents=True)
        shutil.copy(video, root / match / "224p.mp4")
        shutil.copy(folder / "labels.json", root / match / "Labels-ball.json")
    write_json(root / "splits.json", {"train": matches[2:], "val": matches[:1], "test": matches[1:2]})
    if known:
        load_dataset(root)
    return lambda: load_dataset(root)


def _features(videos: int) -> list[FeatureStore]:
    steps, random = SMALL.num_steps(int(MINUTES * 1500)), np.random.default_rng(0)
    return [FeatureStore(random.random((steps, DIM), np.float32).astype(np.float16), SMALL) for _ in range(videos)]


def _clips(size: int, folder: Path) -> Callable[[], object]:
    videos = toy_dataset(folder, videos=size, minutes=MINUTES).test

    def work():
        clips = ClipDataset(videos, _features(size), CONFIG.data)
        return clips, ShuffledWindows(clips, 0).order(), RandomClips(clips, 50 * size, 0, 0.5).order()

    return work


def _stretches(size: int, folder: Path) -> Callable[[], object]:
    """Frames that have to be decoded: here none is, only their order is made."""
    videos = toy_dataset(folder, videos=size, minutes=MINUTES).test

    def work():
        stores = [FrameStore(folder / video.id, SMALL, SMALL.num_steps(video.num_frames)) for video in videos]
        clips = ClipDataset(videos, stores, CONFIG.data)
        return clips, ShuffledWindows(clips, 0).order()

    return work


def _held(size: int, folder: Path) -> Callable[[], object]:
    path = write_video(folder / "video.mp4", 1500)
    video = Video("match", path, 1500, 25.0, WIDTH, HEIGHT)
    (store,) = build_stores([video], CONFIG.data, folder / "cache")
    stores = [FrameStore(store.path, store.settings, store.num_steps) for _ in range(size)]

    def work():
        if not hold_in_memory(stores):
            raise RuntimeError("more than the budget")
        return stores

    return work


def _fit(size: int, folder: Path) -> Callable[[], object]:
    """An epoch on features, every window once, and validation: a match in eight."""
    torch.set_num_threads(1)
    model = build("tiny3d+fc", len(BALL_12), weights="none")
    steps, random = SMALL.num_steps(int(MINUTES * 1500)), np.random.default_rng(0)
    config = override(
        CONFIG, {"model.frozen_backbone": True, "model.system": "tiny3d+fc", "train.epochs": 1, "train.batch_size": 32}
    )
    model.freeze_backbone()
    dataset: SpottingDataset = toy_dataset(folder, videos=size, minutes=MINUTES)

    def stores(videos: int) -> list[FeatureStore]:
        rows = [random.random((steps, model.backbone.dim), np.float32).astype(np.float16) for _ in range(videos)]
        return [FeatureStore(of_video, SMALL) for of_video in rows]

    def work():
        clips = ClipDataset(dataset.test, stores(size), config.data)
        few = max(1, size // 8)
        return fit(model, clips, dataset.test[:few], config, folder / "run", val_stores=stores(few))

    return work


def _validation(size: int, folder: Path) -> Callable[[], object]:
    """Choosing the decoding by validation matches whose scores are there."""
    videos = toy_dataset(folder, videos=size, minutes=MINUTES).test
    random, scores = np.random.default_rng(0), []
    for video in videos:
        rows = random.random((SMALL.num_steps(video.num_frames), len(BALL_12) + 1), np.float32) ** 8
        scores.append(StepScores(rows / rows.sum(axis=1, keepdims=True)))
    return lambda: choose_and_score(scores, videos, CONFIG.data)


CASES = (
    Case("load_dataset, for the first time", "matches", (5, 50, 500), (5, 50), lambda n, path: _open(n, path, False)),
    Case("load_dataset, again", "matches", (5, 50, 500), (5, 50), lambda n, path: _open(n, path, True)),
    Case("clips and their order, features of 10 minutes a match", "matches", (4, 16, 64), (2, 8), _clips),
    Case("clips and their order, frames of 10 minutes a match", "matches", (8, 32, 128), (4, 16), _stretches),
    Case("frames held in memory, a minute each", "matches", (2, 8, 32), (2, 6), _held),
    Case("an epoch on features of 10 minutes a match", "matches", (2, 8, 32), (1, 4), _fit),
    Case("choosing the decoding", "matches", (2, 8, 32), (1, 4), _validation),
)
