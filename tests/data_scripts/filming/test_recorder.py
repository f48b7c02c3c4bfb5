"""What is written down of a match: poses around contacts, turning, stride."""

import numpy as np

from filming.recorder import Gait, Recorder
from filming.tracks import Pose

FPS, PLAYERS = 25.0, 22
GAIT = Gait(
    turn_rate=7.0, turn_share=0.4, walk_mps=0.6, turning_mps=0.8, short_stride_m=1.3, long_stride_m=2.4, full_mps=6.0
)


def tracks_of(recorder, frames=60):
    """Player 1 runs along x at 5 m/s, the others stand; the ball lies at (0, -20)."""
    xy = np.tile(np.arange(PLAYERS) * 2.0 + 0j, (frames, 1))
    xy[:, 1] += np.arange(frames) * 5.0 / FPS
    ball = np.tile([0.0, -20.0, 0.11], (frames, 1))
    return recorder.tracks(ball, xy, np.zeros((frames, 2), np.uint8), np.ones(frames, bool), np.zeros(PLAYERS, bool))


def test_contact_is_half_way_through_a_pose():
    recorder = Recorder(FPS, GAIT)
    recorder.pose(4, Pose.KICK, 30, 0.28, 0.28)
    tracks = tracks_of(recorder)
    assert tracks.pose[22, 4] == Pose.MOVE and tracks.pose[23, 4] == Pose.KICK
    assert tracks.pose_phase[30, 4] == 0.5
    assert tracks.pose_phase[23, 4] == 0.0 and tracks.pose_phase[37, 4] == 1.0
    assert (np.diff(tracks.pose_phase[23:38, 4]) > 0).all()
    assert (np.delete(tracks.pose, 4, axis=1) == Pose.MOVE).all()


def test_a_later_movement_cuts_an_earlier_one_short():
    recorder = Recorder(FPS, GAIT)
    recorder.pose(4, Pose.HEADER, 36, 0.28, 0.28)
    recorder.pose(4, Pose.BLOCK, 30, 0.28, 0.28)
    tracks = tracks_of(recorder)
    assert tracks.pose[36, 4] == Pose.HEADER and tracks.pose_phase[36, 4] == 0.5
    assert tracks.pose[28, 4] == Pose.BLOCK and tracks.pose[29, 4] == Pose.HEADER


def test_who_runs_faces_where_he_runs_and_who_stands_faces_the_ball():
    tracks = tracks_of(Recorder(FPS, GAIT))
    assert abs(tracks.heading_rad[-1, 1]) < 0.05
    assert abs(tracks.heading_rad[-1, 0] + np.pi / 2) < 0.05


def test_turning_is_limited_and_reaches_the_kick():
    recorder = Recorder(FPS, GAIT)
    recorder.face(0, 20, 40, 1j)
    heading = tracks_of(recorder).heading_rad[:, 0]
    assert np.abs(np.diff(heading)).max() <= GAIT.turn_rate / FPS + 1e-5
    assert abs(np.exp(1j * heading[40]) - 1j) < 0.05


def test_stride_grows_with_the_distance_covered():
    tracks = tracks_of(Recorder(FPS, GAIT))
    assert (np.diff(tracks.stride_rad[:, 1]) > 0).all()
    assert np.ptp(tracks.stride_rad[:, 2]) == 0
    assert abs(tracks.speed_mps[30, 1] - 5.0) < 1e-3


def test_a_recording_of_one_frame():
    assert tracks_of(Recorder(FPS, GAIT), 1).num_frames == 1
