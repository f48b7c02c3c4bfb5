"""Volleyball's score: when and where (VNL-STES), and what it would be without its quirks.

The official protocol, reproduced to the last digit:

1. Spots with a score under 0.25 are dropped; the rest goes through `chain_nms(3)`, class by class.
2. Temporal: frame mAP (`frames`) at 0, 1, 2 and 4 frames either side; mTAP is the mean of the four.
3. Spatial: AP at every pair of those tolerances with 2, 4 and 6 pixels of a picture 224 wide and high; mSAP is the
   mean of the twelve.
4. Combined: 2TS / (T + S + 1e-6), where S is mSAP and T the temporal mean *without* tolerance 0.

Its quirks, each with a test:

- Width and height both count 224 pixels, so in a wide picture a pixel across is wider than one down: at 398x224 an
  error of 3 pixels across counts as 1.7.
- A distance is cut to whole pixels before it is compared: 2.95 passes as 2.
- The spatial part ignores classes: a spot may find the label of any class, and one AP is taken over all spots.
- It looks at the label nearest in time only; being at the place of the next one does not help. Of labels equally near
  the one whose class comes first in the label files is meant.
- A label is remembered by video and frame: of two at one frame the second can never be found, though it counts.
- A score of 0.25 and a chain of 3 frames are part of the score: low spots, which never hurt an average precision and
  often help, do not count. A chain that rises keeps one spot, one that falls keeps several.
- Spots of classes that have no label here count as false in the spatial part and not at all in the temporal one.

A spot or label without a place is a miss in space. `clean_msap` asks for the right class, takes the distance in true
pixels of the video brought to a height of 224 (so that the radii keep their meaning, and a pixel is as wide as high),
does not round it, and gives every label its chance; then the mean goes over classes, as in time.
`clean_combined` is the plain harmonic mean of mTAP with all its tolerances and clean_msap. Both look at the same spots
as the official scores; `score_floor=0, chain_steps=None` looks at all of them.

Matching in space: spots come by score; each looks at the nearest free label in time and at no other. If that one lies
too far away in the picture the spot is a miss, and the label stays free for the next. So a label can turn a spot away
without being taken, which plain deferred acceptance (`matching`) does not know. It is still settled in a few rounds of
array operations: being taken is all that lets a spot pass a label by, and a label once taken from a spot is never free
to it again. (VNL-STES: Precise Event Spotting in volleyball, when and where.)

The spatial AP mixes three things: whether a contact was found, how it ranks, and where it was placed.
`place_errors_px` looks at the place alone, by asking at every labelled step where it would be. Introduced in notebook
09.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Event, Video, event_step
from course_lib.files import InputError
from course_lib.scoring.average_precision import RankedHits
from course_lib.scoring.ball import Spots
from course_lib.scoring.frames import TOLERANCES_STEPS, frame_hits
from course_lib.scoring.matching import expand_ranges
from course_lib.scoring.rule import Rule
from course_lib.scoring.suppression import chain_nms

__all__ = [
    "PlacedEvents",
    "VolleyballHits",
    "VolleyballScores",
    "combine",
    "place_errors_px",
    "place_hits",
    "score_volleyball",
    "settle_for_nearest",
    "volleyball_hits",
    "volleyball_spots",
]

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
        """From pairs (video, its events), events of other classes left out; by falling score if `average_precision`."""
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


RADII_PX = (2, 4, 6)
SCALE_PX = 224
SCORE_FLOOR = 0.25
CHAIN_STEPS = 3
EPSILON = 1e-6  # in the combined score, against 0/0
VNL_STES_SIZE_PX = (398, 224)
"""What a video counts as whose file states no size."""


@dataclass(frozen=True)
class VolleyballScores:
    """Scores in [0, 1]; keys are text, so that `dataclasses.asdict` can be written as JSON.

    Attributes:
        mtap: mean temporal mAP over the tolerances.
        msap: mean spatial AP over tolerances and radii; 0 where no spot has a place.
        combined: harmonic mean of the temporal mean without tolerance 0, and msap.
        clean_msap: the same with classes, true distances and no rounding (see above).
        clean_combined: harmonic mean of mtap and clean_msap.
        temporal: mAP at each tolerance.
        spatial: AP at each tolerance and radius, {"1": {"2": ...}}.
        per_class: mean temporal AP over the tolerances, of each class with labels.
        per_class_at: temporal AP at each tolerance, {"1": {"serve": ...}}.
        clean_per_class: mean clean spatial AP over tolerances and radii, of each class with labels.
        counts: labels of each class of the list.
    """

    mtap: float
    msap: float
    combined: float
    clean_msap: float
    clean_combined: float
    temporal: dict[str, float]
    spatial: dict[str, dict[str, float]]
    per_class: dict[str, float]
    per_class_at: dict[str, dict[str, float]]
    clean_per_class: dict[str, float]
    counts: dict[str, int]


@dataclass(frozen=True)
class VolleyballHits:
    """What the scores are made of: hits in time and clean hits in place of each class, official ones in place of all.

    Rows of hits in place go by tolerance, then radius.
    """

    temporal: Mapping[str, RankedHits]
    spatial: RankedHits
    clean: Mapping[str, RankedHits]


def score_volleyball(
    videos: Sequence[Video],
    spots: Spots,
    rule: Rule,
    *,
    tolerances: Sequence[int] = TOLERANCES_STEPS,
    radii_px: Sequence[float] = RADII_PX,
    scale_px: float = SCALE_PX,
    score_floor: float = SCORE_FLOOR,
    chain_steps: int | None = CHAIN_STEPS,
) -> VolleyballScores:
    """Score spots in time and place.

    Args:
        videos: where the labels are, with `xy`.
        spots: events with scores of at most 1, for exactly these videos, with `xy` where the spotter says where.
        rule: its classes are scored, labels and spots of others are left out; frames of both are floor-divided by its
            stride before anything else.
        tolerances: in frames (steps) either side, in place of the rule's; at least one above 0.
        radii_px: in pixels of the scaled picture.
        scale_px: width and height (clean: height) of the picture that radii are meant for.
        score_floor: spots with a lower score are dropped.
        chain_steps: reach of `chain_nms`; None leaves the spots as they are.

    Raises:
        InputError: no label of these classes, no tolerance above 0, no radius, or what `frame_map` raises.
    """
    if max(tolerances, default=0) <= 0:
        raise InputError(f"tolerances {tuple(tolerances)}: expected one above 0, since the combined score leaves out 0")
    if not radii_px:
        raise InputError("no radius in pixels: expected at least one, like 2, 4 and 6")
    kept = volleyball_spots(spots, rule, score_floor=score_floor, chain_steps=chain_steps)
    hits = volleyball_hits(videos, kept, rule, tolerances, radii_px, scale_px)
    if not hits.spatial.labels.any():
        raise InputError(f"no label of the classes {', '.join(rule.classes)} in these {len(videos)} videos")
    in_time = {label: one.average_precision() for label, one in hits.temporal.items() if one.labels.any()}
    clean = {label: one.average_precision() for label, one in hits.clean.items() if one.labels.any()}
    temporal = np.mean(list(in_time.values()), axis=0)  # (tolerances,)
    grid = hits.spatial.average_precision().reshape(len(tolerances), len(radii_px))
    mtap, msap, clean_msap = float(temporal.mean()), float(grid.mean()), float(np.mean(list(clean.values())))
    lenient = temporal[np.array(tolerances) > 0].mean()
    names = [str(tolerance) for tolerance in tolerances]
    return VolleyballScores(
        mtap=mtap,
        msap=msap,
        combined=float(combine(lenient, msap, EPSILON)),
        clean_msap=clean_msap,
        clean_combined=float(combine(mtap, clean_msap)),
        temporal=dict(zip(names, temporal.tolist(), strict=True)),
        spatial={
            name: {f"{radius:g}": float(value) for radius, value in zip(radii_px, row, strict=True)}
            for name, row in zip(names, grid, strict=True)
        },
        per_class={label: float(values.mean()) for label, values in in_time.items()},
        per_class_at={
            name: {label: float(values[row]) for label, values in in_time.items()} for row, name in enumerate(names)
        },
        clean_per_class={label: float(values.mean()) for label, values in clean.items()},
        counts={label: int(one.labels.sum()) for label, one in hits.temporal.items()},
    )


def volleyball_spots(
    spots: Spots, rule: Rule, *, score_floor: float = SCORE_FLOOR, chain_steps: int | None = CHAIN_STEPS
) -> dict[str, list[Event]]:
    """The spots that the protocol looks at, with frames counted in the steps of the rule.

    In a video they go by class (as classes first appear there), then by frame: of equal scores the first counts first.

    Raises:
        InputError: a spot has no score.
    """
    kept: dict[str, list[Event]] = {}
    for video_id, events in spots.items():
        for event in events:
            if event.score is None:
                raise InputError(f"video {video_id!r}: the {event.label} at frame {event.frame} needs a score up to 1")
        above = [replace(event, frame=event.frame // rule.stride) for event in events if not event.score < score_floor]
        if chain_steps is not None:
            turn = {label: place for place, label in enumerate(dict.fromkeys(event.label for event in above))}
            above = sorted(chain_nms(above, chain_steps), key=lambda event: turn[event.label])
        kept[video_id] = above
    return kept


def volleyball_hits(
    videos: Sequence[Video],
    kept: Spots,
    rule: Rule,
    tolerances: Sequence[int] = TOLERANCES_STEPS,
    radii_px: Sequence[float] = RADII_PX,
    scale_px: float = SCALE_PX,
) -> VolleyballHits:
    """Match the spots that `volleyball_spots` kept, whose frames are steps already."""
    steps = [
        replace(video, events=tuple(replace(event, frame=event.frame // rule.stride) for event in video.events))
        for video in videos
    ]
    classes = rule.classes
    temporal = frame_hits(steps, kept, replace(rule, stride=1), tolerances)
    number = {video.id: index for index, video in enumerate(videos)}
    # Classes as the label files have them: their order decides between labels equally near.
    order = list(dict.fromkeys(event.label for video in videos for event in video.events if event.label in classes))
    order += [label for label in classes if label not in order]
    labels = PlacedEvents.collect(((number[video.id], video.events) for video in steps), order, ranked=False)
    spotted = PlacedEvents.collect(
        ((number[video_id], events) for video_id, events in kept.items()), order, ranked=True
    )

    by_class = labels.select(np.argsort(labels.class_index, kind="stable"))
    moments = np.column_stack([by_class.video, by_class.frame])
    first = np.sort(np.unique(moments, axis=0, return_index=True)[1])
    square = np.full((len(videos), 2), float(scale_px))
    limits = {"tolerances": tolerances, "radii_px": radii_px}
    spatial = place_hits(by_class.select(first), spotted, square, truncate=True, **limits)
    counted = np.bincount(labels.video, minlength=len(videos))

    sizes = np.array([_size(video) for video in videos], np.float64).reshape(-1, 2)
    true_px = sizes * (scale_px / sizes[:, 1:])
    clean = {}
    for label in classes:
        mine = order.index(label)
        parts = (one.select(one.class_index == mine) for one in (labels, spotted))
        clean[label] = place_hits(*parts, true_px, truncate=False, **limits)
    return VolleyballHits(temporal, replace(spatial, labels=counted), clean)


def combine(temporal: np.ndarray | float, spatial: np.ndarray | float, epsilon: float = 0.0) -> np.ndarray:
    """Harmonic mean 2TS / (T + S + epsilon), elementwise; 0 where both are 0."""
    total = np.add(temporal, spatial) + epsilon
    return 2 * np.multiply(temporal, spatial) / np.where(total > 0, total, 1)


def _size(video: Video) -> tuple[int, int]:
    return (video.width, video.height) if video.width > 0 and video.height > 0 else VNL_STES_SIZE_PX


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
