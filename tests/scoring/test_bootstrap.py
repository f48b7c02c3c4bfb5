"""Bootstrap intervals against scoring every draw the long way."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from course_lib.data.events import BALL_2, Event, Video
from course_lib.files import InputError
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.bootstrap import bootstrap_interval
from course_lib.scoring.intervals import Interval
from course_lib.scoring.rule import Rule


def match(game, seed, hit_share, minutes=4):
    """A match, and spots that find a share of its labels."""
    generator = np.random.default_rng(seed)
    num_frames = minutes * 1500
    frames = np.sort(generator.choice(num_frames // 50, 30, replace=False)) * 50
    events = [Event(str(generator.choice(["a", "b"])), int(frame)) for frame in frames]
    spots = [
        Event(event.label, event.frame + int(generator.integers(-8, 9)), float(generator.random()))
        for event in events
        if generator.random() < hit_share
    ]
    spots += [Event("a", int(frame), float(generator.random() * 0.7)) for frame in generator.integers(0, num_frames, 9)]
    return Video(game, None, num_frames, 25.0, 1, 1, tuple(events)), spots


MATCHES = [match(f"m{index}", index, share) for index, share in enumerate((0.9, 0.3, 0.6))]
VIDEOS = [video for video, _ in MATCHES]
SPOTS = {video.id: spots for video, spots in MATCHES}
CLASSES = ("a", "b")
RULE = Rule(CLASSES, stride=1)
BLOCKS = replace(RULE, unit="block", block_sec=30)


def drawn_scores():
    """mAP of all 27 ordered draws of three matches, each scored from copies of the videos."""
    scores = []
    for draw in product(range(3), repeat=3):
        videos, spots = [], {}
        for copy, index in enumerate(draw):
            video, found = MATCHES[index]
            name = f"{video.id}#{copy}"
            videos.append(Video(name, None, video.num_frames, 25.0, 1, 1, video.events))
            spots[name] = found
        scores.append(score_ball_actions(videos, spots, RULE).map12)
    return np.array(scores)


def test_equals_scoring_every_draw():
    expected = drawn_scores()
    interval = bootstrap_interval(VIDEOS, SPOTS, RULE, repeats=4000)
    assert interval.value == pytest.approx(score_ball_actions(VIDEOS, SPOTS, RULE).map12, abs=1e-12)
    # Four thousand draws of the 27 equally likely ones: their spread is known to about one in a hundred.
    assert interval.high - interval.value == pytest.approx(1.96 * expected.std(), rel=0.03)
    assert interval.value - interval.low == pytest.approx(interval.high - interval.value, abs=1e-12)
    middle = bootstrap_interval(VIDEOS, SPOTS, RULE, repeats=4000, level=0.5)
    assert (middle.high - middle.low) / (interval.high - interval.low) == pytest.approx(0.6745 / 1.96, rel=1e-4)


def test_is_repeatable_and_depends_on_the_seed():
    first, again, other = (
        bootstrap_interval(VIDEOS, SPOTS, replace(RULE.only("a"), unit="block", block_sec=20), seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_paired_differences():
    same = bootstrap_interval(VIDEOS, SPOTS, RULE, other=SPOTS)
    assert (same.value, same.low, same.high) == (0, 0, 0) and not same.differs_from_zero
    # A run that finds less in every match is worse in every draw, though matches differ far more than the runs do.
    worse = {name: spots[6:] for name, spots in SPOTS.items()}  # the hits are listed first
    single = bootstrap_interval(VIDEOS, SPOTS, RULE)
    paired = bootstrap_interval(VIDEOS, SPOTS, RULE, other=worse)
    assert paired.differs_from_zero and paired.low > 0
    assert paired.high - paired.low < single.high - single.low
    turned = bootstrap_interval(VIDEOS, worse, RULE, other=SPOTS)
    assert turned.value == -paired.value and turned.differs_from_zero


def test_of_several_seeds_the_mean_is_meant():
    """Half of what one finds, half as far: how the seeds differ is no matter of other play."""
    poor = {name: [] for name in SPOTS}
    alone = bootstrap_interval(VIDEOS, SPOTS, RULE)
    both = bootstrap_interval(VIDEOS, [SPOTS, poor], RULE)
    assert both.value == pytest.approx(alone.value / 2)
    assert both.high - both.low == pytest.approx((alone.high - alone.low) / 2)


def test_blocks_cover_everything_once():
    whole = bootstrap_interval(VIDEOS, SPOTS, RULE)
    blocks = bootstrap_interval(VIDEOS, SPOTS, BLOCKS)
    one_match = bootstrap_interval(VIDEOS[:1], SPOTS, BLOCKS)
    assert blocks.value == pytest.approx(whole.value, abs=1e-12)
    assert one_match.low < one_match.value < one_match.high


def test_blocks_equal_videos_cut_there():
    """A match of 130 s in stretches of 30 s: four, the last of 40 s."""
    cuts, generator = [0, 750, 1500, 2250, 3250], np.random.default_rng(5)
    parts, spots = [], {}
    for place, (start, stop) in enumerate(zip(cuts, cuts[1:], strict=False)):
        frames = np.arange(30, stop - start - 30, 60).tolist()
        parts.append(Video(f"p{place}", None, stop - start, 25.0, 1, 1, tuple(Event("a", frame) for frame in frames)))
        spots[f"p{place}"] = [
            Event("a", frame, float(generator.random())) for frame in frames if generator.random() < 0.6
        ]

    def joined(lists):
        return tuple(
            Event("a", event.frame + start, event.score)
            for start, events in zip(cuts, lists, strict=False)
            for event in events
        )

    whole = Video("w", None, 3250, 25.0, 1, 1, joined(part.events for part in parts))
    expected = bootstrap_interval(parts, spots, RULE.only("a"))
    assert expected.low < expected.high
    assert bootstrap_interval([whole], {"w": joined(spots.values())}, BLOCKS.only("a")) == expected


def test_a_spot_goes_with_its_label_into_a_block():
    video = Video("v", None, 1500, 25.0, 1, 1, (Event("a", 748), Event("a", 1200)))
    spots = {"v": [Event("a", 752, 0.9), Event("a", 1200, 0.9)]}
    interval = bootstrap_interval([video], spots, BLOCKS.only("a"))
    assert interval.low == interval.high == 1


def test_halves_of_a_game_are_drawn_together():
    halves = [
        Video(f"{video.id}/{half}", None, video.num_frames, 25.0, 1, 1, video.events, half=half, game=video.id)
        for video in VIDEOS[:2]
        for half in (1, 2)
    ]
    spots = {half.id: SPOTS[half.game] for half in halves}
    pairs = bootstrap_interval(halves, spots, RULE, repeats=300)
    games = bootstrap_interval(VIDEOS[:2], SPOTS, RULE, repeats=300)
    assert (pairs.value, pairs.low, pairs.high) == pytest.approx((games.value, games.low, games.high), abs=1e-12)


def test_a_class_missing_from_a_draw_is_left_out_of_it():
    rare = Video("r", None, 1500, 25.0, 1, 1, (Event("a", 100), Event("rare", 500)))
    plain = Video("p", None, 1500, 25.0, 1, 1, (Event("a", 100),))
    spots = {"r": [Event("a", 100, 0.9), Event("rare", 500, 0.9)], "p": [Event("a", 100, 0.9)]}
    # Of an official list a class that has no label at all counts, of one's own it does not.
    for classes, expected in ((("a", "rare", "never"), 1.0), (BALL_2, 1 / 2)):
        named = dict(zip(("a", "rare"), classes if len(classes) > 2 else (classes[0], "other"), strict=False))
        videos = [replace(v, events=tuple(replace(e, label=named[e.label]) for e in v.events)) for v in (rare, plain)]
        found = {name: [replace(e, label=named[e.label]) for e in of_video] for name, of_video in spots.items()}
        interval = bootstrap_interval(videos, found, Rule(classes, stride=1))
        assert (interval.low, interval.value, interval.high) == pytest.approx((expected,) * 3, abs=1e-12)


def test_one_game_is_not_enough():
    with pytest.raises(InputError, match="1 game: an interval needs two or more"):
        bootstrap_interval(VIDEOS[:1], SPOTS, RULE.only("a"))


def test_shown_in_percent():
    assert str(Interval(0.5, 0.25, 0.75, 0.95)) == "50.0 [25.0, 75.0]"
