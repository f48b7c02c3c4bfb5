"""Writes a match or a rally down and, at the end, works out what the bodies looked like.

Heading and stride follow from the movement, so they are computed once for everything: a body faces the ball, or where
it runs when it runs fast, or what it was told to face around a contact; it turns at a limited rate.
"""

import math
from dataclasses import dataclass

import numpy as np

from .tracks import LabelledAction, Pose, Tracks

__all__ = ["Gait", "Recorder"]


@dataclass(frozen=True)
class Gait:
    """How the bodies of a sport run and turn."""

    turn_rate: float  # rad/s, at most
    turn_share: float  # of the way to where a body wants to face, turned in one frame
    walk_mps: float  # slower than this it faces the ball
    turning_mps: float  # and this much faster where it runs
    short_stride_m: float  # a full running cycle (two steps) when walking
    long_stride_m: float  # and at a run
    full_mps: float  # speed from which strides grow no more


class Recorder:
    """Collects a match or a rally; `tracks()` gives it as `Tracks`."""

    def __init__(self, fps: float, gait: Gait):
        self.fps = fps
        self.gait = gait
        self.actions: list[LabelledAction] = []
        self.poses: list[tuple[int, int, Pose, int, int]] = []
        self.facings: list[tuple[int, int, int, float]] = []

    def label(self, frame: int, label: str, team: int, player: int) -> None:
        """Write a labelled action down."""
        self.actions.append(LabelledAction(frame, label, team, player))

    def pose(self, player: int, pose: Pose, contact: int, before_sec: float, after_sec: float) -> None:
        """A movement of the body around a contact with the ball."""
        before, after = (max(round(seconds * self.fps), 1) for seconds in (before_sec, after_sec))
        self.poses.append((player, pose, contact, before, after))

    def face(self, player: int, first: int, last: int, direction: complex) -> None:
        """From frame `first` to `last` the player faces `direction`."""
        if abs(direction) > 1e-6:
            self.facings.append((player, first, last, math.atan2(direction.imag, direction.real)))

    def tracks(
        self, ball: np.ndarray, xy: np.ndarray, score: np.ndarray, in_play: np.ndarray, keeper: np.ndarray
    ) -> Tracks:
        """What was collected, and where everything was.

        Args:
            ball: float [T, 3], metres.
            xy: complex [T, P], the players, home first.
            score: uint8 [T, 2].
            in_play: bool [T].
            keeper: bool [P], who wears the other shirt.
        """
        frames, players = xy.shape
        velocity = np.gradient(xy, axis=0) * self.fps if frames > 1 else np.zeros_like(xy)
        speed = np.abs(velocity)
        pose, phase = self._poses(frames, players)
        short, long = self.gait.short_stride_m, self.gait.long_stride_m
        cycle = short + (long - short) * np.clip(speed / self.gait.full_mps, 0.0, 1.0)
        return Tracks(
            fps=self.fps,
            ball_m=ball.astype(np.float32),
            players_m=np.stack([xy.real, xy.imag], -1).astype(np.float32),
            heading_rad=self._headings(ball, xy, velocity, speed),
            speed_mps=speed.astype(np.float32),
            stride_rad=np.cumsum(2.0 * np.pi * speed / (cycle * self.fps), axis=0).astype(np.float32),
            pose=pose,
            pose_phase=phase,
            team=np.repeat([0, 1], players // 2).astype(np.uint8),
            keeper=keeper,
            score=score,
            in_play=in_play,
            actions=sorted(self.actions, key=lambda action: action.frame),
        )

    def _poses(self, frames: int, players: int) -> tuple[np.ndarray, np.ndarray]:
        """Poses and their phases; a later movement cuts an earlier one short."""
        pose = np.zeros((frames, players), np.uint8)
        phase = np.zeros((frames, players), np.float32)
        for player, kind, contact, before, after in sorted(self.poses, key=lambda item: item[2]):
            first, last = max(contact - before, 0), min(contact + after, frames - 1)
            steps = np.arange(first, last + 1) - contact
            pose[first : last + 1, player] = kind
            phase[first : last + 1, player] = np.where(steps < 0, 0.5 + 0.5 * steps / before, 0.5 + 0.5 * steps / after)
        return pose, phase

    def _headings(self, ball: np.ndarray, xy: np.ndarray, velocity: np.ndarray, speed: np.ndarray) -> np.ndarray:
        """Turn-limited heading of every player, radians, unwrapped."""
        gait = self.gait
        to_ball = (ball[:, 0] + 1j * ball[:, 1])[:, None] - xy
        weight = np.clip((speed - gait.walk_mps) / gait.turning_mps, 0.0, 1.0)
        unit_ball = to_ball / np.maximum(np.abs(to_ball), 1e-3)
        wanted = np.angle(unit_ball * (1.0 - weight) + velocity * (weight / np.maximum(speed, 1e-3)) + 1e-9)
        for player, first, last, angle in self.facings:
            wanted[max(first, 0) : max(last + 1, 0), player] = angle
        heading = np.empty(xy.shape, np.float32)
        now = wanted[0]
        limit, two_pi = gait.turn_rate / self.fps, 2.0 * np.pi
        for frame in range(len(xy)):
            turn = wanted[frame] - now
            turn -= two_pi * np.rint(turn / two_pi)
            now = now + np.minimum(np.maximum(turn * gait.turn_share, -limit), limit)
            heading[frame] = now
        return heading
