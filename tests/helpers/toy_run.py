"""A finished run that never was: one match of numbered frames, every kind of error, and scores that fit the spots."""

from dataclasses import asdict

import numpy as np
from numbered_video import HEIGHT, WIDTH, write_video

from course_lib.config import Config, override
from course_lib.data.datasets import load_dataset
from course_lib.data.events import Event, Video
from course_lib.data.formats.common import write_class_file
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.files import write_json
from course_lib.runs.run import create_run, write_frame_scores, write_spots
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.inference import StepScores
from course_lib.spotting.tasks import TASKS

CLASSES = ("PASS", "DRIVE")
FPS, STRIDE, NUM_FRAMES = 25.0, 2, 300
MATCH = "league/season/toy"
LABELS = (Event("PASS", 40), Event("DRIVE", 90), Event("PASS", 140), Event("DRIVE", 200), Event("PASS", 260))
SPOTS = (
    Event("PASS", 42, 0.9),  # correct
    Event("PASS", 48, 0.5),  # duplicate
    Event("PASS", 92, 0.8),  # confused
    Event("PASS", 166, 0.7),  # mistimed: 26 frames off, where 12.5 would be right
    Event("DRIVE", 202, 0.95),  # correct
    Event("DRIVE", 290, 0.6),  # background
    Event("DRIVE", 10, 0.1),  # too weak to be shown
)  # which leaves the labels at 90, 140 and 260 missed
THRESHOLDS = {"PASS": 0.3, "DRIVE": 0.3}


def toy_dataset(root):
    """One test match, by its files; gives the data set."""
    write_video(root / MATCH / "224p.mp4", NUM_FRAMES, FPS)
    video = Video(MATCH, None, NUM_FRAMES, FPS, WIDTH, HEIGHT, LABELS)
    write_soccernet_labels(root / MATCH / "Labels-ball.json", video)
    write_class_file(root / "class.txt", CLASSES)
    write_json(root / "splits.json", {"train": [], "val": [], "test": [MATCH]})
    return load_dataset(root)


def toy_scores(spots=SPOTS):
    """float32 [T, K+1]: a bump around each spot as high as its score."""
    steps = np.arange(NUM_FRAMES // STRIDE)
    events = np.zeros((len(steps), len(CLASSES)))
    for spot in spots:
        bump = spot.score * np.exp(-(((steps - spot.frame / STRIDE) / 3) ** 2))
        column = CLASSES.index(spot.label)
        events[:, column] = np.maximum(events[:, column], bump)
    return np.concatenate([1 - events.max(axis=1, keepdims=True), events], axis=1).astype(np.float32)


def toy_run(path, dataset, spots=SPOTS, system="tiny3d+fc", seed=0, frame_scores=True):
    """A run folder that was scored on the data set."""
    values = {"model.system": system, "data.classes": list(CLASSES), "data.stride": STRIDE, "train.seed": seed}
    run = create_run(path, override(Config(profile="smoke"), values))
    write_json(run.path / "decode.json", {**asdict(DecodeConfig()), "display_thresholds": THRESHOLDS})
    found = {MATCH: list(spots)}
    write_spots(run.path / "spots", dataset.test, found)
    if frame_scores:
        write_frame_scores(run.path, dataset.test, [StepScores(toy_scores(spots))])
    test = TASKS["ball"].score(dataset.test, found, run.config.data.rule)
    videos = {video.id: {"game": video.game, "half": video.half, "fps": video.fps} for video in dataset.test}
    summary = {"best_epoch": 1, "seconds": 1.0, "parameters": 9, "weights": "random"}
    write_json(run.path / "scores.json", {"test": test, "val": test, **summary, "videos": videos})
    return run
