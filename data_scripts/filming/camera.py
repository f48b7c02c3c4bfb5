"""The camera on the main stand: a pinhole that pans, tilts and zooms after the ball.

An operator sees the ball late, turns with inertia and limited speed, knows the game well enough to look where the ball
is going, widens the picture for a long ball and never holds quite still. `follow` plays that operator over a whole
track and returns a `CameraPath`, which projects points and planes exactly.

Axes: pan is the angle from +y towards +x, tilt is the angle below the horizon; pixels have their origin at the top
left corner of the picture, pixel centres at half-integers.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

__all__ = [
    "BROADCAST",
    "CAMERAS",
    "NEAR",
    "CameraPath",
    "CameraStyle",
    "bounds",
    "follow",
    "hold_in_picture",
    "overlaps",
    "smooth",
]


@dataclass(frozen=True)
class CameraStyle:
    """How the operator works. Lengths in metres, scales in pixels a metre at a picture 398 pixels wide."""

    name: str
    scale_px_per_m: float  # at the aim, when nothing forces the picture wider
    widen: float  # largest factor by which the picture widens for a long or high ball
    distance_m: float  # of the camera from the middle of the pitch
    height_m: float
    depth_follow: float  # share of the ball's way across the pitch that the tilt follows
    lift_follow: float  # share of the ball's height that the tilt follows
    lead_sec: float  # how far ahead of the ball the operator thinks
    steadiness_sec: float  # smoothing of what the operator aims at
    response_rad_per_sec: float  # natural frequency of arm and tripod; the lag is 2 / response
    max_rate_rad_per_sec: float
    pan_follow: float = 1.0  # share of the ball's way along the field that the pan follows
    aim_height_m: float = 0.9  # where the operator aims above the ground when the ball lies on it
    # From match to match the camera stands elsewhere: to either side, to and fro, and lowest and highest of its height.
    wander_m: tuple[float, float, float, float] = (4.0, 2.0, -2.0, 2.5)
    least_aside_m: float = 0.0  # added to the first, for those who would see a net edge-on from the middle


BROADCAST = CameraStyle("broadcast", 15.5, 1.25, 84.0, 19.0, 0.55, 0.25, 0.55, 0.30, 5.0, 0.35)
NEAR = CameraStyle("near", 28.5, 1.30, 77.0, 21.0, 0.97, 0.55, 0.45, 0.20, 6.5, 0.45)
CAMERAS = {style.name: style for style in (NEAR, BROADCAST)}

REFERENCE_WIDTH_PX = 398
MOST_WIDENING = 2.5
WIDENING_SEC = 0.9


@dataclass(frozen=True)
class CameraPath:
    """Where the camera stands and how it is turned and zoomed at each of T frames."""

    position_m: np.ndarray  # [3]
    pan_rad: np.ndarray  # [T]
    tilt_rad: np.ndarray  # [T]
    focal_px: np.ndarray  # [T]
    width: int
    height: int

    def matrices(self, frames: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Projection matrices: homogeneous (x, y, z, 1) in metres to homogeneous pixels.

        Returns:
            float64 [n, 3, 4]; the third coordinate is the depth along the optical axis in metres.
        """
        return self._matrices[frames]

    @cached_property
    def _matrices(self) -> np.ndarray:
        pan, tilt, focal = self.pan_rad, self.tilt_rad, self.focal_px
        zero = np.zeros_like(pan)
        right = np.stack([np.cos(pan), -np.sin(pan), zero], -1)
        forward = np.stack([np.sin(pan) * np.cos(tilt), np.cos(pan) * np.cos(tilt), -np.sin(tilt)], -1)
        down = np.stack([-np.sin(pan) * np.sin(tilt), -np.cos(pan) * np.sin(tilt), -np.cos(tilt)], -1)
        centre = np.array([self.width / 2, self.height / 2])
        rows = np.stack(
            [
                focal[:, None] * right + centre[0] * forward,
                focal[:, None] * down + centre[1] * forward,
                forward,
            ],
            axis=1,
        )  # [n, 3, 3]
        return np.concatenate([rows, -rows @ self.position_m[:, None]], axis=2)

    def project(self, points_m: np.ndarray, frames: slice | np.ndarray = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Project points, those of row i with the camera of the i-th of `frames`.

        Args:
            points_m: [n, ..., 3].
            frames: which frames of the path the rows belong to.

        Returns:
            pixels [n, ..., 2] and depth in metres [n, ...].
        """
        matrix = self.matrices(frames)
        flat = points_m.reshape(len(points_m), -1, 3).astype(np.float64)
        homogeneous = flat @ matrix[:, :, :3].transpose(0, 2, 1) + matrix[:, None, :, 3]
        depth = homogeneous[..., 2]
        pixels = homogeneous[..., :2] / depth[..., None]
        return pixels.reshape(*points_m.shape[:-1], 2), depth.reshape(points_m.shape[:-1])


def bounds(points: np.ndarray) -> np.ndarray:
    """Boxes [..., 4] (x0, y0, x1, y1) around points [..., n, 2]."""
    x, y = points[..., 0], points[..., 1]  # one at a time: NumPy is ten times as slow over an axis before a short one
    return np.stack([x.min(axis=-1), y.min(axis=-1), x.max(axis=-1), y.max(axis=-1)], axis=-1)


def overlaps(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Whether boxes [..., 4] touch the picture."""
    x0, y0, x1, y1 = np.moveaxis(boxes, -1, 0)
    return (x1 > 0) & (x0 < width) & (y1 > 0) & (y0 < height)


def smooth(values: np.ndarray, sigma_frames: float) -> np.ndarray:
    """Gaussian smoothing along the first axis, the ends held."""
    if sigma_frames <= 0:
        return values
    radius = int(np.ceil(3 * sigma_frames))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_frames) ** 2)
    kernel /= kernel.sum()
    columns = values.reshape(len(values), -1)
    padded = np.pad(columns, ((radius, radius), (0, 0)), mode="edge")
    smoothed = [np.convolve(padded[:, column], kernel, mode="valid") for column in range(columns.shape[1])]
    return np.stack(smoothed, axis=1).reshape(values.shape)


def _turn(target: np.ndarray, fps: float, response: float, max_rate: float) -> np.ndarray:
    """A critically damped spring after `target` [T] whose speed is limited to `max_rate` a second."""
    value, rate, step = float(target[0]), 0.0, 1.0 / fps
    limit = max_rate * response  # reaches full speed in about one response time
    path = np.empty(len(target))
    for index, goal in enumerate(target.tolist()):
        pull = response * response * (goal - value) - 2 * response * rate
        rate += min(limit, max(-limit, pull)) * step
        rate = min(max_rate, max(-max_rate, rate))
        value += rate * step
        path[index] = value
    return path


def _ahead(values: np.ndarray, frames: int) -> np.ndarray:
    """`values` shifted so that index i holds what will be true `frames` later; the end is held."""
    frames = min(frames, len(values) - 1)
    return np.concatenate([values[frames:], np.repeat(values[-1:], frames, axis=0)])


def follow(
    ball_m: np.ndarray,
    fps: float,
    style: CameraStyle,
    size: tuple[int, int],
    field_half_m: tuple[float, float],
    seed: int,
    take: int = 0,
) -> CameraPath:
    """Play the operator over a whole track.

    Args:
        ball_m: [T, 3], the ball.
        fps: frames a second of the track.
        style: how near and how quick.
        size: width and height of the picture in pixels.
        field_half_m: half the length and half the width of the field; the camera does not chase a ball far off it.
        seed: where exactly the camera stands, and the trembling of the hands.
        take: of several films with one seed, that is from one place, which one this is: the hands tremble anew.
    """
    width, height = size
    rng = np.random.default_rng(seed)
    aside, back, lowest, highest = style.wander_m
    position = np.array(
        [
            rng.uniform(-aside, aside),
            -style.distance_m + rng.uniform(-back, back),
            style.height_m + rng.uniform(lowest, highest),
        ]
    )
    position[0] += np.copysign(style.least_aside_m, position[0])
    ball = ball_m.astype(np.float64)
    inside = ball.copy()
    for axis, half in enumerate(field_half_m):
        inside[:, axis] = np.clip(ball[:, axis], -half - 2.0, half + 2.0)
    inside[:, 2] = np.clip(ball[:, 2], 0.0, 12.0)

    aim = smooth(_ahead(inside, round(style.lead_sec * fps)), style.steadiness_sec * fps)
    aim[:, 0] *= style.pan_follow
    aim[:, 1] *= style.depth_follow
    aim[:, 2] = style.aim_height_m + style.lift_follow * aim[:, 2]
    offset = aim - position
    level = np.hypot(offset[:, 0], offset[:, 1])
    turn = {"response": style.response_rad_per_sec, "max_rate": style.max_rate_rad_per_sec}
    pan = _turn(np.arctan2(offset[:, 0], offset[:, 1]), fps, **turn)
    tilt = _turn(np.arctan2(-offset[:, 2], level), fps, **turn)

    # The picture must hold the ball's way over the next moments; widen it, gently, where it would not.
    window = round(0.8 * fps)
    travel = np.abs(_ahead(inside, window) - inside)
    need = 2 * np.maximum(0.55 * travel[:, 0], travel[:, 2] * width / height * 0.6) / 0.80
    usual = REFERENCE_WIDTH_PX / style.scale_px_per_m
    widening = np.clip(need / usual, 1.0, style.widen)
    widening = smooth(widening, 0.5 * fps)
    # A far touchline is filmed with a longer lens, though not quite long enough to keep everybody the same size.
    distance = smooth(np.linalg.norm(offset, axis=1), 0.8 * fps)
    typical = np.linalg.norm(position)
    scale = style.scale_px_per_m * width / REFERENCE_WIDTH_PX
    focal = scale * typical * (distance / typical) ** 0.75 / widening

    if take:
        rng = np.random.default_rng([seed, take])
    tremble = smooth(rng.normal(size=(len(ball), 2)), 0.25 * fps)
    tremble *= 0.6 * width / REFERENCE_WIDTH_PX / max(tremble.std(), 1e-9) / focal[:, None]
    return CameraPath(position, pan + tremble[:, 0], tilt + tremble[:, 1], focal, width, height)


def hold_in_picture(
    path: CameraPath, points_m: np.ndarray, frames: np.ndarray, fps: float, margin: float
) -> CameraPath:
    """A path widened, gently, where it would lose points that must be seen.

    Args:
        path: as the operator went.
        points_m: [n, 3], where something happens.
        frames: int [n], when.
        fps: frames a second of the path.
        margin: share of the picture, on every side, within which a point counts as lost.

    Returns:
        The same turns with shorter lenses around those frames; at most `MOST_WIDENING` times as wide.
    """
    if not len(frames):
        return path
    index = np.asarray(frames)
    at = replace(path, pan_rad=path.pan_rad[index], tilt_rad=path.tilt_rad[index], focal_px=path.focal_px[index])
    pixels, _ = at.project(np.asarray(points_m, float)[:, None])
    middle = np.array([path.width, path.height]) / 2
    off = (np.abs(pixels[:, 0] - middle) / ((1 - 2 * margin) * middle)).max(axis=1)
    factor = np.ones(len(path.focal_px))
    seconds = np.arange(len(factor)) / fps
    for frame, need in zip(index.tolist(), np.minimum(off, MOST_WIDENING).tolist(), strict=True):
        if need > 1:
            # Whole for a moment around the frame, then back over WIDENING_SEC.
            share = np.clip(1 - (np.abs(seconds - frame / fps) - 0.1) / WIDENING_SEC, 0, 1)
            factor = np.maximum(factor, 1 + (need - 1) * share * share * (3 - 2 * share))
    return replace(path, focal_px=path.focal_px / factor)
