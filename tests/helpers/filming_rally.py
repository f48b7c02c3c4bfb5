"""A small scripted rally for the tests of filming: one of each contact, a ball that flies freely between them."""

import numpy as np

from filming.tracks import LabelledAction, Pose, Tracks

__all__ = ["CONTACTS", "playing", "scripted_rally"]

GRAVITY = 9.81
# Frame, label, player, pose, place of the ball in metres; players 0..5 are home (x < 0).
CONTACTS = (
    (24, "serve", 0, Pose.SERVE, (-8.9, -1.5, 2.75)),
    (52, "receive", 8, Pose.DIG, (6.4, 1.0, 0.95)),
    (85, "set", 9, Pose.SET, (1.0, -0.6, 2.25)),
    (112, "spike", 10, Pose.SPIKE, (0.7, 3.1, 3.20)),
    (114, "block", 3, Pose.BLOCK_JUMP, (-0.12, 2.9, 2.85)),
    (128, "score", 3, None, (3.1, 2.0, 0.105)),
)
HOME = ((-8.9, -1.5), (-1.2, -2.5), (-1.2, 0.0), (-0.45, 2.9), (-6.0, 2.5), (-7.0, 0.0))
AWAY = ((1.4, 2.2), (6.0, -2.8), (6.4, 1.0), (1.0, -0.6), (1.3, 3.1), (7.0, 2.8))


def scripted_rally(num_frames: int = 150, fps: float = 25.0) -> Tracks:
    """Serve, receive, set, spike, block and score at the frames and places of `CONTACTS`."""
    knots = [(0, (-8.7, -1.7, 1.2)), *((frame, place) for frame, _, _, _, place in CONTACTS)]
    knots.append((num_frames - 1, (6.0, 3.0, 0.105)))
    ball = np.zeros((num_frames, 3))
    for (start, here), (stop, there) in zip(knots, knots[1:], strict=False):
        seconds = np.arange(stop - start + 1) / fps
        share = (seconds / seconds[-1])[:, None]
        ball[start : stop + 1] = np.array(here) * (1 - share) + np.array(there) * share
        if start < CONTACTS[-1][0]:
            ball[start : stop + 1, 2] += 0.5 * GRAVITY * seconds * (seconds[-1] - seconds)
    places = np.array(HOME + AWAY)
    heading = np.where(np.arange(12) < 6, 0.0, np.pi) * np.ones((num_frames, 1))
    pose, phase = np.zeros((num_frames, 12), np.uint8), np.zeros((num_frames, 12), np.float32)
    for frame, _, player, kind, place in CONTACTS:
        if kind is None:
            continue
        half = 13
        frames = np.arange(max(0, frame - half), frame + half + 1)
        pose[frames, player] = kind
        phase[frames, player] = 0.5 + 0.5 * (frames - frame) / half
        forward = np.array([1.0 if player < 6 else -1.0, 0.0])
        places[player] = np.array(place[:2]) - 0.3 * forward
    score = np.zeros((num_frames, 2), np.uint8)
    score[CONTACTS[-1][0] :, 0] = 1
    return Tracks(
        fps=fps,
        ball_m=ball.astype(np.float32),
        players_m=np.broadcast_to(places, (num_frames, 12, 2)).astype(np.float32),
        heading_rad=heading.astype(np.float32),
        speed_mps=np.zeros((num_frames, 12), np.float32),
        stride_rad=np.zeros((num_frames, 12), np.float32),
        pose=pose,
        pose_phase=phase,
        team=np.repeat([0, 1], 6).astype(np.uint8),
        keeper=np.isin(np.arange(12), [4, 8]),
        score=score,
        in_play=np.arange(num_frames) < CONTACTS[-1][0],
        actions=[LabelledAction(frame, label, player // 6, player) for frame, label, player, _, _ in CONTACTS],
    )


def playing(kind: Pose, ball: tuple[float, float, float], heading: float = 0.0) -> Tracks:
    """One person at the origin who goes through one pose in 25 frames, the contact at frame 12; the ball rests."""
    whole = scripted_rally(150)
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
        team=whole.team[one],
        keeper=whole.keeper[one],
        score=whole.score[:25],
        in_play=whole.in_play[:25],
    )
