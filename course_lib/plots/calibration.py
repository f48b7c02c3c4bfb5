"""Do scores mean what they say: share of hits against score, with how many spots stand behind each point.

Introduced in notebook 10.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.plots.style import INK, axes_for, course_styled, legend_above, system_colours

if TYPE_CHECKING:
    from course_lib.metrics.calibration import Calibration

__all__ = ["plot_calibration"]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@course_styled
def plot_calibration(calibrations: Mapping[str, "Calibration"], *, ax: Axes | None = None) -> tuple[Figure, Axes]:
    """A point for each bin that holds spots; above the diagonal scores are too low, below too high.

    Args:
        calibrations: name to `course_lib.metrics.calibrate`'s result.
        ax: axes to draw in.
    """
    fig, ax = axes_for(ax, (6.8, 5.4))
    ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", zorder=1)
    for index, (name, bins) in enumerate(calibrations.items()):
        filled = bins.counts > 0
        colour = system_colours(list(calibrations))[name]
        # Few spots, small mark: a share of three spots is no share.
        size = 18 + 90 * np.sqrt(bins.counts[filled] / max(bins.counts.max(initial=0), 1))
        ax.plot(bins.mean_score[filled], bins.hit_share[filled], color=colour, linewidth=1.5)
        label = f"{name}: {bins.counts.sum():,} spots, calibration error {100 * bins.error:.1f} points"
        marker = MARKERS[index % len(MARKERS)]
        ax.scatter(bins.mean_score[filled], bins.hit_share[filled], size, color=colour, marker=marker, label=label)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.04)
    ax.set_xlabel("mean score of the spots in a bin (larger mark: more spots)")
    ax.set_ylabel("share of them that are right")
    legend_above(ax, "Does a score mean what it says?", columns=1)
    return fig, ax
