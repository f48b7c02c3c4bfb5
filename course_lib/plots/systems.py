"""Which system is how good: one row a system, a dot for every seed.

A mean alone hides that two systems three points apart may have changed places with the next seed; dots show it.
Introduced in notebook 03.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_lib.plots.style import INK, axes_for, course_styled, legend_above, system_colours

__all__ = ["plot_systems"]

TITLES = {"map12": "mAP-12", "map10": "mAP-10"}


@course_styled
def plot_systems(
    records: pd.DataFrame, *, metric: str = "map12", chance: float | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Dots of all seeds in a row for each system, the best on top; a bar and a number at the mean.

    Args:
        records: a row a training, as `course_lib.records.load_records` gives it: system, backbone (gives the colour),
            frozen_backbone (round where true, square where all was trained), and the metric.
        metric: "map12" or "map10"; fractions.
        chance: what a guesser scores; a line from top to bottom.
        ax: axes to draw in.
    """
    means = records.groupby("system")[metric].mean().sort_values(ascending=False)
    first = records.groupby("system").first()
    colours = system_colours(list(dict.fromkeys(first.loc[means.index, "backbone"])))
    fig, ax = axes_for(ax, (10, 1.6 + 0.42 * len(means)), grid="x")
    for place, (system, mean) in enumerate(means.items()):
        of_system = records[records["system"] == system]
        colour = colours[first.loc[system, "backbone"]]
        marker = "o" if first.loc[system, "frozen_backbone"] else "s"
        values = 100 * of_system[metric]
        ax.scatter(values, [place] * len(values), s=64, color=colour, edgecolor=INK, linewidth=0.6, marker=marker)
        ax.plot([100 * mean] * 2, [place - 0.32, place + 0.32], color=INK, linewidth=2)
        ax.annotate(f"{100 * mean:.1f}", (values.max(), place), (9, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(means)), list(means.index))
    ax.set_ylim(len(means) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.margins(x=0.1)
    ax.set_xlabel(f"{TITLES.get(metric, metric)} (%); a dot a seed, the bar their mean")
    handles = [Line2D([], [], linestyle="", marker="D", color=colour, label=name) for name, colour in colours.items()]
    dot = {"linestyle": "", "color": "white", "markeredgecolor": INK}
    for marker, frozen, text in (("o", True, "frozen backbone"), ("s", False, "trained end to end")):
        if (first["frozen_backbone"] == frozen).any():
            handles.append(Line2D([], [], marker=marker, label=text, **dot))
    if chance is not None:
        handles.append(ax.axvline(100 * chance, color=INK, linestyle="--", linewidth=1.4, label="chance"))
    legend_above(ax, f"{TITLES.get(metric, metric)} of each system", columns=4, handles=handles)
    return fig, ax
