"""What a simulated match is once it has been played: where everybody and the ball were at every frame.

The game engine writes this, the camera films it, `tracks.npz` keeps it. Coordinates in metres: origin at the centre
spot, x along the pitch (-52.5 ... 52.5), y across it (-34 ... 34, the main stand and its camera on the side of negative
y), z up from the grass.
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


@dataclass(frozen=True)
class LabelledAction:
    """One labelled action: its class, the exact frame of its cause, who did it."""

    frame: int
    label: str
    team: int
    player: int


@dataclass
class Tracks:
    """A played match. T frames, P players (home first, then away; index 0 and P/2 are the keepers)."""

    fps: float
    ball_m: np.ndarray  # [T, 3] float32
    players_m: np.ndarray  # [T, P, 2] float32
    heading_rad: np.ndarray  # [T, P] float32, direction the body faces, 0 = +x, counter-clockwise
    speed_mps: np.ndarray  # [T, P] float32
    stride_rad: np.ndarray  # [T, P] float32, phase of the running cycle, grows with distance covered
    pose: np.ndarray  # [T, P] uint8, a Pose
    pose_phase: np.ndarray  # [T, P] float32 in [0, 1]; contact with the ball at 0.5
    team: np.ndarray  # [P] uint8, 0 home (attacks +x in the first half), 1 away
    keeper: np.ndarray  # [P] bool
    score: np.ndarray  # [T, 2] uint8, goals so far
    in_play: np.ndarray  # [T] bool, False from a dead ball until the restart
    actions: list[LabelledAction] = field(default_factory=list)  # by frame

    @property
    def num_frames(self) -> int:
        return len(self.ball_m)
