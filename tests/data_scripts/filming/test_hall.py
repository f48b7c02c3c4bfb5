"""The hall: lines where the rules put them, a net that hides the right things, looks that can be told apart."""

import numpy as np
import pytest

import volleyball.court
from filming import court, hall, net
from filming.appearance import COLOURS, colour_distance
from filming.camera import follow
from filming.capsules import Bar, view_bars
from filming.court import FLOOR_X_M, LINE_M, floor_planes
from filming.ground import paint_coverage
from filming.hall import HALL_CAMERAS, VOLLEYBALL
from filming.hall_look import BALL_LIKE, draw_hall_look
from filming.net import ANTENNA_TOP_M, NET_BOTTOM_M, NET_TOP_M, POST_Y_M, view_net
from filming.stadium import FOOTBALL

SIZE, FRAMES = (398, 224), slice(0, 3)
LOOKS = [draw_hall_look(seed) for seed in range(40)]


def camera_at(x=0.0, y=0.0, name="near", seed=1):
    return follow(np.tile([x, y, 0.1], (3, 1)), 25.0, HALL_CAMERAS[name], SIZE, VOLLEYBALL.half_m, seed)


def painted(x: float, y: float) -> float:
    """How white the floor is at a place, from a fine texture around it."""
    coverage = paint_coverage(court._painted, LINE_M, FLOOR_X_M, (y - 0.5, y + 0.5), (200, 12000))
    return float(coverage[99:101, int((x - FLOOR_X_M[0]) * 200)].mean())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (0.0, 2.0),  # centre line
        (4.0, 4.5 - LINE_M / 2),  # side line, within the court
        (-9 + LINE_M / 2, 1.0),  # end line, within the court
        (3.0 - LINE_M / 2, -1.0),  # the rear edge of the attack line is 3 m from the axis of the centre line
        (-3.0 + LINE_M / 2, 3.0),
        (3.0 - LINE_M / 2, 4.5 + 0.2 + 0.07),  # the first short line of its extension
        (-9.27, 4.5 - LINE_M / 2),  # the mark of the service zone
    ],
)
def test_lines_are_where_the_rules_put_them(x, y):
    assert painted(x, y) > 0.6


@pytest.mark.parametrize(("x", "y"), [(1.5, 2.0), (9.05, 0.0), (5.0, 4.55), (3.05, 1.0), (2.975, 4.6), (-9.27, 0.0)])
def test_the_floor_is_bare_elsewhere(x, y):
    assert painted(x, y) == 0.0


def test_the_hall_has_the_size_that_is_played_in():
    assert (2 * volleyball.court.HALF_LENGTH, 2 * volleyball.court.HALF_WIDTH) == court.COURT_M
    assert volleyball.court.ATTACK_LINE == court.ATTACK_M
    assert (volleyball.court.NET_TOP, volleyball.court.NET_BOTTOM) == (NET_TOP_M, NET_BOTTOM_M)
    assert volleyball.court.NET_HALF_WIDTH == net.NET_HALF_WIDTH_M
    assert VOLLEYBALL.ball_radius_m == volleyball.court.BALL_RADIUS
    assert (volleyball.court.BOARD_X, volleyball.court.BOARD_Y) == (hall.BOARD_X_M, hall.BOARD_Y_M)


@pytest.mark.parametrize("seed", range(6))
def test_court_and_free_zone_have_their_colours_in_the_picture(seed):
    look, camera = LOOKS[seed], camera_at()
    picture = np.zeros((224, 398, 3), np.uint8)
    for plane in floor_planes(look, float(camera.focal_px[0]), camera.position_m):
        plane.view(camera, FRAMES).draw(picture, 0)
    places = np.array([[(4.6, -2.0, 0.0), (4.6, 5.8, 0.0), (4.6, 4.475, 0.0)]] * 3)
    on_court, outside, line = camera.project(places, FRAMES)[0][0].astype(int)
    for (x, y), colour in ((on_court, look.lit(look.court)), (outside, look.lit(look.free_zone))):
        seen = picture[y - 1 : y + 2, x - 2 : x + 3].mean(axis=(0, 1))
        assert colour_distance(tuple(seen), colour) < 150
    column = picture[line[1] - 3 : line[1] + 4, line[0]].astype(int).sum(axis=-1)
    assert column.max() > picture[on_court[1], on_court[0]].astype(int).sum() + 20  # a thin white line between them


def test_the_net_hangs_where_it_should_and_one_sees_through_it():
    camera, look = camera_at(x=1.0), LOOKS[3]
    view = view_net(camera, FRAMES, look, (200, 30, 30))
    picture = np.full((224, 398, 3), 90, np.uint8)
    [(_, draw)] = view.parts(0)
    draw(picture, 0)

    def at(y, z):
        return camera.project(np.array([[(0.0, y, z)]] * 3), FRAMES)[0][0, 0]

    x, y = at(0.0, NET_TOP_M - 0.035).astype(int)
    assert picture[y - 1 : y + 2, x - 1 : x + 2].max() > 215  # the white tape
    x, y = at(1.0, 1.9).astype(int)
    mesh = picture[y - 1 : y + 2, x : x + 2].astype(int)
    assert mesh.max() < 88 and mesh.min() > 38  # darkened, not covered: the mesh itself is nearly black
    x, y = at(1.0, 0.8).astype(int)
    assert (picture[y - 2 : y + 3, x - 1 : x + 2] == 90).all()  # nothing below it
    antenna = [picture[tuple(at(-4.5, z).astype(int)[::-1])].astype(int) for z in np.arange(2.6, ANTENNA_TOP_M, 0.1)]
    red = [pixel[0] - pixel[1] > 60 for pixel in antenna]
    assert any(red) and not all(red)
    x, y = at(-POST_Y_M, 1.0).astype(int)
    assert picture[y, x, 0] > 150 > picture[y, x, 1]


@pytest.mark.parametrize("seed", range(8))
def test_no_camera_stands_in_the_plane_of_the_net(seed):
    for name in HALL_CAMERAS:
        assert abs(camera_at(name=name, seed=seed).position_m[0]) > 1.5


def test_the_net_hides_what_is_beyond_it_from_either_side():
    x = np.array([-3.0, -0.2, 0.2, 3.0])
    assert VOLLEYBALL.layers(x, np.array([-2.0, -25.0, 9.0])).tolist() == [2, 2, 0, 0]
    assert VOLLEYBALL.layers(x, np.array([2.0, -25.0, 9.0])).tolist() == [0, 0, 2, 2]
    assert FOOTBALL.layers(x, np.array([2.0, -25.0, 9.0])).tolist() == [1, 1, 1, 1]


def test_a_bar_covers_the_line_between_its_ends():
    camera = camera_at()
    view = view_bars([Bar((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), 0.1, (10, 200, 10))], camera, FRAMES)
    picture = np.zeros((224, 398, 3), np.uint8)
    view.draw(picture, 1)
    for z in (0.1, 1.0, 1.9):
        x, y = camera.project(np.array([[(0.0, 0.0, z)]] * 3), FRAMES)[0][1, 0].astype(int)
        assert picture[y, x].tolist() == [10, 200, 10]
    assert 2 < picture.any(axis=-1).sum(axis=1).max() < 10  # 5.7, and its soft edges
    away = view_bars([Bar((60.0, 0.0, 0.0), (60.0, 0.0, 2.0), 0.1, (10, 200, 10))], camera, FRAMES)
    assert not away.on_screen.any()


def test_teams_liberos_and_floor_can_be_told_apart_and_nobody_wears_the_ball():
    for look in LOOKS:
        home, away = (kit.shirt for kit in look.kits)
        assert colour_distance(home, away) >= 250
        for shirt in (home, away):
            assert colour_distance(shirt, look.court) >= 180
        for libero, kit in zip(look.keeper_kits, look.kits, strict=True):
            assert colour_distance(libero.shirt, kit.shirt) >= 150
            assert libero.gloves is None
        assert not {COLOURS[name] for name in BALL_LIKE} & {home, away}
    assert len({look.court for look in LOOKS}) > 20
    assert len({look.kits[0].shirt for look in LOOKS}) > 4


def test_the_same_seed_gives_the_same_look():
    assert draw_hall_look(3) == LOOKS[3] != LOOKS[4]
