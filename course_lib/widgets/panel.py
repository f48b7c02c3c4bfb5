"""What the tools share: controls above, pictures below, a line of words between, and a PNG where no kernel runs.

One output holds the live view and a PNG of it, and every page shows the richest that it can: Jupyter and Colab the
controls, GitHub and HTML the picture. Widget state is never saved: GitHub refuses notebooks that hold it. Only core
controls are used, and they are joined in the kernel.

Matplotlib takes a tenth of a second for a figure, too long to play a video by. So a figure is drawn once, off screen
and at a fixed place, and what moves over it is painted into a copy of its pixels. Introduced in notebook 10.
"""

import base64
import io
from collections.abc import Callable, Sequence
from functools import wraps
from types import SimpleNamespace
from typing import Any, ParamSpec

import cv2
import ipywidgets as widgets
import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course_lib.files import InputError
from course_lib.show.style import ACCENT, COURSE_STYLE

__all__ = ["Canvas", "Panel", "Picture", "beside", "rgb", "stacked", "tool"]

DPI = 80  # at which the course's page of 12 inches is 960 px wide, about the width of a notebook's column
WHITE = 255
P = ParamSpec("P")
JPEG_QUALITY = 88
PNG_COMPRESSION = 3
PHOTO_COLOURS, FIGURE_COLOURS = 192, 63  # of a PNG's 256, for the two pictures of a panel


class Canvas:
    """One pair of axes on a page of fixed size, for the `ax` of any function of `course_lib.show`.

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


class Picture(widgets.Image):
    """An image control that takes arrays.

    Args:
        photo: send JPEG instead of PNG, a tenth of the bytes for a frame of a video.

    Attributes:
        pixels: what is shown, uint8 [H, W, 3] RGB.
    """

    def __init__(self, photo: bool = False) -> None:
        # Its own size where there is room, and no more than the room where there is not.
        layout = widgets.Layout(
            max_width="calc(100% - 4px)", height="auto", object_fit="contain", align_self="flex-start"
        )
        super().__init__(format="jpeg" if photo else "png", layout=layout)
        self.pixels = np.full((1, 1, 3), 255, np.uint8)

    def show(self, pixels: np.ndarray) -> None:
        """Show uint8 [H, W, 3] RGB."""
        self.pixels = pixels
        settings = {
            "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]),
            "png": (".png", [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION]),
        }
        suffix, options = settings[self.format]
        self.value = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)[1].tobytes()


class Panel(widgets.VBox):
    """A tool in a notebook.

    Args:
        title: what it is, in a few words, for pages that show neither controls nor pictures.
        rows: of controls, top to bottom.
        pictures: one or two below them, a photograph first; none for a panel that only says what is wrong.
        **controls: the controls by name, to be found as `panel.controls.<name>`.

    Attributes:
        controls: the controls by name.
        pictures: the pictures, top to bottom.
        words: the line between: what is shown, or what is wrong.
        error: the sentence that says what is wrong, "" if nothing is.
    """

    def __init__(
        self, title: str, rows: Sequence[widgets.Widget], pictures: Sequence[Picture], **controls: widgets.Widget
    ) -> None:
        self.title = title
        self.controls = SimpleNamespace(**controls)
        self.pictures = tuple(pictures)
        self.words = widgets.HTML()
        self.error = ""
        super().__init__([*rows, self.words, *pictures], layout=widgets.Layout(width="100%"))

    def say(self, text: str) -> None:
        """Write the line of words.

        Args:
            text: as it stands; only what is `Markup` is HTML. Whoever needs bold words gives `Markup("<b>{}</b>")` and
                fills it with `.format`, which escapes: names of classes and videos are anybody's.
        """
        self.words.value = str(Markup('<div style="line-height:1.45">{}</div>').format(text))

    def attempt(self, work: Callable[[], None]) -> None:
        """Do the work of a control; what is wrong with the input becomes the line of words, not a traceback."""
        self.error = ""
        try:
            work()
        except InputError as error:
            self.error = str(error)
            self.say(Markup('<b style="color:{}">{}</b>').format(ACCENT, self.error))
        # A picture left from before would be taken for what was asked for.
        for picture in self.pictures:
            picture.layout.display = "none" if self.error else None

    def pixels(self) -> np.ndarray:
        """All pictures as one, or the sentence that says what is wrong, uint8 [H, W, 3] RGB."""
        return (
            _sentence(f"{self.title}: {self.error}")
            if self.error
            else stacked([picture.pixels for picture in self.pictures])
        )

    def png(self) -> bytes:
        """What a page without a kernel shows: the pictures as they are now, in few colours to keep notebooks small."""
        if self.error:
            few = self.pixels()
        else:
            # Each picture chooses its own: shared, a lawn would take them all and leave curves without theirs.
            numbers = (PHOTO_COLOURS, FIGURE_COLOURS) if len(self.pictures) > 1 else (256,)
            few = stacked(list(map(_in_colours, (picture.pixels for picture in self.pictures), numbers)))
        file = io.BytesIO()
        Image.fromarray(few).quantize(256).save(file, "png", optimize=True)
        return file.getvalue()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live view and the PNG in one output."""
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        words = f"{self.title}: {self.error}" if self.error else self.title
        return bundle | {"text/plain": words, "image/png": base64.b64encode(self.png()).decode("ascii")}


def _in_colours(pixels: np.ndarray, number: int) -> np.ndarray:
    few = Image.fromarray(pixels).quantize(number, Image.Quantize.MEDIANCUT)
    return np.asarray(few.convert("RGB"))


def tool(title: str) -> Callable[[Callable[P, Panel]], Callable[P, Panel]]:
    """Make a function that builds a panel give, for input that is wrong, a panel that says so."""

    def decorate(build: Callable[P, Panel]) -> Callable[P, Panel]:
        @wraps(build)
        def built(*args: P.args, **kwargs: P.kwargs) -> Panel:
            try:
                return build(*args, **kwargs)
            except InputError as error:
                return _panel_of_error(title, str(error))

        return built

    return decorate


def _panel_of_error(title: str, sentence: str) -> Panel:
    panel = Panel(title, [], [])

    def fail() -> None:
        raise InputError(sentence)

    panel.attempt(fail)
    return panel


def _sentence(text: str) -> np.ndarray:
    canvas = Canvas((960, 80), (0, 0, 0, 0))
    canvas.ax.set_axis_off()
    canvas.ax.text(0.01, 0.5, text, color=ACCENT, va="center", wrap=True)
    return canvas.pixels()
