"""From a place in the picture to a place on the volleyball court.

One camera sees directions, not distances: behind a pixel lies a whole line of places. What an action is tells roughly
how high the ball was, and where the line passes that height is the place. An error of the assumed height moves the
place along the line, away from the camera or towards it: 30 cm are a metre or more on the floor where a camera looks
down at 15 degrees. Good for a map of where spikes are hit, not for measuring one.

Axes, in metres: origin on the floor under the middle of the net, x along the court (the net in the plane x = 0), y
across it and away from the camera, z up. Introduced in notebook 09.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.data.events import Event
from course_lib.files import InputError

__all__ = ["CONTACT_HEIGHT_M", "COURT_LENGTH_M", "COURT_WIDTH_M", "place_on_court", "places_on_court"]

COURT_LENGTH_M, COURT_WIDTH_M = 18.0, 9.0

CONTACT_HEIGHT_M = {"serve": 2.6, "receive": 0.8, "set": 2.4, "spike": 3.1, "block": 2.9, "score": 0.1}
"""How high the ball usually is at each contact: assumed, where only one camera looks on."""


def place_on_court(
    xy: ArrayLike, camera_matrix: ArrayLike, height_m: ArrayLike, size_px: tuple[int, int]
) -> NDArray[np.float64]:
    """Follow the viewing ray of a place in the picture to the horizontal plane at a height.

    Args:
        xy: (..., 2), fractions of the picture's width and height, (0, 0) top left.
        camera_matrix: (3, 4) or (..., 3, 4), homogeneous metres to homogeneous pixels, the third coordinate positive
            before the camera.
        height_m: (...,) or one number.
        size_px: width and height of the picture that the matrix projects into.

    Returns:
        float64 (..., 2), metres; NaN where the ray meets the plane nowhere before the camera.
    """
    xy, matrix = np.asarray(xy, np.float64), np.asarray(camera_matrix, np.float64)
    if xy.shape[-1:] != (2,) or matrix.shape[-2:] != (3, 4):
        raise InputError(f"places {xy.shape} and camera {matrix.shape}: expected (..., 2) and (..., 3, 4)")
    height = np.asarray(height_m, np.float64)[..., None]
    shape = np.broadcast_shapes(xy.shape[:-1], matrix.shape[:-2], height.shape[:-1])
    # At a fixed height the projection is a map of the plane: (x, y, 1) to pixels, which can be turned round.
    plane = np.stack(
        np.broadcast_arrays(matrix[..., 0], matrix[..., 1], height * matrix[..., 2] + matrix[..., 3]), axis=-1
    )
    pixel = np.concatenate([xy * np.asarray(size_px, np.float64), np.ones((*xy.shape[:-1], 1))], axis=-1)
    pixel = np.broadcast_to(pixel, (*shape, 3))[..., None]
    metres = np.linalg.solve(np.broadcast_to(plane, (*shape, 3, 3)), pixel)[..., 0]  # (..., 3), 1 / depth last
    before = metres[..., 2:] > 0
    return np.where(before, metres[..., :2] / np.where(before, metres[..., 2:], 1), np.nan)


def places_on_court(
    events: Sequence[Event],
    cameras: NDArray[np.floating],
    size_px: tuple[int, int],
    *,
    height_m: Mapping[str, float] = CONTACT_HEIGHT_M,
) -> dict[str, NDArray[np.float64]]:
    """Where the events of one rally happened, by class; events without a place are left out.

    Args:
        events: labels or spots.
        cameras: (T, 3, 4), a matrix for each frame, as `tracks.npz` of a simulated rally has them.
        size_px: width and height of the picture.
        height_m: of the ball, by class.

    Returns:
        Class to float64 (N, 2), metres, in the order of the events.

    Raises:
        InputError: an event lies outside the T frames, or its class has no height.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    for event in events:
        if event.xy is None:
            continue
        if not 0 <= event.frame < len(cameras):
            raise InputError(f"{event.label} at frame {event.frame}: expected one of the {len(cameras)} frames filmed")
        if event.label not in height_m:
            raise InputError(f"class {event.label!r} has no height; expected one of {', '.join(height_m)}")
        place = place_on_court(event.xy, cameras[event.frame], height_m[event.label], size_px)
        found.setdefault(event.label, []).append(place)
    return {label: np.stack(places) for label, places in found.items()}
