"""Which step an event is on.

Step i of a video at stride s stands for frames i*s ... i*s + s - 1, so an event lies on step frame // s, clipped to
the last step. Where a label came as milliseconds and the frame rate is given, it lies where the ball-action metric
looks for it, on step int(fps / s * (ms / 1000)): the same for a label on an exact frame, at most one step earlier
otherwise. Introduced in notebook 01.
"""

from course_lib.events.records import Event

__all__ = ["event_step"]


def event_step(event: Event, num_steps: int, stride: int, fps: float | None = None) -> int:
    """The step that an event lies on, at most num_steps - 1; `fps` of the video matters for labels in milliseconds."""
    if fps is None or event.position_ms is None:
        return min(event.frame // stride, num_steps - 1)
    return min(int(fps / stride * (event.position_ms / 1000)), num_steps - 1)
