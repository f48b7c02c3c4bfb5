"""What the commands at the top of data_scripts share: how they are started, how they end, and how they are stopped."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from course_lib.files import InputError, sentence
from course_lib.terminal import print_anywhere

__all__ = ["check_at_least", "new_parser", "run", "stoppable"]


def new_parser(text: str | None) -> argparse.ArgumentParser:
    """A parser whose --help begins with `text`, the command's own docstring, as it stands there."""
    return argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)


_MOST = 1_000_000  # of anything that is asked for: more is a slip of the keyboard, and would be worked at for ever


def check_at_least(least: int, option: str, value: int | None, most: int = _MOST) -> None:
    """Check a number from the command line; None is one that was not given.

    Raises:
        InputError: it is too small, or larger than anybody can mean.
    """
    if value is not None and value < least:
        raise InputError(f"{option} is {value}; expected {least} or more")
    if value is not None and value > most:
        raise InputError(f"{option} is {value}; expected {most} or less")


def run(command: Callable[[argparse.Namespace], int | None], arguments: argparse.Namespace, kept: str) -> int:
    """Run a command; returns the exit status: 0 done (or what the command says), 2 bad input, 130 stopped.

    Args:
        command: does the work.
        arguments: given to it.
        kept: what a stopped command leaves behind to go on from, like "finished matches are kept".
    """
    print_anywhere()
    try:
        return command(arguments) or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped; {kept}, the same command goes on from here", file=sys.stderr)
        return 130
    except OSError as error:
        if (said := sentence(error)) is None:
            raise
        print(f"error: {said}", file=sys.stderr)
        return 2


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block a polite kill (SIGTERM) stops the command as Ctrl-C does, in good order."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
