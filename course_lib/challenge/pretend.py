"""Spotters that never were, on labels that are: how far apart must two be for these matches to tell?

A label gives a spot, and so do moments at which nothing happens; how sure each is, is a sum: how easy it is for
everybody, for this spotter, and how good the spotter is (as `course_lib.scoring.emulation` has it, but of the events of
real videos, so that every task can score them). Of two such spotters the difference varies about as much as a single
score does, as it is with real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from course_lib.challenge.scores import score_runs
from course_lib.challenge.sealed import Challenge
from course_lib.data.events import Event, Video
from course_lib.scoring.ball import Spots

__all__ = ["Resolution", "pretend_spots", "resolution"]

EASE = 1.2  # how much surer a label is than nothing at all
FALSE_PER_LABEL = 1.5
SHARED = 0.5  # of the variance: what is hard for one is hard for all
OFF_FRAMES = 1.5
PRETENDED = 6  # spotters, fifteen pairs
POWER = 0.8


def pretend_spots(
    videos: Sequence[Video], classes: Sequence[str], skills: Sequence[float], generator: np.random.Generator
) -> list[Spots]:
    """What pretended spotters find.

    Args:
        videos: with labels.
        classes: of the labels.
        skills: of each spotter; 0 is usual, 0.1 more are some two and a half points of mAP.
        generator: everything comes from it.

    Returns:
        Of each spotter its spots by video id, with scores in [0, 1].
    """
    rates = _labels_a_frame(videos, classes)
    found: list[dict[str, list[Event]]] = [{} for _ in skills]
    for video in videos:
        false = [
            Event(label, int(frame))
            for label in classes
            for frame in generator.integers(video.num_frames, size=generator.poisson(rates[label] * video.num_frames))
        ]
        moments = [event for event in video.events if event.label in rates] + false
        hit = np.arange(len(moments)) < len(moments) - len(false)
        shared = EASE * hit + SHARED**0.5 * generator.normal(size=len(moments))
        for spots, skill in zip(found, skills, strict=True):
            sure = shared + skill * hit + (1 - SHARED) ** 0.5 * generator.normal(size=len(moments))
            scores = 1 / (1 + np.exp(0.9 - 1.5 * sure))
            frames = np.array([moment.frame for moment in moments]) + generator.normal(0, OFF_FRAMES, len(moments))
            frames = np.clip(np.rint(frames), 0, video.num_frames - 1).astype(np.int64)
            places = generator.normal(0, 0.01, (len(moments), 2))
            spots[video.id] = [
                Event(moment.label, frame, score, _near(moment, off))
                for moment, frame, score, off in zip(moments, frames.tolist(), scores.tolist(), places, strict=True)
            ]
    return list(found)


@dataclass(frozen=True)
class Resolution:
    """What one half of a challenge can tell apart, in fractions of the score that decides.

    Attributes:
        pair: difference of two spotters that is shown eight times in ten, if these two are all there are.
        teams: the same if all pairs of so many teams are to be right together.
    """

    pair: float
    teams: float


def resolution(challenge: Challenge, half: str, teams: int, seed: int = 0) -> Resolution:
    """How far apart spotters must be on this half.

    The standard deviation of a difference comes from pretended spotters of equal skill. Of N teams the largest of all
    differences strays as the range of N normal numbers does.
    """
    generator = np.random.default_rng(seed)
    runs = pretend_spots(challenge.half(half), challenge.classes, [0.0] * PRETENDED, generator)
    drawn = np.stack([score_runs(challenge, half, [run], draws=400).drawn for run in runs])
    first, second = np.triu_indices(PRETENDED, k=1)
    spread = float(np.median(np.nanstd(drawn[first] - drawn[second], axis=1, ddof=1)))
    ranges = np.ptp(generator.normal(size=(20000, max(teams, 2))), axis=1) / 2**0.5
    reach = NormalDist().inv_cdf(POWER)
    limits = NormalDist().inv_cdf(0.975), float(np.quantile(ranges, 0.95))
    pair, of_all = ((limit + reach) * spread for limit in limits)
    return Resolution(pair, of_all)


def _labels_a_frame(videos: Sequence[Video], classes: Sequence[str]) -> dict[str, float]:
    """False spots of each class to be expected in a frame."""
    frames = sum(video.num_frames for video in videos)
    counts = {label: sum(event.label == label for video in videos for event in video.events) for label in classes}
    return {label: FALSE_PER_LABEL * count / frames for label, count in counts.items()}


def _near(moment: Event, off: np.ndarray) -> tuple[float, float] | None:
    return None if moment.xy is None else (float(moment.xy[0] + off[0]), float(moment.xy[1] + off[1]))
