"""The error browser: one kind of error after the other, each with its sentence, its frames, its scores and its labels.

A table of errors says how many; looking at twenty of them says why. What is an error is decided by
`course_lib.scoring.diagnosis`, and spots too weak to be shown are left out. Introduced in notebook 10.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from course_lib.data.events import Event, SpottingDataset, Video
from course_lib.files import InputError
from course_lib.runs.run import Run
from course_lib.scoring.diagnosis import ERROR_KINDS, Finding, diagnose
from course_lib.scoring.rule import Rule
from course_lib.show.labels import offset_captions, plot_filmstrip
from course_lib.show.style import ACCENT, clock, course_styled, legend_above, name_colours
from course_lib.show.timeline import plot_frame_scores, plot_timeline
from course_lib.widgets.explorer import RunSpots, as_run, found_by
from course_lib.widgets.panel import Canvas, Panel, Picture, tool
from course_lib.widgets.scrubber import QUIET, ClipFrames, mark_places, near_places, resized

__all__ = ["ErrorBrowser", "Scene", "describe", "draw_scores", "draw_strip", "error_browser"]

WIDTH_PX = 960
COLUMNS = 5
MOST_CLASSES = 5  # with the threshold they fill one line of the legend
NARROWEST_GAP_FRAMES = 2
WINDOW_SEC = 2.5  # shown either side of the finding
ALL = "all classes"
GAPS = {"as needed": 0, "1": 1, "2": 2, "4": 4, "8": 8, "16": 16}


@dataclass(frozen=True)
class Scene:
    """What all findings of one run share.

    Attributes:
        found: videos with labels, spots, settings.
        thresholds: class to the score above which a spot is worth showing.
        rule: by which a spot is right.
        frames: of the videos.
    """

    found: RunSpots
    thresholds: Mapping[str, float]
    rule: Rule
    frames: ClipFrames

    @cached_property
    def shown_spots(self) -> dict[str, list[Event]]:
        """The spots worth showing, by video."""
        return {
            name: [spot for spot in spots if spot.score >= self.thresholds[spot.label]]
            for name, spots in self.found.spots.items()
        }

    def video(self, name: str) -> Video:
        """The video of this id."""
        return next(video for video in self.found.videos if video.id == name)

    def step_frames(self, video: Video) -> float:
        """Frames of a video from one row of its scores to the next; a video of another rate is resampled."""
        return self.rule.stride * video.fps / self.rule.fps


def describe(finding: Finding, scene: Scene) -> str:
    """What happened, as one sentence."""
    fps = scene.video(finding.video).fps
    spot = f"{finding.label} with score {finding.score:.2f}" if finding.score is not None else finding.label
    where = "" if finding.truth_frame is None else _apart(finding.frame - finding.truth_frame, fps)
    return {
        "correct": f"correct: {spot}, {where} the label",
        "mistimed": f"mistimed: {spot}, {where} a label that nothing else found; "
        f"right would be ±{scene.rule.tolerance_sec / 2:g} s",
        "confused": f"confused: {spot}, {where} a label of {finding.truth_label}",
        "duplicate": f"duplicate: {spot}, {where} a label that another spot has",
        "background": f"background: {spot}, and no label explains it",
        "missed": f"missed: no spot of {finding.label} above its threshold "
        f"{scene.thresholds[finding.label]:.2f} belongs to this label",
    }[finding.kind]


def _apart(frames: int, fps: float) -> str:
    if frames == 0:
        return "exactly at"
    count = f"{abs(frames)} frame{'s' if abs(frames) > 1 else ''} ({abs(frames) / fps:.2f} s)"
    return f"{count} {'after' if frames > 0 else 'before'}"


def draw_strip(finding: Finding, scene: Scene, gap_frames: int = 0) -> np.ndarray:
    """Five frames around the finding, uint8 [H, W, 3]; places are marked.

    Args:
        finding: its frame is in the middle.
        scene: of the run.
        gap_frames: from one to the next; 0 chooses: close by, but so that the label that belongs to it is on the strip.

    Raises:
        InputError: the video cannot be read there.
    """
    video = scene.video(finding.video)
    offsets = np.arange(COLUMNS) - COLUMNS // 2
    gap = gap_frames or strip_gap(finding)
    # At the ends of the video the strip moves: each frame of it exists.
    numbers = finding.frame + offsets * gap
    numbers = np.clip(numbers, 0, video.num_frames - 1)
    captions = offset_captions((numbers - finding.frame).tolist(), video.fps)
    is_spot = finding.kind != "missed"
    captions[COLUMNS // 2] = "the spot" if is_spot else "the label"
    if is_spot and finding.truth_frame is not None:
        nearest = int(np.abs(numbers - finding.truth_frame).argmin())
        if abs(numbers[nearest] - finding.truth_frame) <= gap / 2:
            captions[nearest] += " = label" if numbers[nearest] == finding.truth_frame else " ≈ label"
    width = WIDTH_PX // COLUMNS
    colours = name_colours(scene.rule.classes)
    pictures = []
    for number in numbers.tolist():
        picture = resized(scene.frames.frame(video, number), width)
        places = near_places(video.events, scene.shown_spots[video.id], number, video.fps, colours)
        mark_places(picture, places, names=False)
        pictures.append(picture)
    canvas = Canvas((WIDTH_PX, len(pictures[0]) + 30), (0, 0, 0, 0))
    plot_filmstrip(pictures, captions, highlight=COLUMNS // 2, columns=COLUMNS, ax=canvas.ax)
    return canvas.pixels()


def strip_gap(finding: Finding) -> int:
    """Frames from one picture of the strip to the next that bring the label onto it."""
    away = 0 if finding.truth_frame is None else abs(finding.frame - finding.truth_frame)
    return max(NARROWEST_GAP_FRAMES, math.ceil(away / (COLUMNS // 2)))


def concerned_classes(finding: Finding, scene: Scene, scores: np.ndarray | None) -> tuple[str, ...]:
    """The classes to show: the spot's, the label's, what else the spotter said then, and what else happened near.

    Args:
        finding: of a video of the scene.
        scene: of the run.
        scores: (T, K+1) of that video, or None.
    """
    video, classes = scene.video(finding.video), scene.rule.classes
    names = [finding.label, *([finding.truth_label] if finding.truth_label else [])]
    if scores is not None:
        step = scene.step_frames(video)
        radius = scene.rule.tolerance_sec * video.fps / 2
        rows = scores[max(0, int((finding.frame - radius) / step)) : int((finding.frame + radius) / step) + 1, 1:]
        peaks = rows.max(axis=0, initial=0.0)  # [K]
        names += [classes[k] for k in np.argsort(-peaks, kind="stable")[:2] if peaks[k] > QUIET]
    reach = WINDOW_SEC * video.fps
    near = [event for event in video.events if event.label in classes and abs(event.frame - finding.frame) <= reach]
    names += [event.label for event in sorted(near, key=lambda event: abs(event.frame - finding.frame))]
    kept = list(dict.fromkeys(names))[:MOST_CLASSES]
    return tuple(label for label in classes if label in kept)


@course_styled
def draw_scores(finding: Finding, scene: Scene, scores: np.ndarray | None) -> np.ndarray:
    """Scores of the classes concerned around the finding, with labels and spots, uint8 [H, W, 3].

    Args:
        finding: marked by a band as wide as the tolerance.
        scene: of the run.
        scores: (T, K+1) of its video; None draws labels and spots alone.
    """
    video = scene.video(finding.video)
    shown = concerned_classes(finding, scene, scores)
    times = video.times
    now = times.seconds(finding.frame)
    start, stop = max(times.seconds(0), now - WINDOW_SEC), min(times.seconds(video.num_frames), now + WINDOW_SEC)
    half = scene.rule.tolerance_sec / 2
    spots = scene.shown_spots[video.id]
    if scores is None:
        canvas = Canvas((WIDTH_PX, 110 + 34 * len(shown)), (190, 58, 15, 50))
        plot_timeline(
            video.events, spots, shown, start, stop, times, tolerance_sec=scene.rule.tolerance_sec, ax=canvas.ax
        )
    else:
        canvas = Canvas((WIDTH_PX, 280), (60, 58, 15, 50))
        plot_frame_scores(
            scores, scene.rule.classes, times, stride=scene.step_frames(video), shown=shown,
            truth=video.events, spots=spots, start_sec=start, stop_sec=stop,
            threshold=round(scene.thresholds[finding.label], 2), ax=canvas.ax,
        )  # fmt: skip
        what = "label" if finding.kind == "missed" else "spot"
        legend_above(canvas.ax, f"Frame scores (▼ labels, ● spots, band: ±{half:g} s around this {what})", 6)
    canvas.ax.axvspan(now - half, now + half, color=ACCENT, alpha=0.1, linewidth=0, zorder=0, gid="tolerance")
    canvas.ax.axvline(now, color=ACCENT, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1, gid="finding")
    return canvas.pixels()


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
        words = Markup("<b>{} of {}</b> · {}<br>{}, frame {:,}, {}").format(
            place,
            len(self.chosen),
            describe(finding, self.scene),
            video.id,
            finding.frame,
            clock(video.times.seconds(finding.frame), 2),
        )
        if finding.kind in ERROR_KINDS:
            gain = self.diagnosis.cost[finding.kind] * 100
            words += f" · repairing all that are {finding.kind} would add {gain:.1f} points of mAP"
        if scores is None:
            missing = "The curves are missing: this run was made before frame scores were kept; train it again."
            words += Markup("<br>{}").format(missing)
        self.say(words)
        self.pictures[1].show(draw_scores(finding, self.scene, scores))
        self.pictures[0].show(draw_strip(finding, self.scene, self.controls.gap.value))
