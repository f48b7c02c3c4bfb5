"""Matches that several tests look at, played once in a test run; long ones in two processes."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from filming.tracks import Tracks
from football.play import play_football
from football.tendencies import EVENTFUL, REAL

__all__ = ["eventful_match", "long_matches", "real_match"]

LONG_SEEDS = (0, 1, 2, 3)
LONG_SEC = 45 * 60.0


@cache
def eventful_match() -> Tracks:
    """Six minutes in which everything happens."""
    return play_football(360.0, 3, EVENTFUL)


@cache
def real_match() -> Tracks:
    """Ten minutes as they really are."""
    return play_football(600.0, 1, REAL)


def _long_match(seed: int) -> Tracks:
    return play_football(LONG_SEC, seed, REAL)


@cache
def long_matches() -> tuple[Tracks, ...]:
    """Enough play for shares: a class with a share of 1.4 % happens some 45 times."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return tuple(pool.map(_long_match, LONG_SEEDS))
