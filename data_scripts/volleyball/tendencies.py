"""What the teams are like: the knobs of a rally, each a probability, a time or a speed with a meaning on the court.

Fitted to the numbers of events that VNL-STES states for its rallies (see `statistics`).
"""

from dataclasses import dataclass

__all__ = ["REAL", "Tendencies"]


@dataclass(frozen=True)
class Tendencies:
    """The knobs. Probabilities are per occasion."""

    # Serve.
    jump_serve: float = 0.6  # the rest are floats
    serve_net: float = 0.06
    serve_out: float = 0.078
    ace: float = 0.036  # lands untouched
    # First ball: reception or dig. The rest is good enough for any attack.
    reception_fails: float = 0.072  # flies off the arms and out
    dig_fails: float = 0.17
    comes_over: float = 0.018  # flies straight back over the net
    poor_reception: float = 0.25  # too far from the net for a quick attack
    poor_dig: float = 0.5
    # Second ball.
    dump: float = 0.04  # a setter of the front row plays a good ball over at once
    overset: float = 0.02  # the set drifts over the net
    set_net: float = 0.008
    quick: float = 0.30  # what is set after a good first ball; the rest to the outside
    opposite: float = 0.22
    pipe: float = 0.13
    # Third ball.
    spike_net: float = 0.058
    spike_out: float = 0.09
    kill: float = 0.205  # lands inside untouched
    roll_shot: float = 0.14  # played softly, over the block, to a defender
    block_touch: tuple[float, float, float, float] = (0.0, 0.48, 0.63, 0.72)  # by number of blockers
    # A ball that meets the block.
    stuff: float = 0.18  # straight down on the attackers' side
    tool: float = 0.44  # off the hands and out
    cover: float = 0.15  # back to the attackers, who keep it up; the rest goes on to the defence, slower
    # Time around the rally.
    lead_sec: tuple[float, float] = (1.4, 2.9)  # before the serve
    tail_sec: tuple[float, float] = (1.4, 2.9)  # after the end


REAL = Tendencies()
