"""Student's t against the tables in every textbook and against what can be written down."""

from math import atan, erfc, pi, sqrt

import pytest

from course_lib.scoring.student_t import both_tails, t_quantile


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [
        (1, 12.7062),
        (2, 4.30265),
        (3, 3.18245),
        (4, 2.77645),
        (9, 2.26216),
        (15, 2.13145),
        (63, 1.99834),
        (120, 1.97993),
    ],
)
def test_tables(freedom, expected):
    assert t_quantile(0.95, freedom) == pytest.approx(expected, abs=6e-6)
    assert both_tails(expected, freedom) == pytest.approx(0.05, abs=1e-6)
    assert t_quantile(0.9, 5) == pytest.approx(2.01505, abs=6e-6)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0, 4.0, 200.0])
def test_few_degrees_in_closed_form(t):
    assert both_tails(t, 1) == both_tails(-t, 1) == pytest.approx(1 - 2 * atan(t) / pi, abs=1e-12)
    assert both_tails(t, 2) == pytest.approx(1 - t / sqrt(2 + t * t), abs=1e-12)
    angle = atan(t / sqrt(3))
    assert both_tails(t, 3) == pytest.approx(1 - 2 / pi * (angle + t / sqrt(3) / (1 + t * t / 3)), abs=1e-12)


def test_between_and_beyond_whole_numbers():
    assert t_quantile(0.95, 6) > t_quantile(0.95, 6.5) > t_quantile(0.95, 7)
    assert both_tails(1.96, 1e12) == pytest.approx(erfc(1.96 / sqrt(2)), rel=1e-3)
    assert both_tails(float("inf"), 3) == 0 and both_tails(0, 1.5) == pytest.approx(1)
