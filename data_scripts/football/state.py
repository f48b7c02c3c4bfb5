"""The state of a football match, in one place: who is where, the ball, the plans, and what is written down.

The modules of this package take it, read it and change it; it knows none of them. What somebody is going to do is
therefore a name here (`Act`), and what has just been done with the ball is what an act returns (`Played`); `play` turns
the one into the other.
"""

import random
from collections.abc import Generator
from typing import Literal, NamedTuple

import numpy as np

from filming.recorder import Gait, Recorder

from .ball import Flight, fly, resting
from .pitch import BALL_RADIUS, PLAYERS, opponents_of, team_of
from .players import Players
from .tendencies import Tendencies

__all__ = ["GAIT", "Act", "MatchState", "Played", "Script", "Touch"]

FLIGHT_SEC = 12.0
HAND_M = 0.32  # a held ball is this far in front of the body
GAIT = Gait(
    turn_rate=7.0, turn_share=0.4, walk_mps=0.6, turning_mps=0.8, short_stride_m=1.3, long_stride_m=2.4, full_mps=6.0
)

Act = Literal[
    "first_time", "control", "push", "release", "header", "block", "tackle", "foul", "air_foul", "save", "catch"
]


class Touch(NamedTuple):
    """A planned touch: when, by whom, and what he will do; None if he only has to be there."""

    frame: int
    player: int
    act: Act | None


class Played(NamedTuple):
    """A ball that is under way: who played it, how, and for whom."""

    kicker: int
    kind: str  # "PASS", "HIGH PASS", "CROSS", "SHOT", "THROW IN", "HEADER", or "loose"
    receiver: int | None = None


# Something that takes many frames, advanced once a frame; it may end with the ball being played.
Script = Generator[None, None, Played | None]


class MatchState:
    """A match at one frame.

    Attributes:
        frame: the frame being played.
        thinking_of: where the players expect the ball to be, by which they choose their places.
        touch: the planned next touch.
        holder: who has the ball in his hands; `hold_face` is where he will play it, `hold_height` how high it is.
        carry_until: frame at which the carrier means to play the ball.
        set_piece: how the dead ball will come into play, at `spot` and by `taker`; `hurried` if that is to be soon.
        victim: who has just lost the ball to a tackle.
        orders: player → place and pace, whatever the formation says.
        chasers: who runs where though he will come too late.
    """

    def __init__(
        self, seed: int, rng: random.Random, tendencies: Tendencies, fps: float, shapes: list[np.ndarray], kicking: int,
        places: np.ndarray,
    ):  # fmt: skip
        self.rng = rng
        self.noise = np.random.default_rng(seed)
        self.tendencies = tendencies
        self.fps = fps
        self.recorder = Recorder(fps, GAIT)
        self.frame = 0
        self.score = [0, 0]
        # Players.
        self.shapes = shapes
        self.players = Players(places)
        self.possession = kicking
        self.last_touch = 0
        self.wander = np.zeros(PLAYERS, complex)
        self.whim = np.zeros(PLAYERS, complex)
        self.thinking_of = 0j
        # The ball.
        self.flight: Flight = resting(0, (0.0, 0.0, BALL_RADIUS))
        self.holder: int | None = None
        self.hold_face = 1 + 0j
        self.hold_height = 1.1
        self._hold_direction = 1 + 0j
        self._blend: tuple[tuple[float, float, float], int, int] | None = None
        # Plans.
        self.touch: Touch | None = None
        self.script: Script | None = None
        self.carry_until = 0
        self.victim: int | None = None
        self.orders: dict[int, tuple[complex, float]] = {}
        self.release_orders_at: int | None = None
        self.chasers: dict[int, complex] = {}
        # A dead ball.
        self.in_play = False
        self.set_piece: str | None = None
        self.spot = 0j
        self.taker: int | None = None
        self.hurried = False

    # The ball.

    def ball(self) -> tuple[float, float, float]:
        """Where the ball is now, metres."""
        if self.holder is None:
            return self.flight.at(self.frame)
        hand = complex(self.players.xy[self.holder]) + HAND_M * self._hold_direction
        x, y, z = hand.real, hand.imag, self.hold_height
        if self._blend is not None:
            (x0, y0, z0), start, steps = self._blend
            part = min((self.frame - start) / steps, 1.0)
            part = part * part * (3.0 - 2.0 * part)
            x, y, z = x0 + part * (x - x0), y0 + part * (y - y0), z0 + part * (z - z0)
        return x, y, z

    def ball_xy(self) -> complex:
        """Where the ball is over the ground."""
        x, y, _ = self.ball()
        return complex(x, y)

    def launch(self, velocity: tuple[float, float, float]) -> None:
        """Give the ball a velocity now."""
        self.flight = fly(self.frame, self.ball(), velocity, FLIGHT_SEC, self.fps)
        self.holder = None

    def hold(self, player: int, seconds: float) -> None:
        """`player` takes the ball in his hands, which brings it there within `seconds`."""
        position = self.ball()
        self._blend = (position, self.frame, self.frames_in(seconds))
        velocity = complex(self.players.velocity[player])
        to_ball = complex(position[0], position[1]) - complex(self.players.xy[player])
        way = to_ball if abs(to_ball) > 0.2 else velocity
        self._hold_direction = way / abs(way) if abs(way) > 0.05 else 1 + 0j
        self.hold_height = 1.1
        self.holder = player

    def turn_ball_in_hands(self) -> None:
        """Who holds the ball faces where he walks, or where he is going to play it."""
        if self.holder is None:
            return
        velocity = complex(self.players.velocity[self.holder])
        wanted = velocity if abs(velocity) > 0.8 else self.hold_face
        if abs(wanted) > 0.05:
            turned = self._hold_direction + 0.15 * wanted / abs(wanted)
            if abs(turned) > 0.3:
                self._hold_direction = turned / abs(turned)
        self.recorder.face(self.holder, self.frame, self.frame, self._hold_direction)

    def lift_ball(self, height: float, seconds: float, spot: complex | None = None) -> Script:
        """Bring a held ball up or down to `height`, in front of the body or down at `spot`."""
        start = self.hold_height
        origin, steps = self.ball(), self.frames_in(seconds)
        for step in range(1, steps + 1):
            part = step / steps
            self.hold_height = start + part * (height - start)
            if spot is not None:
                here = origin[0] + part * (spot.real - origin[0]), origin[1] + part * (spot.imag - origin[1])
                self._blend = ((*here, self.hold_height), self.frame + 1, 10**6)
            yield

    def put_down(self) -> None:
        """Let go of the ball where it is."""
        self.flight = resting(self.frame, self.ball())
        self.holder = None
        self._blend = None

    # Time and plans.

    def frames_in(self, seconds: float) -> int:
        """Seconds as a number of frames, at least one."""
        return max(round(seconds * self.fps), 1)

    def wait(self, seconds: float) -> Script:
        """For scripts: let time pass."""
        for _ in range(self.frames_in(seconds)):
            yield

    def wait_until(self, frame: int) -> Script:
        """For scripts: let time pass until `frame`."""
        while self.frame < frame:
            yield

    def schedule(self, player: int, frame: int, act: Act | None, short_m: float) -> None:
        """Plan the next touch: `act` by `player` at `frame`, his body `short_m` from where the ball is then."""
        x, y, _ = self.flight.at(frame)
        place = complex(x, y)
        way = place - complex(self.players.xy[player])
        if abs(way) > 0.05:
            place -= way / abs(way) * min(short_m, abs(way))
        self.touch = Touch(frame, player, act)
        self.players.appointments[player] = (place, frame)

    def clear_plans(self) -> None:
        """Nobody is due to touch the ball any more."""
        self.touch = None
        self.chasers.clear()
        self.players.appointments.clear()
        self.players.divers.clear()

    def order(self, player: int, place: complex, pace: float) -> None:
        """Send a player somewhere, whatever the formation says."""
        self.orders[player] = (place, pace)
        self.players.aim[player], self.players.pace[player] = place, pace

    # What happened.

    def touched(self, player: int, label: str | None = None) -> None:
        """`player` has the ball now, by the action `label` if it has a label."""
        self.last_touch = player
        self.possession = team_of(player)
        if label is not None:
            self.recorder.label(self.frame, label, self.possession, player)

    def nearest_opponent(self, player: int, place: complex | None = None) -> float:
        """Distance from `player` (or from a place where he will be) to the nearest opponent, metres."""
        xy = self.players.xy[opponents_of(player)]
        return float(np.abs(xy - (self.players.xy[player] if place is None else place)).min())
