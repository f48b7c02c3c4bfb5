"""Systems side by side: two of them in all that differs, or any number in the table that lessons show.

A system is what its runs share: trainings that differ by nothing but the seed. `compare` scores two on the same draws
of test video, prices their errors and says of each class whether a difference is shown; `python -m course_lib compare`
writes the same as a page.

`results_table` has a row a system, a column a score or a class. From records a cell is a mean over seeds with the
lowest and the highest; from runs, whose spots are at hand, it is the score (the mean over trainings, if there are
several) with the 95 % interval of as much other play of these matches, and a difference is paired: both systems are
scored on the same draws, and the variance over seeds counts. Introduced in notebook 03; two in all that differs in
notebook 10.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from course_lib.config import DataConfig
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.runs.matches import TEST_MATCHES, each_row_scored_on
from course_lib.runs.run import Run
from course_lib.runs.systems import System, changed_beside_seed, group_runs, shared_videos
from course_lib.scoring.diagnosis import ERROR_KINDS
from course_lib.scoring.differences import PairedDifference, adjusted, difference_interval, paired_differences
from course_lib.scoring.draws import Draws
from course_lib.scoring.intervals import score_interval
from course_lib.scoring.ranks import RankRange, rank_ranges
from course_lib.spotting.tasks import TASKS, Scores, Task

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset

__all__ = ["Comparison", "SeedRange", "compare", "compare_all", "results_table", "signed", "starred"]


@dataclass(frozen=True)
class Comparison:
    """The second system against the first.

    Attributes:
        first, second: the systems; the first is the one to beat.
        headline: name of a mean ("mAP-12") to its difference, adjusted for as many systems as were compared along with
            the first: a list that was fixed before anybody looked.
        per_class: class to difference of AP, adjusted for as many as there are.
        changed: configuration field to its two values, without the seed.
        units: what was drawn again, in words: "16 stretches of 60 s".
        ranking: of every system that was compared along, by name, its rank by the first mean; right for all of them at
            once, see `course_lib.scoring.ranks`. Empty where no draw holds a label.
        rivals: how many systems were compared with the first.
    """

    first: System
    second: System
    headline: dict[str, PairedDifference]
    per_class: dict[str, PairedDifference]
    changed: dict[str, tuple[Any, Any]]
    units: str
    ranking: dict[str, RankRange] = field(default_factory=dict)
    rivals: int = 1

    @property
    def data(self) -> DataConfig:
        """What both were scored on."""
        return self.first.config.data

    @property
    def label_counts(self) -> dict[str, int]:
        """Test events of each class."""
        return dict(self.first.runs[0].scores["test"]["counts"])

    def table(self) -> pd.DataFrame:
        """A row a mean and a class, in fractions: name, events, first, second, difference, low, high, p, adjusted_p and
        verdict ("shown", "alone" or "not shown")."""
        events = self.label_counts
        task = TASKS[self.data.task]
        rows = [
            {
                "name": name,
                "events": events[name] if name in self.per_class else task.mean_events(name, events),
                "first": entry.first.value,
                "second": entry.second.value,
                "difference": entry.difference.value,
                "low": entry.difference.low,
                "high": entry.difference.high,
                "p": entry.p,
                "adjusted_p": entry.adjusted_p,
                "verdict": entry.verdict,
            }
            for name, entry in {**self.headline, **self.per_class}.items()
        ]
        return pd.DataFrame(rows)

    def error_table(self) -> pd.DataFrame:
        """A row an error kind: how many (mean over the runs, of spots worth showing) and what it costs (fractions of
        mAP, mean over the runs) in the first and in the second, and the second's minus the first's."""
        sides = {"first": self.first, "second": self.second}
        columns = {f"number_{name}": side.counts() for name, side in sides.items()}
        columns |= {
            f"cost_{name}": {kind: float(np.mean(cost)) for kind, cost in side.costs().items()}
            for name, side in sides.items()
        }
        table = pd.DataFrame(columns, list(ERROR_KINDS)).rename_axis("kind")
        for place, what in ((2, "number"), (5, "cost")):
            table.insert(place, f"{what}_difference", table[f"{what}_second"] - table[f"{what}_first"])
        return table.reset_index()

    def remarks(self) -> list[str]:
        """What to keep in mind, in sentences."""
        fewest = min(len(self.first.runs), len(self.second.runs))
        level = self._level
        judged = [entry for entry in self.per_class.values() if entry.units]
        said = [
            f"Intervals of differences hold in {100 * level:g} % of cases what {self._other_play}{self._and_seeds()} "
            f"would give; both systems are scored on the same draws of {self.units}."
        ]
        if " of " in self.units:
            said.append(
                "The test matches are too few to be drawn: how others would have come out is not in the intervals."
            )
        if fewest == 1:
            said.append(
                "A system with one training: the intervals say nothing of what another seed would have made of it."
            )
        elif fewest < 5:
            said.append(
                f"{fewest} seeds are few: what they tell of others is rough, and Student's t makes the intervals wide "
                "for it."
            )
        if self.rivals > 1:
            said.append(
                f"{self.rivals} systems are compared with the first: the difference of a mean counts as shown if it "
                "holds for all of them together (Holm)."
            )
        said.append(
            f"{len(judged)} classes are compared at once: of equal systems {len(judged) * (1 - level):.1f} would look "
            "different by chance. A difference counts as shown if it holds for all of them together (Holm); one that "
            "holds only by itself is marked."
        )
        notes = [f"{note[0].upper()}{note[1:]}." for note in self.first.runs[0].notes]
        return said + self.first.remarks + notes

    def score_remark(self) -> str:
        """What the interval of a single score is about, in a sentence."""
        unknown = "other seeds" if "other matches" in self._other_play else "other matches or other seeds"
        return (
            f"Beside a score stands where {self._other_play}, as many as these, would put it in "
            f"{100 * self._level:g} % of cases: the score and its standard deviation over the draws. It knows nothing "
            f"of {unknown}, and whether two systems differ is seen in their difference, not in two such intervals."
        )

    @property
    def _level(self) -> float:
        return next(iter(self.headline.values())).difference.level

    @property
    def _other_play(self) -> str:
        return TASKS[self.data.task].other_play(self.first.rule)

    def _and_seeds(self) -> str:
        several = [side for side in (self.first, self.second) if len(side.runs) > 1]
        if not several:
            return ", of these two trainings,"
        return " and other seeds" if len(several) == 2 else f" and other seeds of {several[0].name}"


def compare(
    a: Run | str | Path | Sequence[Run | str | Path],
    b: Run | str | Path | Sequence[Run | str | Path],
    dataset: "SpottingDataset | str | Path | None" = None,
    *,
    level: float = 0.95,
    repeats: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare system `b` with system `a`.

    Args:
        a, b: a run, its folder, or the runs of several seeds of one system.
        dataset: as for `group_runs`.
        level: of the intervals.
        repeats: number of draws.
        seed: of the draws.

    Raises:
        InputError: the runs of a side differ by more than the seed, or what `group_runs` raises.
    """
    sides = [[side] if isinstance(side, Run | str | Path) else list(side) for side in (a, b)]
    for side in sides:
        opened = [run if isinstance(run, Run) else Run(Path(run)) for run in side]
        for run in opened:
            if changed := changed_beside_seed(opened[0].config, run.config):
                fields = ", ".join(changed)
                raise InputError(f"{run.path}: differs from {opened[0].path} by {fields}; expected only another seed")
    systems = group_runs([run for side in sides for run in side], dataset)
    if len(systems) != 2:
        raise InputError(
            "both sides have the same configuration: expected two systems that differ by more than the seed"
        )
    return compare_all(systems, level=level, repeats=repeats, seed=seed)[0]


def compare_all(
    systems: Sequence[System], *, level: float = 0.95, repeats: int = 2000, seed: int = 0
) -> list[Comparison]:
    """Compare every system from the second on with the first.

    Args:
        systems: of one call of `group_runs`.
        level, repeats, seed: as for `compare`.

    Raises:
        InputError: fewer than two systems, or test videos too short to draw from.
    """
    if len(systems) < 2:
        raise InputError(
            f"all runs are of one system, {systems[0].name}: expected two that differ by more than the seed"
            if systems
            else "no run to compare: expected two run folders or more"
        )
    first, rule, videos = systems[0], systems[0].rule, systems[0].videos
    # The last to be drawn is the first system, as in the paired intervals of the library: the same seed, the same ends.
    sides = [[*system.scored] for system in (*systems[1:], first)]
    task = TASKS[first.config.data.task]
    drawn, means = task.draw(videos, sides, rule, repeats=repeats, seed=seed)
    units = task.drawn(videos, rule)
    classes = {label: (place,) for place, label in enumerate(rule.classes)}
    ranking = _ranking(systems, [drawn[-1], *drawn[:-1]], next(iter(means.values())), level, seed)
    gaps = [paired_differences(drawn[-1], of_second, means, level=level) for of_second in drawn[:-1]]
    headlines: list[dict[str, PairedDifference]] = [{} for _ in gaps]
    for name in means:
        for headline, entry in zip(headlines, adjusted([gap[name] for gap in gaps]), strict=True):
            headline[name] = entry
    comparisons = []
    for second, of_second, headline in zip(systems[1:], drawn, headlines, strict=False):
        per_class = paired_differences(drawn[-1], of_second, classes, together=True, level=level)
        changed = changed_beside_seed(first.config, second.config)
        comparisons.append(Comparison(first, second, headline, per_class, changed, units, ranking, len(gaps)))
    return comparisons


def _ranking(
    systems: Sequence[System], drawn: Sequence[Draws], columns: Sequence[int], level: float, seed: int
) -> dict[str, RankRange]:
    """Ranks by the mean over columns; draws are of the test videos, and what seeds could do is added to them."""
    values, of_draws = zip(*(side.of_runs(columns) for side in drawn), strict=True)  # a system each: (N,), (N, R)
    draws = np.stack([of_system.mean(axis=0) for of_system in of_draws])
    held = ~np.isnan(draws).any(axis=0)
    if held.sum() < 2:
        return {}
    means = [of_system.mean() for of_system in values]
    ranges = rank_ranges(means, draws[:, held], level, trainings=values, seed=seed)
    return {system.name: ranks for system, ranks in zip(systems, ranges, strict=True)}


def signed(value: float) -> str:
    """One decimal with its sign; what rounds to zero has none."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


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
            return "–"
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
        of the task by name ("mAP-12"), the classes. Where records were scored on different test matches, or runs on
        more than those that all share (which alone count), the first column is "test matches": "2 of 8". Cells of
        scores have `value`, `low`, `high` and `differs_from_zero`, all in fractions, and print themselves in per cent:
        an `Interval` "50.9 [47.0, 59.6]" or a `SeedRange` "49.4 (48.5 to 50.9)". Where there are intervals, the name of
        the columns says what play they are about: "95 %: other minutes of these matches". Of no record an empty table.

    Raises:
        InputError: the records are of several profiles or data sets, or the runs were not scored alike: that does not
            compare; a name is not among the systems; too little test video to draw from.
    """
    if isinstance(systems, pd.DataFrame):
        if systems.empty:
            return pd.DataFrame()
        task, rows, known = _of_records(systems)
        of_row = each_row_scored_on(systems, chance)
        pairs = _pairs(baseline, list(rows))
    else:
        runs = {name: [of] if isinstance(of, Run) else list(of) for name, of in systems.items()}
        pairs, of_row = _pairs(baseline, list(runs)), {}
        every = [run for of_system in runs.values() for run in of_system]
        # Without draws no label is asked for, unless the runs have to be brought to the matches that all share.
        alike = all(set(run.scores["videos"]) == set(every[0].scores["videos"]) for run in every)
        shared = shared_videos(every, dataset) if repeats or dataset is not None or not alike else None
        if shared is not None:
            runs = {name: [run.on(shared.videos) for run in of_system] for name, of_system in runs.items()}
            of_row = dict.fromkeys(runs, shared.said) if shared.left_out else of_row
        known = {name: _known(of_system) for name, of_system in runs.items()}
        task = TASKS[next(iter(runs.values()))[0].config.data.task]
        scores = {name: [_scores(run.scores["test"], task) for run in of_system] for name, of_system in runs.items()}
        rows = {name: _over_seeds(of_system) for name, of_system in scores.items()}
    about = None
    if isinstance(systems, pd.DataFrame) or not repeats:
        gaps = {(ours, theirs): _minus(rows[ours], rows[theirs]) for ours, theirs in pairs}
    else:
        rows, gaps, about = _drawn(runs, pairs, shared.videos, repeats)
    table = {name: {fact: known[name][fact] for fact in facts} | row for name, row in rows.items()}
    table |= {f"{ours} - {theirs}": row for (ours, theirs), row in gaps.items()}
    if chance is not None:
        table["chance"] = {name: SeedRange(*[value] * 3) for name, value in _scores(chance, task).items()}
    if of_row:
        table = {name: {TEST_MATCHES: of_row.get(name, "")} | row for name, row in table.items()}
    names = dict.fromkeys(column for row in table.values() for column in row)
    columns = pd.Index(names, name=about)
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
    """Means by the name that is shown, where there are any, then classes; NaN of one without labels."""
    counts = scores.get("counts") or dict.fromkeys(scores["per_class"], 1)
    means = {shown: scores[key] for key, shown in task.named(counts).items() if scores.get(key) is not None}
    return means | {label: ap if counts.get(label) else math.nan for label, ap in scores["per_class"].items()}


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
    videos: tuple[Video, ...],
    repeats: int,
) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], dict[str, Any]], str]:
    """By column the scores of each system and the differences of each pair, with their intervals; what these are about,
    in words."""
    systems = [System(name, tuple(of_system), videos) for name, of_system in runs.items()]
    rule, sides = systems[0].rule, [system.scored for system in systems]
    task = TASKS[systems[0].config.data.task]
    drawn, means = task.draw(videos, sides, rule, repeats=repeats, seed=0)
    of_name = dict(zip(runs, drawn, strict=True))
    groups = means | {label: [place] for place, label in enumerate(rule.classes)}
    rows = {
        name: {key: score_interval(*of_system.mean(columns)) for key, columns in groups.items()}
        for name, of_system in of_name.items()
    }
    gaps = {
        (ours, theirs): {
            key: difference_interval(of_name[theirs], of_name[ours], columns)[0] for key, columns in groups.items()
        }
        for ours, theirs in pairs
    }
    return rows, gaps, f"95 %: {task.other_play(rule)}"
