"""Rallies: the rules of the game, a ball that only players move, labels exact to the frame; and how a match goes on."""

from itertools import pairwise

import numpy as np
import pytest
from volleyball_rallies import matches, rallies

from filming.tracks import Pose
from volleyball.court import BALL_RADIUS, HALF_LENGTH, HALF_WIDTH, NET_HALF_WIDTH, NET_TOP
from volleyball.formation import Team
from volleyball.labels import CLASSES
from volleyball.play import next_situation, play_rally, play_volleyball
from volleyball.state import GAIT, Situation

FPS = 25.0
HEIGHTS = {"serve": (2.4, 3.15), "receive": (0.4, 1.05), "spike": (2.2, 3.35), "block": (2.65, 3.1)}


def contacts(rally):
    return [action for action in rally.actions if action.label != "score"]


def in_play(rally):
    """First frame in play, first frame after it."""
    frames = np.flatnonzero(rally.in_play)
    assert (np.diff(frames) == 1).all()
    return frames[0], frames[-1] + 1


def test_shapes_and_types():
    for rally in rallies()[:20]:
        frames = rally.num_frames
        assert rally.ball_m.shape == (frames, 3) and rally.ball_m.dtype == np.float32
        assert rally.players_m.shape == (frames, 12, 2) and rally.players_m.dtype == np.float32
        for array in (rally.heading_rad, rally.speed_mps, rally.stride_rad, rally.pose_phase):
            assert array.shape == (frames, 12) and array.dtype == np.float32 and np.isfinite(array).all()
        assert rally.pose.shape == (frames, 12) and rally.pose.dtype == np.uint8
        assert rally.score.shape == (frames, 2) and rally.score.dtype == np.uint8
        assert rally.in_play.shape == (frames,) and rally.in_play.dtype == bool
        assert rally.keeper.shape == (12,) and rally.team.tolist() == [0] * 6 + [1] * 6
        assert np.isfinite(rally.ball_m).all() and np.isfinite(rally.players_m).all()


def test_the_rules_of_the_game():
    for rally in rallies():
        actions = rally.actions
        frames = [action.frame for action in actions]
        assert frames == sorted(set(frames)) and frames[-1] < rally.num_frames
        assert [a.label for a in actions].count("serve") == 1 and actions[0].label == "serve"
        assert all(action.label in CLASSES for action in actions)
        assert "score" not in [action.label for action in actions[:-1]]
        side, touches = actions[0].team, 1
        for before, action in pairwise(actions):
            if action.label == "score":
                continue
            assert rally.team[action.player] == action.team
            assert action.player != before.player or before.label == "block"
            if action.label == "block":
                assert before.label == "spike" and before.team != action.team
                side, touches = action.team, 0
                continue
            if action.label == "receive":  # the first ball of a side, whosever it was before
                assert action.team != side or before.label == "block"
                assert before.label in ("serve", "spike", "block", "receive", "set")
                side, touches = action.team, 0
            assert action.team == side
            touches += 1
            assert touches <= 3
            if action.label == "set":
                assert before.label == "receive" and before.team == action.team and touches == 2
            if action.label == "spike":
                assert before.team == action.team
                assert before.label == ("set" if touches == 3 else "receive")


def test_everybody_plays_the_ball_on_his_own_side():
    for rally in rallies():
        for action in contacts(rally):
            x = rally.ball_m[action.frame, 0] * (1 - 2 * action.team)
            assert x < (0.13 if action.label == "block" else -0.2), action
            if action.label == "serve":
                assert rally.players_m[action.frame, action.player, 0] * (1 - 2 * action.team) < -8.6


def test_every_label_is_a_contact_in_its_very_frame():
    """The ball turns there, in reach of the player, at a height that fits."""
    for rally in rallies():
        ball = rally.ball_m.astype(float)
        velocity = np.diff(ball, axis=0) * FPS
        for action in rally.actions:
            kink = np.linalg.norm(velocity[action.frame] - velocity[action.frame - 1])
            assert kink > 3.0, action
            if action.label == "score":
                continue
            away = np.linalg.norm(ball[action.frame, :2] - rally.players_m[action.frame, action.player])
            assert 0.18 <= away <= 0.72, action
            pose = rally.pose[action.frame, action.player]
            low, high = HEIGHTS.get(action.label) or ((0.7, 1.05) if pose == Pose.DIG else (2.2, 2.6))
            assert low <= ball[action.frame, 2] <= high, action


def test_between_contacts_nothing_but_gravity_and_topspin_moves_the_ball():
    hardest = []
    for rally in rallies():
        ball = rally.ball_m.astype(float)
        for before, action in pairwise(rally.actions):
            acceleration = np.diff(ball[before.frame : action.frame + 1], 2, axis=0) * FPS**2
            if not len(acceleration):
                continue
            # float32 keeps a millionth of a metre, which is 625 times as much a square second.
            assert np.abs(acceleration[:, :2]).max() < 0.01
            assert np.ptp(acceleration[:, 2]) < 0.01
            if before.label in ("receive", "set", "block"):
                assert acceleration[:, 2] == pytest.approx(-9.81, abs=0.01)
            else:
                assert -15.6 < acceleration[0, 2] < -9.8
            speed = np.linalg.norm(np.diff(ball[before.frame : action.frame + 1], axis=0), axis=1) * FPS
            hardest.append(speed.max())
    assert max(hardest) < 31.0 and np.percentile(hardest, 90) > 17.0


def test_the_ball_goes_over_the_net():
    crossings = 0
    for rally in rallies():
        ball = rally.ball_m.astype(float)
        start, end = in_play(rally)
        for frame in range(start, end):
            (x, _, z), (next_x, _, next_z) = ball[frame], ball[frame + 1]
            if x * next_x >= 0:
                continue
            crossings += 1
            share = x / (x - next_x)
            assert z + share * (next_z - z) > NET_TOP + BALL_RADIUS, (frame, rally.actions)
    assert crossings > len(rallies())


def test_a_dead_ball_does_not_go_through_the_net_either():
    for rally in rallies():
        ball = rally.ball_m.astype(float)
        _, end = in_play(rally)
        through = ball[end:-1, 0] * ball[end + 1 :, 0] < 0
        height = np.minimum(ball[end:-1, 2], ball[end + 1 :, 2])
        beside = np.abs(ball[end:-1, 1]) > NET_HALF_WIDTH
        assert (~through | beside | (height < 1.5) | (height > NET_TOP)).all()


def test_how_rallies_end():
    """`score` is the landing inside the court of a ball last touched by the winners; every other end is none."""
    ends = {"out": 0, "net": 0, "in": 0}
    for rally in rallies():
        start, end = in_play(rally)
        x, y, z = rally.ball_m[end].astype(float)
        last, winner = contacts(rally)[-1], int(rally.score[-1, 1] > rally.score[0, 1])
        assert (rally.score[:end] == rally.score[0]).all() and (rally.score[end:] == rally.score[-1]).all()
        assert start == rally.actions[0].frame and z < 0.5
        inside = abs(x) <= HALF_LENGTH + BALL_RADIUS and abs(y) <= HALF_WIDTH + BALL_RADIUS
        if rally.actions[-1].label == "score":
            score = rally.actions[-1]
            assert score.frame == end and inside and z == pytest.approx(BALL_RADIUS, abs=1e-5)
            assert score.team == winner == last.team and score.player == last.player
            assert x * (1 - 2 * winner) > 0  # in the other half
            ends["in"] += 1
        elif not inside:
            # Who touched it last loses the point, and a blocker's hands count.
            assert last.team != winner
            ends["out"] += 1
        else:
            assert last.team != winner  # in the net, or down on the side of the block
            ends["net"] += 1
        assert not rally.in_play[end:].any() and not rally.in_play[:start].any()
    assert min(ends.values()) > 0.05 * len(rallies())


def test_a_block_is_beside_its_spike():
    gaps = []
    for rally in rallies():
        for before, action in pairwise(rally.actions):
            if action.label == "block":
                gaps.append(action.frame - before.frame)
                assert abs(rally.ball_m[action.frame, 0]) < 0.15
    assert min(gaps) >= 1 and max(gaps) <= 5 and np.median(gaps) <= 2


def test_the_body_shows_what_is_done():
    poses = {"serve": {Pose.SERVE}, "receive": {Pose.DIG}, "set": {Pose.SET, Pose.DIG}, "block": {Pose.BLOCK_JUMP}}
    poses["spike"] = {Pose.SPIKE, Pose.SET}
    for rally in rallies():
        for action in contacts(rally):
            pose, phase = rally.pose[:, action.player], rally.pose_phase[:, action.player]
            assert pose[action.frame] in poses[action.label], action
            assert phase[action.frame] == 0.5
            rising = phase[action.frame - 5 : action.frame + 5]
            assert (pose[action.frame - 5 : action.frame + 5] == pose[action.frame]).all() and (
                np.diff(rising) > 0
            ).all()
            # And he faces the ball, more or less.
            away = rally.ball_m[action.frame, :2] - rally.players_m[action.frame, action.player]
            turn = np.arctan2(away[1], away[0]) - rally.heading_rad[action.frame, action.player]
            assert np.cos(turn) > 0.3, action
        assert (rally.pose_phase[rally.pose == Pose.MOVE] == 0).all()


def test_blockers_jump_together():
    together = 0
    for rally in rallies():
        for action in rally.actions:
            if action.label == "block":
                mates = slice(action.team * 6, action.team * 6 + 6)
                jumping = rally.pose[action.frame, mates] == Pose.BLOCK_JUMP
                assert (rally.pose_phase[action.frame, mates][jumping] == 0.5).all()
                assert 1 <= jumping.sum() <= 3
                together += jumping.sum() > 1
                places = rally.players_m[action.frame, mates][jumping]
                assert (np.abs(places[:, 0]) < 0.85).all()
    assert together > 50


def test_players_move_as_people_do():
    close = frames = 0
    for rally in rallies():
        xy = rally.players_m[..., 0] + 1j * rally.players_m[..., 1].astype(float)
        velocity = np.diff(xy, axis=0) * FPS
        assert np.abs(velocity).max() < 7.0 and rally.speed_mps.max() < 7.0
        acceleration = np.abs(np.diff(velocity, axis=0)) * FPS
        assert acceleration.max() < 40.0 and np.percentile(acceleration, 99) < 14.0
        assert np.abs(np.diff(rally.heading_rad.astype(float), axis=0)).max() * FPS <= GAIT.turn_rate + 0.01
        assert (np.diff(rally.stride_rad, axis=0) >= 0).all()
        for team in (0, 1):
            own = xy[:, team * 6 : team * 6 + 6]
            # Never over the centre line by more than a foot (and a bit), never far from the court.
            assert (own.real * (1 - 2 * team)).max() < 0.4
            assert np.abs(own.real).max() < 14.0 and np.abs(own.imag).max() < 9.5
            gaps = np.abs(own[:, :, None] - own[:, None, :]) + 10 * np.eye(6)
            close += (gaps.min(axis=(1, 2)) < 0.35).sum()
            frames += len(own)
    assert close < 0.02 * frames


def test_the_ball_before_the_serve_is_in_the_hand_and_then_tossed():
    for rally in rallies()[:60]:
        start, _ = in_play(rally)
        server = rally.actions[0].player
        held = rally.ball_m[:start, 2] == np.float32(1.2)
        away = np.linalg.norm(rally.ball_m[:start, :2] - rally.players_m[:start, server], axis=1)
        assert held[: start // 3].all() and (away[held] < 0.6).all()
        assert rally.ball_m[:start, 2].max() > rally.ball_m[start, 2]  # it is hit on its way down


def test_after_the_point_the_winners_celebrate_and_the_ball_comes_down():
    for rally in rallies()[:60]:
        _, end = in_play(rally)
        winner = int(rally.score[-1, 1] > rally.score[0, 1])
        middle = rally.pose[(end + rally.num_frames) // 2]
        assert (middle[winner * 6 : winner * 6 + 6] == Pose.CELEBRATE).sum() >= 3
        assert not (rally.pose[:, (1 - winner) * 6 : (1 - winner) * 6 + 6] == Pose.CELEBRATE).any()
        assert rally.ball_m[:, 2].min() >= BALL_RADIUS - 1e-5
        assert (rally.ball_m[end:, 2] < 4.0).all()
        assert rally.num_frames - end > 0.8 * FPS


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
    short, long = list(play_volleyball(7, 3, 25.0)), list(play_volleyball(7, 6, 25.0))
    assert len(short) == 3 and len(long) == 6
    for one, two in zip(short, long, strict=False):
        assert one.actions == two.actions
        for name in ("ball_m", "players_m", "heading_rad", "pose", "pose_phase", "stride_rad"):
            assert np.array_equal(getattr(one, name), getattr(two, name))


def test_another_seed_is_another_match():
    one, other = next(play_volleyball(1, 1, 25.0)), next(play_volleyball(2, 1, 25.0))
    assert one.num_frames != other.num_frames or not np.array_equal(one.ball_m, other.ball_m)
    alone, again = play_rally(5, 25.0), play_rally(5, 25.0, set_up=Situation())
    assert np.array_equal(alone.ball_m, again.ball_m)


def test_another_frame_rate():
    rallies = list(play_volleyball(3, 20, 50.0))
    assert all(rally.fps == 50.0 for rally in rallies)
    assert 300 < np.mean([rally.num_frames for rally in rallies]) < 700
    assert max(rally.speed_mps.max() for rally in rallies) < 7.0
    for rally in rallies:
        for action in rally.actions:
            if action.label != "score":
                away = rally.ball_m[action.frame, :2] - rally.players_m[action.frame, action.player]
                assert np.linalg.norm(away) < 0.75
