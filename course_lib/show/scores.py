"""How good: AP of every class, precision and recall, tolerances; systems side by side, and where two differ.

A single mAP hides which classes carry it, so every class gets its bar, its number of test events and its chance level;
a mean hides that two systems three points apart may have changed places with the next seed, so every seed gets its dot;
and two bars side by side invite reading every gap as a finding, so a difference comes with its interval. AP is a
fraction in [0, 1] everywhere in the library and drawn in per cent. Introduced in notebook 01.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_lib.data.events import MAP10_EXCLUDED
from course_lib.files import InputError
from course_lib.runs.matches import each_row_scored_on
from course_lib.show.style import (
    ACCENT,
    GRID,
    INK,
    LINE_STYLES,
    MARKERS,
    MUTED,
    SYSTEM_COLOURS,
    axes_for,
    course_styled,
    legend_above,
    name_colours,
    system_colours,
)

if TYPE_CHECKING:
    from course_lib.scoring.differences import PairedDifference

__all__ = [
    "plot_ap_against_tolerance",
    "plot_differences",
    "plot_per_class_ap",
    "plot_precision_recall",
    "plot_systems",
    "plot_when_and_where",
]


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
    aps: Mapping[str, Mapping[str, float]] | pd.DataFrame,
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
        aps: system to class to AP in [0, 1]; NaN or absent where a class has no labels. Or rows of a
            `results_table`, whose cells have ends too.
        classes: top to bottom.
        counts: class to number of test events, written under the class's name.
        errors: system to class to (lowest, highest) AP, over seeds or of an interval; drawn as whiskers. By default
            those of cells that have ends.
        chance: class to the AP of a guesser, drawn as a dark line across the class's bars.
        left_out: classes that the second mean leaves out.
        ax: axes to draw in.
    """
    about = aps.columns.name if isinstance(aps, pd.DataFrame) else None
    aps = aps.to_dict("index") if isinstance(aps, pd.DataFrame) else aps
    fig, ax = axes_for(ax, (10, 1.3 + len(classes) * max(0.36, 0.14 + 0.16 * len(aps))), grid="x")
    if errors is None:
        errors = {
            name: {label: (cell.low, cell.high) for label, cell in row.items() if hasattr(cell, "low")}
            for name, row in aps.items()
        }
    aps = {name: {label: getattr(cell, "value", cell) for label, cell in row.items()} for name, row in aps.items()}
    height = 0.8 / len(aps)
    rows = np.arange(len(classes))
    guessed = np.array([(chance or {}).get(label, np.nan) for label in classes], dtype=float) * 100
    handles: list[Any] = []
    for index, (name, per_class) in enumerate(aps.items()):
        values = np.array([per_class.get(label, np.nan) for label in classes], dtype=float) * 100
        places = rows + (index - (len(aps) - 1) / 2) * height
        widths = np.nan_to_num(values)
        label = _summary(name, per_class, classes, left_out)
        handles.append(ax.barh(places, widths, height * 0.92, color=system_colours(list(aps))[name], label=label))
        ends = widths.copy()
        if errors.get(name):
            low, high = (np.array([errors[name].get(label, (np.nan,) * 2) for label in classes], float) * 100).T
            # A whisker may not point inwards: means of rounded numbers can lie a hair outside their own interval.
            whiskers = np.maximum(np.nan_to_num(np.stack([widths - low, high - widths])), 0)
            ax.errorbar(widths, places, xerr=whiskers, fmt="none", ecolor=INK, elinewidth=1.2, capsize=2.5)
            ends += whiskers[1]
        # A number stands behind chance where that would run through it.
        ends = np.where((ends <= guessed) & (guessed < ends + 4), guessed, ends)
        for place, end, value in zip(places, ends, values, strict=True):
            text = "no events" if np.isnan(value) else f"{value:.1f}"
            ax.annotate(text, (end, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    if chance is not None:
        label = _summary("chance", chance, classes, left_out)
        handles.append(ax.vlines(guessed, rows - 0.45, rows + 0.45, color=INK, linewidth=2.2, label=label))
    names = [f"{label}\n{counts.get(label, 0):,} events" if counts is not None else label for label in classes]
    ax.set_yticks(rows, names)
    ax.set_ylim(len(classes) - 0.4, -0.6)
    ax.set_xlim(0, 109)
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("average precision (%)" + (f"; whiskers {about}" if about else ""))
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


TITLES = {"map": "mAP-12", "map12": "mAP-12", "map10": "mAP-10"}


@course_styled
def plot_systems(
    records: pd.DataFrame, *, metric: str = "map", chance: float | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Dots of all seeds in a row for each system, the best on top; a bar and a number at the mean.

    Args:
        records: a row a training, as `course_lib.runs.records.load_records` gives it: system, backbone (gives the
            colour), frozen_backbone (round where true, square where all was trained), and the metric. Names say how
            many test matches a row is of, if not all are of the same.
        metric: "map" or "map10"; fractions.
        chance: what a guesser scores; a line from top to bottom.
        ax: axes to draw in.
    """
    if where := each_row_scored_on(records):  # scores on other matches do not compare: say so beside the name
        records = records.assign(system=[f"{name} ({where[name]})" for name in records["system"]])
    records = records.assign(score=100 * records[metric])
    means = records.groupby("system")["score"].mean().sort_values(ascending=False)
    order = list(means.index)
    colours = system_colours(list(records.set_index("system").loc[order, "backbone"].unique()))
    fig, ax = axes_for(ax, (10, 1.6 + 0.42 * len(means)), grid="x")
    handles = [Line2D([], [], linestyle="", marker="D", color=colour, label=name) for name, colour in colours.items()]
    for marker, frozen, text in (("o", True, "frozen backbone"), ("s", False, "trained end to end")):
        some = records[records["frozen_backbone"] == frozen]
        if len(some):
            _seeds(ax, some, "system", order, hue="backbone", palette=colours, marker=marker)
            look = {"linestyle": "", "color": "white", "markeredgecolor": INK}
            handles.append(Line2D([], [], marker=marker, label=text, **look))
    _means(ax, records, "system", order)
    best = records.groupby("system")["score"].max()
    for place, system in enumerate(order):
        _write(ax, means[system], best[system], place)
    ax.set_xlabel(f"{TITLES.get(metric, metric)} (%); a dot a seed, the bar their mean")
    _from_zero(ax, len(order))
    if chance is not None:
        handles.append(ax.axvline(100 * chance, color=INK, linestyle="--", linewidth=1.4, label="chance"))
    legend_above(ax, f"{TITLES.get(metric, metric)} of each system", columns=4, handles=handles)
    return fig, ax


SCORES = {"mtap": "temporal (mTAP)", "msap": "spatial (mSAP)", "combined": "combined"}
ROW = 0.8  # of the distance from one system to the next, shared out among the three scores


@course_styled
def plot_when_and_where(
    records: pd.DataFrame, *, chance: Mapping[str, float] | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Dots of all seeds for the temporal, spatial and combined score of each system; a bar and a number at the mean.

    Three rows a system, because a good combined score hides which half of the task is hard.

    Args:
        records: a row a training: system, mtap, msap, combined; fractions. The best combined mean comes first.
        chance: what a guesser scores, under the same names; a short line in each row.
        ax: axes to draw in.

    Raises:
        InputError: a column is missing, or there is no row.
    """
    missing = [name for name in ("system", *SCORES) if name not in records]
    if missing or records.empty:
        raise InputError(f"records: {'no row' if not missing else f'no column {missing[0]!r}'}; expected trainings")
    by_system = records.groupby("system")
    order = list(by_system["combined"].mean().sort_values(ascending=False).index)
    seeds = by_system.size()
    rows = records.melt("system", list(SCORES), "kind", "score").assign(score=lambda row: 100 * row["score"])
    fig, ax = axes_for(ax, (10, 1.5 + 0.95 * len(order)), grid="x")
    three = {"hue": "kind", "hue_order": list(SCORES), "dodge": True}
    colours = dict(zip(SCORES, SYSTEM_COLOURS, strict=False))
    _seeds(ax, rows, "system", order, palette=colours, **three)
    _means(ax, rows, "system", order, **(three | {"dodge": ROW * 2 / 3}))
    for place, system in enumerate(order):
        for index, name in enumerate(SCORES):
            row = place + (index - 1) * ROW / 3
            values = 100 * records.loc[records["system"] == system, name]
            _write(ax, values.mean(), values.max(), row)
            if chance is not None:
                ends = [row - 0.44 * ROW / 3, row + 0.44 * ROW / 3]
                ax.plot([100 * chance[name]] * 2, ends, color=ACCENT, linewidth=2.5, gid="chance", label="chance")
    for edge in range(len(order) - 1):
        ax.axhline(edge + 0.5, color=GRID, linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(order)), [f"{name}\n{_count(seeds[name])}" for name in order])
    ax.set_xlabel("score (%); a dot a seed, the bar their mean")
    _from_zero(ax, len(order))
    handles = [
        Line2D([], [], linestyle="", marker="o", color=colours[name], label=text) for name, text in SCORES.items()
    ]
    handles += [line for line in ax.lines if line.get_gid() == "chance"][:1]
    legend_above(ax, "When and where", columns=4, handles=handles)
    return fig, ax


def _seeds(ax: Axes, rows: pd.DataFrame, of: str, order: Sequence[str], **look: Any) -> None:
    """A dot for each row at its score."""
    dot = {"size": 8, "edgecolor": INK, "linewidth": 0.6, "jitter": False, "legend": False, "zorder": 2}
    sns.stripplot(rows, x="score", y=of, order=order, ax=ax, **(dot | look))


def _means(ax: Axes, rows: pd.DataFrame, of: str, order: Sequence[str], **look: Any) -> None:
    """An upright bar at the mean of each group of dots."""
    bar = {"marker": "|", "markersize": 20 if not look else 15, "markeredgewidth": 2, "linestyle": "none"}
    colours = {"palette": [INK] * len(look["hue_order"])} if look else {"color": INK}
    sns.pointplot(
        rows, x="score", y=of, order=order, ax=ax, errorbar=None, legend=False, zorder=3, **bar, **colours, **look
    )


def _write(ax: Axes, mean: float, end: float, row: float) -> None:
    ax.annotate(f"{mean:.1f}", (end, row), (9, 0), textcoords="offset points", va="center", fontsize=10)


def _from_zero(ax: Axes, number: int) -> None:
    """x from 0, with room for the last number; rows from the top."""
    ax.set_ylabel("")
    ax.set_ylim(number - 0.45, -0.55)
    ax.margins(x=0.1)
    ax.autoscale(axis="x")
    ax.set_xlim(left=0)


def _count(seeds: int) -> str:
    return f"{seeds} seed{'s' if seeds != 1 else ''}"


VERDICTS = {
    "shown": ("o", ACCENT, "a difference"),
    "alone": ("D", ACCENT, "only if it were the only row"),
    "not shown": ("o", MUTED, "no difference shown"),
}


@course_styled
def plot_differences(
    differences: Mapping[str, "PairedDifference"],
    *,
    first: str = "first",
    second: str = "second",
    counts: Mapping[str, int] | None = None,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Second minus first in points of AP, with intervals; both scores are written at the right.

    Args:
        differences: class (or mean) to difference, top to bottom; those without labels are left out.
        first, second: names of the systems.
        counts: class to number of test events, written under its name.
        ax: axes to draw in.
    """
    rows = {name: entry for name, entry in differences.items() if not np.isnan(entry.difference.value)}
    fig, ax = axes_for(ax, (10, 1.7 + 0.44 * len(rows)), grid="x")
    for place, entry in enumerate(rows.values()):
        marker, colour, _ = VERDICTS[entry.verdict]
        value, low, high = (
            100 * number for number in (entry.difference.value, entry.difference.low, entry.difference.high)
        )
        ax.plot([low, high], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt")
        filled = colour if entry.verdict != "alone" else "white"
        ax.plot([value], [place], marker, color=colour, markerfacecolor=filled, markersize=8, markeredgewidth=1.8)
        text = f"{100 * entry.first.value:.1f} → {100 * entry.second.value:.1f}"
        ax.annotate(text, (1, place), (6, 0), ("axes fraction", "data"), "offset points", va="center", fontsize=10)
    ax.axvline(0, color=INK, linewidth=1.4, zorder=1)
    ax.set_yticks(
        range(len(rows)), [f"{name}\n{counts[name]:,} events" if counts and name in counts else name for name in rows]
    )
    ax.set_ylim(len(rows) - 0.4, -0.6)
    widest = max(
        (abs(100 * end) for entry in rows.values() for end in (entry.difference.low, entry.difference.high)), default=1
    )
    ax.set_xlim(-1.08 * max(widest, 1), 1.08 * max(widest, 1))
    ax.set_xlabel(f"{second} minus {first}, points of AP (bars: {_level(rows)} intervals)")
    handles = [
        Line2D(
            [],
            [],
            linestyle="",
            marker=marker,
            color=colour,
            label=text,
            markersize=8,
            markeredgewidth=1.8,
            markerfacecolor="white" if name == "alone" else colour,
        )
        for name, (marker, colour, text) in VERDICTS.items()
    ]
    legend_above(ax, f"{second} against {first}", columns=3, handles=handles)
    return fig, ax


def _level(rows: Mapping[str, "PairedDifference"]) -> str:
    return f"{100 * next(iter(rows.values())).difference.level:g} %" if rows else "no"
