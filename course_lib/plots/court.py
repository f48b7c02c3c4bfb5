"""The volleyball court from above, and maps of where actions happen: on the court and in the picture.

The truth stands beside what was predicted, class by class, so that one look tells whether a spotter has learnt where a
class happens or points at its mean. Places on the court come from `course_lib.court`, which has to assume a height;
the map in the picture assumes nothing. Introduced in notebook 09.
"""

from collections.abc import Iterator, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_lib.court import COURT_LENGTH_M, COURT_WIDTH_M
from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.plots.style import INK, MUTED, axes_for, course_styled, name_colours

__all__ = ["draw_places", "plot_court", "plot_court_places", "plot_picture_places"]

ATTACK_M = 3.0  # from the net to the line that back-row players may not attack from beyond
ANTENNA_M = 0.4  # how far the net stands out over the side lines, posts included
FREE_ZONE_M = 3.0  # drawn around the court: serves are hit from there
FLOOR, COURT = "#f2e4d0", "#fbf5ea"
SMOOTHING_M = 0.6
SMOOTHING_SHARE = 0.025  # of the picture's width
CELL_M = 0.15
MOST_DOTS = 60  # in a small map: more would hide the cloud
CELLS_ACROSS = 120  # of a map in the picture


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


def draw_places(ax: Axes, places_m: np.ndarray, colour: str, *, heat: bool = True, dots: bool = True) -> int:
    """Draw places onto a court: a heat map of how many there are a square metre, and a dot for each.

    Args:
        ax: axes with a court, as `plot_court` draws it.
        places_m: (N, 2), metres; those off the floor that is drawn, or NaN, are left out.
        colour: of the class.
        heat: draw the map.
        dots: draw the dots.

    Returns:
        How many were drawn.
    """
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    return _draw_heat(
        ax,
        np.asarray(places_m, np.float64).reshape(-1, 2),
        (left, right, bottom, top),
        (round((right - left) / CELL_M), round((top - bottom) / CELL_M)),
        (SMOOTHING_M, SMOOTHING_M),
        colour,
        heat,
        dots,
    )


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
    colours = name_colours(classes)
    shape = (COURT_LENGTH_M + 2 * FREE_ZONE_M) / (COURT_WIDTH_M + 2 * FREE_ZONE_M)
    fig, axes, panels = _panels(ax, classes, predicted_m is not None, shape)
    for panel, label, predicted in panels:
        plot_court(panel)
        places = (predicted_m if predicted else truth_m).get(label, np.empty((0, 2)))
        number = draw_places(panel, places, colours[label], dots=len(places) <= MOST_DOTS)
        _name(panel, label, number, predicted, predicted_m is not None)
    return fig, axes


@course_styled
def plot_picture_places(
    truth: Sequence[Event],
    classes: Sequence[str],
    predicted: Sequence[Event] | None = None,
    *,
    picture: np.ndarray | None = None,
    size_px: tuple[int, int] = (398, 224),
    ax: Sequence[Axes] | None = None,
) -> tuple[Figure, np.ndarray]:
    """Where in the picture the events of each class happen, and beside it where they are predicted.

    Args:
        truth: labels, of any number of videos; those without `xy` are left out.
        classes: the classes to show, in order.
        predicted: spots; None shows the truth alone.
        picture: uint8 (H, W, 3) RGB, a frame to lay under the maps.
        size_px: width and height, for the shape of the maps where there is no picture.
        ax: axes to draw in, one for each class, with predictions two.

    Returns:
        Figure and axes (rows, columns): with predictions two neighbours belong together.

    Raises:
        InputError: no event has a place, or there are too few axes.
    """
    events = [*truth, *(predicted or ())]
    if not any(event.xy is not None for event in events):
        raise InputError("no event says where it is (xy): there is nothing to map")
    if picture is not None:
        size_px = picture.shape[1], picture.shape[0]
    colours = name_colours(classes)
    aspect = size_px[1] / size_px[0]
    fig, axes, panels = _panels(ax, classes, predicted is not None, 1 / aspect)
    for panel, label, second in panels:
        axes_for(panel, (4, 4 * aspect), grid="none")
        if picture is not None:
            grey = np.asarray(picture).mean(axis=2) / 255
            panel.imshow(0.45 + 0.5 * grey, cmap="gray", vmin=0, vmax=1, extent=(0, 1, 1, 0), aspect="auto", zorder=0)
        chosen = predicted if second else truth
        places = np.array([event.xy for event in chosen if event.label == label and event.xy is not None], np.float64)
        number = _draw_heat(
            panel,
            places.reshape(-1, 2),
            (0.0, 1.0, 0.0, 1.0),
            (CELLS_ACROSS, round(CELLS_ACROSS * aspect)),
            (SMOOTHING_SHARE, SMOOTHING_SHARE / aspect),
            colours[label],
            True,
            len(places) <= MOST_DOTS,
        )
        panel.set_xlim(0, 1)
        panel.set_ylim(1, 0)  # as pictures count, from the top
        panel.set_box_aspect(aspect)
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines[:].set_visible(True)
        _name(panel, label, number, second, predicted is not None)
    return fig, axes


def _panels(
    ax: Sequence[Axes] | None, classes: Sequence[str], beside: bool, shape: float
) -> tuple[Figure, np.ndarray, Iterator[tuple[Axes, str, bool]]]:
    """Axes in a grid, and what each is for: (axes, class, whether for predictions). `shape`: width over height."""
    places = [(label, second) for label in classes for second in ((False, True) if beside else (False,))]
    if ax is not None:
        axes = np.asarray(ax, dtype=object)
        if axes.size < len(places):
            raise InputError(f"{axes.size} axes for {len(places)} maps: expected one for each")
        fig = axes.flat[0].get_figure(root=True)
    else:
        pairs = min(len(classes), 2 if beside else 3)
        columns, rows = pairs * (1 + beside), -(-len(classes) // pairs)
        width = 12 if beside else 11
        size = (width, rows * (width / columns / shape + 0.35))
        fig, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
        for spare in axes.flat[len(places) :]:
            spare.set_axis_off()
    return fig, axes, ((panel, *place) for panel, place in zip(axes.flat, places, strict=False))


def _name(ax: Axes, label: str, number: int, predicted: bool, beside: bool) -> None:
    words = f"{label}: {'predicted' if predicted else 'labels'}" if beside else label
    ax.set_title(f"{words} ({number})", fontsize=11, color=INK, pad=4)


def _draw_heat(
    ax: Axes,
    places: np.ndarray,
    box: tuple[float, float, float, float],
    cells: tuple[int, int],
    sigma: tuple[float, float],
    colour: str,
    heat: bool,
    dots: bool,
) -> int:
    """Smoothed counts as a cloud of one colour, strongest where places are densest; returns how many lie in the box."""
    left, right, bottom, top = box
    inside = (places >= (left, bottom)).all(axis=1) & (places <= (right, top)).all(axis=1)  # False for NaN
    places = places[inside]
    if heat and len(places):
        x = (np.arange(cells[0]) + 0.5) / cells[0] * (right - left) + left
        y = (np.arange(cells[1]) + 0.5) / cells[1] * (top - bottom) + bottom
        across = np.exp(-0.5 * ((x - places[:, :1]) / sigma[0]) ** 2)  # (N, cells)
        down = np.exp(-0.5 * ((y - places[:, 1:]) / sigma[1]) ** 2)
        cloud = LinearSegmentedColormap.from_list(
            "cloud", [(0, f"{colour}00"), (0.15, f"{colour}30"), (1, f"{colour}e0")]
        )
        density, aspect = down.T @ across, ax.get_aspect()
        ax.imshow(density / density.max(), cmap=cloud, vmin=0, vmax=1, extent=box, origin="lower", zorder=3)
        ax.set_aspect(aspect)  # which a picture sets
    if dots:
        ax.scatter(*places.T, s=9, color=colour, edgecolor="white", linewidth=0.4, zorder=4)
    return len(places)
