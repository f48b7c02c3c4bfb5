"""What became of every label and every spot of one video: found or missed, right or false.

SoccerNet's matching, for people rather than for a score: timelines, annotated videos and exercises ask which spot
belongs to which label. The rule itself is `course_lib.metrics.matching`. Introduced in notebook 01.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.events import Event
from course_lib.metrics.matching import match_labels_in_time_order
from course_lib.metrics.tables import SpotTable

__all__ = ["pair_events"]


def pair_events(
    truth: Sequence[Event], spots: Sequence[Event], radius_frames: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair labels and spots of one video, class by class.

    Labels in time order each take the free spot of highest score within the radius. Of several entries with the same
    class and frame only the last counts, as in the official evaluator; the others stay alone.

    Args:
        truth: labels, in any order.
        spots: predictions, in any order; one without a score counts as certain (1.0), and one with a score under 0
            matches nothing.
        radius_frames: frames either side: half the metric's tolerance times fps.

    Returns:
        For each label the index of its spot, and for each spot the index of its label; -1 for none.
    """
    of_label = np.full(len(truth), -1)
    of_spot = np.full(len(spots), -1)
    if not len(truth) or not len(spots):
        return of_label, of_spot
    everything = (*truth, *spots)
    class_index = {label: index for index, label in enumerate(dict.fromkeys(event.label for event in everything))}
    num_frames = max(event.frame for event in everything) + 1

    def table(events: Sequence[Event]) -> tuple[SpotTable, dict[int, int]]:
        columns = [class_index[event.label] for event in events], [0] * len(events), [event.frame for event in events]
        values = [1.0 if event.score is None else event.score for event in events]
        size = {"num_classes": len(class_index), "num_videos": 1, "num_frames": num_frames}
        # A dictionary keeps the last index of a class and frame, which is the entry that the table keeps.
        index_of = {(event.label, event.frame): index for index, event in enumerate(events)}
        rows = SpotTable.build(*columns, values, **size).scored()
        names = list(class_index)
        pairs = zip(rows.class_index.tolist(), rows.frame.tolist(), strict=True)
        return rows, {row: index_of[names[k], frame] for row, (k, frame) in enumerate(pairs)}

    labels, label_at = table([Event(event.label, event.frame) for event in truth])
    found, spot_at = table(spots)
    (match,) = match_labels_in_time_order(labels, found, np.array([radius_frames]))
    for row, spot_row in enumerate(match.tolist()):
        if spot_row >= 0:
            of_label[label_at[row]] = spot_at[spot_row]
            of_spot[spot_at[spot_row]] = label_at[row]
    return of_label, of_spot
