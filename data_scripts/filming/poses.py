"""What a body does with its joints: a running cycle, and key positions for everything that is not running.

A body is described by sixteen numbers, the channels below. Sagittal angles are measured from hanging straight down and
grow forwards; a knee or an elbow bends from 0 (straight). A pose is a short table of key positions over its phase, with
the contact at phase 0.5, and is blended into the running cycle at both ends. Tables are written for the right side; a
body whose ball is on the left plays them mirrored.
"""

import numpy as np

from .tracks import Pose

__all__ = ["CHANNELS", "body_channels"]

CHANNELS = (
    "hip_r",
    "hip_l",
    "knee_r",
    "knee_l",
    "splay_r",  # a leg moved sideways, outwards
    "splay_l",
    "arm_r",
    "arm_l",
    "elbow_r",
    "elbow_l",
    "raise_r",  # an arm moved sideways, outwards
    "raise_l",
    "lean",  # the trunk, forwards
    "pitch",  # the whole body, forwards, about the hips
    "roll",  # the whole body, towards its right, about the hips
    "lift",  # metres between the lowest point and the ground
)
COLUMN = {name: index for index, name in enumerate(CHANNELS)}
MIRROR = np.array([COLUMN[name[:-1] + {"r": "l", "l": "r"}[name[-1]]] if name[-2] == "_" else COLUMN[name]
                   for name in CHANNELS])  # fmt: skip

# Degrees (lift in metres) at the phases of the first row; channels not named stay in the running cycle.
TABLES: dict[Pose, dict[str, tuple[float, ...]]] = {
    Pose.KICK: {
        "phase": (0.0, 0.28, 0.42, 0.5, 0.66, 1.0),
        "hip_r": (-10, -58, -30, 12, 82, 15),
        "knee_r": (25, 100, 95, 4, 8, 25),
        "splay_r": (2, 12, 10, 4, -8, 0),
        "hip_l": (15, 26, 12, 2, -14, -5),
        "knee_l": (15, 28, 26, 20, 8, 12),
        "splay_l": (2, 6, 8, 8, 4, 2),
        "arm_r": (-10, 30, 5, -30, -50, -10),
        "arm_l": (10, -45, -10, 35, 60, 15),
        "elbow_r": (40, 30, 25, 25, 30, 45),
        "elbow_l": (40, 20, 15, 15, 25, 45),
        "raise_r": (10, 35, 40, 40, 30, 10),
        "raise_l": (10, 60, 75, 60, 35, 10),
        "lean": (8, 0, 8, 14, 2, 6),
        "pitch": (0, 2, -4, -7, -6, 0),
        "roll": (0, -4, -8, -6, -2, 0),
        "lift": (0, 0, 0, 0, 0.02, 0),
    },
    Pose.HEADER: {
        "phase": (0.0, 0.18, 0.34, 0.46, 0.5, 0.62, 0.86, 1.0),
        "hip_r": (10, 55, -10, -28, 12, 30, 40, 10),
        "hip_l": (10, 45, 5, -15, 8, 22, 35, 5),
        "knee_r": (20, 80, 15, 60, 35, 20, 60, 20),
        "knee_l": (20, 70, 10, 50, 30, 15, 55, 20),
        "arm_r": (-10, -50, 70, 60, 20, -20, 20, 5),
        "arm_l": (-10, -50, 70, 60, 20, -20, 20, 5),
        "elbow_r": (40, 30, 60, 50, 50, 40, 40, 40),
        "elbow_l": (40, 30, 60, 50, 50, 40, 40, 40),
        "raise_r": (10, 20, 50, 60, 50, 35, 20, 10),
        "raise_l": (10, 20, 50, 60, 50, 35, 20, 10),
        "lean": (10, 30, -12, -26, 22, 34, 25, 8),
        "pitch": (0, 0, -4, -6, 4, 6, 0, 0),
        "lift": (0, 0, 0.25, 0.98, 1.0, 0.78, 0, 0),  # times the height of the jump
    },
    Pose.THROW: {
        "phase": (0.0, 0.2, 0.38, 0.5, 0.66, 1.0),
        "hip_r": (0, -12, -16, 12, 16, 0),
        "hip_l": (0, 16, 20, -14, -20, 0),
        "knee_r": (5, 18, 22, 10, 8, 5),
        "knee_l": (5, 14, 18, 16, 30, 5),
        "arm_r": (150, 185, 205, 155, 80, 20),
        "arm_l": (150, 185, 205, 155, 80, 20),
        "elbow_r": (20, 75, 85, 12, 10, 20),
        "elbow_l": (20, 75, 85, 12, 10, 20),
        "raise_r": (4, 6, 6, 4, 6, 8),
        "raise_l": (4, 6, 6, 4, 6, 8),
        "lean": (0, -16, -24, 10, 30, 5),
        "pitch": (0, -4, -8, 4, 8, 0),
        "lift": (0, 0, 0, 0, 0, 0),
    },
    Pose.TACKLE: {
        "phase": (0.0, 0.3, 0.5, 0.8, 1.0),
        "hip_r": (20, 34, 30, 32, 20),
        "knee_r": (30, 12, 4, 8, 30),
        "hip_l": (10, 40, 42, 42, 20),
        "knee_l": (30, 110, 118, 112, 40),
        "splay_l": (0, 20, 25, 20, 0),
        "arm_r": (0, 40, 50, 30, 0),
        "arm_l": (0, -60, -70, -60, 0),
        "elbow_r": (40, 20, 15, 20, 40),
        "elbow_l": (40, 10, 5, 10, 40),
        "raise_r": (10, 50, 60, 40, 10),
        "raise_l": (10, 35, 40, 35, 10),
        "lean": (20, 5, 5, 10, 20),
        "pitch": (0, -52, -62, -58, 0),
        "roll": (0, -12, -16, -14, 0),
        "lift": (0, 0, 0, 0, 0),
    },
    Pose.BLOCK: {
        "phase": (0.0, 0.3, 0.5, 0.7, 1.0),
        "hip_r": (10, 42, 50, 40, 10),
        "knee_r": (20, 40, 12, 18, 20),
        "splay_r": (5, 35, 42, 34, 5),
        "hip_l": (5, -8, -12, -8, 5),
        "knee_l": (20, 40, 48, 36, 20),
        "arm_r": (0, -30, -35, -30, 0),
        "arm_l": (0, -30, -35, -30, 0),
        "elbow_r": (40, 25, 20, 25, 40),
        "elbow_l": (40, 25, 20, 25, 40),
        "raise_r": (10, 40, 45, 35, 10),
        "raise_l": (10, 45, 55, 40, 10),
        "lean": (10, 6, -6, 0, 8),
        "roll": (0, -8, -14, -8, 0),
        "lift": (0, 0.02, 0.06, 0, 0),
    },
    Pose.DIVE: {
        "phase": (0.0, 0.15, 0.32, 0.5, 0.7, 0.86, 1.0),
        "hip_r": (10, 45, 30, 10, 10, 40, 30),
        "hip_l": (10, 50, 5, -20, 5, 30, 30),
        "knee_r": (20, 80, 60, 20, 30, 70, 60),
        "knee_l": (20, 85, 20, 40, 50, 60, 60),
        "arm_r": (20, 30, 120, 172, 170, 120, 60),
        "arm_l": (20, 30, 130, 176, 165, 110, 60),
        "elbow_r": (60, 50, 25, 4, 15, 50, 50),
        "elbow_l": (60, 50, 25, 4, 15, 50, 50),
        "raise_r": (15, 20, 15, 6, 8, 20, 20),
        "raise_l": (15, 20, 15, 6, 8, 20, 20),
        "lean": (20, 25, 5, 0, 5, 20, 25),
        "roll": (0, 12, 48, 76, 86, 80, 20),
        "lift": (0, 0, 0.30, 0.62, 0.05, 0, 0),
    },
    Pose.CELEBRATE: {
        "phase": (0.0, 0.25, 0.5, 0.75, 1.0),
        "arm_r": (160, 175, 160, 175, 160),
        "arm_l": (160, 175, 160, 175, 160),
        "elbow_r": (25, 8, 25, 8, 25),
        "elbow_l": (25, 8, 25, 8, 25),
        "raise_r": (28, 36, 28, 36, 28),
        "raise_l": (28, 36, 28, 36, 28),
        "lean": (-6, -10, -6, -10, -6),
        "lift": (0, 0.22, 0, 0.22, 0),
    },
    Pose.SERVE: {
        "phase": (0.0, 0.1, 0.26, 0.42, 0.5, 0.6, 0.75, 0.9, 1.0),
        "hip_r": (-4, -10, -16, -12, -8, 4, 18, 22, 5),
        "hip_l": (10, 18, 20, 8, 2, 8, 20, 24, 5),
        "knee_r": (12, 22, 30, 40, 32, 15, 18, 40, 15),
        "knee_l": (14, 24, 20, 14, 12, 14, 18, 40, 15),
        "arm_r": (5, 30, 110, 165, 172, 80, 20, 5, 0),
        "arm_l": (60, 120, 165, 135, 70, 20, 5, 0, 0),
        "elbow_r": (30, 50, 95, 100, 8, 12, 25, 35, 35),
        "elbow_l": (30, 10, 5, 15, 40, 50, 45, 40, 35),
        "raise_r": (10, 25, 42, 28, 3, -8, 2, 8, 8),
        "raise_l": (6, 4, 6, 12, 14, 10, 8, 8, 8),
        "lean": (5, -2, -12, -16, 6, 24, 16, 10, 6),
        "pitch": (0, -1, -4, -5, 2, 4, 2, 0, 0),
        "lift": (0, 0, 0.64, 0.96, 1.0, 0.94, 0.61, 0, 0),  # times the height of the jump
    },
    Pose.SPIKE: {
        "phase": (0.0, 0.1, 0.26, 0.42, 0.5, 0.6, 0.75, 0.9, 1.0),
        "hip_r": (20, 55, 5, -20, 6, 22, 25, 50, 10),
        "hip_l": (10, 60, 15, -10, 12, 25, 25, 45, 10),
        "knee_r": (30, 85, 25, 75, 48, 25, 25, 78, 20),
        "knee_l": (25, 85, 20, 60, 32, 20, 20, 72, 20),
        "arm_r": (-10, -65, 110, 150, 174, 85, 25, 10, 0),
        "arm_l": (-10, -65, 140, 150, 75, 20, 10, 10, 0),
        "elbow_r": (30, 15, 60, 115, 6, 10, 30, 40, 40),
        "elbow_l": (30, 15, 15, 10, 50, 60, 45, 40, 40),
        "raise_r": (10, 15, 32, 48, 3, -6, 0, 10, 10),
        "raise_l": (10, 15, 10, 14, 15, 12, 10, 10, 10),
        "lean": (15, 42, 0, -22, 10, 32, 20, 28, 10),
        "pitch": (0, 0, -4, -8, 2, 6, 2, 0, 0),
        "lift": (0, 0, 0.64, 0.96, 1.0, 0.94, 0.61, 0, 0),
    },
    Pose.BLOCK_JUMP: {
        "phase": (0.0, 0.1, 0.26, 0.42, 0.5, 0.6, 0.75, 0.9, 1.0),
        "hip_r": (15, 48, 6, 0, 4, 6, 8, 42, 12),
        "hip_l": (15, 46, 4, 2, 2, 6, 8, 40, 12),
        "knee_r": (30, 82, 12, 14, 12, 8, 12, 72, 25),
        "knee_l": (30, 80, 10, 8, 6, 8, 12, 70, 25),
        "arm_r": (100, 100, 165, 172, 166, 168, 150, 80, 20),
        "arm_l": (100, 100, 165, 172, 166, 168, 150, 80, 20),
        "elbow_r": (70, 85, 20, 5, 4, 6, 20, 60, 50),
        "elbow_l": (70, 85, 20, 5, 4, 6, 20, 60, 50),
        "raise_r": (12, 14, 6, 2, 0, 2, 8, 14, 10),
        "raise_l": (12, 14, 6, 2, 0, 2, 8, 14, 10),
        "lean": (8, 18, 2, -2, 4, 3, 2, 16, 8),
        "lift": (0, 0, 0.64, 0.96, 1.0, 0.94, 0.61, 0, 0),
    },
    Pose.DIG: {
        "phase": (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0),
        "hip_r": (30, 58, 62, 57, 48, 32, 15),
        "hip_l": (30, 50, 53, 48, 40, 30, 15),
        "knee_r": (45, 86, 92, 84, 66, 44, 25),
        "knee_l": (45, 76, 80, 74, 58, 42, 25),
        "splay_r": (8, 16, 18, 18, 16, 12, 6),
        "splay_l": (8, 16, 18, 18, 16, 12, 6),
        "arm_r": (15, 20, 22, 27, 42, 36, 10),
        "arm_l": (15, 20, 22, 27, 42, 36, 10),
        "elbow_r": (40, 10, 2, 0, 2, 20, 40),
        "elbow_l": (40, 10, 2, 0, 2, 20, 40),
        "raise_r": (-2, -12, -18, -18, -16, -8, 8),
        "raise_l": (-2, -12, -18, -18, -16, -8, 8),
        "lean": (20, 38, 42, 38, 28, 18, 8),
        "lift": (0, 0, 0, 0, 0, 0, 0),
    },
    Pose.SET: {
        "phase": (0.0, 0.24, 0.4, 0.5, 0.6, 0.8, 1.0),
        "hip_r": (12, 28, 28, 14, 4, 6, 8),
        "hip_l": (8, 16, 14, 4, 0, 4, 6),
        "knee_r": (20, 52, 50, 26, 8, 10, 15),
        "knee_l": (16, 42, 38, 16, 6, 8, 12),
        "arm_r": (50, 112, 126, 140, 160, 120, 20),
        "arm_l": (50, 112, 126, 140, 160, 120, 20),
        "elbow_r": (70, 82, 74, 44, 10, 20, 35),
        "elbow_l": (70, 82, 74, 44, 10, 20, 35),
        "raise_r": (12, 22, 24, 16, 8, 10, 10),
        "raise_l": (12, 22, 24, 16, 8, 10, 10),
        "lean": (8, 4, -2, -5, -2, 2, 5),
        "lift": (0, 0, 0.9, 1.0, 0.9, 0, 0),
    },
}
JUMPS = (Pose.HEADER, Pose.SERVE, Pose.SPIKE, Pose.BLOCK_JUMP, Pose.SET)  # whose lift is a share of the jump
BENDS = (Pose.SERVE, Pose.DIG, Pose.SET)  # whose knees bend for a ball below the hands
THIGH_AND_SHIN_M = 0.90


def _running(stride_rad: np.ndarray, speed_mps: np.ndarray) -> np.ndarray:
    """The running cycle, from a stance with slightly bent knees to a sprint: [N, 16] in radians and metres."""
    channels = np.zeros((len(stride_rad), len(CHANNELS)))
    effort = np.tanh(speed_mps / 4.5)
    going = np.tanh(speed_mps / 0.8)  # arms hang until somebody actually goes
    for side, shift in (("r", 0.0), ("l", np.pi)):
        swing = np.sin(stride_rad + shift)
        forwards = np.cos(stride_rad + shift)  # positive while this thigh swings forwards
        channels[:, COLUMN[f"hip_{side}"]] = 0.10 + 0.10 * effort + (0.12 * going + 0.66 * effort) * swing
        channels[:, COLUMN[f"knee_{side}"]] = (
            0.16 + (0.25 * going + 1.45 * effort) * np.clip(forwards, 0, None) + 0.12 * effort
        )
        channels[:, COLUMN[f"arm_{side}"]] = -(0.10 * going + 0.72 * effort) * swing - 0.12 * effort
        channels[:, COLUMN[f"elbow_{side}"]] = 0.30 + 1.25 * effort
        channels[:, COLUMN[f"raise_{side}"]] = 0.14 + 0.10 * effort
        channels[:, COLUMN[f"splay_{side}"]] = 0.10 * (1 - going)
    channels[:, COLUMN["lean"]] = 0.05 + 0.22 * effort
    channels[:, COLUMN["lift"]] = 0.07 * effort * np.abs(np.cos(stride_rad))
    return channels


def body_channels(
    stride_rad: np.ndarray,
    speed_mps: np.ndarray,
    pose: np.ndarray,
    phase: np.ndarray,
    mirrored: np.ndarray,
    jump_m: np.ndarray,
) -> np.ndarray:
    """The sixteen channels of N bodies.

    Args:
        stride_rad: [N], phase of the running cycle.
        speed_mps: [N].
        pose: [N], of `Pose`.
        phase: [N] in [0, 1], phase of the pose.
        mirrored: [N] bool, play the pose on the left side.
        jump_m: [N], how high the poses of `JUMPS` are jumped; for those of `BENDS` also below 0, how far the knees
            bring the body down (or, digging, up) further.

    Returns:
        float64 [N, 16], angles in radians.
    """
    channels = _running(stride_rad, speed_mps)
    for kind, table in TABLES.items():
        rows = np.flatnonzero(pose == kind)
        if not len(rows):
            continue
        at = phase[rows].astype(np.float64)
        # Into the pose within its first tenth, out of it within its last.
        weight = np.clip(np.minimum(at, 1 - at) / 0.1, 0, 1)
        weight = weight * weight * (3 - 2 * weight)
        for name, keys in table.items():
            if name == "phase":
                continue
            value = np.interp(at, table["phase"], keys)
            if name != "lift":
                value = np.radians(value)
            elif kind in JUMPS:
                value = value * np.maximum(jump_m[rows], 0)
            column = COLUMN[name]
            columns = np.where(mirrored[rows], MIRROR[column], column)
            if name == "roll":
                value = np.where(mirrored[rows], -value, value)
            channels[rows, columns] = (1 - weight) * channels[rows, columns] + weight * value
        if kind in BENDS:
            drop = -jump_m[rows] if kind == Pose.DIG else np.maximum(-jump_m[rows], 0)
            _bend_knees(channels, rows, drop * np.sin(np.pi * at) ** 2)
    return channels


def _bend_knees(channels: np.ndarray, rows: np.ndarray, drop_m: np.ndarray) -> None:
    """Lower the hips of `rows` by `drop_m` [n] (raise them where negative), feet flat below them, in place."""
    for side in "rl":
        hip, knee = COLUMN[f"hip_{side}"], COLUMN[f"knee_{side}"]
        half = channels[rows, knee] / 2
        # Thigh and shin lean by hip and by hip - knee, so that the leg as a whole leans by hip - knee / 2.
        height = np.cos(half) - drop_m / (THIGH_AND_SHIN_M * np.cos(channels[rows, hip] - half))
        more = np.arccos(np.clip(height, 0.34, 1.0)) - half
        channels[rows, hip] += more
        channels[rows, knee] += 2 * more
