"""What goes wrong: kinds of errors side by side, which class is taken for which, how late spots are, what scores mean.

Drawn from `course_lib.scoring.diagnosis.diagnose`; what the kinds mean stands there. Introduced in notebook 10.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.show.style import (
    ACCENT,
    INK,
    MARKERS,
    MUTED,
    axes_for,
    course_styled,
    legend_above,
    share_steps,
    share_table,
    system_colours,
)

if TYPE_CHECKING:
    from course_lib.scoring.calibration import Calibration

__all__ = ["KIND_COLOURS", "plot_calibration", "plot_confusion", "plot_error_costs", "plot_error_kinds", "plot_timing"]

KIND_COLOURS = {
    "correct": "#0072b2",
    "mistimed": "#e69f00",
    "confused": "#d55e00",
    "duplicate": "#cc79a7",
    "background": "#8c6d31",
    "missed": "#b7bec6",
}
"""A colour for each kind; after Okabe and Ito, the grey for what is not there."""


@course_styled
def plot_error_kinds(counts: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Stacked bars: for each system its spots by kind, and below them what it missed of all labels.

    Args:
        counts: system to kind to how many (a mean over seeds need not be whole); "correct" and "missed" together are
            all labels.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (10, 1.7 + 0.85 * len(counts)), grid="x")
    bars = [("spots", [kind for kind in KIND_COLOURS if kind != "missed"]), ("labels", ["correct", "missed"])]
    longest = max((sum(of[kind] for kind in kinds) for of in counts.values() for _, kinds in bars), default=1)
    ticks, names, named = [], [], set()
    for index, (system, of_system) in enumerate(counts.items()):
        for half, (what, kinds) in enumerate(bars):
            place, start = index + (half - 0.5) * 0.38, 0.0
            ticks.append(place)
            names.append(f"{system}: {what}" if len(counts) > 1 or system else what)
            for kind in kinds:
                size = float(of_system[kind])
                label = None if kind in named else kind
                named.add(kind)
                ax.barh(place, size, 0.34, start, color=KIND_COLOURS[kind], label=label, edgecolor="white")
                if size > 0.035 * longest:
                    colour = INK if kind in ("missed", "mistimed") else "white"
                    ax.text(start + size / 2, place, f"{size:,.0f}", ha="center", va="center", color=colour, fontsize=9)
                start += size
    ax.set_yticks(ticks, names)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlabel("spots, and labels")
    legend_above(ax, "Right and wrong spots, found and missed labels", columns=6)
    return fig, ax


@course_styled
def plot_error_costs(
    costs: Mapping[str, Mapping[str, Sequence[float]]], *, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """For each kind of error the points of mAP that repairing it would add; a bar a system, a dot a seed.

    Args:
        costs: system to error kind to the cost of each seed, as fractions.
        ax: axes to draw in.
    """
    kinds = list(dict.fromkeys(kind for of_system in costs.values() for kind in of_system))
    systems, colours = list(costs), system_colours(list(costs))
    seeds = pd.DataFrame(
        [
            (system, kind, 100 * value)
            for system, of_system in costs.items()
            for kind, values in of_system.items()
            for value in values
        ],
        columns=["system", "kind", "cost"],
    )
    fig, ax = axes_for(ax, (10, 1.5 + len(kinds) * (0.25 + 0.2 * len(costs))), grid="x")
    groups = {"x": "cost", "y": "kind", "order": kinds, "hue": "system", "hue_order": systems, "ax": ax}
    sns.barplot(seeds, **groups, palette=colours, errorbar=None, saturation=1)
    several = seeds[seeds.groupby(["system", "kind"])["cost"].transform("size") > 1]
    if len(several):
        dot = {"palette": ["white"] * len(systems), "edgecolor": INK, "linewidth": 0.8, "size": 5}
        sns.stripplot(several, **groups, dodge=True, jitter=False, legend=False, **dot)
    ends = seeds.groupby(["system", "kind"])["cost"].max()
    for system, bars in zip(systems, ax.containers, strict=True):
        for kind, bar in zip(kinds, bars, strict=True):
            end, mean = max(ends.get((system, kind), 0.0), bar.get_width()), bar.get_width()
            place = (end, bar.get_y() + bar.get_height() / 2)
            ax.annotate(f"{mean:.1f}", place, (5, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set_ylabel("")
    ax.set_ylim(len(kinds) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.margins(x=0.08)
    ax.set_xlabel("points of mAP that repairing this kind alone would add" + "; a dot a seed" * bool(len(several)))
    legend_above(ax, "What each kind of error costs", columns=4)
    return fig, ax


@course_styled
def plot_confusion(counts: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """What labels were spotted as: each row shares out its labels (the last row: spots where no label was).

    Args:
        counts: [K+1, K+1], rows what there was, columns what was spotted, last of each: nothing.
        classes: K names.
        ax: axes to draw in.
    """
    counts = np.asarray(counts, float)
    totals = counts.sum(axis=1, keepdims=True)
    share = 100 * np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    names = [*classes, "nothing"]
    words = np.where(counts > 0, np.char.mod("%g", counts), "")
    rows = [f"{name} ({total:g})" for name, total in zip(names, totals[:, 0], strict=True)]
    fig, ax = axes_for(ax, (10, 2.2 + 0.46 * len(names)), grid="none")
    share_table(ax, share, words, rows, names)
    ax.axhline(len(classes), color=MUTED, linewidth=1)
    ax.axvline(len(classes), color=MUTED, linewidth=1)
    ax.set_xlabel("was spotted as (numbers: how many; colour: share of the row)")
    ax.set_ylabel("what there was (how many)")
    ax.set_title("What is taken for what")
    return fig, ax


@course_styled
def plot_timing(
    offsets: Mapping[str, ArrayLike],
    *,
    tolerance_frames: float,
    reach: float = 3.0,
    unit: str = "frames",
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """How early or late the spots are: a histogram for each system (or class), the tolerance as dashed lines.

    Args:
        offsets: name to spot minus label, in frames.
        tolerance_frames: either side, within which a spot counts.
        reach: how many tolerances the axis shows.
        unit: of the offsets, for the axis.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (10, 4.2), grid="y")
    end = int(np.ceil(reach * tolerance_frames)) + 1
    width = max(1, round(2 * end / 40))
    edges = np.arange(-end - 0.5, end + width, width)
    colours = system_colours(list(offsets))
    for index, (name, values) in enumerate(offsets.items()):
        values = np.asarray(values, float)
        middle = f"median {_signed(np.median(values))}, {_middle_half(values)}" if len(values) else "no spots"
        share_steps(ax, values, edges, colours[name], f"{name}: {middle}", first=index == 0)
    for side in (-1, 1):
        ax.axvline(side * tolerance_frames, color=ACCENT, linestyle=":", linewidth=1.6)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_xlim(-end - 0.5, end + 0.5)
    ax.set_xlabel(f"spot minus label in {unit}: above 0 is late (dotted: the tolerance)")
    ax.set_ylabel("% of the spots")
    legend_above(ax, "How early or late", columns=2)
    return fig, ax


def _middle_half(values: np.ndarray) -> str:
    low, high = np.quantile(values, [0.25, 0.75])
    return f"middle half {_signed(low)} to {_signed(high)}"


def _signed(value: float) -> str:
    """Whole frames with their sign; zero has none."""
    return f"{value:+.0f}" if round(value) else "0"


@course_styled
def plot_calibration(calibrations: Mapping[str, "Calibration"], *, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """A point for each bin that holds spots; above the diagonal scores are too low, below too high.

    Args:
        calibrations: name to `course_lib.scoring.calibration.calibrate`'s result.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (6.8, 5.4))
    ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", zorder=1)
    for index, (name, bins) in enumerate(calibrations.items()):
        filled = bins.counts > 0
        colour = system_colours(list(calibrations))[name]
        # Few spots, small mark: a share of three spots is no share.
        size = 18 + 90 * np.sqrt(bins.counts[filled] / max(bins.counts.max(initial=0), 1))
        ax.plot(bins.mean_score[filled], bins.hit_share[filled], color=colour, linewidth=1.5)
        label = f"{name}: {bins.counts.sum():,} spots, calibration error {100 * bins.error:.1f} points"
        marker = MARKERS[index % len(MARKERS)]
        ax.scatter(bins.mean_score[filled], bins.hit_share[filled], size, color=colour, marker=marker, label=label)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlabel("mean score of the spots in a bin (larger mark: more spots)")
    ax.set_ylabel("share of them that are right")
    legend_above(ax, "Does a score mean what it says?", columns=1)
    return fig, ax
