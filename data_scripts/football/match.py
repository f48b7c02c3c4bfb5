"""A football match, played frame by frame.

The heart is one planned touch at a time: whenever the ball is touched its whole path is worked out, the next touch
(who, where, when) follows from that path, and in between everybody moves. Dead balls are scripts (`restarts`).
"""

import random
from collections.abc import Callable, Iterator

import numpy as np

from filming.tracks import Tracks

from . import contest, kick_off, restarts
from .ball import Flight, fly, resting
from .formation import SHAPES, place_players, shape_array, starting_places
from .pitch import BALL_RADIUS, PLAYERS, opponents_of, team_of
from .players import Players
from .recorder import Recorder
from .tendencies import REAL, Tendencies

__all__ = ["Match", "play"]

PLACING_FRAMES = 5  # places are reconsidered this often
FLIGHT_SEC = 12.0
HAND_M = 0.32  # a held ball is this far in front of the body
HURRY_SEC = 10.0  # for a restart that is to come sooner, players run
MISS_M = 1.2  # a planned touch needs the ball within this distance of the body
DIVE_M = 1.9  # and one by a diving keeper within this


def play(duration_sec: float, seed: int, tendencies: Tendencies = REAL, fps: float = 25.0) -> Tracks:
    """Play a match.

    Args:
        duration_sec: length in seconds; there is no half-time.
        seed: the same seed gives the same match.
        tendencies: what the teams are like.
        fps: frames per second.
    """
    return Match(duration_sec, seed, tendencies, fps).run()


class Match:
    """The state of a match. The modules of this package read it and change it."""

    def __init__(self, duration_sec: float, seed: int, tendencies: Tendencies, fps: float):
        self.rng = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.tendencies = tendencies
        self.fps = fps
        self.num_frames = round(duration_sec * fps)
        self.recorder = Recorder(self.num_frames, fps)
        self.shapes = [shape_array(self.rng.choice(sorted(SHAPES))) for _ in (0, 1)]
        self.frame = 0
        self.score = [0, 0]
        self.possession = self.rng.randrange(2)
        self.players = Players(starting_places(self.shapes, self.possession))
        self.wander = np.zeros(PLAYERS, complex)
        self.whim = np.zeros(PLAYERS, complex)
        self.flight: Flight = resting(0, (0.0, 0.0, BALL_RADIUS))
        self.holder: int | None = None
        self.hold_face = 1 + 0j
        self.hold_height = 1.1
        self._hold_direction = 1 + 0j
        self._blend: tuple[tuple[float, float, float], int, int] | None = None
        self._touch: tuple[int, int, Callable] | None = None
        self.carry_until = 0  # frame at which the carrier means to play the ball
        self.script: Iterator[None] | None = None
        self.in_play = False
        self.set_piece: str | None = None
        self.spot = 0j
        self.taker: int | None = None
        self.victim: int | None = None
        self.last_touch = 0
        self.orders: dict[int, tuple[complex, float]] = {}
        self.release_orders_at: int | None = None
        self.chasers: dict[int, complex] = {}
        self.hurried = False
        self.thinking_of = 0j
        self.script = kick_off.first_kick_off(self, self.possession)

    # The loop.

    def run(self) -> Tracks:
        """Play to the end."""
        for frame in range(self.num_frames):
            self.frame = frame
            self._turn_ball_in_hands()
            if self._touch is not None and self._touch[0] <= frame:
                self._perform()
            elif self.in_play and self.holder is None and self.flight.exit == frame:
                self.clear_plans()
                restarts.ball_out(self)
            if self.script is not None:
                script = self.script
                if next(script, script) is script and self.script is script:
                    self.script = None
            if frame % PLACING_FRAMES == 0:
                self._place()
            self.recorder.frame(frame, self.ball(), self.players.xy, self.in_play, self.score)
            self.players.step(frame, self.fps)
        return self.recorder.tracks()

    def _perform(self) -> None:
        """Carry out the planned touch, unless the player did not get there."""
        _, player, act = self._touch
        self._touch = None
        self.players.appointments.pop(player, None)
        if act is None:
            return
        x, y, _ = self.ball()
        reach = DIVE_M if player in self.players.divers else MISS_M
        if abs(complex(x, y) - self.players.xy[player]) > reach:
            self._missed(player)
            return
        act(self, player)

    def _missed(self, player: int) -> None:
        """The ball runs on; see who meets it now."""
        x, y, z = self.ball()
        self.launch(self.flight.velocity(self.frame, self.fps))
        contest.after_kick(self, player, "loose")

    def _place(self) -> None:
        """Let everybody reconsider where to be."""
        if self.release_orders_at is not None and self.frame >= self.release_orders_at:
            self.release_orders_at = None
            self.orders = {player: order for player, order in self.orders.items() if player == self.taker}
        if self.in_play:
            x, y, _ = self.flight.at(self.frame + self.frames_in(0.8)) if self.holder is None else self.ball()
            ahead = complex(min(max(x, -52.0), 52.0), min(max(y, -34.0), 34.0))
            self.thinking_of += 0.4 * (ahead - self.thinking_of)
        else:
            self.thinking_of = self.spot
        place_players(self)

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

    def _turn_ball_in_hands(self) -> None:
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

    def lower_ball(self, height: float, seconds: float, spot: complex | None = None) -> Iterator[None]:
        """Bring a held ball down to `height`, at `spot` or in front of the feet."""
        start = self.hold_height
        origin, steps = self.ball(), self.frames_in(seconds)
        for step in range(1, steps + 1):
            part = step / steps
            self.hold_height = start + part * (height - start)
            if spot is not None:
                here = origin[0] + part * (spot.real - origin[0]), origin[1] + part * (spot.imag - origin[1])
                self._blend = ((*here, self.hold_height), self.frame + 1, 10**6)
            yield

    def raise_ball(self, height: float, seconds: float) -> Iterator[None]:
        """Bring a held ball up, over the head for a throw-in."""
        yield from self.lower_ball(height, seconds)

    def put_down(self) -> None:
        """Let go of the ball where it is."""
        self.flight = resting(self.frame, self.ball())
        self.holder = None
        self._blend = None

    # Plans.

    def frames_in(self, seconds: float) -> int:
        """Seconds as a number of frames, at least one."""
        return max(round(seconds * self.fps), 1)

    def clear_plans(self) -> None:
        """Nobody is due to touch the ball any more."""
        self._touch = None
        self.chasers.clear()
        self.players.appointments.clear()
        self.players.divers.clear()

    def schedule(self, player: int, frame: int, act: Callable | None, short_m: float) -> None:
        """Plan the next touch: `act` by `player` at `frame`, his body `short_m` from where the ball is then."""
        x, y, _ = self.flight.at(frame)
        place = complex(x, y)
        way = place - complex(self.players.xy[player])
        if abs(way) > 0.05:
            place -= way / abs(way) * min(short_m, abs(way))
        self._touch = (frame, player, act)
        self.players.appointments[player] = (place, frame)

    def order(self, player: int, place: complex, pace: float) -> None:
        """Send a player somewhere, whatever the formation says."""
        self.orders[player] = (place, pace)
        self.players.aim[player], self.players.pace[player] = place, pace

    def wait(self, seconds: float) -> Iterator[None]:
        """For scripts: let time pass."""
        for _ in range(self.frames_in(seconds)):
            yield

    def wait_until(self, frame: int) -> Iterator[None]:
        """For scripts: let time pass until `frame`."""
        while self.frame < frame:
            yield

    def ready_for_kick_off(self) -> bool:
        """Whether everybody is in his own half, or nearly."""
        own_x = self.players.xy.real * np.repeat([1, -1], PLAYERS // 2)
        return int((own_x > 1.5).sum()) == 0

    # What happened.

    def label(self, label: str, player: int) -> None:
        """Write a labelled action down at this frame."""
        self.recorder.label(self.frame, label, team_of(player), player)

    def touched(self, player: int) -> None:
        """`player` has the ball now."""
        self.last_touch = player
        self.possession = team_of(player)

    def nearest_opponent(self, player: int, place: complex | None = None) -> float:
        """Distance from `player` (or from a place where he will be) to the nearest opponent, metres."""
        xy = self.players.xy[opponents_of(player)]
        return float(np.abs(xy - (self.players.xy[player] if place is None else place)).min())

    def stop(self, set_piece: str, team: int, spot: complex, taker: int, dead: int) -> None:
        """The ball is dead; `team` restarts with `set_piece` at `spot` after about `dead` frames."""
        self.in_play = False
        self.hurried = dead < HURRY_SEC * self.fps
        self.set_piece, self.possession, self.spot, self.taker = set_piece, team, spot, taker
        self.clear_plans()
        self._place()

    def restart(self) -> None:
        """The ball is in play again from this frame on."""
        self.in_play = True
        self.set_piece = self.taker = None
        self.orders.clear()
        self.players.appointments.clear()
