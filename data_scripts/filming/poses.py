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
}


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
        jump_m: [N], how high a header is jumped.

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
            elif kind == Pose.HEADER:
                value = value * jump_m[rows]
            column = COLUMN[name]
            columns = np.where(mirrored[rows], MIRROR[column], column)
            if name == "roll":
                value = np.where(mirrored[rows], -value, value)
            channels[rows, columns] = (1 - weight) * channels[rows, columns] + weight * value
    return channels
