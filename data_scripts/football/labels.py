"""The twelve labelled actions: what happens in the match at the frame that carries the label.

The order is that of the SoccerNet ball action classes. Every definition is one of contact or position, so every label
is exact to the frame: the ball has its old velocity before that frame and its new one after it.
"""

from typing import Final

__all__ = ["CLASSES", "DEFINITIONS"]

DEFINITIONS: Final[dict[str, str]] = {
    "PASS": "The foot meets the ball and sends it along the ground, or nearly, to a teammate; also a hurried kick over "
    "the line, a kick-off, and a free kick or goal kick played short.",
    "DRIVE": "The first touch of a player who brings the ball under control and then carries it (in the hands, for a "
    "keeper who catches it). The touches that follow while he carries it have no label.",
    "HEADER": "The head meets the ball, whatever it is meant for.",
    "HIGH PASS": "The foot sends the ball high through the air over a long distance; also a long goal kick, a long "
    "free kick and a keeper's punt.",
    "OUT": "The whole ball is over a touchline, or over a goal line outside the goal. Credited to the team that gets "
    "the ball; the player is the last who touched it.",
    "CROSS": "From wide and near the far end the foot sends the ball in front of the goal; also a corner kick.",
    "THROW IN": "The ball leaves the hands of the player who throws it in.",
    "SHOT": "The foot sends the ball at the goal.",
    "BALL PLAYER BLOCK": "The body of an opponent stops or turns away a ball that has just been kicked; also a keeper "
    "who parries a shot.",
    "PLAYER SUCCESSFUL TACKLE": "The foot of a tackler plays the ball away from the player who carries it.",
    "FREE KICK": "The foot meets a ball that was put down after a foul, and sends it at the goal or into the area.",
    "GOAL": "The whole ball is over the goal line between the posts and under the bar, before the net takes it. "
    "Credited to the team that scores; the player is the last who touched it.",
}

CLASSES: Final = tuple(DEFINITIONS)
