"""A rally, played from contact to contact.

The heart is one planned contact at a time: whenever the ball is touched, who plays it next, where and at which frame
are decided, the ball's flight follows from that, and everybody gets orders where to be. `serve`, `defence` (the first
ball of a side), `attack` (the second), `spiking` (the third) and `blocking` hold the decisions, this module the state
and the end.
"""

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from filming.tracks import Pose, Tracks

from .attack import set_ball
from .ball import GRAVITY, HARDEST, Arc, Point, aim, frames_over_net, roll_out
from .blocking import block
from .court import BALL_RADIUS, PLAYERS, SIDE, direction, inside, players_of, team_of
from .defence import receive
from .formation import Team
from .movement import CALM, Movement
from .plans import Hit, Step
from .recorder import Recorder
from .serve import HAND_Z, HOLD_M, serve
from .spiking import spike
from .tendencies import REAL, Tendencies

__all__ = ["Rally", "Situation", "play_rally"]

# From the beginning of a movement to the contact, and from the contact to its end.
POSE_SEC = {
    Pose.SERVE: (0.44, 0.40),
    Pose.DIG: (0.28, 0.32),
    Pose.SET: (0.28, 0.28),
    Pose.SPIKE: (0.44, 0.40),
    Pose.BLOCK_JUMP: (0.36, 0.36),
}
STEPS: Mapping[Step, Callable[["Rally"], Step | None]] = {
    "receive": receive,
    "set": set_ball,
    "spike": spike,
    "block": block,
}


@dataclass(frozen=True)
class Situation:
    """What a rally begins with.

    Attributes:
        serving: the team that serves.
        setter_at: for each team the position 1..6 of its setter, from which its rotation follows.
        score: points so far.
    """

    serving: int = 0
    setter_at: tuple[int, int] = (1, 1)
    score: tuple[int, int] = (0, 0)


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
    return Rally(np.random.default_rng(seed), fps, set_up or Situation(), tendencies).run()


class Rally:
    """The state of a rally. The modules of this package read it and change it.

    Attributes:
        frame: frame of the contact being played.
        ball: where the ball is at that frame.
        toucher: who plays it.
        last: who touched the ball last.
        end: first frame after the rally, once it is over.
    """

    def __init__(self, rng: np.random.Generator, fps: float, situation: Situation, tendencies: Tendencies):
        self.rng = rng
        self.fps = fps
        self.situation = situation
        self.tendencies = tendencies
        self.recorder = Recorder(fps)
        self.serving = situation.serving
        self.teams = [Team(situation.setter_at[team], team == self.serving) for team in (0, 1)]
        self.last = self.toucher = 0
        self.quality = 1.0  # of the first ball, 1 the best
        self.blockers: list[int] = []
        self.facing = 1 + 0j  # of the toucher, when he plays the ball
        self.bump = False  # the second ball is played with the forearms
        self.reception = False  # the first ball comes from the serve
        self.quick: tuple[Hit, int] | None = None  # the middle's run and the frame at which he hits
        self.hit: Hit | None = None
        self.last_spiker = 0
        self.server = self.serve_frame = 0
        self.loose_points = np.zeros((0, 3))
        self.end: int | None = None
        self.winner = 0
        self.loose: tuple[complex, float] = (0j, 0.0)
        self.frame = 0
        self.ball = Point(0j, HAND_Z)
        self.movement = Movement(self._starting_places(), fps)

    # Small words of the game, used by all modules.

    def frames(self, seconds: float) -> int:
        """Whole frames, at least one."""
        return max(1, round(seconds * self.fps))

    def uniform(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True that often."""
        return float(self.rng.random()) < probability

    def player(self, team: int, role: int) -> int:
        """Index of the player of `team` with that role."""
        return team * SIDE + role

    def own(self, player: int, frame: int | None = None) -> complex:
        """A player's place in his team's own frame."""
        return self.movement.xy(player, self.frame if frame is None else frame) * direction(team_of(player))

    def order(self, player: int, own_place: complex, delay_sec: float = 0.12, acceleration: float = CALM) -> None:
        """Send a player somewhere, a place in the own frame; he reacts a little later."""
        later = self.frame + round((delay_sec + self.uniform(-0.04, 0.08)) * self.fps)
        self.movement.go(player, own_place * direction(team_of(player)), max(later, self.frame), acceleration)

    def touch(self, label: str, pose: Pose, facing: complex) -> None:
        """The player whose turn it is meets the ball."""
        player = self.toucher
        self.recorder.label(self.frame, label, player, team_of(player))
        self.show(player, pose, self.frame, facing)
        self.last = player

    def show(self, player: int, pose: Pose, contact: int, facing: complex) -> None:
        """What a body does around a frame."""
        before, after = POSE_SEC[pose]
        self.recorder.pose(player, pose, contact, before, after)
        self.recorder.face(player, contact - round(before * self.fps), contact + round(0.12 * self.fps), facing)

    def send(self, end: Point, frames: int, fall: float = GRAVITY) -> Arc:
        """The ball flies; the game goes on where and when it arrives."""
        arc = aim(self.frame, self.ball, end, frames, self.fps, fall)
        self.recorder.arcs.append(arc)
        self.frame += frames
        self.ball = end
        return arc

    def land(self, floor: complex, frames: int, winner: int, fall: float = GRAVITY) -> None:
        """The ball flies and lands; that is the end."""
        end = Point(floor, BALL_RADIUS)
        arc = self.send(end, max(frames, frames_over_net(self.ball, end, self.fps, fall)), fall)
        velocity, vz = arc.velocity_after((self.frame - arc.frame) / self.fps)
        self.loose = velocity * 0.8, -0.72 * vz
        if inside(floor) and team_of(self.last) == winner:
            self.recorder.label(self.frame, "score", self.last, winner)
        self.finish(winner)

    def into_net(self, y: float, z: float, frames: int, fall: float = GRAVITY) -> None:
        """The ball flies into the net, falls down before it, and that is the end."""
        side = team_of(self.last)
        end = Point(complex(-BALL_RADIUS * direction(side), y), z)
        way_m = math.hypot(abs(end.floor - self.ball.floor), z - self.ball.z)
        arc = self.send(end, max(frames, math.ceil(way_m / HARDEST * self.fps)), fall)
        velocity, vz = arc.velocity_after((self.frame - arc.frame) / self.fps)
        self.loose = complex(-0.1 * velocity.real, 0.15 * velocity.imag), 0.15 * vz
        self.finish(1 - side, falls=True)

    def finish(self, winner: int, falls: bool = False) -> None:
        """The rally is over, at once or when the ball that the net stopped reaches the floor."""
        self.winner = winner
        tail = self.frames(self.uniform(*self.tendencies.tail_sec))
        points, landed = roll_out(self.ball, *self.loose, tail + (self.frames(1.5) if falls else 0), self.fps)
        self.end = self.frame + 1 + landed if falls else self.frame
        self.loose_points = points[: self.end + tail - self.frame]

    # The rally itself.

    def run(self) -> Tracks:
        """Play it."""
        step = serve(self)
        while step is not None:
            step = STEPS[step](self)
        assert self.end is not None
        self._afterwards()
        frames = self.frame + 1 + len(self.loose_points)
        score = np.tile(np.array(self.situation.score, np.uint8), (frames, 1))
        score[self.end :, self.winner] += 1
        paths = self.movement.sample(frames)
        first = self.recorder.arcs[0].frame
        hand = paths[:first, self.server] + HOLD_M * direction(self.serving)
        held = np.stack([hand.real, hand.imag, np.full(first, HAND_Z)], axis=-1)
        liberos = [self.player(team, t.libero) for team, t in enumerate(self.teams) if t.libero is not None]
        return self.recorder.tracks(paths, held, self.loose_points, score, slice(self.serve_frame, self.end), liberos)

    def _starting_places(self) -> list[complex]:
        """Everybody near his place in the formation."""
        places = [0j] * PLAYERS
        for team, rotation in enumerate(self.teams):
            for role in range(SIDE):
                spot = rotation.line_up(role) or -10.6 + 0j
                stray = complex(self.uniform(-0.5, 0.5), self.uniform(-0.5, 0.5))
                places[self.player(team, role)] = (spot + stray) * direction(team)
        return places

    def _afterwards(self) -> None:
        """The winners come together, the losers stay where they are or walk a little."""
        now = self.end + round(0.2 * self.fps)
        length = self.frame + 1 + len(self.loose_points)
        middle = complex(-3.2 * direction(self.winner), self.uniform(-0.8, 0.8))
        winners = sorted(players_of(self.winner), key=lambda p: cmath.phase(self.movement.xy(p, now) - middle))
        for player in range(PLAYERS):
            xy = self.movement.xy(player, now)
            if team_of(player) == self.winner:
                turn = cmath.rect(0.85, 2 * math.pi * (winners.index(player) + 0.5) / SIDE - math.pi)
                self.movement.go(player, middle + turn, now + self.frames(self.uniform(0.05, 0.35)), 3.5)
                start = now + round(self.uniform(0.1, 0.5) * self.fps)
                seconds = max((length - start) / self.fps, 0.4)
                self.recorder.pose(
                    player, Pose.CELEBRATE, start + round(seconds / 2 * self.fps), seconds / 2, seconds / 2
                )
            else:
                stray = complex(self.uniform(-0.7, 0.7), self.uniform(-0.7, 0.7))
                inner = complex(xy.real * 0.92, xy.imag * 0.9)
                self.movement.go(player, inner + stray, now + self.frames(self.uniform(0.3, 0.9)), 1.5)
