"""A match as the rallies that make it up: score, serve and rotation go on from one to the next."""

from collections.abc import Iterator

import numpy as np

from filming.tracks import Tracks

from .rally import Situation, play_rally
from .tendencies import REAL, Tendencies

__all__ = ["next_situation", "play_match"]

SET_POINTS = 25
LEAD = 2


def next_situation(before: Situation, winner: int) -> Situation:
    """What the next rally begins with.

    The side that wins the point serves; if it did not serve before, it rotates by one place clockwise. A set ends at 25
    points with two more than the other side; the next begins with the other side's serve.
    """
    score = (before.score[0] + (winner == 0), before.score[1] + (winner == 1))
    if max(score) >= SET_POINTS and abs(score[0] - score[1]) >= LEAD:
        return Situation(serving=1 - before.serving)
    setter_at = list(before.setter_at)
    if winner != before.serving:
        setter_at[winner] = (setter_at[winner] - 2) % 6 + 1
    return Situation(winner, (setter_at[0], setter_at[1]), score)


def play_match(seed: int, num_rallies: int, fps: float = 25.0, tendencies: Tendencies = REAL) -> Iterator[Tracks]:
    """The first rallies of a match, in order.

    Args:
        seed: the same seed gives the same match; a longer one begins like a shorter one.
        num_rallies: how many.
        fps: frames per second.
        tendencies: what the teams are like.
    """
    rng = np.random.default_rng(seed)
    situation = Situation(int(rng.integers(2)), (int(rng.integers(1, 7)), int(rng.integers(1, 7))))
    for _ in range(num_rallies):
        tracks = play_rally(int(rng.integers(2**62)), fps, set_up=situation, tendencies=tendencies)
        yield tracks
        winner = int(tracks.score[-1, 1] > situation.score[1])
        situation = next_situation(situation, winner)
