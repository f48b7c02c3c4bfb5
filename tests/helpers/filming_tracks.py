"""A small scripted match for the tests of filming: nobody plays, but everybody is somewhere and somebody acts."""

import numpy as np

from filming.tracks import LabelledAction, Pose, Tracks

__all__ = ["acting", "scripted"]

PLAYERS = 22


def scripted(num_frames: int = 60, seed: int = 0, fps: float = 25.0) -> Tracks:
    """A ball that travels along the pitch and hops, players who run with it."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(num_frames) / fps
    ball = np.stack([-20 + 8 * seconds, 10 * np.sin(seconds), 0.11 + np.abs(3 * np.sin(2 * seconds))], axis=1).astype(
        np.float32
    )
    start = ball[0, :2] + rng.uniform(-12, 12, (PLAYERS, 2))
    velocity = rng.uniform(-3, 3, (PLAYERS, 2)) + [4.0, 0.0]
    players = start + seconds[:, None, None] * velocity
    speed = np.broadcast_to(np.linalg.norm(velocity, axis=1), (num_frames, PLAYERS))
    heading = np.broadcast_to(np.arctan2(velocity[:, 1], velocity[:, 0]), (num_frames, PLAYERS))
    stride = 2 * np.pi * speed * seconds[:, None] / 2.2
    pose, phase = np.zeros((num_frames, PLAYERS), np.uint8), np.zeros((num_frames, PLAYERS), np.float32)
    for player, kind in enumerate(Pose):
        pose[5:30, player], phase[5:30, player] = kind, np.linspace(0, 1, 25)[: num_frames - 5]
    return Tracks(
        fps=fps,
        ball_m=ball,
        players_m=players.astype(np.float32),
        heading_rad=heading.astype(np.float32),
        speed_mps=speed.astype(np.float32),
        stride_rad=stride.astype(np.float32),
        pose=pose,
        pose_phase=phase,
        team=np.repeat([0, 1], PLAYERS // 2).astype(np.uint8),
        keeper=np.arange(PLAYERS) % (PLAYERS // 2) == 0,
        score=np.zeros((num_frames, 2), np.uint8),
        in_play=np.ones(num_frames, bool),
        actions=[LabelledAction(17, "PASS", 0, 1)],
    )


def acting(kind: Pose, ball: tuple[float, float, float], heading: float = 0.0) -> Tracks:
    """One person at the centre spot who goes through one pose in 25 frames, the contact at frame 12; the ball rests."""
    tracks = scripted(25)
    one = slice(0, 1)
    return Tracks(
        fps=25.0,
        ball_m=np.tile(np.array(ball, np.float32), (25, 1)),
        players_m=np.zeros((25, 1, 2), np.float32),
        heading_rad=np.full((25, 1), heading, np.float32),
        speed_mps=np.zeros((25, 1), np.float32),
        stride_rad=np.zeros((25, 1), np.float32),
        pose=np.full((25, 1), kind, np.uint8),
        pose_phase=np.linspace(0, 1, 25, dtype=np.float32)[:, None],
        team=tracks.team[one],
        keeper=tracks.keeper[one],
        score=tracks.score,
        in_play=tracks.in_play,
    )
