"""Hands on a volleyball: arms bent so that the hands are exactly at the ball when it is played.

The tables of `poses` bring a body near the ball, its jump or its knees bring it to the right height; what is left is
done by the arms, as two bones between a shoulder and a point, around the moment of contact only.
"""

from dataclasses import dataclass

import numpy as np

from .tracks import Pose

__all__ = ["HANDS", "LIFTS", "Reach", "bend_arms", "hand_places", "lift_for"]

# Where the hands are, seen from the middle of the ball: metres forwards, outwards and up. None: not at the ball.
HANDS: dict[Pose, tuple[tuple[float, float, float] | None, tuple[float, float, float] | None]] = {
    Pose.SERVE: ((-0.10, 0.0, -0.08), None),
    Pose.SPIKE: ((-0.11, 0.0, -0.06), None),
    Pose.DIG: ((-0.03, 0.03, -0.145), (-0.03, 0.03, -0.145)),
    Pose.SET: ((-0.06, 0.12, -0.07), (-0.06, 0.12, -0.07)),
    Pose.BLOCK_JUMP: ((-0.10, 0.07, -0.06), (-0.10, 0.07, -0.06)),
}
# Lowest and highest jump in metres (negative: how far the knees bend further), and the jump of one who misses the ball.
LIFTS: dict[Pose, tuple[float, float, float]] = {
    Pose.SERVE: (-0.10, 1.0, 0.1),
    Pose.SPIKE: (0.20, 1.2, 0.7),
    Pose.DIG: (-0.50, 0.15, 0.0),
    Pose.SET: (-0.45, 0.7, 0.0),
    Pose.BLOCK_JUMP: (0.30, 1.1, 0.65),
}
SHRUG_M = 0.12  # how far a shoulder can follow the arm
SPAN = 0.16  # of the phase on either side of the contact, over which the arms bend towards the ball


@dataclass(frozen=True)
class Reach:
    """What the hands of one body are at, during one pose."""

    start: int  # frames
    stop: int
    player: int
    hands_m: tuple[np.ndarray | None, np.ndarray | None]  # [3] each: right, left


def hand_places(kind: Pose, ball_m: np.ndarray, heading_rad: float, mirrored: bool) -> tuple[np.ndarray | None, ...]:
    """Where the right and the left hand are when the ball is at `ball_m` [3]: [3] each, None for a hand elsewhere."""
    forward = np.array([np.cos(heading_rad), np.sin(heading_rad), 0.0])
    left = np.array([-np.sin(heading_rad), np.cos(heading_rad), 0.0])
    right_hand, left_hand = HANDS[kind]
    if mirrored:
        right_hand, left_hand = left_hand, right_hand
    places = []
    for offset, side in ((right_hand, -1.0), (left_hand, 1.0)):
        if offset is None:
            places.append(None)
        else:
            places.append(ball_m + offset[0] * forward + side * offset[1] * left + [0, 0, offset[2]])
    return tuple(places)


def lift_for(kind: Pose, missing_m: float) -> float:
    """The jump (or, below 0, the bend of the knees) of a body whose hands are `missing_m` below where they must be."""
    low, high, _ = LIFTS[kind]
    # The shoulders do their part before anybody jumps higher.
    return float(np.clip(missing_m - SHRUG_M if missing_m > SHRUG_M else min(missing_m, 0.0), low, high))


def bend_arms(body: np.ndarray, phase: np.ndarray, reach: Reach, index: dict[str, int]) -> None:
    """Bend the arms of one body, in place.

    Args:
        body: [n, J, 3] in metres, the body at n moments of the reach.
        phase: [n], of the pose.
        reach: whose hands, and where.
        index: of the joints by name.
    """
    share = np.clip(1 - np.abs(phase - 0.5) / SPAN, 0, 1)
    share = (share * share * (3 - 2 * share))[:, None]
    for side, place in zip("rl", reach.hands_m, strict=True):
        if place is None:
            continue
        names = [index[f"{part}_{side}"] for part in ("shoulder", "elbow", "hand")]
        shoulder, elbow, hand = (body[:, name] for name in names)
        upper = np.linalg.norm(elbow - shoulder, axis=-1, keepdims=True)
        fore = np.linalg.norm(hand - elbow, axis=-1, keepdims=True)
        target = hand + share * (place - hand)
        way = target - shoulder
        far = np.linalg.norm(way, axis=-1, keepdims=True)
        way = way / np.maximum(far, 1e-9)
        longest = upper + fore - 0.002
        shoulder = shoulder + way * share * np.clip(far - longest, 0, SHRUG_M)
        far = np.clip(np.linalg.norm(target - shoulder, axis=-1, keepdims=True), np.abs(upper - fore) + 0.01, longest)
        # The elbow stays on the side on which the pose has it.
        aside = (elbow - shoulder) - way * ((elbow - shoulder) * way).sum(axis=-1, keepdims=True)
        size = np.linalg.norm(aside, axis=-1, keepdims=True)
        aside = np.where(size > 1e-4, aside / np.maximum(size, 1e-9), np.array([0.0, 0.0, -1.0]))
        aside = aside - way * (aside * way).sum(axis=-1, keepdims=True)
        aside = aside / np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-9)
        along = (far * far + upper * upper - fore * fore) / (2 * far)
        bent = shoulder + way * along + aside * np.sqrt(np.maximum(upper * upper - along * along, 0))
        touched = share[:, 0] > 0
        for name, value in zip(names, (shoulder, bent, shoulder + way * far), strict=True):
            body[touched, name] = value[touched]
