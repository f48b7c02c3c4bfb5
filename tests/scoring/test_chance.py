"""The guesser: what it places, what it learns, and that nothing but luck helps it."""

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.chance import best_guess_rates, chance_spots, score_chance
from course_lib.scoring.rule import Rule

MINUTE = 1500
BOTH, OFTEN = Rule(("often", "rare"), stride=1), Rule(("often",), stride=1)


def match(video_id, seed, minutes, per_minute):
    generator = np.random.default_rng(seed)
    events = [
        Event(label, int(frame))
        for label, rate in per_minute.items()
        for frame in generator.integers(0, minutes * MINUTE, int(minutes * rate))
    ]
    return Video(video_id, None, minutes * MINUTE, 25.0, 1, 1, tuple(sorted(events, key=lambda event: event.frame)))


TRAIN = [match(f"t{seed}", seed, 20, {"often": 12, "rare": 0.2}) for seed in range(2)]
TEST = [match("a", 10, 20, {"often": 12, "rare": 0.2}), match("b", 11, 10, {"often": 12, "rare": 0.2})]


def test_guesses_are_evenly_spaced_and_shared_by_length():
    spots = chance_spots(TEST, ("often", "rare"), {"often": 300, "rare": 6}, seed=3)
    assert list(spots) == ["a", "b"]
    often = {name: [event.frame for event in events if event.label == "often"] for name, events in spots.items()}
    assert len(often["a"]) == 200 and len(often["b"]) == 100
    assert set(np.diff(often["a"])) <= {149, 150, 151}
    assert sum(event.label == "rare" for events in spots.values() for event in events) == 6
    scores = [event.score for events in spots.values() for event in events]
    assert 0 <= min(scores) < 0.1 and 0.9 < max(scores) < 1
    for video in TEST:
        frames = [event.frame for event in spots[video.id]]
        assert frames == sorted(frames) and frames[0] >= 0 and frames[-1] < video.num_frames


def test_guesses_depend_on_the_seed_only():
    assert chance_spots(TEST, ("often",), 50, 1) == chance_spots(TEST, ("often",), 50, 1)
    assert chance_spots(TEST, ("often",), 50, 1) != chance_spots(TEST, ("often",), 50, 2)
    assert chance_spots(TEST, ("often",), 0) == {"a": [], "b": []}


def test_score_of_a_common_class_is_its_share_of_windows():
    """12 a minute: about 0.2 labels a window of a second, so one guess in five or six hits, at every threshold."""
    scores = score_chance(TEST, TRAIN, OFTEN)
    assert 0.13 < scores.map12 < 0.25
    assert scores.counts == {"often": 360}


def test_scores_agree_with_scoring_the_events():
    rates = best_guess_rates(TRAIN, BOTH)
    counts = {label: round(rate * 30) for label, rate in rates.items()}
    singles = [
        score_ball_actions(TEST, chance_spots(TEST, ("often", "rare"), counts, seed), BOTH) for seed in range(30)
    ]
    scores = score_chance(TEST, TRAIN, BOTH, seeds=range(30))
    assert scores.per_class["often"] == pytest.approx(np.mean([s.per_class["often"] for s in singles]), abs=0.01)
    assert scores.per_class["rare"] == pytest.approx(np.mean([s.per_class["rare"] for s in singles]), abs=0.03)


def test_learned_rates_beat_other_rates_on_the_training_videos():
    rates = best_guess_rates(TRAIN, OFTEN, seeds=range(5))
    best = score_chance(TRAIN, TRAIN, OFTEN, seeds=range(5)).per_class["often"]
    for factor in (0.1, 0.3):
        counts = round(factor * rates["often"] * 40)
        others = [
            score_ball_actions(TRAIN, chance_spots(TRAIN, ("often",), counts, seed), OFTEN).map12 for seed in range(5)
        ]
        assert best > np.mean(others)


def test_a_stride_and_rare_classes_are_scored_by_the_same_rule():
    scores = score_chance(TEST, TRAIN, Rule(("often", "GOAL"), stride=2))
    assert 0.12 < scores.per_class["often"] < 0.26
    assert scores.per_class["GOAL"] == 0 and scores.map10 is None and scores.map == scores.per_class["often"]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="no seed"):
        score_chance(TEST, TRAIN, OFTEN, seeds=())
    with pytest.raises(InputError, match="no video"):
        score_chance([], TRAIN, OFTEN)
