"""The seeds of a match: small ones for data that everybody can make again, and such as nobody can try out.

A seed under 2^32 names a data set: whoever gives it gets the same matches. For matches whose labels are to stay
sealed that is too few. A program plays a match in a second, and kick-off and line-ups can be seen in the film, so all
the small seeds could be tried until one fits. From a larger seed each match therefore takes 128 bits for its play, by
SHA-256, which tells nobody the way back: neither what can be seen of the film nor one match that is known whole gives
away another.
"""

import hashlib
import secrets

import numpy as np

__all__ = ["SECRET_BITS", "match_seeds", "season_seed", "secret_seed"]

SMALL = 2**32
SECRET_BITS = 256
PLAY_BYTES, SHOWN_BYTES = 16, 4  # of SHA-256's 32


def secret_seed() -> int:
    """A seed that nobody can guess, from the system's own source of such numbers."""
    return secrets.randbits(SECRET_BITS) | 1 << (SECRET_BITS - 1)


def match_seeds(seed: int, *match: int) -> tuple[int, int]:
    """One seed for the game and one for the film, different for every match.

    Args:
        seed: of the data set.
        match: which match of it, and what else tells it from others.
    """
    if seed < SMALL:
        play_seed, film_seed = np.random.SeedSequence([seed, *match]).generate_state(2).tolist()
        return play_seed, film_seed
    return _digest(seed, "play", match, PLAY_BYTES), _digest(seed, "film", match, SHOWN_BYTES)


def season_seed(seed: int) -> int:
    """What the order of a season's matches is drawn from: their names are seen by everybody."""
    return seed if seed < SMALL else _digest(seed, "season", (), SHOWN_BYTES)


def _digest(seed: int, what: str, match: tuple[int, ...], num_bytes: int) -> int:
    text = f"{what} {seed} {' '.join(map(str, match))}"
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:num_bytes], "big")
