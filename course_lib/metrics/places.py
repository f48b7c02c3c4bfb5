"""Which spots are right in time and in place: the matching under volleyball's spatial AP.

Spots come by score; each looks at the nearest free label in time and at no other. If that one lies too far away in
the picture the spot is a miss, and the label stays free for the next. So a label can turn a spot away without being
taken, which plain deferred acceptance (`matching`) does not know. It is still settled in a few rounds of array
operations: being taken is all that lets a spot pass a label by, and a label once taken from a spot is never free to it
again. (VNL-STES: Precise Event Spotting in volleyball, when and where.) Introduced in notebook 09.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.events import Event
from course_lib.metrics.matching import expand_ranges
from course_lib.metrics.ranked import RankedHits

__all__ = ["PlacedEvents", "place_hits", "settle_for_nearest"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PlacedEvents:
    """Labels, or spots by falling score, as columns of one length N.

    Attributes:
        video: which video, 0 or more.
        frame: the frame, or the step of a stride.
        class_index: which class.
        place: float64 (N, 2), where in the picture, in [0, 1]; NaN where nobody knows.
    """

    video: IntArray
    frame: IntArray
    class_index: IntArray
    place: FloatArray

    @classmethod
    def collect(
        cls, events_of_video: Iterable[tuple[int, Sequence[Event]]], classes: Sequence[str], *, ranked: bool
    ) -> "PlacedEvents":
        """From pairs (video, its events), events of other classes left out; by falling score if `ranked`."""
        index = {label: place for place, label in enumerate(classes)}
        unknown = (np.nan, np.nan)
        rows = [
            (video, event.frame, index[event.label], *(event.xy or unknown), event.score if ranked else 0.0)
            for video, events in events_of_video
            for event in events
            if event.label in index
        ]
        table = np.array(rows, np.float64).reshape(-1, 6)
        table = table[np.argsort(-table[:, 5], kind="stable")]
        return cls(*table[:, :3].astype(np.int64).T, table[:, 3:5])

    def select(self, rows: NDArray) -> "PlacedEvents":
        """Those of the rows given, as a mask or as numbers."""
        return PlacedEvents(self.video[rows], self.frame[rows], self.class_index[rows], self.place[rows])


def place_hits(
    labels: PlacedEvents,
    spots: PlacedEvents,
    scale_px: FloatArray,
    tolerances: Sequence[int],
    radii_px: Sequence[float],
    *,
    truncate: bool,
) -> RankedHits:
    """Find out which spots are right under every pair of tolerance and radius, whatever the classes.

    Args:
        labels: in the order in which equally near ones are preferred.
        spots: by falling score.
        scale_px: (V, 2), what a place is to be multiplied by, for each video.
        tolerances: frames (steps) either side.
        radii_px: distances that still count, after scaling.
        truncate: cut distances to whole pixels before they are compared, as the official evaluator does.

    Returns:
        Hits with a row for each tolerance and, within it, each radius. Only the labels handed in can be found.
    """
    frames = np.concatenate([labels.frame, spots.frame])
    gap = np.abs(frames).max(initial=0) * 2 + max(tolerances) + 1
    label_key, spot_key = labels.video * gap + labels.frame, spots.video * gap + spots.frame
    label_px, spot_px = labels.place * scale_px[labels.video], spots.place * scale_px[spots.video]
    order = np.argsort(label_key, kind="stable")
    hits = []
    for tolerance in tolerances:
        starts = np.searchsorted(label_key[order], spot_key - tolerance)
        stops = np.searchsorted(label_key[order], spot_key + tolerance, side="right")
        spot, rank = expand_ranges(starts, stops)
        label = order[rank]
        nearest_first = np.lexsort((label, np.abs(spot_key[spot] - label_key[label]), spot))
        spot, label = spot[nearest_first], label[nearest_first]
        distance_px = np.sqrt(((spot_px[spot] - label_px[label]) ** 2).sum(axis=1))
        if truncate:
            distance_px = np.trunc(distance_px)
        # NaN is no number to be smaller than: where a place is missing, nothing is hit.
        hits += [settle_for_nearest(spot, label, distance_px <= radius, len(spot_key)) for radius in radii_px]
    return RankedHits(spots.video, np.array(hits), np.bincount(labels.video, minlength=len(scale_px)))


def settle_for_nearest(agent: IntArray, item: IntArray, good: NDArray[np.bool_], num_agents: int) -> NDArray[np.bool_]:
    """Let agents 0, 1, 2, ... look at the first free item of their lists, one after the other, and take it if good.

    Args:
        agent, item: (P,), the pairs, sorted by agent and within an agent by preference.
        good: (P,), whether the agent may have the item; if not, it goes away with nothing, and the item stays free.
        num_agents: how many there are.

    Returns:
        bool (num_agents,): whether the agent took an item.
    """
    wish = np.searchsorted(agent, np.arange(num_agents + 1))
    wish, stop = wish[:-1].copy(), wish[1:]
    taken = np.zeros(num_agents, bool)
    asking = np.flatnonzero(wish < stop)
    num_items = item.max(initial=-1) + 1
    while len(asking):
        wanted, takes = item[wish[asking]], good[wish[asking]]
        holder = np.full(num_items, num_agents)
        # Written backwards, so that of several takers of one item the first in the queue is what remains.
        holder[wanted[takes][::-1]] = asking[takes][::-1]
        refused = asking[holder[wanted] < asking]
        if not len(refused):
            taken[asking[takes]] = True
            break
        wish[refused] += 1
        asking = asking[wish[asking] < stop[asking]]
    return taken
