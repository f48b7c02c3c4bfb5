"""What each frame of a video should say: events turned into one row of class probabilities a step.

An event is one frame in eighty, so a network that must hit it exactly gets one signal in eighty. *Hard* targets do ask
for that; *dilated* ones (E2E-Spot, Hong 2022) give the class to the frames up to `radius` away as well; *gaussian* ones
give them a share that falls off with the distance and leave the rest to background.

Introduced in notebook 02; dilation and softness in notebook 03; places in notebook 09.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from course_lib.config import DataConfig
from course_lib.data.events import Event, event_step
from course_lib.files import InputError

__all__ = [
    "dilated_targets",
    "frame_targets",
    "gaussian_targets",
    "hard_targets",
    "nearest_event",
    "place_targets",
]


def frame_targets(events: Sequence[Event], num_steps: int, data: DataConfig, fps: float | None = None) -> np.ndarray:
    """Targets of the kind that `data.target_kind` names, float32 [T, K+1]; rows sum to 1, column 0 is background."""
    if data.target_kind == "hard":
        return hard_targets(events, data.classes, num_steps, data.stride, fps)
    if data.target_kind == "dilated":
        return dilated_targets(events, data.classes, num_steps, data.stride, data.target_radius, fps)
    return gaussian_targets(events, data.classes, num_steps, data.stride, data.target_sigma, fps)


def hard_targets(
    events: Sequence[Event], classes: Sequence[str], num_steps: int, stride: int, fps: float | None = None
) -> np.ndarray:
    """One-hot targets: the class at an event's step, background elsewhere.

    Args:
        events: of one video; those of labels that are not in `classes` are left out.
        classes: K names; class k is column k + 1.
        num_steps: T, steps of the video.
        stride: frames a step.
        fps: of the video, for labels that came as milliseconds; None goes by their frame.

    Returns:
        float32 [T, K+1]. Where two events share a step, the later listed one has it.
    """
    return dilated_targets(events, classes, num_steps, stride, 0, fps)


def dilated_targets(
    events: Sequence[Event], classes: Sequence[str], num_steps: int, stride: int, radius: int, fps: float | None = None
) -> np.ndarray:
    """As `hard_targets`, with every event also on the steps up to `radius` away.

    A step in reach of several events belongs to the nearest one; at equal distance, to the later listed.
    """
    nearest, offset = nearest_event(events, classes, num_steps, stride, fps)
    columns = np.where(np.abs(offset) <= radius, nearest, 0)
    return np.eye(len(classes) + 1, dtype=np.float32)[columns]


def gaussian_targets(
    events: Sequence[Event], classes: Sequence[str], num_steps: int, stride: int, sigma: float, fps: float | None = None
) -> np.ndarray:
    """Soft targets: the nearest event's class has exp(-d² / 2 sigma²) at d steps from it, background the rest.

    Cut off at three sigma. Which event is nearest is decided as in `dilated_targets`.

    Raises:
        InputError: sigma is not positive.
    """
    if sigma <= 0:
        raise InputError(f"targets: sigma is {sigma}; expected more than 0 steps")
    nearest, offset = nearest_event(events, classes, num_steps, stride, fps)
    distance = np.abs(offset)
    share = np.where(distance <= 3 * sigma, np.exp(-0.5 * (np.minimum(distance, 4 * sigma) / sigma) ** 2), 0)
    targets = np.zeros((num_steps, len(classes) + 1), np.float32)
    targets[np.arange(num_steps), nearest] = share
    targets[:, 0] += (1 - targets.sum(axis=1)).astype(np.float32)
    return targets


def place_targets(
    events: Sequence[Event],
    classes: Sequence[str],
    num_steps: int,
    stride: int,
    radius: int = 0,
    fps: float | None = None,
) -> np.ndarray:
    """Where in the picture events are, for the steps that have one.

    Args:
        events: of one video; those without a place, or of labels that are not in `classes`, are left out.
        classes: K names.
        num_steps: T, steps of the video.
        stride: frames a step.
        radius: steps either side that get the place of the nearest event too.
        fps: as for `hard_targets`.

    Returns:
        float32 [T, 3]: x and y in [0, 1], and 1 where they are known; all 0 elsewhere.
    """
    placed = [event for event in events if event.xy is not None and event.label in classes]
    names = [str(index) for index in range(len(placed))]  # each event as a class of its own tells which is nearest
    numbered = [replace(event, label=name) for event, name in zip(placed, names, strict=True)]
    nearest, offset = nearest_event(numbered, names, num_steps, stride, fps)
    targets = np.zeros((num_steps, 3), np.float32)
    known = np.abs(offset) <= radius
    if placed:
        targets[known, :2] = np.array([event.xy for event in placed], np.float32)[nearest[known] - 1]
    targets[known, 2] = 1
    return targets


def nearest_event(
    events: Sequence[Event], classes: Sequence[str], num_steps: int, stride: int, fps: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Which event lies nearest to each step, and how far the step is behind it; arguments as for `hard_targets`.

    Returns:
        int64 [T], the column of the event's class, 1 ... K, and float64 [T], the step's number minus the event's; 0 and
        infinity where there is no event. At equal distance the later listed event counts.
    """
    column_of = {label: index + 1 for index, label in enumerate(classes)}
    nearest = np.zeros(num_steps, np.int64)
    offset = np.full(num_steps, np.inf)
    # Step to (number in the list, column): of several events on one step the later listed stays.
    listed = {
        event_step(event, num_steps, stride, fps): (number, column_of[event.label])
        for number, event in enumerate(events)
        if event.label in column_of
    }
    if not listed or not num_steps:
        return nearest, offset
    places = np.array(sorted(listed))  # (E,), rising
    number, column = np.array([listed[place] for place in places.tolist()]).T
    steps = np.arange(num_steps)
    # Only the event at or before a step and the one behind it can be the nearest; at the ends they are the same.
    behind = np.searchsorted(places, steps, side="right")
    before, after = np.maximum(behind - 1, 0), np.minimum(behind, len(places) - 1)
    to_before, to_after = np.abs(steps - places[before]), np.abs(places[after] - steps)
    later = (to_after < to_before) | ((to_after == to_before) & (number[after] > number[before]))
    event = np.where(later, after, before)
    return column[event], (steps - places[event]).astype(np.float64)
