"""Bodies as joints in space: from what somebody is doing to where head, hands and feet are.

A skeleton of eighteen joints is posed by the channels of `poses`, tilted as a whole, dropped until its lowest point
stands on the ground, turned to its heading and moved to its place. Around a contact with the ball it is shifted a
little so that foot, head or hands are where the ball is; a volleyball's hands are brought to it by `hands`.
"""

from dataclasses import dataclass, field

import numpy as np

from .hands import HANDS, LIFTS, Reach, bend_arms, hand_places, lift_for
from .pose_tables import COLUMN
from .poses import body_channels
from .tracks import Pose, Tracks

__all__ = ["JOINT", "JOINTS", "Contacts", "find_contacts", "pose_bodies", "pose_some"]

JOINTS = (
    "pelvis",
    "neck",
    "head",
    "nose",
    "shoulder_r",
    "elbow_r",
    "hand_r",
    "shoulder_l",
    "elbow_l",
    "hand_l",
    "hip_r",
    "knee_r",
    "ankle_r",
    "toe_r",
    "hip_l",
    "knee_l",
    "ankle_l",
    "toe_l",
)
JOINT = {name: index for index, name in enumerate(JOINTS)}

# Lengths of a body of 1.82 m.
FOOT, SHIN, THIGH, TRUNK, NECK, UPPER_ARM, FOREARM = 0.21, 0.45, 0.45, 0.53, 0.21, 0.30, 0.29
HIP_HALF, SHOULDER_HALF = 0.10, 0.20
ANKLE_HEIGHT = 0.07
MAX_REACH_M = 0.75
LEFT_HANDED_M = 0.35  # a server or attacker whose ball is further to the left hits it with the left hand

# Which joints meet the ball, on the right side.
MEETING = {
    Pose.KICK: ("toe_r",),
    Pose.HEADER: ("head",),
    Pose.THROW: ("hand_r", "hand_l"),
    Pose.TACKLE: ("toe_r",),
    Pose.BLOCK: ("ankle_r",),
    Pose.DIVE: ("hand_r", "hand_l"),
}
ONE_HANDED = (Pose.SERVE, Pose.SPIKE)


@dataclass(frozen=True)
class Contacts:
    """What each action of a body is aimed at, known at every one of its frames. T frames, P players."""

    mirrored: np.ndarray  # [T, P] bool, the ball is on the left
    jump_m: np.ndarray  # [T, P], the jump that brings the head or the hands to the ball; below 0: bent knees
    reach_m: np.ndarray  # [T, P, 2], the shift that brings the meeting joint to the ball at contact
    reaches: list[Reach] = field(default_factory=list)  # of arms, in volleyball
    body_scale: float = 1.0  # how much larger than 1.82 m people are


def find_contacts(tracks: Tracks, body_scale: float = 1.0) -> Contacts:
    """Look ahead (or back) from every frame of an action to its contact with the ball."""
    shape = tracks.pose.shape
    mirrored, jump_m, reach_m = np.zeros(shape, bool), np.zeros(shape), np.zeros((*shape, 2))
    reaches: list[Reach] = []
    for player in range(shape[1]):
        pose, phase = tracks.pose[:, player], tracks.pose_phase[:, player]
        breaks = np.flatnonzero((np.diff(pose) != 0) | (np.diff(phase) < -0.05)) + 1
        for start, stop in zip((0, *breaks), (*breaks, len(pose)), strict=True):
            kind = Pose(int(pose[start]))
            if kind not in MEETING and kind not in HANDS:
                continue
            contact = start + int(np.argmin(np.abs(phase[start:stop] - 0.5)))
            heading = float(tracks.heading_rad[contact, player])
            away = tracks.ball_m[contact, :2] - tracks.players_m[contact, player]
            left = -np.sin(heading) * away[0] + np.cos(heading) * away[1]
            side = slice(start, stop), player
            mirrored[side] = left > (LEFT_HANDED_M if kind in ONE_HANDED else 0)
            one = np.array([contact]), np.array([player])
            if kind in HANDS:
                posed = _posed(tracks, one, mirrored[one], jump_m[one], body_scale)[0]  # [J, 3]
                places = hand_places(kind, tracks.ball_m[contact], heading, bool(mirrored[contact, player]))
                used = [index for index, place in enumerate(places) if place is not None]
                hands = posed[[(JOINT["hand_r"], JOINT["hand_l"])[index] for index in used]].mean(axis=0)
                wanted = np.mean([places[index] for index in used], axis=0)
                miss = wanted[:2] - tracks.players_m[contact, player] - hands[:2]
                if np.linalg.norm(miss) < MAX_REACH_M:
                    jump_m[side] = lift_for(kind, wanted[2] - hands[2])
                    reach_m[side] = miss
                    reaches.append(Reach(start, stop, player, places))
                else:
                    jump_m[side] = LIFTS[kind][2]
                continue
            jump_m[side] = np.clip(tracks.ball_m[contact, 2] - 1.72, 0.06, 0.75)
            joints = _posed(tracks, one, mirrored[one], jump_m[one], body_scale)[0]  # [J, 3]
            names = MEETING[kind]
            if mirrored[contact, player]:
                names = tuple(name.replace("_r", "_l") if name.endswith("_r") else name for name in names)
            miss = away - joints[[JOINT[name] for name in names], :2].mean(axis=0)
            distance = np.linalg.norm(miss)
            if distance < 2 * MAX_REACH_M:  # else nothing is met: a dive beaten, a header missed
                reach_m[side] = miss * min(1.0, MAX_REACH_M / max(distance, 1e-6))
    return Contacts(mirrored, jump_m, reach_m, reaches, body_scale)


def pose_bodies(tracks: Tracks, contacts: Contacts, frames: slice) -> np.ndarray:
    """Joints of everybody in `frames`.

    Returns:
        float64 [n, P, 18, 3] in metres, in the axes of the pitch.
    """
    rows, players = np.indices(tracks.pose[frames].shape)
    joints = pose_some(tracks, contacts, frames.start + rows.reshape(-1), players.reshape(-1))
    return joints.reshape(*rows.shape, len(JOINTS), 3)


def pose_some(tracks: Tracks, contacts: Contacts, frames: np.ndarray, players: np.ndarray) -> np.ndarray:
    """Joints of body `players[i]` in frame `frames[i]`, for each i.

    Returns:
        float64 [N, 18, 3] in metres, in the axes of the pitch.
    """
    one = (frames, players)
    joints = _posed(tracks, one, contacts.mirrored[one], contacts.jump_m[one], contacts.body_scale)
    phase = tracks.pose_phase[one]
    # The shift is whole at contact and gone at both ends of the action.
    share = np.where(tracks.pose[one] == Pose.MOVE, 0.0, np.sin(np.pi * np.clip(phase, 0, 1)) ** 2)
    place = tracks.players_m[one] + share[:, None] * contacts.reach_m[one]
    joints[..., :2] += place[:, None]
    for reach in contacts.reaches:
        rows = np.flatnonzero((players == reach.player) & (frames >= reach.start) & (frames < reach.stop))
        if len(rows):
            body = joints[rows]
            bend_arms(body, phase[rows].astype(np.float64), reach, JOINT)
            joints[rows] = body
    return joints


def _posed(
    tracks: Tracks, one: tuple[np.ndarray, np.ndarray], mirrored: np.ndarray, jump_m: np.ndarray, scale: float
) -> np.ndarray:
    """Joints [N, 18, 3] of the bodies at `one` (frames, players), turned to their heading, around their place."""
    channels = body_channels(
        tracks.stride_rad[one].astype(np.float64),
        tracks.speed_mps[one].astype(np.float64),
        tracks.pose[one],
        tracks.pose_phase[one],
        mirrored,
        jump_m / scale,
    )
    joints = scale * _skeleton(channels)
    heading = tracks.heading_rad[one].astype(np.float64)
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x, y = joints[..., 0], joints[..., 1]
    return np.stack([x * cos - y * sin, x * sin + y * cos, joints[..., 2]], axis=-1)


def _skeleton(channels: np.ndarray) -> np.ndarray:
    """Joints [N, 18, 3] of bodies that face +x at the origin, y to their left, standing on z = 0."""
    c = {name: channels[:, index] for name, index in COLUMN.items()}
    joints = np.zeros((len(channels), len(JOINTS), 3))
    lean = c["lean"]
    up = np.stack([np.sin(lean), np.zeros_like(lean), np.cos(lean)], axis=-1)
    joints[:, JOINT["neck"]] = TRUNK * up
    # The head keeps looking ahead: it leans half as much as the trunk.
    joints[:, JOINT["head"]] = joints[:, JOINT["neck"]] + NECK * np.stack(
        [np.sin(0.5 * lean) + 0.15, np.zeros_like(lean), np.cos(0.5 * lean)], axis=-1
    )
    joints[:, JOINT["nose"]] = joints[:, JOINT["head"]] + [0.10, 0.0, -0.02]
    for side, sign in (("r", -1.0), ("l", 1.0)):
        hip = np.array([0.0, sign * HIP_HALF, 0.0])
        thigh = _direction(c[f"hip_{side}"], sign * c[f"splay_{side}"])
        shin_angle = c[f"hip_{side}"] - c[f"knee_{side}"]
        shin = _direction(shin_angle, sign * c[f"splay_{side}"])
        # The foot is flat under a standing leg and points with the shin behind a running one.
        foot = _direction(np.clip(1.45 + 0.75 * shin_angle, 0.2, 2.2), np.zeros(len(channels)))
        joints[:, JOINT[f"hip_{side}"]] = hip
        joints[:, JOINT[f"knee_{side}"]] = knee = hip + THIGH * thigh
        joints[:, JOINT[f"ankle_{side}"]] = ankle = knee + SHIN * shin
        joints[:, JOINT[f"toe_{side}"]] = ankle + FOOT * foot
        # A running trunk twists against the legs.
        twist = 0.12 * np.sin(c[f"hip_{side}"])
        shoulder = joints[:, JOINT["neck"]] + np.stack(
            [-twist, np.full_like(twist, sign * SHOULDER_HALF), np.full_like(twist, -0.03)], axis=-1
        )
        upper = _direction(c[f"arm_{side}"] + 0.5 * lean, sign * c[f"raise_{side}"])
        fore = _direction(c[f"arm_{side}"] + c[f"elbow_{side}"] + 0.5 * lean, sign * 0.4 * c[f"raise_{side}"])
        joints[:, JOINT[f"shoulder_{side}"]] = shoulder
        joints[:, JOINT[f"elbow_{side}"]] = elbow = shoulder + UPPER_ARM * upper
        joints[:, JOINT[f"hand_{side}"]] = elbow + FOREARM * fore
    joints = _tilted(joints, c["pitch"], c["roll"])
    lowest = joints[..., 2].min(axis=1) - ANKLE_HEIGHT * 0.6
    joints[..., 2] += (c["lift"] - lowest)[:, None]
    return joints


def _direction(forward_rad: np.ndarray, left_rad: np.ndarray) -> np.ndarray:
    """Unit vectors [N, 3] swung forwards from hanging down, and sideways to the left."""
    return np.stack(
        [
            np.sin(forward_rad) * np.cos(left_rad),
            np.sin(left_rad),
            -np.cos(forward_rad) * np.cos(left_rad),
        ],
        axis=-1,
    )


def _tilted(joints: np.ndarray, pitch_rad: np.ndarray, roll_rad: np.ndarray) -> np.ndarray:
    """Whole bodies tilted forwards, then to their right, about the hips."""
    cos, sin = np.cos(pitch_rad)[:, None], np.sin(pitch_rad)[:, None]
    x, y, z = joints[..., 0], joints[..., 1], joints[..., 2]
    x, z = x * cos + z * sin, z * cos - x * sin
    cos, sin = np.cos(roll_rad)[:, None], np.sin(roll_rad)[:, None]
    y, z = y * cos - z * sin, z * cos + y * sin
    return np.stack([x, y, z], axis=-1)
