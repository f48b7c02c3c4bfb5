"""Two systems side by side: what differs, whether the test videos bear it out, and which errors make the difference.

A system is what its runs share: trainings that differ by nothing but the seed. `compare` scores both on the same
draws of test video, prices their errors and says of each class whether a difference is shown; `python -m course_lib
compare` writes the same as a page. Introduced in notebook 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from course_lib.config import DataConfig
from course_lib.errors import InputError
from course_lib.metrics.bootstrap import PairedDifference, paired_differences
from course_lib.metrics.diagnosis import ERROR_KINDS
from course_lib.run_groups import System, changed_beside_seed, group_runs
from course_lib.runs import Run
from course_lib.tasks import TASKS

if TYPE_CHECKING:
    from course_lib.events import SpottingDataset

__all__ = ["Comparison", "compare", "compare_all", "group_runs", "signed"]


@dataclass(frozen=True)
class Comparison:
    """The second system against the first.

    Attributes:
        first, second: the systems; the first is the one to beat.
        headline: name of a mean ("mAP-12") to its difference; each stands alone.
        per_class: class to difference of AP, adjusted for as many as there are.
        changed: configuration field to its two values, without the seed.
        units: what was drawn again, in words: "16 stretches of 60 s".
    """

    first: System
    second: System
    headline: dict[str, PairedDifference]
    per_class: dict[str, PairedDifference]
    changed: dict[str, tuple[Any, Any]]
    units: str

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
        rows = []
        for kind in ERROR_KINDS:
            row: dict[str, Any] = {"kind": kind}
            for what, of in (
                ("number", System.counts),
                ("cost", lambda system: {key: float(np.mean(cost)) for key, cost in system.costs().items()}),
            ):
                row[f"{what}_first"], row[f"{what}_second"] = of(self.first)[kind], of(self.second)[kind]
                row[f"{what}_difference"] = row[f"{what}_second"] - row[f"{what}_first"]
            rows.append(row)
        return pd.DataFrame(rows)

    def remarks(self) -> list[str]:
        """What to keep in mind, in sentences."""
        fewest = min(len(self.first.runs), len(self.second.runs))
        level = next(iter(self.headline.values())).difference.level
        judged = [entry for entry in self.per_class.values() if entry.units]
        said = [
            f"Intervals hold {100 * level:g} % of the draws of {self.units} and of seeds; both systems are scored on "
            "the same draws."
        ]
        if " of " in self.units:
            said.append(
                "The test matches are too few to be drawn: how others would have come out is not in the intervals."
            )
        if fewest == 1:
            said.append(
                "A system with one training: the intervals say what other play of these matches could have changed, "
                "not what another seed could have."
            )
        elif fewest < 5:
            said.append(f"{fewest} seeds are few to draw from: they make the intervals narrower than they should be.")
        said.append(
            f"{len(judged)} classes are compared at once: of equal systems {len(judged) * (1 - level):.1f} would look "
            "different by chance. A difference counts as shown if it holds for all of them together (Holm); one that "
            "holds only by itself is marked."
        )
        return said


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
    comparisons = []
    for second, of_second in zip(systems[1:], drawn, strict=False):
        headline = paired_differences(drawn[-1], of_second, means, level=level)
        per_class = paired_differences(drawn[-1], of_second, classes, together=True, level=level)
        changed = changed_beside_seed(first.config, second.config)
        comparisons.append(Comparison(first, second, headline, per_class, changed, units))
    return comparisons


def signed(value: float) -> str:
    """One decimal with its sign; what rounds to zero has none."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text
