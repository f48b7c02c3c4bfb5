"""What is known of a video, and the error that a broken one raises."""

from dataclasses import dataclass

from course_lib.errors import InputError

__all__ = ["VideoError", "VideoInfo"]


class VideoError(InputError):
    """A video cannot be read, or not to its end; the message names the file and the place (frame and second).

    It is never swallowed: a decoder's patched-up picture would be a training example that says something false.
    """


@dataclass(frozen=True)
class VideoInfo:
    """What was counted and measured in a video; a header is believed only where it agrees.

    Attributes:
        num_frames: frames in the file, by counting.
        fps: frames a second; the mean where the rate varies.
        width, height: in pixels.
        duration_sec: num_frames / fps.
        variable_frame_rate: some frame is further than half a frame from its place i / fps.
        source: what was found, for people: "h264 in mp4", "JPEG files %06d.jpg from 0".
    """

    num_frames: int
    fps: float
    width: int
    height: int
    duration_sec: float
    variable_frame_rate: bool
    source: str = ""
