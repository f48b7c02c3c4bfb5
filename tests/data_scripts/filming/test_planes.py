"""Planes: a texel lands where the pinhole says, and nothing else is touched."""

import numpy as np
import pytest

from filming.camera import CameraPath
from filming.planes import Plane

CAMERA = CameraPath(np.array([0.0, -80.0, 20.0]), np.array([0.05, 0.9]), np.full(2, 0.24), np.full(2, 2000.0), 398, 224)
FRAMES = slice(0, 2)


def marked(row: int, column: int) -> Plane:
    texture = np.full((40, 60, 3), 50, np.uint8)
    texture[row, column] = 250
    return Plane.spanning(texture, (-6.0, 5.0, 0.0), (15.0, 0, 0), (0, -10.0, 0))


@pytest.mark.parametrize(("row", "column"), [(20, 30), (5, 45), (33, 12)])
def test_a_texel_is_drawn_where_the_camera_sees_its_place(row, column):
    picture = np.zeros((224, 398, 3), np.uint8)
    marked(row, column).view(CAMERA, FRAMES).draw(picture, 0)
    x, y = -6.0 + 15.0 * (column + 0.5) / 60, 5.0 - 10.0 * (row + 0.5) / 40
    expected = CAMERA.project(np.array([[(x, y, 0.0)]] * 2), FRAMES)[0][0, 0]
    weight = np.clip(picture[..., 0].astype(float) - 50, 0, None)
    assert weight.sum() > 0
    found = [(weight * axis).sum() / weight.sum() for axis in (np.arange(398) + 0.5, np.arange(224)[:, None] + 0.5)]
    assert found == pytest.approx(expected, abs=0.35)


def test_pixels_beside_the_plane_are_left_alone():
    picture = np.full((224, 398, 3), 7, np.uint8)
    view = marked(0, 0).view(CAMERA, FRAMES)
    view.draw(picture, 0)
    corners = np.array([[(-6, 5, 0), (9, 5, 0), (9, -5, 0), (-6, -5, 0)]] * 2, float)
    pixels = CAMERA.project(corners, FRAMES)[0][0]
    outside = np.ones((224, 398), bool)
    low, high = np.floor(pixels.min(axis=0)).astype(int), np.ceil(pixels.max(axis=0)).astype(int)
    outside[max(0, low[1] - 1) : high[1] + 1, max(0, low[0] - 1) : high[0] + 1] = False
    assert (picture[outside] == 7).all() and (picture != 7).any()


def test_a_plane_out_of_the_picture_is_not_drawn():
    picture = np.zeros((224, 398, 3), np.uint8)
    view = marked(0, 0).view(CAMERA, FRAMES)
    view.draw(picture, 1)  # the camera looks far to the right
    assert not picture.any()
    x0, y0, x1, y1 = view.boxes[1]
    assert x1 <= x0 or y1 <= y0


@pytest.mark.parametrize("tilt", [0.02, 0.24, 0.5])
def test_a_plane_is_drawn_no_further_than_it_reaches_and_looks_as_if_it_were(tilt, monkeypatch):
    rng = np.random.default_rng(1)
    texture = rng.integers(0, 255, (400, 3000, 3), dtype=np.uint8)
    planes = [
        Plane.spanning(texture, (-66, 20, 0), (132, 0, 0), (0, -30, 0)),  # the ground, some of it beside the camera
        Plane.spanning(texture, (-66, -60, 0), (132, 0, 0), (0, -40, 0)),  # some of it behind the camera
        Plane.spanning(texture, (70, -90, 14), (0, 150, 0), (-20, 0, -12)),  # a stand beside the camera
    ]
    pan = np.linspace(-1.6, 1.6, 33)
    camera = CameraPath(np.array([0.0, -80.0, 20.0]), pan, np.full(33, tilt), np.full(33, 500.0), 398, 224)
    views = [plane.view(camera, slice(0, 33)) for plane in planes]
    monkeypatch.setattr("filming.planes._ends", lambda from_pixels, *_: np.tile([398, 224], (len(from_pixels), 1)))
    saved = drawn = 0
    for plane, view in zip(planes, views, strict=True):
        without_ends = plane.view(camera, slice(0, 33))
        saved += (view.boxes < without_ends.boxes).any(axis=1).sum()
        width = (view.boxes[:, 2] - view.boxes[:, 0]).clip(0)  # OpenCV rounds single pixels otherwise beyond a step
        assert ((width % 32 == 0) | (view.boxes[:, 2] == without_ends.boxes[:, 2])).all()
        for index in range(33):
            picture, expected = np.full((2, 224, 398, 3), 90, np.uint8)
            view.draw(picture, index)
            without_ends.draw(expected, index)
            assert (picture == expected).all()
            drawn += (picture != 90).any()
    assert saved > 20 and drawn > 20


def test_a_texture_is_painted_when_it_is_first_seen():
    painted = []

    def paint():
        painted.append(1)
        return np.full((40, 60, 3), 50, np.uint8)

    view = Plane.painted((40, 60), paint, (-6.0, 5.0, 0.0), (15.0, 0, 0), (0, -10.0, 0)).view(CAMERA, FRAMES)
    picture = np.zeros((224, 398, 3), np.uint8)
    view.draw(picture, 1)
    assert not painted
    view.draw(picture, 0)
    view.draw(picture, 0)
    assert len(painted) == 1 and picture.max() == 50
