"""How twelve players move: cubic curves from where and how fast somebody is to where he has to be, and when.

Each order starts from the position and velocity of that moment, so that paths have no corners; how long it takes
follows from limits of speed and acceleration. After an order has ended a player who still has speed runs out.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .court import SIDE

__all__ = ["CALM", "HARD", "TOP_SPEED", "Movement", "give_way"]

TOP_SPEED = 6.3  # m/s
CALM = 4.5  # m/s^2, somebody who has time
HARD = 10.5  # m/s^2, somebody who has to get to the ball
RUN_OUT_SEC = 0.16  # how quickly a player stops who has arrived with speed
PERSONAL_M = 1.0  # team-mates who pass closer than this give way
ASIDE_M = 0.3  # by at most this much each
ROOM = 0.6  # how much farther apart team-mates stand who would be nearly in one place
SMOOTH_SEC = 0.16


class Leg(NamedTuple):
    """One order, or half of one: a cubic from frame `start` on, `seconds` long; metres and m/s, complex."""

    start: float
    seconds: float
    from_xy: complex
    from_velocity: complex
    to_xy: complex
    to_velocity: complex

    def at(self, seconds: float) -> tuple[complex, complex]:
        """Position and velocity `seconds` after the start."""
        if seconds >= self.seconds:
            fade = math.exp(-(seconds - self.seconds) / RUN_OUT_SEC)
            return self.to_xy + self.to_velocity * (RUN_OUT_SEC * (1 - fade)), self.to_velocity * fade
        s, total = seconds / self.seconds, self.seconds
        way = self.to_xy - self.from_xy
        a = total * self.from_velocity
        b = 3 * way - total * (2 * self.from_velocity + self.to_velocity)
        c = total * (self.from_velocity + self.to_velocity) - 2 * way
        return self.from_xy + s * (a + s * (b + s * c)), (a + s * (2 * b + 3 * s * c)) / total


def _possible(way: complex, v0: complex, v1: complex, seconds: float, acceleration: float) -> bool:
    """Whether a cubic over `way` keeps the limits. Acceleration is linear in time: its ends tell."""
    mean = way / seconds
    if abs(6 * mean - 4 * v0 - 2 * v1) > acceleration * seconds:
        return False
    if abs(2 * v0 + 4 * v1 - 6 * mean) > acceleration * seconds:
        return False
    return max(abs(1.5 * mean - 0.25 * (v0 + v1)), abs(mean)) <= TOP_SPEED


def _dash(way: complex, v0: complex, seconds: float) -> tuple[complex, complex, float, float]:
    """The hardest way to be somewhere and stand: speed up for half of the time, brake for the other.

    Returns:
        How far he is after half of the time and how fast; the acceleration in either half, m/s^2.
    """
    first = 4 * (way - 0.75 * v0 * seconds) / seconds**2
    second = -first - 2 * v0 / seconds
    return 0.5 * seconds * (v0 + 0.25 * seconds * first), v0 + 0.5 * seconds * first, abs(first), abs(second)


def _dash_possible(way: complex, v0: complex, seconds: float, acceleration: float) -> bool:
    _, speed, first, second = _dash(way, v0, seconds)
    return max(first, second) <= acceleration and abs(speed) <= TOP_SPEED


class Movement:
    """The orders of all players."""

    def __init__(self, places: Sequence[complex], fps: float):
        self.fps = fps
        self.legs = [[Leg(0, 0.0, place, 0j, place, 0j)] for place in places]

    def state(self, player: int, frame: int) -> tuple[complex, complex]:
        """Position and velocity at `frame`, as far as ordered up to now."""
        legs = self.legs[player]
        leg = next((leg for leg in reversed(legs) if leg.start <= frame), legs[0])
        return leg.at(max(frame - leg.start, 0) / self.fps)

    def xy(self, player: int, frame: int) -> complex:
        """Position at `frame`."""
        return self.state(player, frame)[0]

    def needed(self, player: int, place: complex, frame: int, velocity: complex = 0j) -> int:
        """Frames from `frame` that a player in a hurry needs to be at `place` with `velocity`."""
        xy, v0 = self.state(player, frame)
        if velocity == 0:
            return self._least(lambda seconds: _dash_possible(place - xy, v0, seconds, HARD))
        return self._least(lambda seconds: _possible(place - xy, v0, velocity, seconds, HARD))

    def _smoothly(self, player: int, place: complex, frame: int, velocity: complex, acceleration: float) -> int:
        """Frames that a single cubic needs within an acceleration."""
        xy, v0 = self.state(player, frame)
        return self._least(lambda seconds: _possible(place - xy, v0, velocity, seconds, acceleration))

    def _least(self, possible: Callable[[float], bool]) -> int:
        """The least frames, to 8 %, in which something is possible."""
        frames = max(1, math.floor(0.12 * self.fps))
        while frames < 6 * self.fps and not possible(frames / self.fps):
            frames = max(frames + 1, int(frames * 1.08))
        return frames

    def go(self, player: int, place: complex, frame: int, acceleration: float = CALM) -> None:
        """From `frame` on go to `place` and stop there."""
        self._append(player, frame, self._smoothly(player, place, frame, 0j, acceleration) / self.fps, place, 0j)

    def meet(self, player: int, place: complex, frame: int, due: int, velocity: complex = 0j) -> None:
        """Be at `place` with `velocity` exactly at frame `due`; leave as late as an approach allows."""
        frames = max(due - frame, 1)
        calm = self._smoothly(player, place, frame, velocity, CALM)
        if calm < frames and velocity == 0:
            self._append(player, frame, calm / self.fps, place, velocity)
        elif calm < frames:
            # Run up late: the player goes on with what he does, then takes the approach from there.
            start = due - calm
            while start > frame and not self._fits(player, place, start, due, velocity):
                start -= 1
            self._append(player, start, (due - start) / self.fps, place, velocity)
        elif velocity == 0 and frames > 1:
            xy, v0 = self.state(player, frame)
            way, speed, *_ = _dash(place - xy, v0, frames / self.fps)
            half = frames / self.fps / 2
            self._append(player, frame, half, xy + way, speed)
            self.legs[player].append(Leg(frame + half * self.fps, half, xy + way, speed, place, 0j))
        else:
            self._append(player, frame, frames / self.fps, place, velocity)

    def _fits(self, player: int, place: complex, start: int, due: int, velocity: complex) -> bool:
        xy, v0 = self.state(player, start)
        return _possible(place - xy, v0, velocity, (due - start) / self.fps, CALM)

    def reachable(self, player: int, wish: complex, frame: int, due: int) -> complex:
        """The place nearest to `wish`, on the way there, where the player can stand at `due`."""
        xy, v0 = self.state(player, frame)
        seconds = (due - frame) / self.fps
        easy = xy + v0 * (0.5 * seconds)  # where he comes to a stop without effort
        for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1):
            place = easy + (wish - easy) * share
            if _dash_possible(place - xy, v0, seconds, HARD):
                return place
        return easy

    def _append(self, player: int, start: int, seconds: float, place: complex, velocity: complex) -> None:
        xy, v0 = self.state(player, start)
        legs = self.legs[player]
        while legs and legs[-1].start >= start:
            legs.pop()
        legs.append(Leg(start, seconds, xy, v0, place, velocity))

    def sample(self, frames: int) -> np.ndarray:
        """Positions complex128 [frames, players]."""
        columns = []
        for legs in self.legs:
            starts = np.array([leg.start for leg in legs])
            which = np.clip(np.searchsorted(starts, np.arange(frames), side="right") - 1, 0, None)
            total, p0, v0, p1, v1 = (np.array([leg[k] for leg in legs])[which] for k in range(1, 6))
            elapsed = (np.arange(frames) - starts[which]) / self.fps
            s = np.clip(elapsed / np.maximum(total, 1e-9), 0.0, 1.0)
            way = p1 - p0
            b, c = 3 * way - total * (2 * v0 + v1), total * (v0 + v1) - 2 * way
            out = v1 * (RUN_OUT_SEC * (1 - np.exp(-np.maximum(elapsed - total, 0.0) / RUN_OUT_SEC)))
            columns.append(np.where(elapsed >= total, p1 + out, p0 + s * (total * v0 + s * (b + s * c))))
        return np.stack(columns, axis=1)


def give_way(paths: np.ndarray, fps: float, free: np.ndarray) -> np.ndarray:
    """Team-mates whose paths cross pass each other on one side, and make a little room for each other.

    Args:
        paths: complex [T, 12].
        free: [T, 12], how free each is to leave his path, 0 to 1.
    """
    velocity = np.gradient(paths, axis=0) * fps
    aside = np.zeros_like(paths)
    for team in (0, 1):
        own = slice(team * SIDE, (team + 1) * SIDE)
        apart = paths[:, own, None] - paths[:, None, own]
        closing = velocity[:, own, None] - velocity[:, None, own]
        near = np.clip(1.0 - (np.abs(apart) / PERSONAL_M) ** 2, 0.0, 1.0) ** 2
        past = (1j * ASIDE_M * near * closing / (np.abs(closing) + 1.0)).sum(axis=2)
        apart = apart + past[:, :, None] - past[:, None, :]
        near = np.clip(1.0 - np.abs(apart) / PERSONAL_M, 0.0, 1.0) ** 2
        aside[:, own] = past + (ROOM * apart * near).sum(axis=2)
    # Nobody steps aside in a jerk.
    window = np.hanning(2 * round(SMOOTH_SEC * fps) + 3)
    window /= window.sum()
    reach = len(window) // 2
    padded = np.pad(aside, ((reach, reach), (0, 0)), mode="edge")
    smooth = sum(weight * padded[k : k + len(paths)] for k, weight in enumerate(window))
    return paths + smooth * free
