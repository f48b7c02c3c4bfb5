"""The run explorer: several runs side by side, and one class of them in depth.

Choose runs, a class and a tolerance; the bars, the precision-recall curve and AP against tolerance follow. There are
two ways to count a spot as right, behind one face: within seconds as SoccerNet does, or within steps; the numbers are
those of `course_lib.scoring`, nothing is scored here. Introduced in notebook 10.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from course_lib.config import DataConfig
from course_lib.data.events import MAP10_EXCLUDED, Event, SpottingDataset, Video
from course_lib.data.folders import files_below
from course_lib.files import InputError
from course_lib.runs.run import Run
from course_lib.scoring.ball import ap_against_tolerance, precision_recall
from course_lib.scoring.frames import frame_hits
from course_lib.show.scores import plot_ap_against_tolerance, plot_per_class_ap, plot_precision_recall
from course_lib.show.style import course_styled, legend_above
from course_lib.spotting.tasks import TASKS
from course_lib.widgets.panel import Canvas, Panel, Picture, beside, stacked, tool

__all__ = ["MEASURES", "Measure", "RunExplorer", "RunSpots", "as_run", "found_by", "run_explorer"]

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Recall and precision, one value for each threshold."""
AT_FIRST = 3  # runs chosen to begin with; more make thin bars
LEFT_PX = 530
RIGHT_PX = 470, 310
TITLE_PX, LINE_PX = 36, 19  # of a title, and of each line of a legend


@dataclass(frozen=True)
class RunSpots:
    """What a run found in its test videos, with their labels."""

    videos: tuple[Video, ...]
    spots: dict[str, list[Event]]
    data: DataConfig


@dataclass(frozen=True)
class Measure:
    """A way to score.

    Attributes:
        name: for people.
        axis: what the tolerance is, for the name of an axis.
        tolerances: to choose from, rising.
        official: the tolerance to begin with.
        aps: (found, tolerances) → AP of each class at each tolerance; NaN for a class without labels where the metric
            leaves it out.
        curve: (found, class, tolerance) → recall and precision.
    """

    name: str
    axis: str
    tolerances: tuple[float, ...]
    official: float
    aps: Callable[[RunSpots, Sequence[float]], dict[str, list[float]]]
    curve: Callable[[RunSpots, str, float], Curve]


def as_run(run: Run | str | Path) -> Run:
    """A run, given as itself or as its folder."""
    return run if isinstance(run, Run) else Run(Path(run))


def found_by(run: Run, dataset: SpottingDataset) -> RunSpots:
    """What a run found in the test videos of a data set that it was scored on, joined with their labels.

    Raises:
        InputError: the run is not finished, or was scored on none of the test videos of `dataset`.
    """
    data, known = run.config.data, run.scores["videos"]
    videos = tuple(video for video in dataset.test if video.id in known)
    if not videos:
        raise InputError(
            f"{run.path}: was scored on {next(iter(known))!r}; expected test videos of the data set {dataset.name!r}"
        )
    return RunSpots(videos, run.on(videos).spots(), data)


def _aps_sec(found: RunSpots, tolerances: Sequence[float]) -> dict[str, list[float]]:
    return ap_against_tolerance(found.videos, found.spots, found.data.rule, tolerances)


def _curve_sec(found: RunSpots, label: str, tolerance: float) -> Curve:
    rule = replace(found.data.rule, tolerance_sec=tolerance)
    recall, precision, _ = precision_recall(found.videos, found.spots, rule, label)
    return recall, precision


def _aps_steps(found: RunSpots, tolerances: Sequence[float]) -> dict[str, list[float]]:
    ranked = frame_hits(found.videos, found.spots, found.data.rule, [int(t) for t in tolerances])
    return {label: hits.average_precision().tolist() for label, hits in ranked.items()}


def _curve_steps(found: RunSpots, label: str, tolerance: float) -> Curve:
    hits = frame_hits(found.videos, found.spots, found.data.rule.only(label), [int(tolerance)])[label]
    right = np.cumsum(hits.hit[0])
    total = max(int(hits.labels.sum()), 1)
    return right / total, right / np.arange(1, len(right) + 1)


MEASURES = {
    "seconds": Measure(
        "SoccerNet's AP: full width in seconds",
        "tolerance in seconds, full width (1 = half a second either side)",
        (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
        1.0,
        _aps_sec,
        _curve_sec,
    ),
    "steps": Measure(
        "frame AP: steps either side",
        "tolerance in steps, either side",
        (0, 1, 2, 4, 8, 16),
        4,
        _aps_steps,
        _curve_steps,
    ),
}


@tool("Run explorer")
def run_explorer(
    runs: str | Path | Sequence[Run | str | Path] | Mapping[str, Run | str | Path], dataset: SpottingDataset
) -> Panel:
    """Compare runs: AP of every class, precision against recall of one class, and its AP against tolerance.

    Args:
        runs: a folder with runs anywhere below it (those that are not finished are left out), or run folders, or name
            to run folder.
        dataset: whose test videos the runs were scored on; those count that all of them were scored on.

    Returns:
        A panel to display. Its controls are `runs`, `label`, `measure` and `tolerance`. Wrong input gives a panel that
        says so.
    """
    named = _named_runs(runs)
    shared = tuple(video for video in dataset.test if all(video.id in run.scores["videos"] for run in named.values()))
    alike = replace(dataset, splits=dataset.splits | {"test": shared}) if shared else dataset
    found = {name: found_by(run, alike) for name, run in named.items()}
    if not shared:
        raise InputError(f"runs: were scored on different test videos of {dataset.name!r}; expected one that all share")
    lists = {tuple(each.data.classes): name for name, each in found.items()}
    if len(lists) > 1:
        one, other = list(lists.values())[:2]
        raise InputError(f"runs: {one} and {other} know different classes; expected runs with one class list")
    return RunExplorer(found)


class RunExplorer(Panel):
    """The panel that `run_explorer` gives."""

    def __init__(self, found: Mapping[str, RunSpots]) -> None:
        self.found = dict(found)
        names = list(self.found)
        first = self.found[names[0]]
        self.classes = tuple(first.data.classes)
        self.counts = Counter(
            event.label for video in first.videos for event in video.events if event.label in self.classes
        )
        known = [label for label in self.classes if self.counts[label]]  # the others have no curve
        if not known:
            raise InputError("dataset: its test videos have no labels; expected some to score against")
        narrow, wide = widgets.Layout(width="320px"), widgets.Layout(width="420px")
        about = {"description_width": "70px"}
        chosen = widgets.SelectMultiple(
            options=names, value=names[:AT_FIRST], rows=min(max(len(names), 4), 8), description="runs", layout=narrow,
            style=about, tooltip="hold Ctrl or Shift to choose several",
        )  # fmt: skip
        label = widgets.Dropdown(
            options=known, value=max(known, key=lambda name: self.counts[name]), description="class", layout=narrow,
            style=about,
        )  # fmt: skip
        start = TASKS[first.data.task].measure
        measure = widgets.Dropdown(
            options=[(each.name, name) for name, each in MEASURES.items()], value=start, description="score",
            layout=wide, style=about,
        )  # fmt: skip
        tolerance = widgets.SelectionSlider(
            options=_options(MEASURES[start]), value=MEASURES[start].official, description="tolerance",
            layout=wide, style=about,
        )  # fmt: skip
        super().__init__(
            f"Run explorer, {len(names)} runs",
            [
                widgets.HBox(
                    [chosen, widgets.VBox([label, measure, tolerance])], layout=widgets.Layout(flex_flow="row wrap")
                )
            ],
            [Picture()],
            runs=chosen,
            label=label,
            measure=measure,
            tolerance=tolerance,
        )
        self.aps = lru_cache(maxsize=None)(self._aps)
        self.curve = lru_cache(maxsize=None)(self._curve)
        # Only what has changed is drawn again; the rest comes from here.
        self._bars = lru_cache(maxsize=32)(self._draw_bars)
        self._curves = lru_cache(maxsize=32)(self._draw_curves)
        self._widths = lru_cache(maxsize=32)(self._draw_widths)
        for control in (chosen, label, tolerance):
            control.observe(lambda _: self.attempt(self._draw), "value")
        measure.observe(self._change_measure, "value")
        self.attempt(self._draw)

    def _aps(self, name: str, measure: str) -> dict[str, list[float]]:
        """AP of a run: class to one value for each tolerance of the measure."""
        return MEASURES[measure].aps(self.found[name], MEASURES[measure].tolerances)

    def _curve(self, name: str, measure: str, label: str, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        """Recall and precision of a run for a class."""
        return MEASURES[measure].curve(self.found[name], label, tolerance)

    def _change_measure(self, change: Mapping[str, str]) -> None:
        measure, slider = MEASURES[change["new"]], self.controls.tolerance
        # One drawing for both changes: options alone would move the slider to its first place.
        with slider.hold_trait_notifications():
            slider.options = _options(measure)
            slider.value = measure.official
        self.attempt(self._draw)

    def _draw(self) -> None:
        controls = self.controls
        names, measure = tuple(controls.runs.value), controls.measure.value
        label, tolerance = controls.label.value, controls.tolerance.value
        if not names:
            raise InputError("runs: choose at least one")
        if tolerance not in MEASURES[measure].tolerances:
            return  # between the two changes of a new measure
        right = stacked(
            [self._curves(names, measure, label, tolerance), self._widths(names, measure, label, tolerance)]
        )
        self.pictures[0].show(beside([self._bars(names, measure, tolerance), right]))
        self.say(self._words(names, measure, label, tolerance))

    def _words(self, names: Sequence[str], measure: str, label: str, tolerance: float) -> str:
        place = MEASURES[measure].tolerances.index(tolerance)
        values = Markup(", ").join(
            Markup("{} <b>{:.1f}</b>").format(name, self.aps(name, measure)[label][place] * 100) for name in names
        )
        return Markup("{}, {:,} test events, AP in per cent: {}").format(label, self.counts[label], values)

    @course_styled
    def _draw_bars(self, names: tuple[str, ...], measure: str, tolerance: float) -> np.ndarray:
        place = MEASURES[measure].tolerances.index(tolerance)
        aps = {name: {each: row[place] for each, row in self.aps(name, measure).items()} for name in names}
        height = max(RIGHT_PX[1] * 2 + LINE_PX * len(names), 120 + len(self.classes) * (16 + 14 * len(names)))
        canvas = Canvas((LEFT_PX, height), (185, TITLE_PX + LINE_PX * len(names), 25, 50))
        left_out = MAP10_EXCLUDED if measure == "seconds" else ()
        plot_per_class_ap(aps, self.classes, counts=self.counts, left_out=left_out, ax=canvas.ax)
        # One name a line: with their means they are long.
        legend_above(canvas.ax, f"Every class at {self._at(measure, tolerance)}", 1, canvas.ax.containers)
        return canvas.pixels()

    @course_styled
    def _draw_curves(self, names: tuple[str, ...], measure: str, label: str, tolerance: float) -> np.ndarray:
        curves = {name: self.curve(name, measure, label, tolerance) for name in names}
        width, height = RIGHT_PX
        canvas = Canvas((width, height + LINE_PX * len(names)), (65, TITLE_PX + LINE_PX * len(names), 15, 50))
        _, ax = plot_precision_recall(curves, ax=canvas.ax)
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        place = MEASURES[measure].tolerances.index(tolerance)
        for name, line in zip(names, lines, strict=True):
            # The plot's own AP is the mean of the 11 points, which is not how every score counts.
            line.set_label(f"{name}: AP {self.aps(name, measure)[label][place] * 100:.1f}")
        legend_above(ax, f"{label} at {self._at(measure, tolerance)}", 1, lines)
        return canvas.pixels()

    @course_styled
    def _draw_widths(self, names: tuple[str, ...], measure: str, label: str, tolerance: float) -> np.ndarray:
        canvas = Canvas(RIGHT_PX, (65, TITLE_PX, 15, 50))
        curves = {name: self.aps(name, measure)[label] for name in names}
        _, ax = plot_ap_against_tolerance(curves, MEASURES[measure].tolerances, official_sec=tolerance, ax=canvas.ax)
        ax.get_legend().remove()  # that of the curve above serves both
        ax.set_xlabel(MEASURES[measure].axis)
        for text in ax.texts:
            text.set_text(f" {self._at(measure, tolerance)}")
        ax.set_title(f"{label}: AP against tolerance")
        return canvas.pixels()

    def _at(self, measure: str, tolerance: float) -> str:
        return f"{tolerance:g} s" if measure == "seconds" else f"±{tolerance:g} steps"


def _options(measure: Measure) -> list[tuple[str, float]]:
    return [(f"{tolerance:g}", tolerance) for tolerance in measure.tolerances]


def _named_runs(runs: str | Path | Sequence[Run | str | Path] | Mapping[str, Run | str | Path]) -> dict[str, Run]:
    """Runs by the shortest name that tells them apart: system, with the seed, or with the folder."""
    if isinstance(runs, str | Path):
        root = Path(runs)
        if not root.is_dir():
            raise InputError(f"{root}: no such folder of runs")
        folders = [file.parent for file in files_below(root, "config.json".__eq__)]
        runs = [folder for folder in folders if Run(folder).finished]
        if not runs:
            raise InputError(f"{root}: holds no finished run")
    if isinstance(runs, Mapping):
        return {name: as_run(run) for name, run in runs.items()}
    opened = [as_run(run) for run in runs]
    if not opened:
        raise InputError("runs: expected at least one, got none")
    for name_of in (
        lambda run: run.config.model.system,
        lambda run: f"{run.config.model.system} seed {run.config.train.seed}",
        lambda run: f"{run.config.model.system} {run.path.name}",
        lambda run: run.path.as_posix(),
    ):
        names = [name_of(run) for run in opened]
        if len(set(names)) == len(names):
            break
    return dict(zip(names, opened, strict=True))
