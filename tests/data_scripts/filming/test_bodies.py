"""Bodies as outlines: capsules of the right size, the far side first, boxes around everything."""

import cv2
import numpy as np
import pytest
from filming_tracks import acting

from filming.appearance import draw_look
from filming.bodies import FAR_SHADE, ORDERS, body_boxes, body_outlines, draw_body, draw_outfits, octagons
from filming.figures import JOINT, find_contacts, pose_bodies
from filming.tracks import Pose

PX = 30.0  # pixels a metre


def flat(heading: float):
    """Joints of somebody standing, seen from -y without perspective: pixels [1, J, 2] and depth [1, J]."""
    tracks = acting(Pose.MOVE, (9, 9, 0.1), heading)
    joints = pose_bodies(tracks, find_contacts(tracks), slice(0, 1))[:, 0]
    return np.stack([100 + PX * joints[..., 0], 100 - PX * joints[..., 2]], axis=-1), 80 + joints[..., 1]


def outline_of(name: str, heading: float) -> np.ndarray:
    pixels, depth = flat(heading)
    outlines = body_outlines(pixels, depth, np.array([PX]))[0] / 16.0 + 0.5
    return outlines[[part.name for part in ORDERS[0]].index(name)]


def test_a_capsule_covers_its_ends_and_little_more():
    outline = octagons(np.array([20.0, 30.0]), np.array([60.0, 30.0]), np.array(5.0), np.array(5.0))
    picture = np.zeros((60, 80), np.uint8)
    cv2.fillConvexPoly(picture, outline, 255, cv2.LINE_AA, 4)
    assert picture[30, 20] == picture[30, 40] == picture[30, 60] == 255
    assert picture[30, 68] == picture[37, 40] == 0
    area = picture.sum() / 255
    assert area == pytest.approx(40 * 10 + np.pi * 25, rel=0.08)


def test_a_capsule_of_no_length_is_still_drawn():
    outline = octagons(np.array([20.0, 30.0]), np.array([20.0, 30.0]), np.array(3.0), np.array(3.0))
    assert len(np.unique(outline, axis=0)) > 4


def test_shoulders_are_wide_from_the_front_and_narrow_from_the_side():
    front, side = (np.ptp(outline_of("shirt", heading)[:, 0]) / PX for heading in (-np.pi / 2, 0.0))
    assert 0.36 < front < 0.50
    assert 0.20 < side < 0.34


def test_the_face_is_hidden_from_behind():
    def width(heading):
        return np.ptp(outline_of("face", heading)[:, 0])

    assert width(-np.pi / 2) > 3 * width(np.pi / 2)


def test_the_far_limbs_come_first():
    pixels, depth = flat(0.4)  # faces right and a little away, so that the left side is away from the camera
    outlines = body_outlines(pixels, depth, np.array([PX]))[0]
    mirrored_depth = 160 - depth
    other = body_outlines(pixels, mirrored_depth, np.array([PX]))[0]
    shirt = [part.name for part in ORDERS[0]].index("shirt")
    assert (outlines[0] == other[-3]).all() and (outlines[-3] == other[0]).all()
    assert (outlines[shirt] == other[shirt]).all()
    where = [outlines[place].mean(axis=0)[0] / 16 for place in (0, -3)]
    assert where[0] < where[1] - 2  # seen from behind on the right, the left arm is on the left


def test_outfits_follow_kit_and_light():
    look = draw_look(3)
    team, keeper = np.array([0, 1, 0, 1]), np.array([False, False, True, True])
    names = [part.name for part in ORDERS[0]]
    shirts = [outfit.colours[names.index("shirt")] for outfit in draw_outfits(look, team, keeper)]
    kits = [*look.kits, *look.keeper_kits]
    assert shirts == [look.lit(kit.shirt) for kit in kits]
    first = draw_outfits(look, team, keeper)[0].colours
    assert first[0] == look.lit(look.kits[0].sleeves, FAR_SHADE)
    assert first[-3] == look.lit(look.kits[0].sleeves)


def test_drawing_stays_within_the_box():
    look = draw_look(3)
    pixels, depth = flat(0.4)
    picture = np.zeros((140, 200, 3), np.uint8)
    outfit = draw_outfits(look, np.array([0]), np.array([False]))[0]
    draw_body(picture, body_outlines(pixels, depth, np.array([PX]))[0], outfit)
    rows, columns = np.nonzero(picture.any(axis=-1))
    x0, y0, x1, y1 = body_boxes(pixels, np.array([PX]))[0]
    assert x0 - 1 <= columns.min() and columns.max() <= x1 + 1
    assert y0 - 1 <= rows.min() and rows.max() <= y1 + 1
    assert pixels[0, JOINT["head"]] == pytest.approx([(x0 + x1) / 2, y0], abs=15)
    assert 1.7 < (rows.max() - rows.min()) / PX < 1.95
