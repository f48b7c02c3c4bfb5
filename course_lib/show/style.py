"""One look for every figure of the course: sizes, colours, fonts, and the small parts that all figures share.

Figures are made to be read twice, in a notebook and from the last row: at least 10 points in a picture 10 inches wide,
no meaning in colour alone, no decoration. The colours for systems are those of Okabe and Ito (2008), which stay apart
for colour-blind readers; those of classes come from `course_lib.data.events`. Introduced in notebook 00.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from course_lib.data.events import CLASS_SETS, class_colours

__all__ = [
    "ACCENT",
    "COURSE_STYLE",
    "GRID",
    "INK",
    "LINE_STYLES",
    "MARKERS",
    "MUTED",
    "SYSTEM_COLOURS",
    "axes_for",
    "clock",
    "course_styled",
    "legend_above",
    "name_colours",
    "share_steps",
    "share_table",
    "system_colours",
    "time_axis",
    "use_course_style",
]

INK = "#1f2933"
MUTED = "#66717c"
GRID = "#e2e6ea"
ACCENT = "#d55e00"
"""What the eye should go to: the event frame of a filmstrip, the threshold, the official tolerance."""

SYSTEM_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8c6d31", "#66717c", "#332288")
"""For systems, runs and splits, in the order in which they are given."""

LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""So that curves stay apart where colours do not."""

COURSE_STYLE = {
    **sns.axes_style("whitegrid"),
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.dpi": 100,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same page on every machine
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "savefig.bbox": "tight",
    "savefig.dpi": 150,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 10,
    "ytick.color": INK,
    "ytick.labelsize": 10,
}
"""Settings of matplotlib under which every figure here is drawn."""


def use_course_style() -> None:
    """Draw your own figures in the look of the course too: call it once, in a notebook's first cell."""
    plt.rcParams.update(COURSE_STYLE)


P = ParamSpec("P")
R = TypeVar("R")


def course_styled(plot: Callable[P, R]) -> Callable[P, R]:
    """Run a plotting function under `COURSE_STYLE`, leaving the caller's settings as they were."""

    @wraps(plot)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.rc_context(COURSE_STYLE):
            drawn = plot(*args, **kwargs)
            # A session's first figure loads the backend, and a notebook's turns interactive mode on as it loads. That
            # is a setting too: taken back, no later figure would appear.
            interactive = matplotlib.is_interactive()
        matplotlib.interactive(interactive)
        return drawn

    return styled


def axes_for(ax: Axes | None, size_inches: tuple[float, float], grid: str = "both") -> tuple[Figure, Axes]:
    """The axes to draw in: the given ones, or those of a new figure of this size.

    Args:
        ax: axes to draw in, or None.
        size_inches: width and height of a new figure.
        grid: which grid lines to show: "x", "y", "both" or "none".
    """
    if ax is None:
        fig, ax = plt.subplots(figsize=size_inches, layout="constrained")
    else:
        fig = ax.get_figure(root=True)
    ax.set_axisbelow(True)
    ax.grid(False)
    if grid != "none":
        ax.grid(True, axis=grid, color=GRID, linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    # Ticks are made when the figure is shown, outside `course_styled`: their look has to be said here.
    ax.tick_params(labelsize=10, labelcolor=INK, color=MUTED, length=0)
    return fig, ax


def legend_above(ax: Axes, title: str = "", columns: int = 4, handles: Sequence[Any] | None = None) -> None:
    """Put the legend between title and axes, where it covers no data and needs no search."""
    entries = list(handles) if handles is not None else ax.get_legend_handles_labels()[0]
    rows = 0
    if entries:
        keys = {} if handles is None else {"handles": entries}
        ax.legend(
            **keys, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=columns, borderaxespad=0.2, columnspacing=1.4
        )
        rows = -(-len(entries) // columns)
    if title:
        ax.set_title(title, pad=8 + 17 * rows)  # points: a row of a 10-point legend is 17 high


def system_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each system, run or split, by place in the list (they repeat after the last)."""
    return {name: SYSTEM_COLOURS[index % len(SYSTEM_COLOURS)] for index, name in enumerate(names)}


def name_colours(names: Sequence[str]) -> dict[str, str]:
    """Colours for classes or systems: a class of a known list keeps its colour, also where few of them are shown."""
    for classes in CLASS_SETS.values():
        if set(names) <= set(classes):
            return {name: class_colours(classes)[name] for name in names}
    return system_colours(names) if len(names) <= len(SYSTEM_COLOURS) else class_colours(names)


def share_steps(ax: Axes, values: np.ndarray, edges: np.ndarray, colour: str, label: str, *, first: bool) -> None:
    """Steps of the share of the values in each bin, in per cent of all: the first filled, others dashed over it."""
    share = 100 * np.histogram(values, edges)[0] / max(len(values), 1)
    ax.stairs(share, edges, fill=first, alpha=0.35 if first else 1, color=colour, linewidth=2)
    ax.stairs(share, edges, color=colour, linewidth=2, linestyle="-" if first else "--", label=label)


def share_table(ax: Axes, share: np.ndarray, words: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> None:
    """A table whose cells are the darker the larger their share.

    Args:
        ax: axes to draw in.
        share: (R, C), per cent.
        words: (R, C), what to write into each cell.
        rows, columns: their names.
    """
    ax.pcolormesh(share, cmap="Blues", vmin=0, vmax=100)
    ax.spines[:].set_visible(False)
    ax.set_xlim(0, len(columns))
    ax.set_ylim(len(rows), 0)
    for (row, column), word in np.ndenumerate(words):
        colour = "white" if share[row, column] > 55 else INK
        ax.text(column + 0.5, row + 0.5, str(word), ha="center", va="center", color=colour, fontsize=10)
    ax.set_xticks(np.arange(len(columns)) + 0.5, list(columns), rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(np.arange(len(rows)) + 0.5, list(rows), va="center")


def clock(seconds: float, decimals: int = 0) -> str:
    """Seconds as minutes and seconds: 75.0 becomes "1:15"."""
    scale = 10**decimals
    minutes, rest = divmod(round(seconds * scale), 60 * scale)
    return f"{minutes}:{rest / scale:0{3 + decimals if decimals else 2}.{decimals}f}"


def time_axis(ax: Axes, start_sec: float, stop_sec: float) -> None:
    """Make x a time axis from start to stop, in seconds, or in minutes and seconds from the first minute on."""
    ax.set_xlim(start_sec, stop_sec)
    if stop_sec <= 60:
        ax.set_xlabel("time (s)")
        return
    decimals = 1 if stop_sec - start_sec < 5 else 0
    ax.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds, decimals)))
    ax.set_xlabel("time (min:s)")
