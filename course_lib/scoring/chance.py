"""What guessing scores: the numbers that a spotter with an eye has to beat.

A guesser that knows how often things happen, but has not seen the video, can do no better than to cover it evenly:
one guess every so many seconds, from a random start, in random order of confidence. How densely pays best is worked
out for each class on the training labels. AP then comes near the share of windows that hold a label: in the real
matches one second in nine holds a PASS, one in two thousand a FREE KICK.

In volleyball the guesser counts in steps, and it always points at the mean place of its class. It does not use that a
rally begins with a serve and ends with a score, which a model with a long window may learn without looking either.
Introduced in notebook 02; volleyball in notebook 09.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.average_precision import ranked_average_precision
from course_lib.scoring.ball import BallScores, label_table, score_ball_tables
from course_lib.scoring.frames import TOLERANCES_STEPS
from course_lib.scoring.matching import match_spots_by_score
from course_lib.scoring.rule import Rule
from course_lib.scoring.tables import SpotTable
from course_lib.scoring.volleyball import CHAIN_STEPS, SCORE_FLOOR, VolleyballScores, score_volleyball

__all__ = [
    "best_guess_rates",
    "best_spacings",
    "chance_spots",
    "mean_places",
    "score_chance",
    "score_volleyball_chance",
    "volleyball_guesses",
]

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
    counts = results[0].counts
    kept = np.array([*per_class.values()])[rule.mean_over(counts.values())]
    return BallScores(float(kept.mean()), map10, per_class, counts)


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


SPACINGS_STEPS = (CHAIN_STEPS + 1, 5, 6, 8, 10, 14, 20, 28, 40, 60, 90, 140, 240)
"""Steps between guesses that are tried: the protocol would join denser ones into one."""


def score_volleyball_chance(
    videos: Sequence[Video], train_videos: Sequence[Video], rule: Rule, *, seeds: Sequence[int] = tuple(range(10))
) -> VolleyballScores:
    """Mean scores of the guesser over several seeds.

    Args:
        videos: what is guessed about and scored.
        train_videos: where the guesser learns how densely to guess, and where to point.
        rule: as for `score_volleyball`.
        seeds: one guesser each.

    Raises:
        InputError: no seed, no label of these classes in the training videos, or what `score_volleyball` raises.
    """
    if not seeds:
        raise InputError("there is no seed to guess with")
    spacings = best_spacings(train_videos, rule)
    places = mean_places(train_videos)
    results = [
        score_volleyball(videos, volleyball_guesses(videos, rule, spacings, places, seed), rule) for seed in seeds
    ]
    mean = {field.name: _mean([getattr(result, field.name) for result in results]) for field in fields(results[0])}
    return VolleyballScores(**(mean | {"counts": asdict(results[0])["counts"]}))


def best_spacings(videos: Sequence[Video], rule: Rule, *, seeds: Sequence[int] = (0, 1, 2)) -> dict[str, int]:
    """Steps between guesses that score the best temporal AP for each class on these videos, by trial.

    Classes without a label are left out: nobody would guess them.

    Raises:
        InputError: no class has a label.
    """
    steps = np.array([max(-(-video.num_frames // rule.stride), 1) for video in videos], np.int64)
    # Videos end to end, with room between them that no tolerance bridges.
    starts = np.cumsum(steps + max(TOLERANCES_STEPS) + 1) - steps
    spacings: dict[str, int] = {}
    for label in rule.classes:
        frames = [
            start + event.frame // rule.stride
            for start, video in zip(starts, videos, strict=True)
            for event in video.events
            if event.label == label
        ]
        if frames:
            key = np.unique(np.array(frames, np.int64))
            quality = [
                np.mean([_precision(key, len(frames), starts, steps, spacing, seed) for seed in seeds])
                for spacing in SPACINGS_STEPS
            ]
            spacings[label] = SPACINGS_STEPS[int(np.argmax(quality))]
    if not spacings:
        raise InputError(
            f"no label of the classes {', '.join(rule.classes)} in the training videos: nothing to learn from"
        )
    return spacings


def mean_places(videos: Sequence[Video]) -> dict[str, tuple[float, float]]:
    """Mean place in the picture of each class whose labels have one."""
    found: dict[str, list[tuple[float, float]]] = {}
    for video in videos:
        for event in video.events:
            if event.xy is not None:
                found.setdefault(event.label, []).append(event.xy)
    return {label: tuple(np.mean(places, axis=0).tolist()) for label, places in found.items()}


def volleyball_guesses(
    videos: Sequence[Video],
    rule: Rule,
    spacings: Mapping[str, int],
    places: Mapping[str, tuple[float, float]],
    seed: int,
) -> dict[str, list[Event]]:
    """Guess without looking; only the lengths of the videos are used.

    Args:
        videos: to be guessed about.
        rule: frames a step.
        spacings: steps between the guesses of each class; classes that are not in it are not guessed.
        places: where each class is said to be.
        seed: of starts and scores, which lie in [0.25, 1): the protocol drops what is lower.

    Returns:
        Video id to events by class, then frame.
    """
    generator = np.random.default_rng(seed)
    spots: dict[str, list[Event]] = {video.id: [] for video in videos}
    for label, spacing in spacings.items():
        for video in videos:
            step = _guess_rally(generator, max(-(-video.num_frames // rule.stride), 1), spacing)
            scores = generator.uniform(SCORE_FLOOR, 1, len(step))
            spots[video.id] += [
                Event(label, frame, score, places.get(label))
                for frame, score in zip((step * rule.stride).tolist(), scores.tolist(), strict=True)
            ]
    return spots


def _guess_rally(generator: np.random.Generator, steps: int, spacing: int) -> NDArray[np.int64]:
    return np.arange(generator.integers(spacing), steps, spacing)


def _precision(
    label_key: NDArray[np.int64],
    num_labels: int,
    starts: NDArray[np.int64],
    steps: NDArray[np.int64],
    spacing: int,
    seed: int,
) -> float:
    """Mean AP over the tolerances of one guesser of one class, as columns: guesses run into hundreds of thousands."""
    generator = np.random.default_rng(seed)
    guesses = [
        start + _guess_rally(generator, length, spacing) for start, length in zip(starts, steps.tolist(), strict=True)
    ]
    spot_key = generator.permutation(np.concatenate(guesses))
    hits = (match_spots_by_score(label_key, spot_key, tolerance) for tolerance in TOLERANCES_STEPS)
    return float(np.mean([ranked_average_precision(hit, num_labels) for hit in hits]))


def _mean(values: Sequence[Any]) -> Any:
    """Mean of numbers, or of dicts of them, key by key."""
    if isinstance(values[0], dict):
        return {key: _mean([value[key] for value in values]) for key in values[0]}
    return float(np.mean(values))
