"""The page for people who do not code: served for real, and asked as a browser asks."""

import os
import re
import socket
import sys
import urllib.request
from pathlib import Path

import pytest
from blinking import blinking_config
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from odd_videos import with_sound

from course_lib.__main__ import main
from course_lib.commands import page as command
from course_lib.data.times import read_clock
from course_lib.files import InputError
from course_lib.page.build import build_page, gr, look
from tests.runs.test_spotter import make_run, write_blinking

PATIENT = {"timeout": 300}  # seconds for a sign of life on busy cores


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a page with two spotters, one of which finds nothing worth showing, and its OUT."""
    folder = tmp_path_factory.mktemp("page")
    runs = {
        name: make_run(folder / name, blinking_config(), limit).path for name, limit in (("all", 0.0), ("none", 1.1))
    }
    page, port = build_page(runs, folder / "out"), free_port()
    page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **look(0.001))
    yield f"http://127.0.0.1:{port}", folder
    page.close()


def press(address, path, name="all", annotate=True):
    client = Client(address, verbose=False, analytics_enabled=False, httpx_kwargs=PATIENT)
    return client.predict(name, handle_file(path), annotate, api_name="/spot")


def test_a_video_gives_words_a_list_a_film_and_files(served):
    address, folder = served
    words, film, table, files = press(address, write_blinking(folder / "sunday.mp4"))
    shown, of = map(int, re.match(r"(\d+) of (\d+) spots are worth showing", words).groups())
    assert shown == of == len(table["data"]) > 0 and "times real time" in words
    assert table["headers"] == ["time", "what", "score"]
    times = [row[0] for row in table["data"]]
    assert times == sorted(times) and all(re.fullmatch(r"00:00:0\d\.\d{3}", time) for time in times)
    kept = {file.name for file in (folder / "out" / "sunday").iterdir()}
    assert kept == {"results_spotting.json", "sunday.csv", "sunday.srt", "sunday.annotated.mp4"}
    assert {Path(file).name for file in files} == kept
    assert film["visible"] and Path(film["value"]).name == "sunday.annotated.mp4"


def test_the_spotter_that_was_chosen_decides_and_no_film_if_none_is_wanted(served):
    address, folder = served
    words, film, table, files = press(address, write_blinking(folder / "monday.mp4"), "none", annotate=False)
    assert words.startswith("0 of ") and table["data"] == [] and not film["visible"]
    assert not any(file.endswith(".mp4") for file in files)


def test_a_film_whose_picture_begins_late_is_listed_in_a_players_time(served):
    address, folder = served
    late = with_sound(folder / "late.mp4", write_blinking(folder / "tuesday.mp4"), 0.6, 0.0)
    rows = press(address, late, annotate=False)[2]["data"]
    written = (folder / "out" / "late" / "late.csv").read_text().splitlines()[1:]
    assert [row[0] for row in rows] == [line.split(",")[0] for line in written]
    assert read_clock(rows[0][0], "") == pytest.approx(0.6 + int(written[0].split(",")[1]) / 25, abs=0.002)


def test_what_cannot_be_read_is_said_on_the_page(served):
    address, folder = served
    broken = folder / "broken.mp4"
    broken.write_bytes(b"not a film" * 100)
    with pytest.raises(AppError, match=r"broken\.mp4"):
        press(address, broken)
    assert not (folder / "out" / "broken").exists()


def test_two_films_of_one_name_have_a_folder_each_and_one_film_keeps_its_own(served):
    address, folder = served
    films = [write_blinking(folder / place / "cup.mp4", fps) for place, fps in (("a", 25.0), ("b", 12.5))]
    for film in (*films, films[0]):
        press(address, film, annotate=False)
    kept = {place.name: (place / "cup.csv").read_text() for place in (folder / "out").glob("cup*")}
    assert set(kept) == {"cup", "cup-2"} and kept["cup"] != kept["cup-2"]


def test_the_page_loads_nothing_from_elsewhere(served):
    address, _ = served
    html = urllib.request.urlopen(address).read().decode()
    loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(https?://[^\"]+)\"", html)
    assert [url for url in loaded if not url.startswith(address)] == []
    assert "fonts.googleapis.com" not in urllib.request.urlopen(f"{address}/theme.css").read().decode()


def test_runs_that_cannot_be_loaded_are_refused_at_once(tmp_path):
    with pytest.raises(InputError, match="no run; expected one or more"):
        build_page({})
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        build_page({"it": tmp_path / "nowhere"})


def test_the_command_serves_this_machine_alone_and_tells_runs_of_one_name_apart(tmp_path, monkeypatch, capsys):
    runs = [make_run(tmp_path / place / "run", blinking_config()).path for place in ("a", "b")]
    seen = {}

    def looked(page):
        seen["names"] = [name for _, name in page.blocks[next(iter(page.fns.values())).inputs[0]._id].choices]
        seen["address"] = page.local_url
        return 0

    monkeypatch.setattr(command, "_until_stopped", looked)
    port = free_port()
    assert main(["page", *map(str, runs), "--port", str(port)]) == 0
    assert seen["names"] == [str(run) for run in runs] and seen["address"] == f"http://127.0.0.1:{port}/"
    assert f"open http://127.0.0.1:{port} in a browser" in capsys.readouterr().out
    assert main(["page", str(runs[0]), "--port", str(port)]) == 2  # the first one still answers
    assert f"--port is {port}, which another program uses" in capsys.readouterr().err
    gr.close_all()


def test_without_gradio_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])  # and afterwards it is what it was
    monkeypatch.delitem(sys.modules, "course_lib.page.build")
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert main(["page", str(tmp_path)]) == 2
    assert "error: page: Gradio is not installed; pip install" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["80", "70000"])
def test_ports_that_cannot_be(tmp_path, port, capsys):
    assert main(["page", str(tmp_path), "--port", port]) == 2
    assert f"error: --port is {port}; expected 1024 to 65535" in capsys.readouterr().err
