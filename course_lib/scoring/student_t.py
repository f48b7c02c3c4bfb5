"""Student's t: how far a mean may lie from the truth if its spread, too, is only known from a few values.

NumPy has no such table, and two functions are no reason for another library of fifty megabytes. With x = sqrt(n) cot(a)
the tail of n degrees of freedom is the integral of sin(a)^(n - 1) from 0, over its value at a right angle (Abramowitz
and Stegun, Handbook of Mathematical Functions, 1964, 26.7). n need not be a whole number: Satterthwaite's seldom is.
Introduced in notebook 10.
"""

from math import atan2, exp, lgamma, pi, sqrt

import numpy as np

__all__ = ["both_tails", "t_quantile"]

# a = end * u^4 makes the integrand smooth at 0 for every n from 1 on, where sin(a)^(n - 1) itself is not.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(200)
_U, _WEIGHTS = (_POINTS + 1) / 2, _WEIGHTS / 2
MOST_FREEDOM = 1e4
"""More is not told apart: t is the normal distribution to three digits."""


def both_tails(t: float, freedom: float) -> float:
    """How often a variable of Student's t lies as far from 0 as `t`, on either side.

    Args:
        t: any number, infinity too.
        freedom: degrees of freedom, 1 or more, not whole ones too.
    """
    freedom = min(freedom, MOST_FREEDOM)
    end = atan2(sqrt(freedom), abs(t))
    angle = end * _U**4
    integral = float((_WEIGHTS * np.sin(angle) ** (freedom - 1) * 4 * end * _U**3).sum())
    return min(1.0, 2 * exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi) * integral)


def t_quantile(level: float, freedom: float) -> float:
    """Within what distance of 0 a share `level` of Student's t lies: 1.96 at 0.95 if `freedom` is large, 4.30 with 2.

    Args:
        level: above 0 and below 1.
        freedom: degrees of freedom, 1 or more.
    """
    low, high = 0.0, 1.0
    while both_tails(high, freedom) > 1 - level:
        low, high = high, 2 * high
    for _ in range(60):  # halving 60 times is all that a double can tell apart
        middle = (low + high) / 2
        low, high = (middle, high) if both_tails(middle, freedom) > 1 - level else (low, middle)
    return high
