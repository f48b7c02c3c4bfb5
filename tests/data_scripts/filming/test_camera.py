"""The camera: exact projection against a pinhole written out step by step, and an operator who keeps up."""

import numpy as np
import pytest
from filming_tracks import scripted

from filming.camera import BROADCAST, CAMERAS, CameraPath, follow, smooth

SIZE, HALF = (398, 224), (52.5, 34.0)


def slow_pinhole(point, position, pan, tilt, focal, size):
    """Turn the world until the camera looks along +y, then divide by the distance."""
    x, y, z = np.subtract(point, position)
    x, y = x * np.cos(pan) - y * np.sin(pan), x * np.sin(pan) + y * np.cos(pan)
    y, z = y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)
    return size[0] / 2 + focal * x / y, size[1] / 2 - focal * z / y, y


def test_projection_equals_a_pinhole_written_out():
    rng = np.random.default_rng(0)
    frames = 5
    path = CameraPath(
        np.array([1.0, -80.0, 20.0]), rng.normal(0, 0.3, frames), rng.uniform(0.1, 0.4, frames),
        rng.uniform(1000, 2500, frames), *SIZE,
    )  # fmt: skip
    points = rng.uniform([-50, -30, 0], [50, 30, 8], (frames, 7, 3))
    pixels, depth = path.project(points)
    for frame in range(frames):
        for point in range(7):
            x, y, away = slow_pinhole(
                points[frame, point], path.position_m, path.pan_rad[frame], path.tilt_rad[frame],
                path.focal_px[frame], SIZE,
            )  # fmt: skip
            assert pixels[frame, point] == pytest.approx((x, y), abs=1e-8)
            assert depth[frame, point] == pytest.approx(away)


def test_right_is_right_up_is_up_and_near_is_large():
    path = CameraPath(np.array([0.0, -80.0, 20.0]), np.zeros(1), np.full(1, 0.2), np.full(1, 1500.0), *SIZE)
    points = np.array([[(0, 0, 0), (1, 0, 0), (0, 0, 1), (0, 1, 0), (0, -30, 0), (1, -30, 0)]], float)
    origin, right, up, away, near, near_right = path.project(points)[0][0]
    assert right[0] > origin[0]
    assert up[1] < origin[1]
    assert away[1] < origin[1]
    assert near_right[0] - near[0] > 1.4 * (right[0] - origin[0])


@pytest.mark.parametrize("name", CAMERAS)
def test_the_operator_keeps_the_ball_in_the_picture_without_jerks(name):
    style, tracks = CAMERAS[name], scripted(190)
    path = follow(tracks.ball_m, tracks.fps, style, SIZE, HALF, seed=3)
    pixels, _ = path.project(tracks.ball_m)
    inside = ((pixels > 0) & (pixels < SIZE)).all(axis=1)
    assert inside.mean() > 0.98
    rate = np.abs(np.diff(path.pan_rad)) * tracks.fps
    assert rate.max() < style.max_rate_rad_per_sec + 0.03  # plus the tremble of the hands
    assert np.abs(np.diff(np.diff(path.pan_rad))).max() < 0.004


def test_the_speed_of_the_camera_is_limited():
    ball = np.zeros((100, 3))
    ball[50:, 0] = 50.0
    path = follow(ball, 25.0, BROADCAST, SIZE, HALF, seed=0)
    rate = np.abs(np.diff(path.pan_rad)) * 25
    assert 0.5 * BROADCAST.max_rate_rad_per_sec < rate.max() < BROADCAST.max_rate_rad_per_sec + 0.03


def test_near_is_nearer_and_a_long_ball_widens_the_picture():
    still = np.zeros((100, 3))
    near, broadcast = (follow(still, 25.0, CAMERAS[name], SIZE, HALF, 1) for name in ("near", "broadcast"))
    assert near.focal_px.mean() > 1.4 * broadcast.focal_px.mean()
    long_ball = still.copy()
    long_ball[40:, 0] = 30 * np.linspace(0, 1, 60)
    long_ball[40:60, 2] = 8 * np.sin(np.linspace(0, np.pi, 20))
    wide = follow(long_ball, 25.0, CAMERAS["near"], SIZE, HALF, 1)
    assert wide.focal_px.min() < 0.9 * near.focal_px.mean()


def test_scale_follows_the_width_of_the_picture():
    still = np.zeros((10, 3))
    small = follow(still, 25.0, BROADCAST, SIZE, HALF, 1)
    large = follow(still, 25.0, BROADCAST, (1194, 672), HALF, 1)
    assert large.focal_px.mean() == pytest.approx(3 * small.focal_px.mean())


def test_smooth_keeps_constants_and_ends_and_works_on_every_column():
    values = np.stack([np.full(50, 2.0), np.linspace(0, 49, 50)], axis=1)
    smoothed = smooth(values, 3.0)
    assert smoothed[:, 0] == pytest.approx(2.0)
    assert smoothed[15:35, 1] == pytest.approx(values[15:35, 1])
    assert smooth(values, 0.0) is values
