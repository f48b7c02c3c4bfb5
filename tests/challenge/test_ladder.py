"""The Ladder, the fit to the public half, and what coin flips gain: against plain versions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pretended_submissions import played

from course_lib.challenge.coin_throws import coin_flips
from course_lib.challenge.ladder import SMALLEST_STEP, climbs, ladder_step
from course_lib.challenge.pretend import pretend_spots, resolution
from course_lib.challenge.scores import Scored, keep_draws, kept_draws, score_runs
from course_lib.challenge.sealed import Challenge
from course_lib.challenge.standings import _fitted
from course_lib.data.events import BALL_12


def scored(value, drawn):
    return Scored({"means": {"mAP-12": value}}, np.asarray(drawn, float))


def test_the_step_is_the_standard_deviation_of_the_difference():
    random = np.random.default_rng(0)
    shared = random.normal(0, 0.1, 2000)
    shown = scored(0.5, 0.5 + shared + random.normal(0, 0.01, 2000))
    tried = scored(0.51, 0.51 + shared + random.normal(0, 0.01, 2000))
    step = ladder_step(shown, tried)
    assert step == pytest.approx(np.std(tried.drawn - shown.drawn, ddof=1)) == pytest.approx(0.01414, rel=0.05)
    assert not climbs(shown, tried)  # 0.010 is less than the step
    assert climbs(shown, replace(tried, numbers={"means": {"mAP-12": 0.5 + 1.01 * step}}))
    assert not climbs(shown, replace(tried, numbers={"means": {"mAP-12": 0.4}}))
    assert climbs(None, scored(0.0, [np.nan] * 5))


def test_the_step_is_a_tenth_of_a_point_at_least():
    same = [0.5] * 10
    assert ladder_step(scored(0.5, same), scored(0.5, same)) == SMALLEST_STEP == 0.001
    assert not climbs(scored(0.5, same), scored(0.5009, same)) and climbs(scored(0.5, same), scored(0.5011, same))
    assert ladder_step(scored(0.5, [np.nan, 0.4, 0.6]), scored(0.5, [np.nan, 0.5, 0.5])) == pytest.approx(0.2 / 2**0.5)


def test_what_fitting_bought_is_what_is_lost_beyond_the_median():
    random = np.random.default_rng(1)
    lost = {"a": 0.05, "b": 0.04, "c": 0.20, "d": 0.06, "e": 0.05}
    noise = {half: random.normal(0, 0.02, 3000) for half in ("public", "private")}  # hard minutes are hard for all

    def draws(value, half):
        return scored(value, value + noise[half] + random.normal(0, 0.01, 3000))

    public = {team: draws(0.7, "public") for team in lost}
    private = {team: draws(0.7 - gap, "private") for team, gap in lost.items()}
    found = _fitted(public, private)
    assert {team: round(one.value, 3) for team, one in found.items()} == {
        "a": 0.0, "b": -0.01, "c": 0.15, "d": 0.01, "e": 0.0,
    }  # fmt: skip
    assert [team for team, one in found.items() if one.low > 0] == ["c"]
    assert 0.02 < (found["c"].high - found["c"].low) / 2 < 0.05  # what all share counts for none
    assert _fitted({"a": public["a"], "b": public["b"]}, private) == {}


@pytest.fixture(scope="module")
def challenge():
    videos = tuple(played(4, 2.0))
    public = tuple(video.game for video in videos[:2])
    return Challenge(Path(), {}, "ball", BALL_12, videos, public, {})


def test_several_runs_count_by_their_mean_and_halves_have_draws_of_their_own(challenge, tmp_path):
    runs = pretend_spots(challenge.videos, BALL_12, [0.0, 0.5], np.random.default_rng(0))
    both, first, second = (score_runs(challenge, "public", some, draws=50) for some in (runs, runs[:1], runs[1:]))
    assert both.value == pytest.approx((first.value + second.value) / 2)
    assert both.drawn == pytest.approx((first.drawn + second.drawn) / 2)
    same_videos = replace(challenge, public=tuple(video.game for video in challenge.videos[2:]))
    assert score_runs(same_videos, "private", runs[:1], draws=50).value == first.value
    assert not np.allclose(score_runs(same_videos, "private", runs[:1], draws=50).drawn, first.drawn)
    kept = score_runs(challenge, "public", runs[:1])
    keep_draws(tmp_path / "a.npy", kept.drawn)
    assert (kept_draws(tmp_path / "a.npy") == kept.drawn).all()
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-8])
    assert kept_draws(tmp_path / "a.npy") is None is kept_draws(tmp_path / "none.npy")


def test_better_spotters_score_better_and_more_teams_resolve_less(challenge):
    generator = np.random.default_rng(3)
    values = [
        score_runs(challenge, "public", [run], draws=20).value
        for run in pretend_spots(challenge.videos, BALL_12, [-1.0, 0.0, 1.0], generator)
    ]
    assert values == sorted(values) and values[2] - values[0] > 0.2
    two, thirty = (resolution(challenge, "public", teams) for teams in (2, 30))
    assert two.pair == thirty.pair and two.teams == pytest.approx(two.pair, rel=0.03)
    assert thirty.teams / two.pair == pytest.approx((3.75 + 0.84) / (1.96 + 0.84), rel=0.03)
    # 3.75: the 95 % quantile of the studentized range of 30 means, 5.30 (tables of Tukey's test), over the root of 2.


@pytest.mark.slow
def test_coin_flips_gain_where_every_try_is_shown_and_nothing_on_the_ladder():
    gains = []
    for seed in range(3):
        videos = played(8, 4.0, seed)
        (spots,) = pretend_spots(videos, BALL_12, [0.0], np.random.default_rng(seed))
        gains.append(coin_flips(videos, BALL_12, spots, 100, seed=seed, points=3))
    shown, true = (np.mean([getattr(one, name)[-1] for one in gains]) for name in ("shown_open", "true_open"))
    ladder = np.mean([one.shown_ladder[-1] for one in gains])
    print(f"\na hundred coin flips: {shown:+.1f} points shown, {true:+.1f} true; on the Ladder {ladder:+.1f} shown")
    assert shown > 2 and true < 1 and ladder < shown / 2
    assert all(one.tries.tolist() == [0, 50, 100] and one.shown_open[0] == 0 for one in gains)


def test_few_coin_flips():
    videos = played(2, 2.0)
    (spots,) = pretend_spots(videos, BALL_12, [0.0], np.random.default_rng(0))
    first, again = (coin_flips(videos, BALL_12, spots, 6, seed=1, points=2) for _ in range(2))
    assert first.tries.tolist() == [0, 6] and first.shown_open.tolist() == again.shown_open.tolist()
    assert 0 <= first.climbed <= 6 and first.shown_open[0] == first.true_ladder[0] == 0
