"""The guesser of volleyball: what it learns, what it guesses, and that only luck helps it."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.chance import (
    SPACINGS_STEPS,
    best_spacings,
    mean_places,
    score_volleyball_chance,
    volleyball_guesses,
)
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import score_volleyball

PLACES = {"often": (0.3, 0.6), "rare": (0.7, 0.4)}


def rallies(seed, count, spread=0.0, every=30.0):
    """ "often" about every `every` frames, "rare" once in two rallies, around a place each."""
    generator = np.random.default_rng(seed)
    videos = []
    for index in range(count):
        length = int(generator.integers(150, 350))
        labels = ["often"] * round(length / every) + ["rare"] * (index % 2)
        events = [
            Event(label, int(frame), None, tuple(np.clip(generator.normal(PLACES[label], spread), 0, 1)))
            for label, frame in zip(labels, generator.choice(length, len(labels), replace=False), strict=True)
        ]
        events.sort(key=lambda event: event.frame)
        videos.append(Video(f"{seed}/{index}", None, length, 25.0, 398, 224, tuple(events)))
    return videos


TRAIN, TEST = rallies(1, 60), rallies(2, 40)
CLASSES = ("often", "rare")
RULE = Rule(CLASSES, stride=1)


def test_guesses_are_evenly_spaced_and_survive_the_protocol():
    spots = volleyball_guesses(TEST, RULE, {"often": 4, "rare": 60}, PLACES, seed=3)
    assert list(spots) == [video.id for video in TEST]
    starts = []
    for video in TEST:
        for label, spacing in (("often", 4), ("rare", 60)):
            frames = [event.frame for event in spots[video.id] if event.label == label]
            assert set(np.diff(frames)) <= {spacing}
            assert 0 <= frames[0] < spacing and video.num_frames - spacing <= frames[-1] < video.num_frames
            starts.append(frames[0])
        assert {event.xy for event in spots[video.id]} == set(PLACES.values())
    assert len(set(starts)) > 20  # each rally and class has its own start
    scores = [event.score for events in spots.values() for event in events]
    assert 0.25 <= min(scores) < 0.26 and 0.99 < max(scores) < 1
    assert volleyball_guesses(TEST, RULE, {"often": 4}, {}, 3) == volleyball_guesses(TEST, RULE, {"often": 4}, {}, 3)
    assert volleyball_guesses(TEST, RULE, {"often": 4}, {}, 3) != volleyball_guesses(TEST, RULE, {"often": 4}, {}, 4)
    strided = volleyball_guesses(TEST, replace(RULE, stride=2), {"often": 5}, {}, 0)
    assert set(np.diff([event.frame for event in strided[TEST[0].id]])) == {10}


def test_places_are_means_of_the_labels_that_have_one():
    events = (Event("a", 1, None, (0.2, 0.4)), Event("a", 5, None, (0.4, 0.8)), Event("a", 7), Event("b", 9))
    assert mean_places([Video("v", None, 10, 25.0, 1, 1, events)]) == {"a": pytest.approx((0.3, 0.6))}


def test_a_common_class_scores_about_its_share_of_windows():
    """One label in 30 frames, windows of 1, 3, 5 and 9 frames: 0.033, 0.1, 0.17 and 0.3, as dense as may be."""
    scores = score_volleyball_chance(TEST, TRAIN, RULE.only("often"))
    assert scores.temporal["0"] == pytest.approx(1 / 30, abs=0.03)
    assert scores.temporal["1"] == pytest.approx(3 / 30, abs=0.05)
    assert 0.1 < scores.temporal["4"] < 0.35
    # Every label lies exactly where the guesser points: space costs nothing.
    assert scores.msap == pytest.approx(scores.mtap, abs=1e-9) and scores.clean_msap == pytest.approx(scores.mtap)


def test_where_places_spread_pointing_at_their_mean_seldom_helps():
    scores = score_volleyball_chance(rallies(4, 40, 0.2), rallies(3, 60, 0.2), RULE)
    assert scores.msap < 0.2 * scores.mtap and scores.combined < 0.03


def test_scores_are_means_over_seeds():
    spacings, places = best_spacings(TRAIN, RULE), mean_places(TRAIN)
    singles = [
        score_volleyball(TEST, volleyball_guesses(TEST, RULE, spacings, places, seed), RULE) for seed in (0, 1, 2)
    ]
    scores = score_volleyball_chance(TEST, TRAIN, RULE, seeds=(0, 1, 2))
    for name in ("mtap", "msap", "combined", "clean_msap", "clean_combined"):
        assert getattr(scores, name) == pytest.approx(np.mean([getattr(one, name) for one in singles]))
    assert scores.spatial["2"]["4"] == pytest.approx(np.mean([one.spatial["2"]["4"] for one in singles]))
    assert scores.counts == singles[0].counts and all(isinstance(count, int) for count in scores.counts.values())
    assert json.loads(json.dumps(asdict(scores))) == asdict(scores)


@pytest.mark.parametrize("stride", [1, 2])
def test_learned_spacings_beat_the_others_on_the_training_videos(stride):
    rule = replace(RULE, stride=stride)
    spacings = best_spacings(TRAIN, rule, seeds=range(6))

    def quality(label, spacing):
        guesses = [volleyball_guesses(TRAIN, rule, {label: spacing}, {}, seed) for seed in range(10, 16)]
        return np.mean([score_volleyball(TRAIN, one, rule).per_class[label] for one in guesses])

    for label in CLASSES:
        assert spacings[label] in SPACINGS_STEPS
    best = quality("often", spacings["often"])
    for other in (28, 60, 240):
        assert best > quality("often", other)
    assert spacings["often"] < 28


def test_a_class_nobody_saw_is_not_guessed():
    assert set(best_spacings(TRAIN, Rule((*CLASSES, "never"), stride=1))) == set(CLASSES)
    only_often = [Video("t", None, 200, 25.0, 398, 224, (Event("often", 50),))]
    assert score_volleyball_chance(TEST, only_often, RULE).per_class["rare"] == 0


def test_bad_input_is_named():
    with pytest.raises(InputError, match="no seed"):
        score_volleyball_chance(TEST, TRAIN, RULE, seeds=())
    with pytest.raises(InputError, match="no label of the classes never in the training videos"):
        score_volleyball_chance(TEST, TRAIN, Rule(("never",), stride=1))
    with pytest.raises(InputError, match="in the training videos"):
        score_volleyball_chance(TEST, [], RULE)
