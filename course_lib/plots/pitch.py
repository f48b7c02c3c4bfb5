"""The pitch from above, with the way of the ball and the events on it.

Simulated matches come with the place of the ball in every frame (`tracks.npz`), in metres: origin at the centre spot,
x along the pitch, y away from the camera, z up. Introduced in notebook 00.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, Circle, Rectangle

from course_lib.events import Event
from course_lib.plots.style import INK, MUTED, axes_for, course_styled, name_colours

__all__ = ["plot_ball_path"]

HALF_LENGTH_M, HALF_WIDTH_M = 52.5, 34.0
BOX_M, GOAL_AREA_M, GOAL_HALF_M = (16.5, 20.16), (5.5, 9.16), 3.66  # depth and half width from the Laws of the Game
CIRCLE_M, SPOT_M = 9.15, 11.0
GRASS = "#eef5ea"
ROLLING_M = 0.4  # a ball whose middle is lower counts as on the ground


@course_styled
def plot_ball_path(
    ball_m: np.ndarray,
    events: Sequence[Event],
    classes: Sequence[str],
    *,
    first_frame: int = 0,
    fps: float = 25.0,
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """The ball's way over the pitch, solid on the ground and dotted in the air, with numbered events along it.

    Args:
        ball_m: (T, 3) float, metres, one row a frame.
        events: events to mark, in order of time; those outside the T frames are left out.
        classes: the class list, which decides colours.
        first_frame: the frame of row 0.
        fps: frames a second, for the times in the legend.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (10, 5.6), grid="none")
    _draw_pitch(ax)
    x, y, z = np.asarray(ball_m, dtype=float).T
    high = z > ROLLING_M
    ax.plot(np.where(high, np.nan, x), np.where(high, np.nan, y), color=INK, linewidth=1.8, zorder=3, gid="ground")
    ax.plot(x, y, color=INK, linewidth=1.6, linestyle=(0, (1, 1.6)), zorder=2, gid="path")
    inside = [event for event in events if 0 <= event.frame - first_frame < len(x)]
    colours = name_colours(classes)
    handles = []
    for number, event in enumerate(inside, 1):
        here = x[event.frame - first_frame], y[event.frame - first_frame]
        ax.plot(*here, marker="o", markersize=17, color=colours[event.label], markeredgecolor="white", zorder=4)
        ax.annotate(str(number), here, ha="center", va="center_baseline", color="white", fontweight="bold", zorder=5)
        words = f"{number}  {event.label}, {(event.frame - first_frame) / fps:.1f} s"
        handles.append(Line2D([], [], linestyle="", marker="o", markersize=9, color=colours[event.label], label=words))
    if handles:
        ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), labelspacing=0.8)
    return fig, ax


def _draw_pitch(ax: Axes) -> None:
    """White lines would not show on paper: dark lines on a light green."""
    line = {"fill": False, "edgecolor": MUTED, "linewidth": 1.2, "zorder": 1}
    length, width = 2 * HALF_LENGTH_M, 2 * HALF_WIDTH_M
    ax.add_patch(Rectangle((-HALF_LENGTH_M - 4, -HALF_WIDTH_M - 4), length + 8, width + 8, color=GRASS, zorder=0))
    ax.add_patch(Rectangle((-HALF_LENGTH_M, -HALF_WIDTH_M), length, width, **line))
    ax.plot([0, 0], [-HALF_WIDTH_M, HALF_WIDTH_M], color=MUTED, linewidth=1.2, zorder=1)
    ax.add_patch(Circle((0, 0), CIRCLE_M, **line))
    reach = np.degrees(np.arccos((BOX_M[0] - SPOT_M) / CIRCLE_M))  # where the arc before the box meets its line
    for side in (-1, 1):
        for depth, half in (BOX_M, GOAL_AREA_M, (-2.0, GOAL_HALF_M)):
            edges = sorted((side * HALF_LENGTH_M, side * (HALF_LENGTH_M - depth)))
            ax.add_patch(Rectangle((edges[0], -half), edges[1] - edges[0], 2 * half, **line))
        spot = side * (HALF_LENGTH_M - SPOT_M)
        ax.plot(spot, 0, marker="o", markersize=2.5, color=MUTED, zorder=1)
        middle = 180 if side > 0 else 0
        keys = {"theta1": middle - reach, "theta2": middle + reach, "color": MUTED, "linewidth": 1.2, "zorder": 1}
        ax.add_patch(Arc((spot, 0), 2 * CIRCLE_M, 2 * CIRCLE_M, **keys))
    ax.set_xlim(-HALF_LENGTH_M - 4, HALF_LENGTH_M + 4)
    ax.set_ylim(-HALF_WIDTH_M - 4, HALF_WIDTH_M + 4)
    ax.set_aspect("equal")
    ax.set_axis_off()
