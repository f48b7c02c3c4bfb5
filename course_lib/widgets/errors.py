"""The error browser: one kind of error after the other, each with its frames, its scores and its labels.

A table of errors says how many; looking at twenty of them says why. What is an error is decided by
`course_lib.metrics.diagnosis`, and spots too weak to be shown are left out. Introduced in notebook 10.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from course_lib.errors import InputError
from course_lib.events import SpottingDataset
from course_lib.metrics.diagnosis import ERROR_KINDS, Finding, diagnose
from course_lib.plots.style import clock
from course_lib.runs import Run
from course_lib.widgets.clip_frames import ClipFrames
from course_lib.widgets.finding import Scene, describe, draw_scores, draw_strip
from course_lib.widgets.measures import as_run, found_by
from course_lib.widgets.panel import Panel, Picture, tool

__all__ = ["ErrorBrowser", "error_browser"]

ALL = "all classes"
GAPS = {"as needed": 0, "1": 1, "2": 2, "4": 4, "8": 8, "16": 16}


@tool("Error browser")
def error_browser(run: Run | str | Path, dataset: SpottingDataset, *, tolerance_sec: float | None = None) -> Panel:
    """Step through what a run got wrong (or right) in its test videos.

    Spots below the thresholds for showing, which validation chose, are left out. The surest come first.

    Args:
        run: a finished run, or its folder.
        dataset: whose test videos it was scored on.
        tolerance_sec: full width within which a spot is right; that of the task by default.

    Returns:
        A panel to display. Its controls are `kind`, `label`, `place`, `back`, `forward` and `gap`. Wrong input gives a
        panel that says so.
    """
    run = as_run(run)
    found = found_by(run, dataset)
    rule = found.data.rule if tolerance_sec is None else replace(found.data.rule, tolerance_sec=tolerance_sec)
    return ErrorBrowser(run, Scene(found, run.display_thresholds, rule, ClipFrames()))


class ErrorBrowser(Panel):
    """The panel that `error_browser` gives.

    Attributes:
        diagnosis: of all spots that are worth showing.
        chosen: the findings to page through.
    """

    def __init__(self, run: Run, scene: Scene) -> None:
        self.run, self.scene = run, scene
        found = scene.found
        self.diagnosis = diagnose(found.videos, found.spots, scene.rule, thresholds=scene.thresholds)
        self.chosen: list[Finding] = []
        self._scores = lru_cache(maxsize=4)(self._read_scores)
        costliest = max(ERROR_KINDS, key=lambda kind: (self.diagnosis.cost[kind], self.diagnosis.counts[kind]))
        counts = self.diagnosis.counts
        about = {"description_width": "60px"}
        kind = widgets.Dropdown(
            options=[(f"{kind} ({counts[kind]})", kind) for kind in (*ERROR_KINDS, "correct")],
            value=costliest, description="kind", layout=widgets.Layout(width="230px"), style=about,
        )  # fmt: skip
        label = widgets.Dropdown(
            options=[(ALL, "")], value="", description="class", layout=widgets.Layout(width="330px"), style=about
        )
        gap = widgets.Dropdown(
            options=GAPS, value=0, description="frames apart", layout=widgets.Layout(width="200px"),
            style={"description_width": "90px"},
        )  # fmt: skip
        back, forward = (
            widgets.Button(description=text, tooltip=hint, layout=widgets.Layout(width="100px"))
            for text, hint in (("◀ previous", "the one before"), ("next ▶", "the one after"))
        )
        place = widgets.IntSlider(
            value=1, min=1, max=1, description="number", layout=widgets.Layout(width="500px"), style=about
        )
        wrap = widgets.Layout(flex_flow="row wrap")
        super().__init__(
            f"Error browser, {run.config.model.system}",
            [widgets.HBox([kind, label, gap], layout=wrap), widgets.HBox([back, forward, place], layout=wrap)],
            [Picture(), Picture()],
            kind=kind,
            label=label,
            place=place,
            back=back,
            forward=forward,
            gap=gap,
        )
        # Filling one control changes others; only the last change of such a chain is drawn.
        self._filling = False
        kind.observe(lambda _: self._choose(), "value")
        label.observe(lambda _: self._choose(), "value")
        for control in (place, gap):
            control.observe(lambda _: None if self._filling else self.attempt(self._draw), "value")
        back.on_click(lambda _: self.turn(-1))
        forward.on_click(lambda _: self.turn(1))
        self._choose()

    def turn(self, steps: int) -> None:
        """Go so many findings on, as far as there are any."""
        place = self.controls.place
        place.value = min(max(place.value + steps, place.min), place.max)

    def _choose(self) -> None:
        """Take the findings of the kind and class, the surest first, and show the first of them."""
        if self._filling:
            return
        self._filling = True
        try:
            kind, label, place = self.controls.kind.value, self.controls.label, self.controls.place
            of_kind = [finding for finding in self.diagnosis.findings if finding.kind == kind]
            names = [finding.label for finding in of_kind]
            known = [name for name in self.diagnosis.classes if name in names]
            wanted = label.value if label.value in known else ""
            label.options = [(f"{ALL} ({len(names)})", "")] + [
                (f"{name} ({names.count(name)})", name) for name in known
            ]
            label.value = wanted
            chosen = [finding for finding in of_kind if wanted in ("", finding.label)]
            # Missed labels have no score and stay in the order of time.
            self.chosen = sorted(chosen, key=lambda finding: -(finding.score or 0.0))
            place.max = max(len(chosen), 1)
            place.value = 1
        finally:
            self._filling = False
        self.attempt(self._draw)

    def _read_scores(self, video_id: str) -> np.ndarray | None:
        """Frame scores (T, K+1), or None where the run folder has none."""
        try:
            return self.run.frame_scores(video_id)
        except InputError:
            return None

    def _draw(self) -> None:
        if not self.chosen:
            raise InputError(f"{self.controls.kind.value}: there are none, counting only spots that are worth showing")
        place = self.controls.place.value
        finding = self.chosen[place - 1]
        video = self.scene.video(finding.video)
        scores = self._scores(finding.video)
        words = (
            f"<b>{place} of {len(self.chosen)}</b> · {describe(finding, self.scene)}<br>"
            f"{video.id}, frame {finding.frame:,}, {clock(finding.frame / video.fps, 2)}"
        )
        if finding.kind in ERROR_KINDS:
            gain = self.diagnosis.cost[finding.kind] * 100
            words += f" · repairing all that are {finding.kind} would add {gain:.1f} points of mAP"
        if scores is None:
            words += "<br>The curves are missing: this run was made before frame scores were kept; train it again."
        self.say(words)
        self.pictures[1].show(draw_scores(finding, self.scene, scores))
        self.pictures[0].show(draw_strip(finding, self.scene, self.controls.gap.value))
