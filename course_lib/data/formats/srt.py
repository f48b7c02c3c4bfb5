"""Spots as SubRip subtitles, which every player shows beside a video of the same name.

Introduced in notebook 11.
"""

from collections.abc import Sequence
from pathlib import Path

from course_lib.data.events import Event
from course_lib.data.times import Times, as_times, clock
from course_lib.files import write_text

__all__ = ["write_srt"]

CUE_SEC = 1.0  # how long a subtitle stays
TOGETHER_SEC = 0.4  # nearer than this, the first could not be read before the second replaces it


def write_srt(path: str | Path, spots: Sequence[Event], fps: float | Times) -> None:
    """Write SubRip subtitles, which every player shows beside a video of the same name (atomically).

    Each spot stays for a second, or until the next one. Spots within 0.4 s of the first of a cue share it, a line each,
    since nobody could read them one after the other.

    Args:
        path: the file.
        spots: those to show, in any order.
        fps: frames a second that `Event.frame` counts in, or the `Times` of the video.
    """
    times = as_times(fps)
    cues: list[tuple[float, list[str]]] = []  # (start in seconds, lines)
    for spot in sorted(spots, key=lambda spot: spot.frame):
        start, line = times.seconds(spot.frame), _cue_line(spot)
        if cues and start - cues[-1][0] < TOGETHER_SEC:
            cues[-1][1].append(line)
        else:
            cues.append((start, [line]))
    ends = [min(start + CUE_SEC, after) for (start, _), (after, _) in zip(cues, cues[1:], strict=False)]
    ends += [start + CUE_SEC for start, _ in cues[-1:]]
    blocks = [
        f"{index}\n{clock(start, ',')} --> {clock(end, ',')}\n" + "\n".join(lines) + "\n"
        for index, ((start, lines), end) in enumerate(zip(cues, ends, strict=True), 1)
    ]
    write_text(path, "\n".join(blocks))


def _cue_line(spot: Event) -> str:
    # An arrow or an empty line within the text would end the cue for a player.
    label = " ".join(spot.label.split()).replace("-->", "->")
    return label if spot.score is None else f"{label} {spot.score:.2f}"
