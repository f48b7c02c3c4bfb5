"""What spotting is, in one picture: frames above a time line, each joined to its moment. Introduced in notebook 00."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.plots.style import INK, MUTED, axes_for, course_styled, name_colours, time_axis

__all__ = ["plot_moments"]


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
