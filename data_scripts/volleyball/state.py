"""The state of a rally, in one place: who is where, the ball, what is planned; and the small words of the game.

The modules that decide what happens (`serve`, `build_up`, `net_play`) take it, read it and change it; it knows none of
them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from filming.recorder import Gait, Recorder
from filming.tracks import Pose

from .ball import GRAVITY, HARDEST, Arc, Point, aim, frames_over_net, roll_out
from .court import BALL_RADIUS, PLAYERS, SIDE, direction, inside, players_of, team_of
from .formation import Team
from .movement import CALM, Movement
from .tendencies import Tendencies

__all__ = ["FRONT_M", "GAIT", "HAND_Z", "HOLD_M", "Hit", "Plan", "RallyState", "Situation", "Step", "unit"]

GAIT = Gait(
    turn_rate=8.0, turn_share=0.45, walk_mps=2.2, turning_mps=1.2, short_stride_m=1.1, long_stride_m=2.3, full_mps=5.0
)
HOLD_M, HAND_Z = 0.36, 1.2  # a held ball is this far in front of the body, and this high
FRONT_M = 0.45  # the ball is this far in front of the body that digs it
REACH_SEC = 0.1  # before somebody who is to play the ball starts to move
# From the beginning of a movement to the contact, and from the contact to its end.
POSE_SEC = {
    Pose.SERVE: (0.44, 0.40),
    Pose.DIG: (0.28, 0.32),
    Pose.SET: (0.28, 0.28),
    Pose.SPIKE: (0.44, 0.40),
    Pose.BLOCK_JUMP: (0.36, 0.36),
}
Step = Literal["receive", "set", "spike", "block"]  # the next contact


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


class Plan(NamedTuple):
    """Who will play the ball where: his place, the ball's, how long it flies, which way he faces."""

    player: int
    place: complex
    end: Point
    frames: int
    facing: complex


class Hit(NamedTuple):
    """An attack as planned: who, where the ball is hit (in the attacker's own frame), his place and run."""

    player: int
    slot: str
    point: Point
    place: complex
    velocity: complex
    facing: complex


def unit(way: complex) -> complex:
    """Of length one."""
    return way / max(abs(way), 1e-9)


class RallyState:
    """A rally at the frame of a contact.

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
        self.recorder = Recorder(fps, GAIT)
        self.arcs: list[Arc] = []  # the flights of the ball
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

    # Words of the game.

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
        self.recorder.label(self.frame, label, team_of(player), player)
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
        self.arcs.append(arc)
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
            self.recorder.label(self.frame, "score", winner, self.last)
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

    # Who plays the ball, and where the others go.

    def plan_first_ball(self, player: int, wish: complex, z: float, frames: int, fall: float = GRAVITY) -> Plan:
        """The player goes to `wish` (on the court) as far as he gets; the ball comes to his arms.

        Args:
            z: height at which he plays it, metres.
            frames: how long the ball should fly; longer if the net asks for it.
        """
        way = direction(team_of(player))
        wish = complex(min((wish * way).real, -0.9), (wish * way).imag) * way
        source = self.ball.floor
        guess = Point(wish + FRONT_M * unit(source - wish), z)
        frames = max(frames, frames_over_net(self.ball, guess, self.fps, fall))
        delay = min(round(REACH_SEC * self.fps), frames // 4)
        place = self.movement.reachable(player, wish, self.frame + delay, self.frame + frames)
        facing = unit(source - place)
        end = Point(place + FRONT_M * facing, z)
        return Plan(player, place, end, max(frames, frames_over_net(self.ball, end, self.fps, fall)), facing)

    def commit(self, plan: Plan, fall: float = GRAVITY) -> None:
        """Do as planned: the player goes, the ball flies."""
        delay = min(round(REACH_SEC * self.fps), plan.frames // 4)
        self.movement.meet(plan.player, plan.place, self.frame + delay, self.frame + plan.frames)
        self.toucher, self.facing = plan.player, plan.facing
        self.send(plan.end, plan.frames, fall)

    def choose_gap(self, team: int, spots: Sequence[complex]) -> complex:
        """Of places on the court, the one farthest from every player of `team`."""
        standing = [self.movement.xy(player, self.frame) for player in players_of(team)]
        return max(spots, key=lambda spot: min(abs(spot - xy) for xy in standing))

    def chase(self, team: int, spot: complex) -> None:
        """Whoever is nearest tries for a ball that nobody will reach."""
        nearest = min(players_of(team), key=lambda player: abs(self.movement.xy(player, self.frame) - spot))
        later = self.frame + self.frames(0.18)
        xy = self.movement.xy(nearest, later)
        self.movement.go(nearest, xy + (spot - xy) * 0.6, later, 7.0)

    def to_base(self, side: int) -> None:
        """A side that has played the ball over goes back to where it waits."""
        self.teams[side].swapped = False
        for role in range(SIDE):
            self.order(self.player(side, role), self.teams[side].base(role))

    def free_ball(self, side: int) -> Step:
        """The ball drifts over the net to `side`, who take it with ease."""
        rotation = self.teams[side]
        player = self.player(side, rotation.back(("left", "middle", "right")[int(self.rng.integers(3))]))
        self.to_base(1 - side)
        stray = complex(self.uniform(-0.3, 1.5), self.uniform(-0.8, 0.8)) * direction(side)
        wish = self.movement.xy(player, self.frame) + stray
        self.commit(self.plan_first_ball(player, wish, self.uniform(0.7, 1.0), self.frames(self.uniform(1.1, 1.5))))
        return "receive"

    def _starting_places(self) -> list[complex]:
        """Everybody near his place in the formation."""
        places = [0j] * PLAYERS
        for team, rotation in enumerate(self.teams):
            for role in range(SIDE):
                spot = rotation.line_up(role) or -10.6 + 0j
                stray = complex(self.uniform(-0.5, 0.5), self.uniform(-0.5, 0.5))
                places[self.player(team, role)] = (spot + stray) * direction(team)
        return places
