"""What a body does with its joints: a running cycle, and the key positions of `pose_tables` blended into it.

A pose is played over its phase, with the contact at phase 0.5, and is blended into the running cycle at both ends. A
body whose ball is on the left plays it mirrored.
"""

import numpy as np

from .pose_tables import BENDS, CHANNELS, COLUMN, JUMPS, MIRROR, TABLES
from .tracks import Pose

__all__ = ["body_channels"]

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
