"""The Ladder: a score that is shown moves only by more than the noise, so that trying often buys nothing.

Who is shown the score of every try has, after a hundred of them, a hundred facts about the labels that were to stay
unknown, and the best of a hundred equal tries looks better than it is. The Ladder (Blum and Hardt, The Ladder: A
Reliable Leaderboard for Machine Learning Competitions, 2015) shows a try only if it beats what is shown by more than
a step, and of all others nothing at all. The step is their parameter-free one: the standard deviation of the
difference of the two, here over draws of the same minutes, but a tenth of a point at least, which is the last digit
that is shown. Introduced in notebook 10.
"""

import numpy as np

from course_lib.challenge.scores import Scored

__all__ = ["SMALLEST_STEP", "climbs", "ladder_step"]

SMALLEST_STEP = 0.001


def ladder_step(shown: Scored, tried: Scored) -> float:
    """By how much the second must beat the first, in fractions."""
    differences = tried.drawn - shown.drawn
    held = differences[~np.isnan(differences)]
    return max(SMALLEST_STEP, float(held.std(ddof=1)) if len(held) > 1 else 0.0)


def climbs(shown: Scored | None, tried: Scored) -> bool:
    """Whether a try is shown: the first always, any other if it is better by more than the step."""
    return shown is None or tried.value - shown.value > ladder_step(shown, tried)
