"""The interval of one score: by hand, and what is cut off."""

import numpy as np
import pytest

from course_lib.scoring.intervals import score_interval


def test_by_hand():
    """Seven draws that lie too high by 5 points: the score stays in the middle; a draw without labels is left out."""
    drawn = 0.01 * np.array([50, 51, 53, np.nan, 55, 57, 59, 60])
    reach = 1.959964 * 0.01 * np.sqrt((25 + 16 + 4 + 0 + 4 + 16 + 25) / 6)
    interval = score_interval(0.5, drawn)
    assert (interval.low, interval.value, interval.high) == pytest.approx((0.5 - reach, 0.5, 0.5 + reach), abs=1e-7)
    narrow = score_interval(0.5, drawn, level=0.5)
    assert narrow.high - 0.5 == pytest.approx(reach * 0.674490 / 1.959964, abs=1e-7) and narrow.level == 0.5


def test_no_end_lies_where_no_score_can_be():
    drawn = np.array([0.8, 1.0] * 20)
    high, low = score_interval(0.97, drawn), score_interval(0.03, 1 - drawn)
    assert high.high == 1 and low.low == 0
    assert high.value - high.low == pytest.approx(low.high - low.value) and high.value - high.low > 0.19
    assert str(high) == "97.0 [77.2, 100.0]"


def test_without_draws_nothing_is_known():
    assert np.isnan(score_interval(0.5, np.full(9, np.nan)).low)
