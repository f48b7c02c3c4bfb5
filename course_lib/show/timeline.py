"""What happened and what was said to happen, along the time axis.

A timeline shows what an average hides: which events were missed, which spots are false, and by how much a spot is off.
Shape says what became of a mark and colour says its class, so the picture works in grey too. Introduced in notebook 01.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_lib.data.events import Event
from course_lib.data.times import Times, as_times
from course_lib.scoring.matching import pair_events
from course_lib.show.style import (
    GRID,
    INK,
    LINE_STYLES,
    MUTED,
    axes_for,
    course_styled,
    legend_above,
    name_colours,
    time_axis,
)

__all__ = ["plot_frame_scores", "plot_timeline"]

KINDS = {
    "found": ("v", True, "label, found"),
    "missed": ("v", False, "label, missed"),
    "hit": ("^", True, "spot, right"),
    "false": ("x", True, "spot, false"),
}
"""What can become of a mark: its shape, whether it is filled, and the legend's words."""


@course_styled
def plot_timeline(
    truth: Sequence[Event],
    spots: Sequence[Event],
    classes: Sequence[str],
    start_sec: float,
    stop_sec: float,
    fps: float | Times,
    *,
    tolerance_sec: float = 1.0,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Labels above and spots below, a row for each class; what was matched, missed and false by its shape.

    The matching is SoccerNet's (`course_lib.scoring.matching`), over all events given, also those outside the window.

    Args:
        truth: labels of one video.
        spots: predictions for the same video; leave out those under your threshold first.
        classes: the rows, top to bottom.
        start_sec, stop_sec: the stretch of the video to show, in a player's time.
        fps: frames a second in which the events count; `video.times` where the picture may begin after the sound.
        tolerance_sec: full width of the matching window, in seconds.
        ax: axes to draw in.
    """
    times = as_times(fps)
    fig, ax = axes_for(ax, (12, 1.5 + 0.42 * len(classes)), grid="none")
    colours = name_colours(classes)
    number = dict.fromkeys(KINDS, 0)
    for row, label in enumerate(classes):
        ax.axhline(row, color=GRID, linewidth=1, zorder=0)
        ours = [event for event in truth if event.label == label]
        theirs = [event for event in spots if event.label == label]
        partner, of_spot = pair_events(ours, theirs, tolerance_sec * times.fps / 2)
        marks: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
        for event, index in zip(ours, partner, strict=True):
            here = (times.seconds(event.frame), row - 0.2)
            marks["found" if index >= 0 else "missed"].append(here)
            if index >= 0 and start_sec <= here[0] <= stop_sec:
                there = (times.seconds(theirs[index].frame), row + 0.2)
                ax.plot(*zip(here, there, strict=True), color=MUTED, linewidth=1, zorder=1)
        for event, index in zip(theirs, of_spot, strict=True):
            marks["hit" if index >= 0 else "false"].append((times.seconds(event.frame), row + 0.2))
        for kind, points in marks.items():
            points = [point for point in points if start_sec <= point[0] <= stop_sec]
            number[kind] += len(points)
            _draw_marks(ax, kind, points, colours[label])
    ax.set_yticks(range(len(classes)), classes)
    ax.set_ylim(len(classes) - 0.45, -0.55)
    time_axis(ax, start_sec, stop_sec)
    legend_above(
        ax, "Labels (upper marks) and spots (lower marks)", handles=[_key(kind, number[kind]) for kind in KINDS]
    )
    return fig, ax


def _draw_marks(ax: Axes, kind: str, points: list[tuple[float, float]], colour: str) -> None:
    """One scatter of one kind and class; its group id (`get_gid`) is the kind."""
    if not points:
        return
    shape, filled, _ = KINDS[kind]
    style = {"c": colour, "linewidths": 2} if shape == "x" else {"edgecolors": INK, "linewidths": 0.6}
    if shape != "x":
        style |= {"facecolors": colour} if filled else {"facecolors": "white", "edgecolors": colour, "linewidths": 1.8}
    ax.scatter(*zip(*points, strict=True), s=62, marker=shape, zorder=3, gid=kind, clip_on=False, **style)


def _key(kind: str, number: int) -> Line2D:
    """The legend's entry for a kind of mark, with how many there are in the window."""
    shape, filled, words = KINDS[kind]
    face = MUTED if filled else "white"
    return Line2D(
        [], [], linestyle="", marker=shape, markersize=8, markerfacecolor=face, markeredgecolor=MUTED,
        markeredgewidth=1.8, label=f"{words} ({number})",
    )  # fmt: skip


@course_styled
def plot_frame_scores(
    scores: np.ndarray,
    classes: Sequence[str],
    fps: float | Times,
    *,
    stride: int = 1,
    shown: Sequence[str] | None = None,
    truth: Sequence[Event] = (),
    spots: Sequence[Event] = (),
    start_sec: float = 0.0,
    stop_sec: float | None = None,
    threshold: float | None = None,
    tolerance_sec: float | None = None,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Score of every step for a few classes, with the true events, their tolerance, the threshold and the spots.

    Args:
        scores: (T, K) or, with the background first, (T, K+1), in [0, 1].
        classes: the K names.
        fps: frames a second of the video; `video.times` where the picture may begin after the sound.
        stride: frames from one step to the next; step i is frame i * stride.
        shown: the classes to draw; all by default.
        truth: labels, drawn as vertical lines.
        spots: decoded events, drawn as dots at their scores.
        start_sec, stop_sec: the stretch to show, in a player's time; to the end by default.
        threshold: drawn as a horizontal line.
        tolerance_sec: full width of the band drawn around each label.
        ax: axes to draw in.
    """
    shown = tuple(classes if shown is None else shown)
    first = scores.shape[1] - len(classes)  # 1 where column 0 is the background
    times = as_times(fps)
    steps_sec = times.seconds(np.arange(len(scores)) * stride)  # [T]
    stop_sec = times.seconds(len(scores) * stride) if stop_sec is None else stop_sec
    inside = (steps_sec >= start_sec) & (steps_sec <= stop_sec)
    fig, ax = axes_for(ax, (12, 3.6), grid="y")
    colours = name_colours(classes)
    for index, label in enumerate(shown):
        curve = scores[inside, first + list(classes).index(label)]
        style = LINE_STYLES[index % 4]
        ax.plot(
            steps_sec[inside], curve, color=colours[label], linestyle=style, linewidth=1.8, label=label, gid="curve"
        )
    for event in truth:
        when = times.seconds(event.frame)
        if event.label not in shown or not start_sec <= when <= stop_sec:
            continue
        style = LINE_STYLES[shown.index(event.label) % 4]
        ax.axvline(when, color=colours[event.label], linestyle=style, linewidth=1.4, gid="truth")
        ax.plot(when, 1.07, marker="v", color=colours[event.label], markersize=8, clip_on=False)
        if tolerance_sec is not None:
            half = tolerance_sec / 2
            ax.axvspan(when - half, when + half, color=colours[event.label], alpha=0.13, linewidth=0, gid="tolerance")
    for event in spots:
        if event.label in shown and start_sec <= times.seconds(event.frame) <= stop_sec:
            ax.plot(
                times.seconds(event.frame), event.score, marker="o", markersize=8, markerfacecolor=colours[event.label],
                markeredgecolor=INK, linestyle="", zorder=4, gid="spot",
            )  # fmt: skip
    if threshold is not None:
        ax.axhline(threshold, color=INK, linestyle=(0, (1, 2)), linewidth=2, label=f"threshold {threshold:g}")
    ax.set_ylim(0, 1.1)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.set_ylabel("score")
    time_axis(ax, start_sec, stop_sec)
    band = ""
    if truth:
        band = " (▼ labels" + (f", band: ±{tolerance_sec / 2:g} s" if tolerance_sec is not None else "") + ")"
    legend_above(ax, "Frame scores" + band, columns=6)
    return fig, ax
