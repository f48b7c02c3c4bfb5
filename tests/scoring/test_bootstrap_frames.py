"""Draws of rallies and matches: whole weights equal repeated videos, and intervals do what their words say."""

from dataclasses import replace

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.average_precision import RankedHits, ranked_average_precision
from course_lib.scoring.bootstrap import bootstrap_frame_interval, bootstrap_volleyball_interval
from course_lib.scoring.frames import frame_hits, frame_map
from course_lib.scoring.ranked_draws import VOLLEYBALL_SCORES
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import score_volleyball, volleyball_hits, volleyball_spots

CLASSES = ("a", "b", "c")
RULE = Rule(CLASSES, stride=1, unit="video")


def rallies(seed, count=10, share_found=0.7, per_match=3):
    """Rallies with labels, and spots for most of them, all scores different."""
    generator = np.random.default_rng(seed)
    videos, spots = [], {}
    for index in range(count):
        frames = np.sort(generator.choice(np.arange(0, 300, 5), 6, replace=False))
        labels = [
            Event(str(generator.choice(CLASSES[: 1 + index % 3])), int(frame), None, tuple(generator.random(2)))
            for frame in frames
        ]
        found = []
        for label in labels:
            if generator.random() < share_found:
                frame, xy = max(label.frame + int(generator.integers(-2, 3)), 0), generator.normal(label.xy, 3 / 224)
                found.append(Event(label.label, frame, float(generator.uniform(0.3, 1)), tuple(np.clip(xy, 0, 1))))
        for frame in generator.integers(0, 300, 4):
            found.append(Event(str(generator.choice(CLASSES)), int(frame), float(generator.uniform(0.1, 0.9)), (0, 0)))
        name = f"match {index // per_match}/rally_{index}"
        videos.append(Video(name, None, 300, 25.0, 398, 224, tuple(labels), game=name.split("/")[0]))
        spots[name] = found
    return videos, spots


def repeat(videos, spots, weights):
    """Every video as often as its weight says, copies side by side."""
    copies = [
        (replace(video, id=f"{video.id} copy {copy}"), spots[video.id])
        for video, weight in zip(videos, weights, strict=True)
        for copy in range(weight)
    ]
    return [video for video, _ in copies], {video.id: events for video, events in copies}


@pytest.mark.parametrize("seed", range(6))
def test_whole_weights_equal_repeated_videos(seed):
    videos, spots = rallies(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(videos))
    copied, copied_spots = repeat(videos, spots, weights)
    expected = frame_map(copied, copied_spots, RULE)
    assert 0.1 < expected.mean < 0.9
    for label, hits in frame_hits(videos, spots, RULE).items():
        (drawn,) = hits.drawn_average_precision(weights[None].astype(float))
        wanted = [row.get(label, float("nan")) for row in expected.per_class.values()]
        assert drawn.tolist() == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    hits = volleyball_hits(videos, volleyball_spots(spots, RULE), RULE)
    expected = score_volleyball(copied, copied_spots, RULE)
    (drawn,) = hits.spatial.drawn_average_precision(weights[None].astype(float))
    assert drawn.tolist() == pytest.approx([v for row in expected.spatial.values() for v in row.values()], abs=1e-12)
    for label, value in expected.clean_per_class.items():
        (drawn,) = hits.clean[label].drawn_average_precision(weights[None].astype(float))
        assert drawn.mean() == pytest.approx(value, abs=1e-12)


def test_many_draws_equal_single_ones():
    """More draws than are scored at a time, some of them empty of labels."""
    generator = np.random.default_rng(0)
    video, hit = generator.integers(0, 5, 40), generator.random((3, 40)) < 0.4
    ranked = RankedHits(video, hit, np.array([4, 8, 0, 3, 9]))
    weights = generator.integers(0, 3, (250, 5)).astype(float)
    weights[7] = [0, 0, 2, 0, 0]
    together = ranked.drawn_average_precision(weights)
    assert np.isnan(together[7]).all() and np.isnan(together).sum() == 3 * (weights[:, [0, 1, 3, 4]].sum(1) == 0).sum()
    for row, weight in zip(together, weights, strict=True):
        np.testing.assert_allclose(row, ranked.drawn_average_precision(weight[None])[0], atol=1e-12)
    ones = ranked.drawn_average_precision(np.ones((1, 5)))[0]
    np.testing.assert_allclose(ones, [ranked_average_precision(row, 24) for row in hit], atol=1e-12)
    np.testing.assert_allclose(ones, ranked.average_precision(), atol=1e-12)
    assert RankedHits(video, np.zeros((1, 40), bool), ranked.labels).drawn_average_precision(weights[:1]) == 0


@pytest.mark.parametrize("unit", ["video", "game"])
def test_interval_equals_scoring_every_draw_by_hand(unit):
    videos, spots = rallies(1)
    interval = bootstrap_frame_interval(videos, spots, replace(RULE, unit=unit), repeats=60, seed=5)
    units = [video.id if unit == "video" else video.game for video in videos]
    names = list(dict.fromkeys(units))
    counts = np.random.default_rng(5).multinomial(len(names), [1 / len(names)] * len(names), size=60)
    values = []
    for count in counts:
        copied = repeat(videos, spots, [count[names.index(name)] for name in units])
        per_class = frame_map(*copied, RULE).per_class
        values.append(np.mean([list(row.values()) for row in per_class.values()]))
    reach = 1.959963985 * np.std(values, ddof=1)
    assert (interval.value - interval.low, interval.high - interval.value) == pytest.approx((reach, reach), abs=1e-9)
    assert interval.value == pytest.approx(frame_map(videos, spots, RULE).mean, abs=1e-12)
    assert interval.low < interval.value < interval.high and interval.level == 0.95


@pytest.mark.parametrize("score", VOLLEYBALL_SCORES)
def test_volleyball_scores_and_their_draws(score):
    videos, spots = rallies(2)
    interval = bootstrap_volleyball_interval(videos, spots, RULE, score=score, repeats=40, seed=3, level=0.8)
    assert interval.value == pytest.approx(getattr(score_volleyball(videos, spots, RULE), score), abs=1e-12)
    counts = np.random.default_rng(3).multinomial(len(videos), [1 / len(videos)] * len(videos), size=40)
    values = [getattr(score_volleyball(*repeat(videos, spots, count), RULE), score) for count in counts]
    reach = 1.281551566 * np.std(values, ddof=1)
    ends = max(interval.value - reach, 0), min(interval.value + reach, 1)
    assert (interval.low, interval.high) == pytest.approx(ends, abs=1e-9)


def test_a_stride_is_that_of_the_score():
    videos, spots = rallies(4)
    strided = replace(RULE, stride=2)
    interval = bootstrap_frame_interval(videos, spots, strided, repeats=10)
    assert interval.value == pytest.approx(frame_map(videos, spots, strided).mean)
    volleyball = bootstrap_volleyball_interval(videos, spots, strided, repeats=10)
    assert volleyball.value == pytest.approx(score_volleyball(videos, spots, strided).combined)
    assert interval.value != pytest.approx(frame_map(videos, spots, RULE).mean)


def test_one_class_and_the_draws_that_lack_it():
    """c is in every third rally only: draws without it are left out."""
    videos, spots = rallies(3, count=6)
    interval = bootstrap_frame_interval(videos, spots, RULE.only("c"), repeats=300)
    per_class = frame_map(videos, spots, RULE).per_class
    assert interval.value == pytest.approx(np.mean([row["c"] for row in per_class.values()]))
    assert 0 <= interval.low <= interval.high <= 1
    # Tolerances of one's own.
    one = bootstrap_frame_interval(videos, spots, RULE.only("c"), tolerances=(4,), repeats=10)
    assert one.value == pytest.approx(per_class[4]["c"])


def test_a_run_does_not_differ_from_itself_and_pairing_narrows():
    videos, better = rallies(5, count=30)
    same = bootstrap_frame_interval(videos, better, RULE, other=better)
    assert (same.value, same.low, same.high) == (0, 0, 0) and not same.differs_from_zero
    # The other run misses every label of a quarter of the rallies.
    worse = {name: [] if index % 4 == 0 else events for index, (name, events) in enumerate(better.items())}
    paired = bootstrap_frame_interval(videos, better, RULE, other=worse)
    alone = [bootstrap_frame_interval(videos, one, RULE) for one in (better, worse)]
    assert paired.value == pytest.approx(alone[0].value - alone[1].value)
    assert paired.differs_from_zero
    assert paired.high - paired.low < sum(one.high - one.low for one in alone)
    volleyball = bootstrap_volleyball_interval(videos, better, RULE, other=worse, repeats=200)
    assert volleyball.differs_from_zero and volleyball.value > 0


def test_seeds_count_in_a_difference():
    """Two seeds, one good and one that found nothing: the score of the pair is steady, what a method scores is not."""
    videos, good = rallies(6, count=30)
    nothing = {name: [] for name in good}
    both, single = (bootstrap_frame_interval(videos, of, RULE) for of in ([good, nothing], good))
    assert both.value == pytest.approx(single.value / 2)
    assert both.high - both.low == pytest.approx((single.high - single.low) / 2)
    assert bootstrap_frame_interval(videos, good, RULE, other=nothing).differs_from_zero
    gap = bootstrap_frame_interval(videos, [good, nothing], RULE, other=nothing)
    assert gap.value > 0.1 and (gap.low, gap.high) == (-1, 1)  # 12.7 standard errors, and no more than there can be


def test_matches_alike_inside_give_a_wider_interval():
    """All or nothing found by match: rallies pretend to be ten samples where there are five."""
    videos, spots = rallies(7, count=30, per_match=6, share_found=1.0)
    lucky = {video.id: spots[video.id] if int(video.game[-1]) % 2 else [] for video in videos}
    by_rally = bootstrap_frame_interval(videos, lucky, RULE)
    by_match = bootstrap_frame_interval(videos, lucky, replace(RULE, unit="game"))
    assert by_match.high - by_match.low > 1.5 * (by_rally.high - by_rally.low)


def test_bad_input_is_named():
    videos, spots = rallies(8, count=3)
    for message, rule in (
        ("1 game: an interval needs two", replace(RULE, unit="game")),
        ("unit 'block': expected 'video' or 'game'", replace(RULE, unit="block")),
        ("no label to score in these 3 videos", Rule(("z",), stride=1, unit="video")),
    ):
        with pytest.raises(InputError, match=message):
            bootstrap_frame_interval(videos, spots, rule)
    with pytest.raises(InputError, match="no run to score"):
        bootstrap_frame_interval(videos, spots, RULE, other=[])
    with pytest.raises(InputError, match="score 'map': expected one of mtap"):
        bootstrap_volleyball_interval(videos, spots, RULE, score="map")
    with pytest.raises(InputError, match="is only in the labels"):
        bootstrap_frame_interval(videos, {}, RULE)
