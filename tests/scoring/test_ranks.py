"""Rank ranges: against a plain version, on scores made by hand, and whether they are right as often as they say."""

import itertools

import numpy as np
import pytest

from course_lib.files import InputError
from course_lib.scoring.ranks import RankRange, rank_ranges, seed_noise, shown_better


def plain(values, drawn, level, noise=None, of_mean=None):
    """The same with loops over pairs and draws; `noise` and `of_mean`, its variance, are what seeds add to a system."""
    noise, of_mean = (np.zeros_like(drawn), [0] * len(values)) if noise is None else (noise, of_mean)
    pairs = list(itertools.combinations(range(len(values)), 2))
    strays = {}
    for i, j in pairs:
        gaps = [a - b for a, b in zip(drawn[i], drawn[j], strict=True)]
        mean = sum(gaps) / len(gaps)
        spread = (sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) + of_mean[i] + of_mean[j]) ** 0.5
        seeds = noise[i] - noise[j]
        strays[i, j] = [abs(gap - mean + add) / spread for gap, add in zip(gaps, seeds, strict=True)], spread
    left, better = set(pairs), set()
    while left:
        largest = [max(strays[pair][0][draw] for pair in left) for draw in range(len(drawn[0]))]
        limit = np.quantile(largest, level)
        found = {(i, j) for i, j in left if abs(values[i] - values[j]) / strays[i, j][1] > limit}
        if not found:
            break
        left -= found
        better |= {(i, j) if values[i] > values[j] else (j, i) for i, j in found}
    return better


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_plain_version(seed):
    random = np.random.default_rng(seed)
    values = random.normal(0.5, 0.05, 6)
    shared, own = random.normal(0, 0.04, 300), random.normal(0, 0.02, (6, 300))
    drawn = values[:, None] + shared + own
    found = shown_better(values, drawn, 0.9)
    assert {(int(i), int(j)) for i, j in np.argwhere(found)} == plain(values, drawn, 0.9)


@pytest.mark.parametrize("seed", range(5))
def test_with_trainings_it_is_the_plain_version(seed):
    random = np.random.default_rng(seed)
    trainings = [random.normal(0.5, 0.04, number) + random.normal(0, 0.1) for number in (1, 2, 3, 5, 8, 1)]
    values = np.array([np.mean(scores) for scores in trainings])
    drawn = values[:, None] + random.normal(0, 0.02, (6, 300))
    of_mean = [np.var(scores, ddof=1) / len(scores) if len(scores) > 1 else 0 for scores in trainings]
    noise = seed_noise(trainings, 300, np.random.default_rng(seed))
    found = shown_better(values, drawn, 0.9, trainings=trainings, seed=seed)
    assert {(int(i), int(j)) for i, j in np.argwhere(found)} == plain(values, drawn, 0.9, noise, of_mean)


def test_ranks_by_hand():
    steady = np.random.default_rng(0).normal(0, 0.01, (4, 500))
    values = np.array([0.5, 0.9, 0.502, 0.1])
    ranges = rank_ranges(values, values[:, None] + steady)
    assert ranges == [RankRange(2, 3), RankRange(1, 1), RankRange(2, 3), RankRange(4, 4)]
    assert [str(one) for one in ranges] == ["2 to 3", "1", "2 to 3", "4"]


def test_what_all_systems_share_counts_for_none():
    random = np.random.default_rng(1)
    shared = random.normal(0, 0.2, 400)  # hard minutes are hard for everybody
    values = np.array([0.60, 0.55])
    drawn = values[:, None] + shared + random.normal(0, 0.005, (2, 400))
    assert rank_ranges(values, drawn) == [RankRange(1, 1), RankRange(2, 2)]
    alone = values[:, None] + random.normal(0, 0.2, (2, 400))
    assert rank_ranges(values, alone) == [RankRange(1, 2)] * 2


def test_a_pair_that_is_shown_makes_room_for_the_next():
    # One system is far off and strays widely; what remains is asked without it.
    random = np.random.default_rng(2)
    values = np.array([0.9, 0.5, 0.43])
    drawn = values[:, None] + random.standard_t(2, (3, 4000)) * np.array([[0.02], [0.02], [0.02]])
    once = np.abs(values[1] - values[2])
    strays = drawn - drawn.mean(axis=1, keepdims=True)
    pairs = [(0, 1), (0, 2), (1, 2)]
    spread = {pair: (strays[pair[0]] - strays[pair[1]]).std(ddof=1) for pair in pairs}
    largest = np.max([np.abs(strays[i] - strays[j]) / spread[i, j] for i, j in pairs], axis=0)
    level = float(np.mean(largest <= once / spread[1, 2])) + 0.002  # just out of reach in one step
    assert once / spread[1, 2] < np.quantile(largest, level)
    assert shown_better(values, drawn, level)[1, 2]


def test_equal_systems_are_seldom_told_apart():
    """Of eight equal systems no pair is shown in 95 % of the experiments, where minutes are really drawn."""
    random = np.random.default_rng(3)
    wrong, experiments, minutes = 0, 200, 60
    for _ in range(experiments):
        scores = random.normal(0, 1, (1, minutes)) + random.normal(0, 0.7, (8, minutes))  # a system's score a minute
        weights = random.multinomial(minutes, np.full(minutes, 1 / minutes), size=400) / minutes
        wrong += shown_better(scores.mean(axis=1), scores @ weights.T).any()
    assert 0.01 <= wrong / experiments <= 0.09


def test_other_seeds_widen_the_ranges():
    random = np.random.default_rng(4)
    trainings = [[0.60, 0.66, 0.63], [0.58, 0.61, 0.55], [0.40]]
    values = np.array([np.mean(scores) for scores in trainings])
    drawn = values[:, None] + random.normal(0, 0.004, (3, 2000))
    noise = seed_noise(trainings, 2000, random)
    assert not noise[2].any()  # of one training nothing is known
    quantile = np.quantile(noise[0], 0.975) / (np.std(trainings[0], ddof=1) / 3**0.5)
    assert 3.6 < quantile < 5.2  # Student's t with two degrees of freedom: 4.3
    assert rank_ranges(values, drawn)[0] == RankRange(1, 1)
    assert rank_ranges(values, drawn, trainings=trainings)[0] == RankRange(1, 2)


def test_two_trainings_are_known_from_one_degree_of_freedom():
    """Its draws have no mean: what is shown may not depend on where a few far ones happen to lie."""
    steady = np.random.default_rng(6).normal(0, 0.004, (2, 2000))
    trainings, values = [[0.79, 0.81], [0.5]], np.array([0.8, 0.5])
    # 0.3 apart, and a standard error of 0.01: 30 of them are beyond 12.7, and 6 are not.
    assert all(shown_better(values, values[:, None] + steady, trainings=trainings, seed=s)[0, 1] for s in range(10))
    near = np.array([0.56, 0.5])
    trainings = [[0.55, 0.57], [0.5]]
    assert not any(shown_better(near, near[:, None] + steady, trainings=trainings, seed=s).any() for s in range(10))
    assert shown_better(near, near[:, None] + steady)[0, 1]


def test_equal_methods_are_seldom_told_apart_by_three_trainings_each():
    random = np.random.default_rng(5)
    wrong, experiments, minutes = 0, 200, 60
    for _ in range(experiments):
        shared, own = random.normal(0, 1, (1, 1, minutes)), random.normal(0, 0.7, (6, 1, minutes))
        scores = shared + own + random.normal(0, 0.15, (6, 3, 1))  # a training's score a minute
        weights = random.multinomial(minutes, np.full(minutes, 1 / minutes), size=400) / minutes
        drawn, of_trainings = scores.mean(axis=1) @ weights.T, scores.mean(axis=2)
        wrong += shown_better(of_trainings.mean(axis=1), drawn, trainings=list(of_trainings)).any()
    assert wrong / experiments <= 0.08


def test_bad_input():
    with pytest.raises(InputError, match=r"\(2,\) scores and \(3, 5\) draws"):
        rank_ranges([0.1, 0.2], np.zeros((3, 5)))
    with pytest.raises(InputError, match="no number"):
        rank_ranges([0.1, np.nan], np.zeros((2, 5)))
