"""What is in the labels, before any network: how many, how far apart, what follows what; and how they look.

Three pictures of numbers: the imbalance (a thousand passes to one goal), the rhythm (most events follow within two
seconds) and the grammar (a throw-in comes after the ball went out). Two of frames: a row of them, since what a label
means is seen best just before and after it, and frames above a time line, each joined to its moment, which is what
spotting is. Introduced in notebook 00.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from course_lib.data.events import Event, SpottingDataset, Video, count_labels
from course_lib.files import InputError
from course_lib.show.style import (
    ACCENT,
    INK,
    MUTED,
    axes_for,
    course_styled,
    legend_above,
    name_colours,
    share_steps,
    share_table,
    system_colours,
    time_axis,
)

__all__ = [
    "event_intervals_sec",
    "offset_captions",
    "plot_class_counts",
    "plot_filmstrip",
    "plot_interval_histogram",
    "plot_moments",
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
        return {split: count_labels(videos) for split, videos in counts.splits.items() if videos}
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
    edges, colours = 0.19 * np.sqrt(2.0) ** np.arange(21), system_colours(list(named))
    for index, (name, values) in enumerate(named.items()):
        values = np.asarray(values, dtype=float)
        middle = f"median {np.median(values):.2f} s" if len(values) else "no intervals"
        label = f"{name}: {middle}" if name else middle
        share_steps(ax, np.clip(values, edges[0], edges[-1]), edges, colours[name], label, first=index == 0)
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


def offset_captions(offsets_frames: Sequence[int], fps: float) -> list[str]:
    """Captions that say how far each frame is from the event: "−2 (−80 ms)", "event frame", "+2 (+80 ms)"."""
    captions = []
    for offset in offsets_frames:
        ms = offset * 1000 / fps
        captions.append(f"{offset:+d} ({ms:+.0f} ms)".replace("-", "−") if offset else "event frame")
    return captions


@course_styled
def plot_filmstrip(
    frames: Sequence[np.ndarray],
    captions: Sequence[str] | None = None,
    *,
    highlight: int | None = None,
    columns: int = 5,
    title: str = "",
    pixels: bool = False,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Frames side by side in the order of reading, with a caption under each and one of them framed.

    Args:
        frames: n pictures, each uint8 (H, W, 3) RGB and of one size; an array (n, H, W, 3) does as well.
        captions: n texts, for instance from `offset_captions`.
        highlight: index of the frame to mark, usually that of the event.
        columns: pictures in a row at the most; more than five get too small for a ball.
        title: a heading.
        pixels: show every pixel of an enlarged picture as a square, as it is, instead of smoothing them.
        ax: axes to draw in.

    Raises:
        InputError: no frames, frames of different sizes, or another number of captions.
    """
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3:
        raise InputError(f"frames: expected one or more pictures (H, W, 3) of one size, got shapes {sorted(shapes)}")
    if captions is not None and len(captions) != len(frames):
        raise InputError(f"captions: expected {len(frames)}, one for each frame, got {len(captions)}")
    picture_height, picture_width, _ = next(iter(shapes))
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    gap = 0.03 * picture_width
    # Text has a size in points, pictures one in pixels: a caption takes a tenth of a picture a fifth of the page wide.
    step_x = picture_width + gap
    step_y = picture_height + gap + (0.024 * columns * picture_width if captions else 0)
    width_inches = 12
    fig, ax = axes_for(
        ax, (width_inches, 0.4 * bool(title) + width_inches * rows * step_y / (columns * step_x)), "none"
    )
    for index, frame in enumerate(frames):
        row, column = divmod(index, columns)
        left, top = column * step_x, row * step_y
        shown = ax.imshow(frame, extent=(left, left + picture_width, top + picture_height, top))
        if pixels:
            shown.set_interpolation("nearest")
        marked = index == highlight
        if marked:
            box = Rectangle((left, top), picture_width, picture_height, fill=False, edgecolor=ACCENT, linewidth=4)
            ax.add_patch(box)
        if captions is not None:
            ax.annotate(
                captions[index],
                (left + picture_width / 2, top + picture_height),
                (0, -5),
                textcoords="offset points",
                ha="center",
                va="top",
                color=ACCENT if marked else INK,
                fontweight="bold" if marked else "normal",
            )
    ax.set_xlim(-gap / 2, columns * step_x - gap / 2)
    ax.set_ylim(rows * step_y, -gap / 2)
    ax.set_aspect("equal")
    ax.set_axis_off()
    if title:
        ax.set_title(title)
    return fig, ax


@course_styled
def plot_moments(
    frames: Sequence[np.ndarray],
    shown: Sequence[Event],
    events: Sequence[Event],
    classes: Sequence[str],
    start_sec: float,
    stop_sec: float,
    fps: float,
    *,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """Frames in a row, each with a line down to its place on a time line that marks all events of the stretch.

    Args:
        frames: n pictures of one size, uint8 (H, W, 3) RGB.
        shown: the n events at which they were taken, in order of time.
        events: the events to mark on the time line; those outside the stretch are left out.
        classes: the class list, which decides colours.
        start_sec, stop_sec: the stretch.
        fps: frames a second in which events count.
        ax: axes to draw in.

    Raises:
        InputError: no frames, frames of different sizes, or another number of them than of events shown.
    """
    shapes = {np.shape(frame) for frame in frames}
    if len(shapes) != 1 or len(frames) != len(shown):
        raise InputError(
            f"frames: expected {len(shown)} pictures of one size, one for each event shown, got {len(frames)} of "
            f"{len(shapes)} sizes"
        )
    height_px, width_px, _ = next(iter(shapes))
    # One set of axes: x in seconds of the time line, y in pixels of the pictures, which stand between start and stop.
    place_sec = (stop_sec - start_sec) / len(frames)
    wide_sec = 0.95 * place_sec
    line_px = 1.42 * height_px
    tall_px = 1.72 * height_px
    fig, ax = axes_for(ax, (12, 0.75 + 12 * tall_px * wide_sec / width_px / (stop_sec - start_sec)), grid="none")
    colours = name_colours(classes)
    for index, (frame, event) in enumerate(zip(frames, shown, strict=True)):
        left = start_sec + index * place_sec + (place_sec - wide_sec) / 2
        ax.imshow(frame, extent=(left, left + wide_sec, height_px, 0))
        colour, middle = colours[event.label], left + wide_sec / 2
        ax.add_patch(Rectangle((left, 0), wide_sec, height_px, fill=False, edgecolor=colour, linewidth=3))
        ax.plot([middle, event.frame / fps], [height_px, line_px], color=colour, linewidth=1.5, gid="joint")
        ax.annotate(
            f"{event.label}\nframe {event.frame:,}", (middle, 0), (0, 5), textcoords="offset points", ha="center",
            va="bottom", fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.axhline(1.5 * height_px, color=MUTED, linewidth=1.2, zorder=1)
    for event in events:
        if start_sec <= event.frame / fps <= stop_sec:
            ax.plot(
                event.frame / fps, 1.5 * height_px, marker="v", markersize=12, color=colours[event.label],
                markeredgecolor=INK, markeredgewidth=0.6, linestyle="", zorder=3, gid="event",
            )  # fmt: skip
    time_axis(ax, start_sec, stop_sec)
    ax.set_ylim(1.58 * height_px, -0.02 * height_px)
    ax.set_aspect(wide_sec / width_px)
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    return fig, ax
