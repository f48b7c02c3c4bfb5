"""Rallies that several tests look at, played once in a test run."""

from functools import cache

from filming.tracks import Tracks
from volleyball.play import play_volleyball

__all__ = ["SEEDS", "matches", "rallies"]

SEEDS = (0, 1, 2, 3, 4)


@cache
def matches() -> tuple[tuple[Tracks, ...], ...]:
    """Five matches of 130 rallies: enough for shares, a class with a share of 4 % happens some 150 times."""
    return tuple(tuple(play_volleyball(seed, 130, 25.0)) for seed in SEEDS)


@cache
def rallies() -> tuple[Tracks, ...]:
    """All of them in one row."""
    return tuple(rally for match in matches() for rally in match)
