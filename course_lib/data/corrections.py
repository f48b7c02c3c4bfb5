"""What a person says about spots: keep this one, that one is nothing, this one came earlier, that one is missing.

Corrections are a list, not a changed file: they can be read, kept beside the video, and applied again to the spots of a
better spotter. What a person has confirmed gets the score 1. Introduced in notebook 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from course_lib.data.events import Event
from course_lib.data.times import Times, as_times
from course_lib.files import InputError

__all__ = ["ACTIONS", "Corrected", "Edit", "apply_edits"]

ACTIONS = ("accept", "reject", "move", "rename", "add")
SURE = 1.0


@dataclass(frozen=True)
class Edit:
    """One correction.

    Attributes:
        action: one of `ACTIONS`.
        label: class of the spot that is meant, or that is added.
        seconds: where in the video it is.
        to: for "move" the second where it belongs, for "rename" its class; else None.
        team, xy: what to say of it from now on; None leaves it as it is.

    Raises:
        InputError: an unknown action, or `to` is not what the action needs.
    """

    action: str
    label: str
    seconds: float
    to: float | str | None = None
    team: str | None = None
    xy: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise InputError(f"edit {self.action!r}: expected one of {', '.join(ACTIONS)}")
        needed = {"move": int | float, "rename": str}.get(self.action, type(None))
        if not isinstance(self.to, needed):
            what = {"move": "a second", "rename": "a class"}.get(self.action, "nothing")
            raise InputError(f"edit {self.action!r}: to is {self.to!r}; expected {what}")


class Corrected(NamedTuple):
    """What corrections made of spots.

    Attributes:
        events: in time order; confirmed ones with the score 1, rejected ones gone, the rest as it was.
        unmatched: edits that met no spot, in their order.
    """

    events: list[Event]
    unmatched: list[Edit]


def apply_edits(spots: Sequence[Event], edits: Sequence[Edit], fps: float | Times, reach_sec: float = 0.5) -> Corrected:
    """Apply corrections, each to the nearest spot of its class, as it was found and not yet corrected.

    Args:
        spots: of one video, with scores.
        edits: in any order; no two take the same spot.
        fps: frames a second that `Event.frame` counts in, or the `Times` of the video.
        reach_sec: how far from `Edit.seconds` the spot may be: the spots of another training lie a little elsewhere.
    """
    times = as_times(fps)
    events: list[Event] = []
    left = list(spots)
    unmatched = []
    for edit in edits:
        frame = times.frame(edit.seconds)
        if edit.action == "add":
            events.append(Event(edit.label, frame, SURE, edit.xy, edit.team))
            continue
        near = [spot for spot in left if spot.label == edit.label and abs(spot.frame - frame) <= reach_sec * times.fps]
        if not near:
            unmatched.append(edit)
            continue
        spot = min(near, key=lambda spot: abs(spot.frame - frame))
        left.remove(spot)
        if edit.action == "reject":
            continue
        if edit.action == "move":
            spot = replace(spot, frame=times.frame(edit.to), position_ms=None)
        elif edit.action == "rename":
            spot = replace(spot, label=edit.to)
        told = {"team": edit.team or spot.team, "xy": edit.xy or spot.xy}
        events.append(replace(spot, score=SURE, **told))
    return Corrected(sorted(events + left, key=lambda event: event.frame), unmatched)
