"""Emulated play is what it says: as many labels, the better the more skill, endless play known from any of it."""

import numpy as np
import pytest

from course_lib.scoring.ball_draws import draw_counts
from course_lib.scoring.emulation import LABELS_PER_MIN, RULE, play, score, some_matches, trainings


def test_labels_of_all_classes_in_every_minute():
    generator = np.random.default_rng(0)
    ((counts,),) = play(some_matches(40, generator), [trainings(1, generator)], generator)
    assert counts.labels.shape == (320, 12) and counts.hits.shape == counts.spots.shape == (320, 12, 200)
    assert counts.labels.mean(axis=0) == pytest.approx(LABELS_PER_MIN, rel=0.25)
    assert (counts.hits[..., 0] == counts.labels).all()  # every label has a spot, if an unsure one
    few = [play(some_matches(1, generator), [trainings(1, generator)], generator, 3)[0][0] for _ in range(20)]
    assert all(one.labels.any(axis=0).all() for one in few)


def test_whole_is_the_same_play():
    matches, systems = some_matches(2, np.random.default_rng(1)), [trainings(2, np.random.default_rng(2))]
    ((first, second),) = play(matches, systems, np.random.default_rng(3))
    ((whole, _),) = play(matches, systems, np.random.default_rng(3), whole=True)
    assert whole.labels.shape == (1, 12) and (whole.hits[0] == first.hits.sum(axis=0)).all()
    assert score(whole) == pytest.approx(score(first)) and score(first) != score(second)
    (draws,) = draw_counts([[first, second]], RULE, repeats=3)
    assert draws.mean(range(12))[0] == pytest.approx((score(first) + score(second)) / 2)


def test_skill_counts_and_few_labels_flatter():
    generator = np.random.default_rng(4)
    matches = some_matches(100, generator)
    endless = [score(play(matches, [trainings(1, generator, s, 0)], generator, 20, whole=True)[0][0]) for s in (0, 0.3)]
    assert 0.55 < endless[0] < 0.7 and 0.04 < endless[1] - endless[0] < 0.12
    few = [score(play(some_matches(1, generator), [trainings(1, generator, 0, 0)], generator)[0][0]) for _ in range(60)]
    assert 0.02 < np.mean(few) - endless[0] < 0.1
