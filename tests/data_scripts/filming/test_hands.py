"""Volleyball's poses: hands exactly at the ball when it is played, bones of one length, feet where they belong."""

import numpy as np
import pytest
from filming_rally import playing, scripted_rally

from filming.figures import FOREARM, JOINT, UPPER_ARM, find_contacts, pose_bodies
from filming.hands import HANDS, LIFTS, hand_places, lift_for
from filming.tracks import Pose

SCALE = 1.07
CONTACT = 12
# A ball within reach of each, metres before somebody who faces +x.
BALLS = {
    Pose.SERVE: (0.3, -0.1, 2.8),
    Pose.SPIKE: (0.3, -0.1, 3.2),
    Pose.DIG: (0.7, 0.0, 0.8),
    Pose.SET: (0.3, 0.0, 2.3),
    Pose.BLOCK_JUMP: (0.3, 0.0, 2.85),
}


def joints_of(tracks):
    return pose_bodies(tracks, find_contacts(tracks, SCALE), slice(0, tracks.num_frames))


def hands(joints):
    return joints[..., [JOINT["hand_r"], JOINT["hand_l"]], :]


@pytest.mark.parametrize("kind", HANDS)
@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_hands_are_on_the_ball_to_a_centimetre(kind, heading):
    x, y, z = BALLS[kind]
    ball = np.array([x * np.cos(heading) - y * np.sin(heading), x * np.sin(heading) + y * np.cos(heading), z])
    at = hands(joints_of(playing(kind, tuple(ball), heading))[CONTACT, 0])
    forward = np.array([np.cos(heading), np.sin(heading), 0])
    for hand, offset in zip(at, HANDS[kind], strict=True):
        if offset is not None:
            assert np.linalg.norm(hand - ball) == pytest.approx(np.linalg.norm(offset), abs=0.012)
            assert (hand - ball) @ forward == pytest.approx(offset[0], abs=0.012)
    touching = [hand for hand, offset in zip(at, HANDS[kind], strict=True) if offset is not None]
    # A palm on a ball of 10.5 cm, the joint being the wrist.
    assert all(0.10 < np.linalg.norm(hand - ball) < 0.17 for hand in touching)


@pytest.mark.parametrize("kind", HANDS)
def test_arms_keep_their_lengths_while_they_reach(kind):
    joints = joints_of(playing(kind, BALLS[kind]))[:, 0]
    for side in "rl":
        shoulder, elbow, hand = (joints[:, JOINT[f"{part}_{side}"]] for part in ("shoulder", "elbow", "hand"))
        assert np.linalg.norm(elbow - shoulder, axis=-1) == pytest.approx(SCALE * UPPER_ARM, abs=1e-6)
        assert np.linalg.norm(hand - elbow, axis=-1) == pytest.approx(SCALE * FOREARM, abs=1e-6)


@pytest.mark.parametrize("kind", HANDS)
def test_hands_do_not_jump_to_the_ball_from_one_frame_to_the_next(kind):
    at = hands(joints_of(playing(kind, BALLS[kind]))[:, 0])
    assert np.linalg.norm(np.diff(at, axis=0), axis=-1).max() * 25 < 20  # m/s; an arm swings at 15 or so


@pytest.mark.parametrize(("kind", "low", "high"), [(Pose.SPIKE, 2.9, 3.3), (Pose.BLOCK_JUMP, 2.7, 2.95)])
def test_jumps_follow_the_height_of_the_ball(kind, low, high):
    x, y, _ = BALLS[kind]
    feet = [joints_of(playing(kind, (x, y, z)))[CONTACT, 0, :, 2].min() for z in (low, high)]
    assert feet[1] - feet[0] == pytest.approx(high - low, abs=0.02)
    assert feet[0] > 0.25
    landed = joints_of(playing(kind, BALLS[kind]))[[0, -1], 0, :, 2].min(axis=-1)
    assert landed == pytest.approx(0.042 * SCALE, abs=0.01)


def test_a_dig_bends_the_knees_for_a_low_ball_and_stays_on_the_ground():
    hips = []
    for z in (0.45, 0.75, 1.05):
        joints = joints_of(playing(Pose.DIG, (0.7, 0.0, z)))[CONTACT, 0]
        assert joints[:, 2].min() == pytest.approx(0.042 * SCALE)
        assert joints[[JOINT["elbow_r"], JOINT["elbow_l"]], 2].max() < joints[JOINT["neck"], 2]
        hips.append(joints[JOINT["pelvis"], 2])
    assert hips[0] < hips[1] - 0.1 < hips[2] - 0.2


def test_a_set_is_played_above_the_forehead_with_both_hands():
    joints = joints_of(playing(Pose.SET, BALLS[Pose.SET]))[CONTACT, 0]
    right, left = hands(joints)
    assert min(right[2], left[2]) > joints[JOINT["head"], 2] + 0.2
    assert 0.15 < left[1] - right[1] < 0.35


def test_the_hitting_arm_is_the_right_one_unless_the_ball_is_far_to_the_left():
    for side, hand in ((-0.2, "hand_r"), (0.1, "hand_r"), (0.5, "hand_l")):
        ball = np.array([0.3, side, 3.0])
        joints = joints_of(playing(Pose.SPIKE, tuple(ball)))[CONTACT, 0]
        other = {"hand_r": "hand_l", "hand_l": "hand_r"}[hand]
        assert np.linalg.norm(joints[JOINT[hand]] - ball) < 0.15 < 0.5 < np.linalg.norm(joints[JOINT[other]] - ball)


def test_one_who_does_not_reach_the_ball_jumps_all_the_same_and_is_not_pulled():
    tracks = playing(Pose.BLOCK_JUMP, (0.2, 3.0, 2.85))
    contacts = find_contacts(tracks, SCALE)
    assert not contacts.reaches and not contacts.reach_m.any()
    assert contacts.jump_m[CONTACT, 0] == LIFTS[Pose.BLOCK_JUMP][2]


def test_the_shoulders_help_before_anybody_jumps():
    assert lift_for(Pose.SET, 0.1) == 0.0
    assert lift_for(Pose.SET, 0.3) == pytest.approx(0.18)
    assert lift_for(Pose.SET, -0.2) == pytest.approx(-0.2)
    assert lift_for(Pose.SPIKE, -0.2) == LIFTS[Pose.SPIKE][0]
    assert lift_for(Pose.SPIKE, 9.0) == LIFTS[Pose.SPIKE][1]


def test_hand_places_turn_with_the_body():
    right, left = hand_places(Pose.SET, np.array([1.0, 2.0, 2.3]), np.pi / 2, False)
    forwards, outwards, up = HANDS[Pose.SET][0]
    assert right == pytest.approx([1.0 + outwards, 2.0 + forwards, 2.3 + up])
    assert left == pytest.approx([1.0 - outwards, 2.0 + forwards, 2.3 + up])
    right, left = hand_places(Pose.SPIKE, np.zeros(3), 0.0, True)
    assert right is None and left is not None


def test_in_a_rally_everybody_who_is_labelled_has_the_ball_in_hand():
    tracks = scripted_rally()
    joints = joints_of(tracks)
    for action in tracks.actions:
        if action.label != "score":
            away = hands(joints[action.frame, action.player]) - tracks.ball_m[action.frame]
            assert np.linalg.norm(away, axis=-1).min() < 0.17, action
