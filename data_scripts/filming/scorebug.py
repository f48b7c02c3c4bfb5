"""The score bug: names, score and clock in the corner of the picture, as the broadcaster's computer lays them over."""

from collections.abc import Callable

import cv2
import numpy as np

from .appearance import Kit, colour_distance

__all__ = ["ScoreBug"]

OVER = 4  # drawn this much larger, then averaged down
FONT = cv2.FONT_HERSHEY_DUPLEX


class ScoreBug:
    """Draws the bug; a new one only when the clock or the score changes.

    Args:
        names: three letters for each team.
        kits: whose shirt colours stand beside the names.
        picture_width: in pixels, which decides the size.
        style_seed: the broadcaster's colours.
        clock: what to write of so many seconds.
    """

    def __init__(
        self,
        names: tuple[str, str],
        kits: tuple[Kit, Kit],
        picture_width: int,
        style_seed: int,
        clock: Callable[[int], str] = lambda seconds: f"{seconds // 60:02d}:{seconds % 60:02d}",
    ) -> None:
        self.clock = clock
        self.names, self.kits = names, kits
        self.unit = picture_width / 398 * OVER
        rng = np.random.default_rng(style_seed)
        self.ground = ((22, 26, 46), (14, 60, 52), (56, 18, 40), (240, 240, 242))[rng.integers(4)]
        self.ink = (250, 250, 250) if sum(self.ground) < 400 else (24, 26, 32)
        self.accent = ((244, 200, 40), (230, 60, 60), (80, 200, 240))[rng.integers(3)]
        self._shown: tuple[str, int, int] | None = None
        self._bug = np.zeros((0, 0, 3), np.uint8)

    def draw(self, picture: np.ndarray, seconds: int, score: tuple[int, int]) -> None:
        """Lay the bug over the top left corner of `picture`."""
        state = (self.clock(seconds), *score)
        if state != self._shown:
            self._shown, self._bug = state, self._render(*state)
        height, width = self._bug.shape[:2]
        margin = round(9 * self.unit / OVER)
        picture[margin : margin + height, margin + 4 : margin + 4 + width] = self._bug

    def _render(self, clock: str, home: int, away: int) -> np.ndarray:
        unit = self.unit
        bug = np.zeros((round(11 * unit), round(106 * unit), 3), np.uint8)
        bug[:] = self.ground
        bug[:, : round(30 * unit)] = [int(value * 0.8) for value in self.ground]
        cells = (
            (clock, 2.5, 25, self.ink),
            (self.names[0], 36, 18, self.ink),
            (
                f"{home} - {away}",
                58,
                20,
                self.accent if colour_distance(self.accent, self.ground) > 250 else self.ink,
            ),
            (self.names[1], 82, 18, self.ink),
        )
        for text, start, width, colour in cells:
            (text_width, text_height), _ = cv2.getTextSize(text, FONT, 1.0, 2)
            size = min(width * unit / text_width, 6.4 * unit / text_height)
            at = (round((start + width / 2) * unit - size * text_width / 2), round((len(bug) + size * text_height) / 2))
            cv2.putText(bug, text, at, FONT, size, colour, max(1, round(0.42 * unit)), cv2.LINE_AA)
        for kit, start in zip(self.kits, (31.5, 102.5), strict=True):
            bug[round(2 * unit) : round(9 * unit), round(start * unit) : round((start + 2.2) * unit)] = kit.shirt
        return cv2.resize(bug, (bug.shape[1] // OVER, bug.shape[0] // OVER), interpolation=cv2.INTER_AREA)
