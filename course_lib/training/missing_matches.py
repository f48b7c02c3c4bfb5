"""Test matches that a finished run was not scored on: scored when they are asked for, without training again.

A data set may grow by test matches, which change nothing of what a run has learnt or chosen. Its best weights go over
the new ones alone, with its own configuration and decoding, and its files then are what they would be had it been
scored on all of them at the end of its training, to the bit on the same machine. scores.json is written last, and who
reads a run reads what that names: stopped anywhere, the run is what it was. Introduced in notebook 10.
"""

from collections.abc import Callable, Mapping

from course_lib.data.events import SpottingDataset, Video
from course_lib.data.store import build_stores
from course_lib.files import InputError, write_json
from course_lib.models.head import Head, Sizes
from course_lib.models.zoo import check_system
from course_lib.runs.run import BEST_WEIGHTS, Run, score_matches, write_frame_scores, write_spots
from course_lib.spotting.features import build_features
from course_lib.spotting.inference import decode_videos, score_videos
from course_lib.spotting.tasks import TASKS, without_aliases
from course_lib.training.acceleration import laid_out
from course_lib.training.processes import processes

__all__ = ["missing_videos", "score_missing", "why_not"]


def missing_videos(run: Run, dataset: SpottingDataset) -> list[Video]:
    """The test videos of a data set that a finished run was not scored on."""
    return [video for video in dataset.test if video.id not in run.scores["videos"]]


def why_not(run: Run, dataset: SpottingDataset) -> str:
    """What keeps the missing test videos from being scored, in words; nothing if they can be."""
    if not (run.path / BEST_WEIGHTS).is_file():
        return f"for the others its weights ({BEST_WEIGHTS}) are missing"
    if not set(run.scores["videos"]) <= {video.id for video in dataset.test}:
        return "which are not among those of this data set"
    return ""


def score_missing(
    run: Run, dataset: SpottingDataset, heads: Mapping[str, Callable[[Sizes], Head]] | None = None
) -> Run:
    """Score the missing test videos and put them into the run's files.

    Args:
        run: finished, with its weights, and locked by the caller.
        dataset: with all test videos that the run was scored on, and more.
        heads: as it was trained with.

    Returns:
        The run as it is now.

    Raises:
        InputError: the labels of what it was scored on have changed, or a video cannot be read.
    """
    data, scores, missing = run.config.data, run.scores, missing_videos(run, dataset)
    earlier = [video for video in dataset.test if video.id in scores["videos"]]
    nothing = {video.id: [] for video in earlier}
    if TASKS[data.task].score(earlier, nothing, data.rule)["counts"] != scores["test"]["counts"]:
        raise InputError(f"{dataset.root}: its test labels are not those that {run.path} was scored on")
    model = run.model(heads=heads).to(processes().device)
    stores = build_stores(missing, data)
    if run.config.model.frozen_backbone:
        # Compiled or folded as what it learnt from, which was decided by all videos that it had.
        its_own = [*dataset.train, *dataset.val, *earlier]
        planned = sum(stores[0].settings.num_steps(video.num_frames) for video in its_own)
        backbone = check_system(run.config.model.system).backbone
        stores = build_features(model, backbone, stores, run.config.train.precision, planned_steps=planned)
    scored = score_videos(laid_out(model, processes().device), stores, run.config, "test")
    spots = run.spots() | decode_videos(scored, missing, run.decoding, data)
    spots = {video.id: spots[video.id] for video in dataset.test}
    write_frame_scores(run.path, missing, scored)
    write_spots(run.path / "spots", dataset.test, spots, data.task)
    scores = scores | {"val": without_aliases(scores["val"])}
    write_json(run.path / "scores.json", scores | score_matches(dataset.test, spots, data))
    return Run(run.path)
