"""A page on one's own machine for people who do not code: choose a spotter, give it a video, watch what it found.

Made of Gradio's parts. It is served to this machine alone, loads nothing from elsewhere, sends nothing anywhere, and
keeps nothing in the browser; see `course_lib.page.door`. Introduced in notebook 11.
"""

import html
import itertools
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from course_lib.data.formats.csv import clock, shown_spots
from course_lib.files import InputError, atomic_path
from course_lib.page.door import NAMES, Door, close_environment, private_folder
from course_lib.runs.run import load_spotter

close_environment()
WORKSPACE = private_folder()
"""Of this page: what is uploaded, and what was found."""

os.environ["GRADIO_TEMP_DIR"] = str(WORKSPACE / "uploads")  # read when Gradio is imported

import gradio as gr  # noqa: E402

__all__ = ["WORKSPACE", "build_page", "look"]

COLUMNS = ["time", "what", "score"]
FONTS = ["system-ui", "sans-serif"]  # the theme's own would come from the net
MOST_UPLOAD_GB = 8.0


def look(max_upload_gb: float = MOST_UPLOAD_GB) -> dict[str, Any]:
    """How the page is to be launched: by whom it can be reached, and what it looks like.

    Args:
        max_upload_gb: largest file that is taken, 10^9 bytes.
    """
    most_bytes = int(max_upload_gb * 1e9)
    uploads = WORKSPACE / "uploads"
    uploads.mkdir(exist_ok=True)
    doors = [
        Middleware(TrustedHostMiddleware, allowed_hosts=list(NAMES), www_redirect=False),
        Middleware(Door, folder=uploads, most_bytes=most_bytes + (1 << 20)),  # a request is a little more than its file
    ]
    return {
        "server_name": NAMES[0],
        "share": False,
        "mcp_server": False,
        "ssr_mode": False,
        "root_path": "",
        "run_history": False,
        "max_file_size": most_bytes,
        "app_kwargs": {"middleware": doors},
        "theme": gr.themes.Default(font=FONTS, font_mono=["monospace"]),
        "footer_links": [],
    }


def build_page(runs: Mapping[str, Path], out: Path | None = None) -> gr.Blocks:
    """The page, ready to be launched.

    Args:
        runs: the spotters to choose from, by name; see `course_lib.runs.run.load_spotter`.
        out: folder for what is found, a folder in it for each video by its name; None keeps it while the page lives.

    Raises:
        InputError: there is no run, or one of them cannot be loaded.
    """
    if not runs:
        raise InputError("page: no run; expected one or more to choose from")
    places: dict[str, Path] = {}  # of each film that was brought, by where it lies: the folder in OUT
    spotters = {name: load_spotter(run) for name, run in runs.items()}  # what is wrong with one is said now

    def spot(name: str, video: str | None, annotate: bool, progress: Any = gr.Progress(track_tqdm=True)) -> tuple:  # noqa: B008
        """One press of the button."""
        if video is None:
            raise gr.Error("Choose a video first.")
        spotter, path = spotters[name], Path(video)
        folder = Path(tempfile.mkdtemp(dir=WORKSPACE))  # from where the page may give files out
        try:
            found = spotter.find(path)
            files = spotter.export(found, folder, annotate)
            if out is not None:
                _keep(files, _place(out, path, places))
        except InputError as error:
            raise gr.Error(html.escape(str(error).replace(f"{WORKSPACE}{os.sep}", ""))) from error
        shown = shown_spots(found.spots, spotter.thresholds)
        drawn = next((str(file) for file in files if file.suffix == ".mp4"), None)
        rows = [[clock(found.info.times.seconds(spot.frame)), spot.label, f"{spot.score:.2f}"] for spot in shown]
        words = (
            f"{len(shown)} of {len(found.spots)} spots are worth showing. {found.info.duration_sec:.0f} seconds of "
            f"video in {found.seconds:.0f}: {found.realtime_factor:.1f} times real time."
        )
        return words, gr.Video(drawn, visible=drawn is not None), rows, [str(file) for file in files]

    with gr.Blocks(title="Action spotting", analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        gr.Markdown("# Action spotting\nGive it a video; it says what happens when. Nothing leaves this machine.")
        with gr.Row():
            with gr.Column(scale=2):
                chosen = gr.Dropdown(list(runs), value=next(iter(runs)), label="Spotter")
                video = gr.Video(label="Video", sources=["upload"], height=300)
                annotate = gr.Checkbox(True, label="draw the spots into the video")
                button = gr.Button("Spot", variant="primary")
            with gr.Column(scale=3):
                words = gr.Markdown()
                drawn = gr.Video(label="With its spots", visible=False, interactive=False)
                table = gr.Dataframe(headers=COLUMNS, label="Worth showing", interactive=False)
                files = gr.Files(label="Files", interactive=False)
        button.click(
            spot,
            [chosen, video, annotate],
            [words, drawn, table, files],
            api_name="spot",
            concurrency_limit=1,
            show_progress_on=[words],
        )
    return page


def _place(out: Path, video: Path, places: dict[str, Path]) -> Path:
    """The folder in OUT for what is found in a video: that of its name, with a number for another of the name."""
    key = str(video)  # Gradio keeps uploads in folders by their content
    if key not in places:
        numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        there = (out / f"{video.stem[:200]}{number}" for number in numbers)
        places[key] = next(place for place in there if place not in places.values() and not place.exists())
    return places[key]


def _keep(files: Sequence[Path], folder: Path) -> None:
    for file in files:
        with atomic_path(folder / file.name) as temporary:
            shutil.copyfile(file, temporary)
