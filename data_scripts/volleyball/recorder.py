"""Turns a played rally into `Tracks`: what the ball, the bodies and the scoreboard do at every frame.

A body faces the ball, or where it runs when it runs fast, or what it was told to face around a contact; it turns at a
limited rate.
"""

import cmath

import numpy as np

from filming.tracks import LabelledAction, Pose, Tracks

from .ball import Arc
from .court import PLAYERS, SIDE

__all__ = ["Recorder"]

TURN_RATE = 8.0  # rad/s
STRIDE_LENGTH = 2.3  # metres in a full running cycle (two steps) at a run; shorter when walking
PERSONAL_M = 1.0  # team-mates who pass closer than this give way
ASIDE_M = 0.3  # by at most this much each
ROOM = 0.6  # how much farther apart team-mates stand who would be nearly in one place
SMOOTH_SEC = 0.16
STEADY_SEC = 0.25  # around a contact the player keeps his place


class Recorder:
    """Collects a rally; `tracks()` gives it as `Tracks`."""

    def __init__(self, fps: float):
        self.fps = fps
        self.actions: list[LabelledAction] = []
        self.arcs: list[Arc] = []
        self.poses: list[tuple[int, int, Pose, int, int]] = []
        self.facings: list[tuple[int, int, int, float]] = []

    def label(self, frame: int, label: str, player: int, team: int) -> None:
        """Write a labelled action down."""
        self.actions.append(LabelledAction(frame, label, team, player))

    def pose(self, player: int, pose: Pose, contact: int, before_sec: float, after_sec: float) -> None:
        """A movement of the body around a contact with the ball."""
        before, after = (max(round(seconds * self.fps), 1) for seconds in (before_sec, after_sec))
        self.poses.append((player, pose, contact, before, after))

    def face(self, player: int, first: int, last: int, direction: complex) -> None:
        """From frame `first` to `last` the player faces `direction`."""
        self.facings.append((player, first, last, cmath.phase(direction)))

    def tracks(
        self, paths: np.ndarray, held: np.ndarray, loose: np.ndarray, score: np.ndarray, in_play: slice, libero: list
    ) -> Tracks:
        """The rally.

        Args:
            paths: complex [T, 12], where the players go.
            held: [h, 3], the ball before the first arc.
            loose: [l, 3], the ball from the frame after the last arc's end on.
            score: uint8 [T, 2].
            in_play: the frames in play.
            libero: players who wear the other shirt.
        """
        frames = len(paths)
        ball = np.empty((frames, 3))
        ball[: len(held)] = held
        ends = [arc.frame for arc in self.arcs[1:]] + [frames - len(loose) - 1]
        for arc, end in zip(self.arcs, ends, strict=True):
            ball[arc.frame : end + 1] = arc.at(np.arange(end + 1 - arc.frame) / self.fps)
        ball[frames - len(loose) :] = loose
        xy = _give_way(paths, self.fps, self._free_to_move(frames))
        velocity = np.gradient(xy, axis=0) * self.fps
        speed = np.abs(velocity)
        pose, phase = self._poses(frames)
        cycle = 1.1 + (STRIDE_LENGTH - 1.1) * np.clip(speed / 5.0, 0.0, 1.0)
        playing = np.zeros(frames, bool)
        playing[in_play] = True
        return Tracks(
            fps=self.fps,
            ball_m=ball.astype(np.float32),
            players_m=np.stack([xy.real, xy.imag], -1).astype(np.float32),
            heading_rad=self._headings(ball, xy, velocity, speed),
            speed_mps=speed.astype(np.float32),
            stride_rad=np.cumsum(2.0 * np.pi * speed / (cycle * self.fps), axis=0).astype(np.float32),
            pose=pose,
            pose_phase=phase,
            team=np.repeat([0, 1], SIDE).astype(np.uint8),
            keeper=np.isin(np.arange(PLAYERS), libero),
            score=score,
            in_play=playing,
            actions=sorted(self.actions, key=lambda action: action.frame),
        )

    def _poses(self, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Poses and their phases; a later movement cuts an earlier one short."""
        pose = np.zeros((frames, PLAYERS), np.uint8)
        phase = np.zeros((frames, PLAYERS), np.float32)
        for player, kind, contact, before, after in sorted(self.poses, key=lambda item: item[2]):
            first, last = max(contact - before, 0), min(contact + after, frames - 1)
            steps = np.arange(first, last + 1) - contact
            pose[first : last + 1, player] = kind
            phase[first : last + 1, player] = np.where(steps < 0, 0.5 + 0.5 * steps / before, 0.5 + 0.5 * steps / after)
        return pose, phase

    def _free_to_move(self, frames: int) -> np.ndarray:
        """[frames, 12], 0 where somebody plays the ball and keeps his place, 1 well before and after."""
        free = np.ones((frames, PLAYERS))
        for action in self.actions:
            if action.label != "score":
                apart = (np.arange(frames) - action.frame) / (STEADY_SEC * self.fps)
                free[:, action.player] *= 1.0 - np.exp(-(apart**2))
        return free

    def _headings(self, ball: np.ndarray, xy: np.ndarray, velocity: np.ndarray, speed: np.ndarray) -> np.ndarray:
        """Turn-limited heading of every player, radians, unwrapped."""
        to_ball = (ball[:, 0] + 1j * ball[:, 1])[:, None] - xy
        weight = np.clip((speed - 2.2) / 1.2, 0.0, 1.0)
        unit_ball = to_ball / np.maximum(np.abs(to_ball), 1e-3)
        wanted = np.angle(unit_ball * (1.0 - weight) + velocity * (weight / np.maximum(speed, 1e-3)) + 1e-9)
        for player, first, last, angle in self.facings:
            wanted[max(first, 0) : max(last + 1, 0), player] = angle
        heading = np.empty((len(xy), PLAYERS), np.float32)
        now = wanted[0]
        limit, two_pi = TURN_RATE / self.fps, 2.0 * np.pi
        for frame in range(len(xy)):
            turn = wanted[frame] - now
            turn -= two_pi * np.rint(turn / two_pi)
            now = now + np.minimum(np.maximum(turn * 0.45, -limit), limit)
            heading[frame] = now
        return heading


def _give_way(paths: np.ndarray, fps: float, free: np.ndarray) -> np.ndarray:
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
