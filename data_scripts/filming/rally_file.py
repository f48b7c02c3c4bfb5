"""`rally_001.npz`: where everybody and the ball were, and how the camera saw them, at every frame of a filmed rally.

T frames, P = 12 players: home (0 ... 5, on x < 0), then away. Metres: origin on the floor under the middle of the net,
x along the court to the right of the picture, y away from the camera, z up. Pixels: from the top left corner of the
picture, x to the right, y down, fractions of a pixel kept; also given for what is outside the picture.

    fps                  float64 []         frames a second
    size_px              int32   [2]        width and height of the picture
    camera               float64 [T, 3, 4]  homogeneous metres (x, y, z, 1) to homogeneous pixels (u w, v w, w)
    ball_m               float32 [T, 3]     the middle of the ball
    ball_px              float32 [T, 2]     the same in the picture
    ball_radius_px       float32 [T]        how large it appears
    ball_on_screen       bool    [T]        its middle is in the picture (somebody may stand before it)
    players_m            float32 [T, P, 2]  on the ground
    players_px           float32 [T, P, 2]  the same in the picture
    boxes_px             float32 [T, P, 4]  around the whole body: x0, y0, x1, y1
    players_on_screen    bool    [T, P]     some of the box is in the picture
    team                 uint8   [P]        0 home, 1 away
    keeper               bool    [P]        is a libero
    pose                 uint8   [T, P]     0 moving, 6 dive, 7 cheer, 8 serve, 9 dig, 10 set, 11 spike, 12 block
    pose_phase           float32 [T, P]     how far the pose has come, 0 to 1, the ball met at 0.5
    in_play              bool    [T]        from the serve until the ball is dead
    score                uint8   [T, 2]     points of home and away so far

Ball and camera are whole, so that they give the places of the labels again; players' metres are rounded to 1/64 and
their pixels to 1/8.
"""

from pathlib import Path

import numpy as np

from .film import Film
from .tracks_file import track_arrays

__all__ = ["write_rally"]


def write_rally(path: Path, film: Film) -> None:
    """Write the tracks of a filmed rally."""
    truth = film.truth()
    exact = {
        "camera": film.camera.matrices(),
        "ball_m": film.tracks.ball_m.astype(np.float32),
        "ball_px": truth.ball_px,
        "ball_radius_px": truth.ball_radius_px,
    }
    np.savez_compressed(path, **(track_arrays(film, truth) | exact))
