"""Runs that belong together: trainings that differ by nothing but the seed are one system.

What a comparison needs to know of a system, worked out once: its spots, its errors, its mAP against the tolerance.
Introduced in notebook 10.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib.config import Config, changed_fields
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.runs.matches import on_matches
from course_lib.runs.run import Run
from course_lib.scoring.ball import Spots
from course_lib.scoring.calibration import Calibration, pool
from course_lib.scoring.diagnosis import ERROR_KINDS, KINDS, Diagnosis, diagnose
from course_lib.scoring.rule import Rule
from course_lib.spotting.tasks import TASKS

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset

__all__ = ["System", "changed_beside_seed", "SharedVideos", "group_runs", "shared_videos"]

MIN_GAMES = 10
"""From so many test matches on, matches are drawn; fewer give too few different draws."""


@dataclass(frozen=True)
class System:
    """Runs that differ by their seed alone, and what they found in the test videos.

    Attributes:
        name: of the system, with what sets it apart from another of that name.
        runs: by seed.
        videos: the test videos.
        of: how many test matches the data set has; by default those of the videos.
        left_out: matches that some of the runs that are compared were scored on and others were not.
    """

    name: str
    runs: tuple[Run, ...]
    videos: tuple[Video, ...]
    of: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def config(self) -> Config:
        """Of the first run; the others differ by the seed."""
        return self.runs[0].config

    @property
    def on_matches(self) -> str:
        """In words what its scores are of: "on 2 of 8 test matches"."""
        matches = len({video.game for video in self.videos})
        return on_matches(matches, max(matches, self.of))

    @property
    def remarks(self) -> list[str]:
        """A sentence if matches had to be left out."""
        left = len(self.left_out)
        out = f"{left} test match{'es' * (left > 1)} that not every run was scored on {'are' if left > 1 else 'is'}"
        return [f"{out} left out: all are compared {self.on_matches}."] if left else []

    @property
    def rule(self) -> Rule:
        """How its runs are scored; with `MIN_GAMES` test matches or more, intervals draw matches."""
        rule, games = self.config.data.rule, {video.game for video in self.videos}
        return replace(rule, unit="game") if len(games) >= MIN_GAMES else rule

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the runs, in their order."""
        return tuple(run.config.train.seed for run in self.runs)

    @cached_property
    def spots(self) -> tuple[Spots, ...]:
        """Of each run; every test video is in it."""
        found = []
        for run in self.runs:
            of_run = run.spots()
            found.append({video.id: of_run.get(video.id, []) for video in self.videos})
        return tuple(found)

    @cached_property
    def scored(self) -> tuple[Spots, ...]:
        """Of each run what its score looks at: all spots; in volleyball those that the protocol keeps."""
        return tuple(TASKS[self.config.data.task].scored(spots, self.rule) for spots in self.spots)

    @cached_property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Of each run, looking at the spots that are worth showing by its own validation."""
        return tuple(
            diagnose(self.videos, spots, self.rule, thresholds=run.display_thresholds)
            for run, spots in zip(self.runs, self.scored, strict=True)
        )

    @cached_property
    def against_tolerance(self) -> dict[float, float]:
        """mAP, a mean over the runs, by tolerance: seconds of full width; in volleyball steps either side."""
        task = TASKS[self.config.data.task]
        scores = [task.against_tolerance(self.videos, spots, self.rule) for spots in self.scored]
        return {tolerance: float(np.mean([of_run[tolerance] for of_run in scores])) for tolerance in scores[0]}

    def counts(self) -> dict[str, float]:
        """Spots worth showing (and missed labels) of each kind, a mean over the runs."""
        return {kind: float(np.mean([found.counts[kind] for found in self.diagnoses])) for kind in KINDS}

    def costs(self) -> dict[str, list[float]]:
        """For each error kind, what repairing it would add to the mAP of each run."""
        return {kind: [found.cost[kind] for found in self.diagnoses] for kind in ERROR_KINDS}

    def confusion(self) -> NDArray[np.int64]:
        """[K+1, K+1], the sum over the runs; see `Diagnosis`."""
        return np.sum([found.confusion for found in self.diagnoses], axis=0)

    def timing_frames(self) -> NDArray[np.int64]:
        """Spot minus label of all classes and runs, in frames."""
        return np.concatenate([values for found in self.diagnoses for values in found.timing_frames.values()])

    def calibration(self) -> Calibration:
        """Of the spots of all runs."""
        return pool([found.calibration for found in self.diagnoses])


def group_runs(runs: Sequence[Run | str | Path], dataset: "SpottingDataset | str | Path | None" = None) -> list[System]:
    """Put runs that differ by nothing but the seed together, in the order in which they first come.

    All are looked at on the test matches that all were scored on.

    Args:
        runs: finished runs, or their folders.
        dataset: that they were trained and scored on, its name or its folder; by default what the runs name.

    Raises:
        InputError: a folder is no finished run, two are one and the same, they were not scored alike, or on no match
            that is the same.
    """
    opened = [run if isinstance(run, Run) else Run(Path(run)) for run in runs]
    if not opened:
        raise InputError("no run to compare: expected two run folders or more")
    videos, of, left_out = shared_videos(opened, dataset)
    opened = [run.on(videos) for run in opened]
    groups: list[list[Run]] = []
    for run in opened:
        for group in groups:
            if not changed_beside_seed(group[0].config, run.config):
                group.append(run)
                break
        else:
            groups.append([run])
    names = _names([group[0].config for group in groups])
    systems = []
    for name, group in zip(names, groups, strict=True):
        group = sorted(group, key=lambda run: run.config.train.seed)
        for before, after in zip(group, group[1:], strict=False):
            if before.config.train.seed == after.config.train.seed:
                raise InputError(
                    f"{after.path}: the same configuration and seed as {before.path}; expected each training once"
                )
        systems.append(System(name, tuple(group), videos, of, left_out))
    return systems


def changed_beside_seed(old: Config, new: Config) -> dict[str, tuple[Any, Any]]:
    """Fields that differ, apart from the seed."""
    return changed_fields(old, replace(new, train=replace(new.train, seed=old.train.seed)))


def _names(configs: Sequence[Config]) -> list[str]:
    """A name for each: its system, with the fields that set it apart from the first of that system."""
    names: list[str] = []
    for config in configs:
        namesake = next(other for other in configs if other.model.system == config.model.system)
        fields = [f"{name.split('.')[-1]} {new}" for name, (_, new) in changed_beside_seed(namesake, config).items()]
        names.append(config.model.system + (f" ({', '.join(fields)})" if fields else ""))
    return names


class SharedVideos(NamedTuple):
    """The test videos that several runs were all scored on.

    Attributes:
        videos: in the data set's order.
        of: how many test matches the data set has.
        left_out: matches that some of the runs were scored on and others were not.
    """

    videos: tuple[Video, ...]
    of: int
    left_out: tuple[str, ...]

    @property
    def said(self) -> str:
        """How many matches, and of how many: "2 of 8"."""
        return f"{len({video.game for video in self.videos})} of {self.of}"


def shared_videos(runs: Sequence[Run], dataset: "SpottingDataset | str | Path | None") -> SharedVideos:
    """The test videos of a data set that all runs were scored on: scores on others do not compare.

    Args:
        runs: finished ones.
        dataset: as for `group_runs`.

    Raises:
        InputError: they were not scored alike, or share no test video of the data set.
    """
    from course_lib.data.datasets import load_dataset

    first = runs[0]
    for run in runs:
        for name in ("task", "classes", "stride", "fps"):
            mine, theirs = getattr(run.config.data, name), getattr(first.config.data, name)
            if mine != theirs:
                raise InputError(f"{run.path}: data.{name} is {mine!r}; expected {theirs!r}, as in {first.path}")
        same = set(run.scores["videos"]) == set(first.scores["videos"])
        if same and run.scores["test"]["counts"] != first.scores["test"]["counts"]:
            raise InputError(f"{run.path}: was scored on other labels than {first.path}; expected the same")
    if dataset is None or isinstance(dataset, str | Path):
        dataset = load_dataset(dataset if dataset is not None else first.config.data.dataset)
    videos = tuple(video for video in dataset.test if all(video.id in run.scores["videos"] for run in runs))
    if not videos:
        raise InputError(f"{dataset.root}: has no test match that all {len(runs)} runs were scored on; expected one")
    _check_labels(runs, dataset)
    kept = {video.game for video in videos}
    left_out = [
        game for game in dataset.matches("test") if game not in kept and any(game in run.matches for run in runs)
    ]
    return SharedVideos(videos, dataset.num_matches("test"), tuple(left_out))


def _check_labels(runs: Sequence[Run], dataset: "SpottingDataset") -> None:
    """Whether the labels of the data set are those that the runs were scored on, as far as both are known."""
    data, known = runs[0].config.data, {}

    def counts(videos: Sequence[Video]) -> Mapping[str, int]:
        key = tuple(video.id for video in videos)
        if key not in known:
            known[key] = TASKS[data.task].score(videos, {name: [] for name in key}, data.rule)["counts"]
        return known[key]

    for run in runs:
        mine = [video for video in dataset.test if video.id in run.scores["videos"]]
        if len(mine) == len(run.scores["videos"]):
            checked = [(mine, run.scores["test"])]
        else:
            whole = Counter(about["game"] for about in run.scores["videos"].values())
            of_match = run.scores.get("matches", {})  # runs of earlier versions have none
            halves = {game: [video for video in mine if video.game == game] for game in of_match}
            checked = [(halves[game], of_match[game]) for game in of_match if len(halves[game]) == whole[game]]
        for videos, scores in checked:
            if counts(videos) != scores["counts"]:
                raise InputError(f"{dataset.root}: its test labels are not those that {run.path} was scored on")
