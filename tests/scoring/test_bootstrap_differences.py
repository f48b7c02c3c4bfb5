"""Paired differences against the interval of the library, against drawing by hand, and on systems that are equal."""

from dataclasses import replace

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.ball_draws import draw_ball
from course_lib.scoring.bootstrap import bootstrap_frame_interval, bootstrap_interval, bootstrap_volleyball_interval
from course_lib.scoring.differences import holm, paired_differences
from course_lib.scoring.draws import Draws
from course_lib.scoring.frames import frame_map
from course_lib.scoring.ranked_draws import draw_frames, draw_volleyball
from course_lib.scoring.rule import Rule
from tests.scoring.test_bootstrap import BLOCKS, CLASSES, RULE, SPOTS, VIDEOS, match
from tests.scoring.test_bootstrap_frames import rallies

RALLIES = replace(RULE, unit="video")
WORSE = {name: spots[6:] for name, spots in SPOTS.items()}
ALL = {"mAP": (0, 1)}


def test_equals_the_paired_interval():
    first, second = [WORSE, SPOTS], [SPOTS, SPOTS, WORSE]
    other, mine = draw_ball(VIDEOS, [second, first], BLOCKS, repeats=500, seed=3)
    result = paired_differences(mine, other, ALL)["mAP"]
    settings = {"repeats": 500, "seed": 3}
    expected = bootstrap_interval(VIDEOS, second, BLOCKS, other=first, **settings)
    numbers = [(i.value, i.low, i.high) for i in (result.difference, expected)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-12)
    alone = bootstrap_interval(VIDEOS, second, BLOCKS, **settings)
    assert (result.second.low, result.second.high) == pytest.approx((alone.low, alone.high), abs=1e-12)


def test_one_class_equals_its_own_interval():
    mine, other = draw_ball(VIDEOS, [[SPOTS], [WORSE]], BLOCKS, repeats=300)
    for place, label in enumerate(CLASSES):
        result = paired_differences(other, mine, {label: (place,)})[label]
        expected = bootstrap_interval(VIDEOS, SPOTS, BLOCKS.only(label), other=WORSE, repeats=300)
        assert result.difference.value == pytest.approx(expected.value, abs=1e-12)
        assert result.difference.low == pytest.approx(expected.low, abs=1e-12)
        assert result.difference.high == pytest.approx(expected.high, abs=1e-12)


def test_a_class_without_labels_counts_as_in_the_score():
    more = replace(BLOCKS, classes=("a", "b", "z"))
    mine, other = draw_ball(VIDEOS, [[SPOTS], [WORSE]], more, repeats=300)
    result = paired_differences(other, mine, {"mAP": (0, 1, 2), "z": (2,)}, together=True)
    expected = bootstrap_interval(VIDEOS, SPOTS, more, other=WORSE, repeats=300)
    assert result["mAP"].difference.value == pytest.approx(expected.value, abs=1e-12)
    assert result["mAP"].difference.low == pytest.approx(expected.low, abs=1e-12)
    assert np.isnan(result["z"].difference.value) and result["z"].verdict == "not shown" and result["z"].units == 0


def test_frames_equal_scoring_the_drawn_videos():
    """Each draw by hand: the videos it holds, so many copies of each, scored by `frame_map`."""
    mine, other = draw_frames(VIDEOS, [[SPOTS], [WORSE]], RALLIES, tolerances=(2, 4), repeats=20, seed=5)
    generator = np.random.default_rng(5)
    weights = generator.multinomial(3, np.full(3, 1 / 3), size=20)
    for side, spots in ((mine, SPOTS), (other, WORSE)):
        for draw, of_draw in zip(weights, side.drawn[0], strict=True):
            videos, found = [], {}
            for video, times in zip(VIDEOS, draw, strict=True):
                for copy in range(times):
                    name = f"{video.id}#{copy}"
                    videos.append(Video(name, None, video.num_frames, 25.0, 1, 1, video.events))
                    found[name] = spots[video.id]
            scores = frame_map(videos, found, RULE, (2, 4))
            for place, label in enumerate(CLASSES):
                expected = np.mean([scores.per_class[tolerance][label] for tolerance in (2, 4)])
                assert of_draw[place] == pytest.approx(expected, abs=1e-9)
    whole = frame_map(VIDEOS, SPOTS, RULE, (2, 4)).mean
    assert paired_differences(other, mine, ALL)["mAP"].second.value == pytest.approx(whole, abs=1e-12)


def test_frames_equal_their_paired_interval():
    mine, other = draw_frames(VIDEOS, [[SPOTS, WORSE], [WORSE]], RALLIES, repeats=200, seed=2)
    for rule, columns in ((RALLIES, (0, 1)), (RALLIES.only("a"), (0,))):
        result = paired_differences(other, mine, {"it": columns})["it"].difference
        expected = bootstrap_frame_interval(VIDEOS, [SPOTS, WORSE], rule, other=[WORSE], repeats=200, seed=2)
        assert (result.value, result.low, result.high) == pytest.approx(
            (expected.value, expected.low, expected.high), abs=1e-12
        )


def test_games_are_drawn_whole():
    videos = [Video(v.id, None, v.num_frames, 25.0, 1, 1, v.events, game=g) for v, g in zip(VIDEOS, "xxy", strict=True)]
    (side,) = draw_frames(videos, [[SPOTS]], RALLIES, repeats=50)
    assert [side.units_of([place]) for place in (0, 1)] == [3, 3] and side.units_of([0, 1]) == 3
    (side,) = draw_frames(videos, [[SPOTS]], RULE, repeats=50)
    assert [side.units_of([place]) for place in (0, 1)] == [2, 2]
    assert len(np.unique(side.drawn[0, :, 0].round(9))) == 3  # both, twice the one, twice the other


def test_places_stand_beside_times():
    """Volleyball: columns of classes, then of scores that ask where, all of the same draws."""
    videos, good = rallies(9)
    worse, settings = {name: spots[1:] for name, spots in good.items()}, {"repeats": 100, "seed": 4}
    rule = Rule(("a", "b", "c"), stride=1, unit="video")
    in_time = draw_frames(videos, [[good, worse], [worse]], rule, **settings)
    in_place = draw_volleyball(videos, [[good, worse], [worse]], rule, ("msap", "combined"), **settings)
    mine, other = (times.beside(places) for times, places in zip(in_time, in_place, strict=True))
    result = paired_differences(other, mine, {"mTAP": (0, 1, 2), "mSAP": (3,), "combined": (4,)})
    assert result["mTAP"] == paired_differences(in_time[1], in_time[0], {"mTAP": (0, 1, 2)})["mTAP"]
    for name, score in (("mSAP", "msap"), ("combined", "combined")):
        gap = result[name].difference
        expected = bootstrap_volleyball_interval(videos, [good, worse], rule, score=score, other=worse, **settings)
        assert (gap.value, gap.low, gap.high) == pytest.approx((expected.value, expected.low, expected.high), abs=1e-12)
        assert result[name].units == len(videos)


def test_the_same_numbers_as_ever():
    """Worked out once by the three separate bootstraps that this one took the place of."""
    paired = bootstrap_interval(VIDEOS, [SPOTS, WORSE], BLOCKS, other=WORSE, seed=7)
    assert (paired.value, paired.low, paired.high) == pytest.approx((0.08601048362411995, 0, 0.21939999850128375))
    videos, good = rallies(9)
    worse, rule = {name: spots[1:] for name, spots in good.items()}, Rule(("a", "b", "c"), stride=1, unit="game")
    frames = bootstrap_frame_interval(videos, [good, worse], rule, other=worse, seed=7)
    assert (frames.value, frames.low, frames.high) == pytest.approx((0.04474707714323245, 0, 0.10879564038654943))
    place = bootstrap_volleyball_interval(videos, [good, worse], replace(rule, unit="video"), seed=7)
    assert (place.value, place.low, place.high) == pytest.approx(
        (0.21822252398555206, 0.13660656470918264, 0.31396967676958326)
    )
    mine, other = draw_ball(VIDEOS, [[SPOTS, WORSE], [WORSE]], BLOCKS, seed=7)
    classes = paired_differences(other, mine, {"a": (0,), "b": (1,)}, together=True)
    highest = [classes[label].difference.high for label in "ab"]
    assert highest == pytest.approx([0.23442645770651638, 0.26969696969696977])
    assert [classes[label].p for label in "ab"] == pytest.approx([0.5037481259370314, 0.5567216391804098])


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]).tolist() == []


def made_up(drawn, units=30, value=0.5):
    """A side with one run, two classes, and these draws (R, 2)."""
    drawn = np.asarray(drawn, float)[None]
    return Draws(np.full((1, 2), value), drawn, np.ones((units, 2), bool), True)


def test_probabilities_by_hand():
    """Of 99 draws one (class 0) or none (class 1) are not above 0: p is 2 * 2 / 100 and 2 * 1 / 100."""
    gains = np.full((99, 2), 0.1)
    gains[0, 0] = -0.1
    first, second = made_up(np.full((99, 2), 0.5)), made_up(0.5 + gains, value=0.6)
    groups = {"0": (0,), "1": (1,)}
    alone, both = (paired_differences(first, second, groups, together=flag) for flag in (False, True))
    assert [alone[name].p for name in groups] == pytest.approx([0.04, 0.02])
    assert [alone[name].adjusted_p for name in groups] == pytest.approx([0.04, 0.02])
    assert [both[name].adjusted_p for name in groups] == pytest.approx([0.04, 0.04])
    assert both["0"].verdict == "shown"
    # Four units: no sign test over them is rarer than one in eight. Six: one in 32, which two comparisons spoil.
    few = paired_differences(made_up(np.full((99, 2), 0.5), 4), made_up(0.5 + gains, 4), groups)
    assert few["1"].p == 1 / 8 and few["1"].verdict == "not shown"
    some = paired_differences(made_up(np.full((99, 2), 0.5), 6), made_up(0.5 + gains, 6), groups, together=True)
    assert some["1"].p == 1 / 32 and some["1"].adjusted_p == 1 / 16 and some["1"].verdict == "alone"
    same = paired_differences(first, first, groups)["0"]
    assert (same.p, same.verdict, same.difference.value) == (1.0, "not shown", 0.0)


def verdicts(skills, trials=60):
    """How often a difference of two spotters that find these shares of the labels of 12 matches is shown."""
    shown = 0
    for trial in range(trials):
        sides, videos = ([{}], [{}]), []
        for number in range(12):
            video, _ = match(f"m{number}", 1000 * trial + number, 0.5, minutes=1)
            videos.append(video)
            for place, side in enumerate(sides):
                generator = np.random.default_rng((trial, number, place))
                side[0][video.id] = [
                    Event(event.label, event.frame, float(generator.random()))
                    for event in video.events
                    if generator.random() < skills[place]
                ]
        first, second = draw_ball(videos, sides, RULE, repeats=200)
        shown += paired_differences(first, second, ALL)["mAP"].verdict == "shown"
    return shown


def test_equal_systems_are_seldom_called_different_and_others_are():
    assert verdicts((0.5, 0.5)) <= 8  # 95 % intervals should err about 3 times in 60
    assert verdicts((0.5, 0.7)) >= 50


def test_too_few_units():
    with pytest.raises(InputError, match="1 game"):
        draw_ball(VIDEOS[:1], [[{"m0": []}]], RULE)
    with pytest.raises(InputError, match="1 game"):
        draw_frames(VIDEOS[:1], [[{"m0": []}]], RULE)
