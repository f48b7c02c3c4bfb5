"""What the bodies look like: poses around contacts, turning, stride."""

import numpy as np

from filming.tracks import Pose
from football.pitch import PLAYERS
from football.recorder import TURN_RATE, Recorder

FPS = 25.0


def recorded(frames=60):
    recorder = Recorder(frames, FPS)
    xy = np.arange(PLAYERS) * 2.0 + 0j
    for frame in range(frames):
        xy = xy + np.where(np.arange(PLAYERS) == 1, 5.0 / FPS, 0.0)
        recorder.frame(frame, (0.0, -20.0, 0.11), xy, True, [0, 0])
    return recorder


def test_contact_is_half_way_through_a_pose():
    recorder = recorded()
    recorder.pose(4, Pose.KICK, 30, 0.28, 0.28)
    tracks = recorder.tracks()
    assert tracks.pose[22, 4] == Pose.MOVE and tracks.pose[23, 4] == Pose.KICK
    assert tracks.pose_phase[30, 4] == 0.5
    assert tracks.pose_phase[23, 4] == 0.0 and tracks.pose_phase[37, 4] == 1.0
    assert (np.diff(tracks.pose_phase[23:38, 4]) > 0).all()
    assert (np.delete(tracks.pose, 4, axis=1) == Pose.MOVE).all()


def test_a_later_movement_cuts_an_earlier_one_short():
    recorder = recorded()
    recorder.pose(4, Pose.HEADER, 36, 0.28, 0.28)
    recorder.pose(4, Pose.BLOCK, 30, 0.28, 0.28)
    tracks = recorder.tracks()
    assert tracks.pose[36, 4] == Pose.HEADER and tracks.pose_phase[36, 4] == 0.5
    assert tracks.pose[28, 4] == Pose.BLOCK and tracks.pose[29, 4] == Pose.HEADER


def test_who_runs_faces_where_he_runs_and_who_stands_faces_the_ball():
    tracks = recorded().tracks()
    assert abs(tracks.heading_rad[-1, 1]) < 0.05
    assert abs(tracks.heading_rad[-1, 0] + np.pi / 2) < 0.05


def test_turning_is_limited_and_reaches_the_kick():
    recorder = recorded()
    recorder.face(0, 20, 40, 1j)
    heading = recorder.tracks().heading_rad[:, 0]
    assert np.abs(np.diff(heading)).max() <= TURN_RATE / FPS + 1e-5
    assert abs(np.exp(1j * heading[40]) - 1j) < 0.05


def test_stride_grows_with_the_distance_covered():
    tracks = recorded().tracks()
    assert (np.diff(tracks.stride_rad[:, 1]) > 0).all()
    assert np.ptp(tracks.stride_rad[:, 2]) == 0
    assert abs(tracks.speed_mps[30, 1] - 5.0) < 1e-3


def test_a_recording_of_no_frames_and_of_one_frame():
    assert Recorder(1, FPS).tracks().num_frames == 1
