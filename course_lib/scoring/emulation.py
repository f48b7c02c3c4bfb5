"""Matches and spotters made of random numbers: how often is an interval right?

Of a real spotter nobody knows the score that it would reach on endless play; of a made one everything is known. Here
twelve classes come up as often as in the course's simulated matches. A label gives a spot, and so do moments at which
nothing happens; how sure each is, is a sum: how easy the class is (in general, and in this match), how hard the minute,
how hard this very moment for everybody, for this system, for this training, and what the training is good at. The two
kinds overlap, which makes an average precision. Scores are about as high as those of the course; trainings of one
system stray by 1.8 points on two matches, and the difference of two systems by four fifths of what one score does.

All of it can be drawn a thousand times: other minutes of the same matches, other matches, other trainings. What comes
out are the counts that the course's own draws are made from (`draw_counts`), so it is the library's intervals that are
tried. Introduced in notebook 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import BALL_12
from course_lib.scoring.ball_draws import UnitCounts
from course_lib.scoring.rule import Rule

__all__ = ["RULE", "Matches", "play", "score", "some_matches", "trainings"]

FloatArray = NDArray[np.float64]

RULE = Rule(BALL_12, stride=1, unit="block")
"""What the draws go by: minutes."""

# In the order of BALL_12: labels a minute, and how much surer a label of the class is than nothing at all is.
LABELS_PER_MIN = np.array([9.0, 9.2, 2.0, 1.6, 0.9, 0.45, 0.55, 0.85, 0.8, 0.75, 0.55, 0.55])
EASE = np.array([1.7, 1.5, 1.1, 1.1, 1.3, 0.8, 1.4, 1.0, 0.7, 0.3, 0.8, 1.5])
FALSE_PER_LABEL, FALSE_PER_MIN = 1.5, 0.5
# Of the variance of a moment, the shares that all systems and that all trainings of one system have in common.
SHARED, OF_SYSTEM = 0.5, 0.25
HARD_MINUTES = 0.2  # standard deviation over minutes


@dataclass(frozen=True)
class Matches:
    """Matches that could be played on for ever.

    Attributes:
        ease: (M, K), how much easier than usual each class is in each match.
    """

    ease: FloatArray


def some_matches(number: int, generator: np.random.Generator, differ: float = 0.3) -> Matches:
    """Draw so many matches; `differ` is the standard deviation between them, in those of a moment."""
    return Matches(generator.normal(0, differ, (number, len(BALL_12))))


def trainings(number: int, generator: np.random.Generator, skill: float = 0.0, differ: float = 0.045) -> FloatArray:
    """So many trainings of a system: how good each is at each class, (N, K).

    Args:
        skill: of the system; 0.1 more are about two and a half points of mAP.
        differ: standard deviation of what a training is better at than another, in all classes and once more in each;
            0 for trainings that are alike.
    """
    return skill + generator.normal(0, differ, (number, 1)) + generator.normal(0, differ, (number, len(BALL_12)))


def play(
    matches: Matches,
    systems: Sequence[FloatArray],
    generator: np.random.Generator,
    minutes: int = 8,
    *,
    whole: bool = False,
) -> list[list[UnitCounts]]:
    """Play minutes of each match, and count what each training finds in them.

    Args:
        systems: of each its trainings (N, K).
        minutes: of each match. If a class does not come up in any of them, all are played anew: SoccerNet's rule would
            count it 0, and no interval can know of that.
        whole: count all minutes as one unit, which is enough for a score and takes little memory.

    Returns:
        Of each system the counts of its trainings, a unit a minute: sides for `draw_counts`.
    """
    match = np.repeat(np.arange(len(matches.ease)), minutes)  # of each minute
    num_minutes, num_classes = len(match), len(BALL_12)
    labels = generator.poisson(LABELS_PER_MIN, (num_minutes, num_classes))
    while not labels.any(axis=0).all():
        labels = generator.poisson(LABELS_PER_MIN, (num_minutes, num_classes))
    nothing = generator.poisson(FALSE_PER_LABEL * LABELS_PER_MIN + FALSE_PER_MIN, (num_minutes, num_classes))
    place = np.repeat(np.arange(labels.size), labels.ravel()), np.repeat(np.arange(labels.size), nothing.ravel())
    minute, class_index = np.divmod(np.concatenate(place), num_classes)  # (P,), a spot each, the hits first
    hit = np.arange(len(minute)) < len(place[0])
    hard = generator.normal(0, HARD_MINUTES, num_minutes)
    ease = (EASE + matches.ease[match] + hard[:, None])[minute, class_index]
    unit, of_unit = (minute * 0, labels.sum(axis=0, keepdims=True)) if whole else (minute, labels)

    def noise(share: float) -> FloatArray:
        return share**0.5 * generator.normal(size=len(minute))

    moment, sides = np.where(hit, ease, 0.0) + noise(SHARED), []
    for system in systems:
        seen, side = moment + noise(OF_SYSTEM), []
        for training in system:
            sure = seen + np.where(hit, training[class_index], 0.0) + noise(1 - SHARED - OF_SYSTEM)
            in_01 = 1 / (1 + np.exp(0.9 - 1.5 * sure))
            side.append(UnitCounts.of_spots(unit, class_index, in_01, hit, of_unit.astype(np.float64)))
        sides.append(side)
    return sides


def score(counts: UnitCounts) -> float:
    """mAP of all that was counted."""
    return float(counts.drawn_precision(np.ones((1, len(counts.labels)))).mean())
