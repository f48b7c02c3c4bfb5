"""The one map between frames of a video and times, as a player shows them and as people write them down.

Frames are counted evenly from the first picture on: frame i is shown `i / fps` seconds after it. A player counts from
where the file begins, which is often the sound: a picture that begins half a second later makes all its times half a
second later, and a label at 12.5 s in the player lies at 12.0 s of pictures. Every reader and every writer of times
goes through here, so what is written can be looked up in a player, and what was noted from a player lands on its frame.

SoccerNet's milliseconds have a rule more: its evaluator turns them into frames by truncating, `int(fps * (ms / 1000))`,
which in double precision moves one frame in sixteen a frame too early. So a frame is written as the first millisecond
that truncates back to it, and read as the nearest frame. Introduced in notebook 00.
"""

import math
import re
from dataclasses import dataclass

from course_lib.files import InputError

__all__ = ["Times", "as_times", "clock", "read_clock"]

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)")


@dataclass(frozen=True)
class Times:
    """Frames and times of one video.

    Attributes:
        fps: frames a second.
        start_ms: when a player shows the first picture, in whole milliseconds, so that nothing is lost on the way.
    """

    fps: float
    start_ms: int = 0

    def seconds(self, frame: float) -> float:
        """When a player shows a frame."""
        return frame / self.fps if not self.start_ms else self.start_ms / 1000 + frame / self.fps

    def frame(self, seconds: float) -> int:
        """The frame nearest to a player's time; negative before the first picture."""
        return round((seconds - self.start_ms / 1000) * self.fps if self.start_ms else seconds * self.fps)

    def position_ms(self, frame: int) -> int:
        """A frame as SoccerNet's files state it."""
        position_ms = math.ceil(frame * 1000 / self.fps)
        while int(self.fps * (position_ms / 1000)) < frame:
            position_ms += 1
        return position_ms + self.start_ms

    def frame_of_ms(self, position_ms: int) -> int:
        """The frame nearest to a time in milliseconds (not the official truncation)."""
        return round((position_ms - self.start_ms) * self.fps / 1000)


def as_times(times: "float | Times") -> Times:
    """The map of a video; a number alone is the frame rate of one that begins with its first picture."""
    return times if isinstance(times, Times) else Times(times)


def clock(seconds: float, point: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds: 3725.5 is "01:02:05.500"."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{point}{milliseconds % 1000:03d}"


def read_clock(text: str, where: str) -> float:
    """Seconds of what a person noted from a player: "01:02:05.500", "62:05,5" or "3725.5".

    Raises:
        InputError: it is none of these.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{where}.time is {text[:40]!r}; expected a time like 01:02:05.500, 62:05.5 or 3725.5")
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds
