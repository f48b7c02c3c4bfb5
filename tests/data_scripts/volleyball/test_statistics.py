"""Statistics of labels by hand, the real numbers, and the fit of the simulated game to them."""

from dataclasses import replace

import numpy as np
import pytest
from volleyball_rallies import rallies

from filming.tracks import LabelledAction
from volleyball.labels import CLASSES, DEFINITIONS
from volleyball.statistics import REAL_COUNTS, REAL_FRAMES, REAL_RALLIES, compare, from_tracks, real_shares


def test_the_classes_and_their_definitions():
    assert CLASSES == ("serve", "receive", "set", "spike", "block", "score")
    assert all(DEFINITIONS.values())


def test_real_numbers():
    assert sum(REAL_COUNTS.values()) == 6137 and tuple(REAL_COUNTS) == CLASSES
    assert pytest.approx(244.3, abs=0.05) == REAL_FRAMES / REAL_RALLIES
    assert real_shares().sum() == pytest.approx(1.0) and real_shares()[0] == pytest.approx(1071 / 6137)


def test_statistics_by_hand():
    def rally(*labels):
        actions = [LabelledAction(10 * k, label, 0, 0) for k, label in enumerate(labels)]
        return replace(rallies()[0], actions=actions, fps=50.0)

    stats = from_tracks([rally("serve", "receive", "set", "spike", "score"), rally("serve"), rally("serve", "receive")])
    assert stats.rallies == 3
    assert stats.counts.tolist() == [3, 2, 1, 1, 0, 1]
    assert stats.per_rally[0] == 1.0 and stats.shares[1] == pytest.approx(2 / 8)
    assert stats.length_sec == pytest.approx([rallies()[0].num_frames / 50.0] * 3)
    serve, receive, end = 0, 1, 6
    assert stats.transitions[serve, receive] == 2 and stats.transitions[serve, end] == 1
    assert stats.transitions[end, serve] == 3 and stats.transitions[:, end].sum() == 3


def test_the_game_is_like_the_real_one():
    """Shares within a tenth (and one standard deviation of chance), length and events as real."""
    stats = from_tracks(rallies())
    for label, mine, real in zip(CLASSES, stats.shares, real_shares(), strict=True):
        chance = 1.0 / np.sqrt(real * stats.counts.sum())
        assert mine == pytest.approx(real, rel=0.10 + chance), label
    assert stats.per_rally.sum() == pytest.approx(sum(REAL_COUNTS.values()) / REAL_RALLIES, abs=0.4)
    assert stats.length_sec.mean() * 25 == pytest.approx(244, abs=15)
    assert 0.01 < (stats.length_sec < 5).mean() < 0.1
    assert 0.04 < (stats.length_sec > 15).mean() < 0.2


def test_comparison_is_printable():
    text = compare(rallies()[:50])
    assert "50 simulated rallies" in text and "receive" in text and len(text.splitlines()) > 12
