"""Where two systems differ: one row a class, the difference with its interval, and whether it is one at all.

Two bars side by side invite reading every gap as a finding; a difference with its interval shows which of them the
test videos bear out. Introduced in notebook 10.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from course_lib.plots.style import ACCENT, INK, MUTED, axes_for, course_styled, legend_above

if TYPE_CHECKING:
    from course_lib.metrics import PairedDifference

__all__ = ["plot_differences"]

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
    ax.set_xlabel(f"{second} minus {first}, points of AP (bars: {_level(rows)} of the draws)")
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
