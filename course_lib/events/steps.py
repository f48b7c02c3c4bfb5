"""Which step an event lies on: one placing for what is learnt, what is scored, and what is decoded.

Step i at stride s stands for frames i*s ... i*s + s - 1, so an event lies on step frame // s. Where a label came as
milliseconds, it lies where SoccerNet's evaluator looks for it, on step int(fps / s * (ms / 1000)): the same for a label
on an exact frame, at most one step earlier otherwise. Introduced in notebook 02.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.events.records import Event

__all__ = ["event_step", "event_steps", "frame_steps", "position_steps"]


def position_steps(position_ms: ArrayLike, steps_per_sec: float) -> NDArray[np.int64]:
    """Milliseconds to steps as the evaluator does it, in its order: 1160 ms at 25 a second is 28, not 29."""
    return (steps_per_sec * (np.asarray(position_ms, np.float64) / 1000)).astype(np.int64)


def frame_steps(frames: ArrayLike, stride: int, fps: float, video_fps: float) -> NDArray[np.int64]:
    """The step of each frame of a video.

    Args:
        frames: counted at the video's own rate.
        stride: frames a step.
        fps: frames a second that are strided.
        video_fps: the video's own rate; if it is another, time decides.
    """
    frames = np.asarray(frames, np.int64)
    if video_fps == fps:
        return frames // stride
    # The small addition keeps exact multiples from falling one short.
    return np.floor(frames / video_fps * fps / stride + 1e-9).astype(np.int64)


def event_steps(
    events: Sequence[Event], stride: int, fps: float, video_fps: float, *, by_position: bool = True
) -> NDArray[np.int64]:
    """The step of each event, not clipped to the length of the video.

    Args:
        events: of one video.
        stride, fps, video_fps: as for `frame_steps`.
        by_position: go by milliseconds where an event states them.
    """
    steps = frame_steps([event.frame for event in events], stride, fps, video_fps)
    stated = [row for row, event in enumerate(events) if by_position and event.position_ms is not None]
    steps[stated] = position_steps([events[row].position_ms for row in stated], fps / stride)
    return steps


def event_step(event: Event, num_steps: int, stride: int, fps: float | None = None) -> int:
    """The step that an event lies on, at most num_steps - 1; `fps` of the video matters for labels in milliseconds."""
    rate = 1.0 if fps is None else fps
    (step,) = event_steps([event], stride, rate, rate, by_position=fps is not None)
    return min(int(step), num_steps - 1)
