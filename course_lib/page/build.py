"""A page on one's own machine for people who do not code: choose a spotter, give it a video, watch what it found.

Made of Gradio's parts. It is served to this machine alone, loads nothing from elsewhere, and sends nothing anywhere.
Introduced in notebook 11.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_lib.data.formats.csv import clock, shown_spots
from course_lib.files import InputError
from course_lib.runs.run import load_spotter

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when Gradio is imported

import gradio as gr  # noqa: E402

__all__ = ["LOOK", "build_page"]

COLUMNS = ["time", "what", "score"]
FONTS = ["system-ui", "sans-serif"]  # the theme's own would come from the net
LOOK: dict[str, Any] = {"theme": gr.themes.Default(font=FONTS, font_mono=["monospace"]), "footer_links": []}
"""How the page is to be launched."""


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
    workspace = tempfile.TemporaryDirectory(prefix="spots-")  # removed with the page
    spotters = {name: load_spotter(run) for name, run in runs.items()}  # what is wrong with one is said now

    def spot(name: str, video: str | None, annotate: bool, progress: Any = gr.Progress(track_tqdm=True)) -> tuple:  # noqa: B008
        """One press of the button."""
        if video is None:
            raise gr.Error("Choose a video first.")
        spotter, path = spotters[name], Path(video)
        folder = Path(tempfile.mkdtemp(dir=workspace.name)) if out is None else out / path.stem
        try:
            found = spotter.find(path)
            files = spotter.export(found, folder, annotate)
        except InputError as error:
            raise gr.Error(str(error)) from error
        shown = shown_spots(found.spots, spotter.thresholds)
        drawn = next((str(file) for file in files if file.suffix == ".mp4"), None)
        rows = [[clock(spot.frame / found.info.fps), spot.label, f"{spot.score:.2f}"] for spot in shown]
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
