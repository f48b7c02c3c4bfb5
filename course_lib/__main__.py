"""The command line: `python -m course_lib COMMAND …`, installed as `spot COMMAND …` too.

Each module of `course_lib.commands` is one command and brings NAME, HELP, `add_arguments(parser)` and `run(arguments)`.
Whatever takes time to load is imported in these two functions: a command waits for nothing that it does not use.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from course_lib import __version__
from course_lib.commands import (
    challenge,
    compare,
    demo,
    doctor,
    evaluate,
    labels,
    page,
    predict,
    pretrain,
    results,
    submit,
    sweep,
    train,
)
from course_lib.files import InputError, sentence
from course_lib.terminal import print_anywhere

__all__ = ["build_parser", "main"]

COMMANDS = (doctor, demo, train, sweep, results, compare, pretrain, predict, page, labels, evaluate, submit, challenge)


def build_parser(named: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, with the options of those that are among the words `named` (None: of all)."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib",
        description="Precise action spotting in sports video: train spotters, run them, score what they found.",
    )
    parser.add_argument("--version", action="version", version=f"course_lib {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        # The module docstring is the long help: what it does, what it writes, an example.
        subparser = subparsers.add_parser(
            command.NAME,
            help=command.HELP,
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if named is None or command.NAME in named:
            command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 2 bad input (one sentence on standard error), 130 stopped."""
    print_anywhere()
    words = sys.argv[1:] if argv is None else argv
    arguments = build_parser(words).parse_args(words)
    try:
        return arguments.run(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output (`head`, say) left; give Python's own flush at exit somewhere harmless to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if (said := sentence(error)) is None:
            raise
        print(f"error: {said}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
