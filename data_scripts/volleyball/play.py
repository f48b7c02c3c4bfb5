"""Rallies, played from contact to contact, and the matches that they make up.

The heart is one planned contact at a time: whenever the ball is touched, who plays it next, where and at which frame
are decided, the ball's flight follows from that, and everybody gets orders where to be. Score, serve and rotation go on
from one rally to the next.
"""

import cmath
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from filming.tracks import Pose, Tracks

from .build_up import receive, set_ball
from .court import PLAYERS, SIDE, direction, players_of, team_of
from .movement import give_way
from .net_play import block, spike
from .serve import serve
from .state import HAND_Z, HOLD_M, RallyState, Situation, Step
from .tendencies import REAL, Tendencies

__all__ = ["next_situation", "play_rally", "play_volleyball"]

SET_POINTS = 25
LEAD = 2
STEADY_SEC = 0.25  # around a contact the player keeps his place
STEPS: Mapping[Step, Callable[[RallyState], Step | None]] = {
    "receive": receive,
    "set": set_ball,
    "spike": spike,
    "block": block,
}


def play_volleyball(seed: int, num_rallies: int, fps: float = 25.0, tendencies: Tendencies = REAL) -> Iterator[Tracks]:
    """The first rallies of a match, in order.

    Args:
        seed: the same seed gives the same match; a longer one begins like a shorter one.
        num_rallies: how many.
        fps: frames per second.
        tendencies: what the teams are like.
    """
    rng = np.random.default_rng(seed)
    situation = Situation(int(rng.integers(2)), (int(rng.integers(1, 7)), int(rng.integers(1, 7))))
    for _ in range(num_rallies):
        tracks = play_rally(int(rng.integers(2**62)), fps, set_up=situation, tendencies=tendencies)
        yield tracks
        winner = int(tracks.score[-1, 1] > situation.score[1])
        situation = next_situation(situation, winner)


def next_situation(before: Situation, winner: int) -> Situation:
    """What the next rally begins with.

    The side that wins the point serves; if it did not serve before, it rotates by one place clockwise. A set ends at 25
    points with two more than the other side; the next begins with the other side's serve.
    """
    score = (before.score[0] + (winner == 0), before.score[1] + (winner == 1))
    if max(score) >= SET_POINTS and abs(score[0] - score[1]) >= LEAD:
        return Situation(serving=1 - before.serving)
    setter_at = list(before.setter_at)
    if winner != before.serving:
        setter_at[winner] = (setter_at[winner] - 2) % 6 + 1
    return Situation(winner, (setter_at[0], setter_at[1]), score)


def play_rally(
    seed: int, fps: float = 25.0, *, set_up: Situation | None = None, tendencies: Tendencies = REAL
) -> Tracks:
    """Play a rally, from a few seconds before the serve to a few seconds after the point.

    Args:
        seed: the same seed and situation give the same rally.
        fps: frames per second.
        set_up: who serves, the rotations and the score; as at the beginning of a set if None.
        tendencies: what the teams are like.
    """
    rally = RallyState(np.random.default_rng(seed), fps, set_up or Situation(), tendencies)
    step = serve(rally)
    while step is not None:
        step = STEPS[step](rally)
    _afterwards(rally)
    return _tracks(rally)


def _afterwards(rally: RallyState) -> None:
    """The winners come together, the losers stay where they are or walk a little."""
    now = rally.end + round(0.2 * rally.fps)
    length = rally.frame + 1 + len(rally.loose_points)
    middle = complex(-3.2 * direction(rally.winner), rally.uniform(-0.8, 0.8))
    winners = sorted(players_of(rally.winner), key=lambda p: cmath.phase(rally.movement.xy(p, now) - middle))
    for player in range(PLAYERS):
        xy = rally.movement.xy(player, now)
        if team_of(player) == rally.winner:
            turn = cmath.rect(0.85, 2 * math.pi * (winners.index(player) + 0.5) / SIDE - math.pi)
            rally.movement.go(player, middle + turn, now + rally.frames(rally.uniform(0.05, 0.35)), 3.5)
            start = now + round(rally.uniform(0.1, 0.5) * rally.fps)
            seconds = max((length - start) / rally.fps, 0.4)
            rally.recorder.pose(
                player, Pose.CELEBRATE, start + round(seconds / 2 * rally.fps), seconds / 2, seconds / 2
            )
        else:
            stray = complex(rally.uniform(-0.7, 0.7), rally.uniform(-0.7, 0.7))
            inner = complex(xy.real * 0.92, xy.imag * 0.9)
            rally.movement.go(player, inner + stray, now + rally.frames(rally.uniform(0.3, 0.9)), 1.5)


def _tracks(rally: RallyState) -> Tracks:
    """What was played, frame by frame."""
    arcs, end = rally.arcs, rally.end
    frames = rally.frame + 1 + len(rally.loose_points)
    score = np.tile(np.array(rally.situation.score, np.uint8), (frames, 1))
    score[end:, rally.winner] += 1
    in_play = np.zeros(frames, bool)
    in_play[rally.serve_frame : end] = True
    paths = rally.movement.sample(frames)
    ball = np.empty((frames, 3))
    hand = paths[: arcs[0].frame, rally.server] + HOLD_M * direction(rally.serving)
    ball[: arcs[0].frame] = np.stack([hand.real, hand.imag, np.full(len(hand), HAND_Z)], axis=-1)
    for arc, last in zip(arcs, [arc.frame for arc in arcs[1:]] + [rally.frame], strict=True):
        ball[arc.frame : last + 1] = arc.at(np.arange(last + 1 - arc.frame) / rally.fps)
    ball[rally.frame + 1 :] = rally.loose_points
    free = np.ones((frames, PLAYERS))  # to leave one's path: 0 where one plays the ball, 1 well before and after
    for action in rally.recorder.actions:
        if action.label != "score":
            apart = (np.arange(frames) - action.frame) / (STEADY_SEC * rally.fps)
            free[:, action.player] *= 1.0 - np.exp(-(apart**2))
    liberos = [rally.player(team, t.libero) for team, t in enumerate(rally.teams) if t.libero is not None]
    keeper = np.isin(np.arange(PLAYERS), liberos)
    return rally.recorder.tracks(ball, give_way(paths, rally.fps, free), score, in_play, keeper)
