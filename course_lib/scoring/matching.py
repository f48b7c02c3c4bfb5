"""Which spot is matched to which label: the two greedy rules of the field, without a loop over spots.

Both rules are serial dictatorships: one side queues up, and each in turn takes whatever it likes best among what is
left. In the SoccerNet rule the labels queue by time and like high scores; in the frame rule (E2E-Spot) the
predictions queue by score and like near labels. Who queues alone decides disputes, so the outcome equals that of
deferred acceptance (Gale and Shapley, College Admissions and the Stability of Marriage, 1962), which needs few
rounds, and every round is one array operation: all ask at once, each item keeps the first in the queue, the refused
ask for their next choice.

`pair_events` is SoccerNet's rule for people rather than for a score: timelines, annotated videos and exercises ask what
became of every label and every spot of one video. Introduced in notebook 01.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Event
from course_lib.scoring.tables import SpotTable

__all__ = [
    "assign_spots_by_score",
    "choose_in_turn",
    "expand_ranges",
    "match_labels_in_time_order",
    "match_spots_by_score",
    "pair_events",
]

IntArray = NDArray[np.int64]


def expand_ranges(starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
    """All members of many integer ranges.

    Args:
        starts, stops: (N,), half-open ranges, `stops >= starts`.

    Returns:
        Two arrays (sum of lengths,): which range, and which integer.
    """
    lengths = stops - starts
    owner = np.repeat(np.arange(len(starts)), lengths)
    first_of_owner = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) + np.repeat(starts - first_of_owner, lengths)


def choose_in_turn(agent: IntArray, item: IntArray, num_agents: int, num_items: int) -> IntArray:
    """Let agents 0, 1, 2, ... take, one after the other, the item they like best among those still free.

    Args:
        agent, item: (P,), the acceptable pairs, sorted by agent and within an agent by preference.
        num_agents, num_items: how many there are.

    Returns:
        int64 (num_agents,): the item taken, -1 for none.
    """
    wish = np.searchsorted(agent, np.arange(num_agents + 1))
    wish, stop = wish[:-1].copy(), wish[1:]
    nobody = num_agents
    holder = np.full(num_items, nobody)
    asking = np.flatnonzero(wish < stop)
    while len(asking):
        wanted = item[wish[asking]]
        before = holder[wanted]
        # Written backwards, so that of several who ask for one item the first in the queue is what remains.
        holder[wanted[::-1]] = np.minimum(before, asking)[::-1]
        after = holder[wanted]
        sent_away = before[(after == asking) & (before != nobody)]
        refused = np.sort(np.concatenate([asking[after != asking], sent_away]))
        wish[refused] += 1
        asking = refused[wish[refused] < stop[refused]]
    taken = np.full(num_agents, -1)
    served = np.flatnonzero(wish < stop)
    taken[served] = item[wish[served]]
    return taken


def match_labels_in_time_order(labels: SpotTable, spots: SpotTable, radii: NDArray[np.float64]) -> list[IntArray]:
    """SoccerNet's rule: labels in time order, each takes the free spot of highest score in its window.

    Neither the nearest spot nor the most confident one overall has a right to a label. Of equal scores the earliest
    is taken. No threshold plays a part, so one matching serves all thresholds.

    Args:
        labels, spots: of the same classes and videos; the spots with scores of 0 or more.
        radii: (D,), frames either side, fractions allowed, in any order.

    Returns:
        For each radius int64 (len(labels),): the row of the spot, -1 for none.
    """
    # Further than the gap between videos nothing lies; a window must not reach across it.
    reach = np.minimum(np.floor(np.asarray(radii, np.float64)), labels.num_frames).astype(np.int64)
    if not len(reach):
        return []
    widest = reach.max()
    widest_windows = _windows(labels, spots, widest)
    rank, row_of_rank = _rank_disputed(spots, *widest_windows[1:])
    matches = []
    for radius in reach:
        owner, spot, several = widest_windows if radius == widest else _windows(labels, spots, radius)
        # One number that sorts by label, then by score: a plain sort is several times faster than a lexsort. A window
        # with a single spot leaves no choice and needs no sorting.
        pair = np.sort(owner[several] * len(rank) + rank[spot[several]])
        wish = spot.copy()
        wish[several] = row_of_rank[pair % max(len(rank), 1)]
        matches.append(choose_in_turn(owner, wish, len(labels), len(spots)))
    return matches


def _windows(labels: SpotTable, spots: SpotTable, radius: int) -> tuple[IntArray, IntArray, NDArray[np.bool_]]:
    """Pairs (row of a label, row of a spot in its window), and whether the label has several such pairs."""
    starts = np.searchsorted(spots.key, labels.key - radius)
    stops = np.searchsorted(spots.key, labels.key + radius, side="right")
    owner, spot = expand_ranges(starts, stops)
    return owner, spot, (stops - starts > 1)[owner]


def _rank_disputed(spots: SpotTable, spot: IntArray, several: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Ranks of the spots that share a window: 0 for the highest score, the earlier first where scores are equal.

    Returns:
        The rank of each row (-1 where a spot shares no window), and the row of each rank.
    """
    shared = np.zeros(len(spots), bool)
    shared[spot[several]] = True
    rows = np.flatnonzero(shared)
    row_of_rank = rows[np.argsort(-spots.value[rows], kind="stable")]
    rank = np.full(len(spots), -1)
    rank[row_of_rank] = np.arange(len(rows))
    return rank, row_of_rank


def match_spots_by_score(label_key: IntArray, spot_key: IntArray, radius: int) -> NDArray[np.bool_]:
    """Whether each spot found a label by the frame rule, bool (P,); see `assign_spots_by_score`."""
    return assign_spots_by_score(label_key, spot_key, radius) >= 0


def assign_spots_by_score(label_key: IntArray, spot_key: IntArray, radius: int) -> IntArray:
    """The frame rule: spots in the order given, each looks only at the nearest label that is still free.

    Args:
        label_key: (L,), places of the labels in the order of their files, all different; videos far apart.
        spot_key: (P,), places of the spots, by falling score.
        radius: frames either side within which the nearest label counts as found.

    Returns:
        int64 (P,): the place in `label_key` of the label that the spot found, -1 for none. Of two labels equally near,
        the first listed is meant.
    """
    order = np.argsort(label_key, kind="stable")
    starts = np.searchsorted(label_key[order], spot_key - radius)
    stops = np.searchsorted(label_key[order], spot_key + radius, side="right")
    spot, place = expand_ranges(starts, stops)
    label = order[place]
    # A free label outside the radius is never nearer than one inside, so only those inside need to be looked at.
    distance = np.abs(spot_key[spot] - label_key[label])
    best_first = np.lexsort((label, distance, spot))
    return choose_in_turn(spot[best_first], label[best_first], len(spot_key), len(label_key))


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
