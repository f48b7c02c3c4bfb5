"""Open a page on this machine that spots in a video, for people who do not code.

    python -m course_lib page runs/first
    python -m course_lib page runs/first runs/second --out spots

Choose a spotter, upload a video, press the button: the video with the spots drawn in, a list of them, and the files
that `predict` writes. The page answers to this machine only. Stop it with Ctrl-C.
"""

import argparse
from pathlib import Path

from course_lib.files import InputError

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "page"
HELP = "open a page that spots in a video, for people who do not code"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `page`."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run folders, or files of weights in them")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep what is found here (default: only while the page lives)"
    )
    parser.add_argument("--port", type=int, default=7860, help="of the page's address (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until stopped."""
    if not 1024 <= arguments.port <= 65535:
        raise InputError(f"--port is {arguments.port}; expected 1024 to 65535")
    names = [path.name for path in arguments.runs]
    runs = {
        path.name if names.count(path.name) == 1 else str(path): path for path in arguments.runs
    }  # two runs of one name are told apart by where they lie
    try:
        from course_lib.page.build import LOOK, build_page
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise InputError("page: Gradio is not installed; pip install -r requirements.txt brings it") from error
    page = build_page(runs, arguments.out)
    try:
        page.launch(
            server_name="127.0.0.1",
            server_port=arguments.port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            **LOOK,
        )
    except OSError as error:
        raise InputError(f"--port is {arguments.port}, which another program uses; expected a free one") from error
    print(f"open http://127.0.0.1:{arguments.port} in a browser; stop with Ctrl-C", flush=True)
    page.block_thread()
    return 0
