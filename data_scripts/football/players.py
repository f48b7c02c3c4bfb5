"""How 22 players move: limited speed and acceleration, towards where each wants to be.

Two ways to move: *aim*, walk or run towards a place at a given pace and slow down on arrival (everybody, always), and
*appointment*, be at a place at a given frame, because the ball will be there then (whoever is about to touch it).
"""

import numpy as np

from .pitch import PLAYERS

__all__ = ["ACCELERATION", "TOP_SPEED", "Players", "reach_radius"]

TOP_SPEED = 8.2  # m/s
ACCELERATION = 4.2  # m/s^2
LUNGE = 7.5  # m/s^2, on the way to an appointment
DIVE = 16.0  # m/s^2
BRAKING = 2.4  # m/s^2, with which players come to a stop where they want to be
SETTLING = 3.0  # 1/s, how quickly a player takes up a new velocity


def reach_radius(seconds: np.ndarray, speed: float = 7.0, acceleration: float = 5.0) -> np.ndarray:
    """Distance covered from a standing start; a little below what players can do, so that an appointment is kept."""
    ramp = speed / acceleration
    return np.where(seconds < ramp, 0.5 * acceleration * seconds**2, speed * (seconds - 0.5 * ramp))


class Players:
    """Positions and velocities.

    Attributes:
        xy: complex [22], metres.
        velocity: complex [22], m/s.
        aim: complex [22], where each wants to be.
        pace: float [22], m/s, how fast each wants to get there.
        appointments: player -> (place, frame).
        divers: who may dive on his way to an appointment, which is quicker than running.
    """

    def __init__(self, xy: np.ndarray):
        self.xy = xy.astype(complex)
        self.velocity = np.zeros(PLAYERS, complex)
        self.aim = self.xy.copy()
        self.pace = np.full(PLAYERS, 2.0)
        self.appointments: dict[int, tuple[complex, int]] = {}
        self.divers: set[int] = set()

    def step(self, frame: int, fps: float) -> None:
        """Move everybody from `frame` to the next frame."""
        dt = 1.0 / fps
        to = self.aim - self.xy
        distance = np.abs(to)
        braking = np.minimum(2.2 * distance, np.sqrt(2.0 * BRAKING * distance))
        wanted = to * (np.minimum(self.pace, braking) / np.maximum(distance, 1e-6))
        change = (wanted - self.velocity) * (SETTLING * dt)
        size = np.abs(change)
        np.maximum(size, 1e-9, out=size)
        kept = None
        if self.appointments:
            kept = {player: complex(self.velocity[player]) for player in self.appointments}
        self.velocity += change * np.minimum(1.0, ACCELERATION * dt / size)
        if kept:
            for player, velocity in kept.items():
                place, due = self.appointments[player]
                self.velocity[player] = self._towards(
                    complex(self.xy[player]), velocity, place, due - frame, dt, DIVE if player in self.divers else LUNGE
                )
        self.xy += self.velocity * dt

    @staticmethod
    def _towards(xy: complex, velocity: complex, place: complex, steps: int, dt: float, lunge: float) -> complex:
        """The velocity that keeps an appointment `steps` frames from now, as far as a body can take it up."""
        wanted = (place - xy) / (max(steps, 1) * dt)
        change = wanted - velocity
        limit = lunge * dt
        if abs(change) > limit:
            change *= limit / abs(change)
        velocity += change
        return velocity if abs(velocity) <= TOP_SPEED else velocity * (TOP_SPEED / abs(velocity))
