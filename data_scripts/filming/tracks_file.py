"""`tracks.npz`: where everybody and the ball were, in metres and in pixels, at every frame of a simulated video.

T frames, P players: home first, then away; players 0 and P/2 are the keepers. Metres: origin at the centre spot, x
along the pitch to the right of the picture, y away from the camera, z up. Pixels: from the top left corner of the
picture, x to the right, y down, fractions of a pixel kept; also given for what is outside the picture.

    fps                  float64 []         frames a second
    size_px              int32   [2]        width and height of the picture
    ball_m               float32 [T, 3]     the middle of the ball
    ball_px              float32 [T, 2]     the same in the picture
    ball_radius_px       float32 [T]        how large it appears
    ball_on_screen       bool    [T]        its middle is in the picture (somebody may stand before it)
    players_m            float32 [T, P, 2]  on the ground
    players_px           float32 [T, P, 2]  the same in the picture
    boxes_px             float32 [T, P, 4]  around the whole body: x0, y0, x1, y1
    players_on_screen    bool    [T, P]     some of the box is in the picture
    team                 uint8   [P]        0 home, plays from left to right; 1 away
    keeper               bool    [P]        is a goalkeeper
    pose                 uint8   [T, P]     0 moving, 1 kick, 2 header, 3 throw, 4 tackle, 5 block, 6 dive, 7 cheer
    pose_phase           float32 [T, P]     how far the pose has come, 0 to 1, the ball met at 0.5
    in_play              bool    [T]        False from a dead ball until the restart
    score                uint8   [T, 2]     goals of home and away so far

Metres are rounded to 1/64 and pixels to 1/8, which halves the file.
"""

from pathlib import Path

import numpy as np

from .film import Film, ScreenTruth

__all__ = ["track_arrays", "write_tracks"]


def write_tracks(path: Path, film: Film) -> np.ndarray:
    """Write the tracks of a film; returns ball_on_screen [T], which the labels need for their visibility."""
    truth = film.truth()
    np.savez_compressed(path, **track_arrays(film, truth))
    return truth.ball_on_screen


def track_arrays(film: Film, truth: ScreenTruth) -> dict[str, np.ndarray]:
    """The arrays of the table above, by name."""
    tracks = film.tracks
    return {
        "fps": np.float64(tracks.fps),
        "size_px": np.array(film.size, np.int32),
        "ball_m": _rounded(tracks.ball_m, 64),
        "ball_px": _rounded(truth.ball_px, 8),
        "ball_radius_px": _rounded(truth.ball_radius_px, 64),
        "ball_on_screen": truth.ball_on_screen,
        "players_m": _rounded(tracks.players_m, 64),
        "players_px": _rounded(truth.players_px, 8),
        "boxes_px": _rounded(truth.boxes_px, 8),
        "players_on_screen": truth.players_on_screen,
        "team": tracks.team,
        "keeper": tracks.keeper,
        "pose": tracks.pose,
        "pose_phase": _rounded(tracks.pose_phase, 64),
        "in_play": tracks.in_play,
        "score": tracks.score,
    }


def _rounded(values: np.ndarray, parts: int) -> np.ndarray:
    """To the nearest 1/parts, a power of two, so that the last bits are zero and compress away."""
    return (np.round(values.astype(np.float64) * parts) / parts).astype(np.float32)
