"""Lines on the ground, drawn large and averaged down, so that a thin line keeps its share of a coarse texel."""

from collections.abc import Callable

import cv2
import numpy as np

__all__ = ["paint_coverage"]

LEAST_LINE_TEXELS = 6  # a line is drawn at least this wide before it is averaged down
SHIFT = 4


def paint_coverage(
    outlines: Callable[[np.ndarray], list[np.ndarray]],
    line_m: float,
    x_m: tuple[float, float],
    y_m: tuple[float, float],
    shape: tuple[int, int],
) -> np.ndarray:
    """How much of each texel is painted.

    Args:
        outlines: `outlines(inset_m)` gives what is painted as polygons [n, 2] in metres, each side drawn in by
            `inset_m` (x, y).
        line_m: width of the lines.
        x_m: from the first column's left edge to the last one's right.
        y_m: from the last row's lower edge to the first one's upper.
        shape: rows and columns.

    Returns:
        float32 [h, w] in [0, 1].
    """
    height, width = shape
    low, high = y_m
    texels_per_m = width / (x_m[1] - x_m[0]), height / (high - low)
    over_x, over_y = (max(1, int(np.ceil(LEAST_LINE_TEXELS / (line_m * scale)))) for scale in texels_per_m)
    mask = np.zeros((height * over_y, width * over_x), np.uint8)
    scale = np.array(texels_per_m) * (over_x, over_y)

    def texels(points: np.ndarray) -> np.ndarray:
        placed = (np.stack([points[:, 0] - x_m[0], high - points[:, 1]], axis=1)) * scale - 0.5
        return np.round(placed * 2**SHIFT).astype(np.int32)

    # OpenCV also fills the pixels that an outline only touches: one more on every side, so one less is asked for.
    for outline in outlines(1 / scale):
        cv2.fillPoly(mask, [texels(outline)], 255, shift=SHIFT)
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
