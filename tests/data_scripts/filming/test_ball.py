"""Ball and shadows: in the right place, of the right size, and apart when the ball flies."""

import numpy as np
import pytest

from filming.appearance import draw_look
from filming.ball import BALL_RADIUS_M, view_ball
from filming.camera import CAMERAS, follow
from filming.shadows import ball_shadows, body_shadows, darken, shadow_boxes

SIZE, HALF = (398, 224), (52.5, 34.0)
FRAMES = slice(0, 20)


def still(z: float, velocity: float = 0.0):
    ball = np.zeros((20, 3), np.float32)
    ball[:, 0], ball[:, 2] = np.arange(20) * velocity / 25, z
    return ball, follow(ball, 25.0, CAMERAS["near"], SIZE, HALF, seed=2)


@pytest.mark.parametrize("z", [0.11, 4.0])
def test_the_disc_is_where_and_as_large_as_the_pinhole_says(z):
    ball, camera = still(z)
    view = view_ball(ball, 25.0, camera, FRAMES, draw_look(1))
    picture = np.zeros((224, 398, 3), np.uint8)
    view.draw(picture, 10)
    weight = np.minimum(picture[..., 1].astype(float) / picture[..., 1].max(), 1)
    centre = [(weight * axis).sum() / weight.sum() for axis in (np.arange(398) + 0.5, np.arange(224)[:, None] + 0.5)]
    expected, depth = camera.project(ball, FRAMES)
    radius = BALL_RADIUS_M * camera.focal_px[10] / depth[10]
    assert centre == pytest.approx(expected[10], abs=0.45)
    assert view.radius_px[10] == pytest.approx(radius)
    assert 2.4 < radius < 3.6
    assert np.sqrt((picture.max(axis=-1) > 90).sum() / np.pi) == pytest.approx(radius, abs=0.45)


def test_a_fast_ball_is_smeared_along_its_way():
    view = view_ball(*arguments(still(0.11, 25.0)))
    width, height = np.ptp(view.rim[10], axis=0) / 16
    assert width > height + 2
    slow = view_ball(*arguments(still(0.11)))
    assert np.ptp(slow.rim[10][:, 0]) == pytest.approx(np.ptp(slow.rim[10][:, 1]), abs=8)


def arguments(played):
    ball, camera = played
    return ball, 25.0, camera, FRAMES, draw_look(1)


def test_the_shadow_leaves_a_ball_that_flies():
    for lamps in (((0.0, 0.0),), ((1.0, 0.5),)):
        gaps = []
        for z in (0.11, 3.0):
            ball, camera = still(z)
            shadow = ball_shadows(ball[FRAMES], BALL_RADIUS_M, lamps, camera, FRAMES)[10, 0] / 16 + 0.5
            where = np.array([ball[10, 0] + z * lamps[0][0], ball[10, 1] + z * lamps[0][1], 0])
            expected = camera.project(np.tile(where, (20, 1)), FRAMES)[0][10]
            assert shadow.mean(axis=0) == pytest.approx(expected, abs=0.3)
            gaps.append(np.linalg.norm(shadow.mean(axis=0) - camera.project(ball, FRAMES)[0][10]))
        assert gaps[0] < 6 < 40 < gaps[1]


def test_bodies_throw_a_shadow_for_each_lamp_on_its_side():
    _, camera = still(0.11)
    joints = np.zeros((20, 1, 18, 3))
    joints[..., 2] = np.linspace(0, 1.8, 18)
    one = body_shadows(joints, ((2.0, 0.0),), camera, FRAMES)
    two = body_shadows(joints, ((2.0, 0.0), (-2.0, 0.0)), camera, FRAMES)
    foot = camera.project(np.zeros((20, 3)), FRAMES)[0][0] * 16
    assert one[0, 0, ..., 0].mean() > foot[0] + 100
    half = two.shape[2] // 2
    assert two[0, 0, :half, :, 0].mean() > foot[0] > two[0, 0, half:, :, 0].mean()


def test_darkening_multiplies_once_however_many_shadows_overlap():
    picture, mask = np.full((40, 60, 3), 200, np.uint8), np.full((40, 60), 255, np.uint8)
    square = np.array([[10, 10], [30, 10], [30, 30], [10, 30]], np.int32) * 16
    far = square + 16 * 500

    def shade(*outlines):
        boxes = [shadow_boxes(outline[None], 60, 40).tolist() for outline in outlines]
        darken(picture, mask, list(outlines), boxes, 0.4)

    shade(square, square + 16)
    assert picture[20, 20].tolist() == picture[31, 31].tolist() == pytest.approx([120] * 3, abs=1)
    assert (picture[36:] == 200).all() and (picture[:, 40:] == 200).all()
    shade()
    shade(far)
    assert picture[20, 20].tolist() == pytest.approx([120] * 3, abs=1)
    assert (mask == 255).all()
