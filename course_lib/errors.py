"""The one exception for bad input: its message is the sentence that the user reads."""

__all__ = ["InputError"]


class InputError(ValueError):
    """Something the user gave is wrong.

    The message is one sentence that names the file or the argument, the field, and what was expected. Commands print
    it without a traceback and leave with status 2.
    """
