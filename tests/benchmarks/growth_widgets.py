"""Growth of the widgets with the length of the video: opening one and looking around in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmark_predict import lay_end_to_end
from growth_case import Case
from numbered_video import HEIGHT, WIDTH, write_video
from toy_runs import toy_dataset, toy_run

from course_lib.data.events import SpottingDataset
from course_lib.runs.run import Run, write_frame_scores
from course_lib.spotting.inference import StepScores
from course_lib.widgets.errors import error_browser
from course_lib.widgets.explorer import run_explorer
from course_lib.widgets.scrubber import clip_scrubber

__all__ = ["CASES"]

MINUTES = (5, 15, 45)
QUICK_MINUTES = (2, 8)
LOOKS = 8


def _match(minutes: int, folder: Path) -> tuple[SpottingDataset, Run, np.ndarray]:
    """One test match with labels every 2.4 s, a run with spots and frame scores [T, K+1]."""
    path = folder / "match.mp4"
    lay_end_to_end([write_video(folder / "minute.mp4", 1500)], 1500 * minutes, path)
    known = toy_dataset(folder, videos=1, minutes=minutes)
    video = replace(known.test[0], path=path, width=WIDTH, height=HEIGHT)
    dataset = replace(known, splits={"test": (video,)})
    run = toy_run(folder / "run", dataset, found=0.6)
    random = np.random.default_rng(0).random((video.num_frames // 2, len(dataset.classes) + 1), np.float32) ** 8
    scores = random / random.sum(axis=1, keepdims=True)
    write_frame_scores(run.path, [video], [StepScores(scores)])
    return dataset, Run(run.path), scores


def _sound(panel):
    if panel.error:
        raise RuntimeError(panel.error)
    return panel


def _scrubber(minutes: int, folder: Path) -> Callable[[], object]:
    dataset, run, scores = _match(minutes, folder)
    video, spots = dataset.test[0], run.spots()

    def work():
        start = video.duration_sec - 20  # towards the end, which is the farthest from the beginning
        panel = clip_scrubber(
            video, scores, spots=spots[video.id], classes=dataset.classes, stride=2, start_sec=start, length_sec=15
        )
        for number in np.linspace(panel.clip.first, panel.clip.last, LOOKS).astype(int).tolist():
            panel.seek(number)
        return _sound(panel)

    return work


def _errors(minutes: int, folder: Path) -> Callable[[], object]:
    dataset, run, _ = _match(minutes, folder)

    def work():
        panel = error_browser(run, dataset)
        for _ in range(LOOKS):
            panel.turn(1)
        return _sound(panel)

    return work


def _explorer(minutes: int, folder: Path) -> Callable[[], object]:
    dataset, run, _ = _match(minutes, folder)

    def work():
        panel = run_explorer({"one": run, "other": Run(run.path)}, dataset)
        for label in ("DRIVE", "SHOT"):
            panel.controls.label.value = label
        panel.controls.measure.value = "steps"
        return _sound(panel)

    return work


CASES = (
    Case("widget: scrubber, opened and 8 looks", "minutes", MINUTES, QUICK_MINUTES, _scrubber),
    Case("widget: errors, opened and 8 looks", "minutes", MINUTES, QUICK_MINUTES, _errors),
    Case("widget: explorer, opened and 3 changes", "minutes", MINUTES, QUICK_MINUTES, _explorer),
)
