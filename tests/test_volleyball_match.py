"""Rotation, serve and score from rally to rally, and that the same seed plays the same match."""

import numpy as np

from tests.volleyball_rallies import matches
from volleyball.formation import Team
from volleyball.match import next_situation, play_match
from volleyball.rally import Situation, play_rally


def test_side_out_by_hand():
    begin = Situation(serving=0, setter_at=(1, 4), score=(3, 5))
    assert next_situation(begin, 0) == Situation(0, (1, 4), (4, 5))
    assert next_situation(begin, 1) == Situation(1, (1, 3), (3, 6))
    assert next_situation(Situation(1, (1, 4), (0, 0)), 0) == Situation(0, (6, 4), (1, 0))


def test_a_set_ends_at_25_with_two_more():
    assert next_situation(Situation(0, (2, 2), (24, 20)), 0) == Situation(serving=1)
    assert next_situation(Situation(0, (2, 2), (24, 24)), 0).score == (25, 24)
    assert next_situation(Situation(0, (2, 2), (25, 24)), 1).score == (25, 25)
    assert next_situation(Situation(1, (2, 2), (25, 26)), 1) == Situation(serving=0)


def test_score_serve_and_rotation_go_on_over_the_rallies():
    for match in matches():
        first = match[0]
        situation = Situation(first.actions[0].team, (0, 0), (0, 0))
        setters = None
        for rally in match:
            serve = rally.actions[0]
            assert (rally.score[0] == situation.score).all() and serve.team == situation.serving
            winner = int(rally.score[-1, 1] > rally.score[0, 1])
            assert rally.score[-1].sum() == rally.score[0].sum() + 1
            # The server is at position 1, so he tells where the setter is.
            setter_at = (7 - serve.player % 6) % 6 + (6 if serve.player % 6 == 1 else 0)
            assert Team(setter_at, True).at(1) == serve.player % 6
            if setters is not None and setters[serve.team] is not None:
                assert setters[serve.team] == setter_at
            setters = setters or [None, None]
            setters[serve.team] = setter_at
            following = next_situation(situation, winner)
            if following.score == (0, 0):
                setters = [1, 1]
            elif winner != serve.team and setters[winner] is not None:
                setters[winner] = (setters[winner] - 2) % 6 + 1
            situation = following
        assert len({rally.actions[0].player for rally in match}) == 12  # everybody serves


def test_the_libero_of_a_rally():
    for rally in matches()[0]:
        serve = rally.actions[0]
        for team in (0, 1):
            liberos = rally.keeper[team * 6 : team * 6 + 6]
            middle_serves = team == serve.team and serve.player % 6 in (2, 5)
            assert liberos.sum() == (0 if middle_serves else 1)
            assert not np.flatnonzero(liberos).tolist() or np.flatnonzero(liberos)[0] in (2, 5)
        for action in rally.actions:
            assert not (rally.keeper[action.player] and action.label in ("serve", "spike", "block"))


def test_a_longer_match_begins_like_a_shorter_one():
    short, long = list(play_match(7, 3, 25.0)), list(play_match(7, 6, 25.0))
    assert len(short) == 3 and len(long) == 6
    for one, two in zip(short, long, strict=False):
        assert one.actions == two.actions
        for name in ("ball_m", "players_m", "heading_rad", "pose", "pose_phase", "stride_rad"):
            assert np.array_equal(getattr(one, name), getattr(two, name))


def test_another_seed_is_another_match():
    one, other = next(play_match(1, 1, 25.0)), next(play_match(2, 1, 25.0))
    assert one.num_frames != other.num_frames or not np.array_equal(one.ball_m, other.ball_m)
    alone, again = play_rally(5, 25.0), play_rally(5, 25.0, set_up=Situation())
    assert np.array_equal(alone.ball_m, again.ball_m)


def test_another_frame_rate():
    rallies = list(play_match(3, 20, 50.0))
    assert all(rally.fps == 50.0 for rally in rallies)
    assert 300 < np.mean([rally.num_frames for rally in rallies]) < 700
    assert max(rally.speed_mps.max() for rally in rallies) < 7.0
    for rally in rallies:
        for action in rally.actions:
            if action.label != "score":
                away = rally.ball_m[action.frame, :2] - rally.players_m[action.frame, action.player]
                assert np.linalg.norm(away) < 0.75
