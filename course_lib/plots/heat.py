"""A spotter's heat map over the pictures that it looked at. Introduced in notebook 09."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Event
from course_lib.plots.style import ACCENT, axes_for, course_styled

__all__ = ["plot_heat_maps"]

HOT = LinearSegmentedColormap.from_list("hot", [(0, f"{ACCENT}00"), (1, f"{ACCENT}f0")])
COLUMNS = 3


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
