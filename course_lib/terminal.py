"""Output that no terminal and no file refuses: what its encoding lacks is written with what it has.

A terminal of Windows (cp1252), a container's (ASCII) or a file that output goes into may lack an arrow, a player's
name, or a byte in the name of a file. That is no reason to end with UnicodeEncodeError after an hour of work.
"""

import codecs
import sys
from contextlib import suppress

__all__ = ["print_anywhere"]

_PLAIN = {
    "±": "+-", "→": "->", "←": "<-", "…": "...", "–": "-", "—": "-", "−": "-", "·": "*", "×": "x", "≥": ">=", "≤": "<=",
    "²": "^2", "µ": "u", "≈": "~", "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """A handler of `codecs`: look-alikes, and for all else the character's number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    shown = "".join(_PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode() for one in lost)
    return shown, error.end


codecs.register_error("plainly", _plainly)


def print_anywhere() -> None:
    """From here on printing never fails for what the output's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # what stands in for it in a notebook or a test needs nothing
            stream.reconfigure(errors="plainly")
