"""How good are the spots: AP of every class, precision against recall, AP against tolerance.

A single mAP hides which classes carry it, so every class gets its bar, its number of test events and its chance level.
AP is a fraction in [0, 1] everywhere in the library and drawn in per cent. Introduced in notebook 01.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.classes import MAP10_EXCLUDED
from course_lib.plots.style import ACCENT, INK, axes_for, course_styled, legend_above, name_colours, system_colours

__all__ = ["plot_ap_against_tolerance", "plot_per_class_ap", "plot_precision_recall"]

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def _summary(name: str, per_class: Mapping[str, float], classes: Sequence[str], left_out: Sequence[str]) -> str:
    """The legend's line: name, mAP over the classes that have an AP, and mAP without those left out, if any."""
    known = [label for label in classes if not np.isnan(per_class.get(label, np.nan))]
    kept = [label for label in known if label not in left_out]
    text = f"{name}: "
    text += ", ".join(
        f"mAP-{len(group)} {np.mean([per_class[label] for label in group]) * 100:.1f}"
        for group in ([known, kept] if 0 < len(kept) < len(known) else [known])
        if group
    )
    return text


@course_styled
def plot_per_class_ap(
    aps: Mapping[str, Mapping[str, float]],
    classes: Sequence[str],
    *,
    counts: Mapping[str, int] | None = None,
    errors: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
    chance: Mapping[str, float] | None = None,
    left_out: Sequence[str] = MAP10_EXCLUDED,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Bars of AP for each class, the systems side by side, with mAP-12 and mAP-10 in the legend.

    Args:
        aps: system to class to AP in [0, 1]; NaN or absent where a class has no labels.
        classes: top to bottom.
        counts: class to number of test events, written under the class's name.
        errors: system to class to (lowest, highest) AP, over seeds or of an interval; drawn as whiskers.
        chance: class to the AP of a guesser, drawn as a dark line across the class's bars.
        left_out: classes that the second mean leaves out.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (10, 1.3 + len(classes) * max(0.36, 0.14 + 0.16 * len(aps))), grid="x")
    height = 0.8 / len(aps)
    rows = np.arange(len(classes))
    handles: list[Any] = []
    for index, (name, per_class) in enumerate(aps.items()):
        values = np.array([per_class.get(label, np.nan) for label in classes], dtype=float) * 100
        places = rows + (index - (len(aps) - 1) / 2) * height
        widths = np.nan_to_num(values)
        label = _summary(name, per_class, classes, left_out)
        handles.append(ax.barh(places, widths, height * 0.92, color=system_colours(list(aps))[name], label=label))
        ends = widths.copy()
        if errors and name in errors:
            low, high = (np.array([errors[name].get(label, (np.nan,) * 2) for label in classes], float) * 100).T
            # A whisker may not point inwards: means of rounded numbers can lie a hair outside their own interval.
            whiskers = np.maximum(np.nan_to_num(np.stack([widths - low, high - widths])), 0)
            ax.errorbar(widths, places, xerr=whiskers, fmt="none", ecolor=INK, elinewidth=1.2, capsize=2.5)
            ends += whiskers[1]
        for place, end, value in zip(places, ends, values, strict=True):
            text = "no events" if np.isnan(value) else f"{value:.1f}"
            ax.annotate(text, (end, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    if chance is not None:
        values = np.array([chance.get(label, np.nan) for label in classes], dtype=float) * 100
        label = _summary("chance", chance, classes, left_out)
        handles.append(ax.vlines(values, rows - 0.45, rows + 0.45, color=INK, linewidth=2.2, label=label))
    names = [f"{label}\n{counts.get(label, 0):,} events" if counts is not None else label for label in classes]
    ax.set_yticks(rows, names)
    ax.set_ylim(len(classes) - 0.4, -0.6)
    ax.set_xlim(0, 109)
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("average precision (%)")
    legend_above(ax, "Average precision of each class", columns=2, handles=handles)
    return fig, ax


@course_styled
def plot_precision_recall(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Precision against recall, raw, with the 11 points of which SoccerNet's AP is the mean.

    The point at recall r is the best precision at recall r or more; the legend gives the mean of the 11 as AP.

    Args:
        curves: name (a class or a system) to recall and precision, one value for each threshold, in [0, 1].
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (6.4, 5.2))
    levels = np.arange(11) / 10
    colours = name_colours(list(curves))
    for index, (name, (recall, precision, *_)) in enumerate(curves.items()):
        recall, precision = np.asarray(recall, dtype=float), np.asarray(precision, dtype=float)
        best = np.array([precision[recall >= level].max(initial=0.0) for level in levels])
        order = np.argsort(recall, kind="stable")
        ax.plot(recall[order], precision[order], color=colours[name], linewidth=1, alpha=0.55)
        ax.plot(
            levels,
            best,
            color=colours[name],
            linewidth=1.6,
            linestyle=LINE_STYLES[index % len(LINE_STYLES)],
            marker=MARKERS[index % len(MARKERS)],
            label=f"{name}: AP {best.mean() * 100:.1f}",
        )
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlabel("recall: share of the events that were found")
    ax.set_ylabel("precision: share of the spots that are right")
    legend_above(ax, "Precision and recall", columns=2)
    return fig, ax


@course_styled
def plot_ap_against_tolerance(
    aps: Mapping[str, Sequence[float]],
    tolerances_sec: Sequence[float],
    *,
    official_sec: float | None = 1.0,
    mean: bool = True,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """AP of each class (or system) as the tolerance grows, and their mean.

    Args:
        aps: class or system to AP in [0, 1], one for each tolerance.
        tolerances_sec: full widths in seconds, as SoccerNet counts them: 1.0 is half a second either side.
        official_sec: the tolerance to mark with a line, or None.
        mean: draw the mean as well, where there are three or more; of systems it says nothing.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (9, 4.8))
    colours = name_colours(list(aps))
    for index, (name, values) in enumerate(aps.items()):
        ax.plot(
            tolerances_sec,
            np.asarray(values, dtype=float) * 100,
            color=colours[name],
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            linewidth=1.6,
            linestyle=LINE_STYLES[index // len(MARKERS) % len(LINE_STYLES)],
            label=name,
        )
    if mean and len(aps) > 2:
        middle = np.nanmean(np.array([list(values) for values in aps.values()], dtype=float), axis=0) * 100
        ax.plot(tolerances_sec, middle, color=INK, linewidth=3.5, label="mean", zorder=3)
    if official_sec is not None:
        ax.axvline(official_sec, color=ACCENT, linestyle="--", linewidth=1.4, zorder=1)
        above = ax.get_xaxis_transform()  # x in seconds, y in heights of the axes
        ax.text(official_sec, 0.985, f" mAP@{official_sec:g}", transform=above, color=ACCENT, va="top", fontsize=10)
    best = max((np.nanmax(values, initial=0.0) for values in aps.values()), default=0.0)
    ax.set_ylim(-2, min(110, 125 * best + 5))  # room for the official tolerance's name above the curves
    ax.set_xlim(left=0)
    ax.set_xlabel("tolerance in seconds, full width (1 = half a second either side)")
    ax.set_ylabel("average precision (%)")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_title("How exact are the spots?")
    return fig, ax
