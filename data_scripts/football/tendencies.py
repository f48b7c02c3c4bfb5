"""What the two teams are like: the knobs of the game, each a probability, a rate or a time with a meaning on the pitch.

`REAL` is fitted to the labels of seven professional matches (see `real_statistics.json`). `EVENTFUL` is the same game
played by teams that shoot, tackle and foul far more often, with the dead time cut short, so that a few minutes hold
every class; the events still come from the state of play by the same rules.
"""

from dataclasses import dataclass, replace

__all__ = ["EVENTFUL", "REAL", "DeadTime", "Tendencies"]


@dataclass(frozen=True)
class DeadTime:
    """How long the ball is dead before a restart: log-normal, and never shorter than the players need."""

    median_sec: float
    spread: float  # standard deviation of the logarithm


@dataclass(frozen=True)
class Tendencies:
    """The knobs. Probabilities are per occasion and are modulated by distance, pressure and place (see `decisions`)."""

    # Receiving: what is done with the first touch.
    first_time_pass: float = 0.3  # plays a ball on the ground first time, unpressed
    first_time_after_throw: float = 0.52  # the same, for a throw-in
    first_time_after_air: float = 0.45  # the same, for a ball dropping from a header or a high pass
    head_if_contested: float = 0.85  # heads a dropping ball when an opponent is near, instead of letting it come down
    head_again: float = 0.76  # heads a ball that comes from a header, though nobody presses him
    # Carrying.
    carry_median_sec: float = 1.6  # how long a player means to keep the ball: log-normal
    carry_spread: float = 0.72  # standard deviation of the logarithm
    # Releasing.
    high_pass: float = 0.118  # plays a long ball in the air: more from deep and under pressure, less near the goal
    cross: float = 0.62  # crosses, once wide and near the goal line
    shot: float = 0.57  # shoots: this much from very near, less the farther and the more acute
    ambition: float = 0.125  # worth of a metre towards the goal when a pass is chosen
    wing_play: float = 0.07  # worth of a metre towards the touchlines
    misplaced: float = 0.06  # a pass goes badly astray
    pass_error_rad: float = 0.05  # error in direction of a pass along the ground, standard deviation
    long_error_rad: float = 0.1  # of a high pass or a cross
    header_error_rad: float = 1.2  # of a header meant for a teammate: most go anywhere
    over_the_top: float = 0.6  # a high pass is played beyond its receiver, for him to run on to
    put_out: float = 0.17  # a defender in trouble near the touchline kicks the ball out
    put_behind: float = 0.45  # and one near his own goal line kicks it behind
    pass_arrival_mps: float = 9.2  # speed at which a pass is meant to arrive
    pass_length_m: float = 12.5  # preferred length of a pass
    # Opponents.
    interception_delay_sec: float = 1.2  # how long an opponent takes on average, beyond reflexes, to read a pass
    keeps_pass: float = 0.9  # the passing team wins an even contest for a pass along the ground
    keeps_air_ball: float = 0.3  # and for a ball in the air
    block: float = 0.68  # an opponent close to the path of a shot, cross or high pass gets a body in its way
    block_pass: float = 0.19  # the same for a pass along the ground
    challenge: float = 0.15  # an opponent in reach challenges a carrier, at each touch of the carrier
    tackle_wins: float = 0.2  # what comes of a challenge
    tackle_fouls: float = 0.55  # the rest comes to nothing
    heavy_touch: float = 0.012  # a carrier's touch runs away, at each touch
    air_foul: float = 0.015  # a foul in a contest for a ball in the air
    # Goal.
    shot_error_m: float = 3.3  # where the ball crosses the goal line, standard deviation at 20 m
    save: float = 0.98  # a keeper in reach of a shot on target stops it
    hold: float = 0.2  # and holds it
    parry_behind: float = 0.55  # if he does not hold it, he turns it round the post
    keeper_holds_sec: tuple[float, float] = (2.0, 6.0)  # how long a keeper keeps the ball in his hands
    keeper_punt: float = 0.5  # and then kicks it far, instead of passing it along the ground
    # Set pieces.
    short_goal_kick: float = 0.18  # a goal kick is passed to a defender
    short_corner: float = 0.06  # a corner is passed to a teammate near by
    long_free_kick: float = 0.35  # a free kick far from goal is a high pass
    free_kick_range_m: float = 30.5  # nearer than this to the goal, a free kick is struck at it or into the area
    direct_free_kick: float = 0.25  # and at it, rather than into the area, from where that makes sense
    # Dead time.
    dead_throw_in: DeadTime = DeadTime(12.5, 0.68)
    dead_goal_kick: DeadTime = DeadTime(29.0, 0.32)
    dead_corner: DeadTime = DeadTime(27.0, 0.25)
    dead_foul: DeadTime = DeadTime(32.0, 0.6)
    dead_free_kick: DeadTime = DeadTime(60.0, 0.25)
    dead_goal: DeadTime = DeadTime(63.0, 0.14)


REAL = Tendencies()

# Against REAL: forward at once, shots whenever in range at keepers who are easily beaten, defenders who go into every
# challenge, free kicks sent towards the goal from anywhere in the other half, and a restart seconds after the whistle.
EVENTFUL = replace(
    REAL,
    ambition=0.32,
    carry_median_sec=1.35,
    carry_spread=0.55,
    wing_play=0.1,
    cross=1.0,
    shot=6.0,
    block=1.0,
    block_pass=0.45,
    keeps_pass=1.0,
    interception_delay_sec=2.2,
    challenge=0.65,
    tackle_wins=0.45,
    tackle_fouls=0.42,
    shot_error_m=1.6,
    save=0.25,
    keeper_holds_sec=(1.0, 2.0),
    free_kick_range_m=64.0,
    dead_throw_in=DeadTime(3.0, 0.2),
    dead_goal_kick=DeadTime(4.0, 0.2),
    dead_corner=DeadTime(4.0, 0.2),
    dead_foul=DeadTime(3.0, 0.2),
    dead_free_kick=DeadTime(4.0, 0.2),
    dead_goal=DeadTime(8.0, 0.1),
)
