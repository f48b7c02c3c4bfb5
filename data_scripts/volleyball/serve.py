"""The serve: the server's run and toss, a fault, an ace, or a ball for the other side to receive."""

from filming.tracks import Pose

from .ball import GRAVITY, Point
from .court import SIDE, direction
from .formation import M1, M2, O1, O2, S
from .state import HAND_Z, HOLD_M, RallyState, Step

__all__ = ["serve"]

TOPSPIN_SERVE = 15.5  # m/s^2, with which a jump serve falls


def serve(rally: RallyState) -> Step | None:
    """Everybody takes his place, the server runs, tosses the ball and hits it."""
    knobs, way = rally.tendencies, direction(rally.serving)
    rotation = rally.teams[rally.serving]
    rally.server = rally.toucher = rally.player(rally.serving, rotation.at(1))
    for team, t in enumerate(rally.teams):
        for role in range(SIDE):
            player = rally.player(team, role)
            spot = t.line_up(role)
            if spot is not None:
                rally.movement.go(player, spot * direction(team), round(rally.uniform(0, 0.6) * rally.fps), 2.5)
    contact = rally.frames(rally.uniform(*knobs.lead_sec))
    jump = rally.chance(knobs.jump_serve)
    y = rally.uniform(-3.2, 3.2)
    toss = rally.frames(1.15 if jump else 0.75)
    body = complex(-8.85 if jump else -9.35, y)
    run_up = 2.4 if jump else 0.5
    stand = (body - run_up) * way
    if contact - toss < rally.movement.needed(rally.server, stand, 0):
        contact = toss + rally.movement.needed(rally.server, stand, 0)
    rally.movement.meet(rally.server, stand, 0, contact - toss)
    rally.movement.meet(rally.server, body * way, contact - toss, contact, (2.6 if jump else 0.4) * way + 0j)
    hand = rally.movement.xy(rally.server, contact - toss) + HOLD_M * way
    rally.frame, rally.ball = contact - toss, Point(hand, HAND_Z)
    rally.send(Point((body + 0.4) * way, rally.uniform(2.9, 3.1) if jump else rally.uniform(2.45, 2.6)), toss)
    rally.serve_frame = rally.frame
    rally.touch("serve", Pose.SERVE, way + 0j)
    rally.movement.go(rally.server, rotation.base(rally.server % SIDE) * way, rally.frame + rally.frames(0.1))
    return None if _faulty(rally, jump) else _good(rally, jump)


def _faulty(rally: RallyState, jump: bool) -> bool:
    """A serve into the net or out."""
    knobs, way = rally.tendencies, direction(rally.serving)
    roll = float(rally.rng.random())
    if roll < knobs.serve_net:
        _take_places(rally)
        y = rally.ball.floor.imag * 0.5 + rally.uniform(-2.0, 2.0)
        rally.into_net(y, rally.uniform(1.7, 2.35), rally.frames(8.5 / rally.uniform(14.0, 18.0)))
        return True
    if roll < knobs.serve_net + knobs.serve_out:
        _take_places(rally)
        if rally.chance(0.7):
            spot = complex(rally.uniform(9.4, 11.0), rally.uniform(-4.0, 4.0))
        else:
            spot = complex(rally.uniform(5.0, 9.0), rally.uniform(4.9, 5.8) * rally.rng.choice((-1, 1)))
        frames, fall = _flight(rally, spot * way, jump)
        rally.land(spot * way, frames, 1 - rally.serving, fall)
        return True
    return False


def _good(rally: RallyState, jump: bool) -> Step | None:
    """A serve that comes over: an ace or a reception."""
    _take_places(rally)
    side = 1 - rally.serving
    way = direction(side)
    if rally.chance(rally.tendencies.ace):
        spots = [complex(rally.uniform(-8.7, -4.0), rally.uniform(-4.2, 4.2)) * way for _ in range(12)]
        spot = rally.choose_gap(side, spots)
        rally.chase(side, spot)
        frames, fall = _flight(rally, spot, jump)
        rally.land(spot, frames, rally.serving, fall)
        return None
    rotation = rally.teams[side]
    passer = rally.player(side, (O1, O2, rotation.libero)[int(rally.rng.integers(3))])
    stray = complex(rally.uniform(-1.1, 0.9), rally.uniform(-1.1, 1.1))
    wish = rally.movement.xy(passer, rally.frame) + stray
    frames, fall = _flight(rally, wish, jump)
    rally.commit(rally.plan_first_ball(passer, wish, rally.uniform(0.6, 0.95), frames, fall), fall)
    rally.reception = True
    return "receive"


def _take_places(rally: RallyState) -> None:
    """Everybody who does not play the ball goes where he works."""
    serving = rally.serving
    for role in range(SIDE):
        player = rally.player(serving, role)
        if player != rally.server:
            # The middle keeps back until the two beside him have changed places.
            rally.order(player, rally.teams[serving].base(role), *((0.8, 4.0) if role in (M1, M2) else (0.1, 6.5)))
    receiving = rally.teams[1 - serving]
    receiving.swapped = receiving.setter_at == 1
    rally.order(rally.player(1 - serving, S), -1.0 - 0.6j, 0.05)


def _flight(rally: RallyState, floor: complex, jump: bool) -> tuple[int, float]:
    """Frames and fall of a serve to a place on the floor."""
    speed = rally.uniform(20.0, 25.0) if jump else rally.uniform(13.5, 17.5)
    return rally.frames(abs(floor - rally.ball.floor) / speed), TOPSPIN_SERVE if jump else GRAVITY
