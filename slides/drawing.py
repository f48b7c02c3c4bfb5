"""What the decks' figures share: colours by name, an empty canvas, boxes, arrows, and how a deck is drawn."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import FancyBboxPatch

from course_lib.data import BALL_12
from course_lib.runs import load_chance, load_records, results_table
from course_lib.show import INK, SYSTEM_COLOURS, axes_for, plot_per_class_ap, use_course_style

__all__ = ["BLUE", "GREEN", "ORANGE", "PINK", "arrow", "box", "canvas", "draw_deck", "recorded_ap"]

BLUE, ORANGE, GREEN, PINK = SYSTEM_COLOURS[:4]


def draw_deck(
    number: str, figures: Sequence[Callable[..., plt.Figure]], folder: Path, *data: Any, dpi: int = 110
) -> None:
    """Draw figures into the folder as <number>_<name>.png; every one starts from the same seed of torch.

    Args:
        number: of the deck, "01".
        figures: each returns its figure; its name is the file's, less an underscore at the end.
        folder: where the files go.
        data: what every figure is called with.
        dpi: dots an inch.
    """
    use_course_style()
    for figure in figures:
        torch.manual_seed(0)
        fig = figure(*data)
        fig.savefig(Path(folder) / f"{number}_{figure.__name__.removesuffix('_')}.png", dpi=dpi)
        plt.close(fig)


def canvas(
    width: float, height: float, size_inches: tuple[float, float], aspect: str = "equal"
) -> tuple[plt.Figure, plt.Axes]:
    """Empty axes of width x height units, which are the same on both axes unless `aspect` is "auto"."""
    fig, ax = axes_for(None, size_inches, grid="none")
    ax.set(xlim=(0, width), ylim=(0, height), aspect=aspect, xticks=[], yticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    return fig, ax


def box(
    ax: plt.Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str,
    colour: str,
    size: float = 12,
    *,
    alpha: float = 0.18,
    rounding: float = 0.12,
    pad: float = 0.0,
    centred: bool = False,
    **look: Any,
) -> None:
    """A rounded box with a text in its middle.

    Args:
        ax: axes to draw in.
        x: left edge in the axes' units, or the middle if `centred`.
        y: lower edge, or the middle if `centred`.
        width: without the padding.
        height: without the padding.
        text: may be empty.
        colour: of the box; `alpha` makes it pale.
        size: of the text in points.
        alpha: opacity of the box.
        rounding: radius of the corners.
        pad: by how much the box is larger on every side.
        centred: whether (x, y) is the middle of the box.
        look: settings of `FancyBboxPatch`.
    """
    left, bottom = (x - width / 2, y - height / 2) if centred else (x, y)
    style = f"round,pad={pad},rounding_size={rounding}"
    ax.add_patch(FancyBboxPatch((left, bottom), width, height, boxstyle=style, facecolor=colour, alpha=alpha, **look))
    ax.annotate(text, (left + width / 2, bottom + height / 2), ha="center", va="center", fontsize=size)


def arrow(
    ax: plt.Axes, *corners: tuple[float, float], colour: str = INK, text: str = "", shrink: float = 0, **look: Any
) -> None:
    """A line through the corners with a point at its end.

    Args:
        ax: axes to draw in.
        corners: at least two; usually just the start and the stop.
        colour: of line, point and text.
        text: stands above the middle of the last stretch.
        shrink: points that the last stretch ends short of its corners.
        look: `linewidth` and `zorder`.
    """
    start, stop = corners[-2:]
    for one, next_one in zip(corners[:-2], corners[1:-1], strict=True):
        ax.plot(*zip(one, next_one, strict=True), color=colour, **look)
    zorder = {"zorder": look.pop("zorder")} if "zorder" in look else {}
    point = {"arrowstyle": "-|>", "color": colour, "shrinkA": shrink, "shrinkB": shrink, **look}
    ax.annotate("", stop, start, arrowprops=point, annotation_clip=False, **zorder)
    if text:
        middle = ((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2)
        ax.annotate(text, middle, (0, 5), textcoords="offset points", ha="center", fontsize=11, color=colour)


def recorded_ap(systems: Sequence[str], size_inches: tuple[float, float]) -> plt.Figure:
    """AP of each class of the recorded systems: mean and range over seeds, beside chance."""
    records = load_records(profile="smoke")
    rows = results_table(records[records["system"].isin(systems)]).loc[list(systems)]
    chance = load_chance(profile="smoke")
    fig, ax = plt.subplots(figsize=size_inches, layout="constrained")
    plot_per_class_ap(rows, BALL_12, counts=chance["counts"], chance=chance["per_class"], ax=ax)
    return fig
