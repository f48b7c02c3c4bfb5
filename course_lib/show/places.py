"""Where: the pitch and the court from above, and a spotter's heat maps over the pictures that it looked at.

Simulated football comes with the place of the ball in every frame (`tracks.npz`), in metres: origin at the centre spot,
x along the pitch, y away from the camera, z up. On the court the truth stands beside what was predicted, class by
class: one look tells whether a spotter has learnt where a class happens or points at its mean. Those places come from
`course_lib.data.court`, which has to assume a height. Introduced in notebooks 00 and 09.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, Circle, Rectangle
from numpy.typing import NDArray

from course_lib.data.court import COURT_LENGTH_M, COURT_WIDTH_M
from course_lib.data.events import Event
from course_lib.files import InputError
from course_lib.show.style import ACCENT, INK, MUTED, axes_for, course_styled, name_colours

__all__ = ["draw_places", "plot_ball_path", "plot_court", "plot_court_places", "plot_heat_maps"]

HALF_LENGTH_M, HALF_WIDTH_M = 52.5, 34.0
BOX_M, GOAL_AREA_M, GOAL_HALF_M = (16.5, 20.16), (5.5, 9.16), 3.66  # depth and half width from the Laws of the Game
CIRCLE_M, SPOT_M = 9.15, 11.0
GRASS = "#eef5ea"
ROLLING_M = 0.4  # a ball whose middle is lower counts as on the ground

ATTACK_M = 3.0  # from the net to the line that back-row players may not attack from beyond
ANTENNA_M = 0.4  # how far the net stands out over the side lines, posts included
FREE_ZONE_M = 3.0  # drawn around the court: serves are hit from there
FLOOR, COURT = "#f2e4d0", "#fbf5ea"
SMOOTHING_M = 0.6
CELL_M = 0.15
MOST_DOTS = 60  # in a small map: more would hide the cloud

HOT = LinearSegmentedColormap.from_list("hot", [(0, f"{ACCENT}00"), (1, f"{ACCENT}f0")])
COLUMNS = 3


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


@course_styled
def plot_court(ax: Axes | None = None) -> tuple[Figure, Axes]:
    """An empty court with its lines, net and free zone; one unit is a metre, the camera at the bottom."""
    fig, ax = axes_for(ax, (9, 5), grid="none")
    half_length, half_width = COURT_LENGTH_M / 2, COURT_WIDTH_M / 2
    reach_x, reach_y = half_length + FREE_ZONE_M, half_width + FREE_ZONE_M
    ax.add_patch(Rectangle((-reach_x, -reach_y), 2 * reach_x, 2 * reach_y, color=FLOOR, zorder=0))
    ax.add_patch(Rectangle((-half_length, -half_width), COURT_LENGTH_M, COURT_WIDTH_M, color=COURT, zorder=0.5))
    edge = {"fill": False, "edgecolor": MUTED, "linewidth": 1.4, "zorder": 1}
    ax.add_patch(Rectangle((-half_length, -half_width), COURT_LENGTH_M, COURT_WIDTH_M, **edge))
    for x in (-ATTACK_M, ATTACK_M):
        ax.plot([x, x], [-half_width, half_width], color=MUTED, linewidth=1.4, zorder=1, gid="attack line")
    over = half_width + ANTENNA_M
    ax.plot([0, 0], [-over, over], color=INK, linewidth=3, solid_capstyle="butt", zorder=2, gid="net")
    ax.plot([0, 0], [-over, over], color=INK, linestyle="", marker="o", markersize=4, zorder=2)
    ax.set_xlim(-reach_x, reach_x)
    ax.set_ylim(-reach_y, reach_y)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return fig, ax


def draw_places(ax: Axes, places_m: np.ndarray, colour: str, *, dots: bool = True) -> int:
    """Draw places onto a court: a cloud, strongest where they are densest, and a dot for each.

    Args:
        ax: axes with a court, as `plot_court` draws it.
        places_m: (N, 2), metres; those off the floor that is drawn, or NaN, are left out.
        colour: of the class.
        dots: draw the dots.

    Returns:
        How many were drawn.
    """
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    places = np.asarray(places_m, np.float64).reshape(-1, 2)
    inside = (places >= (left, bottom)).all(axis=1) & (places <= (right, top)).all(axis=1)  # False for NaN
    places = places[inside]
    if len(places):
        # A kernel of as many metres for every class: a width fitted to each would make clouds that do not compare.
        x, y = (np.arange(start + CELL_M / 2, stop, CELL_M) for start, stop in ((left, right), (bottom, top)))
        across = np.exp(-0.5 * ((x - places[:, :1]) / SMOOTHING_M) ** 2)  # (N, cells)
        along = np.exp(-0.5 * ((y - places[:, 1:]) / SMOOTHING_M) ** 2)
        stops = [(0, f"{colour}00"), (0.15, f"{colour}30"), (1, f"{colour}e0")]
        look = {"cmap": LinearSegmentedColormap.from_list("cloud", stops), "vmin": 0, "vmax": 1, "zorder": 3}
        density, aspect = along.T @ across, ax.get_aspect()
        ax.imshow(density / density.max(), extent=(left, right, bottom, top), origin="lower", **look)
        ax.set_aspect(aspect)  # which a picture sets
    if dots:
        ax.scatter(*places.T, s=9, color=colour, edgecolor="white", linewidth=0.4, zorder=4)
    return len(places)


@course_styled
def plot_court_places(
    truth_m: Mapping[str, np.ndarray],
    classes: Sequence[str],
    predicted_m: Mapping[str, np.ndarray] | None = None,
    *,
    ax: Sequence[Axes] | None = None,
) -> tuple[Figure, np.ndarray]:
    """A small court for each class with the places of its labels, beside it one with those of the predictions.

    Args:
        truth_m: class to places (N, 2) in metres, as `places_on_court` gives them.
        classes: the classes to show, in order; colours are those of the list.
        predicted_m: places of predictions; None shows the truth alone.
        ax: axes to draw in, one for each class, with predictions two.

    Returns:
        Figure and axes (rows, columns): with predictions two neighbours belong together.

    Raises:
        InputError: there are too few axes.
    """
    colours, beside = name_colours(classes), predicted_m is not None
    maps = [(label, predicted) for label in classes for predicted in ((False, True) if beside else (False,))]
    if ax is not None:
        axes = np.asarray(ax, dtype=object)
        if axes.size < len(maps):
            raise InputError(f"{axes.size} axes for {len(maps)} maps: expected one for each")
        fig = axes.flat[0].get_figure(root=True)
    else:
        pairs = min(len(classes), 2 if beside else 3)
        columns, rows = pairs * (1 + beside), -(-len(classes) // pairs)
        width, shape = 12 if beside else 11, (COURT_LENGTH_M + 2 * FREE_ZONE_M) / (COURT_WIDTH_M + 2 * FREE_ZONE_M)
        size = (width, rows * (width / columns / shape + 0.35))
        fig, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
        for spare in axes.flat[len(maps) :]:
            spare.set_axis_off()
    for panel, (label, predicted) in zip(axes.flat, maps, strict=False):
        plot_court(panel)
        places = (predicted_m if predicted else truth_m).get(label, np.empty((0, 2)))
        number = draw_places(panel, places, colours[label], dots=len(places) <= MOST_DOTS)
        words = f"{label}: {'predicted' if predicted else 'labels'}" if beside else label
        panel.set_title(f"{words} ({number})", fontsize=11, color=INK, pad=4)
    return fig, axes


@course_styled
def plot_heat_maps(
    pictures: Sequence[NDArray[np.uint8]],
    heats: Sequence[NDArray[np.floating]],
    events: Sequence[Event],
    *,
    ax: Sequence[Axes] | None = None,
) -> tuple[Figure, np.ndarray]:
    """Pictures in grey, the share of each cell over them, a circle for the label and a cross for the answer.

    Args:
        pictures: n pictures, (H, W, 3) RGB.
        heats: for each the scores of the cells, (h, w), before the softmax.
        events: what happens in each, with its place.
        ax: axes to draw in, one for each picture.

    Raises:
        InputError: no pictures, or not as many heat maps, events and axes as pictures.
    """
    numbers = {"pictures": len(pictures), "heat maps": len(heats), "events": len(events)}
    if ax is not None:
        numbers["axes"] = np.size(ax)
    if not len(pictures) or len(set(numbers.values())) > 1:
        found = ", ".join(f"{number} {name}" for name, number in numbers.items())
        raise InputError(f"{found}: expected the same number, 1 or more")
    height, width = np.shape(pictures[0])[:2]
    if ax is None:
        rows = -(-len(pictures) // COLUMNS)
        size = (9, rows * (9 / COLUMNS * height / width + 0.4))
        fig, axes = plt.subplots(rows, COLUMNS, figsize=size, layout="constrained", squeeze=False)
        for spare in axes.flat[len(pictures) :]:
            spare.set_axis_off()
    else:
        axes = np.asarray(ax, dtype=object)
        fig = axes.flat[0].get_figure(root=True)
    for panel, picture, heat, event in zip(axes.flat, pictures, heats, events, strict=False):
        axes_for(panel, (4, 3), grid="none")
        shares = np.exp(heat - np.max(heat))
        shares /= shares.sum()
        cells_down, cells_across = shares.shape
        x = shares.sum(axis=0) @ (np.arange(cells_across) + 0.5) / cells_across
        y = shares.sum(axis=1) @ (np.arange(cells_down) + 0.5) / cells_down
        grey = 0.35 + 0.6 * np.asarray(picture).mean(axis=2) / 255
        over_all = {"extent": (0, 1, 1, 0), "aspect": height / width}
        panel.imshow(grey, cmap="gray", vmin=0, vmax=1, **over_all)
        panel.imshow(shares / shares.max(), cmap=HOT, vmin=0, vmax=1, interpolation="nearest", **over_all)
        panel.plot(x, y, "x", markersize=9, color="black", markeredgewidth=2, gid="answer")
        if event.xy is not None:
            panel.plot(*event.xy, "o", markersize=12, fillstyle="none", color="black", markeredgewidth=1.6, gid="label")
        panel.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(1, 0))
        panel.set_title(event.label, fontsize=11, pad=4)
    return fig, axes
