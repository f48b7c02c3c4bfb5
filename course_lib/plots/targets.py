"""What each frame should say: the targets that a network is trained on.

Introduced in notebook 02.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.plots.style import INK, axes_for, course_styled, legend_above, name_colours

__all__ = ["plot_targets"]


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
