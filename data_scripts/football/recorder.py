"""Writes the match down frame by frame and, at the end, works out what the bodies looked like.

Heading and stride follow from the movement, so they are computed once for the whole match: a body faces where it runs,
the ball when it stands, and where it kicks around a kick; it turns at a limited rate.
"""

import math

import numpy as np

from filming.tracks import LabelledAction, Pose, Tracks

from .pitch import PLAYERS, SIDE

__all__ = ["Recorder"]

TURN_RATE = 7.0  # rad/s
STRIDE_LENGTH = 2.4  # metres in a full running cycle (two steps) at a run; shorter when walking


class Recorder:
    """Collects a match; `tracks()` gives it as `Tracks`."""

    def __init__(self, frames: int, fps: float):
        self.frames = frames
        self.fps = fps
        self.ball = np.zeros((frames, 3), np.float32)
        self.xy = np.zeros((frames, PLAYERS), np.complex64)
        self.in_play = np.zeros(frames, bool)
        self.score = np.zeros((frames, 2), np.uint8)
        self.actions: list[LabelledAction] = []
        self.poses: list[tuple[int, int, Pose, int, int]] = []
        self.facings: list[tuple[int, int, int, float]] = []

    def frame(self, frame: int, ball: tuple[float, float, float], xy: np.ndarray, in_play: bool, score: list) -> None:
        """Write one frame down."""
        self.ball[frame] = ball
        self.xy[frame] = xy
        self.in_play[frame] = in_play
        self.score[frame] = score

    def label(self, frame: int, label: str, team: int, player: int) -> None:
        """Write a labelled action down."""
        self.actions.append(LabelledAction(frame, label, team, player))

    def pose(self, player: int, pose: Pose, contact: int, before_sec: float, after_sec: float) -> None:
        """A movement of the body around a contact with the ball."""
        self.poses.append((player, pose, contact, round(before_sec * self.fps), round(after_sec * self.fps)))

    def face(self, player: int, first: int, last: int, direction: complex) -> None:
        """From frame `first` to `last` the player faces `direction`."""
        if abs(direction) > 1e-6:
            self.facings.append((player, first, last, math.atan2(direction.imag, direction.real)))

    def tracks(self) -> Tracks:
        """The match as `filming.tracks.Tracks`."""
        velocity = np.gradient(self.xy, axis=0) * self.fps if self.frames > 1 else np.zeros_like(self.xy)
        speed = np.abs(velocity)
        pose, phase = self._poses()
        cycle = 1.3 + (STRIDE_LENGTH - 1.3) * np.clip(speed / 6.0, 0.0, 1.0)
        stride = np.cumsum(2.0 * np.pi * speed / (cycle * self.fps), axis=0)
        return Tracks(
            fps=self.fps,
            ball_m=self.ball,
            players_m=np.stack([self.xy.real, self.xy.imag], -1).astype(np.float32),
            heading_rad=self._headings(velocity, speed),
            speed_mps=speed.astype(np.float32),
            stride_rad=stride.astype(np.float32),
            pose=pose,
            pose_phase=phase,
            team=np.repeat([0, 1], SIDE).astype(np.uint8),
            keeper=np.arange(PLAYERS) % SIDE == 0,
            score=self.score,
            in_play=self.in_play,
            actions=sorted(self.actions, key=lambda action: action.frame),
        )

    def _poses(self) -> tuple[np.ndarray, np.ndarray]:
        """Poses and their phases; a later movement cuts an earlier one short."""
        pose = np.zeros((self.frames, PLAYERS), np.uint8)
        phase = np.zeros((self.frames, PLAYERS), np.float32)
        for player, kind, contact, before, after in sorted(self.poses, key=lambda item: item[2]):
            first, last = max(contact - before, 0), min(contact + after, self.frames - 1)
            steps = np.arange(first, last + 1) - contact
            pose[first : last + 1, player] = kind
            phase[first : last + 1, player] = np.where(steps < 0, 0.5 + 0.5 * steps / before, 0.5 + 0.5 * steps / after)
        return pose, phase

    def _headings(self, velocity: np.ndarray, speed: np.ndarray) -> np.ndarray:
        """Turn-limited heading of every player, radians, unwrapped."""
        to_ball = (self.ball[:, 0] + 1j * self.ball[:, 1])[:, None] - self.xy
        weight = np.clip((speed - 0.6) / 0.8, 0.0, 1.0)
        unit_ball = to_ball / np.maximum(np.abs(to_ball), 1e-3)
        wanted = np.angle(unit_ball * (1.0 - weight) + velocity * (weight / np.maximum(speed, 1e-3)) + 1e-9)
        for player, first, last, angle in self.facings:
            wanted[max(first, 0) : max(last + 1, 0), player] = angle
        heading = np.empty((self.frames, PLAYERS), np.float32)
        now = wanted[0]
        limit, two_pi = TURN_RATE / self.fps, 2.0 * np.pi
        for frame in range(self.frames):
            turn = wanted[frame] - now
            turn -= two_pi * np.rint(turn / two_pi)
            now = now + np.minimum(np.maximum(turn * 0.4, -limit), limit)
            heading[frame] = now
        return heading
