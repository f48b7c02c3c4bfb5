"""The ball in three dimensions: gravity, air drag, bounce, rolling friction, goal frame and nets, boards.

A touch gives the ball a velocity; `fly` then works out its whole path at once, frame by frame, until it rests. The
players read the same path to see where they can meet it, so a touch always happens where the ball really is.
"""

import math

import numpy as np

from .pitch import BALL_RADIUS, BOARD_X, BOARD_Y, GOAL_DEPTH, GOAL_HALF_WIDTH, GOAL_HEIGHT, HALF_LENGTH, HALF_WIDTH

__all__ = ["Flight", "fly", "loft_speed", "resting", "roll_speed"]

GRAVITY = 9.81  # m/s^2
AIR_DRAG = 0.0133  # 1/m: half density x drag coefficient x cross-section / mass of a football
ROLL_FRICTION = 1.0  # m/s^2, on short wet grass
BOUNCE = 0.55  # vertical speed kept by a bounce
GRIP = 0.86  # horizontal speed kept by a bounce
BOARD_BOUNCE = 0.15  # of the speed towards the boards
BOARD_RUB = 0.4  # of the speed along them
SUBSTEPS = 2  # integration steps in a frame
POST = 0.06  # radius of posts and bar, m


class Flight:
    """Where the ball is from a touch on, as long as nobody touches it again.

    Attributes:
        start: frame of the touch.
        points: float64 [n, 3], metres; row k is frame `start + k`; after the last row the ball rests.
        exit: first frame at which the whole ball is over a line, or None.
        goal: whether that line was crossed between the posts and under the bar.
    """

    __slots__ = ("exit", "goal", "points", "start")

    def __init__(self, start: int, points: list[tuple[float, float, float]], exit_frame: int | None, goal: bool):
        self.start = start
        self.points = np.array(points)
        self.exit = exit_frame
        self.goal = goal

    def at(self, frame: int) -> tuple[float, float, float]:
        """Position at `frame`, metres."""
        x, y, z = self.points[min(max(frame - self.start, 0), len(self.points) - 1)]
        return float(x), float(y), float(z)

    def velocity(self, frame: int, fps: float) -> tuple[float, float, float]:
        """Velocity with which the ball arrives at `frame`, m/s."""
        k = frame - self.start
        if k <= 0 or k >= len(self.points):
            return 0.0, 0.0, 0.0
        vx, vy, vz = (self.points[k] - self.points[k - 1]) * fps
        return float(vx), float(vy), float(vz)


def resting(start: int, position: tuple[float, float, float]) -> Flight:
    """A ball that lies still."""
    return Flight(start, [position], None, False)


def fly(
    start: int, position: tuple[float, float, float], velocity: tuple[float, float, float], seconds: float, fps: float
) -> Flight:
    """Work out the path of a ball for at most `seconds`; it ends earlier if the ball comes to rest."""
    x, y, z = position
    vx, vy, vz = velocity
    h = 1.0 / (SUBSTEPS * fps)
    radius = BALL_RADIUS
    points = [(x, y, z)]
    exit_frame = None
    goal = in_net = False
    inside = False  # a throw-in starts outside
    for step in range(1, int(seconds * fps) + 1):
        for _ in range(SUBSTEPS):
            before = x
            speed = math.sqrt(vx * vx + vy * vy + vz * vz)
            if z > radius or vz > 0.0:
                keep = 1.0 - AIR_DRAG * speed * h
                vx *= keep
                vy *= keep
                vz = vz * keep - GRAVITY * h
                z += vz * h
                if z < radius and vz < 0.0:
                    z = radius
                    vz *= -BOUNCE
                    vx *= GRIP
                    vy *= GRIP
                    if vz < 0.7:
                        vz = 0.0
            elif speed > 0.0:
                keep = max(0.0, 1.0 - (ROLL_FRICTION / speed + AIR_DRAG * speed) * h)
                vx *= keep
                vy *= keep
            x += vx * h
            y += vy * h
            if in_net:
                x, y, z, vx, vy, vz = _in_net(x, y, z, vx, vy, vz)
            elif abs(x) > HALF_LENGTH:
                if abs(before) <= HALF_LENGTH:
                    if _hits_frame(y, z):
                        x, vx = 2 * math.copysign(HALF_LENGTH, x) - x, -0.6 * vx
                    elif abs(y) < GOAL_HALF_WIDTH and z < GOAL_HEIGHT:
                        in_net = True
                if abs(x) > BOARD_X:
                    x, vx, vy = math.copysign(BOARD_X, x), -BOARD_BOUNCE * vx, BOARD_RUB * vy
            if abs(y) > BOARD_Y:
                y, vy, vx = math.copysign(BOARD_Y, y), -BOARD_BOUNCE * vy, BOARD_RUB * vx
        points.append((x, y, z))
        over = abs(x) > HALF_LENGTH + radius or abs(y) > HALF_WIDTH + radius
        if over and inside and exit_frame is None:
            exit_frame, goal = start + step, in_net
        inside = inside or not over
        if vx * vx + vy * vy < 0.0004 and vz == 0.0 and z <= radius:
            break
    return Flight(start, points, exit_frame, goal)


def _hits_frame(y: float, z: float) -> bool:
    """Whether a ball at the plane of the goal line touches a post or the bar."""
    reach = BALL_RADIUS + POST
    on_post = abs(abs(y) - GOAL_HALF_WIDTH - POST) < reach and z < GOAL_HEIGHT + reach
    return on_post or (abs(z - GOAL_HEIGHT - POST) < reach and abs(y) < GOAL_HALF_WIDTH + reach)


def _in_net(x: float, y: float, z: float, vx: float, vy: float, vz: float) -> tuple[float, ...]:
    """Keep the ball inside the goal; the net takes nearly all of its speed."""
    if abs(x) > HALF_LENGTH + GOAL_DEPTH - BALL_RADIUS:
        x = math.copysign(HALF_LENGTH + GOAL_DEPTH - BALL_RADIUS, x)
        vx, vy, vz = -0.05 * vx, 0.2 * vy, min(vz, 0.0) * 0.3
    elif vx * x < 0.0 and abs(x) < HALF_LENGTH + 0.4:
        vx = 0.0  # what little comes back stays behind the line
    if abs(y) > GOAL_HALF_WIDTH - BALL_RADIUS:
        y, vx, vy = math.copysign(GOAL_HALF_WIDTH - BALL_RADIUS, y), 0.3 * vx, -0.05 * vy
    if z > GOAL_HEIGHT - BALL_RADIUS:
        z, vz = GOAL_HEIGHT - BALL_RADIUS, min(vz, 0.0)
    return x, y, z, vx, vy, vz


def roll_speed(distance: float, arrival_speed: float) -> float:
    """Speed at the kick, m/s, of a ball that has rolled `distance` metres when it is down to `arrival_speed`."""
    limit = ROLL_FRICTION / AIR_DRAG
    return math.sqrt((arrival_speed**2 + limit) * math.exp(2.0 * AIR_DRAG * distance) - limit)


def loft_speed(distance: float, elevation: float, height: float = BALL_RADIUS, to_height: float = BALL_RADIUS) -> float:
    """Speed at the kick, m/s, of a ball that comes down to `to_height` after `distance` metres.

    Args:
        distance: metres over the ground.
        elevation: angle of the kick above the ground, radians.
        height: height of the kick, metres.
        to_height: height on arrival, metres.
    """
    low, high = 1.0, 45.0
    for _ in range(14):
        speed = 0.5 * (low + high)
        if _carry(speed, elevation, height, to_height) < distance:
            low = speed
        else:
            high = speed
    return 0.5 * (low + high)


def _carry(speed: float, elevation: float, height: float, to_height: float) -> float:
    """Distance at which a ball kicked at `speed` comes down to `to_height`."""
    vh, vz = speed * math.cos(elevation), speed * math.sin(elevation)
    travelled, z, h = 0.0, height, 0.04
    while z >= to_height or vz > 0.0:
        keep = 1.0 - AIR_DRAG * math.sqrt(vh * vh + vz * vz) * h
        vh *= keep
        vz = vz * keep - GRAVITY * h
        travelled += vh * h
        z += vz * h
    return travelled
