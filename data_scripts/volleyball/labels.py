"""The six classes of the volleyball task, and the exact frame that each of them marks here.

A contact is placed on a whole frame: the ball has its old velocity before that frame and its new one after it.
"""

from typing import Final

__all__ = ["CLASSES", "DEFINITIONS"]

DEFINITIONS: Final[dict[str, str]] = {
    "serve": "The server's hand meets the ball. One to a rally.",
    "receive": "Arms or hands play the first ball of a side, its flight towards the other side not counted: the "
    "reception of a serve, the dig of an attack, the ball that comes off a block (on either side of the net), a free "
    "ball. Also a touch that fails to keep the ball in play.",
    "set": "A player sends the second ball of a side up for an attack, overhead or, after a bad first ball, with the "
    "forearms; also if it drifts over the net.",
    "spike": "A player sends the ball over the net to attack: a hard hit, a roll shot, a tip, a setter's second-ball "
    "dump; also if it ends in the net or out.",
    "block": "The hands of a blocker meet the attacked ball above the net. Blockers who jump without meeting the ball "
    "have no label.",
    "score": "The ball lands inside the court and the side that wins the point was the last to touch it: an ace, a "
    "spike that nobody gets a hand to, a block straight down. Rallies that end out, in the net, or off the arms of the "
    "side that loses the point have no such label. Credited to the team that wins; the player is the last who touched "
    "the ball.",
}

CLASSES: Final = tuple(DEFINITIONS)
