"""How far a spotter's places are from the labels', whatever it says of the time. Introduced in notebook 09.

The spatial AP mixes three things: whether a contact was found, how it ranks, and where it was placed. This looks at the
place alone, by asking at every labelled step where it would be.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Video, event_step
from course_lib.metrics.rule import Rule
from course_lib.metrics.spatial import SCALE_PX

__all__ = ["place_errors_px"]


def place_errors_px(
    videos: Sequence[Video], places: Mapping[str, NDArray[np.floating]], rule: Rule
) -> NDArray[np.float64]:
    """Distances at the labelled steps, in pixels of the official grid of 224 by 224.

    Args:
        videos: whose events count, in their order, if they are of the rule's classes and have a place.
        places: by the id of a video, (T, 2) in [0, 1]: where it would be, at every step.
        rule: classes, and frames a step.

    Returns:
        (N,), one for each event with a place.

    Raises:
        InputError: a video has no places.
    """
    distances = []
    for video in videos:
        if video.id not in places or places[video.id] is None:
            raise InputError(f"{video.id}: no places; expected those of a spotter that says where")
        said = np.asarray(places[video.id], np.float64)
        known = [event for event in video.events if event.label in rule.classes and event.xy is not None]
        steps = [event_step(event, len(said), rule.stride) for event in known]
        label = np.array([event.xy for event in known], np.float64).reshape(-1, 2)
        distances.append(SCALE_PX * np.linalg.norm(said[steps].reshape(-1, 2) - label, axis=1))
    return np.concatenate(distances) if distances else np.zeros(0)
