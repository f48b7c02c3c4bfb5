"""What is in the labels: how many of each class, how far apart, and what follows what.

Three pictures to look at before any network: the imbalance (a thousand passes to one goal), the rhythm (most events
follow within two seconds) and the grammar (a throw-in comes after the ball went out). Introduced in notebook 00.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from course_lib.events import SpottingDataset, Video
from course_lib.plots.style import axes_for, course_styled, legend_above, name_colours, share_table, system_colours

__all__ = [
    "event_intervals_sec",
    "plot_class_counts",
    "plot_interval_histogram",
    "plot_transitions",
    "transition_counts",
]

Counts = Mapping[str, int] | Mapping[str, Mapping[str, int]] | SpottingDataset


@course_styled
def plot_class_counts(
    counts: Counts, classes: Sequence[str] | None = None, *, log_scale: bool = False, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Bars of the number of events of each class, the splits side by side.

    Args:
        counts: a data set, or split to class to number, or class to number.
        classes: which classes, top to bottom; by default the data set's, or those of the first split.
        log_scale: a logarithmic axis, on which the rare classes can be seen too.
        ax: axes to draw in.
    """
    splits = _by_split(counts)
    if classes is None:
        classes = counts.classes if isinstance(counts, SpottingDataset) else tuple(next(iter(splits.values())))
    fig, ax = axes_for(ax, (10, 1.2 + len(classes) * max(0.34, 0.12 + 0.14 * len(splits))), grid="x")
    height = 0.8 / len(splits)
    colours = system_colours(list(splits))
    by_class = name_colours(classes)
    for index, (split, of_class) in enumerate(splits.items()):
        numbers = [of_class.get(label, 0) for label in classes]
        places = np.arange(len(classes)) + (index - (len(splits) - 1) / 2) * height
        colour = [by_class[label] for label in classes] if len(splits) == 1 else colours[split]
        name = f"{split} ({sum(numbers):,} events)"
        bars = ax.barh(places, numbers, height * 0.92, color=colour, label=name)
        ax.bar_label(bars, [f"{number:,}" for number in numbers], padding=3, fontsize=9 if len(splits) > 1 else 10)
    most = max((of_class.get(label, 0) for of_class in splits.values() for label in classes), default=0)
    if log_scale:
        ax.set_xscale("log")
        ax.set_xlim(0.5, max(most, 1) * 2.5)  # from 0.5, so that a class with one event still shows a bar
    else:
        ax.set_xlim(0, max(most, 1) * 1.12)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
    ax.set_yticks(range(len(classes)), classes)
    ax.set_ylim(len(classes) - 0.4, -0.6)
    ax.set_xlabel("events (logarithmic)" if log_scale else "events")
    legend_above(ax, "Events of each class", handles=[] if len(splits) == 1 else None)
    return fig, ax


def _by_split(counts: Counts) -> dict[str, Mapping[str, int]]:
    """Any of the accepted inputs as split -> class -> number."""
    if isinstance(counts, SpottingDataset):
        return {
            split: Counter(event.label for video in videos for event in video.events)
            for split, videos in counts.splits.items()
            if videos
        }
    if any(isinstance(value, Mapping) for value in counts.values()):
        return dict(counts)
    return {"all": counts}


def event_intervals_sec(videos: Sequence[Video]) -> np.ndarray:
    """Seconds from each event to the next of any class in the same video, as one float64 array."""
    gaps = [np.diff(sorted(event.frame for event in video.events)) / video.fps for video in videos]
    return np.concatenate(gaps) if gaps else np.zeros(0)


@course_styled
def plot_interval_histogram(
    intervals_sec: Mapping[str, Sequence[float]] | Sequence[float], *, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Histogram of the time between consecutive events, on a logarithmic axis.

    Args:
        intervals_sec: seconds, or name to seconds to compare data sets; see `event_intervals_sec`.
        ax: axes to draw in.
    """
    named = intervals_sec if isinstance(intervals_sec, Mapping) else {"": intervals_sec}
    fig, ax = axes_for(ax, (10, 4.2), grid="y")
    # Two bins to a doubling. They start at 0.2 s: below, whole frames at 25 fps would leave every other bin empty.
    edges = 0.19 * np.sqrt(2.0) ** np.arange(21)
    for index, (name, values) in enumerate(named.items()):
        values = np.asarray(values, dtype=float)
        share = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / max(len(values), 1) * 100
        colour = system_colours(list(named))[name]
        middle = f"median {np.median(values):.2f} s" if len(values) else "no intervals"
        label = f"{name}: {middle}" if name else middle
        ax.stairs(share, edges, fill=index == 0, alpha=0.35 if index == 0 else 1, color=colour, linewidth=2)
        ax.stairs(share, edges, color=colour, linewidth=2, linestyle="-" if index == 0 else "--", label=label)
    ax.set_xscale("log")
    ticks = [0.2, 0.5, 1, 2, 5, 10, 30, 60, 180]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel("seconds to the next event, any class (logarithmic; the ends hold all beyond them)")
    ax.set_ylabel("% of intervals")
    legend_above(ax, "How soon the next event comes", columns=3)
    return fig, ax


def transition_counts(videos: Sequence[Video], classes: Sequence[str]) -> np.ndarray:
    """How often class j (column) is the next event after class i (row): int64 (K, K), over all videos."""
    place = {label: index for index, label in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for video in videos:
        labels = [event.label for event in sorted(video.events, key=lambda event: event.frame)]
        for first, second in zip(labels, labels[1:], strict=False):
            if first in place and second in place:
                table[place[first], place[second]] += 1
    return table


@course_styled
def plot_transitions(counts: np.ndarray, classes: Sequence[str], *, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """Heat map of what follows what: each row shares out 100 % over the classes of the next event.

    Args:
        counts: (K, K), row i to column j, as `transition_counts` gives; every row is normalised by its sum.
        classes: the K names.
        ax: axes to draw in.
    """
    counts = np.asarray(counts, dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0) * 100
    words = np.where(counts > 0, np.where(share >= 0.5, np.char.mod("%.0f", share), "<1"), "")
    rows = [f"{label} ({int(total):,})" for label, total in zip(classes, totals[:, 0], strict=True)]
    fig, ax = axes_for(ax, (10, 1.8 + 0.46 * len(classes)), grid="none")
    share_table(ax, share, words, rows, classes)
    ax.set_xlabel("… is followed by (% of the row)")
    ax.set_ylabel("this event (number)")
    ax.set_title("What follows what")
    return fig, ax
