"""The match as a whole: physics between touches, the exact cause of every label, and one thing leading to another."""

from itertools import pairwise

import numpy as np
import pytest
from football_matches import eventful_match, real_match

from filming.tracks import Pose
from football.labels import CLASSES
from football.pitch import BALL_RADIUS, BOARD_X, BOARD_Y, GOAL_HALF_WIDTH, GOAL_HEIGHT, HALF_LENGTH, HALF_WIDTH
from football.play import play_football
from football.state import GAIT
from football.tendencies import EVENTFUL, REAL

KICKS = ("PASS", "HIGH PASS", "CROSS", "SHOT", "FREE KICK")
TOUCHES = (*KICKS, "DRIVE", "HEADER", "THROW IN", "BALL PLAYER BLOCK", "PLAYER SUCCESSFUL TACKLE")
matches = pytest.mark.parametrize("match", [eventful_match, real_match], ids=["eventful", "real"])


@matches
def test_shapes_and_types(match):
    tracks = match()
    frames, players = tracks.num_frames, 22
    assert tracks.ball_m.shape == (frames, 3) and tracks.ball_m.dtype == np.float32
    assert tracks.players_m.shape == (frames, players, 2) and tracks.players_m.dtype == np.float32
    for array in (tracks.heading_rad, tracks.speed_mps, tracks.stride_rad, tracks.pose_phase):
        assert array.shape == (frames, players) and array.dtype == np.float32 and np.isfinite(array).all()
    assert tracks.pose.shape == (frames, players) and tracks.pose.dtype == np.uint8
    assert tracks.score.shape == (frames, 2) and tracks.in_play.shape == (frames,)
    assert tracks.keeper.nonzero()[0].tolist() == [0, 11] and tracks.team.tolist() == [0] * 11 + [1] * 11
    assert np.isfinite(tracks.ball_m).all() and np.isfinite(tracks.players_m).all()


def test_the_same_seed_gives_the_same_match_and_another_seed_another():
    one, two, other = (
        play_football(40.0, 5, EVENTFUL),
        play_football(40.0, 5, EVENTFUL),
        play_football(40.0, 6, EVENTFUL),
    )
    assert one.actions == two.actions
    for name in ("ball_m", "players_m", "heading_rad", "pose", "pose_phase", "stride_rad"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.actions != other.actions


def test_a_longer_match_begins_like_a_shorter_one():
    short, long = play_football(30.0, 8, REAL), play_football(45.0, 8, REAL)
    assert np.array_equal(short.ball_m, long.ball_m[: short.num_frames])
    assert short.actions == [action for action in long.actions if action.frame < short.num_frames]


def test_other_frame_rates():
    tracks = play_football(20.0, 1, EVENTFUL, fps=50.0)
    assert tracks.num_frames == 1000 and tracks.fps == 50.0
    assert tracks.speed_mps.max() < 9.0
    assert play_football(1.0, 1).num_frames == 25


@matches
def test_speeds_are_possible(match):
    tracks = match()
    ball = np.linalg.norm(np.diff(tracks.ball_m.astype(float), axis=0), axis=1) * tracks.fps
    assert ball.max() < 35.0
    assert tracks.speed_mps.max() < 9.0
    dead = ~tracks.in_play[1:] & ~tracks.in_play[:-1]
    assert ball[dead].max() < 30.0
    # 8.2 m/s is 0.33 m in a frame: nobody is put anywhere.
    assert np.linalg.norm(np.diff(tracks.players_m.astype(float), axis=0), axis=2).max() < 0.36
    turn = np.abs(np.diff(tracks.heading_rad.astype(float), axis=0)) * tracks.fps
    assert turn.max() <= GAIT.turn_rate + 0.01


@matches
def test_everything_stays_in_the_stadium(match):
    tracks = match()
    assert np.abs(tracks.ball_m[:, 0]).max() <= BOARD_X + 0.5 and np.abs(tracks.ball_m[:, 1]).max() <= BOARD_Y + 0.5
    assert tracks.ball_m[:, 2].min() >= BALL_RADIUS - 1e-3
    assert np.abs(tracks.players_m[..., 0]).max() < BOARD_X and np.abs(tracks.players_m[..., 1]).max() < BOARD_Y


@matches
def test_nothing_but_gravity_bounces_and_players_moves_the_ball(match):
    """Far from every player the ball in the air falls as it must: no hidden pushes."""
    tracks = match()
    ball = tracks.ball_m.astype(float)
    velocity = np.diff(ball, axis=0) * tracks.fps
    change = np.diff(velocity, axis=0) * tracks.fps  # of frame k + 1
    inner = ball[1:-1]
    nearest = np.linalg.norm(tracks.players_m[1:-1].astype(float) - inner[:, None, :2], axis=2).min(1)
    inside = (np.abs(inner[:, 0]) < HALF_LENGTH - 1) & (np.abs(inner[:, 1]) < HALF_WIDTH - 1)
    free = (nearest > 3.0) & (inner[:, 2] > 1.5) & inside
    assert free.sum() > 200
    speed = np.linalg.norm(velocity[:-1], axis=1)[free]
    assert np.abs(change[free, 2] + 9.81).max() <= 0.0133 * speed.max() ** 2 + 0.1
    assert np.linalg.norm(change[free, :2], axis=1).max() <= 0.0133 * speed.max() ** 2 + 0.1


@matches
def test_labels_are_in_order_and_inside_the_match(match):
    tracks = match()
    frames = [action.frame for action in tracks.actions]
    assert frames == sorted(frames) and frames[0] >= 0 and frames[-1] < tracks.num_frames
    assert len({(action.frame, action.label) for action in tracks.actions}) == len(frames)
    assert {action.label for action in tracks.actions} <= set(CLASSES)
    assert 10 <= frames[0] <= 50  # the first kick is about a second after the film starts
    for action in tracks.actions:
        if action.label not in ("OUT", "GOAL"):
            assert tracks.team[action.player] == action.team


@matches
def test_every_touch_is_at_the_ball_and_changes_its_velocity_in_that_frame(match):
    tracks = match()
    ball = tracks.ball_m.astype(float)
    velocity = np.diff(ball, axis=0) * tracks.fps
    changes = []
    for action in tracks.actions:
        if action.label not in TOUCHES or action.frame + 1 >= tracks.num_frames:
            continue
        gap = np.linalg.norm(ball[action.frame, :2] - tracks.players_m[action.frame, action.player])
        assert gap < (1.9 if tracks.keeper[action.player] else 1.2), action
        change = np.linalg.norm(velocity[action.frame] - velocity[action.frame - 1])
        changes.append(change)
        if action.label != "DRIVE":
            assert change > 0.5, action
    assert np.percentile(changes, 5) > 2.0  # m/s
    assert np.median(changes) > 6.0


@matches
def test_heights_of_contacts(match):
    tracks = match()
    for action in tracks.actions:
        height = tracks.ball_m[action.frame, 2]
        if action.label == "HEADER":
            assert 1.3 < height < 2.4
        elif action.label in KICKS:
            assert height < 1.05
        elif action.label == "THROW IN":
            assert 2.0 < height < 2.3
            assert HALF_WIDTH < abs(tracks.players_m[action.frame, action.player, 1]) < HALF_WIDTH + 1.6


@matches
def test_out_and_goal_are_the_first_frame_over_the_line(match):
    tracks = match()

    def over(frame):
        x, y = np.abs(tracks.ball_m[frame, :2].astype(float))
        return x > HALF_LENGTH + BALL_RADIUS - 1e-4 or y > HALF_WIDTH + BALL_RADIUS - 1e-4

    for action in tracks.actions:
        if action.label in ("OUT", "GOAL"):
            assert over(action.frame) and not over(action.frame - 1)
            assert tracks.in_play[action.frame - 1] and not tracks.in_play[action.frame]
            _, y, z = tracks.ball_m[action.frame]
            assert (action.label == "GOAL") == (abs(tracks.ball_m[action.frame, 0]) > HALF_LENGTH and tracks_goal(y, z))


def tracks_goal(y, z):
    return abs(y) < GOAL_HALF_WIDTH and z < GOAL_HEIGHT


@matches
def test_one_thing_leads_to_another(match):
    tracks = match()
    score = np.zeros(2, int)
    for action, following in pairwise(tracks.actions):
        if action.label == "OUT":
            assert following.label in ("THROW IN", "PASS", "HIGH PASS", "CROSS")
            assert following.team == action.team
            x, y, _ = np.abs(tracks.ball_m[action.frame])
            assert (following.label == "THROW IN") == (y > HALF_WIDTH)
        elif following.label == "THROW IN":
            raise AssertionError(f"a throw-in without OUT: {action}, {following}")
        if action.label == "GOAL":
            score[action.team] += 1
            assert (tracks.score[action.frame] == score).all()
            assert following.label == "PASS" and following.team != action.team
            assert np.linalg.norm(tracks.ball_m[following.frame, :2]) < 0.3  # the centre spot
            own_x = tracks.players_m[following.frame, :, 0] * np.where(tracks.team == 0, 1, -1)
            assert own_x.max() < 2.0  # everybody is in his own half
        if following.label == "FREE KICK":
            assert not tracks.in_play[following.frame - 1]
        assert action.label in ("OUT", "GOAL") or tracks.in_play[action.frame]
    assert (tracks.score[-1] == [sum(a.label == "GOAL" and a.team == t for a in tracks.actions) for t in (0, 1)]).all()


@matches
def test_a_dead_ball_ends_with_a_labelled_restart(match):
    tracks = match()
    starts = np.nonzero(tracks.in_play[1:] & ~tracks.in_play[:-1])[0] + 1
    labels = {action.frame: action.label for action in tracks.actions}
    assert len(starts) > 3
    for frame in starts:
        assert labels[int(frame)] in ("PASS", "HIGH PASS", "CROSS", "THROW IN", "FREE KICK")


@matches
def test_the_body_shows_what_is_done(match):
    tracks = match()
    poses = {**dict.fromkeys(KICKS, Pose.KICK), "HEADER": Pose.HEADER, "THROW IN": Pose.THROW}
    poses["PLAYER SUCCESSFUL TACKLE"] = Pose.TACKLE
    for action in tracks.actions:
        if action.label in poses and action.frame > 7:
            assert tracks.pose[action.frame, action.player] == poses[action.label], action
            assert tracks.pose_phase[action.frame, action.player] == 0.5
            assert tracks.pose[action.frame - 3, action.player] == poses[action.label]  # the wind-up
            before = tracks.pose_phase[action.frame - 3 : action.frame, action.player]
            assert (np.diff(before) > 0).all() and (before < 0.5).all()
    assert (tracks.pose_phase[tracks.pose == Pose.MOVE] == 0).all()


@matches
def test_a_carried_ball_stays_near_the_feet(match):
    tracks = match()
    far = []
    for action, following in pairwise(tracks.actions):
        if action.label == "DRIVE" and following.label in KICKS and following.player == action.player:
            if tracks.keeper[action.player] or not tracks.in_play[action.frame : following.frame].all():
                continue
            frames = slice(action.frame, following.frame)
            gap = tracks.ball_m[frames, :2] - tracks.players_m[frames, action.player]
            far.append(np.linalg.norm(gap, axis=1))
    distances = np.concatenate(far)
    assert np.median(distances) < 1.0 and np.percentile(distances, 95) < 2.0


def test_eventful_play_has_every_class():
    actions = eventful_match().actions + play_football(360.0, 4, EVENTFUL).actions
    assert {action.label for action in actions} == set(CLASSES)


def test_dead_time_is_long_in_real_play_and_short_in_eventful_play():
    assert 0.25 < real_match().in_play.mean() < 0.85  # ten minutes may hold one long stoppage or none
    actions = eventful_match().actions
    waits = [following.frame - action.frame for action, following in pairwise(actions) if action.label == "OUT"]
    assert np.median(waits) < 10 * eventful_match().fps
    assert eventful_match().in_play.mean() > 0.55
