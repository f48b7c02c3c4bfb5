"""What guessing scores in volleyball: the numbers that a spotter with an eye has to beat.

The guesser has read the training labels but looks at no picture. For each class it guesses every so many steps from a
random start, in random order of confidence, as densely as pays best on the training rallies; and it always points at
the mean place of that class. It does not use that a rally begins with a serve and ends with a score, which a model
with a long window may learn without looking either. Introduced in notebook 09.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import InputError
from course_lib.events import Event, Video
from course_lib.metrics.average_precision import ranked_average_precision
from course_lib.metrics.frames import TOLERANCES_STEPS
from course_lib.metrics.matching import match_spots_by_score
from course_lib.metrics.rule import Rule
from course_lib.metrics.spatial import CHAIN_STEPS, SCORE_FLOOR, VolleyballScores, score_volleyball

__all__ = ["best_spacings", "mean_places", "score_volleyball_chance", "volleyball_guesses"]

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
            step = _guess(generator, max(-(-video.num_frames // rule.stride), 1), spacing)
            scores = generator.uniform(SCORE_FLOOR, 1, len(step))
            spots[video.id] += [
                Event(label, frame, score, places.get(label))
                for frame, score in zip((step * rule.stride).tolist(), scores.tolist(), strict=True)
            ]
    return spots


def _guess(generator: np.random.Generator, steps: int, spacing: int) -> NDArray[np.int64]:
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
    guesses = [start + _guess(generator, length, spacing) for start, length in zip(starts, steps.tolist(), strict=True)]
    spot_key = generator.permutation(np.concatenate(guesses))
    hits = (match_spots_by_score(label_key, spot_key, tolerance) for tolerance in TOLERANCES_STEPS)
    return float(np.mean([ranked_average_precision(hit, num_labels) for hit in hits]))


def _mean(values: Sequence[Any]) -> Any:
    """Mean of numbers, or of dicts of them, key by key."""
    if isinstance(values[0], dict):
        return {key: _mean([value[key] for value in values]) for key in values[0]}
    return float(np.mean(values))
