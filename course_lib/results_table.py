"""The table that lessons show: these systems, over their seeds, class by class, against that baseline.

A row a system, a column a score or a class. From records a cell is a mean over seeds with the lowest and the highest;
from runs, whose spots are at hand, it is the score with its 95 % interval over test videos drawn again (and over seeds,
if there are several), and a difference is paired: both systems are scored on the same draws. Introduced in notebook 03.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from course_lib.comparison import MIN_GAMES
from course_lib.errors import InputError
from course_lib.metrics.bootstrap import paired_differences
from course_lib.run_groups import System, scored_videos
from course_lib.runs import Run
from course_lib.tasks import TASKS, Scores, Task

if TYPE_CHECKING:
    from course_lib.events import SpottingDataset

__all__ = ["SeedRange", "results_table", "starred"]


@dataclass(frozen=True)
class SeedRange:
    """The mean over trainings, or a difference of two means, with the lowest and the highest; in fractions.

    Attributes:
        seeds: how many trainings; one has no range to show.
    """

    value: float
    low: float
    high: float
    seeds: int = 1

    @property
    def differs_from_zero(self) -> bool:
        """Whether 0 lies outside: of a difference, whether every training of one is above every one of the other."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        if np.isnan(self.value):
            return ""
        ends = f" ({100 * self.low:.1f} to {100 * self.high:.1f})" if self.seeds > 1 else ""
        return f"{100 * self.value:.1f}{ends}"

    def __sub__(self, other: "SeedRange") -> "SeedRange":
        ends = self.low - other.high, self.high - other.low
        return SeedRange(self.value - other.value, *ends, max(self.seeds, other.seeds))


def results_table(
    systems: pd.DataFrame | Mapping[str, Run | Sequence[Run]],
    baseline: str | Sequence[tuple[str, str]] | None = None,
    dataset: "SpottingDataset | None" = None,
    *,
    facts: Sequence[str] = (),
    chance: Scores | None = None,
    repeats: int = 1000,
) -> pd.DataFrame:
    """What systems score, and how they differ.

    Args:
        systems: records of one task, profile and data set, as `load_records` gives them; or name to run, or to the runs
            of several seeds.
        baseline: a row more for every other system, what it has over this one: "x3d_s+sgp - x3d_s+fc". Or pairs (ours,
            theirs), a row each.
        dataset: of the runs; by default the one that they name.
        facts: columns to begin with: "seeds", "parameters", "trained_parameters", "frozen_backbone", "seconds" (of
            training), and of records whatever else they hold (a mean where it is a number that varies).
        chance: the scores of a guesser, as `load_chance` or the task gives them: the last row.
        repeats: number of draws. With 0 there are none, and of runs, too, a cell is the mean over seeds with its ends.

    Returns:
        Rows by name: of records the best first, else as given; then differences, then chance. Columns: facts, the means
        of the task by name ("mAP-12"), the classes. Cells of scores have `value`, `low`, `high` and
        `differs_from_zero`, all in fractions, and print themselves in per cent: an `Interval` "50.9 [47.0, 59.6]" or a
        `SeedRange` "49.4 (48.5 to 50.9)". Of no record an empty table.

    Raises:
        InputError: the records are of several profiles or data sets, or the runs were not scored alike: that does not
            compare; a name is not among the systems; too little test video to draw from.
    """
    if isinstance(systems, pd.DataFrame):
        if systems.empty:
            return pd.DataFrame()
        task, rows, known = _of_records(systems)
        pairs = _pairs(baseline, list(rows))
    else:
        runs = {name: [of] if isinstance(of, Run) else list(of) for name, of in systems.items()}
        pairs = _pairs(baseline, list(runs))
        known = {name: _known(of_system) for name, of_system in runs.items()}
        task = TASKS[next(iter(runs.values()))[0].config.data.task]
        scores = {name: [_scores(run.scores["test"], task) for run in of_system] for name, of_system in runs.items()}
        rows = {name: _over_seeds(of_system) for name, of_system in scores.items()}
    if isinstance(systems, pd.DataFrame) or not repeats:
        gaps = {(ours, theirs): _minus(rows[ours], rows[theirs]) for ours, theirs in pairs}
    else:
        rows, gaps = _drawn(runs, pairs, dataset, repeats)
    table = {name: {fact: known[name][fact] for fact in facts} | row for name, row in rows.items()}
    table |= {f"{ours} - {theirs}": row for (ours, theirs), row in gaps.items()}
    if chance is not None:
        table["chance"] = {name: SeedRange(*[value] * 3) for name, value in _scores(chance, task).items()}
    columns = dict.fromkeys(column for row in table.values() for column in row)
    return pd.DataFrame([[row.get(column, "") for column in columns] for row in table.values()], list(table), columns)


def starred(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text, with a star at every cell whose interval or range leaves out zero."""
    return table.map(lambda cell: f"{cell} {'*' if getattr(cell, 'differs_from_zero', False) else ' '}")


def _pairs(baseline: str | Sequence[tuple[str, str]] | None, names: Sequence[str]) -> list[tuple[str, str]]:
    if baseline is None:
        return []
    pairs = [(name, baseline) for name in names if name != baseline] if isinstance(baseline, str) else list(baseline)
    for name in [baseline] if isinstance(baseline, str) else [name for pair in pairs for name in pair]:
        if name not in names:
            raise InputError(f"baseline {name!r}: expected one of the systems {', '.join(names)}")
    return pairs


def _scores(scores: Scores, task: Task) -> dict[str, float]:
    """Means by the name that is shown, where there are any, then classes."""
    means = {shown: scores[key] for key, shown in task.names.items() if scores.get(key) is not None}
    return means | scores["per_class"]


def _over_seeds(trainings: Sequence[Mapping[str, float]]) -> dict[str, SeedRange]:
    """Scores of each training to a range of each score."""
    return {
        name: SeedRange(float(of_seed.mean()), float(of_seed.min()), float(of_seed.max()), len(trainings))
        for name, of_seed in pd.DataFrame(trainings).items()
    }


def _of_records(records: pd.DataFrame) -> tuple[Task, dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The task, the scores of each system by column, and what else is known of it."""
    for column in ("task", "profile", "dataset"):
        if records[column].nunique() > 1:
            kinds = ", ".join(map(str, records[column].unique()))
            raise InputError(f"records: {column} is {kinds}; expected one, since scores compare within one only")
    task = TASKS[records["task"].iloc[0]]
    of_system = records.groupby("system", sort=False)
    best = of_system[task.headline].mean().sort_values(ascending=False, kind="stable")
    rows, known = {}, {}
    for system in best.index:
        mine = of_system.get_group(system)
        rows[system] = _over_seeds([_scores(record, task) for record in mine.to_dict("records")])
        varies = mine.select_dtypes("float").mean().to_dict()
        known[system] = mine.iloc[0].to_dict() | varies | {"seeds": len(mine)}
    return task, rows, known


def _minus(ours: Mapping[str, SeedRange], theirs: Mapping[str, SeedRange]) -> dict[str, SeedRange]:
    return {name: score - theirs[name] for name, score in ours.items() if name in theirs}


def _known(runs: Sequence[Run]) -> dict[str, Any]:
    first = runs[0]
    return {
        "seeds": len(runs),
        "parameters": first.scores["parameters"],
        "trained_parameters": first.scores.get("trained_parameters"),
        "frozen_backbone": first.config.model.frozen_backbone,
        "seconds": round(float(np.mean([run.scores["seconds"] for run in runs])), 1),
    }


def _drawn(
    runs: Mapping[str, Sequence[Run]],
    pairs: Sequence[tuple[str, str]],
    dataset: "SpottingDataset | None",
    repeats: int,
) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], dict[str, Any]]]:
    """By column the scores of each system and the differences of each pair, with their intervals."""
    videos = scored_videos([run for of_system in runs.values() for run in of_system], dataset)
    systems = [System(name, tuple(of_system), videos) for name, of_system in runs.items()]
    data = systems[0].config.data
    sides, by_game = [system.scored for system in systems], len({video.game for video in videos}) >= MIN_GAMES
    drawn, means = TASKS[data.task].draw(videos, sides, data, by_game=by_game, repeats=repeats, seed=0)
    of_name = dict(zip(runs, drawn, strict=True))
    groups = means | {label: [place] for place, label in enumerate(data.classes)}

    def entries(ours: str, theirs: str) -> dict[str, Any]:
        return paired_differences(of_name[theirs], of_name[ours], groups)

    # A side's own interval does not depend on what it is compared with, so it may be itself.
    rows = {name: {key: entry.second for key, entry in entries(name, name).items()} for name in runs}
    gaps = {pair: {key: entry.difference for key, entry in entries(*pair).items()} for pair in pairs}
    return rows, gaps
