"""A football match, played frame by frame.

The heart is one planned touch at a time: whenever the ball is touched its whole path is worked out, the next touch
(who, where, when) follows from that path, and in between everybody moves. Dead balls are scripts (`restarts`).
"""

import random
from collections.abc import Callable, Mapping

import numpy as np

from filming.tracks import Tracks

from . import keeper, restarts, touches
from .contest import next_touch
from .formation import draw_shapes, place_players, starting_places
from .pitch import PLAYERS, SIDE
from .state import Act, MatchState, Played
from .tendencies import REAL, Tendencies

__all__ = ["begin", "play_football", "run"]

PLACING_FRAMES = 5  # places are reconsidered this often
MISS_M = 1.2  # a planned touch needs the ball within this distance of the body
DIVE_M = 1.9  # and one by a diving keeper within this
ACTS: Mapping[Act, Callable[[MatchState, int], Played | None]] = {
    "first_time": touches.first_time,
    "control": touches.control,
    "push": touches.push,
    "release": touches.release,
    "header": touches.header,
    "block": touches.block,
    "tackle": touches.tackle,
    "foul": restarts.foul,
    "air_foul": restarts.air_foul,
    "save": keeper.save,
    "catch": keeper.catch,
}


def play_football(duration_sec: float, seed: int, tendencies: Tendencies = REAL, fps: float = 25.0) -> Tracks:
    """Play a match.

    Args:
        duration_sec: length in seconds; there is no half-time.
        seed: the same seed gives the same match.
        tendencies: what the teams are like.
        fps: frames per second.
    """
    return run(begin(seed, tendencies, fps), round(duration_sec * fps))


def begin(seed: int, tendencies: Tendencies = REAL, fps: float = 25.0) -> MatchState:
    """A match about to be kicked off."""
    rng = random.Random(seed)
    shapes, kicking = draw_shapes(rng), rng.randrange(2)
    match = MatchState(seed, rng, tendencies, fps, shapes, kicking, starting_places(shapes, kicking))
    match.script = restarts.first_kick_off(match, kicking)
    return match


def run(match: MatchState, frames: int) -> Tracks:
    """Play so many frames."""
    ball, xy = np.zeros((frames, 3), np.float32), np.zeros((frames, PLAYERS), np.complex64)
    in_play, score = np.zeros(frames, bool), np.zeros((frames, 2), np.uint8)
    for frame in range(frames):
        match.frame = frame
        match.turn_ball_in_hands()
        if match.touch is not None and match.touch.frame <= frame:
            _follow(match, _perform(match))
        elif match.in_play and match.holder is None and match.flight.exit == frame:
            match.clear_plans()
            restarts.ball_out(match)
        if match.script is not None:
            _follow(match, _advance(match))
        if frame % PLACING_FRAMES == 0:
            place_players(match)
        ball[frame], xy[frame] = match.ball(), match.players.xy
        in_play[frame], score[frame] = match.in_play, match.score
        match.players.step(frame, match.fps)
    return match.recorder.tracks(ball, xy, score, in_play, np.arange(PLAYERS) % SIDE == 0)


def _follow(match: MatchState, played: Played | None) -> None:
    """If the ball has been played, see who meets it."""
    if played is not None:
        next_touch(match, played)


def _perform(match: MatchState) -> Played | None:
    """Carry out the planned touch, unless the player did not get there: then the ball runs on."""
    _, player, act = match.touch
    match.touch = None
    match.players.appointments.pop(player, None)
    if act is None:
        return None
    reach = DIVE_M if player in match.players.divers else MISS_M
    if abs(match.ball_xy() - match.players.xy[player]) > reach:
        match.launch(match.flight.velocity(match.frame, match.fps))
        return Played(player, "loose")
    return ACTS[act](match, player)


def _advance(match: MatchState) -> Played | None:
    """One frame of the script, which may put another in its place."""
    script = match.script
    try:
        next(script)
    except StopIteration as end:
        if match.script is script:
            match.script = None
        return end.value
    return None
