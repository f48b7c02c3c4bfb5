"""A venue: what surrounds the people who play, and what the camera must know of it.

A film is the same for every sport; grass, goals and stadium, or floor, net and hall, are told to it by one of these.
`stadium.FOOTBALL` and `hall.VOLLEYBALL` are the two that there are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .appearance import Look
from .camera import CameraPath, CameraStyle
from .planes import Plane

__all__ = ["Draw", "Standing", "Venue"]

Draw = Callable[[np.ndarray, int], None]  # draws onto picture [H, W, 3] what is seen in frame i of a chunk


class Standing(Protocol):
    """Something that stands among the people, as the camera sees it during a chunk of frames."""

    def parts(self, index: int) -> Iterator[tuple[float, Draw]]:
        """What is seen of it in frame `index` of the chunk, each part with its depth in metres."""


@dataclass(frozen=True)
class Venue:
    """Where a sport is played. `Any` is the sport's own class of look."""

    half_m: tuple[float, float]  # half the length and half the width of the field
    ball_radius_m: float
    body_scale: float  # times 1.82 m, the height of a player
    cameras: Mapping[str, CameraStyle]
    draw_look: Callable[[int], Any]
    planes: Callable[[Any, float, np.ndarray], list[Plane]]  # (look, focal_px, camera_m), in the order of drawing
    standing: Callable[[Look, CameraPath, slice], Sequence[Standing]]
    clock: Callable[[int], str]  # what the score bug shows after so many seconds
    net_x_m: float | None = None  # a net across the whole field in this plane: it hides what is beyond it
    contact_margin: float | None = None  # the picture is widened where an action would be nearer to its edge
    score_delay_sec: float = 0.0  # how long the score bug takes to notice

    def layers(self, x_m: np.ndarray, camera_m: np.ndarray) -> np.ndarray:
        """Which things are drawn first whatever their depth: 0 beyond the net, 1 the net itself, 2 before it.

        What is on the camera's side of a plane can never be hidden by what is not.

        Args:
            x_m: [...], where things stand along the field.
            camera_m: [3], where the camera stands.
        """
        if self.net_x_m is None:
            return np.ones(x_m.shape, int)
        return np.where((x_m > self.net_x_m) == (camera_m[0] > self.net_x_m), 2, 0)
