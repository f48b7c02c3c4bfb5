"""Reliability bins against a table worked by hand and a loop over the spots."""

import numpy as np
import pytest

from course_lib.files import InputError
from course_lib.scoring.calibration import calibrate, pool


def test_bins_by_hand():
    scores, hits = [0.1, 0.3, 0.5, 0.7, 0.9, 1.0], [False, True, False, True, True, True]
    two = calibrate(scores, hits, num_bins=2)
    # 0.5 is in the upper half: (0.1, 0.3) with one hit, (0.5, 0.7, 0.9, 1.0) with three.
    assert two.edges.tolist() == [0, 0.5, 1] and two.counts.tolist() == [2, 4]
    assert two.mean_score == pytest.approx([0.2, 0.775])
    assert two.hit_share == pytest.approx([0.5, 0.75])
    assert two.error == pytest.approx((2 * 0.3 + 4 * 0.025) / 6)


def test_equals_a_loop():
    generator = np.random.default_rng(0)
    scores = generator.random(500) ** 2
    hits = generator.random(500) < scores
    result, error = calibrate(scores, hits), 0.0
    for place in range(10):
        mine = [i for i in range(500) if place <= scores[i] * 10 < place + 1]
        assert result.counts[place] == len(mine)
        assert result.mean_score[place] == pytest.approx(np.mean([scores[i] for i in mine]))
        assert result.hit_share[place] == pytest.approx(np.mean([hits[i] for i in mine]))
        error += abs(np.sum([scores[i] - hits[i] for i in mine])) / 500
    assert result.error == pytest.approx(error)
    assert calibrate(scores**0.25, hits).error > 3 * result.error  # scores that promise too much


def test_empty_bins_and_scores_above_one():
    few = calibrate([0.05, 1.7], [True, True])
    assert np.isnan(few.hit_share[1:9]).all() and few.mean_score[[0, 9]] == pytest.approx([0.05, 1.0])
    assert few.error == pytest.approx(0.475)
    assert np.isnan(calibrate([], []).error)
    with pytest.raises(InputError, match="2 scores, 1 hits"):
        calibrate([0.1, 0.2], [True])


def test_pooled_is_as_if_all_had_been_one():
    generator = np.random.default_rng(1)
    scores, hits = generator.random(90), generator.random(90) < 0.4
    parts, whole = [calibrate(scores[part], hits[part]) for part in (slice(20), slice(20, 90))], calibrate(scores, hits)
    together = pool(parts)
    assert together.error == pytest.approx(whole.error) != np.mean([part.error for part in parts])
    for name in ("counts", "mean_score", "hit_share"):
        assert getattr(together, name) == pytest.approx(getattr(whole, name), nan_ok=True)
    with pytest.raises(InputError, match="same bins"):
        pool([whole, calibrate(scores, hits, num_bins=5)])
