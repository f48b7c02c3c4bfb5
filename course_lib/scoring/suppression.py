"""Non-maximum suppression in time: one action raises the scores of many frames, and only one spot should stay.

The field calls six different things by this name; here each has its own. All of them treat every class by itself,
leave other fields of an event alone, and return the survivors by frame. `symmetric_nms` is what the course uses.

| name | what it does | from |
|---|---|---|
| `symmetric_nms` | the highest stays, all within the window go, again with the rest; ties: the earliest | the course |
| `nms` | the same; ties: the first listed; windows may differ by class | T-DEED (Xarles et al., 2024) |
| `soft_nms` | as `nms`, but neighbours are only weakened, more the nearer they are | T-DEED |
| `e2e_nms` | whatever has a higher neighbour goes, even if that neighbour goes too | E2E-Spot (Hong et al., 2022) |
| `starter_nms` | as `symmetric_nms` with a window that reaches further back than forward | ball-action starter code |
| `chain_nms` | events in close succession form a group, of which the best stays | VNL-STES (volleyball) |

A window is counted in steps: in whatever the frames of the events given count. Introduced in notebook 01.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Event
from course_lib.files import InputError

__all__ = ["SUPPRESSIONS", "chain_nms", "e2e_nms", "nms", "soft_nms", "starter_nms", "symmetric_nms"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Kernel = Callable[[IntArray, FloatArray, int, float], tuple[IntArray, FloatArray]]
"""Frames (N,), scores (N,), window and threshold to the rows that stay and their scores."""


def symmetric_nms(events: Sequence[Event], window_steps: int, threshold: float) -> list[Event]:
    """Keep the highest, drop all of its class within the window either side (inclusive), and so on with the rest.

    Args:
        events: spots of one video, in any order.
        window_steps: 0 or more, in the frames that `events` count.
        threshold: lower scores are dropped first.
    """
    return _by_class(events, _symmetric, window_steps, threshold)


def nms(events: Sequence[Event], window_steps: int | Sequence[int], threshold: float = 0.0) -> list[Event]:
    """T-DEED's suppression: greedy, inclusive, of equal scores the first listed stays.

    Args:
        events: spots of one video; their order matters where scores are equal.
        window_steps: 0 or more; or one for each class, in the order in which the classes first appear in `events`
            (as the original takes them, whatever the class list says).
        threshold: the lowest score that may stay.
    """
    return _by_class(events, _listed, window_steps, threshold)


def soft_nms(events: Sequence[Event], window_steps: int | Sequence[int], threshold: float = 0.01) -> list[Event]:
    """T-DEED's soft suppression: the highest stays, scores within the window are multiplied by (distance / window)².

    Repeated with the rest until the highest is under the threshold. Survivors carry their weakened scores.

    Args:
        events: spots of one video; their order matters where scores are equal.
        window_steps: 1 or more; or one for each class, as for `nms`.
        threshold: the lowest score that may stay.
    """
    return _by_class(events, _soft, window_steps, threshold)


def e2e_nms(events: Sequence[Event], window_steps: int) -> list[Event]:
    """E2E-Spot's suppression: drop an event if another of its class within the window scores strictly higher.

    The other may itself be dropped, and must lie at another frame; equal neighbours all stay.
    """
    return _by_class(events, _neighbour, window_steps, -np.inf)


def starter_nms(events: Sequence[Event], window_steps: int, threshold: float = 0.05) -> list[Event]:
    """The ball-action starter code's suppression: around frame i it blanks [int(i - w/2), i + int(w/2)).

    For w = 5 that is i - 3 to i + 1. For w = 1 the frame itself lies outside, where the original never ends; here a
    frame that was kept is done with.
    """
    return _by_class(events, _starter, window_steps, threshold)


def chain_nms(events: Sequence[Event], window_steps: int = 3) -> list[Event]:
    """VNL-STES's suppression: one event of each group of close ones.

    By frame, an event belongs to the group while it is at most `window_steps` after the group's best so far; the best
    moves only to a strictly higher score.
    """
    return _by_class(events, _chain, window_steps, -np.inf)


def _by_class(
    events: Sequence[Event], kernel: Kernel, window_steps: int | Sequence[int], threshold: float
) -> list[Event]:
    rows_of: dict[str, list[int]] = {}
    for row, event in enumerate(events):
        if event.score is None:
            raise InputError(f"the {event.label} at frame {event.frame} has no score: only predictions are suppressed")
        rows_of.setdefault(event.label, []).append(row)
    several = not isinstance(window_steps, int | np.integer)
    if several and len(window_steps) < len(rows_of):
        raise InputError(f"{len(window_steps)} windows for {len(rows_of)} classes: expected one for each")
    survivors: list[Event] = []
    for place, rows in enumerate(rows_of.values()):
        mine = [events[row] for row in rows]
        frames = np.array([event.frame for event in mine], np.int64)
        scores = np.array([event.score for event in mine], np.float64)
        window = window_steps[place] if several else window_steps
        kept, kept_scores = kernel(frames, scores, window, threshold)
        for row, score in zip(kept.tolist(), kept_scores.tolist(), strict=True):
            survivors.append(mine[row] if score == mine[row].score else replace(mine[row], score=score))
    return sorted(survivors, key=lambda event: event.frame)


def _greedy(
    frames: IntArray, scores: FloatArray, before: int, after: int, threshold: float, *, listed_first: bool = False
) -> tuple[IntArray, FloatArray]:
    """Keep the highest, drop what lies in [its frame - before, its frame + after], and so on with the rest."""
    rows = np.flatnonzero(scores >= threshold)
    by_frame = rows[np.argsort(frames[rows], kind="stable")]
    place_of_row = np.empty(len(frames), np.int64)
    place_of_row[by_frame] = np.arange(len(by_frame))
    queue = rows if listed_first else by_frame
    turn = place_of_row[queue[np.argsort(-scores[queue], kind="stable")]].tolist()
    times = frames[by_frame]
    starts = np.searchsorted(times, times - before).tolist()
    stops = np.searchsorted(times, times + after, side="right").tolist()
    # Plain Python, since each step depends on the last; a byte a candidate makes dropping a window one slice.
    dropped = bytearray(len(by_frame))
    kept = []
    for place in turn:
        if not dropped[place]:
            kept.append(place)
            start, stop = starts[place], stops[place]
            if stop > start:
                dropped[start:stop] = b"\1" * (stop - start)
    kept_rows = by_frame[np.array(kept, np.int64)]
    return kept_rows, scores[kept_rows]


def _symmetric(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 0)
    return _greedy(frames, scores, window, window, threshold)


def _listed(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 0)
    return _greedy(frames, scores, window, window, threshold, listed_first=True)


def _starter(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 1)
    return _greedy(frames, scores, (window + 1) // 2, window // 2 - 1, threshold)


def _soft(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 1)
    rows = np.flatnonzero(scores >= threshold)
    by_frame = rows[np.argsort(frames[rows], kind="stable")]
    times = frames[by_frame]
    starts = np.searchsorted(times, times - window).tolist()
    stops = np.searchsorted(times, times + window, side="right").tolist()
    row_of, time_of, value = by_frame.tolist(), times.tolist(), scores[by_frame].tolist()
    # A queue by falling score, then by place in the list; scores only fall, so outdated entries are skipped.
    queue = [(-score, row, place) for place, (score, row) in enumerate(zip(value, row_of, strict=True))]
    heapq.heapify(queue)
    done = bytearray(len(row_of))
    kept, kept_scores = [], []
    while queue:
        negative, row, place = heapq.heappop(queue)
        if done[place] or -negative != value[place]:
            continue
        if -negative < threshold:
            break
        done[place] = 1
        kept.append(row)
        kept_scores.append(-negative)
        for other in range(starts[place], stops[place]):
            if not done[other]:
                value[other] = value[other] * (time_of[place] - time_of[other]) ** 2 / window**2
                heapq.heappush(queue, (-value[other], row_of[other], other))
    return np.array(kept, np.int64), np.array(kept_scores, np.float64)


def _neighbour(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 0)
    rows = np.flatnonzero(scores >= threshold)
    times, slot = np.unique(frames[rows], return_inverse=True)
    best = np.full(len(times), -np.inf)
    np.maximum.at(best, slot, scores[rows])
    highest = np.full(len(times), -np.inf)  # of the other frames in the window
    # Frames are whole numbers, all different: the window holds at most `window` of them on each side.
    for shift in range(1, min(window, len(times) - 1) + 1):
        near = times[shift:] - times[:-shift] <= window
        highest[shift:][near] = np.maximum(highest[shift:], best[:-shift])[near]
        highest[:-shift][near] = np.maximum(highest[:-shift], best[shift:])[near]
    kept = rows[scores[rows] >= highest[slot]]
    return kept, scores[kept]


def _chain(frames: IntArray, scores: FloatArray, window: int, threshold: float) -> tuple[IntArray, FloatArray]:
    _at_least(window, 0)
    rows = np.flatnonzero(scores >= threshold)
    rows = rows[np.argsort(frames[rows], kind="stable")]
    kept: list[int] = []
    for row in rows.tolist():
        if kept and frames[row] - frames[kept[-1]] <= window:
            if scores[row] > scores[kept[-1]]:
                kept[-1] = row
        else:
            kept.append(row)
    kept_rows = np.array(kept, np.int64)
    return kept_rows, scores[kept_rows]


def _at_least(window: int, least: int) -> None:
    if window < least:
        raise InputError(f"window {window}: expected {least} or more steps")


SUPPRESSIONS: dict[str, Kernel] = {
    "symmetric": _symmetric,
    "nms": _listed,
    "soft": _soft,
    "e2e": _neighbour,
    "starter": _starter,
    "chain": _chain,
}
"""What `decode` and `choose_decoding` call the suppressions."""
