"""What a simulated match is once it has been played: where everybody and the ball were at every frame.

The game engine writes this, the camera films it, `tracks.npz` keeps it. Coordinates in metres: origin in the middle of
the pitch or court, x along it (football -52.5 ... 52.5; volleyball -9 ... 9, the net in the plane x = 0), y across it
(-34 ... 34; -4.5 ... 4.5; the main stand and its camera on the side of negative y), z up from the ground.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

__all__ = ["LabelledAction", "Pose", "Tracks"]


class Pose(IntEnum):
    """What a body is doing beyond running or standing."""

    MOVE = 0
    KICK = 1
    HEADER = 2
    THROW = 3
    TACKLE = 4
    BLOCK = 5
    DIVE = 6
    CELEBRATE = 7
    SERVE = 8
    DIG = 9
    SET = 10
    SPIKE = 11
    BLOCK_JUMP = 12


@dataclass(frozen=True)
class LabelledAction:
    """One labelled action: its class, the exact frame of its cause, who did it."""

    frame: int
    label: str
    team: int
    player: int


@dataclass
class Tracks:
    """A played match or rally. T frames, P players (home first, then away; in football 0 and P/2 are the keepers)."""

    fps: float
    ball_m: np.ndarray  # [T, 3] float32
    players_m: np.ndarray  # [T, P, 2] float32
    heading_rad: np.ndarray  # [T, P] float32, direction the body faces, 0 = +x, counter-clockwise
    speed_mps: np.ndarray  # [T, P] float32
    stride_rad: np.ndarray  # [T, P] float32, phase of the running cycle, grows with distance covered
    pose: np.ndarray  # [T, P] uint8, a Pose
    pose_phase: np.ndarray  # [T, P] float32 in [0, 1]; contact with the ball at 0.5
    team: np.ndarray  # [P] uint8, 0 home (football: attacks +x in the first half), 1 away
    keeper: np.ndarray  # [P] bool, a keeper or a libero: wears another shirt
    score: np.ndarray  # [T, 2] uint8, goals or points so far
    in_play: np.ndarray  # [T] bool, False from a dead ball until the restart
    actions: list[LabelledAction] = field(default_factory=list)  # by frame

    @property
    def num_frames(self) -> int:
        return len(self.ball_m)
