"""Bodies: bones keep their lengths, feet stand on the ground, and foot, head and hands meet the ball."""

import numpy as np
import pytest
from filming_tracks import acting, scripted

from filming.figures import FOREARM, JOINT, SHIN, THIGH, UPPER_ARM, find_contacts, pose_bodies
from filming.tracks import Pose

EVERYTHING = slice(0, 25)


def joints_of(tracks):
    return pose_bodies(tracks, find_contacts(tracks), slice(0, tracks.num_frames))


def test_bones_keep_their_lengths_in_every_pose():
    joints = joints_of(scripted(40))
    for side in "rl":
        for a, b, length in (
            ("hip", "knee", THIGH), ("knee", "ankle", SHIN), ("shoulder", "elbow", UPPER_ARM),
            ("elbow", "hand", FOREARM),
        ):  # fmt: skip
            bone = joints[:, :, JOINT[f"{b}_{side}"]] - joints[:, :, JOINT[f"{a}_{side}"]]
            assert np.linalg.norm(bone, axis=-1) == pytest.approx(length)


def test_somebody_standing_is_as_tall_as_a_person_and_faces_where_he_looks():
    joints = joints_of(acting(Pose.MOVE, (5, 0, 0.1), heading=np.pi / 2))[0, 0]
    assert 1.60 < joints[JOINT["head"], 2] < 1.75
    assert joints[:, 2].min() == pytest.approx(0.042)
    assert joints[JOINT["nose"], 1] > joints[JOINT["head"], 1] + 0.05  # towards +y
    assert joints[JOINT["shoulder_l"], 0] < joints[JOINT["shoulder_r"], 0] - 0.3  # left of +y is -x


@pytest.mark.parametrize("heading", [0.0, 2.0, -1.3])
@pytest.mark.parametrize("side", [-0.2, 0.2])
def test_the_nearer_foot_meets_the_ball_at_contact(heading, side):
    forward, left = np.array([np.cos(heading), np.sin(heading)]), np.array([-np.sin(heading), np.cos(heading)])
    ball = 0.5 * forward + side * left
    joints = joints_of(acting(Pose.KICK, (*ball, 0.11), heading))[12, 0]
    foot = "toe_l" if side > 0 else "toe_r"
    assert joints[JOINT[foot], :2] == pytest.approx(ball, abs=0.01)
    assert joints[JOINT[foot], 2] < 0.3


def test_a_header_brings_the_head_to_the_ball():
    joints = joints_of(acting(Pose.HEADER, (0.2, 0.1, 2.2)))[:, 0]
    assert joints[12, JOINT["head"]] == pytest.approx((0.2, 0.1, 2.2), abs=0.2)
    assert joints[12, :, 2].min() > 0.2  # off the ground
    assert joints[0, :, 2].min() < 0.1


def test_a_throw_has_both_hands_at_the_ball():
    joints = joints_of(acting(Pose.THROW, (0.3, 0.0, 2.1)))[12, 0]
    hands = (joints[JOINT["hand_r"]] + joints[JOINT["hand_l"]]) / 2
    assert hands == pytest.approx((0.3, 0.0, 2.1), abs=0.2)


def test_a_dive_goes_to_the_side_of_the_ball_and_lies_down():
    for side in (-1.5, 1.5):
        joints = joints_of(acting(Pose.DIVE, (0.0, side, 0.6)))[:, 0]
        assert joints[12, JOINT["hand_r"], 1] * side > 0
        assert joints[18, JOINT["head"], 2] < 0.7


def test_a_ball_out_of_reach_pulls_nobody():
    contacts = find_contacts(acting(Pose.KICK, (9.0, 0.0, 0.1)))
    assert not contacts.reach_m.any()
    contacts = find_contacts(acting(Pose.KICK, (1.2, 0.0, 0.1)))
    assert 0 < np.linalg.norm(contacts.reach_m[12, 0]) <= 0.75 + 1e-9


def test_two_kicks_in_a_row_have_their_own_contacts():
    once = acting(Pose.KICK, (0.5, 0.2, 0.1))
    twice = acting(Pose.KICK, (0.5, 0.2, 0.1))
    twice.pose_phase[:, 0] = np.concatenate([np.linspace(0, 1, 13), np.linspace(0, 1, 12)])
    twice.ball_m[13:, 1] = -0.2
    contacts = find_contacts(twice)
    assert contacts.mirrored[:13, 0].all() and not contacts.mirrored[13:, 0].any()
    assert find_contacts(once).mirrored.all()
