"""Do intervals hold what they are about as often as they say? A thousand emulations, whose true scores are known."""

import numpy as np
import pytest

from course_lib.scoring.ball_draws import draw_counts
from course_lib.scoring.differences import difference_interval
from course_lib.scoring.emulation import RULE, play, score, some_matches, trainings
from course_lib.scoring.intervals import score_interval

EMULATIONS, SEASONS = 1000, 20
CLASSES = range(len(RULE.classes))
SOUND = (0.92, 0.97)


def held(ends, truth):
    """The share of intervals (N, 2) that hold the truth."""
    low, high = np.transpose(ends)
    return float(((low <= truth) & (truth <= high)).mean())


def percentiles(drawn):
    return np.quantile(drawn, [0.025, 0.975])


def sound(coverage):
    return SOUND[0] <= coverage <= SOUND[1]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "draws", "plays"), [(2, 120, 4), (8, 60, 2)])
def test_one_training_each(number, draws, plays):
    """What is to be expected of as many other minutes of these matches, and of the difference of two trainings."""
    generator = np.random.default_rng(0)
    systems = [trainings(1, generator, skill, differ=0) for skill in (0.0, 0.1)]
    off, too_high, ends, old, of_gaps = ([] for _ in range(5))
    for season in range(SEASONS):
        matches = some_matches(number, generator)
        endless = score(play(matches, systems[:1], generator, 8000 // number, whole=True)[0][0])
        values, gaps = [], []
        for emulation in range(plays * EMULATIONS // SEASONS):
            sides = play(matches, systems, generator)
            mine, other = (score(side[0]) for side in sides)
            values.append(mine)
            gaps.append(other - mine)
            if emulation >= EMULATIONS // SEASONS:  # only to know better what is expected: to a quarter of a point
                continue
            first, second = draw_counts(sides, RULE, repeats=draws, seed=season * EMULATIONS + emulation)
            value, drawn = first.mean(CLASSES)
            assert value == pytest.approx(mine)
            interval, (gap, _) = score_interval(value, drawn), difference_interval(first, second, CLASSES)
            ends.append((interval.low, interval.high))
            old.append(percentiles(drawn))
            of_gaps.append((gap.low, gap.high))
        off += [(np.mean(values), endless, np.mean(gaps))] * (EMULATIONS // SEASONS)
        too_high.append(np.mean(values) - endless)
    assert len(ends) == EMULATIONS
    truth, endless, gap = np.transpose(off)
    print(
        f"\n{number} matches, one training: expected {100 * np.mean(too_high):.1f} above endless play. Of intervals "
        f"{held(ends, truth):.1%} hold what is expected (percentiles {held(old, truth):.1%}), "
        f"{held(ends, endless):.1%} endless play (percentiles {held(old, endless):.1%}), {held(of_gaps, gap):.1%} a "
        "difference"
    )
    assert sound(held(ends, truth)) and sound(held(of_gaps, gap))
    assert held(old, truth) < SOUND[0]  # the percentile interval of a score fails: this test can
    assert np.mean(too_high) > 0.005  # few labels make mAP optimistic


@pytest.mark.slow
def test_five_trainings_each():
    """The difference of two systems of which other trainings could be had."""
    generator = np.random.default_rng(3)
    matches = some_matches(2, generator)
    gaps, ends, old = [], [], []
    for emulation in range(EMULATIONS):
        systems = [trainings(5, generator, skill) for skill in (0.0, 0.1)]
        sides = draw_counts(play(matches, systems, generator), RULE, repeats=30, seed=emulation)
        gap, _ = difference_interval(*sides, CLASSES)
        gaps.append(gap.value)
        ends.append((gap.low, gap.high))
        first, second = (seeds_drawn(side.of_runs(CLASSES)[0], generator) for side in sides)
        old.append(percentiles(second - first))
    truth = np.mean(gaps)
    print(
        f"\nfive trainings each: {100 * truth:.1f} apart; Student's t holds it in {held(ends, truth):.1%}, "
        f"percentiles of trainings drawn again, were minutes no matter, in {held(old, truth):.1%}"
    )
    assert sound(held(ends, truth))
    assert held(old, truth) < SOUND[0]


def seeds_drawn(scores, generator):
    """The mean of as many trainings drawn again, 400 times."""
    return scores[generator.integers(len(scores), size=(400, len(scores)))].mean(axis=1)
