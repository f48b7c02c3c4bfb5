"""Look first, then compute: frames in a row, and frames above a time line, each joined to its moment.

What a label means is seen best in the frames just before and after it. Introduced in notebook 00.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.plots.style import ACCENT, INK, MUTED, axes_for, course_styled, name_colours, time_axis

__all__ = ["offset_captions", "plot_filmstrip", "plot_moments"]


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
