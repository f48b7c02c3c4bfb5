"""Volleyball systems side by side: when, where, and both.

Three bars a system, because a good combined score hides which half of the task is hard. Introduced in notebook 09.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.errors import InputError
from course_lib.plots.style import ACCENT, INK, SYSTEM_COLOURS, axes_for, course_styled, legend_above

__all__ = ["plot_when_and_where"]

SCORES = {"mtap": "temporal (mTAP)", "msap": "spatial (mSAP)", "combined": "combined"}
HATCHES = {"mtap": "", "msap": "///", "combined": ".."}
BAR = 0.26


@course_styled
def plot_when_and_where(
    records: pd.DataFrame, *, chance: Mapping[str, float] | None = None, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Bars of the mean temporal, spatial and combined score of each system, with the range of its seeds.

    Args:
        records: a row a training: system, mtap, msap, combined; fractions. The best combined mean comes first.
        chance: what a guesser scores, under the same names; a short line across each bar.
        ax: axes to draw in.

    Raises:
        InputError: a column is missing, or there is no row.
    """
    missing = [name for name in ("system", *SCORES) if name not in records]
    if missing or records.empty:
        raise InputError(f"records: {'no row' if not missing else f'no column {missing[0]!r}'}; expected trainings")
    by_system = records.groupby("system")[list(SCORES)]
    means = by_system.mean().sort_values("combined", ascending=False)
    low, high, seeds = by_system.min(), by_system.max(), by_system.size()
    fig, ax = axes_for(ax, (10, 1.5 + 0.95 * len(means)), grid="x")
    for place, (name, title) in enumerate(SCORES.items()):
        y = [row + (place - 1) * BAR for row in range(len(means))]
        look = {"color": SYSTEM_COLOURS[place], "edgecolor": "white", "hatch": HATCHES[name]}
        ax.barh(y, 100 * means[name], 0.92 * BAR, label=title, **look)
        for row, system in zip(y, means.index, strict=True):
            span = 100 * low.loc[system, name], 100 * high.loc[system, name]
            if seeds[system] > 1:
                ax.plot(span, [row] * 2, color=INK, linewidth=2, solid_capstyle="butt", marker="|", gid="seeds")
            words = f"{100 * means.loc[system, name]:.1f}"
            ax.annotate(words, (span[1], row), (6, 0), textcoords="offset points", va="center", fontsize=10)
            if chance is not None:
                ends = [row - 0.46 * BAR, row + 0.46 * BAR]
                ax.plot([100 * chance[name]] * 2, ends, color=ACCENT, linewidth=2.5, gid="chance")
    ax.set_yticks(range(len(means)), [f"{name}\n{_count(seeds[name])}" for name in means.index])
    ax.set_ylim(len(means) - 0.45, -0.55)
    ax.set_xlim(left=0)
    ax.margins(x=0.08)
    ax.set_xlabel("score (%)")
    handles = list(ax.get_legend_handles_labels()[0])
    lines = {line.get_gid(): line for line in ax.lines}
    for gid, words in (("seeds", "lowest to highest seed"), ("chance", "chance")):
        if gid in lines:
            lines[gid].set_label(words)
            handles.append(lines[gid])
    legend_above(ax, "When and where", columns=5, handles=handles)
    return fig, ax


def _count(seeds: int) -> str:
    return f"{seeds} seed{'s' if seeds != 1 else ''}"
