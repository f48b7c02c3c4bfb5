"""Frame mAP: the score of the precise-spotting papers, with tolerances of a few frames either side.

Predictions of a class, of all videos, come by score; each may claim the nearest label of its video that is still
free, and misses if that one is too far (Hong et al., Spotting Temporally Precise, Fine-Grained Events in Video, 2022;
T-DEED, 2024, scores likewise). Unlike SoccerNet's score, a tolerance counts on each side, and the mean goes over the
classes that have labels. Introduced in notebook 01.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.average_precision import RankedHits
from course_lib.scoring.ball import Spots
from course_lib.scoring.matching import match_spots_by_score
from course_lib.scoring.rule import Rule

__all__ = ["TOLERANCES_STEPS", "FrameScores", "frame_hits", "frame_map"]

TOLERANCES_STEPS = (0, 1, 2, 4)
"""Either side: those of the precise-spotting papers and of the volleyball protocol."""


@dataclass(frozen=True)
class FrameScores:
    """Scores in [0, 1] by tolerance in frames either side.

    Attributes:
        mAP: mean over the classes with labels; NaN if there are none.
        per_class: AP of each class with labels.
        counts: labels of each class of the list.
    """

    mAP: dict[int, float]
    per_class: dict[int, dict[str, float]]
    counts: dict[str, int]

    @property
    def mean(self) -> float:
        """Mean of mAP over the tolerances."""
        return float(np.mean(list(self.mAP.values())))


def frame_map(
    videos: Sequence[Video], spots: Spots, rule: Rule, tolerances: Sequence[int] = TOLERANCES_STEPS
) -> FrameScores:
    """Score spots against the events of videos.

    Args:
        videos: where the labels are.
        spots: events with scores of at most 1, for exactly these videos. Where scores are equal, the order of the
            mapping and then of the events decides.
        rule: its classes are scored; frames of labels and spots are floor-divided by its stride first.
        tolerances: in frames (in steps, if the stride is above 1) either side, in place of the rule's.

    Raises:
        InputError: the sets of videos differ, a spot has no score, or a score is above 1.
    """
    ranked = frame_hits(videos, spots, rule, tolerances)
    per_class: dict[int, dict[str, float]] = {tolerance: {} for tolerance in tolerances}
    for name, hits in ranked.items():
        if hits.labels.any():
            for tolerance, value in zip(tolerances, hits.average_precision().tolist(), strict=True):
                per_class[tolerance][name] = value
    means = {
        tolerance: float(np.mean(list(values.values()))) if values else float("nan")
        for tolerance, values in per_class.items()
    }
    return FrameScores(means, per_class, {name: int(hits.labels.sum()) for name, hits in ranked.items()})


def frame_hits(
    videos: Sequence[Video], spots: Spots, rule: Rule, tolerances: Sequence[int] = TOLERANCES_STEPS
) -> dict[str, RankedHits]:
    """What `frame_map` scores, before it is scored: the ranking of each class with one row of hits a tolerance.

    Args and errors are those of `frame_map`.
    """
    place = {video.id: index for index, video in enumerate(videos)}
    if place.keys() != set(spots):
        odd = sorted(place.keys() ^ set(spots))[0]
        side = "labels" if odd in place else "spots"
        raise InputError(f"video {odd!r} is only in the {side}: both must hold the same videos")
    label_rows: dict[str, list[tuple[int, int]]] = {name: [] for name in rule.classes}
    spot_rows: dict[str, list[tuple[int, int, float]]] = {name: [] for name in rule.classes}
    for video in videos:
        for event in video.events:
            if event.label in label_rows:
                label_rows[event.label].append((place[video.id], event.frame // rule.stride))
    for video_id, events in spots.items():
        for event in events:
            if event.score is None or not event.score <= 1:
                raise InputError(f"video {video_id!r}: the {event.label} at frame {event.frame} needs a score up to 1")
            if event.label in spot_rows:
                spot_rows[event.label].append((place[video_id], event.frame // rule.stride, event.score))

    frames = [row[1] for rows in (*label_rows.values(), *spot_rows.values()) for row in rows]
    # Videos lie far enough apart on one axis that no tolerance reaches from one into the next.
    gap = max(map(abs, frames), default=0) * 2 + max(tolerances, default=0) + 1
    ranked: dict[str, RankedHits] = {}
    for name in rule.classes:
        # A label is remembered as video and frame: of two in one place only one can be found, though both count.
        label_key = np.array(list(dict.fromkeys(video * gap + frame for video, frame in label_rows[name])), np.int64)
        table = np.array(spot_rows[name], np.float64).reshape(-1, 3)
        table = table[np.argsort(-table[:, 2], kind="stable")].astype(np.int64)
        spot_key = table[:, 0] * gap + table[:, 1]
        hit = [match_spots_by_score(label_key, spot_key, tolerance) for tolerance in tolerances]
        labels = np.bincount(np.array([video for video, _ in label_rows[name]], np.int64), minlength=len(videos))
        ranked[name] = RankedHits(table[:, 0], np.array(hit).reshape(len(tolerances), len(table)), labels)
    return ranked
