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
from course_lib.scoring.student_t import both_tails, t_quantile
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
    result = paired_differences(other, mine, {"mAP": (0, 1), "all": (0, 1, 2), "z": (2,)}, together=True)
    expected = bootstrap_interval(VIDEOS, SPOTS, more, other=WORSE, repeats=300)
    assert result["mAP"].difference.value == pytest.approx(expected.value, abs=1e-12)
    assert result["mAP"].difference.low == pytest.approx(expected.low, abs=1e-12)
    assert result["all"].difference.value == pytest.approx(2 / 3 * expected.value, abs=1e-12)  # SoccerNet's rule
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
    """Value and percentiles of the draws, worked out once by the three bootstraps that this one took the place of."""

    def summary(sides, columns):
        (value, drawn), *subtracted = (side.mean(columns) for side in sides)
        for less, of_draws in subtracted:
            value, drawn = value - less, drawn - of_draws
        return value, *np.quantile(drawn, [0.025, 0.975])

    paired = draw_ball(VIDEOS, [[SPOTS], [WORSE]], BLOCKS, repeats=1000, seed=7)
    assert summary(paired, (0, 1)) == pytest.approx((0.1720209672482399, 0.05275982157457364, 0.26425153350367375))
    videos, good = rallies(9)
    worse, rule = {name: spots[1:] for name, spots in good.items()}, Rule(("a", "b", "c"), stride=1, unit="game")
    frames = draw_frames(videos, [[good], [worse]], rule, repeats=1000, seed=7)
    expected = 0.0894941542864649, 0.02914454048907833, 0.11724780189853723
    assert summary(frames, (0, 1, 2)) == pytest.approx(expected)
    place = draw_volleyball(videos, [[good]], replace(rule, unit="video"), ("combined",), repeats=1000, seed=7)
    assert summary(place, (0,)) == pytest.approx((0.25260028441194643, 0.1920363494594446, 0.33201075073540937))


def test_student_and_satterthwaite_by_hand():
    """Draws of a standard deviation of 2, three trainings (1, 3, 5) against two (10, 12), 9 stretches with labels."""
    spread = np.array([-1.0, 1.0] * 500) * 2 * (999 / 1000) ** 0.5  # in points, as all here; the library has fractions
    first = Draws(np.array([[0.01], [0.03], [0.05]]), np.full((3, 1000, 1), 0.03), np.ones((9, 1), bool), True)
    second = Draws(np.array([[0.10], [0.12]]), np.full((2, 1000, 1), 0.11), np.ones((9, 1), bool), True)
    second.drawn[...] += spread[:, None] / 100
    result = paired_differences(first, second, {"it": (0,)})["it"]
    minutes, of_first, of_second = 4.0, 4.0 / 3, 2.0 / 2  # variances of the difference
    total = minutes + of_first + of_second
    freedom = total**2 / (minutes**2 / 8 + of_first**2 / 2 + of_second**2 / 1)
    reach = t_quantile(0.95, freedom) * total**0.5
    gap = result.difference
    assert (100 * gap.value, 100 * gap.low, 100 * gap.high) == pytest.approx((8, 8 - reach, 8 + reach))
    assert freedom == pytest.approx(10.3, abs=0.1) and reach == pytest.approx(5.59, abs=0.02)
    assert result.p == pytest.approx(both_tails(8 / total**0.5, freedom)) and result.verdict == "shown"
    # The score of one system is a matter of minutes alone, whatever its trainings scored.
    assert (100 * result.second.low, 100 * result.second.high) == pytest.approx((11 - 3.92, 11 + 3.92), abs=1e-3)
    # One training a side: only minutes are left, known from nine.
    alone = [replace(side, value=side.value[:1], drawn=side.drawn[:1]) for side in (first, second)]
    gap = paired_differences(*alone, {"it": (0,)})["it"].difference
    assert 100 * (gap.high - gap.value) == pytest.approx(2 * 2.306004, abs=1e-4)  # t with 8 degrees of freedom


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]).tolist() == []


def made_up(drawn, units=30, value=0.5):
    """A side with one run, two classes, and these draws (R, 2)."""
    drawn = np.asarray(drawn, float)[None]
    return Draws(np.full((1, 2), value), drawn, np.ones((units, 2), bool), True)


def test_probabilities_by_hand():
    """Both are 0.1 better; the draws of class 0 spread by 0.04, those of class 1 not at all."""
    gains = np.full((1000, 2), 0.1)
    gains[:, 0] += np.array([-1, 1] * 500) * 0.04 * (999 / 1000) ** 0.5
    first, second = made_up(np.full((1000, 2), 0.5)), made_up(0.5 + gains, value=0.6)
    groups = {"0": (0,), "1": (1,)}
    alone, both = (paired_differences(first, second, groups, together=flag) for flag in (False, True))
    expected = both_tails(2.5, 29)
    assert alone["0"].p == alone["0"].adjusted_p == both["0"].adjusted_p == pytest.approx(expected)
    assert 0.018 < expected < 0.019 and both["0"].verdict == "shown"
    assert alone["1"].p == 2**-29 and both["1"].adjusted_p == 2**-28  # what a sign test over 30 units can give
    # Four units: no sign test over them is rarer than one in eight. Six: one in 32, which two comparisons spoil.
    few = paired_differences(made_up(np.full((1000, 2), 0.5), 4), made_up(0.5 + gains, 4, 0.6), groups)
    assert few["1"].p == 1 / 8 and few["1"].verdict == "not shown"
    six = made_up(np.full((1000, 2), 0.5), 6), made_up(0.5 + gains, 6, 0.6)
    some = paired_differences(*six, groups, together=True)
    assert some["1"].p == 1 / 32 and some["1"].adjusted_p == 1 / 16 and some["1"].verdict == "alone"
    assert few["0"].difference.high - 0.1 == pytest.approx(0.04 * t_quantile(0.95, 3), rel=1e-6)
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
