"""Do all rank ranges of a table hold the true ranks as often as they say? Spotters whose true order is known."""

import numpy as np
import pytest

from course_lib.scoring.ball_draws import draw_counts
from course_lib.scoring.emulation import RULE, play, some_matches, trainings
from course_lib.scoring.ranks import rank_ranges

CLASSES = range(len(RULE.classes))


def tables(skills, emulations, draws, seed, minutes=8, matches=4):
    """Of so many emulated tests the scores of all spotters (N,), and those in each draw (N, R)."""
    generator = np.random.default_rng(seed)
    for emulation in range(emulations):
        spotters = [trainings(1, generator, skill, differ=0) for skill in skills]
        sides = play(some_matches(matches, generator), spotters, generator, minutes)
        means = [side.mean(CLASSES) for side in draw_counts(sides, RULE, repeats=draws, seed=seed + emulation)]
        yield np.array([value for value, _ in means]), np.stack([drawn for _, drawn in means])


def one_by_one(values, drawn):
    """Ranges from each pair by itself, at 95 %: what a table of p-values without correction would say."""
    best, worst = [], []
    for here in range(len(values)):
        gaps, strays = values - values[here], drawn - drawn[here]
        shown = np.abs(gaps) > 1.96 * np.maximum(strays.std(axis=1, ddof=1), 1e-12)
        best.append(1 + np.count_nonzero(shown & (gaps > 0)))
        worst.append(len(values) - np.count_nonzero(shown & (gaps < 0)))
    return np.array(best), np.array(worst)


def coverage(skills, emulations, draws, seed):
    """How often all ranges hold the true ranks: ours, and those of one pair at a time; and our mean width."""
    true = 1 + np.argsort(np.argsort(-np.asarray(skills)))
    ours, naive, widths = [], [], []
    for values, drawn in tables(skills, emulations, draws, seed):
        ranges = rank_ranges(values, drawn)
        best, worst = (np.array(ends) for ends in zip(*((one.best, one.worst) for one in ranges), strict=True))
        ours.append(bool(((best <= true) & (true <= worst)).all()))
        best_alone, worst_alone = one_by_one(values, drawn)
        naive.append(bool(((best_alone <= true) & (true <= worst_alone)).all()))
        widths.append(np.mean(worst - best + 1))
    return np.mean(ours), np.mean(naive), np.mean(widths)


def test_a_few_spotters_quickly():
    ours, _, _ = coverage([0.3, 0.1, 0.0, -0.3], 8, 100, seed=1)
    assert ours >= 0.75  # of 8 emulations 2 may fail; at 95 % more do in one of 170 cases


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "skills", "emulations"),
    [
        ("nearly equal", np.linspace(0.002, -0.002, 10), 200),
        ("a class", np.linspace(0.5, -0.5, 30), 60),
    ],
)
def test_all_ranges_hold_the_true_rank(kind, skills, emulations):
    ours, naive, width = coverage(skills, emulations, 300, seed=7)
    print(
        f"\n{len(skills)} spotters, {kind}: all ranges hold the true rank in {ours:.1%} of {emulations} emulations "
        f"(pair by pair without correction in {naive:.1%}); a range is {width:.1f} ranks wide in the mean"
    )
    assert ours >= 0.95 - 2.5 * (0.95 * 0.05 / emulations) ** 0.5
    assert naive < 0.9  # so that this test can fail
