"""What guessing scores: the number that a spotter has to beat.

A guesser that knows how often things happen, but has not seen the video, can do no better than to cover it evenly:
one guess every so many seconds, from a random start, in random order of confidence. How densely pays best is worked
out for each class on the training labels. AP then comes near the share of windows that hold a label: in the real
matches one second in nine holds a PASS, one in two thousand a FREE KICK. Introduced in notebook 02.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Event, Video
from course_lib.metrics.ball_actions import BallScores, label_table, score_ball_tables
from course_lib.metrics.rule import Rule
from course_lib.metrics.tables import SpotTable

__all__ = ["best_guess_rates", "chance_spots", "score_chance"]

# Distance between guesses, in windows of the tolerance: from overlapping ones to a few guesses a match.
SPACINGS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


def chance_spots(
    videos: Sequence[Video], classes: Sequence[str], spots_per_class: int | Mapping[str, int], seed: int = 0
) -> dict[str, list[Event]]:
    """Guess without looking.

    Args:
        videos: to be guessed about; only their lengths are used.
        classes: what to guess.
        spots_per_class: guesses of each class over all videos together, shared out by length.
        seed: of starts and scores.

    Returns:
        Video id to events by frame, with scores uniform in [0, 1).
    """
    generator = np.random.default_rng(seed)
    total = sum(video.num_frames for video in videos)
    spots: dict[str, list[Event]] = {video.id: [] for video in videos}
    for label in classes:
        count = spots_per_class if isinstance(spots_per_class, int) else spots_per_class.get(label, 0)
        # One evenly spaced row of guesses over all videos laid end to end.
        places = ((np.arange(count) + generator.random()) * (total / max(count, 1))).astype(np.int64)
        scores = generator.random(count)
        start = 0
        for video in videos:
            inside = slice(*np.searchsorted(places, [start, start + video.num_frames]))
            spots[video.id] += [
                Event(label=label, frame=int(place) - start, score=float(score))
                for place, score in zip(places[inside], scores[inside], strict=True)
            ]
            start += video.num_frames
    return {video_id: sorted(events, key=lambda event: event.frame) for video_id, events in spots.items()}


def best_guess_rates(
    videos: Sequence[Video], rule: Rule, *, seeds: Sequence[int] = tuple(range(10))
) -> dict[str, float]:
    """Guesses a minute that score best for each class on these videos, by trial: mean AP over the seeds.

    Give it the training videos: the rates are what the guesser learns.
    """
    labels = label_table(videos, rule)
    candidates = [60.0 / (rule.tolerance_sec * spacing) for spacing in SPACINGS]
    mean_ap = []
    for rate in candidates:
        results = _score_guesses(videos, labels, rule, dict.fromkeys(rule.classes, rate), seeds)
        mean_ap.append([np.mean([result.per_class[label] for result in results]) for label in rule.classes])
    best = np.argmax(mean_ap, axis=0)
    return {label: candidates[index] for label, index in zip(rule.classes, best, strict=True)}


def score_chance(
    videos: Sequence[Video], train_videos: Sequence[Video], rule: Rule, *, seeds: Sequence[int] = tuple(range(10))
) -> BallScores:
    """Mean scores of the guesser over several seeds.

    Args:
        videos: what is guessed about and scored.
        train_videos: where the guesser learns how densely to guess.
        rule: as for `score_ball_actions`.
        seeds: one guesser each.

    Raises:
        InputError: no video or no seed.
    """
    if not seeds:
        raise InputError("there is no seed to guess with")
    rates = best_guess_rates(train_videos, rule, seeds=seeds)
    results = _score_guesses(videos, label_table(videos, rule), rule, rates, seeds)
    per_class = {label: float(np.mean([result.per_class[label] for result in results])) for label in rule.classes}
    map10 = None if results[0].map10 is None else float(np.mean([result.map10 for result in results]))
    return BallScores(float(np.mean(list(per_class.values()))), map10, per_class, results[0].counts)


def _score_guesses(
    videos: Sequence[Video], labels: SpotTable, rule: Rule, rates: Mapping[str, float], seeds: Sequence[int]
) -> list[BallScores]:
    return [score_ball_tables(labels, _guess(videos, labels, rule, rates, seed), rule) for seed in seeds]


def _guess(videos: Sequence[Video], labels: SpotTable, rule: Rule, rates: Mapping[str, float], seed: int) -> SpotTable:
    """`chance_spots` as columns, since thousands of guesses for each rate and seed are too many for objects."""
    generator = np.random.default_rng(seed)
    columns: list[list[NDArray]] = [[], [], [], []]
    for class_index, label in enumerate(rule.classes):
        spacing = 60.0 * rule.fps / rule.stride / rates[label]
        for video_index, video in enumerate(videos):
            steps = max(int(video.duration_sec * rule.fps / rule.stride), 1)
            place = np.arange(generator.random() * spacing, steps, spacing).astype(np.int64)
            columns[0].append(np.full(len(place), class_index))
            columns[1].append(np.full(len(place), video_index))
            columns[2].append(place)
            columns[3].append(generator.random(len(place)))
    return SpotTable.build(
        *(np.concatenate(column) for column in columns),
        num_classes=labels.num_classes,
        num_videos=labels.num_videos,
        num_frames=labels.num_frames,
    )
