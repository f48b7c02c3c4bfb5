"""What a training is told and how it goes: targets of every step; loss, validation mAP and learning rate by epoch.

Introduced in notebook 02.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.files import InputError
from course_lib.show.style import INK, LINE_STYLES, axes_for, course_styled, legend_above, name_colours

__all__ = ["plot_targets", "plot_training_curves"]


@course_styled
def plot_targets(
    targets: Mapping[str, np.ndarray], classes: Sequence[str], *, first_step: int = 0, ax: Axes | None = None
) -> tuple[Figure, Axes]:
    """Kinds of targets for the same steps, one above the other: the weight that each step gives to each class.

    Args:
        targets: kind ("hard", "dilated", ...) to float (T, K+1), background first, rows summing to 1.
        classes: the K names.
        first_step: step of the video at which the arrays begin.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (12, 1.3 + 1.15 * len(targets)), grid="none")
    used = [k for k in range(len(classes)) if any(target[:, k + 1].any() for target in targets.values())]
    colours = name_colours(classes)
    for row, (kind, target) in enumerate(targets.items()):
        base = len(targets) - 1 - row
        steps = first_step + np.arange(len(target))
        ax.axhline(base, color=INK, linewidth=0.8)
        bottom = np.full(len(target), float(base))
        for k in used:
            height = 0.82 * target[:, k + 1]
            label = classes[k] if row == 0 else None
            some = height > 0
            ax.bar(
                steps[some], height[some], 0.86, bottom=bottom[some], color=colours[classes[k]], label=label, gid=kind
            )
            bottom += height
    ax.set_yticks(np.arange(len(targets))[::-1] + 0.41, list(targets))
    ax.set_ylim(-0.05, len(targets))
    lengths = [len(target) for target in targets.values()]
    ax.set_xlim(first_step - 0.7, first_step + max(lengths) - 0.3)
    ax.set_xlabel("step")
    legend_above(ax, "Targets: the class each step should give (what is missing to 1 is background)", columns=6)
    return fig, ax


PANELS = (
    ("train_loss", "training loss", 1.0),
    ("val_map", "validation mAP (%)", 100.0),
    ("lr", "learning rate", 1.0),
)
"""Column of log.csv, the panel's title, and what the values are multiplied by."""


@course_styled
def plot_training_curves(
    logs: pd.DataFrame | Mapping[str, pd.DataFrame], *, ax: Sequence[Axes] | None = None
) -> tuple[Figure, Sequence[Axes]]:
    """Three panels side by side, a line for each run; the best validation epoch is marked.

    Args:
        logs: the table of a run's log.csv (columns epoch, train_loss, val_map, lr), or name of run to table. An epoch
            without validation has an empty val_map.
        ax: three axes to draw in.

    Raises:
        InputError: a table lacks a column.
    """
    named = {"": logs} if isinstance(logs, pd.DataFrame) else dict(logs)
    for name, log in named.items():
        missing = [column for column in ("epoch", *(panel[0] for panel in PANELS)) if column not in log.columns]
        if missing:
            raise InputError(f"training log {name!r}: expected a column {missing[0]!r}, found {list(log.columns)}")
    if ax is None:
        fig, ax = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    for panel, (column, title, factor) in zip(ax, PANELS, strict=True):
        fig, _ = axes_for(panel, (12, 3.8))
        panel.set_title(title, fontsize=12)
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        for index, (name, log) in enumerate(named.items()):
            rows = log.dropna(subset=[column])
            colour = name_colours(list(named))[name]
            style = LINE_STYLES[index % 4]
            panel.plot(
                rows["epoch"], rows[column] * factor, style, color=colour, marker="o", markersize=4, label=name or None
            )
            if column == "val_map" and len(rows):
                best = rows.loc[rows[column].idxmax()]
                value = best[column] * factor
                panel.plot(best["epoch"], value, marker="*", markersize=15, color=colour, markeredgecolor=INK)
                panel.annotate(
                    f"{value:.1f}", (best["epoch"], value), (0, 9), textcoords="offset points", ha="center", fontsize=10
                )
        if column != "lr":
            panel.set_ylim(bottom=0, top=panel.get_ylim()[1] * 1.08)
    if len(named) > 1:
        legend_above(ax[0], "training loss", columns=2)
        for panel, (_, title, _) in zip(ax[1:], PANELS[1:], strict=True):
            panel.set_title(title, pad=8 + 17 * -(-len(named) // 2))
    return fig, ax
