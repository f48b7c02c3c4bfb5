"""From the picture to the court: points that a known camera projected come back."""

import numpy as np
import pytest

from course_lib.data.court import CONTACT_HEIGHT_M, place_on_court, places_on_court
from course_lib.data.events import Event
from course_lib.files import InputError

SIZE = (398, 224)


def camera(pan=0.1, tilt=0.25, focal=420.0, position=(1.0, -16.0, 6.0)):
    """A pinhole on the side of negative y that looks at the net and down."""
    right = np.array([np.cos(pan), -np.sin(pan), 0])
    forward = np.array([np.sin(pan) * np.cos(tilt), np.cos(pan) * np.cos(tilt), -np.sin(tilt)])
    down = np.cross(forward, right)
    calibration = np.array([[focal, 0, SIZE[0] / 2], [0, focal, SIZE[1] / 2], [0, 0, 1]])
    rotation = np.stack([right, down, forward])
    return calibration @ np.column_stack([rotation, -rotation @ np.array(position)])


def project(points, matrix):
    """One point after the other: fractions of the picture."""
    pictures = []
    for point in points:
        u, v, w = matrix @ np.append(point, 1.0)
        assert w > 0
        pictures.append((u / w / SIZE[0], v / w / SIZE[1]))
    return np.array(pictures)


def test_points_come_back():
    generator = np.random.default_rng(0)
    points = generator.uniform((-9, -4.5, 0), (9, 4.5, 3.5), (50, 3))
    matrix = camera()
    xy = project(points, matrix)
    back = place_on_court(xy, matrix, points[:, 2], SIZE)
    np.testing.assert_allclose(back, points[:, :2], atol=1e-9)
    # A scale of the matrix is no other camera.
    np.testing.assert_allclose(place_on_court(xy, 7 * matrix, points[:, 2], SIZE), points[:, :2], atol=1e-9)
    # One place alone, and one height for all.
    assert place_on_court(xy[3], matrix, points[3, 2], SIZE) == pytest.approx(points[3, :2])
    floor = np.column_stack([points[:, :2], np.zeros(50)])
    np.testing.assert_allclose(place_on_court(project(floor, matrix), matrix, 0.0, SIZE), points[:, :2], atol=1e-9)


def test_every_place_with_its_own_camera():
    generator = np.random.default_rng(1)
    points = generator.uniform((-9, -4.5, 0), (9, 4.5, 3.5), (5, 3))
    cameras = np.stack([camera(pan=0.02 * index, focal=400 + 10 * index) for index in range(5)])
    xy = np.concatenate([project(points[index : index + 1], cameras[index]) for index in range(5)])
    np.testing.assert_allclose(place_on_court(xy, cameras, points[:, 2], SIZE), points[:, :2], atol=1e-9)


def test_a_wrong_height_moves_the_place_along_the_ray():
    matrix, point = camera(), np.array([3.0, 1.0, 3.1])
    (xy,) = project([point], matrix)
    centre = np.array([1.0, -16.0])
    higher = place_on_court(xy, matrix, 3.4, SIZE)
    lower = place_on_court(xy, matrix, 2.8, SIZE)
    away = (point[:2] - centre) / np.linalg.norm(point[:2] - centre)
    for place, sign in ((higher, -1), (lower, 1)):
        step = (place - point[:2]) * sign
        assert step @ away == pytest.approx(np.linalg.norm(step))
        # 0.3 m of height over the slope of the ray: the camera is 2.9 m above the point and so far away.
        assert np.linalg.norm(step) == pytest.approx(0.3 * np.linalg.norm(point[:2] - centre) / 2.9)


def test_above_the_horizon_there_is_no_place():
    matrix = camera(tilt=0.0)  # the horizon is the middle row
    sky, ground = place_on_court([(0.5, 0.4), (0.5, 0.9)], matrix, 0.0, SIZE)
    assert np.isnan(sky).all() and np.isfinite(ground).all()
    # Above the camera's own height it is the other way round.
    sky, ground = place_on_court([(0.5, 0.4), (0.5, 0.9)], matrix, 8.0, SIZE)
    assert np.isfinite(sky).all() and np.isnan(ground).all()


def test_events_by_class_at_their_usual_heights():
    cameras = np.stack([camera(pan=0.01 * frame) for frame in range(10)])
    truth = {2: ("serve", (-9.2, 1.0)), 5: ("receive", (6.0, -2.0)), 9: ("serve", (9.1, 0.5))}
    events = [
        Event(label, frame, None, tuple(project([(*place, CONTACT_HEIGHT_M[label])], cameras[frame])[0]))
        for frame, (label, place) in truth.items()
    ]
    places = places_on_court([*events, Event("set", 4)], cameras, SIZE)
    assert list(places) == ["serve", "receive"]
    np.testing.assert_allclose(places["serve"], [(-9.2, 1.0), (9.1, 0.5)], atol=1e-9)
    np.testing.assert_allclose(places["receive"], [(6.0, -2.0)], atol=1e-9)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="serve at frame 10: expected one of the 10 frames"):
        places_on_court([Event("serve", 10, None, (0.5, 0.5))], np.zeros((10, 3, 4)), SIZE)
    with pytest.raises(InputError, match="class 'PASS' has no height"):
        places_on_court([Event("PASS", 1, None, (0.5, 0.5))], np.zeros((10, 3, 4)), SIZE)
    with pytest.raises(InputError, match=r"places \(3,\) and camera \(3, 4\)"):
        place_on_court((1, 2, 3), camera(), 0.0, SIZE)
