"""What a hundred submissions of coin flips gain on a leaderboard, and what the Ladder leaves of it.

Nothing is learnt here. A team has a spotter's spots and throws a coin for each: heads raises the score, tails lowers
it. It does so again and again, and hands every throw in. Where each try is shown its score, the team may add up: a
spot is raised if the tries in which it was raised scored higher than the others (Blum and Hardt, 2015, attack a
leaderboard so). What comes out beats the start on the matches that were shown, and on no other match. On the Ladder
only a try that beats what is shown says anything. Introduced in notebook 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from course_lib.challenge.ladder import climbs
from course_lib.challenge.scores import Scored, score_runs
from course_lib.challenge.sealed import Challenge, split_halves
from course_lib.data.events import Video
from course_lib.scoring.ball import Spots
from course_lib.spotting.tasks import task_of

__all__ = ["CoinFlips", "coin_flips"]

DRAWS = 200  # of the step: enough for a standard deviation


@dataclass(frozen=True)
class CoinFlips:
    """What the table says of the best submission after so many tries, less what the spotter scored at first.

    Attributes:
        tries: how many, (K,).
        shown_open, true_open: gain in points, on the public half and on the private one, where every try is shown.
        shown_ladder, true_ladder: the same on the Ladder.
        climbed: tries that the Ladder let through.
    """

    tries: NDArray[np.int64]
    shown_open: NDArray[np.float64]
    true_open: NDArray[np.float64]
    shown_ladder: NDArray[np.float64]
    true_ladder: NDArray[np.float64]
    climbed: int


def coin_flips(
    videos: Sequence[Video],
    classes: Sequence[str],
    spots: Spots,
    tries: int = 100,
    *,
    strength: float = 0.5,
    seed: int = 0,
    points: int = 11,
) -> CoinFlips:
    """Play the attack with and without the Ladder, on the same throws.

    Args:
        videos: with labels, of two matches or more; one half is public, the other private.
        classes: of the labels.
        spots: the spotter's, by video id.
        tries: submissions, all of them handed in whatever was shown.
        strength: how far a throw moves a score, in logits.
        seed: of the halves and the coins.
        points: how often in between the gain is looked at.
    """
    public = split_halves(videos, Random(seed))
    challenge = Challenge(Path(), {}, task_of(classes), tuple(classes), tuple(videos), public, {})
    generator = np.random.default_rng(seed)
    place = [(video.id, index) for video in videos for index in range(len(spots[video.id]))]
    logits = np.array([_logit(spots[name][index].score) for name, index in place])

    def moved(directions: NDArray[np.float64]) -> Spots:
        scores = iter((1 / (1 + np.exp(-(logits + strength * directions)))).tolist())
        return {video.id: [replace(spot, score=next(scores)) for spot in spots[video.id]] for video in videos}

    def scored(directions: NDArray[np.float64], half: str) -> Scored:
        return score_runs(challenge, half, [moved(directions)], draws=DRAWS)

    still = np.zeros(len(place))
    start = {half: scored(still, half) for half in ("public", "private")}
    throws = generator.choice([-1.0, 1.0], size=(tries, len(place)))
    results = [scored(throw, "public") for throw in throws]

    on_ladder = start["public"]
    heard = []  # what the Ladder let through, and by how much
    for number, tried in enumerate(results):
        if climbs(on_ladder, tried):
            heard.append((number, tried.value - on_ladder.value))
            on_ladder = tried

    looks = np.unique(np.linspace(0, tries, points).round().astype(np.int64))
    rows = []
    for many in looks:
        values = np.array([tried.value for tried in results[:many]])
        votes = (values - values.mean()) @ throws[:many] if many else still
        let_through = [(number, gain) for number, gain in heard if number < many]
        known = sum((gain * throws[number] for number, gain in let_through), still)
        row = []
        for directions in (np.sign(votes), np.sign(known)):
            for half in ("public", "private"):
                row.append(100 * (scored(directions, half).value - start[half].value))
        rows.append(row)
    columns = np.array(rows).T
    return CoinFlips(looks, *columns, len(heard))


def _logit(score: float) -> float:
    score = min(max(score, 1e-4), 1 - 1e-4)
    return float(np.log(score / (1 - score)))
