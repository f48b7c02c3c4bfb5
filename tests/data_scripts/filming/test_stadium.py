"""What stands around: goals, flags, boards, crowd and the score bug."""

import numpy as np
import pytest

from filming.appearance import draw_look
from filming.camera import CAMERAS, follow
from filming.flags import view_flags
from filming.goals import GOAL_HEIGHT_M, GOAL_WIDTH_M, view_goals
from filming.scorebug import ScoreBug
from filming.stands import BOARD_Y_M, stadium_planes

SIZE, HALF, FRAMES = (398, 224), (52.5, 34.0), slice(0, 3)
LOOK = draw_look(2)


def at(x: float, y: float, camera: str = "broadcast"):
    return follow(np.tile([x, y, 0.11], (3, 1)), 25.0, CAMERAS[camera], SIZE, HALF, seed=1)


def test_posts_and_bar_are_where_the_goal_is():
    camera = at(48.0, 0.0)
    left, right = view_goals(camera, FRAMES, 52.5, (255, 255, 255))
    assert right.seen(0) and not left.seen(0)
    picture = np.zeros((224, 398, 3), np.uint8)
    right.draw_back(picture, 0)
    far_and_bar = picture.copy()
    right.draw_front(picture, 0)
    half = GOAL_WIDTH_M / 2 + 0.06
    places = np.array([[(52.5, -half, 1.0), (52.5, half, 1.0), (52.5, 0.0, GOAL_HEIGHT_M + 0.06)]] * 3)
    near_post, far_post, bar = camera.project(places, FRAMES)[0][0].astype(int)
    assert far_and_bar[far_post[1], far_post[0]].min() > 200 and far_and_bar[bar[1], bar[0]].min() > 200
    assert picture[near_post[1], near_post[0]].min() > 200
    assert right.near_depth_m[0] < right.far_depth_m[0]
    net = (far_and_bar.max(axis=-1) > 40) & (far_and_bar.max(axis=-1) < 200)
    assert net.sum() > 100  # woven, so that one sees through it


def test_a_flag_stands_at_the_corner_that_the_camera_looks_at():
    camera = at(50.0, 32.0)
    flags = view_flags(camera, FRAMES, HALF, (200, 0, 0), (230, 230, 230))
    assert [bool(flag.on_screen[0]) for flag in flags] == [False, False, False, True]
    picture = np.zeros((224, 398, 3), np.uint8)
    flags[3].draw(picture, 0)
    foot = camera.project(np.array([[(52.5, 34.0, 0.5)]] * 3), FRAMES)[0][0, 0].astype(int)
    assert picture[foot[1], foot[0]].max() > 60


def test_boards_stand_behind_the_far_touchline_and_crowd_above_them():
    camera = at(0.0, 33.0, "near")
    picture = np.zeros((224, 398, 3), np.uint8)
    for plane in stadium_planes(LOOK, float(camera.focal_px[0]), camera.position_m):
        plane.view(camera, FRAMES).draw(picture, 0)
    line = np.array([[(0.0, BOARD_Y_M + 0.15, 0.5), (0.0, BOARD_Y_M - 1.0, 0.0), (3.0, 45.0, 3.1)]] * 3)
    board, grass, crowd = camera.project(line, FRAMES)[0][0].astype(int)
    assert picture[board[1], board[0] - 60 : board[0] + 60].any(axis=-1).all()
    assert not picture[grass[1], grass[0]].any()
    assert picture[crowd[1] - 8 : crowd[1] + 8, crowd[0] - 20 : crowd[0] + 20].std() > 8


def test_the_bug_is_drawn_again_only_when_clock_or_score_change():
    bug = ScoreBug(("GRE", "INV"), LOOK.kits, 398, style_seed=0)
    blank = np.zeros((224, 398, 3), np.uint8)

    def shown(seconds, score):
        picture = blank.copy()
        bug.draw(picture, seconds, score)
        return picture

    first = shown(59, (0, 0))
    kept = bug._bug
    assert (shown(59, (0, 0)) == first).all() and bug._bug is kept
    assert (shown(60, (0, 0)) != first).any()
    assert (shown(59, (1, 0)) != first).any()
    rows, columns = np.nonzero(first.any(axis=-1))
    assert rows.max() < 30 and columns.max() < 140  # a corner, and no more


@pytest.mark.parametrize("width", [96, 224, 1280])
def test_the_bug_fits_every_picture(width):
    picture = np.zeros((width // 2, width, 3), np.uint8)
    ScoreBug(("GRE", "INV"), LOOK.kits, width, 0).draw(picture, 5999, (12, 10))
    assert picture.any()
