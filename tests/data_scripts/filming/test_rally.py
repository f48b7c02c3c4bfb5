"""A filmed rally: pictures, labels, tracks and camera agree, and the net is in front of what is beyond it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from filming_rally import CONTACTS, scripted_rally

import filming.rally_file
from filming.camera import MOST_WIDENING, CameraPath, hold_in_picture
from filming.film import Film
from filming.hall import HALL_CAMERAS, VOLLEYBALL
from volleyball.filmed import ball_places

SIZE = (398, 224)
FRAMES = [frame for frame, *_ in CONTACTS]


def film_of(tracks, camera="near", seed=5, take=1):
    return Film(tracks, HALL_CAMERAS[camera], SIZE, seed, venue=VOLLEYBALL, take=take)


def picture_at(film, frame):
    for index, picture in enumerate(film.pictures()):
        if index == frame:
            return picture.copy()
    raise AssertionError(f"the film has no frame {frame}")


@pytest.fixture(scope="module")
def film():
    return film_of(scripted_rally())


@pytest.fixture(scope="module")
def shown(film):
    return [picture.copy() for picture in film.pictures()]


@pytest.mark.parametrize("camera", HALL_CAMERAS)
@pytest.mark.parametrize("seed", range(3))
def test_every_contact_is_in_the_picture_at_the_size_that_is_meant(camera, seed):
    film = film_of(scripted_rally(), camera, seed)
    places = ball_places(film)
    margin = VOLLEYBALL.contact_margin
    assert all(margin - 1e-6 <= value <= 1 - margin + 1e-6 for place in places for value in place)
    radius = film.truth().ball_radius_px[FRAMES]
    low, high = {"near": (2.4, 3.7), "broadcast": (1.6, 2.3)}[camera]
    assert low < radius.min() and radius.max() < high


def test_broadcast_hardly_moves_and_shows_the_whole_court():
    film = film_of(scripted_rally(), "broadcast")
    assert np.ptp(film.camera.pan_rad) < 0.1 < np.ptp(film_of(scripted_rally()).camera.pan_rad)
    corners = np.array([(x, y, 0.0) for x in (-9, 9) for y in (-4.5, 4.5)])
    pixels, _ = film.camera.project(np.broadcast_to(corners, (150, 4, 3)))
    assert ((pixels > -25) & (pixels < [398 + 25, 224])).all()


def test_the_ball_is_drawn_where_the_label_says(film, shown):
    tracks = scripted_rally()
    gone = film_of(replace(tracks, ball_m=tracks.ball_m + np.float32([0, 500, 0])))
    gone.camera, gone.contacts, gone.planes = film.camera, film.contacts, film.planes
    without = [picture.copy() for _, picture in zip(range(FRAMES[-1] + 1), gone.pictures(), strict=False)]
    checked = 0
    for action, place in zip(tracks.actions, ball_places(film), strict=True):
        changed = np.abs(shown[action.frame].astype(int) - without[action.frame]).max(axis=-1)
        x, y = np.array(place) * SIZE
        rows, columns = np.nonzero(changed > 60)
        near = (np.abs(columns + 0.5 - x) < 5) & (np.abs(rows + 0.5 - y) < 5)
        if action.label in ("block", "set"):  # hands, and the net, may hide most of it
            continue
        weight = changed[rows[near], columns[near]]
        centre = np.array([(columns[near] * weight).sum(), (rows[near] * weight).sum()]) / weight.sum() + 0.5
        assert centre == pytest.approx((x, y), abs=1.2), action
        checked += 1
    assert checked == 4


def test_the_ball_is_yellow_and_blue(film, shown):
    x, y = (np.array(ball_places(film)[-1]) * SIZE).astype(int)  # on the floor, where nobody stands
    around = shown[FRAMES[-1]][y - 3 : y + 4, x - 3 : x + 4].astype(int)
    yellow = (around[..., 0] > 150) & (around[..., 1] > 120) & (around[..., 2] < around[..., 1] - 40)
    blue = around[..., 2] > around[..., 0] + 40
    assert yellow.sum() >= 5 and blue.sum() >= 3


@pytest.mark.parametrize("side", [-1, 1])
def test_the_net_is_drawn_over_what_is_beyond_it_and_under_what_is_before_it(side):
    tracks = scripted_rally()
    film = film_of(tracks)
    camera_side = np.sign(film.camera.position_m[0])
    # The ball on the line from the camera to the upper tape, half a metre to either side of the net.
    tape = np.array([0.0, 0.5, 2.395])
    way = tape - film.camera.position_m
    ball = tape - way / abs(way[0]) * 0.5 * side  # towards the camera for +1
    assert np.sign(ball[0]) == camera_side * side
    tracks.ball_m[:] = ball
    tracks.players_m[:] += np.float32([0, 40])
    again = film_of(tracks)
    again.camera, again.planes = film.camera, film.planes
    pixels, _ = film.camera.project(np.broadcast_to(tape, (150, 3)))
    x, y = pixels[60].astype(int)
    around = picture_at(again, 60)[y - 1 : y + 2, x - 1 : x + 2].astype(int)
    white = (around.min(axis=-1) > 150).sum()
    assert white <= 2 if side > 0 else white >= 3


def test_takes_share_the_hall_and_differ_in_noise(film, shown):
    other = film_of(scripted_rally(), take=2)
    assert other.look == film.look and (other.camera.position_m == film.camera.position_m).all()
    assert (picture_at(other, 3) != shown[3]).any()
    assert (picture_at(film_of(scripted_rally()), 3) == shown[3]).all()


def test_the_score_bug_says_nothing_of_a_point_when_it_falls(film, shown):
    point = FRAMES[-1]
    bug = (slice(10, 19), slice(72, 90))
    assert (shown[point - 1][bug] == shown[point + 1][bug]).all()
    tracks = scripted_rally(point + 80)
    later = picture_at(film_of(tracks), point + 78)
    assert (later[bug] != shown[point + 1][bug]).any()


def test_a_lost_point_widens_the_picture_and_a_kept_one_does_not():
    still = np.zeros(200)
    path = CameraPath(np.array([0.0, -25.0, 9.0]), still, still + 0.3, still + 700.0, *SIZE)
    point = np.array([[9.0, 0.0, 1.0]])
    held = hold_in_picture(path, point, np.array([100]), 25.0, margin=0.05)
    x = held.project(np.broadcast_to(point, (200, 3)))[0][100, 0]
    assert x == pytest.approx(398 * 0.95, abs=0.01)
    assert held.focal_px[0] == held.focal_px[199] == 700.0
    assert np.abs(np.diff(held.focal_px)).max() < 20  # gently
    assert (hold_in_picture(path, point * 0, np.array([100]), 25.0, 0.05).focal_px == 700.0).all()
    far = hold_in_picture(path, np.array([[60.0, 0.0, 1.0]]), np.array([100]), 25.0, 0.05)
    assert far.focal_px[100] == pytest.approx(700.0 / MOST_WIDENING)
    assert hold_in_picture(path, np.zeros((0, 3)), np.zeros(0, int), 25.0, 0.05) is path


def test_a_place_outside_the_picture_is_none():
    film = film_of(scripted_rally())
    film.camera = replace(film.camera, pan_rad=film.camera.pan_rad + 0.7)
    assert ball_places(film) == [None] * len(CONTACTS)


@pytest.fixture(scope="module")
def written(film, tmp_path_factory):
    path = tmp_path_factory.mktemp("rally") / "rally_001.npz"
    filming.rally_file.write_rally(path, film)
    with np.load(path) as file:
        return dict(file)


def test_the_documentation_names_every_array_with_its_shape_and_type(written):
    table = re.findall(r"^    (\w+) +(\w+) +\[([^\]]*)\]", filming.rally_file.__doc__, re.MULTILINE)
    sizes = {"T": 150, "P": 12}
    documented = {
        name: (dtype, tuple(sizes.get(axis) or int(axis) for axis in shape.split(", ") if axis))
        for name, dtype, shape in table
    }
    assert documented == {name: (str(array.dtype), array.shape) for name, array in written.items()}


def test_the_written_camera_gives_the_labels_again(film, written):
    for (frame, *_), place in zip(CONTACTS, ball_places(film), strict=True):
        x, y, depth = written["camera"][frame] @ [*written["ball_m"][frame].astype(float), 1.0]
        assert (x / depth / 398, y / depth / 224) == pytest.approx(place, abs=1e-6)
    feet = np.concatenate([written["players_m"], np.zeros((150, 12, 1)), np.ones((150, 12, 1))], axis=-1)
    projected = np.einsum("tij,tpj->tpi", written["camera"], feet)
    assert np.abs(projected[..., :2] / projected[..., 2:] - written["players_px"]).max() < 0.6  # metres are rounded
