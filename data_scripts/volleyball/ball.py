"""The ball in three dimensions: parabolas from contact to contact, then bounces until it lies still.

A flight is given by where and at which frames it begins and ends, so that every contact falls on a whole frame. Topspin
(a jump serve, a hard spike) pulls the ball down harder than gravity alone; air drag is left out.
"""

import math
from typing import NamedTuple

import numpy as np

from .court import BALL_RADIUS, BOARD_X, BOARD_Y, NET_BOTTOM, NET_HALF_WIDTH, NET_TOP

__all__ = ["GRAVITY", "HARDEST", "Arc", "Crossing", "Point", "aim", "crossing", "frames_over_net", "roll_out"]

GRAVITY = 9.81  # m/s^2
HARDEST = 29.0  # m/s, the fastest ball
CLEARANCE = 0.06  # metres between the net and a ball that passes it
BOUNCE = 0.72  # vertical speed kept by a bounce
GRIP = 0.78  # horizontal speed kept by a bounce
ROLL_FRICTION = 0.7  # m/s^2
BOARD_BOUNCE = 0.25  # of the speed towards the boards
NET_GIVE = 0.12  # of the speed towards the net


class Point(NamedTuple):
    """Where the ball is: over the floor (complex, metres) and above it."""

    floor: complex
    z: float


class Arc(NamedTuple):
    """A flight from `frame` on: start, velocity in m/s, and how hard the ball is pulled down, m/s^2."""

    frame: int
    start: Point
    velocity: complex
    vz: float
    fall: float

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """Positions [n, 3] in metres at times after the start."""
        floor = self.start.floor + self.velocity * seconds
        z = self.start.z + (self.vz - 0.5 * self.fall * seconds) * seconds
        return np.stack([floor.real, floor.imag, z], axis=-1)

    def velocity_after(self, seconds: float) -> tuple[complex, float]:
        """Velocity over the floor and upwards, m/s."""
        return self.velocity, self.vz - self.fall * seconds


class Crossing(NamedTuple):
    """Where a flight crosses the plane of the net: across the court and above the floor, metres."""

    y: float
    z: float


def aim(frame: int, start: Point, end: Point, frames: int, fps: float, fall: float = GRAVITY) -> Arc:
    """The flight that begins at `frame` and is at `end` exactly `frames` later."""
    seconds = frames / fps
    vz = (end.z - start.z) / seconds + 0.5 * fall * seconds
    return Arc(frame, start, (end.floor - start.floor) / seconds, vz, fall)


def _share(start: Point, end: Point) -> float | None:
    """The share of the way at which the plane of the net is crossed."""
    a, b = start.floor.real, end.floor.real
    return a / (a - b) if a * b < 0 else None


def crossing(start: Point, end: Point, frames: int, fps: float, fall: float = GRAVITY) -> Crossing | None:
    """Where the flight `aim` would give crosses the plane of the net; None if it stays on one side."""
    share = _share(start, end)
    if share is None:
        return None
    seconds = frames / fps
    z = start.z + (end.z - start.z) * share + 0.5 * fall * seconds**2 * share * (1 - share)
    return Crossing(start.floor.imag + (end.floor.imag - start.floor.imag) * share, z)


def frames_over_net(start: Point, end: Point, fps: float, fall: float = GRAVITY, extra: float = 0.0) -> int:
    """The shortest flight, in frames, that passes the net `extra` metres above the least clearance."""
    share = _share(start, end)
    if share is None:
        return 1
    missing = NET_TOP + BALL_RADIUS + CLEARANCE + extra - (start.z + (end.z - start.z) * share)
    if missing <= 0:
        return 1
    return max(1, math.ceil(math.sqrt(2 * missing / (fall * share * (1 - share))) * fps))


def roll_out(start: Point, velocity: complex, vz: float, frames: int, fps: float) -> tuple[np.ndarray, int]:
    """A ball that nobody plays any more.

    Returns:
        Positions [frames, 3] in metres, the first one frame after the start; and the index of the first one at or
        after a touch of the floor (`frames` if there is none).
    """
    x, y, z, vx, vy = start.floor.real, start.floor.imag, start.z, velocity.real, velocity.imag
    points = np.empty((frames, 3))
    landed = frames
    dt = 1.0 / fps
    for step in range(frames):
        before = x
        if z > BALL_RADIUS or vz > 0.0:
            fallen = z + vz * dt - 0.5 * GRAVITY * dt * dt
            if fallen <= BALL_RADIUS:
                landed = min(landed, step)
                down = math.sqrt(max(vz * vz + 2 * GRAVITY * (z - BALL_RADIUS), 0.0))
                left = max(dt - (vz + down) / GRAVITY, 0.0)
                up = BOUNCE * down if down > 0.8 else 0.0
                vx, vy = vx * GRIP, vy * GRIP
                z = max(BALL_RADIUS + up * left - 0.5 * GRAVITY * left * left, BALL_RADIUS)
                vz = up - GRAVITY * left if up > 0.0 else 0.0
            else:
                z, vz = fallen, vz - GRAVITY * dt
        else:
            z, vz = BALL_RADIUS, 0.0
            speed = math.hypot(vx, vy)
            keep = max(0.0, 1.0 - ROLL_FRICTION * dt / speed) if speed > 0.0 else 0.0
            vx, vy = vx * keep, vy * keep
        x, y = x + vx * dt, y + vy * dt
        in_net = NET_BOTTOM - BALL_RADIUS < z < NET_TOP + BALL_RADIUS and abs(y) < NET_HALF_WIDTH
        if in_net and (abs(x) < BALL_RADIUS or before * x < 0):
            x, vx = math.copysign(BALL_RADIUS, before), math.copysign(NET_GIVE * abs(vx), before)
        if abs(x) > BOARD_X:
            x, vx = math.copysign(BOARD_X, x), -BOARD_BOUNCE * vx
        if abs(y) > BOARD_Y:
            y, vy = math.copysign(BOARD_Y, y), -BOARD_BOUNCE * vy
        points[step] = x, y, z
    return points, landed
