"""Statistics of labels by hand, the real numbers, and the fit of the simulated game to them."""

import json
from pathlib import Path

import numpy as np
import pytest
from football_matches import long_matches, real_match

from football.labels import CLASSES, DEFINITIONS
from football.statistics import PERCENTILES, compare, from_events, from_tracks, real

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "ball_action_stats.json"


def test_statistics_by_hand():
    first = [(0, "PASS", 0), (1000, "DRIVE", 0), (3000, "PASS", 1), (3500, "OUT", 0)]
    second = [(500, "PASS", 1), (15500, "PASS", 1)]
    game = from_events([first, second], minutes=0.5)
    assert game.counts[CLASSES.index("PASS")] == 4 and game.counts.sum() == 6
    assert game.shares[CLASSES.index("PASS")] == pytest.approx(4 / 6)
    assert game.per_minute == 12.0
    assert game.transitions.sum() == 4
    row = game.transitions[CLASSES.index("PASS")]
    assert row[CLASSES.index("DRIVE")] == row[CLASSES.index("OUT")] == row[CLASSES.index("PASS")] == 1
    assert game.transition_probabilities[CLASSES.index("PASS")].sum() == pytest.approx(1.0)
    assert game.same_team[CLASSES.index("PASS")] == pytest.approx(2 / 3)
    assert np.isnan(game.same_team[CLASSES.index("OUT")])
    median = PERCENTILES.index(50)
    assert game.class_interval_ms[CLASSES.index("DRIVE"), median] == 2000.0
    assert game.interval_ms[median] == 1500.0  # of 500, 1000, 2000, 15000
    assert game.long_gap_share == pytest.approx(0.5)


def test_statistics_of_tracks_are_those_of_their_actions():
    tracks = real_match()
    game = from_tracks([tracks])
    assert game.minutes == pytest.approx(10.0)
    assert game.counts.sum() == len(tracks.actions)


def test_definitions_are_in_the_official_order():
    assert CLASSES == (
        "PASS",
        "DRIVE",
        "HEADER",
        "HIGH PASS",
        "OUT",
        "CROSS",
        "THROW IN",
        "SHOT",
        "BALL PLAYER BLOCK",
        "PLAYER SUCCESSFUL TACKLE",
        "FREE KICK",
        "GOAL",
    )
    assert all(DEFINITIONS.values())


def test_real_numbers_agree_with_each_other():
    truth = real()
    assert truth.counts.sum() == 12433
    assert truth.transitions.sum() == 12433 - 7  # seven matches
    assert truth.per_minute == pytest.approx(18.245, abs=1e-3)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference statistics are not beside the repository")
def test_real_numbers_are_those_of_the_reference():
    reference, truth = json.loads(REFERENCE.read_text()), real()
    assert tuple(reference["classes"]) == CLASSES
    assert truth.counts.tolist() == [reference["counts"][label] for label in CLASSES]
    assert truth.transitions.tolist() == reference["transition_counts"]["matrix"]
    assert truth.interval_ms.tolist() == [reference["interval_any_class_ms"][f"p{p}"] for p in PERCENTILES]
    for i, label in enumerate(CLASSES):
        theirs = [reference["time_to_next_event_by_class_ms"][label][f"p{p}"] for p in PERCENTILES]
        assert truth.class_interval_ms[i] == pytest.approx(theirs, abs=0.051)


@pytest.mark.slow
def test_the_game_is_like_the_real_one():
    """Each class above 1 % within a quarter of its real share, the rare ones there, the pace and the order as real.

    Three hours are played: in one hour SHOT, CROSS and BALL PLAYER BLOCK happen some 15 to 25 times, so that chance
    alone moves their shares by a quarter. One standard deviation of chance is allowed on top, because another processor
    rounds differently and so plays other matches.
    """
    game, truth = from_tracks(long_matches()), real()
    for i, label in enumerate(CLASSES):
        if truth.shares[i] > 0.01:
            chance = 1.0 / np.sqrt(truth.shares[i] * game.counts.sum())
            assert game.shares[i] == pytest.approx(truth.shares[i], rel=0.25 + chance), label
        else:
            assert game.counts[i] > 0, label
    assert game.per_minute == pytest.approx(truth.per_minute, rel=0.12)
    assert game.long_gap_share == pytest.approx(truth.long_gap_share, abs=0.08)
    for percentile in (10, 50, 90):
        k = PERCENTILES.index(percentile)
        assert game.interval_ms[k] == pytest.approx(truth.interval_ms[k], rel=0.2), percentile
    mine, theirs = game.transition_probabilities, truth.transition_probabilities
    common = truth.transitions > 150  # what follows what, where enough is known of it
    assert common.sum() > 12
    assert np.abs(mine - theirs)[common].max() < 0.12


def test_comparison_is_printable():
    text = compare([real_match()])
    assert "simulated" in text and "THROW IN" in text and len(text.splitlines()) > 25
