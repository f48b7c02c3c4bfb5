"""Figures for controls that follow the hand: drawn off screen, at a fixed place, and a cursor put in afterwards.

Matplotlib takes a tenth of a second for a figure, too long to play a video by. So a figure is drawn once, and what
moves over it is painted into a copy of its pixels. Introduced in notebook 10.
"""

import cv2
import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course_lib.plots.style import ACCENT, COURSE_STYLE

__all__ = ["Canvas", "beside", "rgb", "stacked"]

DPI = 80  # at which the course's page of 12 inches is 960 px wide, about the width of a notebook's column
WHITE = 255


class Canvas:
    """One pair of axes on a page of fixed size, for the `ax` of any function of `course_lib.plots`.

    No automatic layout: it would take as long as the drawing itself, and the axes would jump from step to step.

    Args:
        size_px: (width, height) of the page.
        margins_px: (left, top, right, bottom) around the axes, for titles, legends and names.
    """

    def __init__(self, size_px: tuple[int, int], margins_px: tuple[int, int, int, int]) -> None:
        (width, height), (left, top, right, bottom) = size_px, margins_px
        with rc_context(COURSE_STYLE):
            self._canvas = FigureCanvasAgg(Figure(figsize=(width / DPI, height / DPI), dpi=DPI))
            place = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
            self.ax: Axes = self._canvas.figure.add_axes(place)

    def pixels(self) -> np.ndarray:
        """What is drawn, as uint8 [H, W, 3] RGB."""
        with rc_context(COURSE_STYLE):
            self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()

    def with_cursor(self, pixels: np.ndarray, x: float) -> np.ndarray:
        """A copy of `pixels` with an upright line across the axes at `x` (in the axes' own unit)."""
        box = self.ax.bbox
        height = len(pixels)
        column = round(float(self.ax.transData.transform((x, 0))[0]))
        column = int(np.clip(column, round(box.x0), round(box.x1)))
        top, bottom = height - round(box.y1), height - round(box.y0)
        copy = pixels.copy()
        cv2.line(copy, (column, top), (column, bottom), rgb(ACCENT), 2)
        foot = np.array([[column, bottom], [column - 6, bottom + 9], [column + 6, bottom + 9]])
        cv2.fillPoly(copy, [foot], rgb(ACCENT), cv2.LINE_AA)
        return copy


def rgb(colour: str) -> tuple[int, int, int]:
    """A colour "#rrggbb" as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def stacked(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures uint8 [H, W, 3] one below the other, on white up to the widest."""
    width = max(picture.shape[1] for picture in pictures)
    rows = [
        np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=WHITE) for picture in pictures
    ]
    return np.concatenate(rows)


def beside(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures uint8 [H, W, 3] from left to right, on white down to the tallest."""
    height = max(picture.shape[0] for picture in pictures)
    columns = [
        np.pad(picture, ((0, height - picture.shape[0]), (0, 0), (0, 0)), constant_values=WHITE) for picture in pictures
    ]
    return np.concatenate(columns, axis=1)
